"""Records through the Workspace API: create, read, merge, delete, and what has become of them."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import FieldValue, IdempotencyKey, Record
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .calling import WorkspaceClient, ok, refused


def test_a_record_is_created_with_plain_values(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    values = {
        "reason": "Check-up",
        "kind": "first",
        "topics": ["Diet", "sleep"],
        "paid": True,
        "at": "09:30",
    }

    answer = client.post(
        visits, {"fieldValues": values, "externalId": "v-1", "assignmentTaskId": 7}
    )

    made = ok(answer, 201)
    assert answer.headers["ETag"] == '"1"'
    assert {
        key: made[key] for key in ("memberId", "externalId", "assignmentTaskId", "version")
    } == {
        "memberId": workspace.member.pk,
        "externalId": "v-1",
        "assignmentTaskId": 7,
        "version": 1,
    }
    shown = made["fieldValues"]
    assert (shown["kind"], shown["topics"], shown["paid"], shown["at"]) == (
        "First",
        ["Diet", "Sleep"],
        True,
        "09:30:00",
    )
    assert shown["score"] is None
    assert shown["owner"] == workspace.member.pk
    assert made["dataTypeId"] == workspace.schema("visits").id
    assert ok(client.get(f"{visits}/{made['id']}")) == made


def test_what_is_read_can_be_sent_back(client: WorkspaceClient, visit: str) -> None:
    read = ok(client.get(visit))["fieldValues"]
    sent = {
        slug: value
        for slug, value in read.items()
        if slug not in ("created", "updated", "display_name")
    }

    answer = client.put(visit, {"fieldValues": sent})

    assert ok(answer)["version"] == 1


def test_keys_are_taken_in_either_form(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    made = ok(
        client.post(
            visits,
            {"field_values": {"reason": "A"}, "member_id": workspace.member.pk, "external_id": "x"},
        ),
        201,
    )

    assert (made["externalId"], made["memberId"]) == ("x", workspace.member.pk)
    assert (
        refused(client.post(visits, {"externalId": "a", "external_id": "b"}), 400)["code"]
        == "invalid"
    )


def test_put_merges_and_null_clears(client: WorkspaceClient, visit: str) -> None:
    changed = ok(client.put(visit, {"fieldValues": {"score": None, "steps": 10}}))

    values = changed["fieldValues"]
    assert (values["score"], values["steps"], values["reason"]) == (None, 10, "Check-up")
    assert changed["version"] == 2


def test_all_problems_are_told_by_slug_at_once(client: WorkspaceClient, visits: str) -> None:
    values = {"steps": "many", "kind": "Third", "nothing": 1, "day": "soon", "zip": "1"}

    error = refused(client.post(visits, {"fieldValues": values}), 400)

    assert set(error["details"]) == set(values)
    assert all(isinstance(messages, list) and messages for messages in error["details"].values())
    assert error["message"].startswith(
        'steps: Expected a whole number. kind: There is no option "Third".'
    )


def test_a_record_is_the_same_through_both_apis(
    workspace: Caller, client: WorkspaceClient, api: ApiClient, visit: str
) -> None:
    made = ok(client.get(visit))
    theirs = f"/api/records/visits/{made['uuid']}"

    assert api.get(theirs).status_code == 200
    assert (
        api.patch(theirs, {"fields": [{"name": "reason", "value": "Changed"}]}).status_code == 200
    )
    assert ok(client.get(visit))["fieldValues"]["reason"] == "Changed"
    sources = [entry["source"] for entry in api.get(f"{theirs}/history").json()["results"]]
    assert sources == ["records_api", "workspace_api"]


def test_changes_tell_who_did_what(workspace: Caller, client: WorkspaceClient, visit: str) -> None:
    ok(client.put(visit, {"fieldValues": {"kind": "Follow-up"}}, x_request_id="abc"))

    page = ok(client.get(f"{visit}/changes"))

    newest, oldest = page["items"]
    assert (page["total"], page["page"], page["pageSize"]) == (2, 1, 50)
    assert newest["changes"] == {"kind": {"old": "First", "new": "Follow-up"}}
    assert (newest["action"], newest["version"], newest["source"]) == (
        "updated",
        2,
        "workspace_api",
    )
    assert (newest["memberId"], newest["requestId"]) == (workspace.member.pk, "abc")
    assert newest["recordId"] == int(visit.rsplit("/", 1)[1])
    assert oldest["action"] == "created"
    assert [
        item["version"]
        for item in ok(client.get(f"{visit}/changes", {"pageSize": 1, "page": 2}))["items"]
    ] == [1]


def test_deleting_leaves_no_value_behind(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    body = {"fieldValues": {"reason": "unmistakable words"}, "externalId": "gone-1"}
    made = ok(client.post(visits, body, idempotency_key="once"), 201)

    assert ok(client.delete(f"{visits}/{made['id']}")) == {"status": "deleted"}

    refused(client.get(f"{visits}/{made['id']}"), 404)
    assert not Record.objects.filter(id=made["id"]).exists()
    assert not FieldValue.objects.filter(record_id=made["id"]).exists()
    left = list(Record.history.filter(id=made["id"]))
    # Whose own it was is kept for the change feed.
    owned = {"own": [workspace.member.pk]}
    assert [(row.action, row.changes, row.external_id) for row in left] == [
        ("deleted", owned, None)
    ]
    assert not any(b"unmistakable" in bytes(key.body) for key in IdempotencyKey.objects.all())


def test_an_archived_record_is_not_there(
    workspace: Caller, client: WorkspaceClient, visit: str, visits: str
) -> None:
    archive(workspace, "visits", ok(client.get(visit))["uuid"])

    for answer in (
        client.get(visit),
        client.put(visit, {}),
        client.delete(visit),
        client.get(f"{visit}/changes"),
    ):
        refused(answer, 404)
    assert ok(client.get(visits))["items"] == []


def test_external_ids_are_unique_among_live_records(client: WorkspaceClient, visits: str) -> None:
    first = ok(client.post(visits, {"externalId": "a"}), 201)
    other = ok(client.post(visits, {"externalId": "b"}), 201)

    error = refused(client.post(visits, {"externalId": "a"}), 409)
    assert error["code"] == "already_exists"
    said = f"Another record has this external id. It is record {first['id']}."
    assert error["details"] == {"externalId": [said]}
    assert (
        refused(client.put(f"{visits}/{other['id']}", {"externalId": "a"}), 409)["code"]
        == "already_exists"
    )
    assert ok(client.put(f"{visits}/{other['id']}", {"externalId": None}))["externalId"] is None


def test_upsert_creates_then_changes(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    path = visits.replace("/records", "/upsert/crm%2F7")

    made = ok(client.post(path, {"fieldValues": {"reason": "A"}}), 201)
    changed = ok(client.post(path, {"fieldValues": {"steps": 3}}))

    assert (made["externalId"], made["memberId"]) == ("crm/7", workspace.member.pk)
    assert changed["id"] == made["id"]
    assert (changed["fieldValues"]["reason"], changed["fieldValues"]["steps"]) == ("A", 3)


def test_update_by_external_id(client: WorkspaceClient, visits: str) -> None:
    made = ok(client.post(visits, {"externalId": "k"}), 201)

    changed = ok(client.put(visits, {"fieldValues": {"steps": 4}}, {"externalId": "k"}))

    assert (changed["id"], changed["fieldValues"]["steps"]) == (made["id"], 4)
    refused(client.put(visits, {"fieldValues": {}}, {"externalId": "unknown"}), 404)
    refused(client.put(visits, {"fieldValues": {}}), 400)


def test_bulk_is_all_or_nothing_unless_partial(client: WorkspaceClient, visits: str) -> None:
    records = [
        {"fieldValues": {"steps": 1}},
        {"fieldValues": {"steps": "x"}},
        {"fieldValues": {"steps": 3}},
    ]

    whole = client.post(f"{visits}/bulk", {"records": records})
    assert whole.status_code == 400
    assert (whole.json()["totalCount"], whole.json()["importedCount"]) == (3, 0)
    assert [error["index"] for error in whole.json()["errors"]] == [1]
    assert set(whole.json()["errors"][0]["error"]["details"]) == {"steps"}
    assert ok(client.get(visits))["total"] == 0

    partial = ok(client.post(f"{visits}/bulk", {"records": records, "partial": True}))
    assert (partial["importedCount"], [item["index"] for item in partial["results"]]) == (2, [0, 2])
    assert ok(client.get(visits))["total"] == 2


MALFORMED: list[tuple[Any, str]] = [
    (5, "records[1]: expected an object."),
    ({"nope": 1, "nope2": 2}, "records[1]: unknown keys: 'nope', 'nope2'. Known are fieldValues, "),
    ({"fieldValues": []}, "records[1].fieldValues: expected an object, slug to value."),
    ({"memberId": 0}, "records[1].memberId: expected an integer id."),
    ({"memberId": 999999}, "records[1].memberId: there is no such member."),
    ({"externalId": 5}, "records[1].externalId: expected a string."),
    ({"fieldValues": {"steps": "x"}}, "steps: "),
]


@pytest.mark.parametrize(("row", "told"), MALFORMED)
def test_a_malformed_row_of_a_partial_bulk_is_that_rows_error(
    client: WorkspaceClient, visits: str, row: Any, told: str
) -> None:
    good = {"fieldValues": {"steps": 1}}
    body = {"records": [good, row, good]}

    assert client.post(f"{visits}/bulk", body).status_code == 400
    done = ok(client.post(f"{visits}/bulk", {**body, "partial": True}))

    assert [item["index"] for item in done["results"]] == [0, 2]
    (error,) = done["errors"]
    assert error["index"] == 1
    assert error["error"]["message"].startswith(told)


def test_a_partial_bulk_of_upserts_tells_the_row_without_an_id(
    client: WorkspaceClient, visits: str
) -> None:
    body = {"records": [{}, {"externalId": "a"}], "upsert": True, "partial": True}
    done = ok(client.post(f"{visits}/bulk", body))
    assert ([item["index"] for item in done["results"]], done["errors"][0]["index"]) == ([1], 0)


def test_keys_are_listed_once(client: WorkspaceClient, visits: str) -> None:
    unknown = refused(client.post(visits, {"nope": 1}), 400)
    twice = refused(client.put(visits, {}, [("externalId", "k"), ("x", "1"), ("x", "2")]), 400)
    assert unknown["message"].count("fieldValues") == 1
    assert twice["message"].count("'x'") == 1


def test_conditions_of_creates_and_upserts_are_kept_or_refused(
    client: WorkspaceClient, visits: str
) -> None:
    upsert = visits.replace("/records", "/upsert/k")

    assert client.post(visits, {}, if_match="*").status_code == 412
    assert client.post(upsert, {}, if_match="*").status_code == 412
    ok(client.post(upsert, {}, if_none_match="*"), 201)
    assert client.post(upsert, {}, if_none_match="*").status_code == 412
    ok(client.post(upsert, {"fieldValues": {"steps": 1}}, if_match="*"))
    refused(client.post(upsert, {}, if_match='"1", "2"'), 400)
    ok(client.post(visits, {}, if_none_match="*"), 201)
    refused(client.post(visits, {}, if_none_match='"1"'), 400)
    for header in ("if_match", "if_none_match"):
        bulk = client.post(f"{visits}/bulk", {"records": [{}]}, **{header: "*"})
        assert "If-" in refused(bulk, 400)["message"]


def test_bulk_upserts_by_external_id(client: WorkspaceClient, visits: str) -> None:
    ok(client.post(visits, {"externalId": "a", "fieldValues": {"steps": 1}}), 201)
    records = [{"externalId": key, "fieldValues": {"steps": 5}} for key in ("a", "b")]

    done = ok(client.post(f"{visits}/bulk", {"records": records, "upsert": True}))

    assert [item["action"] for item in done["results"]] == ["updated", "created"]
    assert ok(client.get(visits))["total"] == 2
    refused(client.post(f"{visits}/bulk", {"records": [{}], "upsert": True}), 400)
    refused(client.post(f"{visits}/bulk", {}), 400)
    refused(client.post(f"{visits}/bulk", {"records": [{}] * 1001}), 400)


def test_etags_and_preconditions(client: WorkspaceClient, visit: str) -> None:
    answer = client.get(visit)
    tag = answer.headers["ETag"]

    assert client.get(visit, if_none_match=tag).status_code == 304
    ok(client.put(visit, {"fieldValues": {"steps": 1}}, if_match=tag))
    error = refused(client.put(visit, {"fieldValues": {"steps": 2}}, if_match=tag), 412)
    assert error["details"] == {"version": 2}
    refused(client.delete(visit, if_match=tag), 412)
    assert ok(client.put(visit, {"fieldValues": {"steps": 2}}, if_match='"2", "9"'))["version"] == 3


def test_preconditions_hold_for_external_ids_too(client: WorkspaceClient, visits: str) -> None:
    made = ok(client.post(visits, {"externalId": "k"}), 201)
    upsert = visits.replace("/records", "/upsert/k")

    refused(
        client.put(visits, {"fieldValues": {"steps": 1}}, {"externalId": "k"}, if_match='"9"'), 412
    )
    refused(client.post(upsert, {"fieldValues": {"steps": 1}}, if_match='"9"'), 412)
    refused(client.post(visits.replace("/records", "/upsert/new"), {}, if_match='"1"'), 412)
    changed = ok(
        client.put(visits, {"fieldValues": {"steps": 1}}, {"externalId": "k"}, if_match='"7", "1"')
    )
    assert (changed["id"], changed["version"]) == (made["id"], 2)
    assert ok(client.post(upsert, {"fieldValues": {"steps": 2}}, if_match='"2"'))["version"] == 3


def test_a_repeated_call_is_carried_out_once(client: WorkspaceClient, visits: str) -> None:
    answers = [
        client.post(visits, {"fieldValues": {"steps": 1}}, idempotency_key="k") for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert ok(client.get(visits))["total"] == 1


def test_relationships_are_named_by_number(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    make_object(workspace, "Rooms")
    make_relation(workspace, "visits", "Room", "rooms", "primary", "Visits held")
    room = make_record(workspace, "rooms", name="Blue").record

    made = ok(client.post(visits, {"fieldValues": {"room": room.id}}), 201)

    assert made["fieldValues"]["room"] == {"id": room.id, "name": "Blue"}
    assert (
        ok(client.put(f"{visits}/{made['id']}", {"fieldValues": {"room": {"id": room.id}}}))[
            "version"
        ]
        == 1
    )
    assert set(refused(client.post(visits, {"fieldValues": {"room": 987654}}), 400)["details"]) == {
        "room"
    }
    assert [item["id"] for item in ok(client.get(visits, {"room": room.id}))["items"]] == [
        made["id"]
    ]
    rooms = f"/data-types/{workspace.schema('rooms').id}/records"
    shown = ok(client.get(f"{rooms}/{room.id}"))["fieldValues"]["visits_held"]
    assert [link["id"] for link in shown] == [made["id"]]


def test_members_are_named_by_number(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    other = make_member(workspace, "nurse@example.com").member

    made = ok(
        client.post(visits, {"fieldValues": {"advisor": other.pk}, "memberId": other.pk}), 201
    )

    assert (made["memberId"], made["fieldValues"]["advisor"]) == (other.pk, other.pk)
    refused(client.post(visits, {"memberId": 987654}), 400)
    refused(client.post(visits, {"memberId": "1"}), 400)
    assert set(
        refused(client.post(visits, {"fieldValues": {"advisor": 987654}}), 400)["details"]
    ) == {"advisor"}


def test_null_makes_a_record_nobodys_in_both_apis(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    api = ApiClient(workspace)
    path = "/api/records/visits"

    own = ok(client.post(visits, {}), 201)
    assert own["memberId"] == workspace.member.pk
    for nobodys in ({"memberId": None}, {"member_id": None}):
        assert ok(client.post(visits, nobodys), 201)["memberId"] is None
        assert ok(client.put(f"{visits}/{own['id']}", {"memberId": workspace.member.pk}))
        assert ok(client.put(f"{visits}/{own['id']}", {"fieldValues": {"steps": 2}}))["memberId"]
        assert ok(client.put(f"{visits}/{own['id']}", nobodys))["memberId"] is None
    many = {"records": [{"memberId": None}, {}]}
    ok(client.post(f"{visits}/bulk", many))
    rows = Record.objects.filter(workspace=workspace.workspace).order_by("-id")[:2]
    assert [row.member_id for row in rows] == [workspace.member.pk, None]
    made = api.post(f"{path}/add", {"fields": [], "member_id": None}).json()
    assert Record.objects.get(workspace=workspace.workspace, uuid=made["id"]).member_id is None


def test_a_type_that_is_no_collection_holds_one_record_a_member(
    workspace: Caller, client: WorkspaceClient
) -> None:
    kind = make_object(
        workspace,
        "Profiles",
        FieldDefinition("Bio", "text"),
        identifier_field=None,
        is_collection=False,
    )
    other = make_member(workspace, "nurse@example.com").member
    path = f"/data-types/{kind.pk}/records"
    made = ok(client.post(path, {}), 201)

    error = refused(client.post(path, {}), 409)
    assert (error["code"], [*error["details"]]) == ("already_exists", ["memberId"])
    theirs = ok(client.post(path, {"memberId": other.pk}), 201)
    assert refused(client.put(f"{path}/{theirs['id']}", {"memberId": workspace.member.pk}), 409)
    assert client.post(f"{path}/bulk", {"records": [{}, {}]}).status_code == 400
    ok(client.delete(f"{path}/{made['id']}"))
    ok(client.post(path, {}), 201)


@pytest.mark.parametrize(
    ("sent", "value"), [({"fieldValues": {"code": "A-1"}}, "A-1"), ({"externalId": "B-2"}, "B-2")]
)
def test_a_field_may_stand_for_the_external_id(
    workspace: Caller, client: WorkspaceClient, sent: Any, value: str
) -> None:
    kind = make_object(
        workspace,
        "Orders",
        FieldDefinition("Code", "text", is_external_id=True),
        identifier_field=None,
    )
    path = f"/data-types/{kind.pk}/records"

    made = ok(client.post(path, sent), 201)

    assert (made["externalId"], made["fieldValues"]["code"]) == (value, value)
    assert (
        refused(client.post(path, {"fieldValues": {"code": value}}), 409)["code"]
        == "already_exists"
    )
    changed = ok(client.put(f"{path}/{made['id']}", {"fieldValues": {"code": "C-3"}}))
    assert changed["externalId"] == "C-3"
    cleared = ok(client.put(f"{path}/{made['id']}", {"externalId": None}))
    assert (cleared["externalId"], cleared["fieldValues"]["code"]) == (None, None)
    refused(client.post(path, {"externalId": "a", "fieldValues": {"code": "b"}}), 400)
    assert ok(client.post(f"/data-types/{kind.pk}/upsert/Z", {}), 201)["fieldValues"]["code"] == "Z"


def test_a_formula_is_computed_at_each_save(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    settings = {"formula_options": {"expression": "record.data.score * record.data.steps"}}
    make_field(workspace, "visits", "Total", "formula", settings=settings)

    made = ok(client.post(visits, {"fieldValues": {"score": 1.5, "steps": 4}}), 201)
    changed = ok(client.put(f"{visits}/{made['id']}", {"fieldValues": {"steps": None}}))

    assert (made["fieldValues"]["total"], changed["fieldValues"]["total"]) == (6, None)
    assert set(refused(client.post(visits, {"fieldValues": {"total": 1}}), 400)["details"]) == {
        "total"
    }
