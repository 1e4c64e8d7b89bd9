"""Reading the cells of one column: what each is a value of, and whether that is what is written.

A value is compared, as an export would write it, with its cell. What differs is counted, whatever
the type and the reason, so that no import changes a value in silence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from records.field_types import InvalidValue, cell_text
from records.field_types.base import JSON
from records.services.exporting import unescaped
from records.services.tables import Row
from records.services.writing import Change

from .address_books import full_name, name_part
from .column_forms import cell_kind, may_be_grouped, sure_form
from .matching import Column
from .spellings import Named, Respelt, naming, said_cell
from .written_values import (
    BLANK_MARKS,
    MAX_DIGITS,
    SEVERAL,
    CellKind,
    ColumnForm,
    Unclear,
    lacks_year,
    plain_cell,
)

# Columns repeat many of their values: what a short cell means is remembered.
REMEMBERED = 5000
REMEMBERED_LENGTH = 40
UNCLEAR = (
    "This may be two values: say in `columns` which form the column's numbers (`point`, `comma`) "
    "or dates (`dmy`, `mdy`) have, and write years with four digits."
)
EXAMPLES = 3  # of a column that a preview shows
SHOWN = 200  # characters of one
FORMED = frozenset({CellKind.NUMBER, CellKind.AMOUNT, CellKind.DATE})


class Note(StrEnum):
    """What is told of a reading that is not the written text."""

    DIFFERENT = "read_differently"
    BLANK = "blank_marks"
    NO_YEAR = "without_year"  # a day that is not stored
    UNCLEAR = "unclear"
    FIRST = "first_of_several"
    ASSUMED = "assumed"  # the decimal mark, which no cell of the file proves


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell is no value of its field."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Noted:
    """A reading that is not the written text."""

    note: Note
    reading: Change | Refusal | None


Reading = Change | Noted | Refusal | None  # None: a blank cell, which says nothing
Memory = dict[str, Reading]


@dataclass(frozen=True, slots=True)
class CellReader:
    """Reads the cells of a column, in the form of its numbers or dates if it has one. Those that
    `are_sure` are no texts in the file."""

    column: Column
    form: ColumnForm | None
    kind: CellKind | None
    are_sure: bool = False

    def read(self, memory: Memory, cell: str) -> Reading:
        """What a cell means: a change of its field, nothing if it is blank, or why it is
        refused."""
        reading = self._read(cell) if cell.strip() else None
        if len(cell) <= REMEMBERED_LENGTH and len(memory) < REMEMBERED:
            memory[cell] = reading
        return reading

    def read_json(self, value: JSON, cell: str) -> Reading:
        """What a value of JSON means in a request; where it means nothing there, what a cell with
        its text or its name means. Texts are read in the form of their column."""
        spec, part = self.column.spec, self.column.part
        if part is not None or self.are_sure or (isinstance(value, str) and self.kind in FORMED):
            return self._read(cell) if cell.strip() else None
        try:
            parsed = spec.type.parse(spec, value)
        except InvalidValue as problem:
            return self._of_text(value, cell, problem)
        if parsed is None:
            return None
        change = Change(spec, self.column.position, parsed)
        entries = value if isinstance(value, list) else [value]
        is_kept = not all(map(_is_named, entries)) or spec.type.is_kept(
            spec, cell_text(value), parsed
        )
        return change if is_kept else Noted(Note.DIFFERENT, change)

    def _of_text(self, value: JSON, cell: str, problem: InvalidValue) -> Reading:
        """What the text means that a table shows of a value, which itself means nothing."""
        reading = self._read(cell) if cell.strip() else None
        refused = reading.reading if isinstance(reading, Noted) else reading
        if isinstance(refused, Refusal):
            # What the caller is told is about the value that was written.
            return Refusal(problem.code, problem.message)
        is_text = not isinstance(value, (dict, list))
        return reading if is_text or not isinstance(reading, Change) else _different(reading)

    def _read(self, cell: str) -> Reading:
        try:
            return self._reading(cell)
        except InvalidValue as problem:
            return Refusal(problem.code, problem.message)
        except Unclear:
            return Noted(Note.UNCLEAR, Refusal("invalid", UNCLEAR))

    def _reading(self, cell: str) -> Reading:
        text = unescaped(cell)
        if self.column.part is not None:
            return self._of_name(text, self.column.part)
        if self.form is not None and self.kind is not None:
            text = plain_cell(self.form, text, kind=self.kind)
        try:
            value, note = self._value(text) if text else None, Note.DIFFERENT
        except InvalidValue as problem:
            value, note = self._part(text, problem)
        if value is None:
            is_day = lacks_year(cell.strip(), self.kind)
            return Noted(Note.NO_YEAR if is_day else Note.BLANK, None)
        change = Change(self.column.spec, self.column.position, value)
        if note == Note.FIRST or not self._is_kept(cell, text, value):
            return Noted(note, change)
        is_assumed = self.form is not None and self.form.assumed and may_be_grouped(text)
        return Noted(Note.ASSUMED, change) if is_assumed else change

    def _of_name(self, text: str, part: int) -> Reading:
        """A part of a full name, of which the other part is in another field."""
        name = name_part(text, part)
        value = self._value(name) if name else None
        change = None if value is None else Change(self.column.spec, self.column.position, value)
        # Both parts are one cell, which is counted once.
        is_same = part > 0 or full_name(text) == text.strip()
        return change if is_same else Noted(Note.DIFFERENT, change)

    def _part(self, text: str, problem: InvalidValue) -> tuple[Any, Note]:
        """What of a text that is no value is one, or stands for none; the problem where nothing
        is."""
        spec = self.column.spec
        # What is no value as a whole may be several, as address books export them.
        if SEVERAL in text:
            return self._value(text.partition(SEVERAL)[0]), Note.FIRST
        marks = BLANK_MARKS if self.form is None else self.form.blanks
        if text.strip().casefold() in marks:
            return None, Note.BLANK
        if part := spec.type.readable_part(spec, text):
            return self._value(part), Note.DIFFERENT
        raise problem

    def shown(self, cell: str, change: Change) -> str:
        """What a cell is read as, in the words of an export; of a full name both parts."""
        if self.column.part is not None:
            return full_name(unescaped(cell))
        return self.column.told.type.read_as(self.column.told, change.value)

    def _value(self, text: str) -> Any:
        spec = self.column.spec
        return spec.type.parse(spec, spec.type.from_text(self.column.told, text))

    def _is_kept(self, cell: str, text: str, value: Any) -> bool:
        """Whether the value of a cell, which a field type reads as this text, is what is
        written."""
        spec = self.column.spec
        if self.kind not in FORMED:
            # The fast path: most cells are texts of no other form.
            if value == cell:
                return True
            return text == cell and spec.type.is_kept(spec, text, value)
        # What a workbook or JSON says is a number or a date loses nothing by how it is written.
        is_same = text == cell.strip() or (self.are_sure and _is_exponent(cell))
        is_kept = self.are_sure and self.kind == CellKind.DATE
        if is_same and (is_kept or spec.type.is_kept(spec, text, value)):
            return True
        # What an export writes, such as 1e-07, is no other text for how it is read.
        return spec.type.read_as(self.column.told, value) == unescaped(cell)


def _is_named(entry: JSON) -> bool:
    """Whether what an entry says is its text, or what names it."""
    if isinstance(entry, dict):
        return entry.get("id") is None and isinstance(entry.get("name"), str)
    return isinstance(entry, str)


def _different(change: Change) -> Noted:
    return Noted(Note.DIFFERENT, change)


def _is_exponent(cell: str) -> bool:
    """Whether a number has an exponent, and fewer digits than programs cut numbers to."""
    number, mark, exponent = cell.lower().partition("e")
    return mark != "" and exponent[-1:].isdigit() and sum(map(str.isdigit, number)) < MAX_DIGITS


def cell_reader(
    column: Column, form: ColumnForm | None, said: Mapping[str, Any]
) -> tuple[CellReader, CellReader]:
    """The readers of a column's texts, and of its cells that are none."""
    kind = cell_kind(column.spec)
    # Marks of blanks that are said hold for every field.
    kind = CellKind.WORD if kind is None and "blanks" in said else kind
    texts = CellReader(column, form, kind)
    sure = None if form is None else sure_form(form)
    return texts, replace(texts, form=sure, are_sure=True)


