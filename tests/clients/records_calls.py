"""Calls of the Records API, in an order in which each finds what it needs."""

from __future__ import annotations

from typing import Any

from .calling import LINK, Call

CSV = "Name,Tons\nBoreas,12\nAurora,many\n"
# More rows than callers wait for, so that there is a job to cancel.
LONG_CSV = "Name,Tons\n" + "".join(f"Ship {at},{at}\n" for at in range(3000))

_SHIPS = {"object_key": "ships"}
_OF_SHIPS = {"object_identifier": "ships"}
_FLAG = {**_SHIPS, "field_key": "flag"}
_AURORA = {**_OF_SHIPS, "entity_id": "<aurora>"}
_WEBHOOK = {"webhook_id": "<webhook>"}
_VOYAGES = {"object_key": "voyages"}


def _named(name: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": key, "value": value} for key, value in {"name": name, **more}.items()]


def _size(name: str, field_type: str) -> dict[str, Any]:
    # By name, so that another that wants it is refused instead of named otherwise.
    shown = {"display_name": name.title(), "field_type": field_type}
    return {"category": "Size", "name": name, **shown}


_ROLE, _GROUP = {"role_id": "<role>"}, {"group_id": "<group>"}
_RIGHTS = {"view": True, "edit": False, "remove": False}
_OBJECT_GRANT = {
    "custom_object_id": "<ships>",
    "all_records": _RIGHTS,
    "associated_records": {**_RIGHTS, "edit": True},
    "create_record": True,
    "fields": [{"id": "<tons>", "view": True, "edit": False}],
}
_CONTACT_GRANT = {
    "all_records": _RIGHTS,
    "associated_records": _RIGHTS,
    "default_fields": {"email": {"view": False, "edit": False}},
}

_DEFINITIONS = [
    Call("auth_access_retrieve"),
    Call("limits_retrieve"),
    Call("team_list", query={"page_size": 10}, keeps={"member": "results.0.id"}),
    Call("team_retrieve", path={"member_id": "<member>"}),
    Call("team_typeahead_list", query={"search": "a", "page_size": 5}),
    Call("team_search_create", body={"search": "a", "page_size": 5}),
    Call("employee_list"),
    Call("employee_retrieve", path={"member_id": "<member>"}),
    Call("employee_search_create", body={}),
    Call("employee_typeahead_list", query={"search": "a"}),
    Call(
        "custom_objects_create",
        201,
        body={"object_name": "Ships", "entity_name": "Ship"},
        keeps={"ships": "id"},
    ),
    Call("custom_objects_list", query={"page": 1, "page_size": 10, "ordering": "name"}),
    Call("custom_objects_settings_search_list", query={"search": "ship"}),
    Call("custom_objects_retrieve", path={"object_key": "<ships>"}),
    Call("custom_objects_partial_update", path=_SHIPS, body={"description": "What sails."}),
    Call(
        "custom_objects_categories_create",
        201,
        path=_SHIPS,
        body={"name": "Sizes"},
        keeps={"sizes": "id"},
    ),
    Call("custom_objects_categories_list", path=_SHIPS),
    Call(
        "custom_objects_categories_partial_update",
        path={**_SHIPS, "category_id": "<sizes>"},
        body={"name": "Size"},
    ),
    Call(
        "custom_objects_fields_create",
        201,
        path=_SHIPS,
        body={
            "category": "Size",
            "name": "flag",
            "display_name": "Flag",
            "field_type": "dropdown",
            "options": [{"name": "Malta"}, {"name": "Panama"}, {"name": "Liberia"}],
        },
        keeps={"malta": "options.0.id", "panama": "options.1.id"},
    ),
    Call(
        "custom_objects_fields_create",
        201,
        path=_SHIPS,
        body=_size("tons", "integer"),
        keeps={"tons": "id"},
    ),
    Call(
        "custom_objects_fields_create",
        201,
        path=_SHIPS,
        body=_size("labels", "dynamictags"),
        keeps={"labels": "id"},
    ),
    Call("custom_objects_fields_list", path=_SHIPS),
    Call("custom_objects_fields_settings_search_list", path=_SHIPS, query={"search": "flag"}),
    Call(
        "custom_objects_fields_search_create",
        path=_SHIPS,
        query={"page": 1},
        body={"search": "flag", "field_types": ["dropdown"]},
    ),
    Call("custom_objects_fields_references_retrieve", path=_FLAG),
    Call("custom_objects_detail_retrieve", path=_SHIPS),
    Call("custom_objects_fields_retrieve", path=_FLAG),
    Call("custom_objects_fields_partial_update", path=_FLAG, body={"description": "Where from."}),
    Call("custom_objects_fields_options_list", path=_FLAG),
    Call(
        "custom_objects_fields_options_create",
        201,
        path=_FLAG,
        body={"name": "Greece"},
        keeps={"greece": "id"},
    ),
    Call(
        "custom_objects_fields_options_partial_update",
        path={**_FLAG, "option_id": "<greece>"},
        body={"name": "Hellas"},
    ),
    Call("custom_objects_schema_retrieve", path=_SHIPS),
]

_RECORDS = [
    Call(
        "records_add_create",
        path=_OF_SHIPS,
        body={"fields": _named("Aurora", tons=7, flag="Malta", labels=["old"])},
        keeps={"aurora": "id"},
    ),
    Call("records_retrieve", path=_AURORA, query={"field_names": "name,tons"}),
    Call("records_lookup_retrieve", path=_OF_SHIPS, query={"identifier": "aurora"}),
    Call("records_lookup_by_name_retrieve", path=_OF_SHIPS, query={"name": "aurora"}),
    Call(
        "records_search_create",
        path=_OF_SHIPS,
        query={"count": "exact"},
        body={
            "query": [{"filters": [{"field": "tons", "condition": ">=", "value": 7}]}],
            "ordering": "-tons",
            "page_size": 10,
        },
    ),
    Call(
        "records_aggregate_create",
        path=_OF_SHIPS,
        body={
            "aggregate": [{"function": "count"}, {"function": "sum", "field": "tons", "as": "t"}],
            "group_by": ["flag", {"field": "created", "by": "month"}],
            "ordering": "-t",
        },
    ),
    Call(
        "records_partial_update",
        path=_AURORA,
        query={"return_all_fields": True},
        body={"fields": [{"name": "tons", "value": 8}]},
    ),
    Call(
        "records_update",
        path=_AURORA,
        body={"fields": _named("Aurora", tons=9, flag="Malta", labels=["old", "fast"])},
    ),
    Call(
        "records_upsert_create",
        201,
        path=_OF_SHIPS,
        body={"lookup_value": "Zephyr", "fields": [{"name": "tons", "value": 3}]},
        keeps={"zephyr": "id"},
    ),
    Call(
        "records_upsert_create",
        200,
        path=_OF_SHIPS,
        body={"lookup_value": "Zephyr", "fields": [{"name": "tons", "value": 4}]},
    ),
    Call(
        "records_batch_create",
        path=_OF_SHIPS,
        body={
            "mode": "patch",
            "on_error": "continue",
            "items": [
                {"lookup_value": "Zephyr", "fields": [{"name": "tons", "value": 5}]},
                {"lookup_value": "Nobody", "fields": [{"name": "tons", "value": 5}]},
            ],
        },
    ),
    Call("records_batch_get_create", path=_OF_SHIPS, body={"names": ["Zephyr", "Nobody"]}),
    Call("records_duplicates_create", path=_OF_SHIPS, body={"fields": ["tons"], "page_size": 5}),
    Call(
        "records_add_create",
        path=_OF_SHIPS,
        body={"fields": [{"name": "name", "value": "Zefir"}]},
        keeps={"zefir": "id"},
    ),
    Call(
        "records_merge_create",
        path=_OF_SHIPS,
        body={
            "into": "<zephyr>",
            "from": ["<zefir>"],
            "rules": {"tons": "newest", "name": {"value": "Zephyr"}},
        },
    ),
    Call("records_history_list", path=_AURORA, query={"page_size": 5}),
    Call(
        "changes_list",
        query={"limit": 1000, "objects": "ships", "wait": 1},
        keeps={"place": "cursor"},
    ),
    Call(
        "operations_list",
        query={"kind": "request", "page_size": 2},
        keeps={"request": "results.0.id"},
    ),
    Call("operations_retrieve", path={"operation_id": "<request>"}, query={"page_size": 5}),
    Call(
        "operations_undo_create",
        path={"operation_id": "<request>"},
        body={"mode": "safe", "dry_run": True},
    ),
    Call("operations_left_list", path={"operation_id": "<request>"}),
    Call("records_blame_retrieve", path=_AURORA),
    Call(
        "webhooks_create",
        201,
        body={
            "name": "Port",
            "url": "https://port.example.com/hook",
            "events": ["record.created"],
            "objects": ["ships"],
        },
        keeps={"webhook": "id"},
    ),
    Call("webhooks_list", query={"page_size": 5}),
    Call("webhooks_retrieve", path=_WEBHOOK),
    Call("webhooks_partial_update", path=_WEBHOOK, body={"name": "Harbour", "active": False}),
    Call("webhooks_rotate_secret_create", path=_WEBHOOK),
    Call("webhooks_deliveries_list", path=_WEBHOOK, query={"state": "pending"}),
    Call("webhooks_replay_create", 202, path=_WEBHOOK, body={"after": "<place>"}),
    Call("webhooks_test_create", path=_WEBHOOK),
    Call("webhooks_destroy", 204, path=_WEBHOOK),
    Call("records_restore_partial_update", path=_AURORA, body={"version": 1}),
    Call("records_field_values_list", path={"entity_id": "<aurora>", "field_id": "<labels>"}),
    Call("records_related_pipeline_records_create", path={"entity_id": "<aurora>"}, body={}),
    Call("pipelines_fields_tags_list", path={**_SHIPS, "field_key": "labels"}),
    Call("client_fields_tags_list", path={"field_key": "tags"}, query={"ordering": "-name"}),
    Call("records_destroy", 204, path=_AURORA),
    Call("records_unarchive_partial_update", path=_AURORA),
    Call(
        "custom_objects_fields_options_replace_create",
        path={**_FLAG, "option_id": "<malta>"},
        body={"replacement_option_id": "<panama>"},
    ),
    Call("custom_objects_fields_options_destroy", 204, path={**_FLAG, "option_id": "<greece>"}),
]

_CONTENT = {"and": True, "query": [{"filters": [{"field": "tons", "condition": ">", "value": 3}]}]}


def _views(base: str, operation: str, key: str, content: dict[str, Any]) -> list[Call]:
    """The calls of one of the lists of saved views."""
    one = {**_SHIPS, "view_id": f"<{operation}>"}
    name, sent = f"custom_objects_{operation}", {"name": "Big ships", key: content}
    sharing = {"sharing_settings": {"all_team_members": 2, "team_members": {"admin": ["<member>"]}}}
    applied = [("users", {"team_member_ids": ["<member>"]}), ("roles", {"role_ids": []})]
    if base == "columns":
        applied.append(("permission_groups", {"permission_group_ids": []}))
    return [
        Call(f"{name}_create", 201, path=_SHIPS, body={**sent, **sharing}, keeps={operation: "id"}),
        Call(f"{name}_list", path=_SHIPS, query={"search": "big", "ordering": "-name"}),
        Call(f"{name}_retrieve", path=one),
        Call(f"{name}_update", path=one, body=sent),
        Call(f"{name}_partial_update", path=one, body={"name": "Heavy ships"}),
        *(
            Call(f"{name}_apply_to_{whom}_create", path=one, body=body)
            for whom, body in (applied if base != "filter-groups" else [])
        ),
    ]


def _deleted(operation: str) -> Call:
    one = {**_SHIPS, "view_id": f"<{operation}>"}
    return Call(f"custom_objects_{operation}_destroy", 204, path=one)


_VIEWS = [
    *_views("filter-groups", "filter_groups", "config", _CONTENT),
    *_views("quick-filters", "quick_filters", "filters", _CONTENT),
    *_views("columns", "columns", "configuration_json", {"columns": [{"field": "name"}]}),
    Call(
        "records_search_create",
        path=_OF_SHIPS,
        body={"group_id": "<filter_groups>", "in_group_ids": ["<filter_groups>"]},
    ),
    _deleted("filter_groups"),
    _deleted("quick_filters"),
    _deleted("columns"),
    Call("custom_objects_layouts_list", path=_SHIPS, keeps={"layout": "results.0.id"}),
    Call(
        "custom_objects_layouts_update",
        path={**_SHIPS, "layout_id": "<layout>"},
        body={
            "name": "Ships",
            "config": [
                {
                    "columns": [
                        {
                            "width": "two-third-width",
                            "items": [{"type": "fields", "metadata": {"autoInclude": True}}],
                        }
                    ]
                }
            ],
        },
    ),
]

_PIPELINES = [
    Call(
        "custom_objects_create",
        201,
        body={"object_name": "Voyages", "entity_name": "Voyage", "object_type": "pipeline"},
    ),
    Call("pipelines_stages_list", path=_VOYAGES, keeps={"first": "0.id"}),
    Call(
        "pipelines_stages_create",
        201,
        path=_VOYAGES,
        body={"name": "At sea", "status": "open"},
        keeps={"at_sea": "id"},
    ),
    Call(
        "pipelines_stages_partial_update",
        path={**_VOYAGES, "stage_id": "<at_sea>"},
        body={"percentage_chance_to_close": 40},
    ),
    Call(
        "records_add_create",
        path={"object_identifier": "voyages"},
        body={"fields": _named("Round the Horn")},
        keeps={"voyage": "id"},
    ),
    Call(
        "records_move_partial_update",
        path={"object_identifier": "voyages", "entity_id": "<voyage>"},
        body={"stage_id": "<at_sea>"},
    ),
    Call(
        "pipelines_stages_remove_stage_create",
        path=_VOYAGES,
        body={"id": "<at_sea>", "new_stage_id": "<first>"},
    ),
]

_FILES = [
    Call(
        "records_attachments_create",
        path=_AURORA,
        body={"filename": "papers.txt", "content_type": "text/plain"},
        keeps={"upload": f"{LINK}upload_url"},
    ),
    Call("files_update", 201, path={"token": "<upload>"}, body=b"Papers of the Aurora"),
    Call("records_attachments_list", path=_AURORA, query={"prefix": "pap"}),
    Call(
        "records_attachments_url_retrieve",
        path=_AURORA,
        query={"filename": "papers.txt"},
        keeps={"download": f"{LINK}url"},
    ),
    Call("files_retrieve", path={"token": "<download>"}),
    Call(
        "s3_presigned_post_retrieve",
        query={"source": "field_value", "filename": "log.txt", "contenttype": "text/plain"},
        keeps={"form": f"{LINK}url", "form_key": "fields.key", "free": "s3object_id"},
    ),
    Call(
        "files_create",
        204,
        path={"token": "<form>"},
        body={"key": "<form_key>", "file": b"Log of the Aurora"},
    ),
    Call(
        "s3_success_create",
        query={"source": "field_value"},
        body={"uuid": "<free>", "name": "log.txt"},
    ),
    Call("files_download_retrieve", path={"file_id": "<free>"}),
    Call("records_attachments_destroy", 204, path=_AURORA, query={"filename": "papers.txt"}),
]

_BULK = [
    Call(
        "custom_objects_imports_create",
        201,
        path=_SHIPS,
        body={"file": CSV.encode()},
        keeps={"file": "id"},
    ),
    Call(
        "custom_objects_imports_start_create",
        path={**_SHIPS, "upload_id": "<file>"},
        body={"mode": "create_or_update", "mapping": {"Name": "name", "Tons": "tons"}},
        keeps={"job": "id"},
    ),
    Call("bulk_action_progress_list", query={"completed": True}),
    Call("bulk_action_progress_retrieve", path={"job_id": "<job>"}),
    Call("bulk_action_progress_report_retrieve", path={"job_id": "<job>"}),
    Call(
        "custom_objects_bulk_change_field_value_create",
        path=_SHIPS,
        body={"field_id": "<tons>", "field_value": 5, "record_ids": ["<aurora>", "<zephyr>"]},
    ),
    Call(
        "custom_objects_imports_create",
        201,
        path=_SHIPS,
        body={"file": LONG_CSV.encode()},
        keeps={"long_file": "id"},
    ),
    Call(
        "custom_objects_imports_start_create",
        path={**_SHIPS, "upload_id": "<long_file>"},
        body={"dry_run": True},
        keeps={"long_job": "id"},
    ),
    Call("bulk_action_progress_cancel_create", path={"job_id": "<long_job>"}),
    Call("custom_objects_exports_create", path=_SHIPS, query={"format": "csv"}, body={}),
    Call(
        "custom_objects_bulk_archive_entity_record_create",
        path=_SHIPS,
        body={"record_ids": ["<zephyr>"]},
    ),
    Call(
        "records_batch_create",
        path=_OF_SHIPS,
        body={"mode": "create", "items": [{"fields": _named(f"Boat {at}")} for at in range(101)]},
        keeps={"fleet": "operation_id"},
    ),
    Call("operations_undo_create", 202, path={"operation_id": "<fleet>"}, body={}),
    Call("custom_objects_fields_destroy", 204, path=_FLAG),
    Call("custom_objects_categories_destroy", 204, path={**_SHIPS, "category_id": "<sizes>"}),
    Call("custom_objects_destroy", 204, path=_SHIPS),
    Call("custom_objects_unarchive_partial_update", path={"object_key": "<ships>"}),
]

_ROLES = [
    Call("permissions_meta_data_retrieve"),
    Call(
        "permission_group_create",
        201,
        body={
            "name": "Mates",
            "settings_section": {"enabled": False},
            "custom_objects": [_OBJECT_GRANT],
            "contacts_section": _CONTACT_GRANT,
        },
        keeps={"group": "id"},
    ),
    Call("permission_group_list", query={"search": "mat", "page_size": 200}),
    Call("permission_group_retrieve", path=_GROUP),
    Call(
        "permission_group_update",
        path=_GROUP,
        body={"name": "Mates", "custom_objects": [_OBJECT_GRANT]},
    ),
    Call(
        "permission_group_partial_update",
        path=_GROUP,
        body={"contacts_section": _CONTACT_GRANT},
    ),
    Call(
        "permission_group_object_update_partial_update",
        path=_GROUP,
        body={
            "custom_object": {"id": "<ships>"},
            "field": {"id": "<tons>"},
            "permission_level": 2,
        },
    ),
    Call(
        "permission_group_duplicate_create",
        201,
        path=_GROUP,
        body={"name": "Second mates"},
        keeps={"copy": "id"},
    ),
    Call("permission_group_destroy", 204, path={"group_id": "<copy>"}),
    Call(
        "role_create",
        201,
        body={"name": "Masters", "permission_groups": ["<group>"], "permissions": []},
        keeps={"role": "id"},
    ),
    Call("role_list", query={"search": "mas", "page_size": 200}),
    Call("role_retrieve", path=_ROLE),
    Call(
        "role_partial_update",
        path=_ROLE,
        body={"permissions": ["workspace_admin"], "default_for_new_users": False},
    ),
    Call("role_destroy", 204, path=_ROLE),
]

RECORDS = [
    *_DEFINITIONS,
    *_ROLES,
    *_RECORDS,
    *_VIEWS,
    *_PIPELINES,
    *_FILES,
    *_BULK,
]
