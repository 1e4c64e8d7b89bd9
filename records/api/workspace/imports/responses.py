"""Imports and jobs as callers of the Workspace API read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from records.api.workspace.errors import GENERAL
from records.api.workspace.requests import camel
from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.jobs import JobView
from records.services.operations import SentImport
from records.services.reading import local_time

READ = ("encoding", "encoding_is_guess", "delimiter", "sheet", "header_row")


def is_ended(job: JobView) -> bool:
    return job.finished is not None


def import_content(request: HttpRequest, done: SentImport, *, dry_run: bool) -> dict[str, Any]:
    """The outcome of an import that has ended; InvalidInput where it could not go on."""
    job = done.job
    if job.status == "failed":
        raise InvalidInput(str(job.failures[0]["detail"]))
    content = {
        "jobId": job.key,
        "totalCount": job.total,
        "importedCount": job.success_count,
        "createdCount": job.result.get("created", 0),
        "updatedCount": job.result.get("updated", 0),
        "unchangedCount": job.result.get("unchanged", 0),
        "failedCount": job.failed_count,
        "errors": _errors(job, done.names),
        "ignoredColumns": job.result.get("ignored_columns", []),
        "readings": _readings(job, done.examples),
        "file": _file(done),
        "reportUrl": _report_url(request, job),
    }
    return {**content, "dryRun": True} if dry_run else content


def started_content(done: SentImport) -> dict[str, Any]:
    """The job of a long file, and how the file is read."""
    return {"jobId": done.job.key, "file": _file(done)}


def _file(done: SentImport) -> dict[str, Any]:
    """How the file was read."""
    return {camel(key): done.read.get(key) for key in READ}


def _readings(
    job: JobView, examples: Mapping[str, Sequence[Mapping[str, str]]]
) -> dict[str, dict[str, Any]]:
    """Of columns with cells that are read as other than is written: in which form, how many, and
    the first of them where they are known."""
    return {
        header: {camel(key): value for key, value in told.items()}
        | ({"examples": examples[header]} if header in examples else {})
        for header, told in job.result.get("readings", {}).items()
    }


def _errors(job: JobView, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows that were refused, by their numbers in the file, each with all messages by slug."""
    rows: dict[int, dict[str, list[str]]] = {}
    for failure in job.failures:
        place = names.get(failure["field"], failure["field"]) or GENERAL
        rows.setdefault(failure["line"], {}).setdefault(place, []).append(failure["detail"])
    return [{"row": row, "details": details} for row, details in rows.items()]


def job_row(request: HttpRequest, author: Author, job: JobView) -> dict[str, Any]:
    zone = author.workspace.zone
    return {
        "id": job.key,
        "uuid": job.uuid,
        "status": job.status,
        "totalCount": job.total,
        "importedCount": job.success_count,
        "failedCount": job.failed_count,
        "createdAt": local_time(job.created, zone),
        "finishedAt": local_time(job.finished, zone),
        "readings": _readings(job, {}),
        "reportUrl": _report_url(request, job),
    }


def _report_url(request: HttpRequest, job: JobView) -> str | None:
    """Where the refused rows are, as CSV; None where none was refused."""
    if "report" not in job.result:
        return None
    workspace = request.path.split("/data-types/")[0].split("/jobs/")[0]
    return request.build_absolute_uri(f"{workspace}/jobs/{job.key}/report")
