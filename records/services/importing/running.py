"""Importing a file into an object, and going on with an import that was interrupted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from records.exceptions import InvalidInput, NotFound
from records.models import ImportPart, ImportRun
from records.services.access import Author, get_schema
from records.services.definitions import slug
from records.services.directory import forget_everything
from records.services.external.forwarding import check_kept_here
from records.services.object_schema import ObjectSchema
from records.services.storage import refresh_after
from records.services.transactions import in_one_transaction

from .creating import NO_IDENTIFIER, ObjectDraft, create_drafted, draft_object
from .matching import Column, ImportMode, ImportPlan, match_columns, match_key
from .parts import Samples, Work, few_pauses, refreshed
from .processes import import_parts, processes_for
from .reading import CsvTable
from .report import Keeper, made_report, refused_rows

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. `plan` says how rows become records.

    `create_object` makes a missing object from the file, identified by the column `identifier` (or `none`). `again`
    imports a file that was imported before once more; not given, only where rows are matched to records. A `dry_run`
    stores nothing but the report. `processes` is how many may share the work, by default as many as there are cores.
    `keep_report` takes the report where it is to stay.
    """

    keep_report: Keeper
    plan: ImportPlan = field(default_factory=ImportPlan)
    create_object: bool = False
    identifier: str | None = None
    again: bool | None = None
    dry_run: bool = False
    batch_size: int = 1000
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What became of a file's rows, those of an earlier, interrupted run included.

    `resumed_at` is the number of rows that run had done. `report` is what the report of refused rows was kept as.
    `done_before` is when the same file was imported, if it was, and nothing done now. `made` is what the object was
    made of, if it was.
    """

    object_name: str
    created: int
    updated: int
    unchanged: int
    failed: int
    resumed_at: int = 0
    report: str | None = None
    done_before: datetime | None = None
    samples: Mapping[str, Any] = field(default_factory=dict)
    made: ObjectDraft | None = None

    @property
    def rows(self) -> int:
        return self.created + self.updated + self.unchanged + self.failed


def import_file(
    author: Author, object_name: str, table: CsvTable, options: ImportOptions, progress: Progress | None = None
) -> ImportSummary:
    """Import the rows of a table; rows that are refused are reported and do not stop the others.

    A run that was interrupted is gone on with: every row is stored once. Rows that no field or identifier matches to
    records are new ones, so the same file is imported again only when asked to. `progress` is told the number of
    rows done, and of all. InvalidInput when the file as a whole cannot be imported.
    """
    author = refreshed(author)
    schema = _find(author, object_name, options)
    # The whole file is read once before anything is stored, and before a transaction holds others up.
    with few_pauses():
        draft = draft_object(table, options.identifier) if schema is None else None
        total = table.count() if draft is None else draft.rows
    digest = _digest(table, options.plan)

    def run() -> ImportSummary:
        processes = processes_for(total, options.processes)
        work, is_new = in_one_transaction(
            lambda: _begin(author, object_name, table, options, digest=digest, draft=draft, processes=processes)
        )
        if not is_new and work.run.finished_at is not None:
            own = work.run.operation_id == author.operation_id
            return _summary(work, done_before=None if own else work.run.finished_at)
        resumed_at = _summary(work).rows
        import_parts(work, lambda done: progress(done, total) if progress is not None else None)
        summary = replace(_finish(work, options.keep_report, resumed_at), made=draft)
        refresh_after(summary.created + summary.updated)
        return replace(summary, samples=work.samples.rows) if work.samples is not None else summary

    return in_one_transaction(lambda: _undone(run)) if options.dry_run else run()


def _digest(table: CsvTable, plan: ImportPlan) -> str:
    """By which a later run knows that it is asked for the same."""
    digest = table.digest()
    return hashlib.sha256(f"{digest} {plan.fingerprint}".encode()).hexdigest() if plan.fingerprint else digest


def _undone(run: Callable[[], ImportSummary]) -> ImportSummary:
    """What a run comes to that never happened; the open transaction is its own."""
    try:
        summary = run()
        transaction.set_rollback(True)
        return summary
    finally:
        forget_everything()  # it was compiled from definitions that are no more


def _begin(
    author: Author,
    object_name: str,
    table: CsvTable,
    options: ImportOptions,
    *,
    digest: str,
    draft: ObjectDraft | None,
    processes: int,
) -> tuple[Work, bool]:
    """The run to go on with, or a new one; whether it is new."""
    schema = _find(author, object_name, options)
    if schema is None and draft is not None:
        made = create_drafted(author, object_name, draft)
        author = refreshed(author)
        schema = get_schema(author, str(made.uuid))
    if schema is None:
        raise NotFound
    check_kept_here(schema, "importing")
    plan = options.plan
    columns = match_columns(author, schema, table.header, plan.mapping)
    key = match_key(author, schema, columns, plan.match)
    if plan.mode == ImportMode.UPDATE_ONLY and key is None:
        raise InvalidInput("mode: rows that only change records need a column that says which; name it in match_field.")
    same = {
        "workspace_id": author.workspace.id,
        "object_id": schema.id,
        "digest": digest,
        "match_field": key.spec.name if key is not None else "",
    }
    run = _find_run(author, same)
    repeatable = key is not None and plan.mode != ImportMode.CREATE_ONLY
    again = repeatable if options.again is None else options.again
    is_new = run is None or (run.finished_at is not None and run.operation_id != author.operation_id and again)
    if run is None or is_new:
        run = ImportRun.objects.create(**same, file_name=table.path.name[:255], operation_id=author.operation_id)
        shared = processes if _may_share(schema, columns, key) else 1
        ImportPart.objects.bulk_create(
            ImportPart(workspace_id=run.workspace_id, run=run, number=number) for number in range(shared)
        )
    author = replace(author, operation_id=run.operation_id, reason=f"Import of {run.file_name}")
    samples = Samples() if options.dry_run else None
    return Work(author, schema.uuid, table, run, plan, len(_parts(run)), options.batch_size, samples), is_new


def _find_run(author: Author, same: Mapping[str, Any]) -> ImportRun | None:
    """The author's own run, where a job that was killed is taken up again, else the last one of the same file."""
    runs = ImportRun.objects.filter(**same)
    return runs.filter(operation_id=author.operation_id).first() or runs.order_by("-id").first()


