"""What the OpenAPI document says of each operation of bulk work."""

from __future__ import annotations

from typing import Any

from records.api.openapi import (
    Decorator,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)
from records.services.exporting import CONTENT_TYPES

from .schemas import INTEGER, MOMENT, STRING, UUID

_OBJECT = path_parameter("object_key", STRING, "The object's id or API name.")
_JOB = path_parameter("job_id", UUID)
_STARTED: dict[int, Any] = {200: ref("BulkAction")}


def _bulk(
    name: str,
    summary: str,
    parameters: list[Any],
    responses: dict[Any, Any],
    body: str = "",
    *,
    required: bool = True,
    **more: Any,
) -> Decorator:
    sent = json_body(body, required=required) if body else None
    return operation(name, "bulk", summary, parameters, responses, body=sent, **more)


bulk_archive = _bulk(
    "custom_objects_bulk_archive_entity_record_create",
    "Archive records",
    [_OBJECT],
    {200: ref("BulkArchiveAction")},
    "BulkArchiveRequest",
)
bulk_change = _bulk(
    "custom_objects_bulk_change_field_value_create",
    "Change a field of records",
    [_OBJECT],
    _STARTED,
    "BulkChangeRequest",
)
list_jobs = _bulk(
    "bulk_action_progress_list",
    "The caller's jobs, newest first",
    [
        *page_parameters(),
        query_parameter("custom_object_id", STRING, "Jobs of this object, by its id or API name."),
        query_parameter("action", STRING, "Jobs of this kind."),
        query_parameter("completed", {"type": "boolean"}, "Ended or not, however they ended."),
        query_parameter("started_after", MOMENT, "Started then or later."),
    ],
    {200: ref("PaginatedBulkActionList")},
)
retrieve_job = _bulk("bulk_action_progress_retrieve", "Read a job's progress", [_JOB], _STARTED)
cancel_job = _bulk(
    "bulk_action_progress_cancel_create", "Stop a job after its current batch", [_JOB], _STARTED
)

_FILE = {"type": "string", "format": "binary"}
upload = operation(
    "custom_objects_imports_create",
    "bulk",
    "Upload a CSV or XLSX file to import",
    [
        _OBJECT,
        query_parameter("file_name", STRING, "The file's name, if the file is the whole body."),
        query_parameter("encoding", STRING, "Encoding of a CSV file; else it is found."),
        query_parameter(
            "delimiter",
            STRING,
            "What separates the cells of a CSV file: the character, or `tab`, `comma`, "
            "`semicolon`, `bar`; else it is found.",
        ),
        query_parameter(
            "sheet", STRING, "Name or number of a workbook's sheet; else the first with cells."
        ),
        query_parameter("header_row", INTEGER, "The row with the column names; else it is found."),
    ],
    {201: ref("ImportUpload")},
    body=({"type": "object", "properties": {"file": _FILE}, "required": ["file"]}, True),
    media_type="multipart/form-data",
)
start_import = _bulk(
    "custom_objects_imports_start_create",
    "Import an uploaded file, or see what the import would do",
    [_OBJECT, path_parameter("upload_id", UUID)],
    _STARTED,
    "ImportStartRequest",
)
report = _bulk(
    "bulk_action_progress_report_retrieve",
    "The rows an import refused, as CSV",
    [_JOB],
    {(200, "text/csv"): STRING},
)
_EXPORTED = {"csv": STRING, "xlsx": _FILE, "jsonl": STRING}
export = _bulk(
    "custom_objects_exports_create",
    "Export the records a search finds; the answer starts when the file is whole",
    [
        _OBJECT,
        query_parameter("format", {"type": "string", "enum": ["csv", "xlsx", "jsonl"]}),
        query_parameter(
            "bom",
            {"type": "boolean"},
            "Begin a CSV file with a byte order mark, by which Excel knows UTF-8.",
        ),
        query_parameter("ordering", STRING),
        query_parameter("search", STRING),
    ],
    {
        **{
            (200, CONTENT_TYPES[form].partition(";")[0]): shown for form, shown in _EXPORTED.items()
        },
        422: ref("Problem"),
        424: ref("UpstreamProblem"),
    },  # the records may live in an external source
    "SearchRequest",
    required=False,
)
