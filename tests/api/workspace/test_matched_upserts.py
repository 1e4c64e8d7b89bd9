"""Upserts by the value of a field, and what lists are narrowed by."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Record
from tests.factories import (
    Caller,
    FieldDefinition,
    make_key,
    make_member,
    make_object,
    make_record,
)

from .calling import WorkspaceClient, ok, refused


@pytest.fixture
def ships(workspace: Caller) -> str:
    """The path of a type with a unique field, and two fields with one label."""
    make_object(
        workspace,
        "Ships",
        FieldDefinition("Hull number", "text", name="hull", is_unique=True),
        FieldDefinition("Seats", "integer"),
        FieldDefinition("hull", "text", name="other"),
        FieldDefinition("Twin", "text", name="twin_a", is_unique=True),
        FieldDefinition("Twin", "text", name="twin_b", is_unique=True),
        identifier_field=None,
    )
    return f"/data-types/{workspace.schema('ships').id}"


@pytest.mark.parametrize("match", ["hull", "Hull number"])
def test_the_value_of_a_unique_field_says_which_record(
    client: WorkspaceClient, ships: str, match: str
) -> None:
    body = {"matchField": match, "fieldValues": {match: " ab-1 ", "seats": 4}, "externalId": "s"}
    first = ok(client.post(f"{ships}/upsert", body), 201)
    again = ok(
        client.post(
            f"{ships}/upsert", {"match_field": match, "field_values": {match: "AB-1", "Seats": 5}}
        )
    )

    assert (again["id"], again["fieldValues"]["seats"], again["externalId"]) == (
        first["id"],
        5,
        "s",
    )
    unchanged = {"matchField": match, "fieldValues": {"hull": "AB-1"}}
    assert ok(client.post(f"{ships}/upsert", unchanged))["version"] == again["version"]
    # A slug wins over an equal label.
    assert again["fieldValues"]["other"] is None


def test_a_refusal_says_which_record_has_what_is_given(
    workspace: Caller, client: WorkspaceClient, ships: str
) -> None:
    values = {"hull": "A", "twin_a": "T"}
    first = ok(client.post(f"{ships}/records", {"fieldValues": values, "externalId": "x"}), 201)
    other = ok(client.post(f"{ships}/records", {"fieldValues": {"hull": "B"}}), 201)
    given = {"matchField": "hull", "fieldValues": {"hull": "B", "twin_a": "t"}}
    number = f" It is record {first['id']}."

    for answer in (
        client.post(f"{ships}/upsert", given),
        client.post(f"{ships}/upsert/y", {"fieldValues": {"twin_a": "T "}}),
        client.post(f"{ships}/records", {"fieldValues": {"twin_a": "T"}}),
        client.put(f"{ships}/records/{other['id']}", {"fieldValues": {"twin_a": "T"}}),
    ):
        assert refused(answer, 400)["details"] == {
            "twin_a": [f"Another record has this twin.{number}"]
        }
    for answer in (
        client.post(f"{ships}/upsert", {**given, "fieldValues": {"hull": "B"}, "externalId": "x"}),
        client.post(f"{ships}/records", {"externalId": "x"}),
    ):
        error = refused(answer, 409)
        assert error["details"] == {"externalId": [f"Another record has this external id.{number}"]}
    # Not to those who cannot see it.
    member = make_member(workspace, "m@example.com", {"ships": {"create": True, "view": "own"}})
    stranger = WorkspaceClient(member)
    error = refused(stranger.post(f"{ships}/records", {"fieldValues": {"twin_a": "T"}}), 400)
    assert error["details"] == {"twin_a": ["Another record has this twin."]}
    error = refused(stranger.post(f"{ships}/records", {"externalId": "x"}), 409)
    assert error["details"] == {"externalId": ["Another record has this external id."]}


def test_a_refused_match_is_at_its_slug(client: WorkspaceClient, ships: str) -> None:
    for sent, place in (
        ({"matchField": "hull", "fieldValues": {"seats": 1}}, "hull"),
        ({"matchField": "nothing", "fieldValues": {}}, "matchField"),
        ({"matchField": "seats", "fieldValues": {"seats": 1}}, "matchField"),
        ({"matchField": "hull", "fieldValues": {"hull": "x"}, "memberId": 999999}, "memberId"),
    ):
        assert [*refused(client.post(f"{ships}/upsert", sent), 400)["details"]] == [place]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"matchField": "hull"},
        {"matchField": "hull", "fieldValues": {"hull": ""}},
        {"matchField": "hull", "fieldValues": {"hull": None}},
        {"matchField": "hull", "fieldValues": {"hull": " "}},
        {"matchField": "hull", "fieldValues": {"hull": ["x"]}},
        {"matchField": "seats", "fieldValues": {"seats": 1}},
        {"matchField": "nothing", "fieldValues": {"nothing": 1}},
        {"matchField": "Twin", "fieldValues": {"Twin": "x"}},
        {"matchField": "hull", "fieldValues": {"hull": "x", "Hull number": "x"}},
        {"matchField": 7, "fieldValues": {"hull": "x"}},
    ],
    ids=str,
)
def test_a_match_that_will_not_do_is_refused(
    client: WorkspaceClient, ships: str, body: dict[str, Any]
) -> None:
    refused(client.post(f"{ships}/upsert", body), 400)
    assert not Record.objects.exists()


def test_the_field_of_the_external_id_is_matched_too(
    client: WorkspaceClient, workspace: Caller
) -> None:
    make_object(
        workspace,
        "Planes",
        FieldDefinition("Tail", "text", is_external_id=True),
        identifier_field=None,
    )
    planes = f"/data-types/{workspace.schema('planes').id}"
    body = {"matchField": "tail", "fieldValues": {"tail": "D-1"}}

    first = ok(client.post(f"{planes}/upsert", body), 201)

    assert first["externalId"] == "D-1"
    assert ok(client.post(f"{planes}/upsert", body))["id"] == first["id"]


def test_an_external_id_is_matched_as_its_field_keeps_it(
    client: WorkspaceClient, workspace: Caller
) -> None:
    for name, kind in (("Planes", "text"), ("Crew", "phonenumber")):
        make_object(
            workspace,
            name,
            FieldDefinition("Key", kind, is_external_id=True),
            identifier_field=None,
        )
    planes, crew = (f"/data-types/{workspace.schema(name).id}" for name in ("planes", "crew"))

    def upsert(path: str, key: str, status: int) -> dict[str, Any]:
        body = {"matchField": "key", "fieldValues": {"key": key}}
        row: dict[str, Any] = ok(client.post(f"{path}/upsert", body), status)
        return row

    first = upsert(planes, " K1 ", 201)
    assert (first["externalId"], first["fieldValues"]["key"]) == ("K1", "K1")
    for spaced in ("K1", " K1", "K1 \t"):
        again = upsert(planes, spaced, 200)
        assert (again["id"], again["version"]) == (first["id"], first["version"])
    assert ok(client.post(f"{planes}/upsert/K1", {"fieldValues": {}}))["id"] == first["id"]
    rows = {"records": [{"fieldValues": {"key": "K1 "}}], "upsert": True, "matchField": "key"}
    assert ok(client.post(f"{planes}/records/bulk", rows))["results"][0]["action"] == "unchanged"
    # External ids are told apart by case, in every call.
    assert upsert(planes, "k1", 201)["externalId"] == "k1"
    assert ok(client.post(f"{planes}/upsert/K2", {"fieldValues": {}}), 201)
    assert ok(client.post(f"{planes}/upsert/k2", {"fieldValues": {}}), 201)
    phone = upsert(crew, "+12015550123", 201)
    assert upsert(crew, "(201) 555-0123 ", 200)["id"] == phone["id"]
    for wrong in (" ", "x", "1" * 300):
        body = {"matchField": "key", "fieldValues": {"key": wrong}}
        refused(client.post(f"{crew}/upsert", body), 400)


def test_what_may_not_be_changed_is_forbidden_and_what_is_not_seen_is_absent(
    workspace: Caller, client: WorkspaceClient, ships: str
) -> None:
    make_record(workspace, "ships", hull="A")
    body = {"matchField": "hull", "fieldValues": {"hull": "a", "seats": 1}}
    reader = make_member(
        workspace, "reader@example.com", {"ships": {"create": True, "view": "all"}}
    )
    maker = make_member(workspace, "maker@example.com", {"ships": {"create": True, "view": "own"}})

    refused(WorkspaceClient(reader).post(f"{ships}/upsert", body), 403)
    refused(WorkspaceClient(maker).post(f"{ships}/upsert", body), 404)
    assert Record.objects.get().version == 1


def test_many_are_matched_at_once(client: WorkspaceClient, workspace: Caller, ships: str) -> None:
    make_record(workspace, "ships", hull="A")
    rows = [{"fieldValues": {"hull": hull, "seats": 2}} for hull in ("a", "B")]
    body = {"records": rows, "upsert": True, "matchField": "hull"}

    done = ok(client.post(f"{ships}/records/bulk", body))

    assert done["success"] is True
    assert [row["action"] for row in done["results"]] == ["updated", "created"]
    refused(client.post(f"{ships}/records/bulk", {**body, "upsert": False}), 400)
    blank = [*rows, {"fieldValues": {"seats": 1}}]
    refused(client.post(f"{ships}/records/bulk", {**body, "records": blank}), 400)
    part = ok(client.post(f"{ships}/records/bulk", {**body, "records": blank, "partial": True}))
    assert (part["success"], [error["index"] for error in part["errors"]]) == (False, [2])
    wrong = {**body, "records": [{"fieldValues": {"hull": "C", "seats": "x"}}]}
    answer = client.post(f"{ships}/records/bulk", wrong)
    assert (answer.status_code, answer.json()["success"]) == (400, False)


# ---------------------------------------------------------------- lists


def test_the_identifier_says_which_record_too(client: WorkspaceClient, workspace: Caller) -> None:
    make_object(workspace, "Ports", FieldDefinition("Berths", "integer"))
    path = f"/data-types/{workspace.schema('ports').id}/upsert"
    first, again = (
        client.post(path, {"matchField": "name", "fieldValues": {"name": name, "berths": berths}})
        for name, berths in (("Cork", 1), (" cork ", 2))
    )

    assert ok(first, 201)["id"] == ok(again)["id"]


def listed(client: WorkspaceClient, path: str, **query: str) -> list[int]:
    return sorted(row["id"] for row in ok(client.get(path, query))["items"])


def test_lists_are_narrowed_by_task_state_and_moment(
    client: WorkspaceClient, workspace: Caller, visits: str
) -> None:
    first = ok(client.post(visits, {"assignmentTaskId": 7}), 201)
    second = ok(client.post(visits, {"assignmentTaskId": 8}), 201)
    third = ok(client.post(visits, {}), 201)
    ids = [row["id"] for row in (first, second, third)]

    assert listed(client, visits, assignmentTaskId="7") == ids[:1]
    assert listed(client, visits, assignment_task_id="9") == []
    assert listed(client, visits, assignmentTaskId__isnull="true") == ids[2:]
    assert listed(client, visits, assignment_task_id__isnull="false") == ids[:2]
    assert listed(client, visits, cancelled="true") == []
    assert listed(client, visits, archived="true") == []
    assert listed(client, visits, page_size="1", sort_by="createdAt", sort_order="asc") == ids[:1]
    moment = second["createdAt"]
    assert listed(client, visits, createdAt__gt=moment) == ids[2:]
    assert listed(client, visits, createdAt__gte=moment) == ids[1:]
    assert listed(client, visits, created_at__lt=moment) == ids[:1]
    assert listed(client, visits, createdAt__lte=moment) == ids[:2]
    ok(client.put(f"{visits}/{first['id']}", {"assignmentTaskId": 9}))
    assert listed(client, visits, updatedAt__gt=third["updatedAt"]) == ids[:1]
    (change, _) = ok(client.get(f"{visits}/{first['id']}/changes"))["items"]
    assert change["action"] == "updated"
    assert len(ok(client.get(f"{visits}/aggregate", {"assignmentTaskId": "8"}))["items"]) == 1


@pytest.mark.parametrize(
    "key", ["createdAt__gt", "updatedAt__gt", "updated_at__lte", "created_at__gte"]
)
def test_a_moment_that_is_none_is_told_by_the_key_that_was_sent(
    client: WorkspaceClient, visits: str, key: str
) -> None:
    error = refused(client.get(visits, {key: "yesterday"}), 400)
    assert error["message"].startswith(f"{key}: ")


@pytest.mark.parametrize(
    "query",
    [
        {"assignmentTaskId": "x"},
        {"assignmentTaskId": "0"},
        {"assignmentTaskId__isnull": "perhaps"},
        {"createdAt__gt": "yesterday"},
        {"createdAt__contains": "2020"},
        {"createdAt": "2020-01-01"},
        {"cancelled": "x"},
    ],
    ids=str,
)
def test_filters_that_are_not_understood_are_refused(
    client: WorkspaceClient, visits: str, query: dict[str, str]
) -> None:
    refused(client.get(visits, query), 400)


def test_archived_records_are_for_those_who_may_see_all(workspace: Caller, visits: str) -> None:
    own = make_member(workspace, "own@example.com", {"visits": {"create": True, "view": "own"}})
    every = make_member(workspace, "all@example.com", {"visits": {"view": "all"}})

    for path in (visits, f"{visits}/aggregate"):
        refused(WorkspaceClient(own).get(path, {"archived": "true"}), 403)
        ok(WorkspaceClient(own).get(path, {"archived": "false"}))
        assert ok(WorkspaceClient(every).get(path, {"archived": "true"}))
    assert listed(WorkspaceClient(every), visits, archived="true") == []
    secret = make_key(workspace.workspace, every.member, scopes=("members:read",))[1]
    refused(WorkspaceClient(every, secret=secret).get(visits, {"archived": "true"}), 403)