def _find(author: Author, name: str, options: ImportOptions) -> ObjectSchema | None:
    """The object to import into; None where it is to be made. InvalidInput when it is neither."""
    for known in (name, slug(name)):
        try:
            schema = get_schema(author, known)
        except NotFound:
            continue
        _check_identifier(schema, options)
        return schema
    if not options.create_object:
        raise InvalidInput(f"There is no object {name!r}; --create-object makes it from the file.")
    return None


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


def _may_share(schema: ObjectSchema, columns: tuple[Column, ...], key: Column | None) -> bool:
    """Whether rows with different keys can be stored in any order.

    They cannot where a row may name the record of a row before it, or a unique value goes to the first who has it.
    """
    keys = {schema.identifier, None if key is None else key.spec}
    return not any(
        column.spec.mirror_of_id is not None
        or column.spec.related_object_id == schema.id
        or (column.spec is not (key and key.spec) and (column.spec in schema.unique or column.spec in keys))
        for column in columns
    )


def _parts(run: ImportRun) -> list[ImportPart]:
    return list(ImportPart.objects.filter(workspace_id=run.workspace_id, run=run).order_by("number"))


def _finish(work: Work, keep_report: Keeper, resumed_at: int) -> ImportSummary:
    """All parts are done: keep the report, and say so. Killed in between, this is done once more."""
    run = work.run
    with made_report(run) as report:
        run.report_path = keep_report(report)
    run.finished_at = datetime.now(UTC)

    def note() -> None:
        runs = ImportRun.objects.filter(workspace_id=run.workspace_id, id=run.pk)
        runs.update(finished_at=run.finished_at, report_path=run.report_path)
        refused_rows(run).delete()

    in_one_transaction(note)
    return _summary(work, resumed_at=resumed_at)


def _summary(work: Work, *, resumed_at: int = 0, done_before: datetime | None = None) -> ImportSummary:
    parts = _parts(work.run)
    failed = sum(part.failed_count for part in parts)
    return ImportSummary(
        work.author.directory.objects[work.run.object_id].name,
        sum(part.created_count for part in parts),
        sum(part.updated_count for part in parts),
        sum(part.unchanged_count for part in parts),
        failed,
        resumed_at,
        work.run.report_path if failed else None,
        done_before,
    )
