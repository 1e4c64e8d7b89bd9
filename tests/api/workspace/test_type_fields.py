"""The fields of data types and their options: made, changed and taken away one at a time."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Record
from tests.api_client import ApiClient
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
from tests.working import work

from .calling import WorkspaceClient, ok, refused

KINDS = tuple(OptionDefinition(name) for name in ("Oar", "Sail", "Steam"))


@pytest.fixture
def boats(workspace: Caller) -> str:
    """The path of a type with choices, a formula that reads one, and a name made of one."""
    make_object(
        workspace,
        "Boats",
        FieldDefinition("Kind", "dropdown", options=KINDS),
        FieldDefinition("Rigs", "checkboxes", options=KINDS),
        FieldDefinition("Seats", "integer"),
        FieldDefinition("Port", "text"),
        identifier_field=None,
    )
    make_field(
        workspace,
        "boats",
        "Label",
        "formula",
        settings={"formula_options": {"expression": "'a ' + record.data.kind"}},
    )
    return f"/data-types/{workspace.schema('boats').id}"


def fields_of(client: WorkspaceClient, path: str) -> dict[str, Any]:
    return {field["slug"]: field for field in ok(client.get(path))["fields"]}


def boat(client: WorkspaceClient, path: str, **values: Any) -> str:
    """The path of a new record with these values."""
    made = ok(client.post(f"{path}/records", {"fieldValues": values}), 201)
    return f"{path}/records/{made['id']}"


def values_of(client: WorkspaceClient, record: str) -> dict[str, Any]:
    found: dict[str, Any] = ok(client.get(record))["fieldValues"]
    return found


# ---------------------------------------------------------------- fields


def test_a_field_is_added_and_changed(client: WorkspaceClient, boats: str) -> None:
    made = ok(
        client.post(
            f"{boats}/fields",
            {"name": "Hull", "fieldType": "dropdown", "options": ["Wood"], "description": "d"},
        ),
        201,
    )
    path = f"{boats}/fields/{made['id']}"
    assert (made["slug"], made["options"], made["required"]) == ("hull", ["Wood"], False)
    assert fields_of(client, boats)["hull"] == made

    changed = ok(client.put(path, {"name": "Body", "required": True, "options": ["wood", "Iron"]}))

    expected = {**made, "name": "Body", "required": True, "options": ["Wood", "Iron"]}
    assert changed == fields_of(client, boats)["hull"] == expected
    assert ok(client.put(path, {"id": made["id"], "slug": "hull"})) == expected


def test_a_formula_of_what_only_admins_see_is_theirs(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    member = make_member(workspace, "ted@example.com", {"boats": {"view": "all"}})
    theirs = WorkspaceClient(member)
    secret = {"name": "Secret", "fieldType": "text", "isAdminOnly": True}
    path = f"{boats}/fields/{ok(client.post(f'{boats}/fields', secret), 201)['id']}"
    formula = {"name": "Loud", "fieldType": "formula", "expression": "record.data.secret + '!'"}

    made = ok(client.post(f"{boats}/fields", formula), 201)

    assert made["isAdminOnly"] is True
    assert fields_of(client, boats)["label"]["isAdminOnly"] is False
    assert fields_of(theirs, boats).keys() & {"secret", "loud", "label"} == {"label"}
    # Sent back, it is not kept: what is said of the formula follows the field.
    sent_back = {key: value for key, value in made.items() if key != "readOnly"}
    assert ok(client.put(f"{boats}/fields/{made['id']}", sent_back)) == made
    ok(client.put(path, {"isAdminOnly": False}))
    assert fields_of(client, boats)["loud"]["isAdminOnly"] is False
    assert fields_of(theirs, boats).keys() & {"secret", "loud"} == {"secret", "loud"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"fieldType": "text"}, "name"),
        ({"name": "F"}, "fieldType"),
        ({"name": "F", "fieldType": "nothing"}, "fieldType"),
        ({"name": "F", "fieldType": "text", "slug": "kind"}, "slug"),
        ({"name": "F", "fieldType": "text", "minimum": 1}, "minimum"),
        ({"name": "F", "fieldType": "formula", "expression": "1 +"}, "expression"),
        (
            {"name": "F", "fieldType": "formula", "expression": "now.year > 2 ? 'a' : 1"},
            "resultType",
        ),
        ({"name": "F", "fieldType": "dropdown", "options": ["A", 5]}, "options[1]"),
        ({"name": "F", "fieldType": "dropdown", "options": [{"id": 1, "name": "A"}]}, "options"),
        ({"name": "F", "fieldType": "text", "id": 7}, "id"),
    ],
    ids=str,
)
def test_a_field_that_will_not_do_is_refused_at_its_place(
    client: WorkspaceClient, boats: str, body: Any, place: str
) -> None:
    before = ok(client.get(boats))

    message = refused(client.post(f"{boats}/fields", body), 400)["message"]

    assert message.partition(": ")[0] == place
    assert ok(client.get(boats)) == before


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"slug": "other"}, "slug"),
        ({"id": 987_654}, "id"),
        ({"fieldType": "text"}, "fieldType"),
        ({"name": ""}, "name"),
        ({"options": [{"id": 987_654, "name": "X"}]}, "options[0].id"),
        ({"options": ["Junk", {"id": "<Oar>", "name": "sail"}]}, "options[1].options"),
        ({"options": [{"id": "<Oar>", "name": "Oar", "code": "x"}]}, "options[0].code"),
        ({"options": [{"id": "<Oar>"}]}, "options[0].name"),
    ],
    ids=str,
)
def test_a_change_that_will_not_do_changes_nothing(
    client: WorkspaceClient, boats: str, body: Any, place: str
) -> None:
    before = ok(client.get(boats, {"options": "full"}))
    kind = next(field for field in before["fields"] if field["slug"] == "kind")
    oar = kind["options"][0]["id"]
    sent = {
        key: [
            {**item, "id": oar} if isinstance(item, dict) and item.get("id") == "<Oar>" else item
            for item in part
        ]
        if isinstance(part, list)
        else part
        for key, part in body.items()
    }

    for path, form, prefix in (
        (f"{boats}/fields/{kind['id']}", sent, ""),
        (boats, {"fields": [{"id": kind["id"], **sent}]}, "fields[0]."),
    ):
        if "id" in body and prefix:
            continue  # a type's list says by its ids which fields it means
        message = refused(client.put(path, form), 400)["message"]
        assert message.partition(": ")[0] == prefix + place
        assert ok(client.get(boats, {"options": "full"})) == before


def test_a_deleted_field_takes_its_values_along(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    record = boat(client, boats, port="Brest", seats=3)
    port = f"{boats}/fields/{fields_of(client, boats)['port']['id']}"

    problem = refused(client.delete(port), 409)
    assert problem["code"] == "in_use"
    assert "1 record(s)" in problem["message"]
    assert ok(client.delete(port, {"force": "true"})) == {"status": "deleted"}

    refused(client.delete(port), 404)
    refused(client.put(port, {"name": "P"}), 404)
    assert "port" not in fields_of(client, boats)
    assert "port" not in values_of(client, record)
    assert values_of(client, record)["seats"] == 3
    work()
    stored = Record.objects.get(object_id=workspace.schema("boats").id).values
    assert "Brest" not in str(stored)
    (cleared, _) = ok(client.get(f"{record}/changes"))["items"]
    assert cleared["version"] == 2


def test_a_field_that_nothing_uses_goes_without_force(client: WorkspaceClient, boats: str) -> None:
    boat(client, boats, seats=3)

    assert ok(client.delete(f"{boats}/fields/{fields_of(client, boats)['port']['id']}"))


def test_what_names_a_field_keeps_it(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    make_object(workspace, "Ports")
    make_relation(workspace, "boats", "Home", "ports", kind="primary", mirror="Boats")
    set_pattern(workspace, "boats", "{seats} seats")
    clause = {"field": "port", "condition": "=", "value": "Brest"}
    view = {"name": "Mine", "config": {"and": True, "query": [{"filters": [clause]}]}}
    records = ApiClient(workspace)
    made = records.post("/api/custom-objects/boats/filter-groups", view)
    assert made.status_code == 201, made.content
    fields = fields_of(client, boats)

    for slug, reason in (
        ("kind", "the formula 'label' reads it"),
        ("seats", "the display pattern of 'boats' shows it"),
        ("port", "the saved view 'Mine' names it"),
    ):
        path = f"{boats}/fields/{fields[slug]['id']}"
        problem = refused(client.delete(path), 409)
        assert (problem["code"], reason in problem["message"]) == ("in_use", True), problem
    port = boat(client, f"/data-types/{workspace.schema('ports').id}", name="Brest")
    boat(client, boats, home=int(port.rpartition("/")[2]))
    mirror = workspace.schema("ports").by_name["boats"]
    path = f"/data-types/{workspace.schema('ports').id}/fields/{mirror.id}"
    assert refused(client.delete(path), 409)["code"] == "in_use"
    assert ok(client.delete(path, {"force": "true"}))
    assert "home" not in fields_of(client, boats)


def test_forced_away_a_field_leaves_formulas_blank_and_names_without_it(
    workspace: Caller, client: WorkspaceClient, boats: str
) -> None:
    set_pattern(workspace, "boats", "{port} {kind}")
    record = boat(client, boats, kind="Sail", port="Brest")
    assert values_of(client, record)["label"] == "a Sail"

    ok(client.delete(f"{boats}/fields/{fields_of(client, boats)['kind']['id']}?force=true"))
    work()

    assert values_of(client, record)["label"] is None
    assert Record.objects.get(object_id=workspace.schema("boats").id).display_name == "Brest"
    ok(client.put(record, {"fieldValues": {"seats": 2}}))


def test_default_fields_stay(client: WorkspaceClient, boats: str) -> None:
    fields = fields_of(client, boats)

    for slug in ("created", "updated"):
        refused(client.delete(f"{boats}/fields/{fields[slug]['id']}?force=true"), 400)
    assert fields_of(client, boats) == fields


# ---------------------------------------------------------------- options


def test_options_are_shown_with_their_ids_and_renamed_by_them(
    client: WorkspaceClient, boats: str
) -> None:
    record = boat(client, boats, kind="Sail", rigs=["Sail", "Oar"])

    def full() -> list[Any]:
        fields = ok(client.get("/data-types/slug/boats", {"options": "full"}))["fields"]
        found: list[Any] = next(row["options"] for row in fields if row["slug"] == "kind")
        return found

    before = full()
    assert [row["name"] for row in before] == ["Oar", "Sail", "Steam"]
    listed = ok(client.get("/data-types", {"options": "full"}))
    assert before in [row["options"] for item in listed for row in item["fields"]]
    sail = before[1]
    kind = fields_of(client, boats)["kind"]

    changed = ok(
        client.put(
            f"{boats}/fields/{kind['id']}",
            {"options": [{**sail, "name": "Canvas"}, before[0], "Diesel"]},
            {"options": "full"},
        )
    )

    assert [row["name"] for row in changed["options"]] == ["Oar", "Canvas", "Steam", "Diesel"]
    assert changed["options"][1] == {**sail, "name": "Canvas"}
    assert values_of(client, record)["kind"] == "Canvas"
    again = ok(client.put(boats, {"fields": [{"slug": "kind", "options": [{**sail}]}]}))
    assert "Sail" in str(again["fields"])
    refused(client.get(boats, {"options": "some"}), 400)


@pytest.mark.parametrize(
    ("query", "left"), [({"replaceWith": "oar"}, "Oar"), ({"force": "1"}, None)]
)
def test_an_option_goes_with_what_takes_its_place(
    workspace: Caller, client: WorkspaceClient, boats: str, query: dict[str, str], left: str | None
) -> None:
    live = boat(client, boats, kind="Sail", rigs=["Sail", "Oar"])
    other = boat(client, boats, kind="Steam", rigs=["Sail"])
    archived = boat(client, boats, kind="Sail")
    uuid = ok(client.get(archived))["uuid"]
    assert ApiClient(workspace).delete(f"/api/records/boats/{uuid}").status_code == 204
    fields = fields_of(client, boats)
    kind, rigs = (f"{boats}/fields/{fields[slug]['id']}/options" for slug in ("kind", "rigs"))

    problem = refused(client.delete(f"{kind}/Sail"), 409)
    assert (problem["code"], "2 record(s)" in problem["message"]) == ("in_use", True)
    assert ok(client.delete(f"{kind}/sail", query)) == {"status": "deleted", "replaced": 2}
    assert ok(client.delete(f"{rigs}/Sail", query)) == {"status": "deleted", "replaced": 2}

    shown = values_of(client, live)
    assert (shown["kind"], shown["rigs"]) == (left, ["Oar"])
    # Formulas are computed from what is left.
    assert shown["label"] == (None if left is None else "a Oar")
    assert values_of(client, other)["rigs"] == (None if left is None else ["Oar"])
    (kept,) = ok(client.get(f"{boats}/records", {"archived": "true"}))["items"]
    assert kept["fieldValues"]["kind"] == left
    assert fields_of(client, boats)["kind"]["options"] == ["Oar", "Steam"]
    assert ok(client.get(f"{live}/changes"))["items"][1]["changes"]["kind"]["old"] == "Sail"
    refused(client.delete(f"{kind}/Sail", query), 404)
    refused(client.put(live, {"fieldValues": {"kind": "Sail"}}), 400)


@pytest.mark.parametrize("replaces", [True, False])
def test_the_records_api_takes_options_out_of_archived_records_too(
    workspace: Caller, client: WorkspaceClient, boats: str, replaces: bool
) -> None:
    records = ApiClient(workspace)
    archived = boat(client, boats, kind="Sail")
    uuid = ok(client.get(archived))["uuid"]
    assert records.delete(f"/api/records/boats/{uuid}").status_code == 204
    options = "/api/custom-objects/boats/fields/kind/options"
    keys = {row["name"]: row["id"] for row in records.get(options).json()}

    held = records.delete(f"{options}/{keys['Sail']}")
    assert (held.status_code, held.json()["code"]) == (400, "in_use")
    if replaces:
        answer = records.post(f"{options}/{keys['Sail']}/replace", {"id": keys["Oar"]})
        assert answer.json() == {"replaced_count": 1}
    else:
        assert records.delete(f"{options}/{keys['Sail']}?force=perhaps").status_code == 400
        assert records.delete(f"{options}/{keys['Sail']}?force=true").status_code == 204

    left = "Oar" if replaces else None
    (kept,) = ok(client.get(f"{boats}/records", {"archived": "true"}))["items"]
    assert kept["fieldValues"]["kind"] == left
    (row,) = records.post("/api/records/boats/search?archived=true", {}).json()["results"]
    shown = {entry["name"]: entry["value"] for entry in row["fields"].values()}
    assert (shown["kind"]["name"] if replaces else shown.get("kind")) == left


@pytest.mark.parametrize(
    ("query", "status", "place"),
    [
        ({"replaceWith": "Nothing"}, 400, "replaceWith"),
        ({"replaceWith": "sail"}, 400, "replaceWith"),
        ({"replaceWith": "a\x00"}, 400, "replaceWith"),
        ({"replaceWith": "Oar", "force": "true"}, 400, "force"),
        ({"force": "perhaps"}, 400, "force"),
        ({"surplus": "1"}, 400, "Unknown query keys"),
    ],
)
def test_a_removal_that_will_not_do_changes_nothing(
    client: WorkspaceClient, boats: str, query: dict[str, str], status: int, place: str
) -> None:
    record = boat(client, boats, kind="Sail")
    before = ok(client.get(boats))
    path = f"{boats}/fields/{fields_of(client, boats)['kind']['id']}/options/Sail"

    message = refused(client.delete(path, query), status)["message"]

    assert message.startswith(f"{place}: ")
    assert ok(client.get(boats)) == before
    assert values_of(client, record)["kind"] == "Sail"


def test_an_unknown_option_field_or_type_is_missing(client: WorkspaceClient, boats: str) -> None:
    fields = fields_of(client, boats)
    for where in (
        f"{boats}/fields/{fields['kind']['id']}/options/Nothing",
        f"{boats}/fields/{fields['kind']['id']}/options/a%00",
        f"{boats}/fields/{fields['port']['id']}/options/Sail",
        f"{boats}/fields/987654/options/Sail",
        f"/data-types/987654/fields/{fields['kind']['id']}/options/Sail",
    ):
        refused(client.delete(where), 404)


def test_an_option_may_have_any_name(client: WorkspaceClient, boats: str) -> None:
    field = {"name": "Odd", "fieldType": "dropdown", "options": ["a/b", "100 %", "ü?#"]}
    made = ok(client.post(f"{boats}/fields", field), 201)

    for name in ("a/b", "100%20%25"):
        ok(client.delete(f"{boats}/fields/{made['id']}/options/{name}"))

    assert fields_of(client, boats)["odd"]["options"] == ["ü?#"]


# ---------------------------------------------------------------- rights


def test_definitions_are_the_admins(
    workspace: Caller, client: WorkspaceClient, elsewhere: Caller, boats: str
) -> None:
    kind = fields_of(client, boats)["kind"]["id"]
    member = make_member(workspace, "m@example.com", {"boats": {"view": "all"}})
    stranger = make_member(workspace, "s@example.com")
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:write"])
    writer = WorkspaceClient(workspace, secret=secret)
    before = ok(client.get(boats))

    for method, where, body in (
        ("POST", f"{boats}/fields", {"name": "F", "fieldType": "text"}),
        ("PUT", f"{boats}/fields/{kind}", {"name": "F"}),
        ("PUT", f"{boats}/fields/987654", {"name": "F"}),
        ("DELETE", f"{boats}/fields/{kind}?force=true", None),
        ("DELETE", f"{boats}/fields/{kind}/options/Oar", None),
    ):
        refused(WorkspaceClient(member).send(method, where, body), 403)
        refused(WorkspaceClient(stranger).send(method, where, body), 404)
        refused(WorkspaceClient(elsewhere).send(method, where, body), 404)
    refused(writer.delete(f"{boats}/fields/{kind}?force=true"), 403)
    assert ok(client.get(boats)) == before
    assert ok(writer.delete(f"{boats}/fields/{kind}/options/Oar"))["replaced"] == 0


def test_the_fields_of_an_archived_type_do_not_change(client: WorkspaceClient, boats: str) -> None:
    kind = fields_of(client, boats)["kind"]["id"]
    ok(client.post(f"{boats}/archive"))

    for method, where, body in (
        ("POST", f"{boats}/fields", {"name": "F", "fieldType": "text"}),
        ("PUT", f"{boats}/fields/{kind}", {"name": "F"}),
        ("DELETE", f"{boats}/fields/{kind}", None),
        ("DELETE", f"{boats}/fields/{kind}/options/Oar", None),
    ):
        assert refused(client.send(method, where, body), 409)["code"] == "archived"
