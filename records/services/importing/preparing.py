"""From the rows of a file to requests of the write path; the database is not asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from records.field_types import InvalidValue
from records.field_types.base import JSON
from records.services.catalogue import ObjectSchema
from records.services.exporting import unescaped
from records.services.storage import unique_keys
from records.services.tables import Row
from records.services.writing import Change, Mode, SaveRequest

from .column_forms import cell_kind
from .header_names import ID
from .matching import Column, ImportMode, ImportPlan
from .written_values import SEVERAL, CellKind, ColumnForm, Unclear, plain_cell

# Columns repeat many of their values: what a short cell means is remembered.
REMEMBERED = 5000
REMEMBERED_LENGTH = 40
UNCLEAR = (
    "This may be two values: say in `columns` which form the column's numbers (`point`, `comma`) "
    "or dates (`dmy`, `mdy`) have, and write years with four digits."
)


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row, or one cell of it, was not stored."""

    line: int
    field: str
    code: str
    message: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: str
    message: str


@dataclass(slots=True)
class PreparedRows:
    """Consecutive rows of a file: the requests of the valid ones, in order, and the problems of the
    others."""

    rows: Sequence[Row]
    asked: list[Row] = field(default_factory=list)
    requests: list[SaveRequest] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


Reading = Change | _Refusal | None
Memory = dict[str, Reading]


