"""What a batch does to its records: new values, index rows, ledger rows, names; noted first, then
stored at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from records.field_types import FieldSpec
from records.models import RecordState
from records.services.access import Author
from records.services.catalogue import ObjectSchema, display_name, identifier_of
from records.services.storage import (
    Changes,
    LedgerRow,
    RecordRow,
    Stamp,
    give_files,
    load_display_names,
    pattern_keys,
    refresh_display_names,
    store,
)

from .locked_records import LockedRecords, external_of
from .save_requests import NO_ATTRIBUTES, Attributes, SaveResult
from .values import UNSET


class UnitOfWork:
    """What one batch changes.

    `names` are the display names of related records, as far as they are known; `alone` says that a
    single record changes, so that no unique value passes from one to another. `given_files` are
    the records that files become part of, which belonged to none.
    """

    def __init__(
        self,
        author: Author,
        locked: LockedRecords,
        names: dict[int, str] | None = None,
        *,
        alone: bool = False,
    ) -> None:
        self.alone = alone
        self.author = author
        self.schema: ObjectSchema = locked.schema
        self.locked = locked
        self.names = {} if names is None else names
        self.now = datetime.now(UTC)
        self.changes = Changes(
            unique=frozenset(self.schema.kept_apart),
            partners=self.schema.partners,
            stage_field=self.schema.stage_field,
        )
        self.renamed: list[int] = []
        self.given_files: dict[int, RecordRow] = {}

    def apply(
        self,
        row: RecordRow,
        values: dict[str, Any],
        action: str,
        attributes: Attributes = NO_ATTRIBUTES,
    ) -> SaveResult:
        """Give the record these values, and note what that changes; an update that changes nothing
        leaves no trace."""
        before = row.values
        diff = _difference(before, values)
        if not diff and action == "updated" and not sets_other(row, attributes):
            return SaveResult(row, "unchanged", frozenset(), self.schema)
        self.assign(row, attributes)
        row.values = values
        self._index(row, diff)
        self.rename(row)
        owner = self.schema.owner_field
        row.owner_id = None if owner is None else values.get(str(owner.id))
        self._name(row)
        return self.note(row, diff, action)

    def give_files(self, row: RecordRow, free: set[int]) -> None:
        """Make those of these files that the record's values name its own."""
        if free:  # nearly always there are none
            for spec in self.schema.fields:
                if spec.type.refers_to == "attachment":
                    named = free.intersection(row.values.get(str(spec.id)) or ())
                    self.given_files.update(dict.fromkeys(named, row))

    def note(self, row: RecordRow, diff: dict[str, list[Any]], action: str) -> SaveResult:
        """One more version: the ledger row, and the record among those to store."""
        row.version += 1
        row.updated_at = self.now
        # A record of this batch has no key yet; it is inserted once, as the last request leaves it.
        if row.id:
            self.changes.updated[row.id] = row
        elif action == "created":  # later requests may change a record before it has its key
            self.changes.created.append(row)
        self.locked.remember(row)
        # A copy: later requests of the batch change the row itself.
        self.changes.ledger.append(LedgerRow(row, row.copy(), action, diff))
        return SaveResult(row, action, frozenset(map(int, diff)), self.schema)

    def note_tombstone(self, row: RecordRow) -> None:
        """Add the last ledger row of a record that is to be removed: its ids, and none of its
        values; and whose own it was, who are told that it is gone."""
        owners = {row.member_id, *(row.values.get(str(f.id)) for f in self.schema.team_fields)}
        owners.discard(None)
        self.note(row, {}, "deleted")
        self.changes.ledger[-1].changes = {"own": sorted(owners)} if owners else {}
        self.changes.ledger[-1].snapshot = RecordRow(
            row.id, row.uuid, {}, state=row.state, version=row.version
        )

    def rename(self, row: RecordRow) -> None:
        """Give the record the identifier that its values make; in the trash it has none."""
        before, row.identifier = row.identifier, identifier_of(self.schema, row.values)
        if row.state == RecordState.DELETED:
            row.identifier = None
        # Given up in the table before the updates, so another record of the batch can take it.
        if before is not None and before != row.identifier:
            self.locked.by_identifier.pop(before, None)
            self.changes.unnamed.append(row.id)

    def assign(self, row: RecordRow, attributes: Attributes) -> None:
        """Set the attributes beside the values."""
        if attributes.external is not UNSET and attributes.external != external_of(row):
            self.locked.forget_names(row)
            # As with identifiers: another record of the batch may take it.
            if row.id and row.external_id is not None:
                self.changes.unaddressed.append(row.id)
            named = attributes.named
            row.external_source, row.external_id = (
                ("", None) if named is None else (named.source, named.id)
            )
        if attributes.member_id is not UNSET:
            row.member_id = attributes.member_id
        if attributes.assignment_task_id is not UNSET:
            row.assignment_task_id = attributes.assignment_task_id

    def move(self, row: RecordRow, state: RecordState) -> None:
        """Change a record's state. Archived it holds no partner, in the trash no name either; live
        it is merged into no other."""
        self.locked.forget_names(row)
        before, row.state = row.state, state.value
        if state == RecordState.ACTIVE:
            row.merged_into = None
        self.changes.live_changed[row.id] = state == RecordState.ACTIVE
        self.rename(row)
        if state == RecordState.DELETED:
            self.changes.released.add(row.id)
        # Archiving frees the partners of one-to-one links; the trash frees every unique value.
        trash = RecordState.DELETED in (before, state)
        for spec in self.schema.kept_apart if trash else self.schema.partners:
            value = row.values.get(str(spec.id))
            if value is None:
                continue
            if state == RecordState.ACTIVE:
                self._take_back(row, spec, value)
            else:
                self.locked.give_up(row, spec, value)

    def _take_back(self, row: RecordRow, spec: FieldSpec, value: Any) -> None:
        # Its index rows lost their unique keys when it went.
        self.changes.index.setdefault(spec, {})[row.uuid] = row
        # A value that is taken is dropped from the values that are applied next.
        if not self.locked.is_taken(row, spec, value):
            self.locked.hold(row, spec, value)

    def store(self) -> None:
        """Write everything noted, then the names that show a renamed record's name."""
        self.changes.spare_key = self.locked.spare_key
        store(self.stamp, self.changes)
        if self.given_files:
            owners = {key: row.id for key, row in self.given_files.items()}
            give_files(self.author.workspace.id, owners)
        # After the records: other names are computed from what is stored.
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
            author.workspace.language,
        )

    def _index(self, row: RecordRow, diff: Mapping[str, list[Any]]) -> None:
        """Note the index rows of what changed, and who holds the unique values now."""
        for key, (old, new) in diff.items():
            spec = self.schema.indexed.get(int(key))
            # A field that was just deleted; `remove_field` deletes its rows.
            if spec is None:
                continue
            unique = spec in self.changes.unique
            if row.id and old is not None and self._leaves_rows(spec, new, unique=unique):
                self.changes.unindexed.setdefault(row.id, set()).add(spec.id)
            self.changes.index.setdefault(spec, {})[row.uuid] = row
            if unique:
                self._pass_on(row, spec, old, new)

    def _leaves_rows(self, spec: FieldSpec, new: Any, *, unique: bool) -> bool:
        """Whether overwriting the former value's index rows would leave outdated ones.

        Rows of unique values go first where several records change: one may take what another gives
        up.
        """
        return new is None or spec.multiple or (unique and not self.alone)

    def _pass_on(self, row: RecordRow, spec: FieldSpec, old: Any, new: Any) -> None:
        # Given up first: the old and the new value may share keys.
        if old is not None:
            self.locked.give_up(row, spec, old)
        if new is not None:
            self.locked.hold(row, spec, new)

    def _name(self, row: RecordRow) -> None:
        """Set the display name; the records whose own names show it are renamed with it."""
        members: dict[int, str] = {}
        # Only a pattern shows names of members and other records.
        if self.schema.pattern_fields:
            self.load_names([row])
            shown = pattern_keys(self.schema, [row], "member")
            members = {key: spec.name for key, spec in self.author.directory.members(shown).items()}
        name = display_name(self.schema, row.values, self.names, members)
        # No other record links to a new one yet.
        if name != row.display_name and row.id and self.schema.display_dependents:
            self.renamed.append(row.id)
        row.display_name = name

    def load_names(self, rows: Iterable[RecordRow]) -> None:
        """Make sure that the names of the records that these records' display names show are
        known."""
        missing = pattern_keys(self.schema, rows, "record") - self.names.keys()
        if missing:
            self.names.update(load_display_names(self.author.workspace.id, missing))


def sets_other(row: RecordRow, attributes: Attributes) -> bool:
    """Whether setting these attributes changes the record."""
    pairs = (
        (attributes.external, external_of(row)),
        (attributes.member_id, row.member_id),
        (attributes.assignment_task_id, row.assignment_task_id),
    )
    return any(given is not UNSET and given != held for given, held in pairs)


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The values that differ, by field: before and after."""
    # New records have nothing to compare with.
    if not before:
        return {key: [None, value] for key, value in after.items()}
    return {
        key: [before.get(key), after.get(key)]
        for key in before.keys() | after.keys()
        if is_other(before.get(key), after.get(key))
    }


def is_other(before: Any, after: Any) -> bool:
    """Whether two stored values differ; in documents true differs from 1, and 1 from 1.0."""
    if before != after:
        return True
    if not isinstance(after, (dict, list)):
        return False
    return orjson.dumps(before, option=orjson.OPT_SORT_KEYS) != orjson.dumps(
        after, option=orjson.OPT_SORT_KEYS
    )
