"""What a webhook can tell, and which changes it is asked to."""

from __future__ import annotations

from dataclasses import dataclass

from records.models import Webhook, WebhookForm
from records.services.feed import Change

CREATED, UPDATED = "record.created", "record.updated"
ARCHIVED, UNARCHIVED = "record.archived", "record.unarchived"
CANCELLED, DELETED, DEFINED = "record.cancelled", "record.deleted", "definition.changed"
EVENTS = (CREATED, UPDATED, ARCHIVED, UNARCHIVED, CANCELLED, DELETED, DEFINED)
# What the Workspace API calls them; changes of definitions have no name there.
WORKSPACE_EVENTS = {
    event.replace("record.", "data_record:"): event for event in EVENTS if event != DEFINED
}
WORKSPACE_NAMES = {event: name for name, event in WORKSPACE_EVENTS.items()}
# Of the actions of the feed; others are updates. To a receiver, what comes back from the trash is
# new, and what has left its sight is gone.
_BY_ACTION = {
    "created": CREATED,
    "restored": CREATED,
    "archived": ARCHIVED,
    "unarchived": UNARCHIVED,
    "cancelled": CANCELLED,
    "trashed": DELETED,
    "deleted": DELETED,
    "removed": DELETED,
    "defined": DEFINED,
}


def event_of(change: Change) -> str:
    """The event that a change is."""
    return _BY_ACTION.get(change.action, UPDATED)


def known_events(form: str) -> tuple[str, ...]:
    """The events that a webhook of this form can tell, by our names."""
    return tuple(EVENTS) if form == WebhookForm.RECORDS else tuple(WORKSPACE_NAMES)


@dataclass(frozen=True, slots=True)
class Interest:
    """Which changes a webhook tells; empty sets stand for all."""

    events: frozenset[str]
    objects: frozenset[int]
    fields: frozenset[int]

    @classmethod
    def of(cls, webhook: Webhook) -> Interest:
        return cls(
            frozenset(webhook.events or known_events(webhook.form)),
            frozenset(webhook.objects_told),
            frozenset(webhook.fields_told),
        )

    def covers(self, change: Change) -> bool:
        """Whether the change is told. Fields choose between updates; whatever else happens to a
        record is told."""
        event = event_of(change)
        if event not in self.events or (self.objects and change.object_id not in self.objects):
            return False
        if event != UPDATED or not self.fields:
            return True
        return any(spec.id in self.fields for spec in change.values)
