"""Importing one part of a file: batch after batch through the one write path, resumable at any
moment."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from zlib import crc32

from records.exceptions import Conflict, InvalidInput, InvalidValues, RecordsError
from records.field_types.base import UUID_FORM
from records.models import ImportPart, ImportRun, Record, RecordState, Source
from records.services.access import (
    Author,
    get_schema,
    member_author,
    visible_fields,
)
from records.services.catalogue import ObjectSchema, identifier_key, load_workspace
from records.services.database import in_one_transaction
from records.services.reading import view_records
from records.services.storage import refresh_statistics
from records.services.tables import CsvTable, Row
from records.services.writing import Outcome, save_records

from .cell_readers import Note
from .matching import (
    ImportPlan,
    id_column,
    match_columns,
    plan_key,
)
from .numbered_values import with_ids
from .preparing import Preparation, PreparedRows, RowProblem
from .record_columns import NOTHING, BesideColumns
from .report import note_problems
from .spellings import Named, naming, respelt, said_cell
from .written_values import ColumnForm

COLLECT_EVERY = 10  # batches: some 7 MB of memory each
STATISTICS_AT = (5_000, 50_000, 500_000, 5_000_000)  # rows


SHOWN = 10  # sample rows of each action


class Samples:
    """The outcomes of the first rows, which a dry run shows."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, author: Author, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Note rows of each action until there are enough, in the words of what the author may
        see."""
        for row, outcome in zip(rows, outcomes, strict=True):
            if isinstance(outcome, RecordsError):
                continue
            kept = self.rows.setdefault(outcome.action, [])
            if len(kept) < SHOWN:
                changed = [
                    spec.name
                    for spec in visible_fields(author, outcome.schema)
                    if spec.id in outcome.changed
                ]
                (view,) = view_records(author, outcome.schema, [outcome.record], ())
                kept.append(
                    {"line": row.line, "record": view.display_name, "fields": sorted(changed)}
                )


@dataclass(frozen=True, slots=True)
class Work:
    """What the parts of an import have in common."""

    author: Author
    object_uuid: str
    table: CsvTable
    run: ImportRun
    plan: ImportPlan
    parts: int
    batch_size: int
    samples: Samples | None = None
    forms: Mapping[str, ColumnForm] = field(default_factory=dict)
    is_repeated: bool = False


def refreshed(author: Author) -> Author:
    """The same author, with the workspace's definitions as they are now."""
    # A job runs for minutes: definitions, the role and the member may change between batches.
    fresh = member_author(load_workspace(author.workspace.id), author.member.id, Source.IMPORT)
    return replace(
        author,
        workspace=fresh.workspace,
        directory=fresh.directory,
        member=fresh.member,
        role=fresh.role,
        source=fresh.source,
    )


def import_part(work: Work, number: int, progress: Callable[[int], None]) -> None:
    """Import the remaining rows of one part; `progress` receives the number of rows done."""
    _PartImport(work, number, progress).go_on()


