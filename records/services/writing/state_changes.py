"""What a request does to a record as a whole: archiving, cancelling, deleting it, bringing it
back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from records.exceptions import Archived, Conflict, InvalidValues, NotAllowed, NotFound, Problem
from records.field_types import FieldSpec
from records.models import RecordState
from records.services.access import access_to, check_scope
from records.services.catalogue import identifier_of
from records.services.storage import RecordRow

from .locked_records import external_of
from .save_requests import Mode, SaveRequest, SaveResult
from .unit_of_work import UnitOfWork
from .value_writes import ValueWrites, check_not_cancelled, check_version
from .values import Parsed


class StateChanges:
    """The changes of state in one batch. `erased` are records deleted permanently, still to be
    removed."""

    def __init__(self, work: UnitOfWork, values: ValueWrites) -> None:
        self.work, self.values = work, values
        self.author, self.schema, self.locked = work.author, work.schema, work.locked
        self.erased: list[RecordRow] = []
        self.by_mode: Mapping[Mode, Callable[[SaveRequest], SaveResult]] = {
            Mode.ARCHIVE: self._archive,
            Mode.UNARCHIVE: self._unarchive,
            Mode.CANCEL: self._cancel,
            Mode.REOPEN: self._reopen,
            Mode.TRASH: self._trash,
            Mode.RESTORE: self._restore,
            Mode.DELETE_PERMANENTLY: self._delete,
            Mode.ATTACH: self._attach,
            Mode.DETACH: self._detach,
            Mode.MERGE: self._merge,
        }

    def target(self, request: SaveRequest, *, edit: str = "edit") -> RecordRow:
        """The addressed record, if the caller may change it this way: `edit` or `remove`. What is
        written to a merged one is written to its survivor."""
        row = self.locked.find(request)
        if row is None:
            raise NotFound
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view:  # first: no other refusal may reveal the record
            raise NotFound
        named = row
        if row.merged_into is not None and _is_led_on(request):
            row = self.locked.survivor(row) or row
            access = access_to(self.author, self.schema, row.values, row.member_id)
            if not access.view:
                raise NotFound
        _check_reached(request, row)
        _check_same(request, named)
        if not getattr(access, edit):
            raise NotAllowed(f"You may not {edit} this record.")
        check_version(request, row)
        return row

    def _archive(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        self.work.move(row, RecordState.ARCHIVED)
        return self.work.note(row, {}, "archived")

    def _merge(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        survivor = self.locked.by_id.get(request.merged_into or 0)
        if survivor is None or survivor is row or survivor.state != RecordState.ACTIVE:
            raise Conflict("The record to merge into is not there any more.", "survivor_gone")
        row.merged_into = survivor.id
        self.work.move(row, RecordState.ARCHIVED)
        if row.external_id is not None:  # which its survivor may take in the same statement
            self.work.changes.unaddressed.append(row.id)
        return self.work.note(row, {}, "archived")

    def _unarchive(self, request: SaveRequest) -> SaveResult:
        row = self.locked.find(request)
        if row is not None and row.state == RecordState.ACTIVE:
            # Callers who cannot see the record must not learn that it exists.
            if not access_to(self.author, self.schema, row.values, row.member_id).view:
                raise NotFound
            raise InvalidValues([], [Problem("", "invalid", "The record is not archived.")])
        row = self.target(request, edit="remove")
        if row.merged_into is not None and not request.unmerges:
            raise Conflict(
                "The record was merged into another one; undo the operation that did it to bring "
                "it back.",
                "merged",
            )
        if self._is_replaced(row):
            raise InvalidValues(
                [], [Problem("", "unique", "Another record now has its external id.")]
            )
        return self.values.come_back(row, Parsed(), "unarchived")

    def _cancel(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        # Safe to repeat: a second call changes nothing.
        if row.cancelled_at is not None:
            return SaveResult(row, "unchanged", frozenset(), self.schema)
        row.cancelled_at = self.work.now
        return self.work.note(row, {}, "cancelled")

    def _reopen(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        if row.cancelled_at is None:
            return SaveResult(row, "unchanged", frozenset(), self.schema)
        row.cancelled_at = None
        return self.work.note(row, {}, "reopened")

    def _trash(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        self.work.move(row, RecordState.DELETED)
        return self.work.note(row, {}, "trashed")

    def _restore(self, request: SaveRequest) -> SaveResult:
        row = self.target(request, edit="remove")
        if self._is_replaced(row):
            raise _taken("external id")
        taken = next(self._taken_fields(row), None)
        if taken is not None:
            raise _taken(taken.display_name.lower())
        return self.values.come_back(row, Parsed(), "restored")

    def _taken_fields(self, row: RecordRow) -> Iterator[FieldSpec]:
        """The fields whose value in a record from the trash another record now has."""
        identifier = self.schema.identifier
        if (
            identifier is not None
            and identifier_of(self.schema, row.values) in self.locked.by_identifier
        ):
            yield identifier
        for spec in self.schema.kept_apart:
            value = row.values.get(str(spec.id))
            # Links to partners are not refused: a record comes back without those it lost.
            if value is not None and not spec.is_link and self.locked.is_taken(row, spec, value):
                yield spec

    def _delete(self, request: SaveRequest) -> SaveResult:
        check_scope(self.author, "records", "admin")
        row = self.target(request, edit="remove")
        # What was merged into it has become this record, and leads nowhere without it.
        for gone in (row, *self.locked.led_to(row)):
            # Moved first: later requests of the batch may take its names and values.
            self.work.move(gone, RecordState.DELETED)
            self.work.note_tombstone(gone)
            self.locked.forget(gone)
            # Removed only when the ledger rows are stored, the tombstone among them.
            self.erased.append(gone)
        return SaveResult(row, "deleted", frozenset(), self.schema)

    def _attach(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        check_not_cancelled(row)
        return self.work.note(row, {}, "attached")

    def _detach(self, request: SaveRequest) -> SaveResult:
        row = self.target(request)
        check_not_cancelled(row)
        return self.values.detach(row, request.attachment_id)

    def _is_replaced(self, row: RecordRow) -> bool:
        """Whether another record now has its external id."""
        key = external_of(row)
        return key is not None and self.locked.is_named(row, key)


# What is sent to a merged record by these is meant for what it has become; who removes it, does not
# mean to remove that.
_LED_ON = frozenset({Mode.UPDATE, Mode.REPLACE, Mode.ATTACH, Mode.DETACH})


def _is_led_on(request: SaveRequest) -> bool:
    if request.mode in (Mode.CANCEL, Mode.REOPEN):
        # Undo means the archived record itself.
        return RecordState.ACTIVE in request.reaches
    return request.mode in _LED_ON


def _check_reached(request: SaveRequest, row: RecordRow) -> None:
    """The record is there for the request."""
    if row.state not in request.reaches:
        if row.merged_into is not None and request.tell_archived:
            raise Conflict("The record was merged into another one; name that.", "merged")
        if row.state == RecordState.ARCHIVED and request.tell_archived:
            raise Archived
        raise NotFound


def _check_same(request: SaveRequest, row: RecordRow) -> None:
    """The record is the one record that all names of the request mean."""
    if (request.uuid or request.record_id) and request.external not in (None, external_of(row)):
        raise Conflict("The record id and the external id belong to different records.")


def _taken(label: str) -> Conflict:
    return Conflict(
        f"Another record has the {label} of this one: change that first.", "already_exists"
    )
