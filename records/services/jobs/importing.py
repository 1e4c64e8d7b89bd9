"""Importing an uploaded file as a job."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone

from records.exceptions import InvalidInput, NotFound
from records.models import ImportUpload, Job, Source
from records.services.access import Author, get_schema
from records.services.definitions import check_json
from records.services.external.forwarding import forwarded
from records.services.importing import (
    ImportMode,
    ImportOptions,
    ImportPlan,
    ImportSummary,
    import_file,
    suggest_fields,
)
from records.services.importing.matching import match_columns, match_key
from records.services.importing.report import Keeper
from records.services.importing.uploads import copy_upload, get_upload
from records.services.object_schema import ObjectSchema
from records.services.spooled import SpooledFile

from .running import MAX_FAILURES, JobView, find_job, start_job
from .steps import Beat, Failure, Step, long_kinds

IMPORT, TRIAL = "import", "import_dry_run"
# A trial stores nothing, not even that it is still at work.
TRIAL_LEASE = timedelta(hours=1)


@forwarded
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
) -> JobView:
    """Import an upload; InvalidInput when the plan does not fit the file or the object.

    `mapping` says which field a column is, None for none; other columns are matched by name, and those that name no
    field that may be written are left out. `kept` are columns whose cells fill blanks only. A file of new
    records is imported a second time only `again`. A `dry_run` stores nothing and says what would happen.
    """
    header: list[str] = upload.header
    check_json("mapping", mapping)
    chosen = suggest_fields(author, schema, header) | dict(mapping or {})
    try:
        how = ImportMode(mode)
    except ValueError:
        raise InvalidInput(f"mode: expected one of {', '.join(ImportMode)}.") from None
    unknown = [name for name in kept if name not in header]
    if unknown:
        raise InvalidInput(f"keep_existing: the file has no column {', '.join(map(repr, unknown[:10]))}.")
    columns = match_columns(author, schema, header, chosen)
    if not columns:
        raise InvalidInput(f"mapping: no column is a field; the columns are {', '.join(header[:20])}.")
    key = match_key(author, schema, columns, match_field)
    if how == ImportMode.UPDATE_ONLY and key is None:
        raise InvalidInput("mode: rows that only change records need a column that says which; name it in match_field.")
    parameters = {
        "upload": upload.pk,
        "mapping": chosen,
        "mode": how.value,
        "match_field": match_field,
        "kept": list(kept),
        "again": again,
    }
    as_import = replace(author, source=Source.IMPORT.value)
    return start_job(as_import, TRIAL if dry_run else IMPORT, schema.id, parameters, upload.row_count)


def find_plan(author: Author, job_uuid: str) -> dict[str, Any]:
    """What one of the author's own imports, or trials of one, was asked to do, in the words of `start_import`.

    `upload` is the id of its file. NotFound where the job is none of theirs, or no import.
    """
    job = find_job(author, job_uuid)
    if job.kind not in (IMPORT, TRIAL) or job.member_id != author.member.id:
        raise NotFound
    upload = ImportUpload.objects.filter(workspace_id=job.workspace_id, id=job.parameters["upload"]).first()
    if upload is None:
        raise NotFound
    return {**job.parameters, "upload": str(upload.uuid)}


def import_as_tried(author: Author, schema: ObjectSchema, job_uuid: str) -> JobView:
    """Import for good what was tried in a dry run, by the same plan."""
    plan = find_plan(author, job_uuid)
    return start_import(author, schema, get_upload(author, schema, plan.pop("upload")), **plan)


def _import(author: Author, job: Job, beat: Beat) -> Step:
    trial, parameters = job.kind == TRIAL, job.parameters
    upload = ImportUpload.objects.filter(workspace_id=job.workspace_id, id=parameters["upload"]).first()
    if upload is None:
        raise NotFound("The uploaded file is not there any more; upload it again.")
    schema = get_schema(author, str(job.object.uuid) if job.object is not None else "")
    if trial:
        Job.objects.filter(id=job.pk).update(leased_until=timezone.now() + TRIAL_LEASE)
    plan = ImportPlan(
        parameters["match_field"],
        parameters["mapping"],
        ImportMode(parameters["mode"]),
        frozenset(parameters["kept"]),
    )
    options = ImportOptions(_keeper(job), plan, again=parameters["again"] or None, dry_run=trial)
    with copy_upload(upload) as table:
        summary = import_file(author, schema.uuid, table, options, None if trial else lambda done, _: beat(done))
    ignored = [name for name in upload.header if parameters["mapping"].get(name, name) is None]
    result = {**_result(summary), "ignored_columns": ignored}
    if trial:
        result["samples"] = dict(summary.samples)
    # That of a file which a command imported before is on the machine it ran on.
    if summary.report and not summary.report.startswith("/"):
        result["report"] = summary.report
    failures = _failures(result["report"]) if "report" in result else []
    return Step(None, summary.rows - summary.failed, failures, result)


def _result(summary: ImportSummary) -> dict[str, Any]:
    """What the job has to show of an import."""
    result: dict[str, Any] = {
        "created": summary.created,
        "updated": summary.updated,
        "unchanged": summary.unchanged,
        "failed": summary.failed,
    }
    if summary.done_before is not None:
        result["imported_before"] = summary.done_before.isoformat()
    return result


def _keeper(job: Job) -> Keeper:
    """Puts the job's report where every machine finds it."""

    def keep(report: SpooledFile | None) -> str:
        if report is None:
            return ""
        with report.open() as file:
            return default_storage.save(f"imports/{job.workspace.uuid}/{job.uuid}.errors.csv", File(file))

    return keep


def _failures(report: str) -> list[Failure]:
    """The first rows of a report."""
    if not default_storage.exists(report):
        return []
    with default_storage.open(report, "rb") as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        return [
            {"line": int(row["line"]), "field": row["field"], "code": row["code"], "detail": row["message"]}
            for row in islice(csv.DictReader(text), MAX_FAILURES)
        ]


long_kinds.register(IMPORT, _import)
long_kinds.register(TRIAL, _import)
