"""Importing an uploaded file as a job."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from typing import Any

from django.core.files import File

from records.exceptions import InvalidInput, NotFound
from records.models import ImportUpload, Job, Source
from records.services.access import Author, get_schema
from records.services.catalogue import ObjectSchema, check_json
from records.services.importing import (
    ColumnForm,
    CsvTable,
    ImportMode,
    ImportOptions,
    ImportPlan,
    ImportSummary,
    Keeper,
    by_header,
    check_clear,
    check_mode,
    check_resolutions,
    check_said,
    copy_upload,
    id_column,
    import_file,
    match_columns,
    plan_key,
    said_form,
    suggest_fields,
)
from records.services.storage import SpooledFile, open_stored, store_file

from .job_runs import (
    MAX_FAILURES,
    JobView,
    find_job,
    kept,
    start_job,
)
from .steps import (
    Beat,
    Failure,
    Step,
    long_kinds,
)

IMPORT, TRIAL = "import", "import_dry_run"


def start_import(
    author: Author,
    schema: ObjectSchema,
    upload: ImportUpload,
    *,
    mapping: Mapping[str, str | None] | None = None,
    mode: str = ImportMode.CREATE_OR_UPDATE,
    match_field: str | None = None,
    kept: Sequence[str] = (),
    dry_run: bool = False,
    again: bool = False,
    forms: Mapping[str, Mapping[str, Any]] | None = None,
    beside: Mapping[str, str] | None = None,
    at_once: int | None = None,
) -> JobView:
    """Import an upload; InvalidInput when the plan does not fit the file or the object.

    `mapping` says which field a column is, by its header or its position from 1, None for none;
    other columns are matched by name; those that name no field that may be written are left out,
    and those that fit two fields equally are refused. `kept` are columns whose cells fill blanks
    only. `forms` says how columns write numbers, dates and blanks, and what their cells do to
    values that are there. A file of new records is
    imported a second time only `again`. A `dry_run` stores nothing and says what would happen.
    `beside` are columns that say what records have beside their values, see `ImportPlan`. Up to
    `at_once` rows are imported before this returns.
    """
    header: list[str] = upload.header
    check_json("mapping", mapping)
    said = by_header(header, mapping or {})
    check_clear(author, schema, header, said)
    # The caller's mapping wins; headers that it leaves out are matched by name.
    chosen = suggest_fields(author, schema, header) | said
    try:
        how = ImportMode(mode)
    except ValueError:
        raise InvalidInput(f"expected one of {', '.join(ImportMode)}.", at="mode") from None
    kept = list(by_header(header, dict.fromkeys(kept), "keep_existing"))
    columns = match_columns(author, schema, header, chosen)
    if not columns and not beside:
        raise InvalidInput(
            f"no column maps to a field; the columns are {', '.join(header[:20])}.", at="mapping"
        )
    plan = ImportPlan(match_field, chosen, beside=beside)
    key = plan_key(author, schema, columns, plan)
    check_mode(how, key, id_column(schema, header, plan, columns, key), beside)
    formed = by_header(header, forms or {}, "columns")
    for form in formed.values():
        said_form(ColumnForm(), form)
    check_said({column.header: column.spec for column in columns}, formed)
    check_resolutions(columns, formed)
    parameters = {
        "upload": upload.pk,
        "mapping": chosen,
        "mode": how.value,
        "match_field": match_field,
        "kept": list(kept),
        "again": again,
        "forms": formed,
    }
    if beside is not None:
        parameters["beside"] = dict(beside)
    # The ledger shows imported rows as such, whichever interface started the job.
    as_import = replace(author, source=Source.IMPORT.value)
    rows = upload.row_count
    # Rows that are yet to be counted are many.
    inline = False if rows is None else None if at_once is None else rows <= at_once
    kind = TRIAL if dry_run else IMPORT
    return start_job(as_import, kind, schema.id, parameters, rows or 0, inline=inline)


def find_plan(author: Author, job_uuid: str) -> dict[str, Any]:
    """The plan of one of the author's own imports or trials, as arguments of `start_import`.

    `upload` is the id of its file. NotFound unless the job is theirs, and an import.
    """
    job = find_job(author, job_uuid)
    # Admins can see everyone's jobs, but an upload may be read by its member alone.
    if job.kind not in (IMPORT, TRIAL) or job.member_id != author.member.id:
        raise NotFound
    upload = _find_upload(job)
    if upload is None:
        raise NotFound
    return {**job.parameters, "upload": str(upload.uuid)}


def _find_upload(job: Job) -> ImportUpload | None:
    """The file of an import; None once it has been cleared away."""
    return ImportUpload.objects.filter(
        workspace_id=job.workspace_id, id=job.parameters["upload"]
    ).first()


def _plan(parameters: Mapping[str, Any]) -> ImportPlan:
    """How a job's rows become records, as `start_import` noted it."""
    return ImportPlan(
        parameters["match_field"],
        parameters["mapping"],
        ImportMode(parameters["mode"]),
        frozenset(parameters["kept"]),
        parameters.get("forms", {}),
        parameters.get("beside"),
    )


