"""Importing a file into an object: batch after batch through the one write path, resumable at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.db import transaction

from records.exceptions import Conflict, InvalidInput, InvalidValues, NotFound, RecordsError
from records.models import ImportRun, Source
from records.services.access import Author, get_schema, member_author
from records.services.definitions import slug
from records.services.directory import forget_everything, load_workspace
from records.services.object_schema import ObjectSchema
from records.services.save_requests import Outcome
from records.services.transactions import in_one_transaction
from records.services.write import save_records

from .creating import NO_IDENTIFIER, create_object_for
from .matching import Column, match_columns, match_key
from .preparing import Preparation, PreparedRows, RowProblem
from .reading import CsvTable, Row
from .report import ErrorReport

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. `match` is the field rows are matched by, instead of the object's identifier.

    `create_object` makes a missing object from the file, identified by the column `identifier` (or `none`).
    `again` imports a file that was imported before once more. A `dry_run` stores nothing but the report.
    """

    report: Path
    match: str | None = None
    create_object: bool = False
    identifier: str | None = None
    again: bool | None = None
    dry_run: bool = False
    batch_size: int = 1000


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of a file's rows, those of an earlier, interrupted run included.

    `resumed_at` is the number of rows that run had done. `done_before` is when the same file was imported, if it
    was, and nothing done now.
    """

    object_name: str
    created: int
    updated: int
    unchanged: int
    failed: int
    resumed_at: int = 0
    report: Path | None = None
    done_before: datetime | None = None

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed


def import_file(
    author: Author,
    object_name: str,
    table: CsvTable,
    options: ImportOptions,
    progress: Progress | None = None,
) -> ImportSummary:
    """Import the rows of a table; rows that are refused are reported and do not stop the others.

    A run that was interrupted is gone on with: every row is stored once. Rows that no field or identifier matches to
    records are new ones, so the same file is imported again only when asked to. `progress` is told the number of
    rows done, and of all. InvalidInput when the file as a whole cannot be imported, Conflict when somebody else is
    importing it.
    """
    total = table.count()
    with _rolled_back() if options.dry_run else nullcontext():
        run, resumed, author = in_one_transaction(lambda: _begin(author, object_name, table, options))
        if resumed and run.finished_at is not None:
            return _summary(author, run, done_before=run.finished_at)
        resumed_at = run.rows_done
        importing = _Importing(author, table, options, run)
        importing.go_on(_told(progress, total))
        return _summary(author, importing.run, resumed_at=resumed_at)


def _told(progress: Progress | None, total: int) -> Callable[[int], None]:
    return lambda rows: progress(rows, total) if progress is not None else None


@contextmanager
def _rolled_back() -> Iterator[None]:
    """Whatever happens inside did not happen."""
    try:
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
    finally:
        forget_everything()  # it was compiled from definitions that are no more


def _begin(author: Author, object_name: str, table: CsvTable, options: ImportOptions) -> tuple[ImportRun, bool, Author]:
    """The run to go on with or a new one, whether it was there, and the author to write with."""
    author = refreshed(author)
    schema = _find_or_create(author, object_name, table, options)
    author = refreshed(author)
    schema = get_schema(author, schema.uuid)
    key = match_key(author, schema, match_columns(author, schema, table.header), options.match)
    same = {
        "workspace_id": author.workspace.id,
        "object_id": schema.id,
        "digest": table.digest(),
        "match_field": key.spec.name if key is not None else "",
    }
    run = ImportRun.objects.filter(**same).order_by("-id").first()
    again = key is not None if options.again is None else options.again
    if run is not None and (run.finished_at is None or not again):
        return run, True, author
    run = ImportRun.objects.create(**same, file_name=table.path.name[:255], report_path=str(options.report.absolute()))
    return run, False, author


def _find_or_create(author: Author, name: str, table: CsvTable, options: ImportOptions) -> ObjectSchema:
    for known in (name, slug(name)):
        try:
            schema = get_schema(author, known)
        except NotFound:
            continue
        _check_identifier(schema, options)
        return schema
    if not options.create_object:
        raise InvalidInput(f"There is no object {name!r}; --create-object makes it from the file.")
    made = create_object_for(author, name, table, options.identifier)
    return get_schema(refreshed(author), str(made.uuid))


def _check_identifier(schema: ObjectSchema, options: ImportOptions) -> None:
    """The identifier asked for is the one the object has."""
    wanted = options.identifier
    if wanted is None:
        return
    has = schema.identifier
    names = {NO_IDENTIFIER} if has is None else {has.name, has.display_name.casefold()}
    if names.isdisjoint({wanted, wanted.casefold(), slug(wanted)}):
        shown = "no identifier" if has is None else f"the identifier {has.name!r}"
        raise InvalidInput(f"The object {schema.name!r} exists, with {shown}.")


def refreshed(author: Author) -> Author:
    """The same author, as the workspace's definitions are now."""
    fresh = member_author(load_workspace(author.workspace.id), author.member.id, Source.IMPORT)
    return replace(fresh, operation_id=author.operation_id, reason=author.reason)


