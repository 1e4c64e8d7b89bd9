"""The components of the OpenAPI document that the metadata speaks in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from records.api.openapi import array, component, nullable, obj, or_null, page_of, ref
from records.services.shaping import ORDERINGS, documented_settings

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
ANYTHING: dict[str, Any] = {}
EXTENT: dict[str, Any] = {"type": "string", "enum": ["none", "own", "all"]}
STATUS: dict[str, Any] = {"type": "string", "enum": ["open", "won", "lost", "disqualified"]}
CARDINALITIES = ["one_to_one", "many_to_one", "one_to_many", "many_to_many"]
RELATIONS = ["one_to_one", "primary", "primary_for", "additional", "additional_for"]

component("RecordGrant", obj({"create": BOOLEAN, "view": EXTENT, "edit": EXTENT, "remove": EXTENT}))
component("FieldAccess", obj({"view": BOOLEAN, "edit": BOOLEAN}))
component("JsonSchema", {"type": "object", "additionalProperties": True})

# ---------------------------------------------------------------- objects

_OBJECT_ROW: dict[str, Any] = {
    "id": UUID,
    "name": STRING,
    "object_name": STRING,
    "entity_name": STRING,
    "object_type": {"type": "string", "enum": ["standard", "pipeline", "contact"]},
    "description": STRING,
    "is_custom": BOOLEAN,
    "is_archived": BOOLEAN,
    "created": {"type": "string", "format": "date-time"},
    "entity_display_name_pattern_text": STRING,
    "default_color": STRING,
    "default_icon": STRING,
    "access": obj(
        {"view": BOOLEAN, "edit": BOOLEAN, "remove": BOOLEAN, "records": ref("RecordGrant")}
    ),
}
_OBJECT_MORE: dict[str, Any] = {
    "identifier_field": nullable(STRING),
    "pipeline": obj({"stages": array(ref("PipelineStage"))}),
}
component("CustomObject", obj(_OBJECT_ROW, **_OBJECT_MORE))
component("PaginatedCustomObjectList", page_of(ref("CustomObject")))
_OBJECT = {
    "description": STRING,
    "entity_display_name_pattern_text": {
        "type": "string",
        "description": "For instance: {name} of {company}",
    },
    "default_color": STRING,
    "default_icon": STRING,
}
component(
    "CustomObjectRequest",
    obj(
        {"object_name": STRING, "entity_name": STRING},
        name={"type": "string", "description": "The API name; by default a slug of the label."},
        object_type={"type": "string", "enum": ["standard", "pipeline"]},
        pipeline=obj({}, stages=array(ref("PipelineStageRequest"))),
        identifier_field={
            "type": "string",
            "nullable": True,
            "description": "The field that identifies records; null for records without a name.",
        },
        **_OBJECT,
    ),
)
component("PatchedCustomObjectRequest", obj({}, object_name=STRING, entity_name=STRING, **_OBJECT))

# ---------------------------------------------------------------- fields

component("Option", obj({"id": UUID, "name": STRING, "code": STRING, "order": INTEGER}))
component("OptionRequest", obj({"name": STRING}, code=STRING, order=INTEGER))
component("PatchedOptionRequest", obj({}, name=STRING, order=INTEGER))
component(
    "ReplaceOptionRequest",
    obj(
        {},
        id={**UUID, "description": "The option that stays."},
        replacement_option_id={**UUID, "description": "The same; send one of them."},
    ),
)
component("Replaced", obj({"replaced_count": INTEGER}))
component(
    "Relation",
    obj(
        {
            "relation_type": {"type": "string", "enum": RELATIONS},
            "cardinality": {"type": "string", "enum": CARDINALITIES},
        },
        related_object=nullable(UUID),
        related_object_name=nullable(STRING),
        related_object_object_name=nullable(STRING),
        related_entity_name=nullable(STRING),
        related_field=nullable(UUID),
        related_name=nullable(STRING),
        related_category=nullable(UUID),
    ),
)
component(
    "RelationRequest",
    obj(
        {
            "related_object": {"type": "string", "description": "An object's id or API name."},
            "relation_type": {"type": "string", "enum": [*RELATIONS, *CARDINALITIES[1:]]},
        },
        related_name={
            "type": "string",
            "description": "The label of the mirror field on the related object.",
        },
        related_category={"type": "string", "description": "The mirror's category, by name."},
    ),
)


def _setting_schema(keys: Mapping[str, Any]) -> dict[str, Any]:
    """A group of a type's settings; a null is said in the way of this version of OpenAPI."""
    if not keys:
        return {"type": "object", "additionalProperties": True}
    return obj({}, **{key: _nullable_schema(schema) for key, schema in keys.items()})


