"""The paths that shape a workspace, in the permission matrix."""

from __future__ import annotations

from . import needs
from .requests import once

CASES = "custom-objects/cases"
VAULTS = "custom-objects/vaults"
NOTE, KIND, HUSHED = f"{CASES}/fields/note", f"{CASES}/fields/kind", f"{CASES}/fields/hushed_kind"


FIELD = {"display_name": "Added", "field_type": "text", "category": "<category>"}
OBJECT = {"object_name": "Added", "entity_name": "Added"}
READS = [
    once(
        "objects", "custom_objects_list", needs.anybody, "GET", "custom-objects?custom_only=false"
    ),
    once(
        "archived objects",
        "custom_objects_list",
        needs.anybody,
        "GET",
        "custom-objects?archived=true",
    ),
    once("an object", "custom_objects_retrieve", needs.read_definitions, "GET", CASES),
    once(
        "an object by id",
        "custom_objects_retrieve",
        needs.read_definitions,
        "GET",
        "custom-objects/<cases>",
    ),
    once("an unseen object", "custom_objects_retrieve", needs.admins_only, "GET", VAULTS),
    once(
        "a schema",
        "custom_objects_schema_retrieve",
        needs.read_definitions,
        "GET",
        f"{CASES}/schema",
    ),
    once(
        "an unseen schema",
        "custom_objects_schema_retrieve",
        needs.admins_only,
        "GET",
        f"{VAULTS}/schema",
    ),
    once("fields", "custom_objects_fields_list", needs.read_definitions, "GET", f"{CASES}/fields"),
    once(
        "fields of a related object",
        "custom_objects_fields_list",
        needs.anybody,
        "GET",
        "custom-objects/clients/fields",
    ),
    once(
        "unseen fields", "custom_objects_fields_list", needs.admins_only, "GET", f"{VAULTS}/fields"
    ),
    once(
        "fields to choose from",
        "custom_objects_fields_settings_search_list",
        needs.read_definitions,
        "GET",
        f"{CASES}/fields/settings-search",
    ),
    once(
        "unseen fields to choose from",
        "custom_objects_fields_settings_search_list",
        needs.admins_only,
        "GET",
        f"{VAULTS}/fields/settings-search",
    ),
    once(
        "pages of fields",
        "custom_objects_fields_search_create",
        needs.read_definitions,
        "POST",
        f"{CASES}/fields/search",
        {"search": "n"},
    ),
    once(
        "pages of unseen fields",
        "custom_objects_fields_search_create",
        needs.admins_only,
        "POST",
        f"{VAULTS}/fields/search",
        {},
    ),
    once(
        "an object's details",
        "custom_objects_detail_retrieve",
        needs.read_definitions,
        "GET",
        f"{CASES}/detail",
    ),
    once(
        "an unseen object's details",
        "custom_objects_detail_retrieve",
        needs.admins_only,
        "GET",
        f"{VAULTS}/detail",
    ),
    once(
        "what uses a field",
        "custom_objects_fields_references_retrieve",
        needs.read_definitions,
        "GET",
        f"{NOTE}/references",
    ),
    once(
        "what uses a hidden field",
        "custom_objects_fields_references_retrieve",
        needs.read_hidden_definitions,
        "GET",
        f"{CASES}/fields/<secret field>/references",
    ),
    once(
        "objects to choose from",
        "custom_objects_settings_search_list",
        needs.anybody,
        "GET",
        "custom-objects/settings-search",
    ),
    once(
        "tags of a field of another type",
        "pipelines_fields_tags_list",
        needs.see_what_it_is_not,
        "GET",
        "pipelines/cases/fields/kind/tags",
    ),
    once(
        "tags of contacts",
        "client_fields_tags_list",
        needs.admins_only,
        "GET",
        "client/fields/tags/tags",
    ),
    once("a field", "custom_objects_fields_retrieve", needs.read_definitions, "GET", NOTE),
    once(
        "a hidden field",
        "custom_objects_fields_retrieve",
        needs.read_hidden_definitions,
        "GET",
        f"{CASES}/fields/<secret field>",
    ),
    once(
        "another object's field",
        "custom_objects_fields_retrieve",
        needs.never_there,
        "GET",
        f"{CASES}/fields/<vaults field>",
    ),
    once(
        "options",
        "custom_objects_fields_options_list",
        needs.read_definitions,
        "GET",
        f"{KIND}/options",
    ),
    once(
        "hidden options",
        "custom_objects_fields_options_list",
        needs.read_hidden_definitions,
        "GET",
        f"{HUSHED}/options",
    ),
    once(
        "categories",
        "custom_objects_categories_list",
        needs.read_definitions,
        "GET",
        f"{CASES}/categories",
    ),
    once(
        "unseen categories",
        "custom_objects_categories_list",
        needs.admins_only,
        "GET",
        f"{VAULTS}/categories",
    ),
    once(
        "stages", "pipelines_stages_list", needs.read_definitions, "GET", "pipelines/cases/stages"
    ),
    once("the team", "team_list", needs.anybody, "GET", "team"),
    once("a member", "team_retrieve", needs.anybody, "GET", "team/<admin>"),
    once("members by name", "team_typeahead_list", needs.anybody, "GET", "team/typeahead?search=a"),
    once("what one may do", "auth_access_retrieve", needs.anybody, "GET", "auth/access"),
    once("limits", "limits_retrieve", needs.anybody, "GET", "limits"),
]
OBJECTS = [
    once(
        "make an object",
        "custom_objects_create",
        needs.define_workspace,
        "POST",
        "custom-objects",
        OBJECT,
    ),
    once(
        "change an object",
        "custom_objects_partial_update",
        needs.define,
        "PATCH",
        CASES,
        {"description": "d"},
    ),
    once(
        "change an unseen object",
        "custom_objects_partial_update",
        needs.define_unseen,
        "PATCH",
        VAULTS,
        {"description": "d"},
    ),
    once("archive an object", "custom_objects_destroy", needs.define, "DELETE", CASES),
    once(
        "archive an unseen object", "custom_objects_destroy", needs.define_unseen, "DELETE", VAULTS
    ),
    once(
        "unarchive an object that is not archived",
        "custom_objects_unarchive_partial_update",
        needs.refused_to_admins,
        "PATCH",
        f"{CASES}/unarchive",
    ),
]
FIELDS = [
    once(
        "make a field",
        "custom_objects_fields_create",
        needs.define,
        "POST",
        f"{CASES}/fields",
        FIELD,
    ),
    once(
        "make a field of an unseen object",
        "custom_objects_fields_create",
        needs.define_unseen,
        "POST",
        f"{VAULTS}/fields",
        FIELD | {"category": "General"},
    ),
    once(
        "change a field",
        "custom_objects_fields_partial_update",
        needs.define,
        "PATCH",
        NOTE,
        {"display_name": "Notes"},
    ),
    once(
        "change a hidden field",
        "custom_objects_fields_partial_update",
        needs.define_hidden,
        "PATCH",
        HUSHED,
        {"display_name": "Open"},
    ),
    once("delete a field", "custom_objects_fields_destroy", needs.define, "DELETE", NOTE),
    once(
        "delete a hidden field",
        "custom_objects_fields_destroy",
        needs.define_hidden,
        "DELETE",
        HUSHED,
    ),
    once(
        "add an option",
        "custom_objects_fields_options_create",
        needs.define,
        "POST",
        f"{KIND}/options",
        {"name": "New"},
    ),
    once(
        "add a hidden option",
        "custom_objects_fields_options_create",
        needs.define_hidden,
        "POST",
        f"{HUSHED}/options",
        {"name": "New"},
    ),
    once(
        "rename an option",
        "custom_objects_fields_options_partial_update",
        needs.define,
        "PATCH",
        f"{KIND}/options/<option One>",
        {"name": "New"},
    ),
    once(
        "rename a hidden option",
        "custom_objects_fields_options_partial_update",
        needs.define_hidden,
        "PATCH",
        f"{HUSHED}/options/<hushed option One>",
        {"name": "New"},
    ),
    once(
        "delete an option",
        "custom_objects_fields_options_destroy",
        needs.define,
        "DELETE",
        f"{KIND}/options/<option Unused>",
    ),
    once(
        "delete a hidden option",
        "custom_objects_fields_options_destroy",
        needs.define_hidden,
        "DELETE",
        f"{HUSHED}/options/<hushed option Unused>",
    ),
    once(
        "replace an option",
        "custom_objects_fields_options_replace_create",
        needs.define,
        "POST",
        f"{KIND}/options/<option One>/replace",
        {"replacement_option_id": "<option Two>"},
    ),
    once(
        "replace a hidden option",
        "custom_objects_fields_options_replace_create",
        needs.define_hidden,
        "POST",
        f"{HUSHED}/options/<hushed option One>/replace",
        {"replacement_option_id": "<hushed option Two>"},
    ),
]
REST_OF_IT = [
    once(
        "make a category",
        "custom_objects_categories_create",
        needs.define,
        "POST",
        f"{CASES}/categories",
        {"name": "New"},
    ),
    once(
        "rename a category",
        "custom_objects_categories_partial_update",
        needs.define,
        "PATCH",
        f"{CASES}/categories/<category>",
        {"name": "New"},
    ),
    once(
        "delete the only category",
        "custom_objects_categories_destroy",
        needs.define_what_cannot_be,
        "DELETE",
        f"{CASES}/categories/<category>",
    ),
    once(
        "add a stage",
        "pipelines_stages_create",
        needs.define,
        "POST",
        "pipelines/cases/stages",
        {"name": "Added", "status": "open"},
    ),
    once(
        "rename a stage",
        "pipelines_stages_partial_update",
        needs.define,
        "PATCH",
        "pipelines/cases/stages/<stage>",
        {"name": "Added"},
    ),
    once(
        "remove a stage",
        "pipelines_stages_remove_stage_create",
        needs.define,
        "POST",
        "pipelines/cases/stages/remove-stage",
        {"id": "<first stage>", "new_stage_id": "<stage>"},
    ),
]
DEFINITIONS = (*READS, *OBJECTS, *FIELDS, *REST_OF_IT)
