"""The visitor's jobs: which there are, how far each is, what it was refused, and stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from records.admin.object_pages import local_text, page_number
from records.exceptions import InvalidInput, NotFound
from records.services.access import Author, get_schema
from records.services.catalogue import ObjectSchema
from records.services.jobs import (
    IMPORT,
    TRIAL,
    JobView,
    cancel_job,
    find_plan,
    get_job,
    list_jobs,
    open_report,
)
from records.services.operations import import_as_tried

from .member_pages import for_author, render

PAGE_SIZE = 50
SHOWN_FAILURES = 200
KINDS = {
    "bulk_archive": "Archive records",
    "bulk_change": "Change a field",
    "clear_field": "Clear a deleted field",
    "import": "Import",
    "import_dry_run": "Import dry run",
    "undo": "Undo",
}
STATUSES = {
    "pending": "Waiting",
    "running": "Running",
    "completed": "Done",
    "failed": "Failed",
    "cancelled": "Cancelled",
}
FIGURES = {
    "created": "Created",
    "updated": "Changed",
    "unchanged": "Unchanged",
    "unarchived": "Unarchived",
    "records": "Changed back",
    "left": "Left as they are",
}
COUNTED = {
    "read_differently": "read differently",
    "first_of_several": "read as the first of several values",
    "blank_marks": "read as blank",
    "without_year": "days without a year, which are not stored",
    "assumed": "read with a decimal point, which no cell proves",
    "unclear": "unclear",
}
ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class ShownFailure:
    """Something a job was refused, and where it leads."""

    what: str
    why: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job as people read it."""

    title: str
    status: str
    ended: bool
    stopping: bool
    done: int
    job: JobView
    link: str
    started: str
    finished: str
    failures: list[ShownFailure]
    records_link: str
    object_name: str
    figures: list[tuple[str, int]]
    notes: list[str]
    samples: list[tuple[str, list[dict[str, Any]]]]
    report_link: str
    plan_link: str
    operation_link: str

    @property
    def is_trial(self) -> bool:
        """Whether nothing was stored, and it may be done for good now."""
        return bool(self.plan_link) and self.job.kind == TRIAL


def job_address(job: JobView) -> str:
    """The page of a job."""
    return reverse("admin:job", args=[job.uuid])


def show_job(author: Author, job: JobView) -> ShownJob:
    """A job with its object by name; nothing of an object that the visitor does not see."""
    about = _object_of(author, job)
    kind = KINDS.get(job.kind, job.kind.replace("_", " ").capitalize())
    ended = job.status in ENDED
    return ShownJob(
        title=f"{kind}: {about.object_name}" if about is not None else kind,
        status=STATUSES[job.status],
        ended=ended,
        stopping=job.cancel_asked and not ended,
        done=job.success_count + job.failed_count,
        job=job,
        link=job_address(job),
        started=local_text(author, job.created),
        finished=local_text(author, job.finished),
        failures=[_show_failure(about, failure) for failure in job.failures[:SHOWN_FAILURES]],
        records_link=reverse("admin:records", args=[about.uuid]) if about is not None else "",
        object_name=about.object_name if about is not None else "",
        figures=[(label, job.result[key]) for key, label in FIGURES.items() if key in job.result],
        notes=_notes(author, job),
        samples=[
            (FIGURES.get(action, action), rows)
            for action, rows in job.result.get("samples", {}).items()
        ],
        report_link=reverse("admin:job_report", args=[job.uuid])
        if job.result.get("report")
        else "",
        plan_link=_plan_link(author, about, job),
        operation_link=_operation_link(job) if ended else "",
    )


def counted_cells(told: Mapping[str, Any]) -> list[str]:
    """How many cells of a column are read as other than is written, in words."""
    return [f"{told[key]} {words}" for key, words in COUNTED.items() if told.get(key)]


