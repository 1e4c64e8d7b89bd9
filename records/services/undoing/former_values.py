"""Values of former days as changes of today: checked by today's rules, naming what is still
there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from records.exceptions import Conflict
from records.field_types import (
    AttachmentRef,
    FieldSpec,
    InvalidValue,
    MemberRef,
    RecordRef,
    References,
)
from records.services.access import Author, may_write, visible_condition
from records.services.catalogue import ObjectSchema, is_stored
from records.services.database import fetch, in_ids, uuid_text
from records.services.writing import Change

Wanted = tuple[FieldSpec, Any]
GONE = "does_not_exist"
_NOTHING = References()


class FormerValues:
    """Makes changes of stored values. `load` looks up, for all of them at once, what they name.

    `of_merges`: the values were put together by a merge, or were before it. Then they may name
    records that are archived, as some come back together with the values, and files on their way.
    """

    def __init__(self, author: Author, schema: ObjectSchema, *, of_merges: bool = False) -> None:
        self.author, self.schema, self.of_merges = author, schema, of_merges
        self._known: dict[tuple[str, int | None], dict[int, str]] = {}

    def load(self, wanted: Iterable[Wanted]) -> None:
        """Look up the records, members and files that these values name: a query for each related
        object, and one for files."""
        keys: dict[tuple[str, int | None], set[int]] = {}
        specs: dict[tuple[str, int | None], FieldSpec] = {}
        for spec, stored in wanted:
            if spec.type.refers_to and stored is not None:
                place = _place(spec)
                specs[place] = spec
                keys.setdefault(place, set()).update(_items(stored))
        self._known = {place: self._find(specs[place], found) for place, found in keys.items()}

    def change(self, spec: FieldSpec, stored: Any, current: Any) -> Change:
        """The change that gives the field a value that it once had; InvalidValue when it would be
        refused today.

        `current` is what the field holds. Links in it that the caller cannot see stay, as with any
        write.
        """
        if stored is None:
            return Change(spec, None, None)
        if not spec.type.refers_to:
            _check(spec, stored)
            return Change(spec, None, stored)
        known = self._known.get(_place(spec), {})
        kept = set(_items(current)) if spec.is_link and spec.multiple else set[int]()
        named: list[Any] = []
        for key in _items(stored):
            if self._is_settled(spec, key):
                named.append(key)
            elif key in known:
                named.append(_reference(spec, known[key]))
            elif key not in kept:
                raise InvalidValue("What it names does not exist any more.", GONE)
        if not isinstance(stored, list):
            return Change(spec, None, named[0])
        return Change(spec, None, named or None)

    def _is_settled(self, spec: FieldSpec, key: int) -> bool:
        """Whether what a value names is there whatever its state, so that nothing is checked."""
        merges = self.of_merges and spec.type.refers_to != "member"
        return merges and key in self._known.get(_place(spec), {})

    def complete(self, changes: dict[int, Change], values: Mapping[str, Any]) -> None:
        """Hold the close date where the stage changes: entering a won stage would set it to
        today."""
        stage, closed = self.schema.stage_field, self.schema.by_name.get("actual_close_date")
        if stage is None or closed is None or stage.id not in changes or closed.id in changes:
            return
        if may_write(self.author, closed):
            changes[closed.id] = Change(closed, None, values.get(str(closed.id)))

    def _find(self, spec: FieldSpec, keys: Iterable[int]) -> dict[int, str]:
        """The UUIDs of those that a value of the field may name."""
        if spec.type.refers_to == "member":
            members = self.author.directory.members(keys)
            return {key: member.uuid for key, member in members.items() if member.is_active}
        chosen, params = in_ids("r.id", keys)
        if spec.type.refers_to == "attachment":
            rows = fetch(
                "SELECT r.id, r.uuid FROM records_attachment r WHERE r.workspace_id = %s"
                f" AND {chosen}",
                [self.author.workspace.id, *params],
            )
            return {key: uuid_text(uuid) for key, uuid in rows}
        try:
            related = self.author.directory.related_schema(spec)
        except Conflict:  # the object is archived: none of its records exists for callers
            return {}
        visible, more = visible_condition(self.author, related, "r")
        there = f"r.state = 'active' AND {visible}"
        if self.of_merges:
            there, more = "TRUE", []
        rows = fetch(
            "SELECT r.id, r.uuid FROM records_record r WHERE r.workspace_id = %s"
            f" AND r.object_id = %s AND {chosen} AND {there}",
            [self.author.workspace.id, related.id, *params, *more],
        )
        return {key: uuid_text(uuid) for key, uuid in rows}


def is_kept_by_callers(spec: FieldSpec) -> bool:
    """Whether the field has values that callers write; others follow from them, or are stored in
    other records."""
    return is_stored(spec) and not spec.computed


def _place(spec: FieldSpec) -> tuple[str, int | None]:
    return spec.type.refers_to, spec.related_object_id if spec.is_link else None


def _items(stored: Any) -> Sequence[int]:
    if stored is None:
        return ()
    return stored if isinstance(stored, list) else (stored,)


def _reference(spec: FieldSpec, uuid: str) -> RecordRef | MemberRef | AttachmentRef:
    if spec.type.refers_to == "member":
        return MemberRef(uuid=uuid)
    return AttachmentRef(uuid) if spec.type.refers_to == "attachment" else RecordRef(uuid=uuid)


def _check(spec: FieldSpec, stored: Any) -> None:
    """InvalidValue where the field would not take the value if a caller sent it now: its option has
    been deleted, or its rules have changed."""
    try:
        spec.type.parse(spec, spec.type.to_json(spec, stored, _NOTHING))
    except (ValueError, TypeError, KeyError, AttributeError):  # the field is of another type now
        raise InvalidValue("The field does not take the value any more.") from None
