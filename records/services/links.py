"""Relationships seen from the far side: links are stored once, in the records on the near side.

Writing a mirror field (`primary_for`, `additional_for`, the mirror of a `one_to_one`) changes the records it names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from records.exceptions import Conflict, EntryProblems, InvalidValues, Problem, RecordsError
from records.field_types import FieldSpec

from .access import Author, visible_condition
from .object_schema import ObjectSchema
from .record_rows import RecordRow
from .sql import fetch, in_ids
from .values import MAX_LINKS, UNSET, Change, Parsed


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Records that a mirror field of `row` gains and loses. `place` is the request's in its batch, `size` the number
    of its entries."""

    row: RecordRow
    mirror: FieldSpec
    position: int | None
    add: frozenset[int]
    remove: frozenset[int]
    place: int = 0
    size: int = 0

    def refusal(self, error: RecordsError) -> InvalidValues:
        """What the near side refuses, as a problem of the entry that asked for it."""
        problem = Problem("value", error.code, f"A linked record cannot be changed: {error.detail}")
        entry = EntryProblems(self.position, self.mirror.uuid, self.mirror.name, [problem])
        return InvalidValues([entry], size=self.size)


@dataclass(frozen=True, slots=True)
class NearWrite:
    """What one request asks of one record on the near side, and the first of the changes that ask it."""

    record_id: int
    changes: tuple[Change, ...]
    asked: LinkChange


class LinkChanges:
    """The links a batch writes from the far side, and the ones its author cannot see."""

    def __init__(self, author: Author, schema: ObjectSchema) -> None:
        self.author = author
        self.schema = schema
        self.items: list[LinkChange] = []
        self._current: dict[tuple[int, str], set[int]] = {}
        self._unseen: dict[int, set[int]] = {}

    def load(self, rows: Collection[RecordRow], writes: Sequence[Parsed], *, replacing: bool) -> None:
        """Read, once per field, which records link to these now, and which of their own links are out of sight.

        `replacing`: a write clears the fields it does not list.
        """
        written = {key for parsed in writes for key in parsed.changes}
        for mirror in self.schema.mirrors:
            if rows and mirror.id in written:
                self._load_mirror(mirror, {row.id: row.uuid for row in rows})
        for spec in self.schema.stored:
            if spec.relation_kind and (replacing or (spec.multiple and spec.id in written)):
                linked = {item for row in rows for item in _stored_links(row, spec)}
                if linked:
                    self._unseen[spec.id] = linked - _visible(self.author, spec, linked)

    def _load_mirror(self, mirror: FieldSpec, uuids: Mapping[int, str]) -> None:
        """The live records the caller can see that link to each of these."""
        near = self.author.directory.schema(mirror.related_object_id or 0)
        visible, params = visible_condition(self.author, near, "r")
        chosen, keys = in_ids("v.related_record", uuids)
        found = fetch(
            "SELECT v.related_record, v.record_id FROM records_fieldvalue v JOIN records_record r ON r.id = v.record_id"
            f" WHERE v.workspace_id = %s AND v.field_id = %s AND v.live AND {chosen} AND {visible}",
            [self.author.workspace.id, mirror.mirror_of_id, *keys, *params],
        )
        for anchor, linking in found:
            self._current.setdefault((mirror.id, uuids[anchor]), set()).add(linking)

    def collect(self, row: RecordRow, parsed: Parsed, place: int) -> frozenset[int]:
        """Note what the changes of mirror fields ask; the ids of the fields that really change."""
        found = set()
        for spec in self.schema.mirrors:
            change = parsed.changes.get(spec.id)
            if change is None:
                continue
            current = self._current.setdefault((spec.id, row.uuid), set())
            add, remove = _wanted(change, frozenset(current))
            if add or remove:
                self._move(spec, current, add, remove)
                self.items.append(LinkChange(row, spec, change.position, add, remove, place, parsed.size))
                found.add(spec.id)
        return frozenset(found)

    def _move(self, mirror: FieldSpec, current: set[int], add: frozenset[int], remove: frozenset[int]) -> None:
        """Remember the links as the request leaves them, for the requests after it."""
        if not self._near(mirror).multiple:
            for key, linking in self._current.items():
                if key[0] == mirror.id:
                    linking.difference_update(add)
        current -= remove
        current |= add

    def _near(self, mirror: FieldSpec) -> FieldSpec:
        near = self.author.directory.schema(mirror.related_object_id or 0).by_id.get(mirror.mirror_of_id or 0)
        if near is None:  # it was deleted while this was read
            raise Conflict("The definitions were changed at the same time; try again.")
        return near

    def writes(self) -> dict[int, list[NearWrite]]:
        """The changes to make on the near side, by object, in order: each request's losses before its gains.

        Called once the rows have keys.
        """
        found: dict[int, list[NearWrite]] = {}
        for _, items in groupby(self.items, lambda item: item.place):
            asked: dict[tuple[int, int], list[tuple[Change, LinkChange]]] = {}
            for item in items:
                near = self._near(item.mirror)
                for key in item.remove | item.add:
                    place = (item.mirror.related_object_id or 0, key)
                    asked.setdefault(place, []).append((_near_change(near, item, key), item))
            gains = {place: any(place[1] in item.add for _, item in pairs) for place, pairs in asked.items()}
            for place in sorted(asked, key=lambda place: (gains[place], place)):
                pairs = asked[place]
                changes = tuple(change for change, _ in pairs)
                found.setdefault(place[0], []).append(NearWrite(place[1], changes, pairs[0][1]))
        return found

    def keep_unseen(self, row: RecordRow, parsed: Parsed) -> None:
        """Take back the clearing of single links that no entry asked for, where the caller cannot see the link."""
        for spec in self.schema.stored:
            change = parsed.changes.get(spec.id)
            if change is None or change.position is not None or spec.multiple:
                continue
            unseen = self._unseen.get(spec.id)
            if unseen and unseen.intersection(_stored_links(row, spec)):
                del parsed.changes[spec.id]

    def kept(self, change: Change, current: Any, after: Any, parsed: Parsed) -> list[int] | None:
        """`after`, with the links the caller cannot see (archived, not granted): replacing never loses them."""
        links = list(after or ())
        unseen = self._unseen.get(change.field.id)
        if change.value is not UNSET and unseen:
            given = set(links)
            links += [key for key in current or () if key in unseen and key not in given]
        if len(links) > MAX_LINKS:
            parsed.refuse(change.field, change.position, "value", "limit_exceeded", f"At most {MAX_LINKS} records.")
        return links or None


def _stored_links(row: RecordRow, spec: FieldSpec) -> list[int]:
    stored = row.values.get(str(spec.id))
    return stored if isinstance(stored, list) else [] if stored is None else [stored]


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
