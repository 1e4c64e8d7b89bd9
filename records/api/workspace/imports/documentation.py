"""What the OpenAPI document says of imports and their jobs."""

from __future__ import annotations

from typing import Any

from records.api.openapi import operation, path_parameter, query_parameter, ref
from records.services.operations import IMPORT_MODES

from . import schemas

_WORKSPACE = path_parameter("workspace_uuid", {"type": "string", "format": "uuid"})
_JOB = path_parameter("job_id", schemas.INTEGER)
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}

import_records = operation(
    "import_data_records",
    "records",
    "Import a file of CSV, XLSX or JSON lines: the whole body, or the form field `file`. At most "
    "10,000 rows are answered at once, more by a job",
    [
        _WORKSPACE,
        path_parameter("data_type_id", schemas.INTEGER),
        query_parameter(
            "mode",
            {"type": "string", "enum": list(IMPORT_MODES)},
            "Default: upsert where rows say which records they are, else create.",
        ),
        query_parameter(
            "matchField",
            schemas.STRING,
            "Slug of the unique field that rows are matched by, instead of the external id.",
        ),
        query_parameter(
            "mapping",
            schemas.STRING,
            "JSON: header or column number to slug, to a column such as memberEmail, or to null.",
        ),
        query_parameter(
            "columns",
            schemas.STRING,
            'JSON: header or column number to how it is written, such as {"numbers": "comma"}, '
            '{"dates": "dmy"} or {"blanks": ["NA"]}.',
        ),
        query_parameter("encoding", schemas.STRING, "Of the file; found in it by default."),
        query_parameter("delimiter", schemas.STRING, "One character, or tab."),
        query_parameter("sheet", schemas.STRING, "Name or number of a workbook's sheet."),
        query_parameter("headerRow", schemas.STRING, "Row that names the columns, from 1."),
        query_parameter("fileName", schemas.STRING, "Where the file is the whole body."),
    ],
    {200: ref("DataRecordImportResponse"), 202: ref("DataRecordImportStarted")},
    body=({"type": "object", "properties": {"file": _FILE}, "required": ["file"]}, True),
    media_type="multipart/form-data",
)
retrieve_job = operation(
    "get_job", "jobs", "Read a job's progress", [_WORKSPACE, _JOB], {200: ref("JobResponse")}
)
cancel_job = operation(
    "cancel_job",
    "jobs",
    "Stop a job after its current batch",
    [_WORKSPACE, _JOB],
    {200: ref("JobResponse")},
)
report = operation(
    "get_job_report",
    "jobs",
    "The rows an import refused, as CSV",
    [_WORKSPACE, _JOB],
    {(200, "text/csv"): schemas.STRING},
)
