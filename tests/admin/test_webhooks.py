"""Webhooks at the workbench: set up, tried out, rotated, sent again; a secret is shown once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from records.models import Webhook, WebhookDelivery
from records.services.shaping.field_removal import delete_field
from records.services.shaping.objects import archive_object
from tests.admin.pages import Workbench, form_of, messages_of, refused_inputs
from tests.factories import Caller, FieldDefinition, make_object, make_record, make_workspace
from tests.receiving import Receiver, deliver

WEBHOOKS = "/admin/records/webhook/"
DELIVERIES = "/admin/records/webhookdelivery/"


@pytest.fixture
def bench(transactional_db: None) -> Workbench:
    make_workspace("Operators", "operator@example.com")
    caller = make_workspace("Northern Freight", "northern@example.com")
    made = Workbench(caller)
    make_object(caller, "Things", FieldDefinition("Amount", "integer"))
    return made


def add(bench: Workbench, receiver: Receiver, **more: str) -> str:
    """Add a webhook; what the page that shows its secret holds."""
    given = {"name": "Shop", "url": receiver.url, "member": str(bench.caller.member.pk), **more}
    answer = bench.fill(f"{WEBHOOKS}add/", "url", given)
    assert answer.status_code == 200, answer.content
    assert "no-store" in answer.headers["Cache-Control"]
    return str(answer.content.decode())


def row_of(caller: Caller) -> Webhook:
    return Webhook.objects.get(workspace=caller.workspace)


def test_a_webhook_is_set_up_used_and_sent_again(bench: Workbench, receiver: Receiver) -> None:
    caller = bench.caller
    shown = add(bench, receiver, told_events="record.created")
    secret = "whsec_" + shown.split("whsec_")[1].split("<")[0]
    row = row_of(caller)
    assert row.events == ["record.created"]
    page = f"{WEBHOOKS}{row.pk}/change/"
    assert "whsec_" not in bench.get(page).content.decode()

    answer = bench.client.post(f"{WEBHOOKS}{row.pk}/test/")
    assert answer.status_code == 302
    assert receiver.messages[0].verified(secret)["type"] == "webhook.test"
    make_record(caller, "things", name="One")
    deliver()
    assert len(receiver.messages) == 2
    delivery = WebhookDelivery.objects.get()
    assert delivery.message_id in bench.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    chosen = {"action": "replay_selected", "_selected_action": str(delivery.pk)}
    bench.client.post(DELIVERIES, chosen)
    deliver()
    assert [message.id for message in receiver.messages[1:]] == [delivery.message_id] * 2

    form = form_of(bench.read(page), "instead_of")
    rotated = bench.client.post(f"{WEBHOOKS}{row.pk}/rotate/", form).content.decode()
    assert "whsec_" in rotated
    assert secret not in rotated
    kept = Webhook.objects.values("secret", "old_secret").get()
    for sent in (form, {"instead_of": ""}, {}):  # the page is reloaded
        again = bench.client.post(f"{WEBHOOKS}{row.pk}/rotate/", sent)
        assert (again.status_code, again["Location"]) == (302, page)
    assert "replaced already" in str(messages_of(bench.get(page)))
    assert Webhook.objects.values("secret", "old_secret").get() == kept
    Webhook.objects.update(is_active=False)
    bench.client.post(DELIVERIES, chosen)
    assert "not active" in str(messages_of(bench.get(page)))
    assert WebhookDelivery.objects.get().state == "delivered"
    assert bench.client.post(f"{WEBHOOKS}{row.pk}/replay/", {"after": "odd"}).status_code == 302
    assert not row_of(caller).replay_after


def test_a_filter_stays_when_what_it_names_is_archived_or_deleted(
    bench: Workbench, receiver: Receiver
) -> None:
    caller = bench.caller
    schema = caller.schema("things")
    field = schema.by_name["amount"].id
    add(bench, receiver, told_objects=str(schema.id), told_fields=str(field))
    page = f"{WEBHOOKS}{row_of(caller).pk}/change/"
    delete_field(caller.author, field)
    archive_object(caller.author, schema.id)
    shown = bench.get(page).content.decode()
    assert "Things (archived)" in shown
    assert "Things: Amount (deleted)" in shown
    assert bench.fill(page, "url", {"name": "Renamed"}).status_code == 302
    row = row_of(caller)
    assert (row.name, row.objects_told, row.fields_told) == ("Renamed", [schema.id], [field])
    assert "(archived)" not in bench.get(f"{WEBHOOKS}add/").content.decode()


def test_a_refusal_stands_beside_its_input(bench: Workbench, receiver: Receiver) -> None:
    given = {"name": "Shop", "url": "https://10.0.0.1/", "member": str(bench.caller.member.pk)}
    answer = bench.fill(f"{WEBHOOKS}add/", "url", given)
    assert "url" in refused_inputs(answer)
    assert not Webhook.objects.exists()
    assert not messages_of(answer)


def test_those_of_another_workspace_are_nowhere(bench: Workbench, receiver: Receiver) -> None:
    add(bench, receiver)
    row = row_of(bench.caller)
    other = Workbench(make_workspace("Others", "others@example.com"))
    for path in (f"{WEBHOOKS}{row.pk}/change/", f"{WEBHOOKS}{row.pk}/history/"):
        assert other.client.get(path).status_code == 404
    for action in ("test", "rotate", "replay"):
        assert other.client.post(f"{WEBHOOKS}{row.pk}/{action}/").status_code == 404


@pytest.mark.parametrize(("minutes", "shown"), [(None, "Active"), (5, "Paused"), (-5, "Active")])
def test_a_webhook_is_paused_until_its_time(
    bench: Workbench, receiver: Receiver, minutes: int | None, shown: str
) -> None:
    add(bench, receiver)
    until = None if minutes is None else timezone.now() + timedelta(minutes=minutes)
    Webhook.objects.filter(workspace=bench.caller.workspace).update(failures=1, paused_until=until)
    page = bench.get(WEBHOOKS).content.decode()
    cell = page.split("field-state")[1].split("</td>")[0]
    assert [state for state in ("Active", "Paused") if state in cell] == [shown]
