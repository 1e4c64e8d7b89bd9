"""The served OpenAPI document contains the contract, word for word, but for what the contract tells
wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

CONTRACT: dict[str, Any] = json.loads(
    (Path(__file__).parent / "records-api.openapi.json").read_text()
)

# Where the contract's document would break the clients generated from it, ours tells the truth.
TOLD_OTHERWISE = {
    "components.schemas.Fields.properties",  # the keys are field ids
    "components.schemas.Fields.required",
    # scalars and lists are values too
    "components.schemas.SerializedFieldValueDict.properties.value.type",
    "components.schemas.SerializedFieldValueDict.properties.value.additionalProperties",
    "components.schemas.FieldRequest.properties.value.type",
    "components.schemas.FieldRequest.properties.value.additionalProperties",
    "components.schemas.FieldRequest.properties.value.nullable",  # no type, so null is a value
    "components.schemas._FieldError.required",  # only what is wrong is there
    # `type: null` is not valid in this version of OpenAPI: NullEnum says the same.
    "components.schemas.PaginatedFieldValuesList.properties.errors.oneOf",
    # What the words around the contract say, and a default.
    "info.title",
    "info.version",
    "paths./api/records/{object_identifier}/{entity_id}.delete.responses.204.description",
    "paths./api/records/{entity_id}/field-values/{field_id}.get.parameters.page.required",
    "paths./api/records/{entity_id}/field-values/{field_id}.get.parameters.page_size.required",
}
OPERATIONS = {
    ("get", "/api/records/{object_identifier}/{entity_id}"): "records_retrieve",
    ("put", "/api/records/{object_identifier}/{entity_id}"): "records_update",
    ("patch", "/api/records/{object_identifier}/{entity_id}"): "records_partial_update",
    ("delete", "/api/records/{object_identifier}/{entity_id}"): "records_destroy",
    ("get", "/api/records/{entity_id}/field-values/{field_id}"): "records_field_values_list",
    ("post", "/api/records/{object_identifier}/add"): "records_add_create",
    ("get", "/api/records/{object_identifier}/lookup"): "records_lookup_retrieve",
    ("post", "/api/records/{object_identifier}/search"): "records_search_create",
    ("post", "/api/records/{object_identifier}/upsert"): "records_upsert_create",
    # Ours, beyond the contract.
    (
        "get",
        "/api/custom-objects/{object_identifier}/entity-records/lookup",
    ): "records_lookup_by_name_retrieve",
    ("post", "/api/records/{object_identifier}/aggregate"): "records_aggregate_create",
    ("post", "/api/records/{object_identifier}/batch"): "records_batch_create",
    ("post", "/api/records/{object_identifier}/batch-get"): "records_batch_get_create",
    ("post", "/api/records/{object_identifier}/merge"): "records_merge_create",
    ("post", "/api/records/{object_identifier}/duplicates"): "records_duplicates_create",
    (
        "patch",
        "/api/records/{object_identifier}/{entity_id}/unarchive",
    ): "records_unarchive_partial_update",
    ("patch", "/api/records/{object_identifier}/{entity_id}/move"): "records_move_partial_update",
    ("get", "/api/records/{object_identifier}/{entity_id}/history"): "records_history_list",
    (
        "patch",
        "/api/records/{object_identifier}/{entity_id}/restore",
    ): "records_restore_partial_update",
    ("get", "/api/records/{object_identifier}/{entity_id}/blame"): "records_blame_retrieve",
    (
        "post",
        "/api/records/{entity_id}/related-pipeline-records",
    ): "records_related_pipeline_records_create",
}


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    document: dict[str, Any] = Client().get("/api/docs/schema").json()
    return document


def differences(wanted: Any, found: Any, place: str = "") -> list[str]:
    """Where `found` lacks something of `wanted`, or says something else."""
    if place in TOLD_OTHERWISE:
        return []
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [place]
        return [
            difference
            for key, value in wanted.items()
            for difference in differences(value, found.get(key), f"{place}.{key}" if place else key)
        ]
    if place.endswith(".parameters"):
        # Ours has more of them, which operations share.
        by_name = [
            {parameter["name"]: parameter for parameter in side if "name" in parameter}
            for side in (wanted, found)
        ]
        return differences(by_name[0], by_name[1], place)
    return [] if wanted == found else [place]


def test_the_contract_is_contained(served: dict[str, Any]) -> None:
    assert differences(CONTRACT, served) == []


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_is_served_under_its_name(
    served: dict[str, Any], method: str, path: str
) -> None:
    described = served["paths"][path][method]

    assert described["operationId"] == OPERATIONS[method, path]
    assert described["tags"] == ["records"]


def test_nothing_writes_through_a_path_that_is_not_in_the_table(served: dict[str, Any]) -> None:
    described = {
        (method, path)
        for path, methods in served["paths"].items()
        if path.startswith("/api/records/") or "/entity-records/" in path
        for method in methods
    }

    assert described == set(OPERATIONS)


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*(references(child) for child in node.values()))
    if isinstance(node, list):
        return set().union(*(references(child) for child in node))
    return set()


def test_every_component_referred_to_is_there(served: dict[str, Any]) -> None:
    there = {
        f"#/components/{kind}/{name}"
        for kind, named in served["components"].items()
        for name in named
    }

    assert references(served) <= there


def test_the_three_headers_are_required_together(served: dict[str, Any]) -> None:
    together: list[dict[str, list[str]]] = [{"businessId": [], "userId": [], "apiKey": []}]

    assert served["security"] == together
    assert all(
        described["security"] == ([] if path == "/api/files/{token}" else together)
        for path, methods in served["paths"].items()
        for described in methods.values()
    )
    assert served["components"]["securitySchemes"].keys() == together[0].keys()


def test_a_document_that_lacks_something_would_be_noticed(served: dict[str, Any]) -> None:
    other = json.loads(json.dumps(served))
    del other["components"]["schemas"]["ClientInfo"]["properties"]["display_name"]
    other["components"]["schemas"]["ValueEnum"]["enum"].pop()
    other["paths"]["/api/records/{object_identifier}/{entity_id}"]["get"]["parameters"].clear()

    assert len(differences(CONTRACT, other)) == 2 + len(
        CONTRACT["paths"]["/api/records/{object_identifier}/{entity_id}"]["get"]["parameters"]
    )


def test_the_document_is_valid_and_made_without_warnings(tmp_path: Path) -> None:
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml")
    )