def _notes(author: Author, job: JobView) -> list[str]:
    notes = [
        f"{header}: {', '.join(counted_cells(told))}."
        for header, told in job.result.get("readings", {}).items()
    ]
    before = job.result.get("imported_before")
    if before:
        when = local_text(author, datetime.fromisoformat(before))
        notes.append(f"This file was already imported at {when}; nothing was changed.")
    left_out = job.result.get("ignored_columns")
    if left_out:
        notes.append(f"Ignored columns: {', '.join(left_out)}.")
    return notes


def _plan_link(author: Author, about: ObjectSchema | None, job: JobView) -> str:
    """Where the plan of an import can be changed, for the one who made it."""
    if about is None or job.kind not in (IMPORT, TRIAL):
        return ""
    try:
        plan = find_plan(author, job.uuid)
    except NotFound:
        return ""
    return f"{reverse('admin:import_plan', args=[about.uuid, plan['upload']])}?tried={job.uuid}"


def _operation_link(job: JobView) -> str:
    """Where what the job has changed is looked through and undone."""
    stored = job.kind != TRIAL and not job.result.get("dry_run") and job.success_count
    return reverse("admin:operation", args=[job.operation_id]) if stored else ""


def _object_of(author: Author, job: JobView) -> ObjectSchema | None:
    try:
        return get_schema(author, job.object_uuid) if job.object_uuid is not None else None
    except NotFound:
        return None


def _show_failure(about: ObjectSchema | None, failure: dict[str, Any]) -> ShownFailure:
    record = failure.get("record_id", "")
    line = failure.get("line")
    place = ", ".join(part for part in (f"Line {line}", failure.get("field")) if part)
    what = record or (place if line is not None else "The job")
    known = record and failure.get("code") != "not_found"
    link = reverse("admin:record", args=[about.uuid, record]) if about is not None and known else ""
    return ShownFailure(what, str(failure.get("detail", "")), link)


@require_safe
@for_author
def jobs_page(request: HttpRequest, author: Author) -> HttpResponse:
    """The visitor's jobs, newest first; admins see everybody's."""
    at = page_number(request.GET)
    count, jobs = list_jobs(author, offset=(at - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    context = {
        "jobs": [show_job(author, job) for job in jobs],
        "newer": at - 1,
        "older": at + 1 if count > at * PAGE_SIZE else 0,
    }
    return render(request, "jobs.html", "Jobs", {"jobs_url": reverse("admin:jobs"), **context})


@require_safe
@for_author
def job_page(request: HttpRequest, author: Author, job_uuid: UUID) -> HttpResponse:
    """How far a job is; the page looks again by itself until the job has ended."""
    shown = show_job(author, get_job(author, str(job_uuid)))
    context = {"shown": shown, "more": max(0, len(shown.job.failures) - SHOWN_FAILURES)}
    return render(request, "job.html", shown.title, {"jobs_url": reverse("admin:jobs"), **context})


@require_POST
@for_author
def cancel(request: HttpRequest, author: Author, job_uuid: UUID) -> HttpResponse:
    """Stop a job; what it has done stays."""
    try:
        job = cancel_job(author, str(job_uuid))
    except InvalidInput as refusal:
        messages.warning(request, refusal.detail)
        return redirect("admin:job", job_uuid=job_uuid)
    messages.success(
        request,
        "The job was cancelled." if job.status in ENDED else "The job ends after this batch.",
    )
    return redirect(job_address(job))


@require_POST
@for_author
def import_now(request: HttpRequest, author: Author, job_uuid: UUID) -> HttpResponse:
    """Import for good what a trial was made of."""
    tried = get_job(author, str(job_uuid))
    if tried.object_uuid is None:
        raise NotFound
    try:
        started = import_as_tried(author, get_schema(author, tried.object_uuid), tried.uuid)
    except InvalidInput as refusal:
        messages.error(request, refusal.detail)
        return redirect(job_address(tried))
    return redirect(job_address(started))


@require_safe
@for_author
def report(request: HttpRequest, author: Author, job_uuid: UUID) -> FileResponse:
    """The rows that an import refused, as a file."""
    return FileResponse(
        open_report(author, str(job_uuid)), as_attachment=True, filename="refused-rows.csv"
    )
