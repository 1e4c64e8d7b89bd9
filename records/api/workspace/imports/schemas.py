"""The components of the OpenAPI document that imports speak in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import WORKSPACE, array, component, nullable, obj
from records.services.jobs import STATUSES

STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
_REPORT = {**nullable(STRING), "description": "The refused rows, as CSV."}
_EXAMPLE = obj({"written": STRING, "read": STRING})
_READINGS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": obj(
        {},
        numbers=STRING,
        dates=STRING,
        examples=array(_EXAMPLE),
        **dict.fromkeys(
            (
                "readDifferently",
                "blankMarks",
                "withoutYear",
                "unclear",
                "firstOfSeveral",
                "assumed",
            ),
            INTEGER,
        ),
    ),
    "description": "By header, how many cells are read as other than is written, and in which "
    "form.",
}
_READ = obj(
    {
        "encoding": nullable(STRING),
        "encodingIsGuess": {"type": "boolean"},
        "delimiter": nullable(STRING),
        "sheet": nullable(STRING),
        "headerRow": nullable(INTEGER),
    }
)

component(
    "DataRecordImportResponse",
    obj(
        {
            "jobId": INTEGER,
            "totalCount": INTEGER,
            "importedCount": INTEGER,
            "createdCount": INTEGER,
            "updatedCount": INTEGER,
            "unchangedCount": INTEGER,
            "failedCount": INTEGER,
            "errors": array(
                obj(
                    {
                        "row": {
                            **INTEGER,
                            "description": "Number of the row in the file; the header is 1.",
                        },
                        "details": {
                            "type": "object",
                            "additionalProperties": array(STRING),
                            "description": "Messages by slug.",
                        },
                    }
                )
            ),
            "ignoredColumns": array(STRING),
            "readings": _READINGS,
            "file": _READ,
            "reportUrl": _REPORT,
        },
        dryRun={"type": "boolean", "description": "true in a dry run, which stores no record."},
    ),
    WORKSPACE,
)
component("DataRecordImportStarted", obj({"jobId": INTEGER, "file": _READ}), WORKSPACE)
component(
    "JobResponse",
    obj(
        {
            "id": INTEGER,
            "uuid": {**STRING, "format": "uuid"},
            "status": {**STRING, "enum": list(STATUSES)},
            "totalCount": {
                **INTEGER,
                "description": "0 while the rows of a long file are counted.",
            },
            "importedCount": INTEGER,
            "failedCount": INTEGER,
            "createdAt": MOMENT,
            "finishedAt": nullable(MOMENT),
            "readings": _READINGS,
            "reportUrl": _REPORT,
        }
    ),
    WORKSPACE,
)
