"""What the OpenAPI document says of each operation of the metadata."""

from __future__ import annotations

from typing import Any

from records.api.openapi import (
    Decorator,
    array,
    json_body,
    operation,
    page_parameters,
    path_parameter,
    query_parameter,
    ref,
)

from . import schemas
from .schemas import BOOLEAN, STRING, UUID

_OBJECT = path_parameter("object_key", STRING, "The object's id or API name.")
_FIELD = path_parameter("field_key", STRING, "The field's id or API name.")
_PAGE = page_parameters()
_SEARCH = query_parameter("search", STRING, "Part of a name.")
_OBJECT_ROW, _FIELD_ROW, _OPTION, _STAGE, _CATEGORY = (
    ref(name) for name in ("CustomObject", "ObjectField", "Option", "PipelineStage", "Category")
)


def _id(name: str) -> Any:
    return path_parameter(name, UUID)


def _metadata(
    name: str,
    tag: str,
    summary: str,
    parameters: list[Any],
    responses: dict[int, Any],
    body: str = "",
    *,
    required: bool = True,
    **more: Any,
) -> Decorator:
    sent = json_body(body, required=required) if body else None
    return operation(name, tag, summary, parameters, responses, body=sent, **more)


def _objects(
    name: str,
    summary: str,
    parameters: list[Any],
    responses: dict[int, Any],
    body: str = "",
    **more: Any,
) -> Decorator:
    return _metadata(
        f"custom_objects_{name}", "custom-objects", summary, parameters, responses, body, **more
    )


list_objects = _objects(
    "list",
    "The objects the caller has a permission for",
    [
        query_parameter("custom_only", BOOLEAN, "Leave out the standard objects; true by default."),
        query_parameter("archived", BOOLEAN, "Archived objects instead; for admins."),
        _SEARCH,
        query_parameter(
            "ordering",
            STRING,
            f"Comma-separated, `-` for descending: {', '.join(schemas.ORDERINGS)}.",
        ),
        *_PAGE,
    ],
    {200: ref("PaginatedCustomObjectList")},
)
create_object = _objects(
    "create",
    "Create an object",
    [],
    {201: _OBJECT_ROW},
    "CustomObjectRequest",
    example={"object_name": "Projects", "entity_name": "Project"},
)
retrieve_object = _objects("retrieve", "Read an object", [_OBJECT], {200: _OBJECT_ROW})
update_object = _objects(
    "partial_update",
    "Change an object",
    [_OBJECT],
    {200: _OBJECT_ROW},
    "PatchedCustomObjectRequest",
)
archive_object = _objects(
    "destroy", "Archive an object, with its records", [_OBJECT], {204: None, 405: ref("Problem")}
)
unarchive_object = _objects(
    "unarchive_partial_update",
    "Unarchive an object, with its records",
    [_OBJECT],
    {200: _OBJECT_ROW},
)
object_schema = _objects(
    "schema_retrieve",
    "A record of the object as JSON Schema, for this caller",
    [_OBJECT],
    {200: ref("JsonSchema")},
)

find_objects = _objects(
    "settings_search_list",
    "The objects whose records the caller may see, to choose from",
    [
        _SEARCH,
        query_parameter("ordering", STRING, f"As for all objects: {', '.join(schemas.ORDERINGS)}."),
        *_PAGE,
    ],
    {200: ref("PaginatedCustomObjectList")},
)
find_fields = _objects(
    "fields_settings_search_list",
    "The fields of an object, to choose from",
    [
        _OBJECT,
        _SEARCH,
        query_parameter("field_type", STRING, "Types, separated by commas."),
        query_parameter("category", STRING, "The category's id."),
    ],
    {200: array(ref("FieldChoice"))},
)
search_fields = _objects(
    "fields_search_create",
    "Pages of an object's fields, to choose from",
    [_OBJECT, *_PAGE],
    {200: ref("PaginatedObjectFieldList")},
    "ObjectFieldSearch",
    required=False,
    example={"search": "date", "field_types": ["date", "datetime"]},
)
object_details = _objects(
    "detail_retrieve",
    "Read an object with its fields, categories and stages",
    [_OBJECT],
    {200: ref("CustomObjectDetail")},
)
field_references = _objects(
    "fields_references_retrieve",
    "What uses a field",
    [_OBJECT, _FIELD],
    {200: ref("FieldReferences")},
)
_TAGS = [
    query_parameter("search", STRING, "Part of a tag."),
    query_parameter("ordering", {"type": "string", "enum": ["name", "-name"]}),
    *_PAGE,
]
_TAG_PAGE: dict[int, Any] = {200: ref("PaginatedTagList")}
find_tags = _metadata(
    "pipelines_fields_tags_list",
    "custom-objects",
    "The tags of a field that the caller may be told of",
    [_OBJECT, _FIELD, *_TAGS],
    _TAG_PAGE,
)
find_contact_tags = _metadata(
    "client_fields_tags_list",
    "custom-objects",
    "The tags of a field of contacts",
    [_FIELD, *_TAGS],
    _TAG_PAGE,
)

