"""Which changes a webhook tells."""

from __future__ import annotations

import pytest

from records.models import Webhook
from records.services.feed import Change
from records.services.webhooks.events import Interest, event_of


def change(action: str, object_id: int = 1) -> Change:
    return Change(action, object_id, "items", None)


@pytest.mark.parametrize(
    ("action", "event"),
    [
        ("created", "record.created"),
        ("restored", "record.created"),
        ("updated", "record.updated"),
        ("reopened", "record.updated"),
        ("attached", "record.updated"),
        ("archived", "record.archived"),
        ("unarchived", "record.unarchived"),
        ("cancelled", "record.cancelled"),
        ("trashed", "record.deleted"),
        ("deleted", "record.deleted"),
        ("removed", "record.deleted"),
        ("defined", "definition.changed"),
    ],
)
def test_every_action_of_the_feed_is_an_event(action: str, event: str) -> None:
    assert event_of(change(action)) == event


@pytest.mark.parametrize(
    ("given", "action", "told"),
    [
        ({}, "defined", True),
        ({"form": "workspace"}, "defined", False),
        ({"events": ["record.created"]}, "created", True),
        ({"events": ["record.created"]}, "updated", False),
        ({"objects_told": [1]}, "created", True),
        ({"objects_told": [2]}, "created", False),
        ({"fields_told": [7]}, "updated", False),
        ({"fields_told": [7]}, "archived", True),
    ],
)
def test_events_objects_and_fields_choose(
    given: dict[str, object], action: str, told: bool
) -> None:
    assert Interest.of(Webhook(**given)).covers(change(action)) is told
