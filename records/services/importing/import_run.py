"""Importing a file into an object, and resuming an import that was interrupted."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from records.exceptions import InvalidInput, NotFound
from records.models import ImportPart, ImportRun
from records.services.access import Author, because, get_schema
from records.services.catalogue import (
    ObjectSchema,
    check_kept_here,
    slug,
)
from records.services.database import in_one_transaction, rehearse
from records.services.storage import refresh_after
from records.services.tables import CsvTable, sure_cells

from .chunks import (
    Samples,
    Work,
    few_pauses,
    refreshed,
)
from .column_forms import (
    FormSurvey,
    cell_kind,
    check_said,
    file_forms,
    form_of,
    said_form,
)
from .creating import (
    CHUNK,
    NO_IDENTIFIER,
    ObjectDraft,
    create_drafted,
    draft_object,
)
from .header_names import ID
from .matching import (
    Column,
    ImportMode,
    ImportPlan,
    check_mode,
    check_resolutions,
    id_column,
    match_columns,
    plan_key,
)
from .processes import import_parts, processes_for
from .report import Keeper, made_report, refused_rows
from .written_values import ColumnForm

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import. `plan` says how rows become records.

    `create_object` makes a missing object from the file, identified by the column `identifier` (or
    `none`); `types` overrules what its columns seem to be, by header. `again` imports a file that
    was imported before once more; not given, only where rows are matched to records. A `dry_run`
    stores nothing but the report. `processes` is how many may share the work, by default as many as
    there are cores. `keep_report` takes the report where it is to stay.
    """

    keep_report: Keeper
    plan: ImportPlan = field(default_factory=ImportPlan)
    create_object: bool = False
    identifier: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)
    again: bool | None = None
    dry_run: bool = False
    batch_size: int = 1000
    processes: int | None = None


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """The outcome of a file's rows, including those of an earlier, interrupted run.

    `resumed_at` is the number of rows that run had done. `report` is what the report of refused
    rows was kept as. `done_before` is when the same file was imported, if it was, and nothing done
    now. `readings` says of columns how many cells were read as values that are not what is written,
    and in which form. `made` is what the object was made of, if it was. `left_out` are the columns
    of fields that are not written, as an export has them. `by_id`: rows were matched by the ids of
    records.
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
    readings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    made: ObjectDraft | None = None
    left_out: Sequence[str] = ()
    by_id: bool = False

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

    A run that was interrupted is resumed: every row is stored once. Rows that no field or
    identifier matches to records are new ones, so the same file is imported again only when asked
    to. `progress` receives the number of rows done and of all rows. InvalidInput when the file as a
    whole cannot be imported.
    """
    author = refreshed(author)
    schema = _find(author, object_name, options)
    # The whole file is read once before anything is stored, and before a transaction holds others
    # up.
    with few_pauses():
        draft = draft_object(table, options.identifier, options.types) if schema is None else None
        found, total = (
            _survey(author, schema, table, options.plan)
            if draft is None
            else (draft.forms, draft.rows)
        )
    forms = _forms(found, table, options.plan)
    digest = _digest(table, options.plan)

    def run() -> ImportSummary:
        processes = processes_for(total, options.processes)
        work, is_new = in_one_transaction(
            lambda: _begin(
                author, object_name, table, options, digest=digest, draft=draft, processes=processes
            )
        )
        work = replace(work, forms=forms)
        # The same file was imported before, or this job was killed just before its end.
        if not is_new and work.run.finished_at is not None:
            own = work.run.operation_id == author.operation_id
            return _summary(work, done_before=None if own else work.run.finished_at)
        resumed_at = _summary(work).rows
        # Each batch commits with its progress; only a dry run has a transaction around all of them.
        import_parts(work, lambda done: progress(done, total) if progress is not None else None)
        columns, id_at = _columns(work)
        summary = replace(
            _finish(work, options.keep_report, resumed_at),
            made=draft,
            readings=_readings(work, columns),
            left_out=_left_out(work, columns, id_at),
            by_id=id_at is not None,
        )
        refresh_after(summary.created + summary.updated)
        return replace(summary, samples=work.samples.rows) if work.samples is not None else summary

    # A dry run is a real run that is rolled back, so it cannot differ from one.
    return rehearse(lambda _: run(), stores_files=True) if options.dry_run else run()


