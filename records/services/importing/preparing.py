"""From the rows of a file to requests of the write path; the database is not asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from records.field_types import FieldSpec
from records.field_types.base import JSON
from records.services.catalogue import ObjectSchema
from records.services.storage import unique_keys
from records.services.tables import Row
from records.services.writing import Change, Mode, SaveRequest

from .cell_readers import CellReader, Memory, Note, Noted, Reading, Refusal, cell_reader
from .header_names import ID
from .matching import CellResolution, Column, ImportMode, ImportPlan
from .record_columns import NOTHING, Beside, BesideColumns, Named, RowAttributes
from .written_values import ColumnForm


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row, or one cell of it, was not stored."""

    line: int
    field: str
    code: str
    message: str
    value: str = ""


@dataclass(slots=True)
class PreparedRows:
    """Consecutive rows of a file: the requests of the valid ones, in order, the problems of the
    others, and by header and note how many cells were read as other than is written; `noted` are
    the lines and positions of those that name something."""

    rows: Sequence[Row]
    asked: list[Row] = field(default_factory=list)
    requests: list[SaveRequest] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    noted: set[tuple[int, int]] = field(default_factory=set)


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
        beside: BesideColumns | None = None,
    ) -> None:
        self.schema = schema
        self.columns = columns
        self.width = width
        self.key = key
        self.id_at = id_at
        self.beside = beside
        self.mode = plan.mode
        fields = _by_resolution(columns, plan)
        self.kept = frozenset(spec.id for spec in fields[CellResolution.UPDATE_IF_BLANK])
        self._cleared = fields[CellResolution.OVERWRITE]
        self._added = fields[CellResolution.ADD_ONLY]
        # Contacts need no email. The same file again would make them again.
        self._may_lack_key = (
            key is not None
            and key.spec is schema.identifier
            and not key.spec.is_required
            and plan.mode == ImportMode.CREATE_OR_UPDATE
            and not is_repeated
            and beside is None
        )
        positions = [column.position for column in columns]
        self._positions = positions if positions != list(range(width)) else None
        self._read_key = _key_reader(schema, key) if key is not None else None
        readers = [
            cell_reader(column, forms.get(column.header), plan.forms.get(column.header, {}))
            for column in columns
        ]
        self._columns: list[tuple[CellReader, Memory]] = [(texts, {}) for texts, _ in readers]
        self._sure: list[tuple[CellReader, Memory]] = [(sure, {}) for _, sure in readers]

    def prepare(
        self, rows: Sequence[Row], known: frozenset[str] = frozenset(), named: Named = NOTHING
    ) -> PreparedRows:
        """The requests that the rows make; `known` are the ids among theirs that records have,
        `named` what else they name that is there."""
        prepared = PreparedRows(rows)
        for row in rows:
            if self.beside is None:
                request = self._request(row, prepared, known)
            else:
                request = self._request_beside(row, self.beside, named, prepared)
            if request is not None:
                prepared.requests.append(request)
                prepared.asked.append(row)
        return prepared

    def _request(
        self, row: Row, prepared: PreparedRows, known: frozenset[str]
    ) -> SaveRequest | None:
        problems = prepared.problems
        if not self._is_whole(row, problems):
            return None
        changes = self._changes(row, prepared)
        if changes is None:
            return None
        match_key = self._read_key(changes) if self._read_key is not None else ""
        if self.id_at is not None and not match_key:
            uuid = row.cells[self.id_at].strip().lower()
            return self._by_id(row, uuid if uuid in known else "", changes, problems)
        return self._by_key(row, match_key, changes, problems)

    def _request_beside(
        self, row: Row, beside: BesideColumns, named: Named, prepared: PreparedRows
    ) -> SaveRequest | None:
        """The request of a row in a file with columns beside the values."""
        problems = prepared.problems
        if not self._is_whole(row, problems):
            return None
        changes, about = self._changes(row, prepared), beside.read(row, named)
        prepared.notes.update((beside.header(at), Note.DIFFERENT.value) for at in about.respelt)
        problems += [
            RowProblem(row.line, beside.header(at), cell.code, cell.message, row.cells[at])
            for cell in about.refused
            for at in (cell.at,)
        ]
        if changes is None or about.refused:
            return None
        if self.mode == ImportMode.CREATE_ONLY:
            request: SaveRequest | None = SaveRequest(Mode.CREATE, changes=changes)
        elif self._read_key is not None:
            request = self._by_key(row, self._read_key(changes), changes, problems)
        else:
            request = self._by_name(row, beside, about, changes, problems)
        if request is not None:
            request.attributes = about.attributes
        return request

    def _by_name(
        self,
        row: Row,
        beside: BesideColumns,
        about: RowAttributes,
        changes: list[Change],
        problems: list[RowProblem],
    ) -> SaveRequest | None:
        """What a row does to the record with its number, else with its external id."""
        if about.record_id is not None:
            return SaveRequest(
                Mode.UPDATE,
                record_id=about.record_id,
                changes=changes,
                kept=self.kept,
            )
        if (external := about.attributes.named) is not None:
            return SaveRequest(
                Mode.UPSERT,
                external=external,
                changes=changes,
                kept=self.kept,
                may_create=self.mode != ImportMode.UPDATE_ONLY,
                may_repeat=True,
            )
        if Beside.ID in beside and self.mode != ImportMode.UPDATE_ONLY:
            return SaveRequest(Mode.CREATE, changes=changes)
        kind = Beside.EXTERNAL_ID if Beside.EXTERNAL_ID in beside else Beside.ID
        problems.append(_nameless(row, beside.header(beside.position(kind))))
        return None

    def _is_whole(self, row: Row, problems: list[RowProblem]) -> bool:
        """Whether the row has a cell for each column; else why not is noted."""
        message = row.fault
        # Cells cannot be assigned to columns: a missing delimiter may be anywhere in the row.
        if not message and len(row.cells) != self.width:
            message = f"The row has {len(row.cells)} cells, the header {self.width}."
        if message:
            problems.append(RowProblem(row.line, "", "invalid", message))
        return not message

    def _by_key(
        self, row: Row, match_key: str, changes: list[Change], problems: list[RowProblem]
    ) -> SaveRequest | None:
        """What a row does to the record with this value of the key."""
        # In this mode a row with a known key is refused as a duplicate by the write path.
        if self.key is None or self.mode == ImportMode.CREATE_ONLY:
            return SaveRequest(Mode.CREATE, changes=changes)
        if not match_key and self._may_lack_key:
            return SaveRequest(Mode.CREATE, changes=changes)
        if not match_key:
            problems.append(_nameless(row, self.key.header))
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
            return SaveRequest(Mode.UPDATE, uuid=uuid, changes=changes, kept=self.kept)
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
        problems.append(_nameless(row, self.key.header))
        return None

    def _resolved(self, changes: Sequence[Change]) -> list[Change]:
        """The changes of a row where some columns add to lists, or clear what they leave blank."""
        found = [
            Change(change.field, change.position, add=tuple(change.value))
            if change.field in self._added
            else change
            for change in changes
        ]
        filled = {change.field for change in changes}
        return found + [
            Change(spec, position, None)
            for spec, position in self._cleared.items()
            if spec not in filled
        ]

    def _changes(self, row: Row, prepared: PreparedRows) -> list[Change] | None:
        """What a row changes; None where some of its cells are refused, each with its problem."""
        if row.values is not None:
            changes = self._changes_of_json(row, row.values, prepared)
        else:
            changes = self._changes_of_cells(row, prepared)
        if changes is not None and (self._cleared or self._added):
            return self._resolved(changes)
        return changes

    def _changes_of_cells(self, row: Row, prepared: PreparedRows) -> list[Change] | None:
        """What the cells of a row say, as `_changes` answers it."""
        changes: list[Change] = []
        refused = False
        cells = row.cells if self._positions is None else [row.cells[at] for at in self._positions]
        columns = self._columns if not row.sure else self._readers(row)
        for (reader, memory), cell in zip(columns, cells, strict=True):
            if not cell:
                continue
            # `get` would not do: None is a reading too, that of a blank cell.
            reading = memory[cell] if cell in memory else reader.read(memory, cell)
            # The fast path: this runs once per cell.
            if type(reading) is Change:
                changes.append(reading)
            elif reading is not None and not _take(reader, reading, row, changes, prepared):
                # the other cells are read all the same: the report says everything at once
                refused = True
        return None if refused else changes

    def _readers(self, row: Row) -> list[tuple[CellReader, Memory]]:
        """The readers of the cells of a row, some of which are no texts."""
        return [
            sure if row.is_sure(sure[0].column.position) else texts
            for texts, sure in zip(self._columns, self._sure, strict=True)
        ]

    def _changes_of_json(
        self, row: Row, values: Sequence[JSON], prepared: PreparedRows
    ) -> list[Change] | None:
        """What the values of a line say, as `_changes` answers it."""
        changes: list[Change] = []
        refused = False
        for reader, _ in self._readers(row):
            at = reader.column.position
            if values[at] is None:
                continue
            reading = reader.read_json(values[at], row.cells[at])
            if reading is not None and not _take(reader, reading, row, changes, prepared):
                refused = True
        return None if refused else changes


