"""What a batch does to its records: new values, index rows, ledger rows, names; noted first, then stored at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from records.field_types import FieldSpec
from records.models import RecordState

from .access import Author
from .dependents import load_display_names, refresh_display_names
from .locked import LockedRecords, external_of, unique_keys
from .naming import display_name, identifier_of
from .object_schema import ObjectSchema
from .record_rows import Changes, LedgerRow, RecordRow, Stamp
from .save_requests import NO_ATTRIBUTES, Attributes, SaveResult
from .storage import store
from .values import UNSET


class Effects:
    """The changes of one batch.

    `names` are the display names of related records, as far as they are known; `alone` that a single record changes,
    so that no unique value passes from one to another.
    """

    def __init__(
        self, author: Author, schema: ObjectSchema, locked: LockedRecords, names: dict[int, str], *, alone: bool
    ) -> None:
        self.alone = alone
        self.author = author
        self.schema = schema
        self.locked = locked
        self.names = names
        self.now = datetime.now(UTC)
        self.out = Changes(unique=frozenset(schema.kept_apart), partners=schema.partners)
        self.renamed: list[int] = []

    def apply(
        self, row: RecordRow, values: dict[str, Any], action: str, attributes: Attributes = NO_ATTRIBUTES
    ) -> SaveResult:
        """Give the record these values, and note what that changes; an update that changes nothing leaves no trace."""
        before = row.values
        diff = _difference(before, values)
        if not diff and action == "updated" and not _sets_other(row, attributes):
            return SaveResult(row, "unchanged", frozenset(), self.schema)
        self.assign(row, attributes)
        row.values = values
        self._index(row, diff)
        self.rename(row)
        owner = self.schema.owner_field
        row.owner_id = values.get(str(owner.id)) if owner is not None else None
        self._name(row)
        return self.note(row, diff, action)

    def note(self, row: RecordRow, diff: dict[str, list[Any]], action: str) -> SaveResult:
        """One more version: the ledger row, and the record among those to store."""
        row.version += 1
        row.updated_at = self.now
        if row.id:
            self.out.updated[row.id] = row
        elif action == "created":
            self.out.created.append(row)
        self.locked.remember(row)
        self.out.ledger.append(LedgerRow(row, row.copy(), action, diff))
        return SaveResult(row, action, frozenset(map(int, diff)), self.schema)

    def note_tombstone(self, row: RecordRow) -> None:
        """The last ledger row of a record that is to be removed: which one, and nothing of what it held."""
        self.note(row, {}, "deleted")
        self.out.ledger[-1].snapshot = RecordRow(row.id, row.uuid, {}, state=row.state, version=row.version)

    def rename(self, row: RecordRow) -> None:
        """Give the record the identifier that its values make; in the trash it has none."""
        before, row.identifier = row.identifier, identifier_of(self.schema, row.values)
        if row.state == RecordState.DELETED:
            row.identifier = None
        if before is not None and before != row.identifier:
            self.locked.by_identifier.pop(before, None)
            self.out.unnamed.append(row.id)

    def assign(self, row: RecordRow, attributes: Attributes) -> None:
        """Set what stands beside the values."""
        if attributes.external is not UNSET and attributes.external != external_of(row):
            self.locked.forget_names(row)
            if row.id and row.external_id is not None:
                self.out.unaddressed.append(row.id)
            named = attributes.named
            row.external_source, row.external_id = (named.source, named.id) if named is not None else ("", None)
        if attributes.member_id is not UNSET:
            row.member_id = attributes.member_id
        if attributes.assignment_task_id is not UNSET:
            row.assignment_task_id = attributes.assignment_task_id

    def move(self, row: RecordRow, state: RecordState) -> None:
        """Bring a record into sight or out of it: archived it has no partner, in the trash no name either."""
        self.locked.forget_names(row)
        before, row.state = row.state, state.value
        self.out.live_changed[row.id] = state == RecordState.ACTIVE
        self.rename(row)
        if state == RecordState.DELETED:
            self.out.released.add(row.id)
        trash = RecordState.DELETED in (before, state)
        for spec in self.schema.kept_apart if trash else self.schema.partners:
            value = row.values.get(str(spec.id))
            if value is None:
                continue
            if state != RecordState.ACTIVE:
                self.locked.give_up(row, spec, value)
                continue
            self.out.index.setdefault(spec, {})[row.uuid] = row
            if not self.locked.is_taken(row, spec, value):
                self._hold(row, spec, value)

    def store(self) -> None:
        """Write everything noted, then the names that show a renamed record's name."""
        self.out.spare_key = self.locked.spare_key
        store(self.stamp, self.out)
        if self.renamed:
            refresh_display_names(self.author.directory, self.schema, self.renamed)

    @property
    def stamp(self) -> Stamp:
        """What every row of this batch has in common."""
        author = self.author
        return Stamp(
            author.workspace.id,
            self.schema.id,
            author.operation_id,
            author.source,
            author.member.id,
            author.member.user_id,
            author.api_key_id,
            author.request_id,
            author.reason,
            self.now,
        )

    def _index(self, row: RecordRow, diff: Mapping[str, list[Any]]) -> None:
        for key, (old, new) in diff.items():
            spec = self.schema.indexed.get(int(key))
            if spec is None:
                continue
            unique = spec in self.out.unique
            if row.id and old is not None and (new is None or spec.multiple or (unique and not self.alone)):
                self.out.unindexed.setdefault(row.id, set()).add(spec.id)
            self.out.index.setdefault(spec, {})[row.uuid] = row
            if unique:
                if old is not None:
                    self.locked.give_up(row, spec, old)
                if new is not None:
                    self._hold(row, spec, new)

    def _hold(self, row: RecordRow, spec: FieldSpec, value: Any) -> None:
        """The record holds a unique value now."""
        holders = self.locked.unique_holders
        holders.update(((spec.id, unique_key), row) for unique_key in unique_keys(spec, value))

    def _name(self, row: RecordRow) -> None:
        """Set the display name; a new one is news for the records whose own names show it."""
        members: dict[int, str] = {}
        if self.schema.pattern_fields:
            self.load_names([row])
            shown = pattern_keys(self.schema, [row], "member")
            members = {key: spec.name for key, spec in self.author.directory.members(shown).items()}
        name = display_name(self.schema, row.values, self.names, members)
        if name != row.display_name and row.id and self.schema.display_dependents:
            self.renamed.append(row.id)
        row.display_name = name

    def load_names(self, rows: Iterable[RecordRow]) -> None:
        """Make sure that the names of the records that these records' display names show are known."""
        missing = pattern_keys(self.schema, rows, "related_record") - self.names.keys()
        if missing:
            self.names.update(load_display_names(self.author.workspace.id, missing))