def read_cells(
    column: Column, form: ColumnForm | None, rows: Sequence[Row], respelt: Respelt
) -> dict[str, int | list[dict[str, str]]]:
    """How many cells of these rows are read as other than is written, by note, and the first of
    them, each with what it is read as."""
    texts, sure = cell_reader(column, form, {})
    memories: tuple[Memory, Memory] = {}, {}
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    named: list[Named] = []
    at = column.position
    for row in rows:
        cell = row.cells[at] if at < len(row.cells) else ""
        is_sure = row.is_sure(at)
        reader, memory = (texts, sure)[is_sure], memories[is_sure]
        if row.values is not None:
            reading = None if row.values[at] is None else reader.read_json(row.values[at], cell)
        else:
            reading = memory[cell] if cell in memory else reader.read(memory, cell)
        if isinstance(reading, Noted):
            counts[reading.note.value] += 1
            if len(examples) < EXAMPLES and reading.note == Note.NO_YEAR:
                examples[cell[:SHOWN]] = ""
            elif len(examples) < EXAMPLES and isinstance(reading.reading, Change):
                examples[cell[:SHOWN]] = reader.shown(cell, reading.reading)[:SHOWN]
        elif isinstance(reading, Change):
            named += [Named(said_cell(row, at), change) for _, change in naming([reading])]
    others = respelt(named)
    if others:
        counts[Note.DIFFERENT.value] += len(others)
    for cell, called in others[: EXAMPLES - len(examples)]:
        examples[cell[:SHOWN]] = called[:SHOWN]
    shown = [{"written": cell, "read": text} for cell, text in examples.items()]
    return {**counts, **({"examples": shown} if shown else {})}
