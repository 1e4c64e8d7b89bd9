"""Signing up: a member and records in one call, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import Member, Record, Role
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_key,
    make_member,
    make_object,
)

from .calling import WorkspaceClient, ok, refused

SIGNUP = "/create-signup"
ANN = {"email": "ann@example.com", "phone": "+12015550123", "externalId": "ann"}


@pytest.fixture(autouse=True)
def types(workspace: Caller) -> None:
    """A type with many records a member, and one with a single one."""
    make_object(
        workspace,
        "Orders",
        FieldDefinition("Size", "integer"),
        FieldDefinition(
            "Kind", "dropdown", options=(OptionDefinition("Big"), OptionDefinition("Small"))
        ),
        FieldDefinition("Name", "text", name="first_name", is_required=True),
        identifier_field=None,
    )
    make_object(
        workspace,
        "Profiles",
        FieldDefinition("Hobby", "text"),
        FieldDefinition("Town", "text"),
        identifier_field=None,
        is_collection=False,
    )


def sign_up(client: WorkspaceClient, status: int = 200, **body: Any) -> dict[str, Any]:
    done: dict[str, Any] = ok(client.post(SIGNUP, body), status)
    return done


def member(client: WorkspaceClient, key: int) -> dict[str, Any]:
    row: dict[str, Any] = ok(client.get(f"/members/{key}"))
    return row


def test_a_member_is_made_with_records(client: WorkspaceClient, workspace: Caller) -> None:
    done = sign_up(
        client,
        201,
        member={
            **ANN,
            "phone": "201 555 0123",
            "name": "Ann Mary Ahn",
            "dateOfBirth": "1990-01-01",
            "locale": "en-US",
            "tosAccepted": True,
            "labels": ["new"],
        },
        data={
            "orders": {
                "externalId": "o-1",
                "values": {"size": 2, "kind": "Big", "first_name": "A"},
            },
            "profiles": {"fieldValues": {"hobby": "Chess"}},
        },
    )

    made = Member.objects.get(workspace=workspace.workspace, external_id="ann")
    assert made.tos_accepted_at is not None
    assert done["token"] is None
    assert done["account"] == {
        "uuid": str(made.uuid),
        "email": "ann@example.com",
        "phone": "+12015550123",
        "name": "Ann Mary Ahn",
    }
    default = Role.objects.get(workspace=workspace.workspace, name="Member")
    assert done["member"] == {
        "id": made.pk,
        "email": "ann@example.com",
        "memberRoleId": default.pk,
    }
    assert done["wasCreated"] is True
    assert {slug: row["action"] for slug, row in done["records"].items()} == {
        "orders": "created",
        "profiles": "created",
    }
    assert done["records"]["orders"]["externalId"] == "o-1"
    orders = f"/data-types/{workspace.schema('orders').id}/records"
    order = ok(client.get(f"{orders}/{done['records']['orders']['id']}"))
    assert (order["memberId"], order["fieldValues"]["kind"]) == (made.pk, "Big")
    # One operation in the ledger.
    records = Record.objects.filter(member_id=made.pk)
    assert len({row.history.first().operation_id for row in records}) == 1


def test_the_same_again_changes_what_is_sent(client: WorkspaceClient) -> None:
    first = sign_up(
        client,
        201,
        member={**ANN, "name": "Ann Ahn", "labels": ["a"], "tosAccepted": True},
        data={
            "orders": {"externalId": "o-1", "values": {"first_name": "A"}},
            "profiles": {"values": {"hobby": "Chess"}},
        },
    )
    key = first["member"]["id"]
    accepted = Member.objects.get(id=key).tos_accepted_at
    ok(client.post(f"/members/{key}/archive"))

    again = sign_up(
        client,
        member={
            "externalId": "ann",
            "phone": None,
            "labels": ["b", "a"],
            "dateOfBirth": "1990-01-01",
            "tosAccepted": True,
        },
        data={
            "orders": {"externalId": "o-1", "values": {"size": 3}},
            "profiles": {"values": {"town": "Bree"}},
        },
    )

    assert (again["member"]["id"], again["wasCreated"]) == (key, False)
    row = member(client, key)
    assert (row["isActive"], row["name"], row["email"], row["phone"]) == (
        True,
        "Ann Ahn",
        "ann@example.com",
        None,
    )
    assert (row["labels"], row["dateOfBirth"]) == (["a", "b"], "1990-01-01")
    assert Member.objects.get(id=key).tos_accepted_at == accepted
    for slug in ("orders", "profiles"):
        assert again["records"][slug]["id"] == first["records"][slug]["id"]
        assert again["records"][slug]["action"] == "updated"
    # Without an external id, a type of many gets another one.
    third = sign_up(
        client, member={"externalId": "ann"}, data={"orders": {"values": {"first_name": "B"}}}
    )
    assert third["records"]["orders"]["action"] == "created"


@pytest.mark.parametrize("part", ["externalId", "email", "phone"])
def test_each_name_leads_to_the_member(client: WorkspaceClient, part: str) -> None:
    first = sign_up(client, 201, member=ANN)
    sent = {"email": "ANN@example.com", "phone": "(201) 555-0123"}.get(part, ANN[part])

    assert sign_up(client, member={part: sent})["account"]["uuid"] == first["account"]["uuid"]


def test_names_of_different_members_are_a_conflict(client: WorkspaceClient) -> None:
    ann = sign_up(client, 201, member=ANN)["member"]["id"]
    bea = sign_up(client, 201, member={"email": "bea@example.com"})["member"]["id"]

    for names in (
        {"externalId": "ann", "email": "bea@example.com"},
        {"email": "bea@example.com", "phone": ANN["phone"]},
        {"externalId": "ann", "email": "bea@example.com", "name": "A", "phone": "+12015559999"},
    ):
        error = refused(client.post(SIGNUP, {"member": names}), 409)
        whose = {"externalId": ann, "email": bea, "phone": ann}
        assert error["code"] == "conflict"
        assert error["details"] == {
            f"member.{part}": [f"It leads to member {whose[part]}."]
            for part in names
            if part in whose and names[part] != "+12015559999"
        }
    # A phone may be shared: then it decides nothing.
    ok(client.post("/members", {"externalId": "cy", "phone": ANN["phone"]}), 201)
    sign_up(client, member={"externalId": "cy", "phone": ANN["phone"]})
    error = refused(client.post(SIGNUP, {"member": {"phone": ANN["phone"]}}), 409)
    assert [*error["details"]] == ["member.phone"]
    assert error["message"].startswith(f"Members {ann}, ")


@pytest.mark.parametrize(
    ("known", "sent", "is_new"),
    [
        ({"email": "mother@example.com"}, {"email": "daughter@example.com"}, True),
        ({"externalId": "mother"}, {"externalId": "daughter"}, True),
        ({"email": "mother@example.com"}, {"externalId": "daughter"}, True),
        ({"externalId": "mother"}, {"email": "daughter@example.com"}, True),
        ({}, {"email": "mother@example.com", "externalId": "mother"}, False),
        ({"email": "mother@example.com"}, {}, False),
        (
            {"email": "mother@example.com"},
            {"email": "Mother@example.com", "externalId": "m"},
            False,
        ),
    ],
    ids=str,
)
def test_a_phone_leads_to_nobody_who_goes_by_another_name(
    client: WorkspaceClient, known: dict[str, Any], sent: dict[str, Any], is_new: bool
) -> None:
    phone = {"phone": ANN["phone"]}
    first = sign_up(client, 201, member={**known, **phone, "name": "Mother"})["member"]
    before = member(client, first["id"])

    for each in (0, 1):
        done = sign_up(
            client, 201 if is_new and not each else 200, member={**sent, **phone, "labels": ["x"]}
        )
        assert (done["member"]["id"] != first["id"]) is is_new
    if is_new:
        assert member(client, first["id"]) == before


def test_roles_are_given_by_name_and_kept_otherwise(
    client: WorkspaceClient, workspace: Caller
) -> None:
    Role.objects.create(workspace=workspace.workspace, name="Patient")
    first = sign_up(client, 201, member={**ANN, "role": "Patient"})
    assert member(client, first["member"]["id"])["roleName"] == "Patient"
    again = sign_up(client, member=ANN)
    assert again["member"] == first["member"]
    sign_up(client, member={**ANN, "role": "Member"})
    assert member(client, first["member"]["id"])["roleName"] == "Member"

    scopes = ("members:write", "records:write")
    secret = make_key(workspace.workspace, workspace.member, scopes=scopes)[1]
    writer = WorkspaceClient(workspace, secret=secret)
    sign_up(writer, member=ANN)
    refused(writer.post(SIGNUP, {"member": {**ANN, "role": "Administrator"}}), 403)
    last = {"email": workspace.member.email, "role": "Member"}
    assert refused(client.post(SIGNUP, {"member": last}), 409)["code"] == "last_admin"


def test_admins_and_the_archived_take_the_scope_to_administer(
    client: WorkspaceClient, workspace: Caller
) -> None:
    scopes = ("members:write", "records:write")
    writer, admin = (
        WorkspaceClient(
            workspace, secret=make_key(workspace.workspace, workspace.member, scopes=at)[1]
        )
        for at in (scopes, (*scopes, "members:admin"))
    )
    ann = sign_up(client, 201, member={**ANN, "role": "Administrator"})["member"]["id"]
    bea = sign_up(client, 201, member={"externalId": "bea"})["member"]["id"]
    data = {"orders": {"values": {"first_name": "A"}}}

    changed = {"externalId": "ann", "email": "mallory@example.com"}
    refused(writer.post(SIGNUP, {"member": changed, "data": data}), 403)
    for key in (ann, bea):
        ok(client.post(f"/members/{key}/archive"))
    for sent in (changed, {"externalId": "ann"}, {"externalId": "bea"}):
        answer = refused(writer.post(SIGNUP, {"member": sent, "data": data}), 403)
        assert answer["code"] == "permission_required"
    assert member(client, ann)["email"] == "ann@example.com"
    assert not any(member(client, key)["isActive"] for key in (ann, bea))
    assert not Record.objects.exists()
    sign_up(admin, member={"externalId": "bea"})
    sign_up(admin, member=changed)
    # What changes nothing of an admin is no change.
    sign_up(writer, member=changed)


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, ["member"]),
        ({"member": {}}, ["member.email"]),
        ({"member": {"name": "Ann"}}, ["member.email"]),
        ({"member": {"email": "x", "phone": "y", "role": "Nobody"}},
         ["member.email", "member.phone", "member.role"]),
        ({"member": {**ANN, "labels": ["a b"]}}, ["member.labels.0"]),
        ({"member": {**ANN, "externalId": None, "email": None, "phone": None}}, ["member.email"]),
        ({"member": ANN, "data": {"nothing": {}}}, ["data.nothing"]),
        ({"member": ANN, "data": []}, ["data"]),
        ({"member": ANN, "data": ""}, ["data"]),
        ({"member": ANN, "data": False}, ["data"]),
        ({"member": ANN, "data": [{}]}, ["data"]),
        ({"member": ANN, "data": {"orders": {"values": {"size": "x", "kind": "Huge"}}}},
         ["data.orders.size", "data.orders.kind", "data.orders.first_name"]),
        ({"member": ANN, "data": {"orders": {"values": {"nothing": 1, "first_name": "A"}}}},
         ["data.orders.nothing"]),
        ({"member": {"email": "x"}, "data": {"orders": {"values": {}}, "nothing": {}}},
         ["member.email", "data.orders.first_name", "data.nothing"]),
        ({"member": ANN, "data": {"orders": {"values": {}, "fieldValues": {}}}}, ["data.orders"]),
        ({"member": ANN, "data": {"orders": {"externalId": "", "values": {}}}},
         ["data.orders.externalId"]),
        ({"member": {**ANN, "tosAccepted": "yes"}}, ["member.tosAccepted"]),
        ({"member": ANN, "data": {"orders": {"memberId": 1}}}, ["data.orders"]),
    ],
    ids=str,
)  # fmt: skip
def test_any_problem_refuses_all_and_says_where(
    client: WorkspaceClient, workspace: Caller, body: dict[str, Any], places: list[str]
) -> None:
    before = Member.objects.count()

    assert set(refused(client.post(SIGNUP, body), 400)["details"]) == set(places)
    assert Member.objects.count() == before
    assert not Record.objects.exists()


def test_a_record_of_another_member_is_a_conflict(client: WorkspaceClient) -> None:
    data = {"orders": {"externalId": "o-1", "values": {"first_name": "A"}}}
    first = sign_up(client, 201, member=ANN, data=data)
    body = {"member": {"email": "bea@example.com"}, "data": data}

    error = refused(client.post(SIGNUP, body), 409)
    number, owner = first["records"]["orders"]["id"], first["member"]["id"]
    said = f"Record {number} has this external id, and is member {owner}'s."
    assert (error["code"], error["details"]) == (
        "already_exists",
        {"data.orders.externalId": [said]},
    )
    assert ok(client.get("/members", {"email": "bea@example.com"}))["total"] == 0


@pytest.mark.parametrize("scopes", [("members:write",), ("records:write",), ("members:read",)])
def test_it_takes_both_scopes(workspace: Caller, scopes: tuple[str, ...]) -> None:
    secret = make_key(workspace.workspace, workspace.member, scopes=scopes)[1]
    client = WorkspaceClient(workspace, secret=secret)

    assert refused(client.post(SIGNUP, {"member": ANN}), 403)["code"] == "permission_required"


def test_members_who_are_no_admins_sign_nobody_up(workspace: Caller) -> None:
    everything = {"create": True, "view": "all", "edit": "all"}
    other = make_member(workspace, "other@example.com", {"orders": everything})

    refused(WorkspaceClient(other).post(SIGNUP, {"member": ANN}), 403)


def test_a_repeated_call_is_carried_out_once(client: WorkspaceClient) -> None:
    body = {"member": ANN, "data": {"orders": {"values": {"first_name": "A"}}}}

    first, again = (client.post(SIGNUP, body, Idempotency_Key="one") for _ in range(2))

    assert ok(first, 201) == ok(again, 201)
    assert Record.objects.count() == 1


def test_a_dry_run_says_what_would_be_done_and_does_nothing(client: WorkspaceClient) -> None:
    body = {"member": ANN, "data": {"orders": {"values": {"first_name": "A"}}}}

    told = ok(client.post(f"{SIGNUP}?dryRun=true", body), 201)

    assert (told["dryRun"], told["wasCreated"]) == (True, True)
    assert [row["action"] for row in told["effects"]["records"]] == ["created"]
    assert not Record.objects.exists()
    assert ok(client.get("/members", {"externalId": "ann"}))["total"] == 0
    assert ok(client.post(SIGNUP, body, Apply_Plan=told["plan"]), 201)["wasCreated"]


def test_signing_up_takes_the_same_statements_however_many_members_there_are(
    client: WorkspaceClient,
) -> None:

    def statements(at: int) -> int:
        data = {"profiles": {"values": {"hobby": "Chess"}}}
        with CaptureQueriesContext(connection) as captured:
            sign_up(client, 201, member={"externalId": f"m-{at}"}, data=data)
        return len(captured)

    statements(0)
    first = statements(1)
    for at in range(2, 8):
        sign_up(client, 201, member={"externalId": f"m-{at}"})
    assert statements(8) == first