def _sets_other(row: RecordRow, attributes: Attributes) -> bool:
    """Whether setting these attributes changes the record."""
    pairs = (
        (attributes.external, external_of(row)),
        (attributes.member_id, row.member_id),
        (attributes.assignment_task_id, row.assignment_task_id),
    )
    return any(given is not UNSET and given != held for given, held in pairs)


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values that differ, by field: before and after."""
    if not before:
        return {key: [None, value] for key, value in after.items()}
    return {
        key: [before.get(key), after.get(key)]
        for key in before.keys() | after.keys()
        if _is_other(before.get(key), after.get(key))
    }


def _is_other(before: Any, after: Any) -> bool:
    """Whether two stored values are not the same; in documents true is not 1, and 1 is not 1.0."""
    if before != after:
        return True
    if not isinstance(after, (dict, list)):
        return False
    return orjson.dumps(before, option=orjson.OPT_SORT_KEYS) != orjson.dumps(after, option=orjson.OPT_SORT_KEYS)


def pattern_keys(schema: ObjectSchema, rows: Iterable[RecordRow], column: str) -> set[int]:
    """What the fields of one kind that the display pattern shows hold, over all rows."""
    found: set[int] = set()
    for spec in schema.pattern_fields:
        if spec.type.column == column:
            for row in rows:
                stored = row.values.get(str(spec.id))
                found.update(stored if isinstance(stored, list) else [] if stored is None else [stored])
    return found