def _survey(
    author: Author, schema: ObjectSchema | None, table: CsvTable, plan: ImportPlan
) -> tuple[dict[str, FormSurvey], int]:
    """What the columns of numbers and dates hold, by header, and the number of all rows."""
    columns: tuple[Column, ...] = ()
    # What is wrong with the columns is said once the object is known for certain.
    with suppress(InvalidInput):
        if schema is not None:
            columns = match_columns(author, schema, table.header, plan.mapping, table.nameless)
    formed = [
        column
        for column in columns
        if cell_kind(column.spec) is not None or "blanks" in plan.forms.get(column.header, {})
    ]
    found = {column.header: FormSurvey() for column in formed}
    rows, count = table.rows(), 0
    while chunk := list(islice(rows, CHUNK)):
        count += len(chunk)
        sure = sure_cells(chunk)
        for column in formed:
            at = column.position
            found[column.header].add([row.cells[at] for row in chunk], sure(at))
    return found, count


def _forms(
    found: Mapping[str, FormSurvey], table: CsvTable, plan: ImportPlan
) -> dict[str, ColumnForm]:
    """The form of each column, as the plan says, else as the file shows."""
    file = file_forms(found.values(), table.divided_by)
    return {
        header: said_form(survey.form(file), plan.forms.get(header, {}))
        for header, survey in found.items()
    }


def _columns(work: Work) -> tuple[tuple[Column, ...], int | None]:
    """The columns that fill fields, and the position of the one with ids that rows were matched
    by."""
    table, plan = work.table, work.plan
    schema = get_schema(refreshed(work.author), work.object_uuid)
    columns = match_columns(work.author, schema, table.header, plan.mapping, table.nameless)
    key = plan_key(work.author, schema, columns, plan)
    return columns, id_column(schema, table.header, plan, columns, key)


def _left_out(work: Work, columns: Collection[Column], id_at: int | None) -> list[str]:
    """The columns that fill no field although neither the plan nor the file says so."""
    used = {column.position for column in columns} | work.table.nameless
    return [
        header
        for at, header in enumerate(work.table.header)
        if at not in used and at != id_at and header not in work.plan.mapping
    ]


def _readings(work: Work, columns: Collection[Column]) -> dict[str, dict[str, Any]]:
    """Of columns where cells are read as values that are not what is written: in which form, and
    how many."""
    counts: dict[str, Counter[str]] = {}
    for part in _parts(work.run):
        for header, notes in part.readings.items():
            counts.setdefault(header, Counter()).update(notes)
    readings: dict[str, dict[str, Any]] = {}
    for column in columns:
        if (notes := counts.get(column.header)) is not None:
            kind = cell_kind(column.spec)
            form = work.forms.get(column.header)
            said = {} if form is None or kind is None else form_of(form, kind)
            readings[column.header] = said | dict(notes)
    # Columns beside the values fill no field, and have no form.
    return readings | {
        name: dict(counts[name]) for name in work.plan.beside or () if name in counts
    }


def _digest(table: CsvTable, plan: ImportPlan) -> str:
    """The digest by which a later run recognises the same file and plan."""
    digest = table.digest()
    return (
        hashlib.sha256(f"{digest} {plan.fingerprint}".encode()).hexdigest()
        if plan.fingerprint
        else digest
    )


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
    """The run to resume, or a new one; whether it is new."""
    author, schema = _found_or_made(author, object_name, options, draft)
    check_kept_here(schema, "importing")
    plan = options.plan
    columns = match_columns(author, schema, table.header, plan.mapping, table.nameless)
    if not columns and not plan.beside:
        raise InvalidInput(f"No column is a field of {schema.name!r} that may be written.")
    key = plan_key(author, schema, columns, plan)
    id_at = id_column(schema, table.header, plan, columns, key)
    check_mode(plan.mode, key, id_at, plan.beside)
    check_said({column.header: column.spec for column in columns}, plan.forms)
    check_resolutions(columns, plan.forms)
    same = {
        "workspace_id": author.workspace.id,
        "object_id": schema.id,
        "digest": digest,
        "match_field": key.spec.name if key is not None else "" if id_at is None else ID,
    }
    run = _find_run(author, same)
    was_done = run is not None and _has_ended(author, run)
    is_matched = key is not None or id_at is not None
    is_new = run is None or (_has_ended(author, run) and _is_repeated(options, is_matched))
    if run is None or is_new:
        # The number of parts is stored: a resumed run must deal rows out as the first did.
        may_share = (
            plan.beside is None
            and _may_share(schema, columns, key)
            and (key is None or id_at is None)
        )
        shared = processes if may_share else 1
        run = _new_run(
            shared, same, file_name=table.path.name[:255], operation_id=author.operation_id
        )
    author = replace(because(author, f"Import of {run.file_name}"), operation_id=run.operation_id)
    samples = Samples() if options.dry_run else None
    work = Work(
        author, schema.uuid, table, run, plan, len(_parts(run)), options.batch_size, samples
    )
    return replace(work, is_repeated=was_done and not options.again), is_new


