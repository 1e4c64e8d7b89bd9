"""A client that was written to the documented API, knows none of our extras, and shapes a workspace
with it."""

from __future__ import annotations

from typing import Any

from tests.api_client import ApiClient
from tests.factories import Caller

OBJECTS = "/api/custom-objects"


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, (answer.status_code, answer.content)
    return answer.json() if answer.content else None


def categories_of(api: ApiClient, name: str) -> str:
    found: str = ok(api.get(f"{OBJECTS}/{name}/categories"))[0]["id"]
    return found


def add_field(
    api: ApiClient, name: str, label: str, field_type: str, **more: Any
) -> dict[str, Any]:
    body = {
        "category": categories_of(api, name),
        "display_name": label,
        "field_type": field_type,
        **more,
    }
    made: dict[str, Any] = ok(api.post(f"{OBJECTS}/{name}/fields", body), 201)
    return made


def test_objects_are_made_listed_changed_and_archived(api: ApiClient) -> None:
    body = {
        "object_name": "Incidents",
        "entity_name": "Incident",
        "object_type": "standard",
        "unknown": {"a": 1},
    }
    made = ok(api.post(OBJECTS, body), 201)
    assert made["name"] == "incidents"
    assert made["is_custom"] is True

    assert [row["name"] for row in ok(api.get(OBJECTS))["results"]] == ["incidents"]
    everything = ok(api.get(f"{OBJECTS}?custom_only=false&ordering=-name"))
    assert [row["name"] for row in everything["results"]] == ["incidents", "client_client"]
    assert ok(api.get(f"{OBJECTS}?search=INCID"))["count"] == 1
    assert ok(api.get(f"{OBJECTS}?search=nothing"))["count"] == 0

    changed = ok(
        api.patch(
            f"{OBJECTS}/{made['id']}", {"entity_name": "Accident", "description": "What went wrong"}
        )
    )
    assert (changed["entity_name"], changed["description"]) == ("Accident", "What went wrong")
    assert ok(api.get(f"{OBJECTS}/incidents")) == changed

    fields = ok(api.get(f"{OBJECTS}/incidents/fields"))
    assert [row["name"] for row in fields] == [
        "name",
        "owner",
        "created",
        "updated",
        "display_name",
    ]
    assert {row["is_default"] for row in fields} == {True}

    record = ok(
        api.post("/api/records/incidents/add", {"fields": [{"name": "name", "value": "Smoke"}]})
    )
    assert api.delete(f"{OBJECTS}/incidents").status_code == 204
    for path in (
        f"{OBJECTS}/incidents",
        f"{OBJECTS}/incidents/fields",
        f"/api/records/incidents/{record['id']}",
    ):
        assert api.get(path).status_code == 404
    assert ok(api.get(OBJECTS))["count"] == 0

    assert [row["name"] for row in ok(api.get(f"{OBJECTS}?archived=true"))["results"]] == [
        "incidents"
    ]
    assert ok(api.patch(f"{OBJECTS}/incidents/unarchive"))["id"] == made["id"]
    assert ok(api.get(f"/api/records/incidents/{record['id']}"))["id"] == record["id"]


def test_standard_objects_stay(api: ApiClient) -> None:
    answer = api.delete(f"{OBJECTS}/client_client")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, PATCH"
    assert ok(api.get(f"{OBJECTS}/contacts"))["is_custom"] is False


def test_fields_of_every_shape_are_made(api: ApiClient) -> None:
    ok(api.post(OBJECTS, {"object_name": "Invoices", "entity_name": "Invoice"}), 201)
    options = [{"name": "Paid", "code": "p", "order": 2}, {"name": "Open", "order": 1}]
    choice = add_field(api, "invoices", "State", "dropdown", options=options)
    assert [(row["name"], row["code"]) for row in choice["options"]] == [
        ("Open", "open"),
        ("Paid", "p"),
    ]
    assert add_field(api, "invoices", "Amount", "money", money_options={"currency": "EUR"})[
        "money_options"
    ] == {"currency": "EUR"}
    assert add_field(api, "invoices", "Stars", "rating", rating={"max_value": 10})["rating"] == {
        "max_value": 10
    }
    places = {"min_value": 0, "max_value": 9, "decimal_places": 1}
    assert (
        add_field(api, "invoices", "Rate", "decimal", decimal_options=places)["decimal_options"]
        == places
    )
    relation = {
        "related_object": "client_client",
        "related_name": "Invoices",
        "relation_type": "primary",
    }
    link = add_field(api, "invoices", "Customer", "relationship", relation=relation)
    assert link["relation"]["related_object_name"] == "client_client"

    mirror = next(
        row for row in ok(api.get(f"{OBJECTS}/client_client/fields")) if row["name"] == "invoices"
    )
    assert mirror["relation"]["relation_type"] == "primary_for"
    assert mirror["relation"]["related_field"] == link["id"]

    path = f"{OBJECTS}/invoices/fields/{choice['id']}"
    changed = ok(
        api.patch(path, {"display_name": "Status", "is_required": True, "name": "ignored"})
    )
    assert (changed["display_name"], changed["is_required"], changed["name"]) == (
        "Status",
        True,
        "state",
    )
    assert api.patch(path, {"field_type": "text"}).status_code == 400
    assert ok(api.get(path)) == changed