class Preparation:
    """Turns rows into requests, for one schema. A blank cell says nothing about its field."""

    def __init__(
        self,
        schema: ObjectSchema,
        columns: Sequence[Column],
        key: Column | None,
        width: int,
        plan: ImportPlan,
        forms: Mapping[str, ColumnForm] = MappingProxyType({}),
        *,
        id_at: int | None = None,
        is_repeated: bool = False,
    ) -> None:
        self.schema = schema
        self.width = width
        self.key = key
        self.id_at = id_at
        self.mode = plan.mode
        self.kept = frozenset(column.spec.id for column in columns if column.header in plan.kept)
        # Contacts need no email. The same file again would make them again.
        self._may_lack_key = (
            key is not None
            and key.spec is schema.identifier
            and not key.spec.is_required
            and plan.mode == ImportMode.CREATE_OR_UPDATE
            and not is_repeated
        )
        self._positions = [column.position for column in columns] if len(columns) < width else None
        self._read_key = _key_reader(schema, key) if key is not None else None
        self._columns: list[tuple[_Reader, Memory]] = [
            (_reader(column, forms.get(column.header), plan.forms.get(column.header, {})), {})
            for column in columns
        ]

    def prepare(self, rows: Sequence[Row], known: frozenset[str] = frozenset()) -> PreparedRows:
        """The requests that the rows make; `known` are the ids among theirs that records have."""
        prepared = PreparedRows(rows)
        for row in rows:
            request = self._request(row, prepared.problems, known)
            if request is not None:
                prepared.requests.append(request)
                prepared.asked.append(row)
        return prepared

    def _request(
        self, row: Row, problems: list[RowProblem], known: frozenset[str]
    ) -> SaveRequest | None:
        if row.fault:
            problems.append(RowProblem(row.line, "", "invalid", row.fault))
            return None
        # Cells cannot be assigned to columns: a missing delimiter may be anywhere in the row.
        if len(row.cells) != self.width:
            message = f"The row has {len(row.cells)} cells, the header {self.width}."
            problems.append(RowProblem(row.line, "", "invalid", message))
            return None
        changes = self._changes(row, problems)
        if changes is None:
            return None
        match_key = self._read_key(changes) if self._read_key is not None else ""
        if self.id_at is not None and not match_key:
            uuid = row.cells[self.id_at].strip().lower()
            return self._by_id(row, uuid if uuid in known else "", changes, problems)
        # In this mode a row with a known key is refused as a duplicate by the write path.
        if self.key is None or self.mode == ImportMode.CREATE_ONLY:
            return SaveRequest(Mode.CREATE, changes=changes)
        if not match_key and self._may_lack_key:
            return SaveRequest(Mode.CREATE, changes=changes)
        if not match_key:
            message = "The row does not say which record it belongs to."
            problems.append(RowProblem(row.line, self.key.header, "required", message))
            return None
        # None means the identifier, which the write path looks up in the record's own column.
        field = None if self.key.spec is self.schema.identifier else self.key.spec
        return SaveRequest(
            Mode.UPSERT,
            changes=changes,
            match_field=field,
            match_key=match_key,
            kept=self.kept,
            may_create=self.mode != ImportMode.UPDATE_ONLY,
            may_repeat=True,
        )

    def _by_id(
        self, row: Row, uuid: str, changes: list[Change], problems: list[RowProblem]
    ) -> SaveRequest | None:
        """What a row does to the record with this id; the empty text is no record's."""
        if uuid and self.mode != ImportMode.CREATE_ONLY:
            return SaveRequest(
                Mode.UPDATE, uuid=uuid, changes=changes, kept=self.kept, may_repeat=True
            )
        if uuid:
            message = "There is a record with this id: the plan creates new ones only."
            problems.append(RowProblem(row.line, ID, "already_exists", message, uuid))
            return None
        if self.mode == ImportMode.UPDATE_ONLY:
            message = "There is no record with this id to change."
            problems.append(
                RowProblem(row.line, ID, "not_found", message, row.cells[self.id_at or 0])
            )
            return None
        if self.key is None or self._may_lack_key:
            return SaveRequest(Mode.CREATE, changes=changes)
        message = "The row does not say which record it belongs to."
        problems.append(RowProblem(row.line, self.key.header, "required", message))
        return None

    def _changes(self, row: Row, problems: list[RowProblem]) -> list[Change] | None:
        """What the cells of a row change; None where some are refused, each with its problem."""
        if row.values is not None:
            return self._changes_of_json(row, row.values, problems)
        changes: list[Change] = []
        refused = False
        cells = row.cells if self._positions is None else [row.cells[at] for at in self._positions]
        for (reader, memory), cell in zip(self._columns, cells, strict=True):
            if not cell:
                continue
            # `get` would not do: None is a reading too, that of a blank cell.
            reading = memory[cell] if cell in memory else reader.read(memory, cell)
            # The fast path: this runs once per cell.
            if type(reading) is Change:
                changes.append(reading)
            elif reading is not None:
                assert isinstance(reading, _Refusal)
                problems.append(
                    RowProblem(row.line, reader.column.header, reading.code, reading.message, cell)
                )
                # the other cells are read all the same: the report says everything at once
                refused = True
        return None if refused else changes

    def _changes_of_json(
        self, row: Row, values: Sequence[JSON], problems: list[RowProblem]
    ) -> list[Change] | None:
        """What the values of a line change, as `_changes` says it."""
        changes: list[Change] = []
        refused = False
        for reader, _ in self._columns:
            value = values[reader.column.position]
            if value is None:
                continue
            cell = row.cells[reader.column.position]
            reading = reader.read_json(value, cell)
            if isinstance(reading, Change):
                changes.append(reading)
            elif reading is not None:
                problems.append(
                    RowProblem(row.line, reader.column.header, reading.code, reading.message, cell)
                )
                refused = True
        return None if refused else changes


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the cells of a column, in the form of its numbers or dates if it has one."""

    column: Column
    form: ColumnForm | None
    kind: CellKind | None

    def read(self, memory: Memory, cell: str) -> Reading:
        """What a cell means: a change of its field, nothing if it is blank, or why it is
        refused."""
        reading: Reading
        try:
            reading = self._change(unescaped(cell)) if cell.strip() else None
        except InvalidValue as problem:
            reading = _Refusal(problem.code, problem.message)
        except Unclear:
            reading = _Refusal("invalid", UNCLEAR)
        if len(cell) <= REMEMBERED_LENGTH and len(memory) < REMEMBERED:
            memory[cell] = reading
        return reading

    def read_json(self, value: JSON, cell: str) -> Reading:
        """What a value of JSON means in a request; where it means nothing there, what a cell with
        its text or its name means."""
        spec = self.column.spec
        try:
            parsed = spec.type.parse(spec, value)
            return None if parsed is None else Change(spec, self.column.position, parsed)
        except InvalidValue as problem:
            reading = self.read({}, cell)
            # What the caller is told is about the value that was written.
            is_cell = isinstance(reading, Change) or reading is None
            return reading if is_cell else _Refusal(problem.code, problem.message)

    def _change(self, text: str) -> Change | None:
        spec = self.column.spec
        if self.form is not None and self.kind is not None:
            text = plain_cell(self.form, text, kind=self.kind)
        try:
            value = self._value(text) if text else None
        except InvalidValue:
            # What is no value as a whole may be several, as address books export them.
            if SEVERAL not in text:
                raise
            value = self._value(text.partition(SEVERAL)[0])
        return None if value is None else Change(spec, self.column.position, value)

    def _value(self, text: str) -> Any:
        spec = self.column.spec
        return spec.type.parse(spec, spec.type.from_text(self.column.told, text))


def _reader(column: Column, form: ColumnForm | None, said: Mapping[str, Any]) -> _Reader:
    kind = cell_kind(column.spec)
    # Marks of blanks that are said hold for every field.
    return _Reader(column, form, CellKind.WORD if kind is None and "blanks" in said else kind)


def _key_reader(schema: ObjectSchema, key: Column) -> Callable[[Sequence[Change]], str]:
    """How the key of a row is found among its changes; the empty text where the row has none."""
    spec = key.spec
    identifies = spec is schema.identifier

    def read(changes: Sequence[Change]) -> str:
        for change in changes:
            if change.field is spec:
                return change.value if identifies else next(iter(unique_keys(spec, change.value)))
        return ""

    return read