def _summary(author: Author, run: ImportRun, resumed_at: int = 0, done_before: datetime | None = None) -> ImportSummary:
    return ImportSummary(
        author.directory.objects[run.object_id].name,
        run.created_count,
        run.updated_count,
        run.unchanged_count,
        run.failed_count,
        resumed_at,
        Path(run.report_path) if run.report_bytes else None,
        done_before,
    )


class _Importing:
    """One run of an import. Rows are read and parsed in a thread of their own while the ones before are stored."""

    def __init__(self, author: Author, table: CsvTable, options: ImportOptions, run: ImportRun) -> None:
        reason = f"Import of {run.file_name}"
        self.author = replace(author, operation_id=run.operation_id, reason=reason)
        self.table = table
        self.options = options
        self.run = run
        self.object_uuid = author.directory.objects[run.object_id].uuid
        self.report = ErrorReport(Path(run.report_path), run.report_bytes)
        self.preparation = self._preparation()

    def _preparation(self) -> Preparation:
        schema = get_schema(self.author, self.object_uuid)
        columns = match_columns(self.author, schema, self.table.header)
        key: Column | None = match_key(self.author, schema, columns, self.options.match)
        return Preparation(schema, columns, key)

    def go_on(self, progress: Callable[[int], None]) -> None:
        """Import the rows that are not done yet."""
        progress(self.run.rows_done)
        rows = self.table.rows()
        with closing(rows), ThreadPoolExecutor(1) as ahead:  # type: ignore[type-var]
            for _ in islice(rows, self.run.rows_done):
                pass
            coming = ahead.submit(self._prepare_next, self.preparation, rows)
            while (prepared := coming.result()).rows:
                coming = ahead.submit(self._prepare_next, self.preparation, rows)
                self._store(prepared)
                progress(self.run.rows_done)
        run = ImportRun.objects.filter(workspace_id=self.run.workspace_id, id=self.run.id)
        run.update(finished_at=datetime.now(UTC))

    def _prepare_next(self, preparation: Preparation, rows: Iterator[Row]) -> PreparedRows:
        return preparation.prepare(list(islice(rows, self.options.batch_size)))

    def _store(self, prepared: PreparedRows) -> None:
        self.author = refreshed(self.author)
        schema = get_schema(self.author, self.object_uuid)
        if schema is not self.preparation.schema:
            self.preparation = self._preparation()
        if schema is not prepared.schema:  # it was prepared ahead, for fields as they were then
            prepared = self.preparation.prepare(prepared.rows)
        self.run = in_one_transaction(lambda: self._store_once(prepared))
        self.report.size = self.run.report_bytes

    def _store_once(self, prepared: PreparedRows) -> ImportRun:
        """Store the rows, and that they are done."""
        outcomes = save_records(self.author, prepared.schema, prepared.requests)
        counts = Counter(outcome.action for outcome in outcomes if not isinstance(outcome, RecordsError))
        problems = sorted(
            [*prepared.problems, *_refused(prepared, self.table.header, outcomes)], key=lambda problem: problem.line
        )
        run, rows_done = self.run, self.run.rows_done
        progress = {
            "rows_done": rows_done + len(prepared.rows),
            "created_count": run.created_count + counts["created"],
            "updated_count": run.updated_count + counts["updated"],
            "unchanged_count": run.unchanged_count + counts["unchanged"],
            "failed_count": run.failed_count + len(prepared.rows) - counts.total(),
            "report_bytes": self.report.write(problems),
        }
        same = ImportRun.objects.filter(workspace_id=run.workspace_id, id=run.id, rows_done=rows_done)
        if not same.update(**progress):
            raise Conflict("This file is being imported by another process.")
        return _with(run, progress)


def _with(run: ImportRun, progress: dict[str, int]) -> ImportRun:
    from copy import copy

    after = copy(run)
    for name, value in progress.items():
        setattr(after, name, value)
    return after


def _refused(prepared: PreparedRows, header: tuple[str, ...], outcomes: list[Outcome]) -> Iterator[RowProblem]:
    """What the write path refused, row by row."""
    for row, outcome in zip(prepared.asked, outcomes, strict=True):
        if isinstance(outcome, InvalidValues):
            for entry in outcome.entries:
                at = entry.position
                name = entry.field_name if at is None else header[at]
                value = "" if at is None else row.cells[at]
                for problem in entry.problems:
                    yield RowProblem(row.line, name, problem.code, problem.message, value)
            for problem in outcome.general:
                yield RowProblem(row.line, "", problem.code, problem.message)
        elif isinstance(outcome, RecordsError):
            yield RowProblem(row.line, "", outcome.code, outcome.detail)
