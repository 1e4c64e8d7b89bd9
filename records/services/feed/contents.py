"""A change as JSON: what the Records API answers, and what its webhooks send."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from records.services.reading import local_time

from .told_changes import Change


def change_content(change: Change, zone: ZoneInfo) -> dict[str, Any]:
    """One entry of the change feed."""
    what = change.definition
    return {
        "action": change.action,
        "object": change.object_name,
        "record_id": change.record_uuid,
        "version": change.version,
        "external_id": change.external_id,
        "external_source": change.external_source,
        "record_member_id": None if change.record_member is None else change.record_member.uuid,
        "fields": change.fields,
        "operation_id": change.operation_id,
        "source": change.source,
        "member_id": None if change.member is None else change.member.uuid,
        "api_key_id": change.api_key_id,
        "reason": change.reason,
        "created": local_time(change.created, zone),
        "definition": None if what is None else what.content,
    }
