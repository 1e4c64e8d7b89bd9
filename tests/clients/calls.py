"""Every operation of both documents, called once for each status of success that it has.

The calls are in an order in which each finds what it needs. `<name>` in their arguments stands for
what an earlier answer had, `<#name>` for a number among it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_MARK = re.compile(r"<(#?)(\w+)>")
CSV = "Name,Tons\nBoreas,12\nAurora,many\n"
# More rows than callers wait for, so that there is a job to cancel.
LONG_CSV = "Name,Tons\n" + "".join(f"Ship {at},{at}\n" for at in range(3000))
LINK = "link:"


@dataclass(frozen=True)
class Call:
    """One call of an operation, and the parts of its answer that later calls need: by name, where
    they are (`results.0.id`)."""

    operation: str
    status: int = 200
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    keeps: Mapping[str, str] = field(default_factory=dict)


def marks(value: Any) -> Iterator[tuple[str, bool]]:
    """What an argument takes from earlier answers, and whether it is a number."""
    if isinstance(value, str):
        if found := _MARK.fullmatch(value):
            yield found[2], bool(found[1])
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from marks(each)
    elif isinstance(value, list):
        for each in value:
            yield from marks(each)


def filled(value: Any, fill: Callable[[str, bool], Any]) -> Any:
    """An argument with each mark replaced."""
    if isinstance(value, Mapping):
        return {key: filled(each, fill) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, fill) for each in value]
    for name, is_number in marks(value):
        return fill(name, is_number)
    return value


def kept(content: Any, place: str) -> Any:
    """The part of an answer at a place; of an address (`link:…`), what comes after its last
    slash."""
    value = content
    for step in place.removeprefix(LINK).split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value.rpartition("/")[2] if place.startswith(LINK) else value


# ---------------------------------------------------------------- Records API

_SHIPS = {"object_key": "ships"}
_OF_SHIPS = {"object_identifier": "ships"}
_FLAG = {**_SHIPS, "field_key": "flag"}
_AURORA = {**_OF_SHIPS, "entity_id": "<aurora>"}
_VOYAGES = {"object_key": "voyages"}


def _named(name: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": key, "value": value} for key, value in {"name": name, **more}.items()]


_DEFINITIONS = [
    Call("auth_access_retrieve"),
    Call("team_list", query={"page_size": 10}, keeps={"member": "results.0.id"}),
    Call("team_retrieve", path={"member_id": "<member>"}),
    Call("team_typeahead_list", query={"search": "a"}),
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
        body={"category": "Size", "display_name": "Tons", "field_type": "integer"},
        keeps={"tons": "id"},
    ),
    Call(
        "custom_objects_fields_create",
        201,
        path=_SHIPS,
        body={"category": "Size", "display_name": "Labels", "field_type": "dynamictags"},
        keeps={"labels": "id"},
    ),
    Call("custom_objects_fields_list", path=_SHIPS),
    Call("custom_objects_fields_settings_search_list", path=_SHIPS, query={"search": "flag"}),
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
    Call("records_history_list", path=_AURORA, query={"page_size": 5}),
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
    Call("custom_objects_fields_destroy", 204, path=_FLAG),
    Call("custom_objects_categories_destroy", 204, path={**_SHIPS, "category_id": "<sizes>"}),
    Call("custom_objects_destroy", 204, path=_SHIPS),
    Call("custom_objects_unarchive_partial_update", path={"object_key": "<ships>"}),
]

# ---------------------------------------------------------------- Workspace API

_IN: dict[str, Any] = {"workspace_uuid": "<workspace>"}
_BOATS: dict[str, Any] = {**_IN, "data_type_id": "<#boats>"}
_BOAT: dict[str, Any] = {**_BOATS, "record_id": "<#boat>"}

_WORKSPACE = [
    Call("list_data_types", path=_IN, query={"sortBy": "name", "sortOrder": "asc"}),
    Call("validate_data_type_slug", path=_IN, body={"slug": "boats"}),
    Call(
        "create_data_type",
        201,
        path=_IN,
        body={
            "name": "Boats",
            "slug": "boats",
            "fields": [
                {"name": "Name", "fieldType": "text"},
                {"name": "Home port", "fieldType": "text"},
                {"name": "Seats", "fieldType": "integer", "minimum": 1},
                {"name": "Kind", "fieldType": "dropdown", "options": ["Sail", "Oar"]},
            ],
        },
        keeps={"boats": "id"},
    ),
    Call("get_data_type_by_slug", path={**_IN, "slug": "boats"}),
    Call("get_data_type", path=_BOATS),
    Call("update_data_type", path=_BOATS, body={"description": "Small ships."}),
    Call(
        "create_data_record",
        201,
        path=_BOATS,
        body={
            "fieldValues": {"name": "Swift", "home_port": "Brest", "seats": 4, "kind": "Sail"},
            "externalId": "b-1",
        },
        keeps={"boat": "id"},
    ),
    Call(
        "list_data_records",
        path=_BOATS,
        query={"page": 1, "pageSize": 10, "sortBy": "createdAt", "sortOrder": "desc"},
    ),
    Call("get_data_record", path=_BOAT),
    Call("update_data_record", path=_BOAT, body={"fieldValues": {"seats": 5}}),
    Call(
        "update_data_record_by_external_id",
        path=_BOATS,
        query={"externalId": "b-1"},
        body={"fieldValues": {"seats": 6}},
    ),
    Call(
        "upsert_data_record",
        201,
        path={**_BOATS, "external_id": "b-2"},
        body={"fieldValues": {"name": "Swallow"}},
    ),
    Call(
        "upsert_data_record",
        200,
        path={**_BOATS, "external_id": "b-2"},
        body={"fieldValues": {"seats": 2}},
    ),
    Call(
        "bulk_data_records",
        path=_BOATS,
        body={
            "records": [
                {"fieldValues": {"name": "Amazon"}, "externalId": "b-3"},
                {"fieldValues": {"name": "Dodo", "seats": "none"}, "externalId": "b-4"},
            ],
            "partial": True,
        },
    ),
    Call("list_data_record_changes", path=_BOAT, query={"pageSize": 10}),
    Call("get_member_record_counts", path=_IN),
    Call("delete_data_record", path=_BOAT),
    Call("delete_data_type", path=_BOATS, query={"force": True}),
]

CALLS: dict[str, list[Call]] = {
    "records": [*_DEFINITIONS, *_RECORDS, *_PIPELINES, *_FILES, *_BULK],
    "workspace": _WORKSPACE,
}
