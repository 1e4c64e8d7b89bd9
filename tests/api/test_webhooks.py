"""Webhooks over the Records API: setting them up, secrets, deliveries, sending again."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import IdempotencyKey, Webhook
from records.services.people.workspaces import create_api_key
from tests.api_client import ApiClient
from tests.factories import Caller, make_member, make_object, make_record
from tests.receiving import Receiver, deliver

WEBHOOKS = "/api/webhooks"


@pytest.fixture(autouse=True)
def _statements_name_their_workspace() -> None:
    """Not those of workers."""


def create(api: ApiClient, receiver: Receiver, **given: Any) -> dict[str, Any]:
    answer = api.post(WEBHOOKS, {"name": "Shop", "url": receiver.url, **given})
    assert answer.status_code == 201, answer.content
    content: dict[str, Any] = answer.json()
    return content


def test_a_webhook_is_created_read_changed_and_deleted(
    api: ApiClient, companies: str, receiver: Receiver
) -> None:
    made = create(
        api,
        receiver,
        events=["record.updated", "record.created"],
        objects=["companies"],
        fields=["companies.employees"],
    )
    assert made.pop("secret").startswith("whsec_")
    assert made["events"] == ["record.created", "record.updated"]
    assert (made["objects"], made["fields"]) == (["companies"], ["companies.employees"])
    path = f"{WEBHOOKS}/{made['id']}"
    assert api.get(path).json() == made
    assert [row["id"] for row in api.get(WEBHOOKS).json()["results"]] == [made["id"]]
    changed = api.patch(path, {"name": "Other", "events": [], "active": False}).json()
    assert (changed["name"], changed["events"], changed["active"]) == ("Other", [], False)
    assert changed["objects"] == ["companies"]
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404


def test_a_filter_stays_when_what_it_names_is_archived_or_deleted(
    api: ApiClient, workspace: Caller, companies: str, receiver: Receiver
) -> None:
    make_object(workspace, "Others")
    told: dict[str, Any] = {
        "objects": ["companies"],
        "fields": ["companies.employees", "companies.note"],
    }
    made = create(api, receiver, events=["record.created"], **told)
    path = f"{WEBHOOKS}/{made['id']}"
    note = workspace.schema("companies").by_name["note"].uuid
    before = Webhook.objects.values("objects_told", "fields_told").get()
    assert api.delete("/api/custom-objects/companies/fields/note").status_code in (200, 204)
    assert api.delete("/api/custom-objects/companies").status_code in (200, 204)

    shown = api.get(path).json()
    assert shown["objects"] == ["companies"]
    assert shown["fields"] == ["companies.employees", note]
    kept = {key: shown[key] for key in ("name", "url", "events", "objects", "fields", "member_id")}
    saved = api.patch(path, kept)
    assert saved.status_code == 200, saved.content
    assert {key: saved.json()[key] for key in kept} == kept
    assert Webhook.objects.values("objects_told", "fields_told").get() == before
    # Nothing else may name what is gone.
    assert api.post(WEBHOOKS, {**kept, "fields": []}).status_code == 400
    assert api.post(WEBHOOKS, {**kept, "objects": []}).status_code == 400
    make_record(workspace, "others", name="Not for this receiver")
    deliver()
    assert not receiver.messages

    assert api.patch("/api/custom-objects/companies/unarchive").status_code == 200
    make_record(workspace, "companies", name="For it")
    deliver()
    assert [message.content["data"]["object"] for message in receiver.messages] == ["companies"]


def test_filters_take_the_same_statements_for_any_number(
    api: ApiClient, companies: str, receiver: Receiver
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as taken:
            api.get(WEBHOOKS)
        return len(taken)

    create(api, receiver, objects=["companies"], fields=["companies.employees"])
    statements()
    before = statements()
    for name in ("employees", "note", "industry"):
        create(api, receiver, objects=["companies"], fields=[f"companies.{name}"])
    assert statements() == before


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "name"),
        ({"name": "Shop"}, "url"),
        ({"url": "http://shop.example.com/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://[::1]/"}, "url"),
        ({"url": "https://2130706433/"}, "url"),
        ({"url": "https://user:pw@shop.example.com/"}, "url"),
        ({"url": "https://shop.example.com:99999/"}, "url"),
        ({"url": "https://shop.example.com/#there"}, "url"),
        ({"url": "ftp://shop.example.com/"}, "url"),
        ({"url": f"https://shop.example.com/{'x' * 1000}"}, "url"),
        ({"events": ["record.made"]}, "events[0]"),
        ({"events": "record.created"}, "events"),
        ({"objects": ["nothing"]}, "objects[0]"),
        ({"fields": ["companies.nothing"]}, "fields[0]"),
        ({"fields": ["companies.display_name"]}, "fields[0]"),
        ({"fields": ["companies.employees", "companies.created"]}, "fields[1]"),
        ({"objects": ["contacts"], "fields": ["companies.employees"]}, "fields[0]"),
        ({"active": "yes"}, "active"),
        ({"member_id": "somebody"}, "member_id"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(
    api: ApiClient, companies: str, body: dict[str, Any], place: str
) -> None:
    known = {"name": "Shop", "url": "https://shop.example.com/hook"}
    answer = api.post(WEBHOOKS, {**known, **body} if body not in ({}, {"name": "Shop"}) else body)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{place}: "), answer.content


GARBAGE: list[Any] = [
    0, -1.5, True, "", "\x00", "\ud800".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    [], [None], [[]], ["\x00"], [1], {}, {"a": 1}, "x" * 20_000, ["x"] * 2_000, "é" * 300,
]  # fmt: skip


@pytest.mark.parametrize(
    "key", ["name", "url", "events", "objects", "fields", "active", "member_id"]
)
def test_no_value_of_another_type_is_more_than_refused(
    api: ApiClient, companies: str, key: str
) -> None:
    body = {"name": "Shop", "url": "https://shop.example.com/hook"}
    path = f"{WEBHOOKS}/{api.post(WEBHOOKS, body).json()['id']}"
    for value in GARBAGE:
        assert api.post(WEBHOOKS, {**body, key: value}).status_code in (201, 400), value
        assert api.patch(path, {key: value}).status_code in (200, 400), value
    assert api.post(f"{path}/replay", {"after": key * 50}).status_code == 400
    assert api.post(f"{path}/replay", {"after": 7}).status_code == 400


def test_only_admins_and_keys_with_the_scope_get_here(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    other = make_member(workspace, "other@example.com", {"companies": {"view": "all"}})
    assert ApiClient(other).get(WEBHOOKS).status_code == 403
    assert ApiClient(other).post(WEBHOOKS, {}).status_code == 403
    for scopes, reads, writes in (
        (["records:write"], 403, 403),
        (["webhooks:read"], 200, 403),
        (["webhooks:write"], 200, 400),
    ):
        _, secret = create_api_key(
            workspace.workspace, "Key", member=workspace.member, scopes=scopes
        )
        scoped = ApiClient(Caller(workspace.workspace, workspace.member, secret))
        assert scoped.get(WEBHOOKS).status_code == reads
        assert scoped.post(WEBHOOKS, {}).status_code == writes


def test_a_dry_run_stores_nothing_and_shows_no_secret(api: ApiClient, receiver: Receiver) -> None:
    answer = api.post(f"{WEBHOOKS}?dry_run=true", {"name": "Shop", "url": receiver.url})
    assert answer.status_code == 201
    assert answer.json()["secret"] is None
    assert b"whsec_" not in answer.content
    assert not Webhook.objects.exists()


def test_a_plan_makes_a_webhook_and_rotates_its_secret(api: ApiClient, receiver: Receiver) -> None:
    def planned(path: str, body: dict[str, Any]) -> Any:
        told = api.post(f"{path}?dry_run=true", body).json()
        assert "secret" not in told["changes"]
        answer = api.post(path, body, apply_plan=told["plan"])
        assert answer.status_code in (200, 201), answer.content
        return answer.json()

    made = planned(WEBHOOKS, {"name": "Shop", "url": receiver.url})
    rotated = [planned(f"{WEBHOOKS}/{made['id']}/rotate-secret", {}) for _ in range(2)]
    secrets = {made["secret"], *(each["secret"] for each in rotated)}
    assert len(secrets) == 3
    assert all(secret.startswith("whsec_") for secret in secrets)


def test_a_repeated_call_gets_the_same_secret_which_is_kept_sealed(
    api: ApiClient, receiver: Receiver
) -> None:
    body = {"name": "Shop", "url": receiver.url}
    first = api.post(WEBHOOKS, body, idempotency_key="one")
    again = api.post(WEBHOOKS, body, idempotency_key="one")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.json() == again.json()
    assert Webhook.objects.count() == 1
    kept = IdempotencyKey.objects.get()
    assert b"whsec_" not in bytes(kept.body)


def test_both_secrets_sign_after_a_rotation(
    api: ApiClient, workspace: Caller, companies: str, receiver: Receiver
) -> None:
    made = create(api, receiver, events=["record.created"])
    rotated = api.post(f"{WEBHOOKS}/{made['id']}/rotate-secret").json()
    assert rotated["secret"] != made["secret"]
    make_record(workspace, "companies", name="Acme")
    deliver()
    (message,) = receiver.messages
    assert len(message.headers["webhook-signature"].split(" ")) == 2
    for secret in (made["secret"], rotated["secret"]):
        assert message.verified(secret)["type"] == "record.created"
    for row in (Webhook.objects.values().get(), Webhook.history.values().first()):
        assert made["secret"] not in str(row)
        assert rotated["secret"] not in str(row)


def test_a_field_is_named_by_every_name_of_its_object(
    api: ApiClient, companies: str, receiver: Receiver
) -> None:
    made = create(api, receiver, objects=["contacts"], fields=["contacts.email"])
    assert made["fields"] == [f"{made['objects'][0]}.email"]
    refused = api.patch(f"{WEBHOOKS}/{made['id']}", {"objects": ["companies"]})
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("objects: the field ")


@pytest.mark.django_db(transaction=True)  # what is not committed is not sent again yet
def test_deliveries_are_listed_and_sent_again(
    api: ApiClient, workspace: Caller, companies: str, receiver: Receiver
) -> None:
    made = create(api, receiver, events=["record.created"])
    before = api.get("/api/changes?after=now").json()["cursor"]
    record = make_record(workspace, "companies", name="Acme").record.uuid
    deliver()
    path = f"{WEBHOOKS}/{made['id']}"
    (row,) = api.get(f"{path}/deliveries?state=delivered").json()["results"]
    assert (row["record_id"], row["object"], row["status"]) == (record, "companies", 204)
    assert row["webhook_id"] == receiver.messages[0].id
    assert api.get(f"{path}/deliveries?state=failed").json()["count"] == 0
    assert api.get(f"{path}/deliveries?state=odd").status_code == 400

    foretold = api.post(f"{path}/deliveries/{row['id']}/replay?dry_run=true").json()
    assert set(foretold["changes"]) == {"state", "attempts", "next_attempt_at"}
    assert foretold["changes"]["state"] == {"old": "delivered", "new": "pending"}
    assert api.patch(path, {"active": False}).status_code == 200
    refused = api.post(f"{path}/deliveries/{row['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert "not active" in refused.json()["detail"]
    assert api.patch(path, {"active": True}).status_code == 200
    again = api.post(f"{path}/deliveries/{row['id']}/replay").json()
    assert (again["state"], again["attempts"]) == ("pending", 0)
    deliver()
    assert len(receiver.messages) == 2
    answer = api.post(f"{path}/replay", {"after": before})
    assert answer.status_code == 202
    assert answer.json()["replaying"] is True
    assert api.post(f"{path}/replay", {"after": before}).status_code == 409
    deliver()
    assert len(receiver.messages) == 3
    assert len({message.id for message in receiver.messages}) == 1
    assert api.get(path).json()["replaying"] is False
    later = api.get("/api/changes?after=now").json()["cursor"]
    for body, said in (
        ({"after": "nonsense"}, "after: expected a cursor that the change feed returned."),
        ({"after": "now"}, "after: expected a cursor that the change feed returned."),
        ({"after": before, "until": "now"}, "until: expected a cursor that"),
        ({"after": later, "until": before}, "until: it is before after"),
    ):
        refused = api.post(f"{path}/replay", body)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith(said)


@pytest.mark.django_db(transaction=True)
def test_a_sample_is_sent(api: ApiClient, receiver: Receiver) -> None:
    made = create(api, receiver)
    path = f"{WEBHOOKS}/{made['id']}/test"
    receiver.always(418)
    answer = api.post(path)
    assert answer.status_code == 200, answer.content
    assert answer.json()["status"] == 418
    assert answer.json()["ok"] is False
    assert receiver.messages[0].verified(made["secret"])["type"] == "webhook.test"
    for query, headers, place in (
        ("?dry_run=true", {}, "dry_run"),
        ("", {"idempotency_key": "one"}, "Idempotency-Key"),
        ("", {"apply_plan": "one"}, "Apply-Plan"),
    ):
        refused = api.post(f"{path}{query}", **headers)
        assert refused.status_code == 400, refused.content
        assert refused.json()["detail"].startswith(f"{place}: this call sends")
    assert len(receiver.messages) == 1
    assert not IdempotencyKey.objects.exists()


def test_a_write_takes_the_same_statements_with_webhooks(
    api: ApiClient, workspace: Caller, companies: str, receiver: Receiver
) -> None:
    make_record(workspace, "companies", name="First")

    def statements(name: str) -> int:
        with CaptureQueriesContext(connection) as taken:
            make_record(workspace, "companies", name=name)
        return len(taken)

    before = statements("Second")
    for _ in range(3):
        create(api, receiver)
    make_record(workspace, "companies", name="Third")
    assert statements("Fourth") == before