def _nameless(row: Row, header: str) -> RowProblem:
    message = "The row does not say which record it belongs to."
    return RowProblem(row.line, header, "required", message)


def _by_resolution(
    columns: Sequence[Column], plan: ImportPlan
) -> dict[CellResolution, dict[FieldSpec, int]]:
    """The fields of the columns, each with its position, by what cells do to their values."""
    found: dict[CellResolution, dict[FieldSpec, int]] = {
        resolution: {} for resolution in CellResolution
    }
    for column in columns:
        found[plan.resolution(column.header)][column.spec] = column.position
    return found


def _take(
    reader: CellReader,
    reading: Reading,
    row: Row,
    changes: list[Change],
    prepared: PreparedRows,
) -> bool:
    """Note what a cell was read as, with its change or its problem; whether it is not refused."""
    column = reader.column
    if isinstance(reading, Noted):
        prepared.notes[column.header, reading.note.value] += 1
        reading = reading.reading
        if isinstance(reading, Change) and reading.may_refer:
            prepared.noted.add((row.line, column.position))
    if isinstance(reading, Change):
        changes.append(reading)
    elif isinstance(reading, Refusal):
        cell = row.cells[column.position]
        prepared.problems.append(
            RowProblem(row.line, column.header, reading.code, reading.message, cell)
        )
        return False
    return True


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
