"""What the OpenAPI document says of each operation of the Records API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from records.api.openapi import (
    PAGE_SIZE,
    View,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)

from . import merge_schemas, schemas, search_schemas  # noqa: F401 - have components

RECORD_ID = r"^[0-9a-fA-F]{8}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{12}$"
_OBJECT = path_parameter("object_identifier", schemas.STRING, "The object's id or API name.")
_RECORD = path_parameter("entity_id", {"type": "string", "pattern": RECORD_ID})
_RECORD_BY_ID_ALONE = path_parameter("entity_id", schemas.UUID)
_FIELD = path_parameter("field_id", schemas.UUID)
_BOTH = [_OBJECT, _RECORD]

_FIELDS = [
    query_parameter(
        "field_ids",
        schemas.STRING,
        "Comma-separated ids; takes precedence over `field_names`. Empty: the default fields.",
    ),
    query_parameter(
        "field_names",
        schemas.STRING,
        "Comma-separated API names, or `airport.city` for the city of the record that `airport` "
        "links to; takes precedence over `field_category`.",
    ),
]
_PAGE = page_parameters()
_ALL_FIELDS = query_parameter(
    "return_all_fields", schemas.BOOLEAN, "Return all fields, not only those that changed."
)
_DETAIL = ref("EntityRecordDetail")
_WRITTEN = {200: _DETAIL, 400: ref("ErrorResponse")}


def _records(
    name: str, summary: str, parameters: list[Any], responses: dict[int, Any], **more: Any
) -> Callable[[View], View]:
    return operation(f"records_{name}", "records", summary, parameters, responses, **more)


retrieve = _records(
    "retrieve",
    "Read a record",
    [
        *_BOTH,
        *_FIELDS,
        query_parameter("field_category", schemas.STRING, "Comma-separated category ids."),
        query_parameter(
            "all_fields", schemas.BOOLEAN, "All fields, also where ids or names are sent empty."
        ),
        query_parameter("detail_summary", schemas.BOOLEAN, "Fill `lead_source_types`."),
        query_parameter(
            "include_hidden_fields", schemas.BOOLEAN, "Add the fields that are flagged hidden."
        ),
        query_parameter(
            "as_of", {"type": "string", "format": "date-time"}, "The record as it was at this time."
        ),
    ],
    {200: _DETAIL},
)
update = _records(
    "update",
    "Replace a record's fields",
    _BOTH,
    _WRITTEN,
    body=json_body("EntityRecordUpdateRequest", required=True),
    example={
        "fields": [
            {"name": "name", "value": "Southern Freight"},
            {"name": "employees", "value": 12},
        ]
    },
)
partial_update = _records(
    "partial_update",
    "Change some of a record's fields",
    [*_BOTH, _ALL_FIELDS],
    _WRITTEN,
    body=json_body("PatchedEntityRecordUpdateRequest"),
    example={"fields": [{"name": "employees", "value": 13}]},
)
destroy = _records("destroy", "Archive a record", _BOTH, {204: None})
unarchive = _records("unarchive_partial_update", "Unarchive a record", _BOTH, _WRITTEN)
move = _records(
    "move_partial_update",
    "Move a record to another stage",
    _BOTH,
    _WRITTEN,
    body=json_body("MoveRequest", required=True),
)
restore = _records(
    "restore_partial_update",
    "Set a record's fields to what they were",
    _BOTH,
    _WRITTEN,
    body=json_body("RestoreRequest", required=True),
    example={"version": 1, "fields": ["employees"]},
)
blame = _records(
    "blame_retrieve",
    "Since when each field has its value, by whom and why",
    _BOTH,
    {200: ref("Blame")},
)
history = _records(
    "history_list",
    "The history of a record, newest first",
    [*_BOTH, *_PAGE],
    {200: ref("PaginatedHistoryEntryList")},
)

changes = operation(
    "changes_list",
    "changes",
    "Follow everything that happens, in the order of commits",
    [
        query_parameter(
            "after",
            schemas.STRING,
            "The `cursor` of the last page. Absent: from the beginning; `now`: from here on.",
        ),
        query_parameter(
            "objects", schemas.STRING, "Comma-separated API names or ids; absent: all objects."
        ),
        query_parameter("limit", {**PAGE_SIZE, "default": 100}),
        query_parameter(
            "wait",
            {"type": "integer", "minimum": 0, "maximum": 30, "default": 0},
            "Seconds to wait for a change where there is none yet.",
        ),
    ],
    {200: ref("ChangePage")},
)

add = _records(
    "add_create",
    "Add a record",
    [_OBJECT],
    _WRITTEN,
    body=json_body("EntityRecordAddRequest", required=True),
    example={
        "fields": [{"name": "name", "value": "Western Freight"}, {"name": "employees", "value": 40}]
    },
)
lookup = _records(
    "lookup_retrieve",
    "Find a record by its identifier, or by its external id",
    [
        _OBJECT,
        query_parameter(
            "identifier",
            schemas.STRING,
            "The record's name; for contacts the email.",
        ),
        query_parameter("external_id", schemas.STRING, "Instead of the identifier."),
        query_parameter("external_source", schemas.STRING, "Where the external id comes from."),
        query_parameter("all_fields", schemas.BOOLEAN, "Default true."),
        *_FIELDS,
    ],
    {200: _DETAIL},
)
_GROUPS = [
    query_parameter("group_id", schemas.UUID, "Only records that match this filter group."),
    query_parameter(
        "in_group_ids", schemas.STRING, "Only records that match one of these filter groups."
    ),
    query_parameter(
        "not_in_group_ids", schemas.STRING, "Only records that match none of these filter groups."
    ),
]
lookup_by_name = _records(
    "lookup_by_name_retrieve",
    "Find a record by its identifier: an older spelling of `lookup`",
    [
        _OBJECT,
        query_parameter("name", schemas.STRING, "The record's name; for contacts the email."),
        query_parameter("all_fields", schemas.BOOLEAN, "Default true."),
        *_FIELDS,
    ],
    {200: _DETAIL},
)
search = _records(
    "search_create",
    "Find records",
    [
        _OBJECT,
        *_PAGE,
        query_parameter(
            "ordering", schemas.STRING, "Comma-separated API names, `-` in front for descending."
        ),
        query_parameter("search", schemas.STRING, "Text to find in names and text fields."),
        query_parameter(
            "cursor", schemas.STRING, "Cursor of the next page, or empty to start. No count."
        ),
        query_parameter("count", {"type": "string", "enum": ["exact", "none"]}),
        query_parameter("archived", schemas.BOOLEAN, "Archived records instead."),
        *_GROUPS,
    ],
    {200: ref("EntityRecordSearchPage")},
    body=json_body("SearchRequest"),
    example={
        "query": [{"filters": [{"field": "employees", "condition": ">=", "value": 40}]}],
        "ordering": "-employees",
        "page_size": 10,
    },
)
aggregate = _records(
    "aggregate_create",
    "Figures of the records that a search finds, for each group of them",
    [
        _OBJECT,
        *_PAGE,
        query_parameter(
            "ordering",
            schemas.STRING,
            "Comma-separated names of figures and groups, `-` in front for descending.",
        ),
        query_parameter("search", schemas.STRING, "Text to find in names and text fields."),
        query_parameter("archived", schemas.BOOLEAN, "Archived records instead."),
        *_GROUPS,
    ],
    {200: ref("AggregatePage")},
    body=json_body("AggregateRequest"),
    example={
        "query": [{"filters": [{"field": "employees", "condition": ">=", "value": 40}]}],
        "aggregate": [{"function": "count"}, {"function": "sum", "field": "employees"}],
        "group_by": ["city", {"field": "created", "by": "month"}],
        "ordering": "-sum_employees",
    },
)
upsert = _records(
    "upsert_create",
    "Add a record, or change the one that has this identifier",
    [_OBJECT, _ALL_FIELDS],
    {**_WRITTEN, 201: _DETAIL},
    body=json_body("EntityRecordUpsertRequest", required=True),
    example={"lookup_value": "Northern Freight", "fields": [{"name": "employees", "value": 20}]},
)

batch = _records(
    "batch_create",
    "Write up to 1,000 records, all or none, or each that can be",
    [_OBJECT],
    {200: ref("BatchResponse"), 400: ref("BatchRefusal")},
    body=json_body("BatchRequest", required=True),
    example={
        "mode": "upsert",
        "on_error": "continue",
        "items": [
            {"lookup_value": "Northern Freight", "fields": [{"name": "employees", "value": 20}]},
            {"lookup_value": "Eastern Freight", "fields": [{"name": "employees", "value": 7}]},
        ],
    },
)
batch_get = _records(
    "batch_get_create",
    "Read up to 1,000 records by ids, names and external ids",
    [_OBJECT],
    {200: ref("BatchGetResponse")},
    body=json_body("BatchGetRequest", required=True),
    example={"names": ["Northern Freight", "Eastern Freight"], "field_names": ["employees"]},
)

merge = _records(
    "merge_create",
    "Merge records into one of them",
    [_OBJECT],
    _WRITTEN,
    body=json_body("MergeRequest", required=True),
)
duplicates = _records(
    "duplicates_create",
    "Find records that have the same values",
    [_OBJECT, *_PAGE],
    {200: ref("PaginatedDuplicateGroupList")},
    body=json_body("DuplicatesRequest", required=True),
    example={"fields": ["name"]},
)

field_values = _records(
    "field_values_list",
    "The values of one field of a record",
    [
        _RECORD_BY_ID_ALONE,
        _FIELD,
        *_PAGE,
        query_parameter(
            "search", schemas.STRING, "Part of the display name, or of a contact's email."
        ),
    ],
    {200: ref("PaginatedFieldValuesList")},
)
pipeline_records = _records(
    "related_pipeline_records_create",
    "The pipeline records that point at a record",
    [_RECORD_BY_ID_ALONE, *_PAGE],
    {200: ref("PaginatedRelatedPipelineRecordList")},
    body=json_body("RelatedPipelineRecordsRequest"),
)
