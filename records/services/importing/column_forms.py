"""How a column writes its numbers and dates: found from all its cells, so that `3,125` and
`1/2/2024` are read as they were meant, or not at all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain, compress
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec

from .written_values import (
    COMMA,
    COMMA_OR_GROUP,
    DOT,
    DOT_OR_GROUP,
    GROUPED,
    GROUPED_BY_COMMAS,
    GROUPED_BY_DOTS,
    MAX_DIGITS,
    NUMBER,
    PLAIN,
    SPACES,
    CellKind,
    ColumnForm,
    DateForm,
    NumberForm,
    Unclear,
    half_width,
    is_blank,
    is_no_value,
    lacks_year,
    may_be_date,
    plain_cell,
    plain_date,
)

AS_FOUND = ColumnForm()
REMEMBERED = 10_000  # different texts of a column
MARKS = 10  # of a column that are told
LONGEST = 64  # characters of a number or a date
# `1e5` may be a code; a point or a negative exponent shows a number.
WHOLE_EXPONENT = re.compile(r"[0-9]+[eE]\+?[0-9]+")


class _Kind(StrEnum):
    """What a text may be, whatever the form of its column."""

    BLANK = "blank"
    PLAIN = "plain"
    CODE = "code"  # begins with a zero, or a plus
    DOT = "dot"
    DOT_OR_GROUP = "dot_or_group"
    COMMA = "comma"
    COMMA_OR_GROUP = "comma_or_group"
    BY_COMMAS = "by_commas"
    BY_DOTS = "by_dots"
    GROUPED = "grouped"
    SURE = "sure"  # a number by the type of its cell
    TEXT = "text"
    DATE = "date"
    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"
    EITHER_FIRST = "either_first"


NUMBERS = frozenset(
    {
        _Kind.PLAIN, _Kind.DOT, _Kind.DOT_OR_GROUP, _Kind.COMMA, _Kind.COMMA_OR_GROUP,
        _Kind.BY_COMMAS, _Kind.BY_DOTS, _Kind.GROUPED, _Kind.SURE,
    }
)  # fmt: skip
DATE_KINDS = frozenset({_Kind.DATE, _Kind.DAY_FIRST, _Kind.MONTH_FIRST, _Kind.EITHER_FIRST})
CORES = (
    (PLAIN, _Kind.PLAIN), (DOT_OR_GROUP, _Kind.DOT_OR_GROUP), (DOT, _Kind.DOT),
    (COMMA_OR_GROUP, _Kind.COMMA_OR_GROUP), (COMMA, _Kind.COMMA),
    (GROUPED_BY_COMMAS, _Kind.BY_COMMAS), (GROUPED_BY_DOTS, _Kind.BY_DOTS),
    (GROUPED, _Kind.GROUPED),
)  # fmt: skip


def _kind(text: str) -> _Kind:
    # A day without a year says nothing of the form of its column, either.
    if is_no_value(AS_FOUND, text, CellKind.DATE):
        return _Kind.BLANK
    text = half_width(text)
    if (found := NUMBER.fullmatch(text)) is not None:
        core = found["core"].strip(SPACES)
        kind = next((kind for form, kind in CORES if form.fullmatch(core)), None)
        is_code = found["sign"] == "+" or (len(core) > 1 and core[0] == "0" and core[1].isdigit())
        if kind is not None:
            return _Kind.CODE if is_code else _with_rest(kind, core)
    return _date_kind(text)


def may_be_grouped(text: str) -> bool:
    """Whether the mark in a number may divide thousands, or begin a fraction."""
    return _kind(text) in (_Kind.COMMA_OR_GROUP, _Kind.DOT_OR_GROUP)


def _with_rest(kind: _Kind, core: str) -> _Kind:
    """What a grouped number proves by its fraction."""
    if kind == _Kind.GROUPED:
        return _Kind.COMMA if "," in core else _Kind.DOT if "." in core else kind
    if kind == _Kind.BY_COMMAS and "." in core:
        return _Kind.DOT
    return _Kind.COMMA if kind == _Kind.BY_DOTS and "," in core else kind


def _date_kind(text: str) -> _Kind:
    # Most texts are none, and are looked at once.
    if not may_be_date(text):
        return _Kind.TEXT
    try:
        return _date_order(text)
    except Unclear:  # a year of two digits, whatever the order
        return _Kind.EITHER_FIRST


def _date_order(text: str) -> _Kind:
    if plain_date(text, DateForm.YEAR_FIRST) is not None:
        return _Kind.DATE
    day = plain_date(text, DateForm.DAY_FIRST)
    month = plain_date(text, DateForm.MONTH_FIRST)
    if day is None:
        return _Kind.TEXT if month is None else _Kind.MONTH_FIRST
    return _Kind.DAY_FIRST if month is None else _Kind.EITHER_FIRST


@dataclass(frozen=True, slots=True)
class FileForms:
    """What the other columns of a file prove of its numbers, and its delimiter."""

    proves_comma: bool = False
    proves_point: bool = False
    delimiter: str = ","


@dataclass(slots=True)
class FormSurvey:
    """What a column's cells may be, added to chunk by chunk: of so many cells of each kind, and the
    first different texts."""

    kinds: Counter[_Kind] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)
    sure: set[str] = field(default_factory=set)  # numbers by the types of their cells
    signs: set[str] = field(default_factory=set)
    has_plain: bool = False  # numbers without a percent sign; zero is the same with one

    def add(self, cells: Sequence[str], sure: Sequence[object] = ()) -> None:
        """Look at more of the column; `sure` says of each cell whether it is no text."""
        if sure:
            self._add_sure(compress(cells, sure))
            cells = [cell for cell, is_sure in zip(cells, sure, strict=True) if not is_sure]
        for cell, count in Counter(cells).items():
            if text := cell.strip():
                self._add(text, count)

    def _add(self, text: str, count: int) -> None:
        kind = _kind(text) if len(text) <= LONGEST else _Kind.TEXT
        self.kinds[kind] += count
        if text in self.texts or len(self.texts) < REMEMBERED:
            self.texts[text] += count
        if kind in NUMBERS:
            self._note_signs(text)

    def _add_sure(self, cells: Iterable[str]) -> None:
        """Look at cells that are no texts: of numbers the form is known, so they prove none."""
        for text, count in Counter(cells).items():
            if text and _kind(text) in NUMBERS:
                self.kinds[_Kind.SURE] += count
                self._note_signs(text)
                if len(self.sure) < REMEMBERED:
                    self.sure.add(text)
            elif text:
                self._add(text, count)

    def _note_signs(self, text: str) -> None:
        """Note the signs of a number, or that it is not zero and has no percent sign."""
        text = half_width(text)
        is_bare = text[0].isdigit() and text[-1].isdigit()
        found = None if is_bare else NUMBER.fullmatch(text)
        if found is not None:
            self.signs.update(filter(None, (found["before"], found["after"])))
        if not self.has_plain and (found is None or found["after"] != "%"):
            self.has_plain = text.strip("0.,") != ""

    def has(self, *kinds: _Kind) -> bool:
        """Whether there are cells of one of these kinds."""
        return any(self.kinds[kind] for kind in kinds)

    @property
    def values(self) -> int:
        """The cells that are neither blank nor stand for a blank."""
        return self.kinds.total() - self.kinds[_Kind.BLANK]

    @property
    def numbers(self) -> int:
        """The cells that are numbers."""
        return sum(self.kinds[kind] for kind in NUMBERS)

    @property
    def dates(self) -> int:
        """The cells that are dates."""
        return sum(self.kinds[kind] for kind in DATE_KINDS)

    @property
    def is_number(self) -> bool:
        """Whether the column has numbers, and nothing else."""
        return 0 < self.values == self.numbers

    @property
    def is_date(self) -> bool:
        """Whether the column has dates, and nothing else."""
        return 0 < self.values == self.dates

    @property
    def proves_comma(self) -> bool:
        """Whether numbers can only be read with a comma before the fraction."""
        return self.has(_Kind.COMMA, _Kind.BY_DOTS) and not self.has(_Kind.TEXT)

    @property
    def proves_point(self) -> bool:
        """Likewise with a point."""
        return self.has(_Kind.DOT, _Kind.BY_COMMAS) and not self.has(_Kind.TEXT)

    def form(self, file: FileForms = FileForms()) -> ColumnForm:
        """How the column is read, as far as its cells and those of the file show."""
        numbers = NumberForm.UNCLEAR if self.is_mixed else self._numbers(file)
        assumed = numbers == NumberForm.POINT and not file.proves_point and not self._proves
        return ColumnForm(numbers, self._dates(), mixed=self.is_mixed, assumed=assumed)

    @property
    def _proves(self) -> bool:
        """Whether cells of the column prove how it writes numbers."""
        return self.has(_Kind.COMMA, _Kind.BY_DOTS, _Kind.DOT, _Kind.BY_COMMAS)

    @property
    def is_mixed(self) -> bool:
        """Whether some numbers are percents and others are not, or do not say it."""
        return self.has_plain and "%" in self.signs

    def _numbers(self, file: FileForms) -> NumberForm:
        comma = self.has(_Kind.COMMA, _Kind.BY_DOTS)
        point = self.has(_Kind.DOT, _Kind.BY_COMMAS)
        if comma or point:
            return _proved(comma=comma, point=point)
        if self.has(_Kind.COMMA_OR_GROUP) and self.has(_Kind.DOT_OR_GROUP):
            return NumberForm.UNCLEAR
        if self.has(_Kind.COMMA_OR_GROUP, _Kind.DOT_OR_GROUP):
            if file.proves_comma and self.has(_Kind.DOT_OR_GROUP):
                return NumberForm.UNCLEAR  # `3.125` may be copied from elsewhere
            if file.proves_comma or file.proves_point:
                return _proved(comma=file.proves_comma, point=file.proves_point)
            # Where commas are in fractions, semicolons and tabs separate cells.
            return NumberForm.POINT if file.delimiter in (",", "|") else NumberForm.UNCLEAR
        return NumberForm.POINT

    def _dates(self) -> DateForm:
        day, month = self.has(_Kind.DAY_FIRST), self.has(_Kind.MONTH_FIRST)
        if day != month:
            return DateForm.DAY_FIRST if day else DateForm.MONTH_FIRST
        return DateForm.UNCLEAR if day or self.has(_Kind.EITHER_FIRST) else DateForm.YEAR_FIRST

    def typed_texts(self, file: FileForms) -> Sequence[str] | None:
        """The column's texts as field types read them, if it has numbers alone or dates alone; None
        where it has others, or the same text may be two values."""
        is_number = self.is_number
        if not (is_number or self.is_date):
            return None
        # Numbers in groups of three may be telephone numbers.
        if is_number and not self.values - self.kinds[_Kind.GROUPED]:
            return None
        if any(map(_has_lost_digits, chain(self.texts, self.sure))):
            return None
        form = self.form(file)
        try:
            kind = CellKind.AMOUNT if is_number else CellKind.DATE
            found = [plain_cell(form, text, kind=kind) for text in self.texts]
            found += [plain_cell(sure_form(form), text, kind=kind) for text in self.sure]
        except Unclear:
            return None
        return [text for text in found if text]

    def counts(self, form: ColumnForm, kind: CellKind) -> dict[str, int]:
        """How many cells are read as a value that is not what is written, how many stand for a
        blank, have no year, or are unclear; of long columns as far as they are remembered."""
        found: Counter[str] = Counter()
        for text, count in self.texts.items():
            if is_blank(form, text, kind):
                found["blank_marks"] += count
                continue
            if lacks_year(text, kind):
                found["without_year"] += count
                continue
            try:
                read = plain_cell(form, text, kind=kind)
            except Unclear:
                found["unclear"] += count
                continue
            is_code = kind != CellKind.DATE and read == text and self._is_code(text)
            found["read_differently"] += count if read != text or is_code else 0
        return {name: count for name, count in found.items() if count}

    def marks(self, form: ColumnForm, kind: CellKind) -> list[str]:
        """The texts that stand for a blank, the most frequent first."""
        found = [text for text, _ in self.texts.most_common() if is_blank(form, text, kind)]
        return found[:MARKS]

    @staticmethod
    def _is_code(text: str) -> bool:
        """Whether a number loses what is written: a zero or a plus in front."""
        return _kind(text) == _Kind.CODE


def sure_form(form: ColumnForm) -> ColumnForm:
    """How cells of a column are read that are no texts: workbooks and JSON have one form of
    numbers."""
    return replace(form, numbers=NumberForm.POINT, assumed=False)


def _proved(*, comma: bool, point: bool) -> NumberForm:
    if comma and point:
        return NumberForm.UNCLEAR
    return NumberForm.COMMA if comma else NumberForm.POINT


def file_forms(surveys: Collection[FormSurvey], delimiter: str) -> FileForms:
    """What the columns of a file prove of its numbers."""
    return FileForms(
        any(found.proves_comma for found in surveys),
        any(found.proves_point for found in surveys),
        delimiter,
    )


def _has_lost_digits(text: str) -> bool:
    """Whether a number with an exponent may be a code, or a whole number of which programs wrote
    only the first digits."""
    if "e" not in text.lower():
        return False
    if WHOLE_EXPONENT.fullmatch(text):
        return True
    number, _, exponent = text.lower().partition("e")
    digits = sum(map(str.isdigit, number.strip("0.,-")))
    return digits >= MAX_DIGITS and exponent.lstrip("+").isdecimal() and int(exponent) >= MAX_DIGITS


def cell_kind(spec: FieldSpec) -> CellKind | None:
    """What cells of a field are read as, where columns write it in several forms."""
    if spec.type.is_numeric:
        is_amount = spec.type.guess is not None and bool(spec.type.guess.marks)
        return CellKind.AMOUNT if is_amount else CellKind.NUMBER
    if spec.type.column == "moment":
        return CellKind.DATE
    return CellKind.WORD if spec.type.json_schema(spec).get("type") == "boolean" else None


def form_of(form: ColumnForm, kind: CellKind) -> dict[str, Any]:
    """The form in which a column of this kind is read, in words of the interfaces."""
    if kind == CellKind.DATE:
        return {"dates": form.dates.value}
    return {} if kind == CellKind.WORD else {"numbers": form.numbers.value}


def said_form(found: ColumnForm, said: Mapping[str, Any]) -> ColumnForm:
    """The form of a column that the caller says something of; InvalidInput where it is none."""
    try:
        return ColumnForm(
            NumberForm(said.get("numbers") or found.numbers),
            DateForm(said.get("dates") or found.dates),
            frozenset(map(str.casefold, said["blanks"])) if "blanks" in said else found.blanks,
            found.mixed and not said.get("numbers"),
            found.assumed and not said.get("numbers"),
        )
    except ValueError:
        numbers, dates = (", ".join(kind) for kind in (NumberForm, DateForm))
        raise InvalidInput(
            f"expected `numbers` of {numbers}, and `dates` of {dates}.", at="columns"
        ) from None


# What may be said of a column, and the kinds of cells that it may be said of.
SAID = {"numbers": (CellKind.NUMBER, CellKind.AMOUNT), "dates": (CellKind.DATE,)}


def check_said(specs: Mapping[str, FieldSpec], said: Mapping[str, Mapping[str, Any]]) -> None:
    """InvalidInput where the caller says how a column writes its numbers or dates, and its field
    has none; of columns that fill no field nothing need be said."""
    for header, form in said.items():
        spec = specs.get(header)
        kind = None if spec is None else cell_kind(spec)
        for key, kinds in SAID.items():
            if spec is not None and form.get(key) and kind not in kinds:
                raise _misplaced(header, spec, key)


def _misplaced(header: str, spec: FieldSpec, key: str) -> InvalidInput:
    return InvalidInput(
        f"the column fills the field {spec.name!r} of the type {spec.type.name}, which has no "
        f"{key}.",
        at=("columns", header),
    )


TEXT = _Kind.TEXT
