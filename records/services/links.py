"""Relationships seen from the far side: links are stored once, in the records on the near side.

Writing a mirror field (`primary_for`, `additional_for`, the mirror of a `one_to_one`) changes the records it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import EntryProblems, InvalidValues, Problem, RecordsError
from records.field_types import FieldSpec

from .access import Author, visible_condition
from .object_schema import ObjectSchema
from .record_rows import RecordRow
from .sql import fetch, in_ids
from .values import MAX_LINKS, UNSET, Change, Parsed


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Records that a mirror field of `row` gains and loses."""

    row: RecordRow
    mirror: FieldSpec
    position: int | None
    add: frozenset[int]
    remove: frozenset[int]


@dataclass(slots=True)
class LinkChanges:
    """The mirror fields a batch writes."""

    items: list[LinkChange] = field(default_factory=list)
    _positions: dict[int, tuple[FieldSpec, int | None]] = field(default_factory=dict)

    def collect(
        self, author: Author, schema: ObjectSchema, row: RecordRow, changes: Mapping[int, Change]
    ) -> frozenset[int]:
        """Note what the changes of mirror fields ask; the ids of the fields that really change."""
        found = set()
        for spec in schema.mirrors:
            change = changes.get(spec.id)
            if change is None:
                continue
            current = _current(author, spec, row.id) if row.id else frozenset()
            add, remove = _wanted(change, current)
            if add or remove:
                self.items.append(LinkChange(row, spec, change.position, add, remove))
                found.add(spec.id)
        return frozenset(found)

    def requests(self, author: Author) -> dict[int, dict[int, list[Change]]]:
        """The changes to make on the near side: by object, then by record. Called once the rows have keys."""
        wanted: dict[int, dict[int, list[Change]]] = {}
        for item in self.items:
            object_id = item.mirror.related_object_id or 0
            near = author.directory.schema(object_id).by_id[item.mirror.mirror_of_id or 0]
            by_record = wanted.setdefault(object_id, {})
            for key in item.remove | item.add:
                self._positions[key] = (item.mirror, item.position)
                by_record.setdefault(key, []).append(_near_change(near, item, key))
        return wanted

    def refusal(self, record_id: int, error: RecordsError) -> InvalidValues:
        """What the near side refuses, as a problem of the entry that asked for it."""
        spec, position = self._positions[record_id]
        problem = Problem("value", error.code, f"A linked record cannot be changed: {error.detail}")
        entry = EntryProblems(position, spec.uuid, spec.name, [problem])
        return InvalidValues([entry], size=(position or 0) + 1)


def _near_change(near: FieldSpec, item: LinkChange, key: int) -> Change:
    anchor = item.row.id
    if near.multiple:
        gained, lost = ((anchor,), ()) if key in item.add else ((), (anchor,))
        return Change(near, None, UNSET, gained, lost)
    return Change(near, None, anchor if key in item.add else None)


def _wanted(change: Change, current: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    if change.value is UNSET:
        return frozenset(change.add) - current, frozenset(change.remove) & current
    value = change.value
    after = frozenset(value if isinstance(value, list) else [] if value is None else [value])
    return after - current, current - after


def _current(author: Author, mirror: FieldSpec, record_id: int) -> frozenset[int]:
    """The live records the caller can see that link to this one."""
    near = author.directory.schema(mirror.related_object_id or 0)
    visible, params = visible_condition(author, near, "r")
    rows = fetch(
        "SELECT v.record_id FROM records_fieldvalue v JOIN records_record r ON r.id = v.record_id"
        f" WHERE v.workspace_id = %s AND v.field_id = %s AND v.related_record = %s AND v.live AND {visible}",
        [author.workspace.id, mirror.mirror_of_id, record_id, *params],
    )
    return frozenset(row[0] for row in rows)


def kept_links(author: Author, change: Change, current: Any, after: list[int], parsed: Parsed) -> list[int]:
    """`after`, with the links the caller cannot see (archived, not granted): replacing a list never loses them."""
    if change.value is not UNSET and isinstance(current, list):
        gone = set(current) - set(after)
        if gone:
            seen = _visible(author, change.field, gone)
            after = [*after, *(key for key in current if key in gone and key not in seen)]
    if len(after) > MAX_LINKS:
        message = f"At most {MAX_LINKS} records."
        parsed.refuse(change.field, change.position, "value", "limit_exceeded", message)
    return after


def _visible(author: Author, spec: FieldSpec, ids: Iterable[int]) -> set[int]:
    related = author.directory.schema(spec.related_object_id or 0)
    visible, params = visible_condition(author, related, "r")
    condition, id_params = in_ids("r.id", ids)
    rows = fetch(
        "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.state = 'active'"
        f" AND {condition} AND {visible}",
        [author.workspace.id, *id_params, *params],
    )
    return {row[0] for row in rows}
