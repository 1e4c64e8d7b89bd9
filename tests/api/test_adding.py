"""Making records, or changing the ones that are there: add and upsert."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_field, make_object

from .reading import codes_of, sent, uuid_of, values_of

UNKNOWN = "01900000-0000-7000-8000-000000000000"


# ---------------------------------------------------------------- add


def test_add_answers_the_whole_record(api: ApiClient, workspace: Caller, companies: str) -> None:
    answer = api.post(f"{companies}/add", sent(name="New", employees=3))

    assert answer.status_code == 200
    assert answer.json()["action"] == "created"
    assert answer.headers["ETag"] == '"1"'
    assert values_of(answer) == values_of(api.get(f"{companies}/{uuid_of(answer)}"))
    assert values_of(answer)["owner"]["id"] == str(workspace.member.uuid)


def test_add_never_changes_a_live_record(api: ApiClient, companies: str, company: str) -> None:
    for choice in (None, "prompt", "unarchive", "overwrite"):
        body = {**sent(name="acme", employees=1), "unarchive": choice}
        assert codes_of(api.post(f"{companies}/add", body))[0] == {"value": ["unique"]}
    assert values_of(api.get(company))["employees"] == 7


def test_add_asks_what_to_do_with_an_archived_record(
    api: ApiClient, companies: str, company: str
) -> None:
    old = company.rpartition("/")[2]
    api.delete(company)

    for choice in (None, "prompt"):
        answer = api.post(f"{companies}/add", {**sent(name="Acme"), "unarchive": choice})
        assert codes_of(answer) == [{"value": ["archived_conflict"]}]
        assert answer.json()["archived_record_id"] == old

    back = api.post(
        f"{companies}/add", {**sent(name="Acme", employees=1), "unarchive": "unarchive"}
    )
    assert (uuid_of(back), back.json()["action"]) == (old, "unarchived")
    assert values_of(back)["employees"] == 1
    assert values_of(back)["industry"]["name"] == "Air"

    api.delete(company)
    new = api.post(f"{companies}/add", {**sent(name="Acme"), "unarchive": "overwrite"})
    assert new.json()["action"] == "created"
    assert uuid_of(new) != old


def test_add_needs_the_required_fields(api: ApiClient, companies: str) -> None:
    assert codes_of(api.post(f"{companies}/add", {})) == ["required"]
    assert codes_of(api.post(f"{companies}/add", {"fields": []}))[0]["value"] == ["required"]


# ---------------------------------------------------------------- upsert


def test_what_is_wrong_is_told_by_its_place_in_one_text_too(api: ApiClient, companies: str) -> None:
    fields = [
        {"name": "city", "value": "Oslo"},
        {"name": "employees", "value": "many"},
        {"name": "nope", "value": 1},
    ]
    assert api.post(f"{companies}/add", {"fields": fields}).json()["detail"] == (
        "fields[0].name: There is no field with this name. fields[1].value: Expected a whole "
        "number."
        " fields[2].name: There is no field with this name. The field 'Name' (name) is required."
    )


def test_upsert_creates_then_updates_then_leaves_alone(api: ApiClient, companies: str) -> None:
    def upsert(**values: Any) -> Any:
        return api.post(f"{companies}/upsert", {"lookup_value": " New  one ", **sent(**values)})

    created, updated, unchanged = upsert(employees=1), upsert(employees=2), upsert(employees=2)

    assert [answer.status_code for answer in (created, updated, unchanged)] == [201, 200, 200]
    actions = [answer.json()["action"] for answer in (created, updated, unchanged)]
    assert actions == ["created", "updated", "unchanged"]
    assert len({uuid_of(answer) for answer in (created, updated, unchanged)}) == 1
    assert values_of(created)["name"].split() == ["New", "one"]
    assert values_of(updated).keys() == {"employees", "updated"}
    assert values_of(unchanged).keys() == {"updated"}


def test_upsert_answers_all_fields_when_asked(api: ApiClient, companies: str, company: str) -> None:
    answer = api.post(
        f"{companies}/upsert?return_all_fields=1", {"lookup_value": "acme", **sent(employees=9)}
    )

    assert values_of(answer) == values_of(api.get(company))


def test_upsert_brings_an_archived_record_back_when_told_to(
    api: ApiClient, companies: str, company: str
) -> None:
    api.delete(company)
    body = {"lookup_value": "Acme", **sent(employees=9)}

    prompted = api.post(f"{companies}/upsert", body)
    brought_back = api.post(f"{companies}/upsert", {**body, "oncreate_unarchive": "unarchive"})

    assert prompted.json()["code"] == "archived_conflict"
    assert prompted.json()["archived_record_id"] == company.rpartition("/")[2]
    assert brought_back.status_code == 201
    assert brought_back.json()["action"] == "unarchived"
    assert values_of(brought_back)["industry"]["name"] == "Air"


def test_upsert_matches_on_any_unique_field(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_field(workspace, "companies", "Code", "text", is_unique=True)
    body = {"lookup_value": "C-1", "match_field": "code", **sent(name="First")}

    first = api.post(f"{companies}/upsert", body)
    second = api.post(f"{companies}/upsert", {**body, **sent(name="Renamed")})

    assert (first.status_code, second.status_code) == (201, 200)
    assert values_of(first)["code"] == "C-1"
    assert values_of(second)["name"] == "Renamed"
    for field in ("note", "nope", "created"):
        assert codes_of(api.post(f"{companies}/upsert", {**body, "match_field": field}))[0] in (
            "invalid",
            "does_not_exist",
        )


def test_upsert_refuses_a_value_that_disagrees_with_the_lookup_value(
    api: ApiClient, companies: str
) -> None:
    body = {"lookup_value": "A1", **sent(employees=1, name="A2")}

    for _ in range(2):
        refused = api.post(f"{companies}/upsert", body)
        assert (refused.status_code, codes_of(refused)) == (400, [{}, {"value": ["conflict"]}])
    assert api.get(f"{companies}/lookup?identifier=A1").status_code == 404
    assert api.post(f"{companies}/upsert", {**body, **sent(name="a1 ")}).status_code == 201


def test_upsert_matches_on_the_external_id(api: ApiClient, companies: str) -> None:
    body = {"lookup_value": "crm-1", "match_field": "external_id", **sent(name="First")}

    first = api.post(f"{companies}/upsert", body)
    second = api.post(f"{companies}/upsert", {**body, **sent(name="Renamed")})
    other = api.post(
        f"{companies}/upsert", {**body, "external_source": "erp", **sent(name="Other")}
    )

    assert [answer.status_code for answer in (first, second, other)] == [201, 200, 201]
    assert uuid_of(first) == uuid_of(second) != uuid_of(other)
    named = [
        (answer.json()["external_id"], answer.json()["external_source"])
        for answer in (first, second, other)
    ]
    assert named == [("crm-1", ""), ("crm-1", ""), ("crm-1", "erp")]
    for wrong in ({"lookup_value": "x" * 256}, {"external_id": "crm-2"}):
        assert api.post(f"{companies}/upsert", {**body, **wrong}).status_code == 400


def test_a_field_called_external_id_is_that_field(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_field(workspace, "companies", "External id", "text", is_unique=True)
    body = {"lookup_value": "7", "match_field": "external_id", **sent(name="First")}

    made = api.post(f"{companies}/upsert", body)

    assert (values_of(made)["external_id"], made.json()["external_id"]) == ("7", None)


def test_external_ids_are_given_changed_found_and_taken_away(
    api: ApiClient, companies: str
) -> None:
    made = api.post(f"{companies}/add", {**sent(name="First"), "external_id": "crm-1"})
    path = f"{companies}/{uuid_of(made)}"
    assert made.json()["external_id"] == "crm-1"
    taken = api.post(f"{companies}/add", {**sent(name="Second"), "external_id": "crm-1"})
    assert (taken.status_code, taken.json()["code"]) == (409, "already_exists")

    moved = api.patch(path, {"external_id": "7", "external_source": "erp"})

    assert (moved.json()["action"], moved.json()["external_id"]) == ("updated", "7")
    found = api.get(f"{companies}/lookup?external_id=7&external_source=erp")
    assert uuid_of(found) == uuid_of(made)
    for wrong in ("external_id=7", "external_id=7&identifier=First", ""):
        assert api.get(f"{companies}/lookup?{wrong}").status_code in (400, 404)
    assert api.patch(path, {"external_source": "erp"}).status_code == 400
    assert api.patch(path, {"external_id": 7}).status_code == 400
    assert api.patch(path, {"external_id": None}).json()["external_id"] is None


def test_a_phone_number_is_one_identifier_however_it_is_written(
    api: ApiClient, workspace: Caller
) -> None:
    make_object(
        workspace, "Lines", FieldDefinition("Phone", "phonenumber"), identifier_field="phone"
    )
    forms = ["+1 650-253-0000", "(650) 253-0000", "+16502530000"]

    made = [api.post("/api/records/lines/upsert", {"lookup_value": form}) for form in forms]

    assert [answer.status_code for answer in made] == [201, 200, 200]
    for form in forms:
        answer = api.get(f"/api/records/lines/lookup?{urlencode({'identifier': form})}")
        assert uuid_of(answer) == uuid_of(made[0])


@pytest.mark.parametrize("value", [None, "", "  ", "\x00", [], {}, True])
def test_upsert_needs_something_to_look_up(api: ApiClient, companies: str, value: object) -> None:
    assert codes_of(api.post(f"{companies}/upsert", {"lookup_value": value, **sent(employees=1)}))
    assert codes_of(api.post(f"{companies}/upsert", sent(name="x")))[0] == "required"


def test_an_object_without_identifier_is_matched_on_named_fields_only(
    api: ApiClient, workspace: Caller
) -> None:
    make_object(workspace, "Reports", FieldDefinition("Text", "longtext"), identifier_field=None)

    assert codes_of(api.post("/api/records/reports/upsert", {"lookup_value": "x"})) == ["invalid"]
    assert api.get("/api/records/reports/lookup?identifier=x").status_code == 400
    assert api.post("/api/records/reports/add", sent(text="x")).status_code == 200
