"""Writes of the ledger as people read them: on the page of a record, and on that of an
operation."""

from __future__ import annotations

from dataclasses import dataclass

from records.admin.object_pages import local_text
from records.admin.showing import value_text
from records.field_types import member_name
from records.models import Source
from records.services.access import Author
from records.services.reading import HistoryEntry

_INTERFACES = {
    Source.RECORDS_API: "Records API",
    Source.WORKSPACE_API: "Workspace API",
    Source.MCP: "MCP",
}


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """One write: what, when (in words, and in ISO 8601), who, and each field's value before and
    after."""

    version: int
    action: str
    when: str
    moment: str
    who: str
    how: str
    reason: str
    changes: list[tuple[str, str, str]]


def show_entry(author: Author, entry: HistoryEntry) -> ShownEntry:
    """A write with its moments in the workspace's time zone."""
    changes = [
        (
            change.field.display_name,
            value_text(change.field, change.old),
            value_text(change.field, change.new),
        )
        for change in entry.changes
    ]
    how = interface_text(entry.source, with_key=entry.api_key_id is not None)
    who = member_name(entry.member) or "Nobody"
    when = local_text(author, entry.created)
    moment = "" if entry.created is None else entry.created.isoformat()
    return ShownEntry(entry.version, entry.action, when, moment, who, how, entry.reason, changes)


def interface_text(source: str, *, with_key: bool) -> str:
    """Through what something was changed."""
    named = _INTERFACES.get(Source(source), Source(source).label)
    return f"{named}, with an API key" if with_key else str(named)
