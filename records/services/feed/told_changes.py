"""A change as the caller is told it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from records.field_types import FieldSpec
from records.services.access import Author
from records.services.catalogue import MemberSpec
from records.services.database import moment, uuid_text

from .cursors import Place
from .definitions import Definition, DefinitionChange
from .ledger_rows import Entry
from .shown_values import Columns, Stored, load_columns
from .sight import BARE, DELETED, REMOVED, RecordNow, Told

DEFINED = "defined"
WITHOUT_VALUES = (REMOVED, DELETED)


@dataclass(slots=True)  # not frozen: that doubles the time it takes to make one
class Change:
    """One thing that happened, as the caller may know it.

    Of a record: its ids, the version it left, the old and new value of each field, and the external
    id and the member that it has then. Of a definition: what it did to what. Of a record that left
    the caller's sight neither the author nor the operation is told. `place` is its row: of the
    ledger (0) or a history, and the key there, `position` what that is ordered by.

    Values are read from what is `stored` when they are asked for, and not kept: a page may have
    more than should be in memory at a time. `because` has the reason, with what was changed.
    """

    action: str
    object_id: int
    object_name: str
    created: datetime | None
    record_uuid: str | None = None
    record_id: int | None = None
    version: int | None = None
    stored: Stored = None
    external_source: str | None = None
    external_id: str | None = None
    record_member: MemberSpec | None = None
    operation_id: str | None = None
    source: str | None = None
    member: MemberSpec | None = None
    api_key_id: int | None = None
    definition: DefinitionChange | None = None
    object_slug: str = ""
    place: tuple[int, int] = (0, 0)
    position: int = 0
    columns: Columns | None = field(default=None, compare=False, repr=False)
    because: tuple[str, Stored] | None = None

    @property
    def values(self) -> dict[FieldSpec, tuple[Any, Any]]:
        """The old and the new values as JSON, by field."""
        return {} if self.columns is None else self.columns.by_field(self.stored)

    @property
    def fields(self) -> dict[str, dict[str, Any]]:
        """The values by API name, as JSON."""
        return {} if self.columns is None else self.columns.by_name(self.stored)

    @property
    def reason(self) -> str:
        """Why, which may name what was changed: it is told only with every change."""
        if self.because is None or self.columns is None:
            return ""
        reason, changed = self.because
        return reason if self.columns.are_all(changed) else ""

    @property
    def standing(self) -> Place:
        """Where its row is in the feed."""
        return Place(self.position, self.place[1])


def told_definition_change(author: Author, row: Definition) -> Change:
    """What has happened to a definition."""
    members = author.directory.members([row.member_id] if row.member_id else [])
    return Change(
        DEFINED,
        row.object_id,
        row.object_name,
        row.created,
        member=members.get(row.member_id or 0),
        definition=row.what,
        object_slug=row.object_slug,
        place=(row.source + 1, row.key),
        position=row.position,
    )


def told_changes(author: Author, writes: Sequence[Told], *, plain: bool) -> list[Change]:
    """The writes as callers read them. `plain`: values as names and primary keys."""
    stored = [(entry.object_id, _stored(entry, action, now)) for entry, action, _, now in writes]
    columns = load_columns(author, stored, plain=plain)
    wanted = {entry.author for entry, *_ in writes}
    wanted.update((now or entry).member_id for entry, _, _, now in writes)
    members = author.directory.members(key for key in wanted if key is not None)
    objects = author.directory.objects
    changes = []
    for (entry, action, version, now), (object_id, values) in zip(writes, stored, strict=True):
        known, has_content = action != REMOVED, action not in BARE
        about, fields, state = objects[object_id], columns[object_id], now or entry
        changes.append(
            Change(
                action,
                object_id,
                about.name,
                moment(entry.created),
                uuid_text(entry.uuid),
                entry.record_id,
                version,
                values,
                state.external_source if has_content else None,
                state.external_id if has_content else None,
                members.get(state.member_id or 0) if has_content else None,
                uuid_text(entry.operation_id) if known else None,
                entry.source if known else None,
                members.get(entry.author or 0) if known else None,
                entry.api_key if known else None,
                None,
                about.slug,
                (0, entry.key),
                entry.position,
                fields,
                _because(entry, action),
            )
        )
    return changes


def _stored(entry: Entry, action: str, now: RecordNow | None) -> Stored:
    """What is told of values: what the write did, or everything that the record holds now."""
    if action in WITHOUT_VALUES:
        return {}
    if now is not None:
        return {key: (None, value) for key, value in now.values.items()}
    return entry.changes


def _because(entry: Entry, action: str) -> tuple[str, Stored] | None:
    told = entry.reason and action not in WITHOUT_VALUES
    return (entry.reason or "", entry.changes) if told else None
