"""Setting webhooks up. Admins do it, every change is in the history, and secrets are shown once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from records.exceptions import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotFound,
    Place,
    did_you_mean,
    quoted,
)
from records.models import Member, Webhook, WebhookForm
from records.rehearsal import is_rehearsal
from records.services.access import Author, Definer, defining, member_author
from records.services.access import Source as Door
from records.services.catalogue import check_label, is_stored, load_workspace
from records.services.database import Unreadable, canonical_uuid, resealed, seal
from records.services.feed import cursor_of_now

from .conditions import check_condition
from .events import known_events
from .signing import new_secret
from .stopping import Stop
from .told_filters import live_fields, owners_of
from .urls import check_url

MAX_WEBHOOKS = 100  # of a workspace


class WebhookSettings(TypedDict, total=False):
    """What a webhook is made of; `objects` and `fields` are primary keys."""

    name: str
    url: str
    events: Sequence[str]
    objects: Sequence[int]
    fields: Sequence[int]
    conditions: str
    is_active: bool
    member_id: int


def check_manages(author: Definer) -> None:
    """NotAllowed unless the caller may see and manage webhooks."""
    if not author.may_define:
        raise NotAllowed("Only workspace admins may manage webhooks.")


def list_webhooks(author: Definer) -> list[Webhook]:
    """The webhooks of the workspace, oldest first."""
    check_manages(author)
    return list(_rows(author).order_by("id"))


def get_webhook(author: Definer, key: str | int) -> Webhook:
    """A webhook by UUID or primary key; NotFound when the workspace does not have it."""
    check_manages(author)
    rows = _rows(author)
    if isinstance(key, int):
        found = rows.filter(id=key).first()
    else:
        uuid = canonical_uuid(key)
        found = rows.filter(uuid=UUID(uuid)).first() if uuid else None
    if found is None:
        raise NotFound
    return found


def _rows(author: Definer) -> QuerySet[Webhook]:
    return Webhook.objects.filter(workspace_id=author.workspace.id).select_related(
        "workspace", "member"
    )


@defining
def create_webhook(
    author: Definer, form: str = WebhookForm.RECORDS, /, **given: Unpack[WebhookSettings]
) -> tuple[Webhook, str]:
    """A webhook that tells what is committed from now on, and its secret, which is shown once."""
    workspace_id = author.workspace.id
    if Webhook.objects.filter(workspace_id=workspace_id).count() >= MAX_WEBHOOKS:
        raise InvalidInput(f"At most {MAX_WEBHOOKS} webhooks.", "limit_exceeded")
    secret = new_secret()
    member_id = author.member.id if isinstance(author, Author) else 0
    row = Webhook(
        workspace_id=workspace_id, form=form, member_id=member_id, secret=seal(secret), cursor=""
    )
    for required in ("name", "url"):
        if not str(given.get(required, "")).strip():
            raise InvalidInput("this key is required.", "required", at=required)
    _apply(author, row, given)
    row.cursor = _now(row)
    row.save()
    return get_webhook(author, row.pk), _shown(secret)


@defining
def update_webhook(
    author: Definer, webhook: Webhook, /, **given: Unpack[WebhookSettings]
) -> Webhook:
    """Change a webhook. Activated again, it goes on where it stopped."""
    row = _locked(author, webhook)
    was_active = row.is_active
    _apply(author, row, given)
    if row.is_active and not was_active:
        if row.stopped == Stop.FEED:
            row.cursor = _now(row)
        row.stopped, row.stopped_at, row.failures, row.paused_until = "", None, 0, None
    elif was_active and not row.is_active:
        row.stopped, row.stopped_at = "", timezone.now()
    row.save()
    return get_webhook(author, row.pk)


@defining
def delete_webhook(author: Definer, webhook: Webhook) -> None:
    """Delete a webhook, and what is kept of its deliveries."""
    _locked(author, webhook).delete()


@defining
def rotate_secret(
    author: Definer, webhook: Webhook, *, instead_of: str | None = None
) -> tuple[Webhook, str]:
    """Give a webhook a new secret, which is shown once. The one it had signs too for a while.

    `instead_of`: when the secret to replace was set, as ISO 8601; Conflict if another one is set.
    """
    row = _locked(author, webhook)
    if instead_of not in (None, row.secret_set_at.isoformat()):
        raise Conflict("This secret was replaced already; nothing was changed.")
    secret, now = new_secret(), timezone.now()
    row.old_secret = row.secret
    row.old_secret_until = now + timedelta(hours=settings.WEBHOOK_OLD_SECRET_HOURS)
    row.secret, row.secret_set_at = seal(secret), now
    row.save()
    return get_webhook(author, row.pk), _shown(secret)


def _shown(secret: str) -> str:
    """The secret, unless this is a dry run, whose secret never signs anything."""
    return "" if is_rehearsal() else secret


def reseal_webhooks() -> tuple[int, int]:
    """Seal every secret with the newest key: how many were, and how many no key opens."""
    done = lost = 0
    for row in Webhook.objects.all():
        for name in ("secret", "old_secret"):
            kept = getattr(row, name)
            if not kept:
                continue
            try:
                sealed = resealed(kept)
            except Unreadable:
                lost += 1
                continue
            # Matched by the old one: a secret that was just rotated is not overwritten.
            same: dict[str, Any] = {name: kept}
            rows = Webhook.objects.filter(workspace_id=row.workspace_id, id=row.pk, **same)
            done += rows.update(**{name: sealed})
    return done, lost


def _locked(author: Definer, webhook: Webhook) -> Webhook:
    rows = Webhook.objects.select_for_update(of=("self",))
    return rows.get(workspace_id=author.workspace.id, id=webhook.pk)


def _now(row: Webhook) -> str:
    return cursor_of_now(webhook_author(row))


def webhook_author(webhook: Webhook) -> Author:
    """The member whose rights decide what a webhook tells, as they are now."""
    workspace = load_workspace(webhook.workspace_id)
    return member_author(workspace, webhook.member_id, Door.RECORDS_API)


def _apply(author: Definer, row: Webhook, given: WebhookSettings) -> None:
    """InvalidInput says which setting is wrong, and why."""
    if "name" in given:
        row.name = check_label("name", given["name"])
    if "url" in given:
        row.url = check_url(given["url"])
    if "events" in given:
        row.events = _checked_events(row, given["events"])
    _apply_filter(author, row, given)
    if "is_active" in given:
        row.is_active = given["is_active"]
    if "member_id" in given:
        row.member_id = _checked_member(author, given["member_id"])
    if not row.member_id:
        raise InvalidInput("name the member whose rights it has.", "required", at="member_id")
    if "conditions" in given:
        row.conditions = _checked_conditions(author, row, given["conditions"])


def _apply_filter(author: Definer, row: Webhook, given: WebhookSettings) -> None:
    before = row.objects_told, row.fields_told
    if "objects" in given:
        row.objects_told = _checked_objects(author, row, given["objects"])
    if "fields" in given:
        row.fields_told = _checked_fields(author, row, given["fields"])
    if (row.objects_told, row.fields_told) != before:
        _check_together(author, row, given)


def _checked_events(row: Webhook, events: Sequence[str]) -> list[str]:
    known = known_events(row.form)
    for at, event in enumerate(events):
        if event not in known:
            raise InvalidInput(
                f"{quoted(event)} is not one of {', '.join(known)}.{did_you_mean(event, known)}",
                at=("events", at),
            )
    return [event for event in known if event in events]


def _checked_objects(author: Definer, row: Webhook, objects: Collection[int]) -> list[int]:
    for at, key in enumerate(objects):
        if key not in author.directory.objects and key not in row.objects_told:
            raise InvalidInput("there is no such object.", "does_not_exist", at=("objects", at))
    return sorted(set(objects))


def _checked_fields(author: Definer, row: Webhook, fields: Collection[int]) -> list[int]:
    """Fields that an update can change; those that the row has already are left as they are."""
    added = set(fields).difference(row.fields_told)
    known = {spec.id: (schema, spec) for schema, spec in live_fields(author)} if added else {}
    for at, key in enumerate(fields):
        if key not in added:
            continue
        if key not in known:
            raise InvalidInput("there is no such field.", "does_not_exist", at=("fields", at))
        schema, spec = known[key]
        if not is_stored(spec):
            raise InvalidInput(
                f"{schema.name}.{spec.name} follows from other values: no update lists it among "
                "its changes. Name a field that is written.",
                at=("fields", at),
            )
    return sorted(set(fields))


def _check_together(author: Definer, row: Webhook, given: WebhookSettings) -> None:
    """Every field is of one of the objects, where there are both."""
    if not row.objects_told or not row.fields_told:
        return
    for key, object_id, name in owners_of(author, row.fields_told):
        if object_id not in row.objects_told:
            at: Place = ("objects",)
            if "fields" in given:
                at = ("fields", list(given["fields"]).index(key))
            raise InvalidInput(
                f"the field {quoted(name)} is of an object that objects does not name, so its "
                "updates are never sent; add the object, or omit the field.",
                at=at,
            )


def _checked_member(author: Definer, member_id: int) -> int:
    rows = Member.objects.filter(workspace_id=author.workspace.id, id=member_id, is_active=True)
    if not rows.exists():
        raise InvalidInput("there is no such active member.", "does_not_exist", at="member_id")
    return member_id


def _checked_conditions(author: Definer, row: Webhook, conditions: str) -> str:
    # What is sent back as it was stays, even where what it reads was archived.
    if conditions.strip() in ("", row.conditions):
        return conditions.strip()
    objects = row.objects_told or list(author.directory.objects)
    known = {
        name
        for key in objects
        if key in author.directory.objects
        for name in author.directory.schema(key).by_name
    }
    return check_condition(conditions, known)
