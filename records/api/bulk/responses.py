"""Jobs as callers read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.services.access import Author
from records.services.importing import preview
from records.services.jobs import JobView
from records.services.reading import local_time

# What an answer says about how a file was read.
READING = (
    "encoding", "encoding_is_guess", "delimiter", "sheet", "sheets", "header_row", "rows_above",
)  # fmt: skip
# Of a job's result, what its row has under a key of its own.
TOLD_APART = ("report", "field_resolution")


def job_row(author: Author, job: JobView) -> dict[str, Any]:
    zone = author.workspace.zone
    return {
        "id": job.uuid,
        "action": job.kind,
        "object_id": job.object_uuid,
        "custom_object_id": job.object_uuid,
        "status": job.status,
        "cancel_requested": job.cancel_asked,
        "total_count": job.total,
        "success_count": job.success_count,
        "failed_count": job.failed_count,
        "pending_count": job.pending_count,
        "failure_report": job.failures,
        "field_resolution": job.result.get("field_resolution"),
        "result": {key: value for key, value in job.result.items() if key not in TOLD_APART},
        "has_report": "report" in job.result,
        "created": local_time(job.created, zone),
        "started_at": local_time(job.created, zone),
        "finished": local_time(job.finished, zone),
    }


def archive_row(author: Author, job: JobView) -> dict[str, Any]:
    """The answer to a call that archives: `number_archived` counts what was sent, each once."""
    return {**job_row(author, job), "number_archived": job.total, "async": True}


def upload_row(upload: Any, suggested: Mapping[str, str | None]) -> dict[str, Any]:
    """A file that waits to be imported, and the fields its columns seem to be."""
    return {
        "id": str(upload.uuid),
        "file_name": upload.file_name,
        "row_count": upload.row_count,
        **{key: upload.reading.get(key) for key in READING},
        "columns": [
            {
                "position": at + 1,
                "header": name,
                "field": suggested[name],
                "samples": [row[at] for row in upload.samples if at < len(row)],
                **preview(upload, at),
            }
            for at, name in enumerate(upload.header)
        ],
    }
