"""Copies of data types: the definition whole, and nothing of the records."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import ObjectPermission, Record
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_field,
    make_key,
    make_member,
    make_object,
    make_relation,
    set_pattern,
)

from .calling import WorkspaceClient, ok, refused

NEW = ("id", "uuid", "createdAt", "updatedAt", "recordCount", "name", "slug")


@pytest.fixture
def boats(workspace: Caller) -> str:
    """The path of a type with relationships on either side, choices, rules and a record."""
    make_object(workspace, "Ports")
    make_object(
        workspace,
        "Boats",
        FieldDefinition(
            "Kind", "dropdown", options=(OptionDefinition("Oar"), OptionDefinition("Sail"))
        ),
        FieldDefinition("Seats", "integer", settings={"integer_options": {"min_value": 1}}),
        FieldDefinition("Hull", "text", is_unique=True, is_required=True),
        FieldDefinition("Secret", "text", is_admin_only=True),
        is_collection=False,
        prompt="Ask.",
        is_pinned=True,
        description="Small ships.",
    )
    make_field(
        workspace,
        "boats",
        "Label",
        "formula",
        settings={"formula_options": {"expression": "record.data.seats * 2"}},
    )
    make_relation(workspace, "boats", "Home", "ports", kind="primary", mirror="Boats")
    make_relation(workspace, "ports", "Guests", "boats", kind="additional", mirror="Visiting")
    make_relation(workspace, "boats", "Tender", "boats", kind="one_to_one", mirror="Mother")
    set_pattern(workspace, "boats", "{hull} ({kind})")
    path = f"/data-types/{workspace.schema('boats').id}"
    client = WorkspaceClient(workspace)
    made = {"fieldValues": {"name": "A", "hull": "H-1", "seats": 3}, "externalId": "b-1"}
    ok(client.post(f"{path}/records", made), 201)
    return path


def rules_of(shown: dict[str, Any]) -> dict[str, Any]:
    """The fields by slug, without their ids."""
    return {
        row["slug"]: {key: value for key, value in row.items() if key != "id"}
        for row in shown["fields"]
    }


def test_a_copy_has_the_definition_and_no_records(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    before = ok(client.get(boats))

    made = ok(client.post(f"{boats}/clone"), 201)

    assert (made["name"], made["slug"], made["recordCount"]) == (
        "Copy of Boats",
        "copy_of_boats",
        0,
    )
    same = {key: value for key, value in before.items() if key not in (*NEW, "fields")}
    assert same.items() <= made.items()
    assert rules_of(made) == rules_of(before)
    ids = [{row["id"] for row in shown["fields"]} for shown in (made, before)]
    assert not ids[0] & ids[1]
    assert ok(client.get(boats)) == before
    copied, source = workspace.schema("copy_of_boats"), workspace.schema("boats")
    assert copied.display_pattern == source.display_pattern
    assert copied.identifier is not None
    assert copied.identifier.id in copied.by_id

    # It works as its original does, and apart from it.
    path = f"/data-types/{made['id']}/records"
    values = {"name": "A", "hull": "H-1", "seats": 2, "kind": "Sail"}
    record = ok(client.post(path, {"fieldValues": values, "externalId": "b-1"}), 201)
    assert record["fieldValues"]["label"] == 4
    assert Record.objects.get(id=record["id"]).display_name == "H-1 (Sail)"
    wrong = {"fieldValues": {"seats": 0, "hull": None}}
    refusal = refused(client.put(f"{path}/{record['id']}", wrong), 400)
    assert set(refusal["details"]) == {"seats", "hull"}
    assert ok(client.get(f"{path}/{record['id']}/changes"))["total"] == 1
    assert ok(client.get(f"{boats}/records"))["total"] == 1


def test_relationships_of_a_copy_have_mirrors_of_their_own(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    ports = workspace.schema("ports")
    mirrors = {spec.name for spec in ports.fields if spec.is_link}

    made = ok(client.post(f"{boats}/clone", {"name": "Rafts"}), 201)

    copied, ports = workspace.schema("rafts"), workspace.schema("ports")
    new = {spec.name for spec in ports.fields if spec.is_link} - mirrors
    assert new == {"rafts", "rafts_2"}
    home, visiting = copied.by_name["home"], copied.by_name["visiting"]
    assert home.related_object_id == visiting.related_object_id == ports.id
    assert ports.by_id[home.mirror_id or 0].mirror_of_id == home.id
    assert ports.by_id[visiting.mirror_of_id or 0].related_object_id == copied.id
    tender, mother = copied.by_name["tender"], copied.by_name["mother"]
    assert tender.related_object_id == copied.id
    assert mother.mirror_of_id == tender.id

    port = ok(
        client.post(f"/data-types/{ports.id}/records", {"fieldValues": {"name": "Brest"}}), 201
    )
    path = f"/data-types/{made['id']}/records"
    record = ok(
        client.post(path, {"fieldValues": {"name": "R", "hull": "1", "home": port["id"]}}), 201
    )
    shown = ok(client.get(f"/data-types/{ports.id}/records/{port['id']}"))["fieldValues"]
    linked = [shown[name] for name in sorted(new)]
    assert [{"id": record["id"], "name": "1"}] in linked
    assert shown["boats"] is None


def test_a_copy_has_a_name_and_slug_of_its_own(client: WorkspaceClient, boats: str) -> None:
    slugs = [ok(client.post(f"{boats}/clone"), 201)["slug"] for _ in range(2)]
    assert slugs == ["copy_of_boats", "copy_of_boats_2"]
    made = ok(client.post(f"{boats}/clone", {"name": "Rafts", "slug": "Old-Rafts"}), 201)
    assert (made["name"], made["slug"]) == ("Rafts", "Old-Rafts")

    count = len(ok(client.get("/data-types")))
    for body, place in (
        ({"slug": "old_rafts"}, "slug"),
        ({"slug": "-"}, "slug"),
        ({"name": "x" * 256}, "name"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"fields": []}, "unknown keys"),
    ):
        message = refused(client.post(f"{boats}/clone", body), 400)["message"]
        assert message.partition(": ")[0] == place
    assert len(ok(client.get("/data-types"))) == count


def test_roles_may_do_the_same_with_a_copy(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    member = make_member(
        workspace,
        "m@example.com",
        {"boats": {"create": True, "view": "own", "edit": "own"}, "ports": {"view": "all"}},
        hidden=[("boats", "seats"), ("ports", "boats")],
    )
    ok(client.post(f"{boats}/clone", {"name": "Rafts"}), 201)

    grants = ObjectPermission.objects.filter(role=member.member.role)
    kept = {row.object.name: (row.create, row.view, row.edit, row.remove) for row in grants}
    assert kept["rafts"] == kept["boats"]
    rafts, ports = workspace.schema("rafts"), workspace.schema("ports")
    assert rafts.by_name["seats"].id in member.author.role.hidden_fields
    assert ports.by_name["rafts"].id in member.author.role.hidden_fields
    assert rafts.by_name["hull"].id not in member.author.role.hidden_fields
    refused(WorkspaceClient(member).post(f"{boats}/clone"), 403)


def test_an_archived_type_is_copied_as_a_live_one(client: WorkspaceClient, boats: str) -> None:
    before = ok(client.get(boats))
    ok(client.post(f"{boats}/archive?force=true"))

    made = ok(client.post(f"{boats}/clone"), 201)

    assert made["archived"] is False
    assert rules_of(made).keys() == rules_of(before).keys()


def test_a_link_to_an_archived_type_is_copied_and_waits(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    ports = f"/data-types/{workspace.schema('ports').id}"
    ok(client.post(f"{ports}/archive"))
    made = ok(client.post(f"{boats}/clone"), 201)
    assert "home" not in rules_of(made)

    ok(client.post(f"{ports}/unarchive"))

    assert "home" in rules_of(ok(client.get(f"/data-types/{made['id']}")))


def test_who_may_copy(
    workspace: Caller, client: WorkspaceClient, elsewhere: Caller, boats: str
) -> None:
    contacts = ok(client.get("/data-types/slug/client_client"))["id"]
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:read"])

    refused(client.post(f"/data-types/{contacts}/clone"), 403)
    refused(client.post("/data-types/987654/clone"), 404)
    refused(WorkspaceClient(elsewhere).post(f"{boats}/clone"), 404)
    refused(WorkspaceClient(workspace, secret=secret).post(f"{boats}/clone"), 403)
