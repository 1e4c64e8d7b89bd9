"""What a request does to a record as a whole: archiving, cancelling, deleting it, bringing it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from records.exceptions import Conflict, InvalidValues, NotAllowed, NotFound, Problem
from records.models import RecordState

from .access import access_to
from .changing import ValueWrites, check_not_cancelled, check_version
from .effects import Effects
from .locked import external_of
from .naming import identifier_of
from .record_rows import RecordRow
from .save_requests import Mode, SaveRequest, SaveResult
from .values import Parsed


class Moves:
    """The moves of one batch. `erased` are the records that were deleted permanently, still to be removed."""

    def __init__(self, effects: Effects, values: ValueWrites) -> None:
        self.effects, self.values = effects, values
        self.author, self.schema, self.locked = effects.author, effects.schema, effects.locked
        self.erased: list[RecordRow] = []
        self.by_mode: Mapping[Mode, Callable[[SaveRequest], SaveResult]] = {
            Mode.ARCHIVE: self._archive,
            Mode.UNARCHIVE: self._unarchive,
            Mode.CANCEL: self._cancel,
            Mode.TRASH: self._trash,
            Mode.RESTORE: self._restore,
            Mode.DELETE_PERMANENTLY: self._delete,
            Mode.ATTACH: self._attach,
            Mode.DETACH: self._detach,
        }

    def target(self, request: SaveRequest, *, edit: str = "edit") -> RecordRow:
        """The addressed record, if the caller may change it so."""
        row = self.locked.find(request)
        if row is None:
            raise NotFound
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view:
            raise NotFound
        if row.state not in request.reaches:
            if row.state == RecordState.ARCHIVED and request.tell_archived:
                raise Conflict("The record is archived: bring it back first.")
            raise NotFound
        if (request.uuid or request.record_id) and request.external not in (None, external_of(row)):
            raise Conflict("The record id and the external id are those of two different records.")
        if not getattr(access, edit):
            raise NotAllowed(f"You may not {edit} this record.")
        check_version(request, row)
        return row

    def _archive(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        self.effects.move(row, RecordState.ARCHIVED)
        return self.effects.note(row, {}, "archived")

    def _unarchive(self, request: SaveRequest) -> SaveResult:
        row = self.locked.find(request)
        if row is not None and row.state == RecordState.ACTIVE:
            if not access_to(self.author, self.schema, row.values, row.member_id).view:
                raise NotFound
            raise InvalidValues([], [Problem("", "invalid", "The record is not archived.")])
        row = self.target(request, edit="remove")
        if self._is_replaced(row):
            raise InvalidValues([], [Problem("", "unique", "Another record has its external id by now.")])
        return self.values.come_back(row, Parsed(), "unarchived")

    def _cancel(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        if row.cancelled_at is not None:
            return SaveResult(row, "unchanged", frozenset(), self.schema)
        row.cancelled_at = self.effects.now
        return self.effects.note(row, {}, "cancelled")

    def _trash(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        self.effects.move(row, RecordState.DELETED)
        return self.effects.note(row, {}, "trashed")

    def _restore(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        if self._is_replaced(row):
            raise _taken("external id")
        name = identifier_of(self.schema, row.values)
        if name is not None and name in self.locked.by_identifier and self.schema.identifier is not None:
            raise _taken(self.schema.identifier.display_name.lower())
        for spec in self.schema.kept_apart:
            value = row.values.get(str(spec.id))
            if value is not None and not spec.relation_kind and self.locked.is_taken(row, spec, value):
                raise _taken(spec.display_name.lower())
        return self.values.come_back(row, Parsed(), "restored")

    def _delete(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        self.effects.move(row, RecordState.DELETED)
        self.effects.note_tombstone(row)
        self.locked.forget(row)
        self.erased.append(row)
        return SaveResult(row, "deleted", frozenset(), self.schema)

    def _attach(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        check_not_cancelled(row)
        return self.effects.note(row, {}, "attached")

    def _detach(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        check_not_cancelled(row)
        return self.values.detach(row, request.attachment_id)

    def _is_replaced(self, row: RecordRow) -> bool:
        """Whether another record has its external id by now."""
        key = external_of(row)
        return key is not None and self.locked.is_named(row, key)


def _taken(label: str) -> Conflict:
    return Conflict(f"Another record has the {label} of this one by now: change that first.", "already_exists")
