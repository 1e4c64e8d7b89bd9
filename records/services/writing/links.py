"""Relationships seen from the far side: links are stored once, in the records on the near side.

Writing a mirror field (`primary_for`, `additional_for`, the mirror of a `one_to_one`) changes the
records it names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from records.exceptions import Conflict, EntryProblems, InvalidValues, Problem, RecordsError
from records.field_types import FieldSpec
from records.services.access import Author, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import fetch, in_ids
from records.services.storage import RecordRow

from .values import UNSET, Change, Parsed

MAX_LINKS = 10_000


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Records that a mirror field of `row` gains and loses.

    `place` is the request's place in its batch, `size` the number of its entries.
    """

    row: RecordRow
    mirror: FieldSpec
    position: int | None
    add: frozenset[int]
    remove: frozenset[int]
    place: int = 0
    size: int = 0

    def refusal(self, error: RecordsError) -> InvalidValues:
        """A refusal of the near side, as a problem of the entry that caused it."""
        problem = Problem("value", error.code, f"A linked record cannot be changed: {error.detail}")
        entry = EntryProblems(self.position, self.mirror.uuid, self.mirror.name, [problem])
        return InvalidValues([entry], size=self.size)


@dataclass(frozen=True, slots=True)
class NearWrite:
    """What one request changes in one record on the near side, and the first of the changes that
    cause it."""

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

    def load(
        self, rows: Collection[RecordRow], writes: Sequence[Parsed], *, replacing: bool
    ) -> None:
        """Read, once per field, which records link to these now, and which of their own links are
        out of sight.

        `replacing`: a write clears the fields it does not list.
        """
        if not rows:
            return
        written = frozenset[int]().union(*(parsed.changes for parsed in writes))
        for mirror in self.schema.mirrors:
            # Reading a mirror costs a query, and most writes touch none.
            if mirror.id in written:
                self._load_mirror(mirror, rows)
        for spec in self.schema.stored:
            # Setting a single link replaces it, seen or not. Only clearing what is not listed must
            # spare it.
            may_lose_unseen = replacing or (spec.multiple and spec.id in written)
            if spec.is_link and may_lose_unseen:
                self._load_unseen(spec, rows)

    def _load_mirror(self, mirror: FieldSpec, rows: Iterable[RecordRow]) -> None:
        """Read which live records that the caller can see link to each of these."""
        uuids = {row.id: row.uuid for row in rows}
        near = self.author.directory.related_schema(mirror)
        visible, params = visible_condition(self.author, near, "r")
        chosen, keys = in_ids("v.related_record", uuids)
        found = fetch(
            "SELECT v.related_record, v.record_id FROM records_fieldvalue v JOIN "
            "records_record r ON r.id = v.record_id"
            f" WHERE v.workspace_id = %s AND v.field_id = %s AND v.live AND {chosen} AND {visible}",
            [self.author.workspace.id, mirror.mirror_of_id, *keys, *params],
        )
        for anchor, linking in found:
            self._current.setdefault((mirror.id, uuids[anchor]), set()).add(linking)

    def _load_unseen(self, spec: FieldSpec, rows: Collection[RecordRow]) -> None:
        """Read which links in these records the caller cannot see."""
        linked = {item for row in rows for item in _stored_links(row, spec)}
        if linked:
            self._unseen[spec.id] = linked - _visible(self.author, spec, linked)

    def collect(self, row: RecordRow, parsed: Parsed, place: int) -> frozenset[int]:
        """Note what the changes of mirror fields ask for; the ids of the fields that really
        change. Conflict, with nothing noted, if one of the relationships was deleted."""
        # All of them first: a refusal at the second must not find the first noted.
        mirrors = [spec for spec in self.schema.mirrors if spec.id in parsed.changes]
        asked = [(spec, self._near(spec)) for spec in mirrors]
        found = set()
        for spec, near in asked:
            change = parsed.changes[spec.id]
            # Kept up by `_move`, so later requests of the batch see these links.
            current = self._current.setdefault((spec.id, row.uuid), set())
            add, remove = _gains_and_losses(change, frozenset(current))
            if add or remove:
                self._move(near, current, add, remove)
                self.items.append(
                    LinkChange(row, spec, change.position, add, remove, place, parsed.size)
                )
                found.add(spec.id)
        return frozenset(found)

    def _move(
        self, near: FieldSpec, current: set[int], add: frozenset[int], remove: frozenset[int]
    ) -> None:
        """Remember the links as the request leaves them, for the requests after it."""
        if not near.multiple:  # setting a single link replaces the one before
            for (mirror_id, _), linking in self._current.items():
                if mirror_id == near.mirror_id:
                    linking.difference_update(add)
        current -= remove
        current |= add

    def _near(self, mirror: FieldSpec) -> FieldSpec:
        """The field that stores the links of a mirror field."""
        fields = self.author.directory.related_schema(mirror).by_id
        if mirror.mirror_of_id not in fields:  # it was deleted while this was read
            raise Conflict("The definitions have changed in the meantime; try again.")
        return fields[mirror.mirror_of_id]

    def writes(self) -> dict[int, list[NearWrite]]:
        """The changes to make on the near side, by object, in order: each request's losses before
        its gains.

        Called once the rows have keys.
        """
        found: dict[int, list[NearWrite]] = {}
        # Request by request: a later one may undo what an earlier one did.
        for _, items in groupby(self.items, lambda item: item.place):
            for object_id, write in self._near_writes(items):
                found.setdefault(object_id, []).append(write)
        return found

    def _near_writes(self, items: Iterable[LinkChange]) -> list[tuple[int, NearWrite]]:
        """The writes of one request, each with its object's key: records that gain a link come
        last."""
        asked: dict[tuple[int, int], list[tuple[FieldSpec, LinkChange]]] = {}
        for item in items:
            near, object_id = (
                self._near(item.mirror),
                self.author.directory.related_schema(item.mirror).id,
            )
            for record_id in item.remove | item.add:
                asked.setdefault((object_id, record_id), []).append((near, item))
        writes = []
        for (object_id, record_id), pairs in asked.items():
            gains = any(record_id in item.add for _, item in pairs)
            changes = tuple(_near_change(near, item, record_id) for near, item in pairs)
            _, first = pairs[0]
            writes.append((gains, object_id, NearWrite(record_id, changes, first)))
        # Losses first: a partner must be free before another record takes it.
        writes.sort(key=lambda write: (write[0], write[1], write[2].record_id))
        return [(object_id, write) for _, object_id, write in writes]

    def keep_unseen(self, row: RecordRow, parsed: Parsed) -> None:
        """Undo the clearing of single links that no entry requested, if the caller cannot see the
        link."""
        for spec in self.schema.stored:
            change = parsed.changes.get(spec.id)
            # An entry that clears the link means it, seen or not.
            if change is None or change.position is not None or spec.multiple:
                continue
            unseen = self._unseen.get(spec.id)
            if unseen and not unseen.isdisjoint(_stored_links(row, spec)):
                del parsed.changes[spec.id]

    def kept(self, change: Change, current: Any, after: Any, parsed: Parsed) -> list[int] | None:
        """`after`, with the links the caller cannot see (archived, not granted): replacing never
        loses them."""
        links = [] if after is None else list(after)
        unseen = self._unseen.get(change.field.id)
        # Adding and removing name what they change, so nothing unseen can be lost.
        if change.value is not UNSET and current is not None and unseen:
            given = set(links)
            links += [key for key in current if key in unseen and key not in given]
        if len(links) > MAX_LINKS:
            parsed.refuse(
                change.field,
                change.position,
                "value",
                "limit_exceeded",
                f"At most {MAX_LINKS} records.",
            )
        return links or None


