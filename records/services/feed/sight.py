"""What a caller is told of the writes of a page.

Rights follow from the records as they are now: who may see a record is told all that happened to
it. Of a record that left their sight they are told where it left, of one that came into sight
everything, where it came (docs/decisions/feed-and-permissions.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.field_types import FieldSpec
from records.models import Extent, RecordState
from records.services.access import Author, access_to
from records.services.catalogue import ObjectSchema
from records.services.database import document, document_column, fetch, in_ids
from records.services.reading import shown_fields

from .ledger_rows import Entry

REMOVED = "removed"
# What is told without anything of the record.
BARE = (REMOVED, "deleted", "trashed")
_GONE = (RecordState.DELETED, None)


@dataclass(frozen=True, slots=True)
class RecordNow:
    """A record as it is now, and whether it is, or was until it went to the trash, in sight."""

    values: Mapping[str, Any]
    version: int
    external_source: str
    external_id: str | None
    member_id: int | None
    in_sight: bool


@dataclass(slots=True)
class Told:
    """A write as it is told: the action, the stored values of its fields (old and new), and the
    version.

    `now` is the record as it is, where that is told instead of what the write changed.
    `tells_reason`: the caller sees everything that the write changed.
    """

    entry: Entry
    action: str
    version: int
    now: RecordNow | None = None
    fields: dict[FieldSpec, Sequence[Any]] = field(default_factory=dict)
    tells_reason: bool = False


def told_writes(author: Author, entries: Sequence[Entry]) -> list[Told]:
    """What the caller is told of these writes, in order; those out of sight are left out.

    At most one statement, for the records that have to be looked at.
    """
    schemas = {
        key: author.directory.schema(key)
        for key in {entry.object_id for entry in entries}
        if key in author.directory.objects and author.role.grant(key).view != Extent.NONE
    }
    shown = {
        key: {str(field_id): spec for field_id, spec in shown_fields(author, schema).items()}
        for key, schema in schemas.items()
    }
    seen = [entry for entry in entries if entry.object_id in schemas]
    now = _records_now(author, schemas, seen)
    writes = []
    for entry in seen:
        told = _told(author, schemas[entry.object_id], entry, now)
        if told is not None:
            _add_fields(shown[entry.object_id], told)
            writes.append(told)
    return writes


def is_narrow(author: Author, object_id: int) -> bool:
    """Whether what the caller sees of the object depends on the record."""
    return author.role.grant(object_id).view == Extent.OWN


def _records_now(
    author: Author, schemas: Mapping[int, ObjectSchema], entries: Sequence[Entry]
) -> dict[int, RecordNow]:
    """The records whose sight or content has to be known."""
    wanted = {
        entry.record_id: entry.object_id
        for entry in entries
        if entry.state is not None
        and (is_narrow(author, entry.object_id) or entry.action == "restored")
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


def _told(
    author: Author, schema: ObjectSchema, entry: Entry, now: Mapping[int, RecordNow]
) -> Told | None:
    narrow = is_narrow(author, schema.id)
    if entry.action == "deleted":
        known = not narrow or author.member.id in entry.changes.get("own", ())
        return Told(entry, "deleted", entry.version) if known else None
    record = now.get(entry.record_id)
    in_sight = not narrow or (record is not None and record.in_sight)
    if entry.state in _GONE:
        # What is in the trash is shown to nobody here; that it went there is.
        if in_sight and entry.action == "trashed":
            return Told(entry, "trashed", entry.version)
        return _removal(author, schema, entry) if narrow else None
    if not in_sight:
        return _removal(author, schema, entry)
    came = entry.action == "restored" or (narrow and _came(author, schema, entry))
    if came and record is not None and entry.action != "created":
        action = "restored" if entry.action == "restored" else "created"
        return Told(entry, action, record.version, record)
    return Told(entry, entry.action, entry.version)


def _removal(author: Author, schema: ObjectSchema, entry: Entry) -> Told | None:
    """What is told of a record out of sight: where it ceased to be the caller's."""
    if any(old for old, new in _mine(author, schema, entry) if old != new):
        return Told(entry, REMOVED, entry.version)
    return None


def _came(author: Author, schema: ObjectSchema, entry: Entry) -> bool:
    """Whether the write made the record the caller's."""
    return any(new for old, new in _mine(author, schema, entry) if old != new)


def _mine(author: Author, schema: ObjectSchema, entry: Entry) -> list[tuple[bool, bool]]:
    """Of each place that says whose a record is: whether it named the caller before the write, and
    after it."""
    me = author.member.id
    places = [(entry.member_before == me, entry.member_id == me)]
    for spec in schema.team_fields:
        old, new = entry.changes.get(str(spec.id), (None, None))
        places.append((old == me, new == me))
    return places


def _add_fields(shown: Mapping[str, FieldSpec], told: Told) -> None:
    """Fill in the fields that the caller may see; `shown` is by the keys of stored values."""
    if told.action in (REMOVED, "deleted"):
        return
    changes = told.entry.changes
    # A reason may name what was changed: it is shown only with every change.
    told.tells_reason = changes.keys() <= shown.keys()
    diff = (
        changes
        if told.now is None
        else {key: (None, value) for key, value in told.now.values.items()}
    )
    told.fields = {shown[key]: pair for key, pair in diff.items() if key in shown}