def test_options_are_added_renamed_replaced_and_taken_away(
    api: ApiClient, workspace: Caller
) -> None:
    ok(api.post(OBJECTS, {"object_name": "Tickets", "entity_name": "Ticket"}), 201)
    choice = add_field(api, "tickets", "Kind", "dropdown", options=["Bug", "Wish"])
    several = add_field(api, "tickets", "Teams", "checkboxes", options=["Red", "Blue", "Green"])
    options = f"{OBJECTS}/tickets/fields/{choice['id']}/options"
    bug, wish = (row["id"] for row in ok(api.get(options)))
    task = ok(api.post(options, {"name": "Task"}), 201)
    assert (
        ok(api.patch(f"{options}/{task['id']}", {"name": "Chore", "order": 0}))["name"] == "Chore"
    )
    assert [row["name"] for row in ok(api.get(options))] == ["Chore", "Bug", "Wish"]

    fields = [
        {"name": "name", "value": "A"},
        {"name": "kind", "value": bug},
        {"name": "teams", "value": ["Red", "Blue"]},
    ]
    record = ok(api.post("/api/records/tickets/add", {"fields": fields}))
    refused = api.delete(f"{options}/{bug}")
    assert (refused.status_code, refused.json()["code"]) == (400, "in_use")
    assert ok(api.post(f"{options}/{bug}/replace", {"replacement_option_id": wish})) == {
        "replaced_count": 1
    }
    teams = f"{OBJECTS}/tickets/fields/teams/options"
    red, blue, green = (row["id"] for row in several["options"])
    assert ok(api.post(f"{teams}/{red}/replace", {"replacement_option_id": green})) == {
        "replaced_count": 1
    }

    values = {
        entry["name"]: entry["value"]
        for entry in ok(api.get(f"/api/records/tickets/{record['id']}"))["fields"].values()
    }
    assert values["kind"]["id"] == wish
    assert {entry["id"] for entry in values["teams"]} == {blue, green}
    assert api.delete(f"{options}/{task['id']}").status_code == 204
    assert [row["id"] for row in ok(api.get(options))] == [wish]
    assert api.patch(f"{options}/{bug}", {"name": "Bugs"}).status_code == 404


def test_categories_are_added_renamed_and_taken_away(api: ApiClient) -> None:
    ok(api.post(OBJECTS, {"object_name": "Assets", "entity_name": "Asset"}), 201)
    path = f"{OBJECTS}/assets/categories"
    made = ok(api.post(path, {"name": "Money"}), 201)
    body = {"category": made["id"], "display_name": "Price", "field_type": "money"}
    field = ok(api.post(f"{OBJECTS}/assets/fields", body), 201)
    assert field["category"] == made["id"]
    assert ok(api.patch(f"{path}/{made['id']}", {"name": "Finance"}))["name"] == "Finance"
    assert api.post(path, {"name": "Finance"}).json()["code"] == "unique"
    assert api.delete(f"{path}/{made['id']}").status_code == 204
    general = ok(api.get(path))
    assert len(general) == 1
    assert ok(api.get(f"{OBJECTS}/assets/fields/price"))["category"] == general[0]["id"]
    assert api.delete(f"{path}/{general[0]['id']}").json()["code"] == "in_use"