class _PartImport:
    """One part of an import at work."""

    def __init__(self, work: Work, number: int, progress: Callable[[int], None]) -> None:
        self.work = work
        self.number = number
        self.part = self._read_part()
        self.progress = progress
        self.author = work.author
        self.preparation = self._preparation(get_schema(self.author, work.object_uuid))

    def _read_part(self) -> ImportPart:
        run = self.work.run
        return ImportPart.objects.get(workspace_id=run.workspace_id, run=run, number=self.number)

    def _preparation(self, schema: ObjectSchema) -> Preparation:
        plan, header = self.work.plan, self.work.table.header
        columns = match_columns(self.author, schema, header, plan.mapping, self.work.table.nameless)
        key = plan_key(self.author, schema, columns, plan)
        self.id_at = id_column(schema, header, plan, columns, key)
        return Preparation(
            schema,
            columns,
            key,
            len(header),
            plan,
            self.work.forms,
            id_at=self.id_at,
            is_repeated=self.work.is_repeated,
            beside=None
            if plan.beside is None
            else BesideColumns(header, plan.beside, self.author.member.id),
        )

    def go_on(self) -> None:
        """Import until nothing is left. A row that another process got ahead with is not imported
        again."""
        with few_pauses() as pause:
            while not self._reaches_the_end(pause):
                self.part = self._read_part()

    def _reaches_the_end(self, pause: Callable[[], None]) -> bool:
        """Import from where the part is; false when another process has stored rows of it first."""
        self.progress(self.part.rows_done)
        with closing(self._own_rows()) as rows:
            # A file has no index of its rows, so a resumed part reads past those that are stored.
            for _ in islice(rows, self.part.rows_done):
                pass
            while batch := list(islice(rows, self.work.batch_size)):
                try:
                    self._store(batch)
                # The part's row has moved on: read it again and continue from there.
                except Conflict:
                    return False
                self.progress(self.part.rows_done)
                pause()
                self._refresh_statistics(len(batch))
        return True

    def _refresh_statistics(self, stored: int) -> None:
        """Tell PostgreSQL how the tables grew, each time that this part has grown tenfold."""
        done = self.part.rows_done
        # One part is enough: all of them grow alike.
        if self.number == 0 and any(done - stored < size <= done for size in STATISTICS_AT):
            refresh_statistics()

    def _own_rows(self) -> Generator[Row, None, None]:
        """The rows of this part: all with the same key are in the same one, and so in order."""
        rows = self.work.table.rows()
        if self.work.parts == 1:
            yield from rows
            return
        key, parts = self.preparation.key, self.work.parts
        position = key.position if key is not None else self.id_at
        for at, row in enumerate(rows):
            if _place(row, at, position) % parts == self.number:
                yield row

    def _store(self, rows: Sequence[Row]) -> None:
        # The author may have lost rights since the last batch, or a field may have been added.
        self.author = refreshed(self.author)
        schema = get_schema(self.author, self.work.object_uuid)
        # Schemas are cached by version, so another object means another definition.
        if schema is not self.preparation.schema:
            self.preparation = self._preparation(schema)
        beside = self.preparation.beside
        named = NOTHING if beside is None else beside.named(schema, rows)
        # Only files of the API whose callers know members and records by number have such columns.
        if beside is not None:
            rows = with_ids(self.author, self.preparation.columns, rows)
        prepared = self.preparation.prepare(rows, self._known(schema, rows), named)
        self.part = in_one_transaction(lambda: self._store_once(prepared))

    def _known(self, schema: ObjectSchema, rows: Sequence[Row]) -> frozenset[str]:
        """The ids in the rows that are of records of this object, which may be archived."""
        at = self.id_at
        if at is None:
            return frozenset()
        ids = {row.cells[at].strip().lower() for row in rows if at < len(row.cells)}
        found = Record.objects.filter(
            workspace_id=schema.workspace_id,
            object_id=schema.id,
            uuid__in=list(filter(UUID_FORM.fullmatch, ids)),
        ).exclude(state=RecordState.DELETED)
        return frozenset(map(str, found.values_list("uuid", flat=True)))

    def _store_once(self, prepared: PreparedRows) -> ImportPart:
        """Store the rows, and that they are done."""
        outcomes = (
            save_records(self.author, self.preparation.schema, prepared.requests)
            # A batch whose rows are all refused still counts as done.
            if prepared.requests
            else []
        )
        self._note_respelt(prepared, outcomes)
        if self.work.samples is not None:
            self.work.samples.add(self.author, prepared.asked, outcomes)
        counts = Counter(
            outcome.action for outcome in outcomes if not isinstance(outcome, RecordsError)
        )
        note_problems(
            self.work.run,
            [
                *prepared.problems,
                *_refused(prepared, self.work.table.header, outcomes, self.preparation.beside),
            ],
        )
        part = self.part
        after = ImportPart(
            pk=part.pk,
            workspace_id=part.workspace_id,
            run_id=part.run_id,
            number=part.number,
            rows_done=part.rows_done + len(prepared.rows),
            created_count=part.created_count + counts["created"],
            updated_count=part.updated_count + counts["updated"],
            unchanged_count=part.unchanged_count + counts["unchanged"],
            failed_count=part.failed_count + len(prepared.rows) - counts.total(),
            readings=_with_notes(part.readings, prepared.notes),
        )
        same = ImportPart.objects.filter(
            workspace_id=part.workspace_id, id=part.id, rows_done=part.rows_done
        )
        # The update's condition is the lock: the rows stored above roll back with it.
        if not same.update(**{name: getattr(after, name) for name in PROGRESS}):
            raise Conflict("Another process is importing the same rows.")
        return after

    def _note_respelt(self, prepared: PreparedRows, outcomes: Sequence[Outcome]) -> None:
        """Note the cells of stored rows that name something otherwise than it is called, unless
        they are noted for another reason."""
        by_column: dict[int, list[Named]] = {}
        for row, request, outcome in zip(prepared.asked, prepared.requests, outcomes, strict=True):
            if isinstance(outcome, RecordsError):
                continue
            for at, change in naming(request.changes):
                if (row.line, at) not in prepared.noted:
                    by_column.setdefault(at, []).append(Named(said_cell(row, at), change))
        for at, named in by_column.items():
            if count := len(respelt(self.author, named)):
                header = self.work.table.header[at]
                prepared.notes[header, Note.DIFFERENT.value] += count


