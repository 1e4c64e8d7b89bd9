"""The components of the OpenAPI document that bulk work speaks in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import array, component, nullable, obj, page_of, ref
from records.services.importing import ImportMode
from records.services.jobs import STATUSES
from records.services.jobs.bulk import Resolution

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}
RESOLUTION = {"type": "string", "enum": [item.value for item in Resolution]}

component(
    "BulkAction",
    obj(
        {
            "id": UUID,
            "action": STRING,
            "object_id": nullable(UUID),
            "status": {"type": "string", "enum": list(STATUSES)},
            "cancel_requested": {"type": "boolean"},
            "total_count": INTEGER,
            "success_count": INTEGER,
            "failed_count": INTEGER,
            "pending_count": INTEGER,
            "failure_report": array(ANYTHING),
            "result": ANYTHING,
            "has_report": {"type": "boolean"},
            "created": MOMENT,
            "finished": nullable(MOMENT),
        }
    ),
)
component("PaginatedBulkActionList", page_of(ref("BulkAction")))
component("BulkArchiveRequest", obj({"record_ids": array(UUID)}))
component(
    "BulkChangeRequest",
    obj(
        {"field_id": STRING, "field_resolution": RESOLUTION, "record_ids": array(UUID)},
        field_value={"description": "As in a write of one record; for add_values and remove_values a list."},
    ),
)

# What comes in as files.

MODE = {"type": "string", "enum": [item.value for item in ImportMode]}
component(
    "ImportUpload",
    obj(
        {
            "id": UUID,
            "file_name": STRING,
            "row_count": INTEGER,
            "columns": array(obj({"header": STRING, "field": nullable(STRING), "samples": array(STRING)})),
        }
    ),
)
component(
    "ImportStartRequest",
    obj(
        {},
        mapping={
            "type": "object",
            "additionalProperties": {"type": "string", "nullable": True},
            "description": "Field of each column, by header; null ignores a column. Others are matched by name.",
        },
        mode=MODE,
        match_field=nullable(STRING),
        keep_existing={**array(STRING), "description": "Columns whose cells fill blank values only."},
        dry_run={"type": "boolean", "description": "Store nothing; report what would happen."},
        again={"type": "boolean", "description": "Import a file of new records again."},
    ),
)