def _found_or_made(
    author: Author, object_name: str, options: ImportOptions, draft: ObjectDraft | None
) -> tuple[Author, ObjectSchema]:
    """The object to import into, made of its draft where there is none yet, and the author who
    knows it."""
    # Looked for again inside the transaction: another import may have created it.
    schema = _find(author, object_name, options)
    if schema is not None:
        return author, schema
    if draft is None:  # it was there when the file was read, and has been archived since
        raise NotFound
    made = create_drafted(author, object_name, draft)
    author = refreshed(author)
    return author, get_schema(author, str(made.uuid))


def _has_ended(author: Author, run: ImportRun) -> bool:
    """Whether a run is over; the author's own is not, whose job may have been killed before it
    could say so."""
    return run.finished_at is not None and run.operation_id != author.operation_id


def _is_repeated(options: ImportOptions, is_matched: bool) -> bool:
    """Whether a file that was imported before is imported once more."""
    if options.again is not None:
        return options.again
    # Without a match every row would make another record.
    return is_matched and options.plan.mode != ImportMode.CREATE_ONLY


def _new_run(parts: int, same: Mapping[str, Any], **more: Any) -> ImportRun:
    run = ImportRun.objects.create(**same, **more)
    ImportPart.objects.bulk_create(
        ImportPart(workspace_id=run.workspace_id, run=run, number=number) for number in range(parts)
    )
    return run


def _find_run(author: Author, same: Mapping[str, Any]) -> ImportRun | None:
    """The author's own run, where a job that was killed is taken up again, else the last one of the
    same file."""
    runs = ImportRun.objects.filter(**same)
    # The last run of the file may be another job's; a resumed job must continue its own.
    return runs.filter(operation_id=author.operation_id).first() or runs.order_by("-id").first()


def _find(author: Author, name: str, options: ImportOptions) -> ObjectSchema | None:
    """The object to import into; None where it is to be made. InvalidInput when it is neither."""
    # The name may be a label: `Sales orders` means sales_orders.
    for known in (name, slug(name)):
        try:
            schema = get_schema(author, known)
        except NotFound:
            continue
        _check_identifier(schema, options)
        return schema
    if not options.create_object:
        raise InvalidInput(
            f"There is no object {name!r}; --create-object creates it from the file."
        )
    return None


def _check_identifier(schema: ObjectSchema, options: ImportOptions) -> None:
    """The identifier asked for is the one the object has, and no other type is asked for."""
    if options.types:
        raise InvalidInput(f"The object {schema.name!r} exists: its fields have their types.")
    wanted = options.identifier
    if wanted is None:
        return
    has = schema.identifier
    # The option may be spelt as an API name or as the column's header.
    names = {NO_IDENTIFIER} if has is None else {has.name, has.display_name.casefold()}
    if names.isdisjoint({wanted, wanted.casefold(), slug(wanted)}):
        shown = "no identifier" if has is None else f"the identifier {has.name!r}"
        raise InvalidInput(f"The object {schema.name!r} exists, with {shown}.")


def _may_share(schema: ObjectSchema, columns: tuple[Column, ...], key: Column | None) -> bool:
    """Whether rows with different keys can be stored in any order.

    They cannot where a row may name the record of a row before it, or a unique value goes to the
    first who has it.
    """
    keys = {schema.identifier, None if key is None else key.spec}
    return not any(
        # A link written from the far side changes another row's record, maybe one of another part.
        column.spec.mirror_of_id is not None
        or column.spec.related_object_id == schema.id
        or (
            column.spec is not (key and key.spec)
            and (column.spec in schema.unique or column.spec in keys)
        )
        for column in columns
    )


def _parts(run: ImportRun) -> list[ImportPart]:
    return list(
        ImportPart.objects.filter(workspace_id=run.workspace_id, run=run).order_by("number")
    )


def _finish(work: Work, keep_report: Keeper, resumed_at: int) -> ImportSummary:
    """All parts are done: keep the report, and say so. Killed in between, this is done once
    more."""
    run = work.run
    with made_report(run) as report:
        # Before the row says finished: a run that is killed here makes its report again.
        run.report_path = keep_report(report)
    run.finished_at = datetime.now(UTC)

    def note() -> None:
        runs = ImportRun.objects.filter(workspace_id=run.workspace_id, id=run.pk)
        runs.update(finished_at=run.finished_at, report_path=run.report_path)
        refused_rows(run).delete()

    in_one_transaction(note)
    return _summary(work, resumed_at=resumed_at)


def _summary(
    work: Work, *, resumed_at: int = 0, done_before: datetime | None = None
) -> ImportSummary:
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
