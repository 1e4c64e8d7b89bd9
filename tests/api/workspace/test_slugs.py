"""Slugs of data types and of their fields, and what a type has beside its fields."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, make_object
from tests.mcp.calling import Agent

from .calling import WorkspaceClient, ok, refused


def make(client: WorkspaceClient, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(client.post("/data-types", body), 201)
    return made


@pytest.mark.parametrize(
    ("slug", "name"),
    [("intake-form", "intake_form"), ("Intake_Form", "intake_form"), ("A-b_C9", "a_b_c9")],
)
def test_a_slug_is_kept_as_it_was_sent(
    workspace: Caller, client: WorkspaceClient, slug: str, name: str
) -> None:
    made = make(client, name="Forms", slug=slug)

    assert made["slug"] == slug
    path = f"/data-types/{made['id']}"
    assert ok(client.get(path)) == made
    assert made in ok(client.get("/data-types"))
    for spelled in (slug, name, name.upper(), name.replace("_", "-")):
        assert ok(client.get(f"/data-types/slug/{spelled}")) == made
        tried = ok(client.post("/data-types/validate-slug", {"slug": spelled}))
        assert tried == {"valid": True, "available": False, "suggestion": f"{name}_2"}
        problem = refused(client.post("/data-types", {"name": "F", "slug": spelled}), 400)
        assert (problem["code"], problem["message"][:5]) == ("unique", "slug:")
    # The other APIs know it by its API name.
    records = ApiClient(workspace)
    assert records.get(f"/api/custom-objects/{name}").json()["name"] == name
    types = Agent(workspace).call("list_record_types")["record_types"]
    assert name in [row["name"] for row in types]
    ok(client.post(f"{path}/records", {"fieldValues": {}}), 201)
    (change, *_) = [
        row for row in ok(client.get("/changes"))["changes"] if row["action"] == "created"
    ]
    assert change["dataType"] == slug
    for body in ({"slug": "other"}, {"slug": name + "_"}):
        refused(client.put(path, body), 400)
    assert ok(client.put(path, {"slug": slug, "name": "F"}))["slug"] == slug
    # The feed calls it by its slug, the other feeds by its API name, archived or not.
    ok(client.post(f"{path}/archive?force=true"))
    told = [row for row in ok(client.get("/changes"))["changes"] if row["dataTypeId"] == made["id"]]
    assert {row["dataType"] for row in told} == {slug}
    slugs = [row["definition"]["slug"] for row in told if row["definition"]["kind"] == "object"]
    assert set(slugs) == {slug}
    theirs = records.get("/api/changes").json()["changes"]
    assert {row["object"] for row in theirs if row["action"] == "defined"} >= {name}
    assert slug not in {row["object"] for row in theirs} - {name}


def test_a_signup_names_types_by_any_spelling(client: WorkspaceClient) -> None:
    make(client, name="Forms", slug="Intake-Form")
    for number, slug in enumerate(("Intake-Form", "intake_form", "INTAKE-FORM")):
        done = ok(
            client.post(
                "/create-signup",
                {"member": {"externalId": f"m-{number}"}, "data": {slug: {"values": {}}}},
            ),
            201,
        )
        assert done["records"][slug]["action"] == "created"


@pytest.mark.parametrize(
    "slug", ["-form", "1form", "_form", "a b", "a.b", "ü", "a\x00", "a" * 65, "a\n"], ids=repr
)
def test_what_is_no_slug_is_refused_at_its_place(client: WorkspaceClient, slug: str) -> None:
    message = refused(client.post("/data-types", {"name": "Forms", "slug": slug}), 400)["message"]

    assert message.startswith("slug: ")
    if slug.isprintable():
        refused(client.get(f"/data-types/slug/{slug.replace(' ', '%20')}"), 404)


def test_a_field_slug_holds_underscores(client: WorkspaceClient) -> None:
    made = make(
        client, name="Forms", fields=[{"name": "Port", "slug": "home-port", "fieldType": "text"}]
    )
    path = f"/data-types/{made['id']}"
    field = next(row for row in made["fields"] if row["name"] == "Port")
    assert field["slug"] == "home_port"

    record = ok(client.post(f"{path}/records", {"fieldValues": {"home_port": "Brest"}}), 201)
    assert record["fieldValues"]["home_port"] == "Brest"
    for slug in ("home-port", "home_port"):
        changed = ok(client.put(path, {"fields": [{"slug": slug, "description": slug}]}))
        assert slug in str(changed["fields"])
        same = {"id": field["id"], "slug": slug}
        ok(client.put(path, {"fields": [same]}))
        ok(client.put(f"{path}/fields/{field['id']}", {"slug": slug}))
    twice = {"name": "Port", "slug": "home-port", "fieldType": "text"}
    assert refused(client.post(f"{path}/fields", twice), 400)["message"].startswith("slug: ")
    refused(client.put(path, {"fields": [{"id": field["id"], "slug": "other"}]}), 400)
    refused(client.put(f"{path}/fields/{field['id']}", {"slug": "other"}), 400)


def test_a_type_has_a_prompt_and_a_pin(workspace: Caller, client: WorkspaceClient) -> None:
    made = make(client, name="Forms", prompt="Ask twice.", pinned=True)
    path = f"/data-types/{made['id']}"
    assert (made["prompt"], made["isPinned"]) == ("Ask twice.", True)
    plain = make(client, name="Plain")
    assert (plain["prompt"], plain["isPinned"]) == ("", False)

    agent = Agent(workspace)
    (described,) = agent.call("list_record_types", record_type="forms")["record_types"]
    assert (described["prompt"], described["pinned"]) == ("Ask twice.", True)
    (described,) = agent.call("list_record_types", record_type="plain")["record_types"]
    assert {"prompt", "pinned"}.isdisjoint(described)

    changed = ok(client.put(path, {"prompt": "Ask once.", "is_pinned": False}))
    assert (changed["prompt"], changed["isPinned"]) == ("Ask once.", False)
    ok(client.put(path, {"name": "Form"}))
    assert ok(client.get(path))["prompt"] == "Ask once."
    assert ok(client.put(path, {"prompt": None, "pinned": True}))["isPinned"] is True
    assert ok(client.get(path))["prompt"] == ""
    for body, place in (
        ({"isPinned": True, "pinned": True}, "pinned"),
        ({"isPinned": "yes"}, "isPinned"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": "x" * 20_001}, "prompt"),
        ({"prompt": "a\x00"}, "prompt"),
    ):
        message = refused(client.put(path, body), 400)["message"]
        assert message.partition(": ")[0] == place


# ---------------------------------------------------------------- field types


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Text", "text"),
        ("string", "text"),
        ("Long Text", "long_text"),
        ("LONG-TEXT", "long_text"),
        ("longText", "long_text"),
        ("textarea", "long_text"),
        ("Email", "email"),
        ("Phone", "phone"),
        ("phone_number", "phone"),
        ("phone-number", "phone"),
        ("decimal", "number"),
        ("Float", "number"),
        ("int", "integer"),
        ("Date & Time", "datetime"),
        ("date_time", "datetime"),
        ("dateAndTime", "datetime"),
        ("Time of Day", "time"),
        ("time_of_day", "time"),
        ("Dropdown", "dropdown"),
        ("select", "dropdown"),
        ("single-select", "dropdown"),
        ("Multi-select", "multi_select"),
        ("multiselect", "multi_select"),
        ("Yes/No", "boolean"),
        ("yes_no", "boolean"),
        ("bool", "boolean"),
        ("checkbox", "boolean"),
        ("ZIP Code", "zip_code"),
        ("zip", "zip_code"),
        ("zipcode", "zip_code"),
        ("postal_code", "zip_code"),
        ("Formula", "formula"),
        ("computed", "formula"),
    ],
)
def test_a_field_type_is_known_by_every_name_and_spelling(
    client: WorkspaceClient, sent: str, shown: str
) -> None:
    more = {"expression": "1 + 1"} if shown == "formula" else {}

    made = make(client, name="Forms", fields=[{"name": "Its", "fieldType": sent, **more}])

    (field,) = [row for row in made["fields"] if row["slug"] == "its"]
    assert field["fieldType"] == shown


def test_an_unknown_field_type_is_refused_with_the_known_ones(client: WorkspaceClient) -> None:
    text = {"name": "F", "fieldType": "text"}
    for sent in ("url", "", "t e x t s", "relationship"):
        fields = [text, {**text, "name": "G"}, {"name": "H", "fieldType": sent}]
        message = refused(client.post("/data-types", {"name": "F", "fields": fields}), 400)[
            "message"
        ]
        assert message.partition(": ")[0] == "fields[2].fieldType"
        if sent == "url":
            for known in ("text", "long_text", "multi_select", "boolean", "zip_code", "formula"):
                assert f" {known}" in message


@pytest.mark.parametrize(
    ("field_type", "sent", "shown"),
    [
        ("time", "09:30", "09:30:00"),
        ("time", "23:59:58", "23:59:58"),
        ("time", "", None),
        ("time", "9:30", 400),
        ("time", "24:00", 400),
        ("boolean", True, True),
        ("boolean", False, False),
        ("boolean", "true", True),
        ("boolean", "Yes", True),
        ("boolean", "no", False),
        ("boolean", "FALSE", False),
        ("boolean", "", None),
        ("boolean", None, None),
        ("boolean", "on", 400),
        ("boolean", 1, 400),
        ("zip_code", "01234", "01234"),
        ("zip_code", "12345-6789", "12345-6789"),
        ("zip_code", "1234", 400),
        ("zip_code", 12345, 400),
    ],
)
def test_values_are_taken_as_decided(
    client: WorkspaceClient, field_type: str, sent: Any, shown: Any
) -> None:
    made = make(client, name="Forms", fields=[{"name": "Its", "fieldType": field_type}])
    path = f"/data-types/{made['id']}/records"
    answer = client.post(path, {"fieldValues": {"its": sent}})

    if shown == 400:
        assert set(refused(answer, 400)["details"]) == {"its"}
        return
    assert ok(answer, 201)["fieldValues"]["its"] == shown
    if field_type == "boolean":
        for asked in (True, False):
            found = ok(client.get(path, {"its": str(asked).lower()}))["total"]
            assert found == (shown is asked)


def test_names_of_other_apis_are_kept(workspace: Caller, client: WorkspaceClient) -> None:
    make_object(workspace, "Boats")

    assert ok(client.get("/data-types/slug/BOATS"))["slug"] == "boats"
