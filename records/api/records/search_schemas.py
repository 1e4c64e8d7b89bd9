"""The components of the OpenAPI document that searches speak in."""

from __future__ import annotations

from records.api.openapi import (
    PAGE,
    PAGE_SIZE,
    array,
    component,
    nullable,
    obj,
    one_of,
    or_null,
    page_of,
    ref,
)
from records.services.search import FUNCTIONS, MAX_AGGREGATES, MAX_GROUPS, PERIODS

from .schemas import ANYTHING, BOOLEAN, STRING, STRINGS, UUID

component(
    "RelatedPipelineRecordsRequest",
    obj(
        {},
        object_ids=nullable(STRINGS),
        field_ids=nullable(array(UUID)),
        page=nullable(PAGE),
        page_size=nullable(PAGE_SIZE),
    ),
)
component(
    "SearchClause",
    obj(
        {"field": STRING, "condition": STRING, "value": ANYTHING},
        type={"type": "string", "enum": ["fields_v2", "fields"]},
        subtype={"type": "string", "enum": ["custom", "non_custom"]},
        comparison_condition={
            "type": "string",
            "enum": ["=", "!=", "<", "<=", ">", ">="],
            "description": "With `entered_stage` and `left_stage`; `time_in_stage` takes < and >.",
        },
        comparison_value={
            **one_of(STRING, {"type": "integer"}),
            "description": "A date, or for `time_in_stage` a number of days.",
        },
        comparison_type={"type": "string", "enum": ["days"], "description": "`time_in_stage`."},
    ),
)
component(
    "RelatedClause",
    {
        **obj(
            {
                "type": {"type": "string", "enum": ["related_object"]},
                "field_id": {"type": "string", "description": "A relationship's API name or id."},
                "condition": {"type": "string", "enum": ["custom_filter"]},
                "value": ref("SavedQuery"),
            },
            subtype={"type": "string", "enum": ["related_object_filter"]},
            next_class_key={"type": "string", "enum": ["fields", "fields_v2"]},
        ),
        "description": "At least one linked record meets the filter; at most two levels deep.",
    },
)
component(
    "SearchGroup",
    {
        **obj(
            {},
            id={"type": "string", "description": "Without effect."},
            filters=array(one_of(ref("SearchClause"), ref("RelatedClause"))),
            query=array(ref("SearchGroup")),
            **{"and": BOOLEAN},
        ),
        "description": "Clauses, or nested groups instead, at most five levels deep.",
    },
)
_INVALID = {"type": "boolean", "description": "A filter builder's note; without effect."}
component(
    "SavedQuery",
    {
        **obj(
            {},
            query=nullable(array(ref("SearchGroup"))),
            invalid=_INVALID,
            **{"and": BOOLEAN},
        ),
        "description": "Groups as they are saved, with the `and` that joins them.",
    },
)
_MATCHING = {
    "query": or_null(array(ref("SearchGroup")), ref("SavedQuery")),
    "search_within_field_names": nullable(STRINGS),
    "search_within_field_ids": nullable(array(UUID)),
    "ordering": or_null(STRING, STRINGS),
    "search": nullable(STRING),
    "page": nullable(PAGE),
    "page_size": nullable(PAGE_SIZE),
    "cancelled": nullable({"type": "boolean", "description": "Only these, or only others."}),
    "archived": nullable({"type": "boolean", "description": "Archived records instead."}),
    "member_id": nullable(
        {"type": "string", "description": "Only records of this member: an id, or is_me."}
    ),
    "invalid": nullable(_INVALID),
    "and": nullable(BOOLEAN),
    "group_id": nullable({**UUID, "description": "Only records that match this filter group."}),
    "in_group_ids": or_null(array(UUID), STRING),
    "not_in_group_ids": or_null(array(UUID), STRING),
}
component(
    "SearchRequest",
    obj(
        {},
        field_names=nullable(STRINGS),
        field_ids=nullable(array(UUID)),
        cursor=nullable(STRING),
        count={"type": "string", "enum": ["exact", "none"]},
        **_MATCHING,
    ),
)

# ---------------------------------------------------------------- figures

_NAME = {
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,63}$",
    "description": "What it is called in the answer.",
}
_FIELD = {"type": "string", "description": "A field's API name or id, or `airport.city`."}
component(
    "Aggregate",
    obj(
        {"function": {"type": "string", "enum": list(FUNCTIONS)}},
        field=nullable(_FIELD),
        **{"as": nullable(_NAME)},
    ),
)
component(
    "GroupBy",
    obj(
        {"field": _FIELD},
        by=nullable({"type": "string", "enum": list(PERIODS)}),
        **{"as": nullable(_NAME)},
    ),
)
component(
    "AggregateRequest",
    obj(
        {},
        aggregate=nullable({**array(ref("Aggregate")), "minItems": 1, "maxItems": MAX_AGGREGATES}),
        group_by=nullable({**array(one_of(STRING, ref("GroupBy"))), "maxItems": MAX_GROUPS}),
        **_MATCHING,
    ),
)
component(
    "GroupRow",
    {
        "type": "object",
        "properties": {
            "group": {
                "type": "object",
                "additionalProperties": True,
                "description": "The group's values by name, as records show them; null for none.",
            }
        },
        "required": ["group"],
        "additionalProperties": True,
        "description": "A group, and its figures by name.",
    },
)
component("AggregatePage", page_of(ref("GroupRow")))