def _stored_links(row: RecordRow, spec: FieldSpec) -> list[int]:
    return _as_list(row.values.get(str(spec.id)))


def _as_list(value: Any) -> list[int]:
    """The links in a value, which is one link, a list of them, or None."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _near_change(near: FieldSpec, item: LinkChange, record_id: int) -> Change:
    """The change of the record on the near side: it gains or loses the link to the item's
    record."""
    anchor = item.row.id
    gains = record_id in item.add
    if not near.multiple:
        return Change(near, None, anchor if gains else None)
    if gains:
        return Change(near, None, UNSET, add=(anchor,))
    return Change(near, None, UNSET, remove=(anchor,))


def _gains_and_losses(
    change: Change, current: frozenset[int]
) -> tuple[frozenset[int], frozenset[int]]:
    if change.value is UNSET:
        return frozenset(change.add) - current, frozenset(change.remove) & current
    after = frozenset(_as_list(change.value))
    return after - current, current - after


def _visible(author: Author, spec: FieldSpec, ids: Iterable[int]) -> set[int]:
    """Those of the linked records that the caller can see."""
    related = author.directory.related_schema(spec)
    visible, params = visible_condition(author, related, "r")
    condition, id_params = in_ids("r.id", ids)
    rows = fetch(
        "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.state = 'active'"
        f" AND {condition} AND {visible}",
        [author.workspace.id, *id_params, *params],
    )
    return {record_id for (record_id,) in rows}