def _import(author: Author, job: Job, beat: Beat) -> Step:
    trial, parameters = job.kind == TRIAL, job.parameters
    upload = _find_upload(job)
    if upload is None:
        raise NotFound("The uploaded file no longer exists; upload it again.")
    schema = get_schema(author, str(job.object.uuid) if job.object is not None else "")
    options = ImportOptions(
        # False means "not asked for": rows that match records may still be imported again.
        _keeper(job),
        _plan(parameters),
        again=parameters["again"] or None,
        dry_run=trial,
    )
    # A trial runs in one transaction that is rolled back, and heartbeats written in it with it.
    with _counted(job, upload) as table, kept(job) if trial else nullcontext():
        summary = import_file(
            author, schema.uuid, table, options, None if trial else lambda done, _: beat(done)
        )
    beside = parameters.get("beside") or {}
    ignored = [
        name
        for name in upload.header
        if parameters["mapping"].get(name, name) is None and name not in beside
    ]
    if summary.by_id and "id" in ignored:
        ignored.remove("id")
    result = {**_result(summary), "ignored_columns": ignored}
    if summary.readings:
        result["readings"] = {name: dict(told) for name, told in summary.readings.items()}
    if trial:
        result["samples"] = dict(summary.samples)
    failures = _failures(result["report"]) if "report" in result else []
    return Step(None, summary.rows - summary.failed, failures, result)


@contextmanager
def _counted(job: Job, upload: ImportUpload) -> Iterator[CsvTable]:
    """The uploaded table; from now on the job tells how many rows it has."""
    with ExitStack() as until_imported:
        # Reading a long file stores nothing.
        with kept(job) if upload.row_count is None else nullcontext():
            table = until_imported.enter_context(copy_upload(upload))
        Job.objects.filter(workspace_id=job.workspace_id, id=job.pk, lease=job.lease).update(
            total=upload.row_count or 0
        )
        yield table


def _result(summary: ImportSummary) -> dict[str, Any]:
    """The result that the job shows of an import."""
    result: dict[str, Any] = {
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "failed": summary.failed,
    }
    if summary.done_before is not None:
        result["imported_before"] = summary.done_before.isoformat()
    # That of a file which a command imported before is on the machine it ran on.
    if summary.report and not summary.report.startswith("/"):
        result["report"] = summary.report
    return result


def _keeper(job: Job) -> Keeper:
    """Stores the job's report where every machine can read it."""

    def keep(report: SpooledFile | None) -> str:
        if report is None:
            return ""
        # Storage renames the file if a run that was killed has left one of this name.
        with report.open() as file:
            return store_file(f"imports/{job.workspace.uuid}/{job.uuid}.errors.csv", File(file))

    return keep


def _failures(report: str) -> list[Failure]:
    """The first rows of a report."""
    # A file that was imported before keeps the name of its report, which may have been cleared.
    if (stored := open_stored(report)) is None:
        return []
    with stored as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        return [
            {
                "line": int(row["line"]),
                "field": row["field"],
                "code": row["code"],
                "detail": row["message"],
            }
            for row in islice(csv.DictReader(text), MAX_FAILURES)
        ]


long_kinds.register(IMPORT, _import)
long_kinds.register(TRIAL, _import)