PROGRESS = (
    "rows_done",
    "created_count",
    "updated_count",
    "unchanged_count",
    "failed_count",
    "readings",
)


def _with_notes(
    readings: Mapping[str, Mapping[str, int]], notes: Mapping[tuple[str, str], int]
) -> dict[str, dict[str, int]]:
    """The readings of a part, with those of more of its rows."""
    found = {header: dict(counts) for header, counts in readings.items()}
    for (header, note), count in notes.items():
        counts = found.setdefault(header, {})
        counts[note] = counts.get(note, 0) + count
    return found


def _place(row: Row, at: int, position: int | None) -> int:
    """A number that is the same for all rows with the same key, which is the cell at a position."""
    # Without a key rows are independent, so their position spreads them evenly.
    if position is None or position >= len(row.cells):
        return at
    return crc32(identifier_key(row.cells[position]).encode(errors="replace"))


@contextmanager
def few_pauses() -> Iterator[Callable[[], None]]:
    """Collect garbage between batches only: in the middle of one, where all is in use, it takes a
    third of the time."""
    was_on, batches = gc.isenabled(), 0

    def pause() -> None:
        nonlocal batches
        batches += 1
        if batches % COLLECT_EVERY == 0:
            gc.collect()

    gc.disable()
    try:
        yield pause
    finally:
        if was_on:
            gc.enable()


def _refused(
    prepared: PreparedRows,
    header: Sequence[str],
    outcomes: Sequence[Outcome],
    beside: BesideColumns | None,
) -> Iterator[RowProblem]:
    """What the write path refused, row by row."""
    for row, outcome in zip(prepared.asked, outcomes, strict=True):
        if isinstance(outcome, InvalidValues):
            for entry in outcome.entries:
                at = entry.position
                # A required field that has no column is refused too, and has no cell to show.
                name, value = (entry.field_name, "") if at is None else (header[at], row.cells[at])
                for problem in entry.problems:
                    yield RowProblem(row.line, name, problem.code, problem.message, value)
            for problem in outcome.general:
                yield RowProblem(row.line, "", problem.code, problem.message)
        elif isinstance(outcome, RecordsError):
            column, value = ("", "") if beside is None else beside.cell_of(row, outcome)
            said = (
                outcome.reason if isinstance(outcome, InvalidInput) and column else outcome.detail
            )
            yield RowProblem(row.line, column, outcome.code, said, value)
