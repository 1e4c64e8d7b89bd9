"""From the rows of a file to requests of the write path; the database is not asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from records.field_types import InvalidValue
from records.services.exporting.cells import unescaped
from records.services.object_schema import ObjectSchema
from records.services.save_requests import Mode, SaveRequest
from records.services.values import Change

from .matching import Column, ImportMode, ImportPlan
from .reading import Row

# Columns repeat many of their values: what a short cell means is remembered.
REMEMBERED = 5000
REMEMBERED_LENGTH = 40


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
    """Consecutive rows of a file: those that can be asked for, in order, and what is wrong with the others."""

    rows: Sequence[Row]
    asked: list[Row] = field(default_factory=list)
    requests: list[SaveRequest] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


Reading = Change | _Refusal | None
Memory = dict[str, Reading]


class Preparation:
    """Turns rows into requests, for one schema. A blank cell says nothing about its field."""

    def __init__(
        self, schema: ObjectSchema, columns: Sequence[Column], key: Column | None, width: int, plan: ImportPlan
    ) -> None:
        self.schema = schema
        self.width = width
        self.key = key
        self.mode = plan.mode
        self.kept = frozenset(column.spec.id for column in columns if column.header in plan.kept)
        self._positions = [column.position for column in columns] if len(columns) < width else None
        self._read_key = _key_reader(schema, key) if key is not None else None
        self._columns: list[tuple[Column, Memory]] = [(column, {}) for column in columns]

    def prepare(self, rows: Sequence[Row]) -> PreparedRows:
        """The requests that the rows make."""
        prepared = PreparedRows(rows)
        for row in rows:
            request = self._request(row, prepared.problems)
            if request is not None:
                prepared.requests.append(request)
                prepared.asked.append(row)
        return prepared

    def _request(self, row: Row, problems: list[RowProblem]) -> SaveRequest | None:
        if len(row.cells) != self.width:
            message = f"The row has {len(row.cells)} cells, the header {self.width}."
            problems.append(RowProblem(row.line, "", "invalid", message))
            return None
        changes: list[Change] = []
        refused = False
        cells = row.cells if self._positions is None else [row.cells[at] for at in self._positions]
        for (column, memory), cell in zip(self._columns, cells, strict=True):
            if not cell:
                continue
            reading = memory[cell] if cell in memory else _read(column, memory, cell)
            if type(reading) is Change:
                changes.append(reading)
            elif reading is not None:
                assert isinstance(reading, _Refusal)
                problems.append(RowProblem(row.line, column.header, reading.code, reading.message, cell))
                refused = True
        if refused:
            return None
        if self.key is None or self._read_key is None or self.mode == ImportMode.CREATE_ONLY:
            return SaveRequest(Mode.CREATE, changes=changes)
        match_key = self._read_key(changes)
        if not match_key:
            message = "The row says not which record it is."
            problems.append(RowProblem(row.line, self.key.header, "required", message))
            return None
        field = None if self.key.spec is self.schema.identifier else self.key.spec
        return SaveRequest(
            Mode.UPSERT,
            changes=changes,
            match_field=field,
            match_key=match_key,
            kept=self.kept,
            may_create=self.mode != ImportMode.UPDATE_ONLY,
        )


def _read(column: Column, memory: Memory, cell: str) -> Reading:
    """What a cell means: a change of its field, nothing if it is blank, or why it is refused."""
    reading: Reading
    spec = column.spec
    try:
        value = spec.type.parse(spec, spec.type.from_text(spec, unescaped(cell))) if cell.strip() else None
        reading = None if value is None else Change(spec, column.position, value)
    except InvalidValue as problem:
        reading = _Refusal(problem.code, problem.message)
    if len(cell) <= REMEMBERED_LENGTH and len(memory) < REMEMBERED:
        memory[cell] = reading
    return reading


def _key_reader(schema: ObjectSchema, key: Column) -> Callable[[Sequence[Change]], str]:
    """How the key of a row is found among its changes; the empty text where the row has none."""
    spec = key.spec
    identifies = spec is schema.identifier

    def read(changes: Sequence[Change]) -> str:
        for change in changes:
            if change.field is spec:
                return change.value if identifies else str(next(iter(spec.type.index_values(spec, change.value))))
        return ""

    return read
