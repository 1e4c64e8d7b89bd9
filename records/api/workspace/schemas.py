"""The components of the OpenAPI document that the Workspace API speaks in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import WORKSPACE, array, component, nullable, obj, or_null, ref
from records.services.webhooks import STATES, WORKSPACE_EVENTS

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
INTEGER: dict[str, Any] = {"type": "integer"}
EXTERNAL_ID: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
NUMBER: dict[str, Any] = {"type": "number"}
ANYTHING: dict[str, Any] = {}
VALUES: dict[str, Any] = {
    "type": "object",
    "additionalProperties": True,
    "description": "Slug to value.",
}


def _component(name: str, schema: dict[str, Any]) -> None:
    component(name, schema, WORKSPACE)


def page_component(name: str, item: str, **more: dict[str, Any]) -> None:
    page = {
        "items": array(ref(item)),
        "total": nullable(INTEGER),
        "page": INTEGER,
        "pageSize": INTEGER,
    }
    _component(name, obj(page, **more))


# ---------------------------------------------------------------- records

_ELSEWHERE = "Null only for some records in an external source."
_component(
    "DataRecordResponse",
    obj(
        {
            "id": nullable({**INTEGER, "description": _ELSEWHERE}),
            "uuid": UUID,
            "dataTypeId": INTEGER,
            "memberId": nullable(INTEGER),
            "externalId": nullable(STRING),
            "assignmentTaskId": nullable(INTEGER),
            "cancelled": BOOLEAN,
            "fieldValues": {
                **VALUES,
                "description": "Every visible field by slug; blank ones are null.",
            },
            "createdAt": nullable({**MOMENT, "description": _ELSEWHERE}),
            "updatedAt": nullable({**MOMENT, "description": _ELSEWHERE}),
            "version": INTEGER,
        },
        formulaErrors={
            "type": "object",
            "additionalProperties": STRING,
            "description": "Why formulas have no value, by slug; in single records alone.",
        },
    ),
)
_WRITTEN = {
    "fieldValues": nullable(VALUES),
    "memberId": nullable(
        {
            **INTEGER,
            "description": "The record's member, null for nobody; absent, a new record is the "
            "caller's, and others stay as they are.",
        }
    ),
    "externalId": nullable(EXTERNAL_ID),
    "assignmentTaskId": nullable(INTEGER),
}
_WITHOUT_ID = {name: schema for name, schema in _WRITTEN.items() if name != "externalId"}
_component("CreateDataRecordRequest", obj({}, **_WRITTEN))
_component("UpdateDataRecordRequest", obj({}, **_WRITTEN))
_component("UpsertDataRecordRequest", obj({}, **_WITHOUT_ID))
_component(
    "UpsertDataRecordByValueRequest",
    obj(
        {
            "matchField": {
                **STRING,
                "description": "The slug or label of a unique field, or of the external id's.",
            },
            "fieldValues": {**VALUES, "description": "Slug or label to value."},
        },
        **{name: schema for name, schema in _WRITTEN.items() if name != "fieldValues"},
    ),
)
page_component("DataRecordPage", "DataRecordResponse", nextCursor=nullable(STRING))
_component(
    "GroupRow",
    obj(
        {
            "group": {
                "type": "object",
                "additionalProperties": True,
                "description": "The group's values, as asked for; null for none.",
            },
            "aggregates": {
                "type": "object",
                "additionalProperties": True,
                "description": "The group's figures, as asked for.",
            },
        }
    ),
)
page_component("AggregatePage", "GroupRow")
_component("NullEnum", {"enum": [None]})
_component("DeletedResponse", obj({"status": {"type": "string", "enum": ["deleted"]}}))
_component("ValueChange", obj({"old": ANYTHING, "new": ANYTHING}))
_component(
    "RecordChangeResponse",
    obj(
        {
            "id": INTEGER,
            "recordId": INTEGER,
            "action": STRING,
            "memberId": nullable(INTEGER),
            "source": STRING,
            "requestId": STRING,
            "version": INTEGER,
            "changes": {
                "type": "object",
                "additionalProperties": ref("ValueChange"),
                "description": "By slug.",
            },
            "createdAt": MOMENT,
        }
    ),
)
page_component("RecordChangePage", "RecordChangeResponse")
_component(
    "DefinitionChange",
    obj(
        {
            "kind": {"type": "string", "enum": ["object", "category", "field", "option"]},
            "change": {"type": "string", "enum": ["created", "changed", "removed"]},
            "id": INTEGER,
            "slug": {**STRING, "description": "The slug or code; empty for a category."},
            "name": STRING,
        }
    ),
)
_component(
    "Change",
    obj(
        {
            "action": {
                **STRING,
                "description": "As in a record's history; `removed`: the record left the caller's "
                "sight; `defined`: a definition changed.",
            },
            "dataTypeId": INTEGER,
            "dataType": {**STRING, "description": "Its slug."},
            "recordId": nullable(INTEGER),
            "version": nullable(INTEGER),
            "externalId": nullable(STRING),
            "recordMemberId": {
                **nullable(INTEGER),
                "description": "The member that the record belongs to then.",
            },
            "fields": {
                "type": "object",
                "additionalProperties": ref("ValueChange"),
                "description": "By slug.",
            },
            "operationId": nullable(UUID),
            "source": nullable(STRING),
            "memberId": nullable(INTEGER),
            "apiKeyId": nullable(INTEGER),
            "reason": STRING,
            "createdAt": MOMENT,
            "definition": or_null(ref("DefinitionChange")),
        }
    ),
)
_component(
    "ChangePage",
    obj(
        {
            "changes": array(ref("Change")),
            "cursor": {**STRING, "description": "Send it as `after` to go on from here."},
            "more": {**BOOLEAN, "description": "Whether the next page may have changes already."},
        }
    ),
)
_component(
    "BulkDataRecordsRequest",
    obj(
        {"records": {**array(ref("CreateDataRecordRequest")), "maxItems": 1000}},
        upsert={**BOOLEAN, "description": "Update records that have these external ids."},
        matchField=nullable(
            {**STRING, "description": "With upsert: the unique field whose values match."}
        ),
        partial={
            **BOOLEAN,
            "description": "Store valid records even if others are refused; false: all or nothing.",
        },
    ),
)
_component(
    "BulkResult", obj({"index": INTEGER, "action": STRING, "record": ref("DataRecordResponse")})
)
_component("BulkError", obj({"index": INTEGER, "error": ref("Error")}))
_component(
    "BulkDataRecordsResponse",
    obj(
        {
            "totalCount": INTEGER,
            "importedCount": INTEGER,
            "success": {**BOOLEAN, "description": "Whether no record was refused."},
            "results": array(ref("BulkResult")),
            "errors": array(ref("BulkError")),
        }
    ),
)

# Without `partial`, one record that is refused refuses all.
_component(
    "BulkErrorResponse",
    obj(
        {"error": ref("Error")},
        totalCount=INTEGER,
        importedCount=INTEGER,
        success=BOOLEAN,
        results=array(ref("BulkResult")),
        errors=array(ref("BulkError")),
    ),
)

# ---------------------------------------------------------------- data types

_component(
    "MemberRecordCountsResponse",
    obj(
        {
            "counts": {
                "type": "object",
                "additionalProperties": INTEGER,
                "description": "By data type id.",
            }
        }
    ),
)
_FLAGS = dict.fromkeys(
    ("required", "unique", "shouldIndex", "isAdminOnly", "isExternalId"), BOOLEAN
)
_RULES = {
    "minimum": nullable(NUMBER),
    "maximum": nullable(NUMBER),
    "pattern": nullable({"type": "string", "description": "Must match the whole text (RE2)."}),
    "expression": nullable(
        {
            "type": "string",
            "description": "The formula in CEL, over `record.data`, `member` and `now`.",
        }
    ),
    "resultType": nullable(
        {
            "type": "string",
            "enum": ["text", "number", "boolean", "date"],
            "description": "Of a formula.",
        }
    ),
}
_VALIDATION = {
    "validation": nullable(
        {
            "type": "string",
            "maxLength": 1000,
            "description": "CEL over `value`, `record.data`, `member` and `now`; each value that "
            "is not blank must make it true.",
        }
    ),
    "validationMessage": nullable(
        {"type": "string", "maxLength": 255, "description": "The message where it is not true."}
    ),
}
_component(
    "DataTypeFieldResponse",
    obj(
        {
            "id": INTEGER,
            "name": STRING,
            "slug": STRING,
            "fieldType": STRING,
            "description": STRING,
            **_FLAGS,
            "readOnly": BOOLEAN,
            "options": array({"anyOf": [STRING, ref("DataTypeOption")]}),
            **_RULES,
            **_VALIDATION,
        }
    ),
)
_component("DataTypeOption", obj({"id": INTEGER, "name": STRING, "code": STRING}))
_component(
    "DataTypeOptionRequest",
    obj(
        {"name": STRING},
        id=nullable({**INTEGER, "description": "Of an option to rename."}),
        code={**STRING, "description": "Of a new option; it never changes."},
    ),
)
_OPTIONS_SENT = array({"anyOf": [STRING, ref("DataTypeOptionRequest")]})
_SENT = {
    "slug": STRING,
    "description": STRING,
    "options": _OPTIONS_SENT,
    "formula": nullable({"type": "string", "description": "The same as `expression`."}),
    **_FLAGS,
    **_RULES,
    **_VALIDATION,
}
_component(
    "DataTypeFieldRequest",
    obj(
        {},
        id={**INTEGER, "description": "Id of an existing field to change."},
        name=STRING,
        fieldType=STRING,
        **_SENT,
    ),
)
_component("CreateDataTypeFieldRequest", obj({"name": STRING, "fieldType": STRING}, **_SENT))
_component(
    "OptionDeletedResponse",
    obj(
        {
            "status": {"type": "string", "enum": ["deleted"]},
            "replaced": {**INTEGER, "description": "Records that were changed."},
        }
    ),
)
_TYPE = {
    "description": STRING,
    "prompt": {**STRING, "description": "Instructions for agents that fill in its records."},
    "isCollection": BOOLEAN,
    "isPinned": BOOLEAN,
    "pinned": {**BOOLEAN, "description": "The same as isPinned; send one of them."},
    "fields": array(ref("DataTypeFieldRequest")),
}
_component("CreateDataTypeRequest", obj({"name": STRING}, slug=STRING, **_TYPE))
_component(
    "CloneDataTypeRequest",
    obj(
        {},
        name={**STRING, "description": "Default: Copy of and the name."},
        slug={**STRING, "description": "Default: a free one made of the name."},
    ),
)
_component("UpdateDataTypeRequest", obj({}, name=STRING, slug=STRING, archived=BOOLEAN, **_TYPE))
_component(
    "DataTypeResponse",
    obj(
        {
            "id": INTEGER,
            "uuid": UUID,
            "name": STRING,
            "slug": STRING,
            "description": STRING,
            "prompt": STRING,
            "isCollection": BOOLEAN,
            "isPinned": BOOLEAN,
            "archived": BOOLEAN,
            "recordCount": INTEGER,
            "fields": array(ref("DataTypeFieldResponse")),
            "createdAt": MOMENT,
            "updatedAt": MOMENT,
        }
    ),
)
_component(
    "ViolationsResponse",
    obj(
        {
            "violations": {**INTEGER, "description": "Live records that break a validation."},
            "sample": {**array(INTEGER), "description": "Ids of the first ten of them."},
        }
    ),
)
_component("ArchivedResponse", obj({"status": {"type": "string", "enum": ["archived"]}}))
_component("ValidateSlugRequest", obj({"slug": STRING}))
_component(
    "ValidateSlugResponse",
    obj({"valid": BOOLEAN, "available": BOOLEAN, "suggestion": nullable(STRING)}),
)

# ---------------------------------------------------------------- refusals

_component(
    "Error",
    obj(
        {
            "code": STRING,
            "message": STRING,
            "details": {
                "type": "object",
                "additionalProperties": True,
                "description": "For invalid values: all messages by slug.",
            },
        }
    ),
)
_component("ErrorResponse", obj({"error": ref("Error")}))

# ---------------------------------------------------------------- webhooks

_TOLD = {
    "name": {**STRING, "minLength": 1, "maxLength": 255},
    "url": {**STRING, "maxLength": 1000, "description": "https:// and a public host."},
    "events": {**array(STRING), "description": f"Of {', '.join(WORKSPACE_EVENTS)}; empty for all."},
    "dataTypeIds": {**array(INTEGER), "description": "Empty for all."},
    "conditions": nullable(
        {**STRING, "description": "CEL over `record.data`, `member` and `now`; null for always."}
    ),
    "active": BOOLEAN,
}
_WEBHOOK = {
    "id": INTEGER,
    "uuid": UUID,
    **_TOLD,
    "stoppedReason": nullable({**STRING, "description": "Why it was stopped, if nobody did it."}),
    "createdAt": MOMENT,
}
_component("WebhookResponse", obj(_WEBHOOK))
_component(
    "WebhookWithSecretResponse",
    obj(
        {
            **_WEBHOOK,
            "secret": nullable({**STRING, "description": "Shown only here. Null in a dry run."}),
        }
    ),
)
page_component("WebhookPage", "WebhookResponse")
_component("UpdateWebhookRequest", obj({}, **_TOLD))
_component(
    "CreateWebhookRequest",
    obj(
        {"name": _TOLD["name"], "url": _TOLD["url"]},
        **{key: schema for key, schema in _TOLD.items() if key not in ("name", "url")},
    ),
)
_component(
    "WebhookTestResponse",
    obj(
        {
            "status": nullable({**INTEGER, "description": "Null where there was no answer."}),
            "durationMs": INTEGER,
            "problem": STRING,
        }
    ),
)
_component(
    "WebhookDeliveryResponse",
    obj(
        {
            "id": INTEGER,
            "uuid": UUID,
            "webhookId": {**STRING, "description": "The header webhook-id."},
            "event": STRING,
            "dataTypeId": INTEGER,
            "recordId": nullable(INTEGER),
            "state": {"type": "string", "enum": list(STATES)},
            "attempts": INTEGER,
            "status": nullable(INTEGER),
            "durationMs": nullable(INTEGER),
            "problem": STRING,
            "createdAt": MOMENT,
            "attemptedAt": nullable(MOMENT),
            "nextAttemptAt": nullable(MOMENT),
        }
    ),
)
page_component("WebhookDeliveryPage", "WebhookDeliveryResponse")
