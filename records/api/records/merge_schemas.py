"""The components of the OpenAPI document for merges and duplicates."""

from __future__ import annotations

from records.api.openapi import PAGE, array, component, nullable, obj, one_of, page_of, ref
from records.services.merging import MAX_MERGED, RULES
from records.services.search import MAX_FIELDS, SHOWN

from .schemas import ANYTHING, BOOLEAN, INTEGER, STRING, UUID

MAX_DUPLICATES = 100  # groups of a page

component("MergeRule", {"type": "string", "enum": list(RULES)})
component("MergeValue", obj({"value": ANYTHING}))
component("MergeRecord", obj({"record": {**UUID, "description": "One of the records."}}))
component(
    "MergeRequest",
    obj(
        {
            "into": {**UUID, "description": "The record that survives."},
            "from": {
                **array(UUID),
                "minItems": 1,
                "maxItems": MAX_MERGED,
                "description": "The records that are merged into it, the most important first.",
            },
        },
        rules={
            "type": "object",
            "additionalProperties": one_of(ref("MergeRule"), ref("MergeValue"), ref("MergeRecord")),
            "description": "By a field's API name: whose value the survivor has. By default its "
            "own, where it is blank the first that there is, and of lists all entries.",
        },
        if_version={
            "type": "object",
            "additionalProperties": {**INTEGER, "minimum": 0},
            "description": "By a record's id: 412 unless it is at this version.",
        },
    ),
)
component(
    "DuplicatesRequest",
    obj(
        {
            "fields": {
                **array(STRING),
                "minItems": 1,
                "maxItems": MAX_FIELDS,
                "description": "API names or ids; a group has the same value in each.",
            }
        },
        normalise=nullable(
            {
                **BOOLEAN,
                "description": "Compare texts without regard to case, accents and surplus white "
                "space (default true).",
            }
        ),
        page=nullable(PAGE),
        page_size=nullable({**INTEGER, "minimum": 1, "maximum": MAX_DUPLICATES}),
    ),
)
_MOMENT = {"type": "string", "format": "date-time"}
component(
    "DuplicateRecord",
    obj(
        {
            "id": UUID,
            "name": STRING,
            "external_id": nullable(STRING),
            "external_source": nullable(STRING),
            "version": INTEGER,
            "created": _MOMENT,
            "updated": _MOMENT,
        }
    ),
)
component(
    "DuplicateGroup",
    obj(
        {
            "values": {
                "type": "object",
                "additionalProperties": ANYTHING,
                "description": "By API name, as the first record has them.",
            },
            "count": {**INTEGER, "description": "How many records there are."},
            "records": {
                **array(ref("DuplicateRecord")),
                "description": f"The first {SHOWN}, the oldest first.",
            },
        }
    ),
)
component("PaginatedDuplicateGroupList", page_of(ref("DuplicateGroup")))
