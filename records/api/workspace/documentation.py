"""What the OpenAPI document says of each operation of the Workspace API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from records.api.openapi import (
    PAGE_SIZE,
    View,
    array,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)
from records.services.webhooks import STATES

from . import schemas
from .requests import DEFAULT_SIZE

_WORKSPACE = path_parameter("workspace_uuid", schemas.UUID)
_TYPE = path_parameter("data_type_id", schemas.INTEGER)
_RECORD = path_parameter("record_id", schemas.INTEGER)
_PAGE = page_parameters("pageSize", DEFAULT_SIZE)
_RECORD_ANSWER = ref("DataRecordResponse")


def _operation(
    name: str, tag: str, summary: str, parameters: list[Any], responses: dict[int, Any], **more: Any
) -> Callable[[View], View]:
    return operation(name, tag, summary, [_WORKSPACE, *parameters], responses, **more)


def _records(name: str, summary: str, *parameters: Any, **more: Any) -> Callable[[View], View]:
    responses = more.pop("responses", {200: _RECORD_ANSWER})
    return _operation(name, "records", summary, [_TYPE, *parameters], responses, **more)


def _types(name: str, summary: str, *parameters: Any, **more: Any) -> Callable[[View], View]:
    responses = more.pop("responses", {200: ref("DataTypeResponse")})
    return _operation(name, "data types", summary, list(parameters), responses, **more)


# ---------------------------------------------------------------- records

_FIELD_NAMES = query_parameter(
    "fieldNames",
    schemas.STRING,
    "Comma-separated slugs of the values to return, or airport.city for the city of the record "
    "that airport links to. Default: all of the type.",
)
_SORTED = [
    query_parameter("sortBy", schemas.STRING, "createdAt, updatedAt or a slug."),
    query_parameter("sortOrder", {"type": "string", "enum": ["asc", "desc"]}),
]
_FOUND = [
    query_parameter("search", schemas.STRING, "Part of any text."),
    query_parameter("externalId", schemas.STRING),
    query_parameter("memberId", schemas.INTEGER),
    query_parameter("assignmentTaskId", schemas.INTEGER),
    query_parameter("assignmentTaskId__isnull", schemas.BOOLEAN),
    query_parameter("createdAt__gt", schemas.STRING, "Also __gte, __lt, __lte, and updatedAt."),
    query_parameter("cancelled", schemas.BOOLEAN, "Only these, or only others."),
    query_parameter(
        "archived", schemas.BOOLEAN, "Archived records instead, for those who may see all."
    ),
]
_FILES = {
    "text/csv": schemas.STRING,
    "application/x-ndjson": schemas.STRING,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
        "type": "string",
        "format": "binary",
    },
}
export_records = _records(
    "export_data_records",
    "Records as a file, whole when the answer begins. Any slug is a parameter, as in a list",
    query_parameter("format", {"type": "string", "enum": ["csv", "jsonl", "xlsx"]}),
    _FIELD_NAMES,
    *_SORTED,
    *_FOUND,
    responses={(200, form): shown for form, shown in _FILES.items()},
)
list_records = _records(
    "list_data_records",
    "Find records. Any slug is a parameter, alone or with __gt, __gte, __lt, __lte, "
    "__contains, __in, __isnull",
    *_PAGE,
    _FIELD_NAMES,
    *_SORTED,
    *_FOUND,
    query_parameter(
        "cursor", schemas.STRING, "Cursor of the next page, or empty to start. No count."
    ),
    query_parameter("count", {"type": "string", "enum": ["exact", "none"]}),
    responses={200: ref("DataRecordPage")},
)
aggregate_records = _records(
    "aggregate_data_records",
    "Figures of the records that a list with these parameters has, for each group of them. Any "
    "slug is a parameter, as in a list",
    query_parameter(
        "aggregate",
        schemas.STRING,
        "Comma-separated figures: count, or count, distinct, sum, avg, min or max of a slug, such "
        "as sum:amount. Default: count.",
    ),
    query_parameter(
        "groupBy",
        schemas.STRING,
        "Comma-separated slugs, or airport.city for the city of the record that airport links to; "
        "dates by day, week, month, quarter or year: opened:month.",
    ),
    *_PAGE,
    query_parameter("sortBy", schemas.STRING, "A figure or a group, as it was asked for."),
    query_parameter("sortOrder", {"type": "string", "enum": ["asc", "desc"]}),
    *_FOUND,
    responses={200: ref("AggregatePage")},
)
create_record = _records(
    "create_data_record",
    "Create a record",
    responses={201: _RECORD_ANSWER},
    body=json_body("CreateDataRecordRequest", required=True),
)
retrieve_record = _records("get_data_record", "Read a record", _RECORD, _FIELD_NAMES)
update_record = _records(
    "update_data_record",
    "Change the fields that are sent",
    _RECORD,
    responses={200: _RECORD_ANSWER},
    body=json_body("UpdateDataRecordRequest", required=True),
)
update_record_by_external_id = _records(
    "update_data_record_by_external_id",
    "Change the record that has this external id",
    query_parameter("externalId", schemas.EXTERNAL_ID, required=True),
    responses={200: _RECORD_ANSWER},
    body=json_body("UpsertDataRecordRequest", required=True),
)
upsert_record = _records(
    "upsert_data_record",
    "Change the record that has this external id, or create it",
    path_parameter("external_id", schemas.EXTERNAL_ID),
    responses={200: _RECORD_ANSWER, 201: _RECORD_ANSWER},
    body=json_body("UpsertDataRecordRequest", required=True),
)
upsert_record_by_value = _records(
    "upsert_data_record_by_value",
    "Change the record that has this value of a unique field, or create it",
    responses={200: _RECORD_ANSWER, 201: _RECORD_ANSWER},
    body=json_body("UpsertDataRecordByValueRequest", required=True),
)
destroy_record = _records(
    "delete_data_record",
    "Permanently delete a record, with its history",
    _RECORD,
    responses={200: ref("DeletedResponse")},
)
list_changes = _records(
    "list_data_record_changes",
    "The history of a record, newest first",
    _RECORD,
    *_PAGE,
    responses={200: ref("RecordChangePage")},
)
list_feed = _operation(
    "list_changes",
    "changes",
    "Follow everything that happens, in the order of commits",
    [
        query_parameter(
            "after",
            schemas.STRING,
            "The `cursor` of the last page. Absent: from the beginning; `now`: from here on.",
        ),
        query_parameter("dataTypeIds", schemas.STRING, "Comma-separated ids; absent: all."),
        query_parameter("limit", {**PAGE_SIZE, "default": 100}),
        query_parameter(
            "wait",
            {"type": "integer", "minimum": 0, "maximum": 30, "default": 0},
            "Seconds to wait for a change where there is none yet.",
        ),
    ],
    {200: ref("ChangePage")},
)
bulk_records = _records(
    "bulk_data_records",
    "Create or change many records",
    responses={200: ref("BulkDataRecordsResponse"), 400: ref("BulkErrorResponse")},
    body=json_body("BulkDataRecordsRequest", required=True),
)

# ---------------------------------------------------------------- data types

_OPTIONS = query_parameter(
    "options",
    {"type": "string", "enum": ["names", "full"]},
    "full: options as objects with their ids.",
)
_SORTS = ["createdAt", "name", "slug", "updatedAt", "recordCount"]
list_types = _types(
    "list_data_types",
    "The data types",
    _OPTIONS,
    query_parameter("archived", schemas.BOOLEAN, "Archived data types instead."),
    query_parameter("sortBy", {"type": "string", "enum": _SORTS}),
    query_parameter("sortOrder", {"type": "string", "enum": ["asc", "desc"]}),
    responses={200: array(ref("DataTypeResponse"))},
)
create_type = _types(
    "create_data_type",
    "Create a data type",
    _OPTIONS,
    responses={201: ref("DataTypeResponse")},
    body=json_body("CreateDataTypeRequest", required=True),
)
retrieve_type = _types("get_data_type", "Read a data type", _TYPE, _OPTIONS)
retrieve_type_by_slug = _types(
    "get_data_type_by_slug",
    "Read a data type by its slug",
    path_parameter("slug", schemas.STRING),
    _OPTIONS,
)
_CHECK = query_parameter(
    "check",
    schemas.BOOLEAN,
    "Save nothing, and answer how many records break the validations that are sent.",
)
update_type = _types(
    "update_data_type",
    "Change a data type, and the fields that are sent",
    _TYPE,
    _CHECK,
    _OPTIONS,
    responses={200: {"oneOf": [ref("DataTypeResponse"), ref("ViolationsResponse")]}},
    body=json_body("UpdateDataTypeRequest", required=True),
)
_FORCE = query_parameter("force", schemas.BOOLEAN, "Archive it even if it has live records.")
archive_type = _types("archive_data_type", "Archive a data type", _TYPE, _FORCE, _OPTIONS)
unarchive_type = _types("unarchive_data_type", "Bring an archived data type back", _TYPE, _OPTIONS)
destroy_type = _types(
    "delete_data_type",
    "Archive a data type",
    _TYPE,
    _FORCE,
    responses={200: ref("ArchivedResponse")},
)
clone_type = _types(
    "clone_data_type",
    "Copy the definition of a data type, without its records",
    _TYPE,
    _OPTIONS,
    responses={201: ref("DataTypeResponse")},
    body=json_body("CloneDataTypeRequest"),
)
_FIELD = path_parameter("field_id", schemas.INTEGER)
_FIELD_ANSWER = ref("DataTypeFieldResponse")
create_field = _types(
    "create_data_type_field",
    "Add a field to a data type",
    _TYPE,
    _OPTIONS,
    responses={201: _FIELD_ANSWER},
    body=json_body("CreateDataTypeFieldRequest", required=True),
)
update_field = _types(
    "update_data_type_field",
    "Change what is sent of a field; options that are sent are added, or renamed by their ids",
    _TYPE,
    _FIELD,
    _CHECK,
    _OPTIONS,
    responses={200: {"oneOf": [_FIELD_ANSWER, ref("ViolationsResponse")]}},
    body=json_body("DataTypeFieldRequest", required=True),
)
destroy_field = _types(
    "delete_data_type_field",
    "Delete a field with its values",
    _TYPE,
    _FIELD,
    query_parameter(
        "force", schemas.BOOLEAN, "Delete it even if records have a value, or something names it."
    ),
    responses={200: ref("DeletedResponse")},
)
destroy_option = _types(
    "delete_data_type_option",
    "Delete an option of a field",
    _TYPE,
    _FIELD,
    path_parameter("name", schemas.STRING),
    query_parameter("replaceWith", schemas.STRING, "The option that its records get."),
    query_parameter("force", schemas.BOOLEAN, "Clear it in the records that have it."),
    responses={200: ref("OptionDeletedResponse")},
)
validate_slug = _types(
    "validate_data_type_slug",
    "Check whether a slug is available",
    responses={200: ref("ValidateSlugResponse")},
    body=json_body("ValidateSlugRequest", required=True),
)
member_record_counts = _types(
    "get_member_record_counts",
    "How many records of each data type a member has",
    query_parameter("memberId", schemas.INTEGER, "Default: the caller."),
    responses={200: ref("MemberRecordCountsResponse")},
)


# ---------------------------------------------------------------- webhooks


def _webhooks(name: str, summary: str, *parameters: Any, **more: Any) -> Callable[[View], View]:
    responses = more.pop("responses", {200: ref("WebhookResponse")})
    return _operation(name, "webhooks", summary, list(parameters), responses, **more)


_WEBHOOK = path_parameter("webhook_id", schemas.INTEGER)
list_webhooks = _webhooks(
    "list_webhooks", "List webhooks", *_PAGE, responses={200: ref("WebhookPage")}
)
create_webhook = _webhooks(
    "create_webhook",
    "Create a webhook, which tells what happens from now on",
    responses={201: ref("WebhookWithSecretResponse")},
    body=json_body("CreateWebhookRequest", required=True),
    example={
        "name": "Shop",
        "url": "https://shop.example.com/hook",
        "events": ["data_record:created"],
    },
)
retrieve_webhook = _webhooks("get_webhook", "Read a webhook", _WEBHOOK)
update_webhook = _webhooks(
    "update_webhook",
    "Change the settings that are sent",
    _WEBHOOK,
    body=json_body("UpdateWebhookRequest"),
    example={"active": True},
)
delete_webhook = _webhooks(
    "delete_webhook", "Delete a webhook", _WEBHOOK, responses={200: ref("DeletedResponse")}
)
rotate_secret = _webhooks(
    "rotate_webhook_secret",
    "Give a webhook a new secret; the old one signs too for a while",
    _WEBHOOK,
    responses={200: ref("WebhookWithSecretResponse")},
)
try_webhook = _webhooks(
    "test_webhook", "Send a sample", _WEBHOOK, responses={200: ref("WebhookTestResponse")}
)
list_deliveries = _webhooks(
    "list_webhook_deliveries",
    "List the deliveries of a webhook, newest first",
    _WEBHOOK,
    query_parameter("state", {"type": "string", "enum": list(STATES)}),
    *_PAGE,
    responses={200: ref("WebhookDeliveryPage")},
)
