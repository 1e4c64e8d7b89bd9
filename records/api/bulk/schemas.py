"""The components of the OpenAPI document that bulk work speaks in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import array, component, nullable, obj, page_of, ref
from records.services.importing import CellResolution, DateForm, ImportMode, NumberForm
from records.services.jobs import STATUSES, Resolution

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
ANYTHING: dict[str, Any] = {"type": "object", "additionalProperties": True}
RESOLUTION = {
    "type": "string",
    "enum": [item.value for item in Resolution],
    "description": "overwrite by default. Also understood: only_update_blank (update_if_blank), "
    "add_values (add_only), remove_values (remove_only).",
}
TAGS = {
    "description": "Tags of a dynamictags field, instead of field_value: a list of ids or names, "
    'or {"ids": […], "names": […]}.'
}

_JOB: dict[str, Any] = {
    "id": UUID,
    "action": STRING,
    "object_id": nullable(UUID),
    "custom_object_id": nullable(UUID),
    "status": {"type": "string", "enum": list(STATUSES)},
    "cancel_requested": {"type": "boolean"},
    "total_count": {
        "type": "integer",
        "description": "0 while the rows of a long file are counted.",
    },
    "success_count": INTEGER,
    "failed_count": INTEGER,
    "pending_count": INTEGER,
    "failure_report": array(ANYTHING),
    "field_resolution": {
        **nullable(STRING),
        "description": "What a change of a field does, by its documented name; otherwise null.",
    },
    "result": ANYTHING,
    "has_report": {"type": "boolean"},
    "created": MOMENT,
    "started_at": MOMENT,
    "finished": nullable(MOMENT),
}
component("BulkAction", obj(_JOB))
component(
    "BulkArchiveAction", obj({**_JOB, "number_archived": INTEGER, "async": {"type": "boolean"}})
)
component("PaginatedBulkActionList", page_of(ref("BulkAction")))
NO_EMAIL = {**BOOLEAN, "description": "Accepted, without effect."}
component("BulkArchiveRequest", obj({"record_ids": array(UUID)}, send_email_notification=NO_EMAIL))
component(
    "BulkChangeRequest",
    obj(
        {"field_id": STRING, "record_ids": array(UUID)},
        field_value={
            "description": "As in a write of one record; for add_only and remove_only a list. "
            "Required, unless field_resolution is clear or tags are sent; null clears the field."
        },
        field_resolution=RESOLUTION,
        tags_to_add=TAGS,
        tags_to_remove=TAGS,
        send_email_notification=NO_EMAIL,
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
            "row_count": {
                "type": "integer",
                "nullable": True,
                "description": "null for a long file, whose rows the import counts.",
            },
            "encoding": {
                **nullable(STRING),
                "description": "null for a workbook, as is the delimiter.",
            },
            "encoding_is_guess": nullable(BOOLEAN),
            "delimiter": nullable(STRING),
            "sheet": {**nullable(STRING), "description": "null for a CSV file."},
            "sheets": nullable(array(STRING)),
            "header_row": nullable(INTEGER),
            "rows_above": nullable(INTEGER),
            "columns": array(
                obj(
                    {
                        "position": INTEGER,
                        "header": STRING,
                        "field": nullable(STRING),
                        "samples": array(STRING),
                    },
                    type={
                        **STRING,
                        "description": "What a new field would be, of the first 1,000 rows.",
                    },
                    cells={**INTEGER, "description": "Cells that are not blank."},
                    blank=INTEGER,
                    numbers={**STRING, "description": "`point`, `comma` or `unclear`."},
                    dates={**STRING, "description": "`ymd`, `dmy`, `mdy` or `unclear`."},
                    read_differently={
                        **INTEGER,
                        "description": "Cells that are read as another text than is written.",
                    },
                    blank_marks={**INTEGER, "description": "Cells like `NA`."},
                    without_year={
                        **INTEGER,
                        "description": "Cells like `--05-17`, days without a year: not stored.",
                    },
                    marks={**array(STRING), "description": "What stands in them."},
                    unclear={**INTEGER, "description": "Cells that may be two values."},
                    first_of_several={**INTEGER, "description": "Cells of several values."},
                    assumed={
                        **INTEGER,
                        "description": "Numbers that are read with a point, as no cell proves.",
                    },
                    examples={
                        **array(obj({"written": STRING, "read": STRING})),
                        "description": "Some cells that are read differently, and as what.",
                    },
                )
            ),
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
            "description": "Field of each column, by header or position; null ignores a column. "
            "Others are matched by name.",
        },
        mode=MODE,
        match_field=nullable(STRING),
        keep_existing={
            **array(STRING),
            "description": "Columns whose cells fill blank values only.",
        },
        columns={
            "type": "object",
            "additionalProperties": obj(
                {},
                numbers={"type": "string", "enum": [item.value for item in NumberForm]},
                dates={"type": "string", "enum": [item.value for item in DateForm]},
                blanks={**array(STRING), "description": "Texts that stand for no value."},
                conflict_resolution={
                    "type": "string",
                    "description": "What cells do to values that are there: "
                    f"{', '.join(item.value for item in CellResolution)}. Also understood: "
                    "only_update_blank (update_if_blank), only_add_options (add_only).",
                },
            ),
            "description": "How columns of numbers and dates are written, by header or position; "
            "else it is found. Cells that are `unclear` are refused.",
        },
        dry_run={"type": "boolean", "description": "Store nothing; report what would happen."},
        again={"type": "boolean", "description": "Import a file of new records again."},
    ),
)