def _nullable_schema(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema["type"]
    return nullable({**schema, "type": kinds[0]}) if isinstance(kinds, list) else schema


_TYPE_SETTINGS = {
    group: nullable(_setting_schema(keys)) for group, keys in documented_settings().items()
}
_FLAGS = dict.fromkeys(
    ("is_required", "is_read_only", "is_hidden", "is_unique", "allows_empty"), BOOLEAN
)
_FIELD_ROW = {
    "id": UUID,
    "name": STRING,
    "display_name": STRING,
    "description": STRING,
    "field_type": STRING,
    "category": nullable(UUID),
    "order": INTEGER,
    **_FLAGS,
    "is_deletable": BOOLEAN,
    "is_default": BOOLEAN,
    "default_value": ANYTHING,
    "options": array(ref("Option")),
    "relation": or_null(ref("Relation")),
    "deleted": BOOLEAN,
    "meta": {"type": "object", "additionalProperties": True},
    "access": ref("FieldAccess"),
    **_TYPE_SETTINGS,
}
component("ObjectField", obj(_FIELD_ROW))
component(
    "OptionChoice",
    obj(
        {
            "id": {"type": "string", "description": "A UUID; of a time zone its name."},
            "name": STRING,
            "code": STRING,
        }
    ),
)
component("FieldChoice", obj({**_FIELD_ROW, "options": array(ref("OptionChoice"))}))
_FIELD = {
    "description": STRING,
    "default_value": {"description": "In a form that a write takes; null for none."},
    **_FLAGS,
    **_TYPE_SETTINGS,
}
component(
    "ObjectFieldRequest",
    obj(
        {
            "category": {"type": "string", "description": "A category's id or name."},
            "display_name": STRING,
            "field_type": STRING,
        },
        name={"type": "string", "description": "The API name; by default a slug of the label."},
        options=array(ref("OptionRequest")),
        relation=ref("RelationRequest"),
        **_FIELD,
    ),
)
component(
    "PatchedObjectFieldRequest",
    obj({}, category=STRING, display_name=STRING, order=INTEGER, **_FIELD),
)
component(
    "Category",
    obj({"id": UUID, "name": STRING, "order": INTEGER, "meta": {"type": "object"}}),
)
component(
    "ObjectFieldSearch",
    obj(
        {},
        search=nullable({"type": "string", "description": "Part of a name."}),
        field_types=nullable(array(STRING)),
        category=nullable({"type": "string", "description": "The category's id."}),
        page=nullable(INTEGER),
        page_size=nullable(INTEGER),
    ),
)
component("PaginatedObjectFieldList", page_of(ref("ObjectField")))
component(
    "CustomObjectDetail",
    obj(
        {
            **_OBJECT_ROW,
            "fields": array(ref("ObjectField")),
            "categories": array(ref("Category")),
            "stages": nullable(array(ref("PipelineStage"))),
        },
        **_OBJECT_MORE,
    ),
)
_NAMED = array(obj({"id": UUID, "name": STRING}))
component(
    "FieldReferences",
    obj(
        {
            "saved_views": _NAMED,
            "formulas": _NAMED,
            "display_name_pattern": BOOLEAN,
            "identifier": BOOLEAN,
            "mirror": nullable(obj({"object": UUID, "field": UUID})),
            "can_delete": BOOLEAN,
        }
    ),
)
component("Tag", obj({"id": UUID, "name": STRING}))
component("PaginatedTagList", page_of(ref("Tag")))
component("CategoryRequest", obj({"name": STRING}, order=INTEGER))
component("PatchedCategoryRequest", obj({}, name=STRING, order=INTEGER))

# ---------------------------------------------------------------- stages

_PERCENTAGE = {"type": "integer", "minimum": 0, "maximum": 100, "nullable": True}
component(
    "PipelineStage",
    obj(
        {
            "id": UUID,
            "name": STRING,
            "code": STRING,
            "order": INTEGER,
            "status": STATUS,
            "percentage_chance_to_close": _PERCENTAGE,
        }
    ),
)
component(
    "PipelineStageRequest",
    obj(
        {"name": STRING, "status": STATUS},
        code=STRING,
        order=INTEGER,
        percentage_chance_to_close=_PERCENTAGE,
    ),
)
component(
    "PatchedPipelineStageRequest",
    obj({}, name=STRING, status=STATUS, order=INTEGER, percentage_chance_to_close=_PERCENTAGE),
)
component("RemoveStageRequest", obj({"id": UUID, "new_stage_id": UUID}))

# ---------------------------------------------------------------- people

_MEMBER = {
    "id": UUID,
    "deleted": BOOLEAN,
    "first_name": STRING,
    "last_name": STRING,
    "email": STRING,
}
component("TeamMember", obj(_MEMBER, display_name=STRING))
component(
    "TeamChoice",
    obj({**_MEMBER, "display_name": STRING, "full_name": STRING, "title": nullable(STRING)}),
)
component(
    "TeamSearch",
    obj(
        {},
        search=nullable({"type": "string", "description": "Part of a name or email."}),
        page=nullable(INTEGER),
        page_size=nullable(INTEGER),
    ),
)
component("PaginatedTeamMemberList", page_of(ref("TeamMember")))
component(
    "CallerAccess",
    obj(
        {
            "workspace": obj({"id": UUID}),
            "member": ref("TeamMember"),
            "is_admin": BOOLEAN,
            "scopes": array(STRING),
            "read_only": BOOLEAN,
            "objects": array(
                obj(
                    {
                        "id": UUID,
                        "name": STRING,
                        "object_name": STRING,
                        "access": ref("RecordGrant"),
                        "fields": array(
                            obj({"id": UUID, "name": STRING, "access": ref("FieldAccess")})
                        ),
                    }
                )
            ),
        }
    ),
)
component(
    "RateLimit",
    obj(
        {
            "counts": {"type": "string", "enum": ["address", "account", "key", "workspace"]},
            "requests": INTEGER,
            "seconds": INTEGER,
        }
    ),
)
component(
    "Limits",
    obj(
        {
            "page_size": obj({"default": INTEGER, "max": INTEGER}),
            "batch_items": {**INTEGER, "description": "Of one batch, and of one batch-get."},
            "job_records": {**INTEGER, "description": "That a bulk action names by their ids."},
            "unfinished_jobs": {**INTEGER, "description": "Of the workspace, at a time."},
            "filter_clauses": INTEGER,
            "filter_depth": INTEGER,
            "sort_keys": INTEGER,
            "objects": INTEGER,
            "object_fields": INTEGER,
            "body_bytes": INTEGER,
            "attachment_bytes": INTEGER,
            "record_attachments": INTEGER,
            "import_bytes": INTEGER,
            "import_rows": INTEGER,
            "import_columns": INTEGER,
            "rate_limits": {
                **array(ref("RateLimit")),
                "description": "Empty: requests are not limited. Of several the one with the "
                "fewest requests left is told by the RateLimit headers of each response.",
            },
        }
    ),
)

__all__ = ["ORDERINGS"]
