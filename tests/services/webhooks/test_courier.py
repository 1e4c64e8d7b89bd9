"""Delivering: what a receiver gets, in which order, and what follows from its answers."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from records.models import Webhook, WebhookDelivery
from records.services.people.members import update_member
from records.services.webhooks.courier import Courier
from records.services.webhooks.endpoints import update_webhook
from records.services.webhooks.schedule import BACK_OFF
from tests.factories import (
    Caller,
    archive,
    change_record,
    make_member,
    make_record,
)
from tests.receiving import Message, Receiver, deliver, receiving

from .conftest import Make, make_due


def states(webhook: Webhook) -> list[str]:
    rows = WebhookDelivery.objects.filter(workspace_id=webhook.workspace_id, webhook=webhook)
    return list(rows.order_by("id").values_list("state", flat=True))


def test_what_happens_is_told_in_order_and_signed(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    _, secret = make_webhook()
    record = make_record(shop, "items", name="One", size=1).record.uuid
    change_record(shop, "items", record, size=2)
    archive(shop, "items", record)
    deliver()
    told = [message.verified(secret) for message in receiver.messages]
    told = [content for content in told if content["data"]["record_id"] == record]
    assert [content["type"] for content in told] == [
        "record.created",
        "record.updated",
        "record.archived",
    ]
    assert told[1]["data"]["fields"] == {"size": {"old": 1, "new": 2}}
    assert told[1]["timestamp"] == told[1]["data"]["created"]
    assert len({message.id for message in receiver.messages}) == len(receiver.messages)
    assert receiver.messages[0].path == "/hook?from=records"


def test_nothing_is_told_twice(shop: Caller, receiver: Receiver, make_webhook: Make) -> None:
    make_webhook(events=["record.created"])
    make_record(shop, "items", name="One")
    deliver()
    deliver()
    assert len(receiver.messages) == 1


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ((500, {}), 500),
        ((302, {"Location": "/elsewhere"}), 302),
        ((404, {}), 404),
    ],
)
def test_a_failure_is_sent_again_under_the_same_id(
    shop: Caller,
    receiver: Receiver,
    make_webhook: Make,
    answer: tuple[int, dict[str, str]],
    status: int,
) -> None:
    webhook, _ = make_webhook(events=["record.created"])
    receiver.always(*answer)
    make_record(shop, "items", name="One")
    deliver()
    (row,) = WebhookDelivery.objects.filter(workspace_id=webhook.workspace_id)
    assert (row.state, row.attempts, row.status) == ("pending", 1, status)
    assert str(status) in row.problem
    assert row.next_attempt_at is not None
    assert timedelta(seconds=3) < row.next_attempt_at - timezone.now() < timedelta(seconds=6)
    receiver.always(200)
    make_due(webhook)
    deliver()
    assert [message.path for message in receiver.messages] == ["/hook?from=records"] * 2
    assert len({message.id for message in receiver.messages}) == 1
    assert states(webhook) == ["delivered"]


def test_a_later_change_of_a_record_waits_for_the_earlier_one(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(events=["record.created", "record.updated"])
    record = make_record(shop, "items", name="One", size=1).record.uuid
    change_record(shop, "items", record, size=2)
    make_record(shop, "items", name="Two")
    receiver.answer = lambda message: (
        (500, {}) if message.content["data"]["record_id"] == record else (204, {})
    )
    deliver()
    assert states(webhook) == ["pending", "pending", "delivered"]
    receiver.always(204)
    make_due(webhook)
    deliver()
    versions = [
        message.content["data"]["version"]
        for message in receiver.messages
        if message.content["data"]["record_id"] == record
    ]
    assert versions == [1, 1, 2]


def test_retry_after_is_honoured_and_pauses_the_webhook(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(events=["record.created"])
    receiver.always(429, {"Retry-After": "600"})
    make_record(shop, "items", name="One")
    make_record(shop, "items", name="Two")
    deliver()
    assert len(receiver.messages) == 1
    webhook.refresh_from_db()
    assert webhook.paused_until is not None
    waits = webhook.paused_until - timezone.now()
    assert timedelta(seconds=580) < waits < timedelta(seconds=601)


def test_gone_stops_the_webhook_and_nothing_is_lost(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(events=["record.created"])
    receiver.always(410)
    make_record(shop, "items", name="One")
    deliver()
    make_record(shop, "items", name="Two")
    deliver()
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.stopped) == (False, "gone")
    assert len(receiver.messages) == 1
    receiver.always(204)
    update_webhook(shop.author, webhook, is_active=True)
    make_due(webhook)
    deliver()
    names = [message.content["data"]["fields"]["name"]["new"] for message in receiver.messages]
    assert names == ["One", "One", "Two"]


def test_a_delivery_is_given_up_at_last_and_the_webhook_stopped(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(events=["record.created"])
    receiver.always(500)
    make_record(shop, "items", name="One")
    for _ in range(len(BACK_OFF) + 1):
        make_due(webhook)
        deliver()
    assert len(receiver.messages) == len(BACK_OFF) + 1
    assert states(webhook) == ["failed"]
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.stopped) == (False, "failing")


def test_a_member_who_is_gone_stops_the_webhook(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    other = make_member(shop, "other@example.com", {"items": {"view": "all"}})
    webhook, _ = make_webhook(member_id=other.member.pk)
    make_record(shop, "items", name="One")
    member = other.member
    update_member(
        shop.author, member, first_name="", last_name="", role=member.role, is_active=False
    )
    deliver()
    webhook.refresh_from_db()
    assert webhook.stopped == "member_inactive"
    assert not receiver.messages


def test_the_rights_of_the_member_hold_for_what_is_sent(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    other = make_member(
        shop,
        "other@example.com",
        {"items": {"view": "all"}},
        hidden=[("items", "size"), ("items", "owner")],
    )
    make_webhook(member_id=other.member.pk, events=["record.created"])
    make_record(shop, "items", name="One", size=7)
    make_record(shop, "orders", name="Secret")
    deliver()
    (message,) = receiver.messages
    assert message.content["data"]["fields"] == {"name": {"old": None, "new": "One"}}


def test_what_left_the_members_sight_before_it_was_sent_is_skipped(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    webhook, _ = make_webhook(events=["record.created"])
    receiver.always(500)
    make_record(shop, "items", name="One")
    deliver()
    other = make_member(shop, "other@example.com", {})
    update_webhook(shop.author, webhook, member_id=other.member.pk)
    make_due(webhook)
    deliver()
    assert states(webhook) == ["skipped"]
    assert len(receiver.messages) == 1


def test_a_webhook_that_another_worker_holds_is_left_to_it(
    shop: Caller, receiver: Receiver, make_webhook: Make
) -> None:
    make_webhook(events=["record.created"])
    rows = Webhook.objects.filter(workspace=shop.workspace)
    rows.update(lease=uuid4(), leased_until=timezone.now() + timedelta(seconds=60))
    make_record(shop, "items", name="One")
    deliver()
    assert not receiver.messages
    rows.update(leased_until=timezone.now() - timedelta(seconds=1))
    deliver()
    assert len(receiver.messages) == 1


def test_a_receiver_that_hangs_delays_no_other(
    shop: Caller, receiver: Receiver, make_webhook: Make, settings: Settings
) -> None:
    """All that the others get comes while it hangs."""
    with receiving() as hanging:
        over = threading.Event()

        def hang(message: Message) -> tuple[int, dict[str, str]]:
            over.wait(14)
            return 200, {}

        hanging.answer = hang
        settings.EXTERNAL_ALLOWED_HOSTS = [receiver.host, hanging.host]
        made = [make_webhook(events=["record.created"], url=hanging.url)[0] for _ in range(3)]
        free, _ = make_webhook(events=["record.created"])
        for at in range(5):
            make_record(shop, "items", name=f"Item {at}")
        courier, begun = Courier(), time.monotonic()
        while len(receiver.messages) < 5 or len(hanging.messages) < 3:
            courier.turn()
            assert time.monotonic() - begun < 12
        assert states(free) == ["delivered"] * 4 + ["pending"] or states(free) == ["delivered"] * 5
        assert {state for each in made for state in states(each)} == {"pending"}
        over.set()
        courier.leave()
