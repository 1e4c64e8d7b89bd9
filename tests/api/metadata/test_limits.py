"""A workspace has so many objects, an object so many fields, and no more, whichever way they
come."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Field, ObjectType
from records.services.catalogue.versions import touch
from records.services.shaping import creation as schema
from tests.api_client import ApiClient
from tests.factories import Caller, make_object

OBJECTS = "/api/custom-objects"


@pytest.fixture
def crowded(workspace: Caller) -> ApiClient:
    """Boats and docks; boats have as many fields as they may."""
    made = [make_object(workspace, label) for label in ("Boats", "Docks")]
    missing = schema.MAX_FIELDS - Field.objects.filter(object=made[0]).count()
    Field.objects.bulk_create(
        Field(
            workspace=workspace.workspace,
            object=made[0],
            name=f"more_{at}",
            display_name=f"More {at}",
            field_type="text",
            order=100 + at,
        )
        for at in range(missing)
    )
    touch(workspace.workspace.pk, [made[0].pk])
    return ApiClient(workspace)


def new_field(api: ApiClient, name: str, **more: Any) -> Any:
    category = api.get(f"{OBJECTS}/{name}/categories").json()[0]["id"]
    body = {"category": category, "display_name": "One more", "field_type": "text", **more}
    return api.post(f"{OBJECTS}/{name}/fields", body)


def link_to(name: str, kind: str = "primary") -> dict[str, Any]:
    relation = {"related_object": name, "related_name": "Back", "relation_type": kind}
    return {"field_type": "relationship", "relation": relation}


def test_a_workspace_has_at_most_500_objects(api: ApiClient, workspace: Caller) -> None:
    missing = schema.MAX_OBJECTS - ObjectType.objects.filter(workspace=workspace.workspace).count()
    ObjectType.objects.bulk_create(
        ObjectType(
            workspace=workspace.workspace,
            name=f"kind_{at}",
            object_name="Kinds",
            entity_name="Kind",
        )
        for at in range(missing)
    )

    answer = api.post(OBJECTS, {"object_name": "Boats", "entity_name": "Boat"})

    assert (schema.MAX_OBJECTS, answer.status_code) == (500, 400)
    assert answer.json() == {
        "detail": "A workspace can have at most 500 objects.",
        "code": "limit_exceeded",
    }


def test_an_object_has_at_most_500_fields(crowded: ApiClient) -> None:
    assert schema.MAX_FIELDS == 500
    for refused in (new_field(crowded, "boats"), new_field(crowded, "boats", **link_to("docks"))):
        assert refused.status_code == 400
        assert refused.json() == {
            "detail": "An object can have at most 500 fields.",
            "code": "limit_exceeded",
        }


@pytest.mark.parametrize("kind", ["primary", "primary_for"])
def test_a_mirror_is_a_field_too(crowded: ApiClient, kind: str) -> None:
    refused = new_field(crowded, "docks", **link_to("boats", kind))

    assert (refused.status_code, refused.json()["code"]) == (400, "limit_exceeded")
    assert "one_more" not in [row["name"] for row in crowded.get(f"{OBJECTS}/docks/fields").json()]


def test_a_deleted_field_makes_room(crowded: ApiClient) -> None:
    assert crowded.delete(f"{OBJECTS}/boats/fields/more_1").status_code == 204
    assert new_field(crowded, "boats").status_code == 201