def test_a_pipeline_has_stages(api: ApiClient) -> None:
    stages = [{"name": "Lead", "status": "open"}, {"name": "Signed", "status": "won"}]
    body = {
        "object_name": "Deals",
        "entity_name": "Deal",
        "object_type": "pipeline",
        "pipeline": {"stages": stages},
    }
    made = ok(api.post(OBJECTS, body), 201)
    assert [(row["name"], row["status"]) for row in made["pipeline"]["stages"]] == [
        ("Lead", "open"),
        ("Signed", "won"),
    ]
    lead, signed = (row["id"] for row in made["pipeline"]["stages"])

    path = "/api/pipelines/deals/stages"
    talk = ok(
        api.post(path, {"name": "Talk", "status": "open", "percentage_chance_to_close": 40}), 201
    )
    assert talk["percentage_chance_to_close"] == 40
    assert ok(api.patch(f"{path}/{talk['id']}", {"order": 0, "status": "lost"}))["status"] == "lost"
    assert [row["name"] for row in ok(api.get(path))] == ["Talk", "Lead", "Signed"]

    assert [row["order"] for row in ok(api.get(f"{path}?ordering=order"))] == [0, 1, 2]
    # The client numbers from 0, and adds one at the end by their number.
    ok(api.post(path, {"name": "Last", "status": "lost", "order": 3}), 201)
    ok(api.post(path, {"name": "First", "status": "open", "order": 1}), 201)
    assert [(row["name"], row["order"]) for row in ok(api.get(path))] == [
        (name, at) for at, name in enumerate(["Talk", "First", "Lead", "Signed", "Last"])
    ]
    assert api.get(f"{path}?ordering=name").status_code == 400

    record = ok(api.post("/api/records/deals/add", {"fields": [{"name": "name", "value": "Big"}]}))
    ok(api.patch(f"/api/records/deals/{record['id']}/move", {"stage_id": lead}))
    assert ok(api.post(f"{path}/remove-stage", {"id": lead, "new_stage_id": signed})) == {
        "replaced_count": 1
    }
    values = {
        entry["name"]: entry["value"]
        for entry in ok(api.get(f"/api/records/deals/{record['id']}"))["fields"].values()
    }
    assert values["stage"]["id"] == signed
    assert values["actual_close_date"]
    assert api.post(f"{path}/remove-stage", {"id": lead, "new_stage_id": signed}).status_code == 400
    assert api.get("/api/pipelines/client_client/stages").status_code == 404


def test_a_deleted_field_is_gone_everywhere_and_history_names_it(api: ApiClient) -> None:
    ok(api.post(OBJECTS, {"object_name": "Cars", "entity_name": "Car"}), 201)
    field = add_field(api, "cars", "Colour", "text")
    fields = [{"name": "name", "value": "A"}, {"name": "colour", "value": "red"}]
    record = ok(api.post("/api/records/cars/add", {"fields": fields}))
    path = f"/api/records/cars/{record['id']}"

    assert api.delete(f"{OBJECTS}/cars/fields/{field['id']}").status_code == 204

    assert field["id"] not in ok(api.get(path))["fields"]
    assert api.get(f"{OBJECTS}/cars/fields/{field['id']}").status_code == 404
    search = {"query": [{"filters": [{"field": "colour", "condition": "=", "value": "red"}]}]}
    assert api.post("/api/records/cars/search", search).status_code == 400
    newest, first = ok(api.get(f"{path}/history"))["results"]
    assert [(c["name"], c["old"], c["new"]) for c in newest["changes"]] == [("colour", "red", None)]
    assert "Colour" in newest["reason"]
    assert ("colour", None, "red") in [(c["name"], c["old"], c["new"]) for c in first["changes"]]
    assert add_field(api, "cars", "Colour", "integer")["name"] == "colour"
    assert api.delete(f"{OBJECTS}/cars/fields/name").status_code == 403


def test_the_team_and_what_the_caller_may_do(api: ApiClient, workspace: Caller) -> None:
    me = ok(api.get("/api/team"))["results"][0]
    assert me["email"] == "admin@example.com"
    assert ok(api.get(f"/api/team/{me['id']}")) == me
    assert [row["id"] for row in ok(api.get("/api/team/typeahead?search=ADMIN"))] == [me["id"]]
    assert ok(api.get("/api/team/typeahead?search=nobody")) == []
    access = ok(api.get("/api/auth/access"))
    assert access["is_admin"] is True
    assert [row["name"] for row in access["objects"]] == ["client_client"]
    assert access["objects"][0]["access"] == {
        "create": True,
        "view": "all",
        "edit": "all",
        "remove": "all",
    }


def test_a_record_is_described_as_json_schema(api: ApiClient) -> None:
    schema = ok(api.get(f"{OBJECTS}/contacts/schema"))
    assert schema["properties"]["email"]["type"] == "string"
    assert schema["properties"]["full_name"]["readOnly"] is True


def test_stages_change_on_their_own_path_alone(api: ApiClient) -> None:
    ok(
        api.post(
            OBJECTS, {"object_name": "Deals", "entity_name": "Deal", "object_type": "pipeline"}
        ),
        201,
    )
    options = f"{OBJECTS}/deals/fields/stage/options"
    first, second = ok(api.get(options))[:2]

    for refused in (
        api.post(options, {"name": "More"}),
        api.patch(f"{options}/{first['id']}", {"name": "Less"}),
        api.delete(f"{options}/{first['id']}"),
        api.post(f"{options}/{first['id']}/replace", {"id": second["id"]}),
    ):
        assert refused.status_code == 400
        assert "/api/pipelines/deals/stages" in refused.json()["detail"]
    assert ok(api.get(options))[0] == first
