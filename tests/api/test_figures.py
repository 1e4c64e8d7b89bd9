"""The figures in the answers to writes, and in a record as it once was: from real rows there
too."""

from __future__ import annotations

from typing import Any

from records.models import Activity, EmailSuppression, Record
from tests.api_client import ApiClient
from tests.factories import Caller

from .reading import sent


def suppressed(content: dict[str, Any]) -> bool:
    return bool(content["client_info"]["email_on_suppression_list"])


def test_a_contact_added_under_a_suppressed_address_says_so(
    api: ApiClient, workspace: Caller
) -> None:
    EmailSuppression.objects.create(workspace=workspace.workspace, email="gone@example.com")

    added = api.post("/api/records/contacts/add", sent(email="Gone@example.com")).json()
    changed = api.patch(
        f"/api/records/contacts/{added['id']}", sent(email="here@example.com")
    ).json()

    assert suppressed(added)
    assert not suppressed(changed)


def test_a_record_as_it_once_was_carries_the_figures_of_today(
    api: ApiClient, workspace: Caller
) -> None:
    added = api.post("/api/records/contacts/add", sent(email="a@example.com")).json()
    record = Record.objects.get(uuid=added["id"])
    Activity.objects.create(
        workspace=workspace.workspace, record=record, title="Call", due_at="2999-01-01T00:00:00Z"
    )

    once = api.get(f"/api/records/contacts/{added['id']}?as_of=2998-01-01T00:00:00Z").json()

    assert once["num_upcoming_activities"] == 1
