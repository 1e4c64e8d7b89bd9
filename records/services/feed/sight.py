"""What a caller is told of the writes of a page.

Rights follow from the records as they are now: who may see a record is told all that happened to
it. Of a record that left their sight they are told where it left, of one that came into sight
everything, where it came (docs/decisions/feed-and-permissions.md).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.models import Extent
from records.services.access import Author, access_to
from records.services.catalogue import ObjectSchema
from records.services.database import document, document_column, fetch, in_ids

from .ledger_rows import Entry

CREATED, RESTORED = "created", "restored"
REMOVED, DELETED, TRASHED = "removed", "deleted", "trashed"
# What is told without anything of the record.
BARE = (REMOVED, DELETED, TRASHED)


@dataclass(frozen=True, slots=True)
class RecordNow:
    """A record as it is now, and whether it is, or was until it went to the trash, in sight."""

    values: Mapping[str, Any]
    version: int
    external_source: str
    external_id: str | None
    member_id: int | None
    in_sight: bool


# A write as it is told: the row, the action, the version, and the record as it is now, where that
# is told instead of what the write changed. A bare tuple, as a page has a thousand.
Told = tuple[Entry, str, int, RecordNow | None]


def told_writes(author: Author, entries: Sequence[Entry]) -> list[Told]:
    """What the caller is told of these writes, in order; those out of sight are left out.

    At most one statement, for the records that have to be looked at.
    """
    schemas = {
        key: author.directory.schema(key)
        for key in {entry.object_id for entry in entries}
        if key in author.directory.objects and author.role.grant(key).view != Extent.NONE
    }
    narrow = {key for key in schemas if is_narrow(author, key)}
    now = _records_now(author, schemas, narrow, entries)
    writes = []
    for entry in entries:
        if (schema := schemas.get(entry.object_id)) is None:
            continue
        told: Told | None = (entry, entry.action, entry.version, None)
        if schema.id in narrow:
            told = _narrowly_told(author, schema, entry, now.get(entry.record_id))
        elif entry.in_trash:
            told = _trashed(entry)
        elif entry.action == RESTORED:
            told = _restored(entry, now.get(entry.record_id))
        if told is not None:
            writes.append(told)
    return writes


def is_narrow(author: Author, object_id: int) -> bool:
    """Whether what the caller sees of the object depends on the record."""
    return author.role.grant(object_id).view == Extent.OWN


def _records_now(
    author: Author,
    schemas: Mapping[int, ObjectSchema],
    narrow: Collection[int],
    entries: Sequence[Entry],
) -> dict[int, RecordNow]:
    """The records whose sight or content has to be known."""
    wanted = {
        entry.record_id: entry.object_id
        for entry in entries
        if entry.object_id in narrow or (entry.action == RESTORED and entry.object_id in schemas)
    }
    if not wanted:
        return {}
    chosen, params = in_ids("r.id", wanted)
    values = document_column('r."values"')
    rows = fetch(
        f"SELECT r.id, {values}, r.version, r.external_source, r.external_id, r.member_id"
        f" FROM records_record r WHERE r.workspace_id = %s AND {chosen}",
        [author.workspace.id, *params],
    )
    found = {}
    for key, raw, version, source, external_id, member_id in rows:
        held = document(raw)
        access = access_to(author, schemas[wanted[key]], held, member_id)
        found[key] = RecordNow(held, version, source, external_id, member_id, access.view)
    return found


def _narrowly_told(
    author: Author, schema: ObjectSchema, entry: Entry, record: RecordNow | None
) -> Told | None:
    """What a caller is told who sees records of their own."""
    if entry.action == DELETED:
        known = author.member.id in document(entry.changes).get("own", ())
        return (entry, entry.action, entry.version, None) if known else None
    if record is None or not record.in_sight or (entry.in_trash and entry.action != TRASHED):
        return _removal(author, schema, entry)
    if entry.in_trash:
        return _trashed(entry)
    if entry.action == RESTORED:
        return _restored(entry, record)
    if entry.action != CREATED and _came(author, schema, entry):
        return entry, CREATED, record.version, record
    return entry, entry.action, entry.version, None


def _trashed(entry: Entry) -> Told | None:
    """What is in the trash is shown to nobody here; that it went there is."""
    return (entry, TRASHED, entry.version, None) if entry.action == TRASHED else None


def _restored(entry: Entry, record: RecordNow | None) -> Told:
    """What came back from the trash is told whole."""
    return entry, RESTORED, entry.version if record is None else record.version, record


def _removal(author: Author, schema: ObjectSchema, entry: Entry) -> Told | None:
    """What is told of a record out of sight: where it ceased to be the caller's."""
    if any(old for old, new in _mine(author, schema, entry) if old != new):
        return entry, REMOVED, entry.version, None
    return None


def _came(author: Author, schema: ObjectSchema, entry: Entry) -> bool:
    """Whether the write made the record the caller's."""
    return any(new for old, new in _mine(author, schema, entry) if old != new)


def _mine(author: Author, schema: ObjectSchema, entry: Entry) -> list[tuple[bool, bool]]:
    """Of each place that says whose a record is: whether it named the caller before the write, and
    after it."""
    me, changes = author.member.id, document(entry.changes)
    places = [(entry.member_before == me, entry.member_id == me)]
    for spec in schema.team_fields:
        old, new = changes.get(str(spec.id), (None, None))
        places.append((old == me, new == me))
    return places
