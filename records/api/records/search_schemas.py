"""The components of the OpenAPI document that searches speak in."""

from __future__ import annotations

from records.api.openapi import PAGE, PAGE_SIZE, array, component, nullable, obj, or_null, ref

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
    ),
)
component(
    "SearchGroup",
    {
        **obj(
            {},
            id={"type": "string", "description": "Without effect."},
            filters=array(ref("SearchClause")),
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
component(
    "SearchRequest",
    obj(
        {},
        query=or_null(array(ref("SearchGroup")), ref("SavedQuery")),
        field_names=nullable(STRINGS),
        field_ids=nullable(array(UUID)),
        search_within_field_names=nullable(STRINGS),
        search_within_field_ids=nullable(array(UUID)),
        ordering=or_null(STRING, STRINGS),
        search=nullable(STRING),
        page=nullable(PAGE),
        page_size=nullable(PAGE_SIZE),
        cursor=nullable(STRING),
        cancelled=nullable({"type": "boolean", "description": "Only these, or only others."}),
        archived=nullable({"type": "boolean", "description": "Archived records instead."}),
        member_id=nullable(
            {"type": "string", "description": "Only records of this member: an id, or is_me."}
        ),
        count={"type": "string", "enum": ["exact", "none"]},
        invalid=nullable(_INVALID),
        **{"and": nullable(BOOLEAN)},
    ),
)
