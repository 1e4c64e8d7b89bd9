"""The components of the OpenAPI document that the Records API speaks in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import (
    array,
    component,
    nullable,
    obj,
    one_of,
    or_null,
    page_of,
    ref,
)

from .responses import LEAD_SOURCES

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
ANYTHING: dict[str, Any] = {}
STRINGS = array(STRING)
MESSAGES = one_of(STRINGS, {"type": "object", "additionalProperties": STRINGS})

# ---------------------------------------------------------------- records

component("ValueEnum", {"enum": list(LEAD_SOURCES), "type": "string"})
component("LeadSourceType", obj({"value": ref("ValueEnum"), "label": STRING}))
component("AccessSerpy", obj({"view": BOOLEAN, "edit": BOOLEAN, "remove": BOOLEAN}))
component(
    "ClientInfo",
    obj(
        {"num_addresses_v2": INTEGER, "display_name": STRING, "email_on_suppression_list": BOOLEAN}
    ),
)
component(
    "SerializedFieldValueDict",
    obj(
        {
            "id": STRING,
            "field_type": STRING,
            "display_name": STRING,
            "value": {
                "description": "A scalar, an array or an object, depending on the field type."
            },
        },
        name={"type": "string", "description": "The field's API name."},
        value_summary={
            **obj({"count": INTEGER}),
            "description": "The number of values, if there are more than 100.",
        },
        formula_error={
            "type": "string",
            "description": "Why the formula has no value; in single records alone.",
        },
    ),
)
component(
    "Fields",
    {
        "type": "object",
        "additionalProperties": ref("SerializedFieldValueDict"),
        "description": "Keyed by field id; blank values are left out.",
    },
)
_ROW = {
    "id": UUID,
    "object_type": STRING,
    "fields": ref("Fields"),
    "access": ref("AccessSerpy"),
}
_NAME: dict[str, Any] = {
    "name": {"type": "string", "description": "The display name."},
    "display_name": STRING,
}
_EXTERNAL = {
    "external_id": nullable({"type": "string", "description": "What another system calls it."}),
    "external_source": {"type": "string", "description": "Which system; empty for no named one."},
    "member_id": nullable(
        {"type": "string", "format": "uuid", "description": "The member that it belongs to."}
    ),
    "cancelled": {"type": "boolean", "description": "Its work has ended; its values stay."},
    "version": {"type": "integer", "description": "What `If-Match` and `if_version` compare."},
}
component(
    "EntityRecordDetail",
    obj(
        {
            **_ROW,
            "num_upcoming_activities": INTEGER,
            "client_info": ref("ClientInfo"),
            "num_associated_team_members": INTEGER,
            "lead_source_types": array(ref("LeadSourceType")),
        },
        **_NAME,  # always there, though the contract does not say so
        **_EXTERNAL,
        action={
            "type": "string",
            "enum": ["created", "updated", "unarchived", "unchanged", "merged"],
            "description": "What the write did.",
        },
    ),
)
component("EntityRecord", obj({**_ROW, **_NAME}, **_EXTERNAL))
component("PaginatedEntityRecordList", page_of(ref("EntityRecord")))
component(
    "StageOfRecord",
    obj({"id": UUID, "name": STRING, "status": STRING, "order": nullable(INTEGER)}),
)
component(
    "RelatedPipelineRecord",
    obj(
        {
            **_ROW,
            **_NAME,
            "object_name": {"type": "string", "description": "The object's plural label."},
            "stage": {**or_null(ref("StageOfRecord")), "description": "Null if not visible."},
        },
        **_EXTERNAL,
    ),
)
component("PaginatedRelatedPipelineRecordList", page_of(ref("RelatedPipelineRecord")))
component(
    "EntityRecordSearchPage",
    page_of(ref("EntityRecord"), next_cursor=nullable(STRING), count=nullable(INTEGER)),
)

# ---------------------------------------------------------------- writes

_ENTRY = {
    **one_of(STRING, {"type": "object", "additionalProperties": True}),
    "description": "An id or a name, or an object with one of them.",
}
component("NullEnum", {"enum": [None]})
component("ArchivedConflictEnum", {"enum": ["overwrite"], "type": "string"})
component("UnarchiveEnum", {"enum": ["prompt", "unarchive", "overwrite"], "type": "string"})
component(
    "FieldRequest",
    obj(
        {},
        id=nullable(UUID),
        name=nullable({"type": "string", "minLength": 1}),
        value={
            "description": "A scalar, an array or an object, depending on the field type; "
            "null clears it."
        },
        add_values=nullable(array(_ENTRY)),
        remove_values=nullable(array(_ENTRY)),
    ),
)
_FIELDS = {"fields": array(ref("FieldRequest"))}


_NAMED = {
    "external_id": nullable(
        {"type": "string", "maxLength": 255, "description": "Null takes the external id away."}
    ),
    "external_source": nullable({"type": "string", "maxLength": 255}),
    "member_id": nullable(
        {
            "type": "string",
            "description": "The member that it belongs to: an id, or is_me; null for nobody.",
        }
    ),
}


def _or_null(name: str) -> dict[str, Any]:
    """As the contract writes it; without a type, `nullable` would say nothing."""
    return {**STRING, **nullable(or_null(ref(name)))}


component(
    "EntityRecordUpdateRequest",
    obj(_FIELDS, archived_conflict=_or_null("ArchivedConflictEnum"), **_NAMED),
)
component(
    "PatchedEntityRecordUpdateRequest",
    obj({}, **_FIELDS, archived_conflict=_or_null("ArchivedConflictEnum"), **_NAMED),
)
component("EntityRecordAddRequest", obj(_FIELDS, unarchive=_or_null("UnarchiveEnum"), **_NAMED))
component(
    "EntityRecordUpsertRequest",
    obj(
        {"lookup_value": STRING},
        **_FIELDS,
        match_field=nullable(
            {"type": "string", "description": "A unique field's API name, or `external_id`."}
        ),
        oncreate_unarchive=_or_null("UnarchiveEnum"),
        onupdate_archived_conflict=_or_null("ArchivedConflictEnum"),
        **_NAMED,
    ),
)
_NEIGHBOUR = nullable(
    {
        "type": "string",
        "format": "uuid",
        "description": "A record in the stage; otherwise without effect.",
    }
)
component(
    "MoveRequest",
    obj(
        {"stage_id": UUID},
        move_before_record_id=_NEIGHBOUR,
        move_after_record_id=_NEIGHBOUR,
    ),
)

# ---------------------------------------------------------------- refusals

component("Problem", obj({"detail": STRING, "code": STRING}))
component(
    "UpstreamProblem",
    obj(
        {"detail": STRING, "code": STRING},
        upstream_status=nullable({"type": "integer", "description": "Null if it did not answer."}),
        outcome={"type": "string", "enum": ["applied", "refused", "unknown"]},
    ),
)
_PARTS = {part: {**MESSAGES, "readOnly": True} for part in ("value", "add_values", "remove_values")}
component("_FieldError", obj({}, id=STRINGS, name=STRINGS, **_PARTS))
component(
    "ErrorResponse",
    obj(
        {"fields": array(ref("_FieldError"))},
        non_field_errors=STRINGS,
        codes={
            **array(ref("_FieldError")),
            "description": "Codes of the messages, in the shape of `fields`.",
        },
        non_field_codes=STRINGS,
        detail={"type": "string", "description": "All messages in one text."},
        code={"type": "string", "description": "The first code."},
        archived_record_id={
            **UUID,
            "description": "The archived record that holds the identifier.",
        },
    ),
)

# ---------------------------------------------------------------- batches

component(
    "BatchItem",
    {
        **obj(
            {},
            id={**UUID, "description": "Names the record, except in create and upsert."},
            lookup_value={
                "type": "string",
                "description": "The record's identifier, or a value of `match_field`.",
            },
            external_id={
                "type": "string",
                "maxLength": 255,
                "description": "Names the record where nothing else does; else it is given to it.",
            },
            external_source={"type": "string", "maxLength": 255},
            member_id=_NAMED["member_id"],
            if_version={
                **INTEGER,
                "minimum": 0,
                "description": "412 unless the record is at this version.",
            },
            **_FIELDS,
        ),
        "description": "One record, and what is written to it.",
    },
)
component(
    "BatchRequest",
    obj(
        {
            "mode": {
                "type": "string",
                "enum": ["create", "update", "upsert", "patch", "archive"],
                "description": "`update` clears what is not listed, `patch` keeps it.",
            },
            "items": {**array(ref("BatchItem")), "minItems": 1, "maxItems": 1000},
        },
        match_field=nullable(
            {"type": "string", "description": "A unique field's API name, or `external_id`."}
        ),
        on_error={
            "type": "string",
            "enum": ["stop", "continue"],
            "description": "`stop` (default): all items or none. `continue`: each that can be.",
        },
        unarchive=_or_null("UnarchiveEnum"),
        archived_conflict=_or_null("ArchivedConflictEnum"),
    ),
)
component(
    "BatchResult",
    obj(
        {
            "status": {**INTEGER, "description": "As for a request of its own."},
            "id": nullable(UUID),
            "action": {
                "type": "string",
                "enum": [
                    *("created", "updated", "unchanged", "archived", "unarchived"),
                    *("refused", "not_stored"),
                ],
            },
            "version": nullable(INTEGER),
        },
        errors={
            "type": "object",
            "additionalProperties": True,
            "description": "Why the item was refused, as the body of a request of its own.",
        },
    ),
)
_COUNTS = dict.fromkeys(
    ("created", "updated", "unchanged", "archived", "unarchived", "failed"), INTEGER
)
_BATCH = {"results": array(ref("BatchResult")), **_COUNTS, "operation_id": UUID}
component("BatchResponse", obj(_BATCH))
component("BatchRefusal", obj({"detail": STRING, "code": STRING}, **_BATCH))
_NAMES = {"ids": STRINGS, "names": STRINGS, "external_ids": STRINGS}
component(
    "BatchGetRequest",
    obj(
        {},
        **{key: nullable(schema) for key, schema in _NAMES.items()},
        external_source=nullable(STRING),
        field_names=nullable(STRINGS),
        field_ids=nullable(array(UUID)),
    ),
)
component(
    "BatchGetResponse",
    obj(
        {
            "results": array(ref("EntityRecord")),
            "missing": {**obj(_NAMES), "description": "The names that lead to no record."},
        }
    ),
)

# ---------------------------------------------------------------- values, history

_PERSON = ("first_name", "last_name", "full_name", "email", "display_name")
component("ClientTypeaheadSearch", obj({"id": UUID, **dict.fromkeys(_PERSON, STRING)}))
component("RelationshipFieldValue", obj({"id": UUID, "name": STRING, "display_name": STRING}))
component("FieldValues", one_of(ref("ClientTypeaheadSearch"), ref("RelationshipFieldValue")))
component("PaginatedFieldValuesList", page_of(ref("FieldValues")))
component(
    "FieldChange",
    obj(
        {
            "id": UUID,
            "name": STRING,
            "field_type": STRING,
            "display_name": STRING,
            "old": ANYTHING,
            "new": ANYTHING,
        }
    ),
)
component(
    "Author",
    obj(
        {
            "id": UUID,
            "deleted": BOOLEAN,
            **dict.fromkeys(("first_name", "last_name", "email"), STRING),
        }
    ),
)
component(
    "HistoryEntry",
    obj(
        {
            "id": INTEGER,
            "version": INTEGER,
            "action": STRING,
            "created": {"type": "string", "format": "date-time"},
            "member": or_null(ref("Author")),
            "source": STRING,
            "api_key_id": nullable(INTEGER),
            "request_id": STRING,
            "operation_id": UUID,
            "reason": STRING,
            "changes": array(ref("FieldChange")),
        }
    ),
)
component(
    "RestoreRequest",
    obj(
        {},
        version=nullable({**INTEGER, "minimum": 1, "description": "The version to go back to."}),
        as_of=nullable(
            {"type": "string", "format": "date-time", "description": "Instead: the time."}
        ),
        fields=nullable(
            {**array(STRING), "description": "API names; by default all that you may write."}
        ),
    ),
)
component(
    "FieldBlame",
    obj(
        {
            "id": UUID,
            "name": STRING,
            "field_type": STRING,
            "display_name": STRING,
            "value": ANYTHING,
            "since": {"type": "string", "format": "date-time"},
            "version": INTEGER,
            "action": STRING,
            "member": or_null(ref("Author")),
            "source": STRING,
            "api_key_id": nullable(INTEGER),
            "request_id": STRING,
            "operation_id": UUID,
            "reason": STRING,
        }
    ),
)
component("Blame", obj({"id": UUID, "version": INTEGER, "fields": array(ref("FieldBlame"))}))
component("PaginatedHistoryEntryList", page_of(ref("HistoryEntry")))


# ---------------------------------------------------------------- the change feed

component("ValueChange", obj({"old": ANYTHING, "new": ANYTHING}))
component(
    "DefinitionChange",
    obj(
        {
            "kind": {"type": "string", "enum": ["object", "category", "field", "option"]},
            "change": {"type": "string", "enum": ["created", "changed", "removed"]},
            "id": UUID,
            "name": {**STRING, "description": "The API name or code; empty for a category."},
            "label": STRING,
        }
    ),
)
component(
    "Change",
    obj(
        {
            "action": {
                **STRING,
                "description": "As in a record's history; `removed`: the record left the caller's "
                "sight; `defined`: a definition changed.",
            },
            "object": STRING,
            "record_id": nullable(UUID),
            "version": nullable(INTEGER),
            "external_id": nullable(STRING),
            "external_source": nullable(STRING),
            "record_member_id": {
                **nullable(UUID),
                "description": "The member that the record belongs to then.",
            },
            "fields": {
                "type": "object",
                "additionalProperties": ref("ValueChange"),
                "description": "By API name.",
            },
            "operation_id": nullable(UUID),
            "source": nullable(STRING),
            "member_id": nullable(UUID),
            "api_key_id": nullable(INTEGER),
            "reason": STRING,
            "created": {"type": "string", "format": "date-time"},
            "definition": or_null(ref("DefinitionChange")),
        }
    ),
)
component(
    "ChangePage",
    obj(
        {
            "changes": array(ref("Change")),
            "cursor": {**STRING, "description": "Send it as `after` to go on from here."},
            "more": {**BOOLEAN, "description": "Whether the next page may have changes already."},
        }
    ),
)