list_fields = _objects(
    "fields_list", "The fields of an object", [_OBJECT], {200: array(_FIELD_ROW)}
)
create_field = _objects(
    "fields_create",
    "Add a field",
    [_OBJECT],
    {201: _FIELD_ROW},
    "ObjectFieldRequest",
    example={"category": "General", "display_name": "Budget", "field_type": "money"},
)
retrieve_field = _objects("fields_retrieve", "Read a field", [_OBJECT, _FIELD], {200: _FIELD_ROW})
update_field = _objects(
    "fields_partial_update",
    "Change a field",
    [_OBJECT, _FIELD],
    {200: _FIELD_ROW},
    "PatchedObjectFieldRequest",
)
delete_field = _objects(
    "fields_destroy", "Delete a field and its values", [_OBJECT, _FIELD], {204: None}
)

_OPTION_OF = [_OBJECT, _FIELD, _id("option_id")]
list_options = _objects(
    "fields_options_list", "The options of a field", [_OBJECT, _FIELD], {200: array(_OPTION)}
)
create_option = _objects(
    "fields_options_create", "Add an option", [_OBJECT, _FIELD], {201: _OPTION}, "OptionRequest"
)
update_option = _objects(
    "fields_options_partial_update",
    "Rename or move an option",
    _OPTION_OF,
    {200: _OPTION},
    "PatchedOptionRequest",
)
delete_option = _objects(
    "fields_options_destroy",
    "Delete an option that no record has, archived ones included",
    [*_OPTION_OF, query_parameter("force", BOOLEAN, "Clear it in records that have it.")],
    {204: None},
)
replace_option = _objects(
    "fields_options_replace_create",
    "Move its records to another option, then delete it",
    _OPTION_OF,
    {200: ref("Replaced")},
    "ReplaceOptionRequest",
)

_CATEGORY_OF = [_OBJECT, _id("category_id")]
list_categories = _objects(
    "categories_list", "The categories of fields", [_OBJECT], {200: array(_CATEGORY)}
)
create_category = _objects(
    "categories_create", "Add a category", [_OBJECT], {201: _CATEGORY}, "CategoryRequest"
)
update_category = _objects(
    "categories_partial_update",
    "Rename or move a category",
    _CATEGORY_OF,
    {200: _CATEGORY},
    "PatchedCategoryRequest",
)
delete_category = _objects(
    "categories_destroy",
    "Delete a category; its fields move to the first one",
    _CATEGORY_OF,
    {204: None},
)


def _stages(
    name: str, summary: str, parameters: list[Any], responses: dict[int, Any], body: str = ""
) -> Decorator:
    return _metadata(
        f"pipelines_{name}", "pipelines", summary, [_OBJECT, *parameters], responses, body
    )


list_stages = _stages(
    "stages_list",
    "The stages of a pipeline",
    [query_parameter("ordering", {"type": "string", "enum": ["order"]})],
    {200: array(_STAGE)},
)
create_stage = _stages("stages_create", "Add a stage", [], {201: _STAGE}, "PipelineStageRequest")
update_stage = _stages(
    "stages_partial_update",
    "Change a stage",
    [_id("stage_id")],
    {200: _STAGE},
    "PatchedPipelineStageRequest",
)
remove_stage = _stages(
    "stages_remove_stage_create",
    "Move a stage's records to another stage, then delete it",
    [],
    {200: ref("Replaced")},
    "RemoveStageRequest",
)

_MEMBER = ref("TeamMember")
_TYPED = [_SEARCH, *page_parameters(default=20, most=100)]


def _team(
    name: str, summary: str, parameters: list[Any], response: Any, body: str = ""
) -> tuple[Decorator, Decorator]:
    """An operation on members, and the same under the older name of its path."""
    team, employee = (
        _metadata(
            f"{path}_{name}", "team", summary, parameters, {200: response}, body, required=False
        )
        for path in ("team", "employee")
    )
    return team, employee


list_team, list_employees = _team(
    "list", "The members", [_SEARCH, *_PAGE], ref("PaginatedTeamMemberList")
)
retrieve_team_member, retrieve_employee = _team("retrieve", "A member", [_id("member_id")], _MEMBER)
search_team, search_employees = _team(
    "search_create", "Pages of members", _PAGE, ref("PaginatedTeamMemberList"), "TeamSearch"
)
team_typeahead, employee_typeahead = _team(
    "typeahead_list",
    "Active members whose name or email matches",
    _TYPED,
    array(ref("TeamChoice")),
)
access = _metadata(
    "auth_access_retrieve", "auth", "What the caller may do", [], {200: ref("CallerAccess")}
)
limits = _metadata(
    "limits_retrieve", "auth", "The limits of this installation", [], {200: ref("Limits")}
)
