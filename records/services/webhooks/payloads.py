"""What a webhook sends: made from the ledger each time, as its member may see it then."""

from __future__ import annotations

from typing import Any

import orjson

from records.exceptions import NotFound
from records.models import Webhook, WebhookForm
from records.services.access import Author, access_to, visible_fields
from records.services.catalogue import MemberSpec
from records.services.feed import Change, change_content
from records.services.reading import find_with_history, local_time, take_back_since, view_records

from .conditions import Told, holds
from .events import DELETED, UPDATED, WORKSPACE_NAMES, event_of


def message(author: Author, webhook: Webhook, change: Change) -> bytes | None:
    """The body that tells a change; None where the webhook's conditions do not hold."""
    if webhook.form == WebhookForm.RECORDS:
        content: dict[str, Any] | None = {
            "type": event_of(change),
            "timestamp": local_time(change.created, author.workspace.zone),
            "data": change_content(change, author.workspace.zone),
        }
    else:
        content = _workspace_content(author, webhook, change)
    return None if content is None else orjson.dumps(content)


def _workspace_content(author: Author, webhook: Webhook, change: Change) -> dict[str, Any] | None:
    """The payload that receivers of the Workspace API know."""
    event = event_of(change)
    fields, stored = ({}, {}) if event == DELETED else _record_then(author, change)
    if webhook.conditions:
        schema = author.directory.schema(change.object_id)
        told = Told(stored, change.record_member, author.workspace.zone)
        if not holds(webhook.conditions, visible_fields(author, schema), told):
            return None
    about: dict[str, Any] = {
        "event": WORKSPACE_NAMES[event],
        "dataType": _data_type(author, change),
        "member": _member(change.record_member),
        "dataRecord": {
            "id": change.record_id,
            "uuid": change.record_uuid,
            "externalId": change.external_id if not change.external_source else None,
            "version": change.version,
            "fields": fields,
        },
        "eventRule": {"id": webhook.pk, "uuid": str(webhook.uuid), "name": webhook.name},
        "workspace": {"uuid": author.workspace.uuid, "name": webhook.workspace.name},
        "operationId": change.operation_id,
        "occurredAt": local_time(change.created, author.workspace.zone),
    }
    if event == UPDATED:
        about["changes"] = change.fields
    return about


def _data_type(author: Author, change: Change) -> dict[str, Any]:
    schema = author.directory.schema(change.object_id)
    return {"uuid": schema.uuid, "type": schema.object_name, "slug": schema.slug}


def _member(member: MemberSpec | None) -> dict[str, Any] | None:
    """The record's member."""
    if member is None:
        return None
    return {
        "id": member.id,
        "name": member.name,
        "email": member.json.get("email"),
        "labels": list(member.labels),
    }


def _record_then(author: Author, change: Change) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record's fields at the version that the change left, by slug, and what is stored of
    them; nothing where it is out of sight by now."""
    schema = author.directory.schema(change.object_id)
    try:
        row = find_with_history(author, schema, change.record_uuid or "")
    except NotFound:
        return {}, {}
    # Rights follow from the record as it is now: its former values may name other members.
    granted = access_to(author, schema, row.values, row.member_id)
    take_back_since(author, row, ("version > %s", [change.version]))
    fields = visible_fields(author, schema)
    (view,) = view_records(author, schema, [row], fields, granted, plain=True)
    shown = {spec.name: view.values.get(spec.id) for spec in view.fields}
    return shown, dict(row.values)
