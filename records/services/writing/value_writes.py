"""What a request does to a record's values: creating, changing and upserting records, and bringing
them back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from records.exceptions import Conflict, InvalidValues, NotAllowed, NotFound, PreconditionFailed
from records.models import RecordState, new_uuid
from records.services.access import access_to, grant_of, may_write
from records.services.catalogue import ObjectSchema, is_stored
from records.services.storage import RecordRow

from .attributes import check_single, checked_attributes, named_already
from .links import LinkChanges
from .locked_records import external_of
from .parsed_requests import ParsedRequests
from .save_requests import (
    NO_ATTRIBUTES,
    Attributes,
    SaveRequest,
    SaveResult,
)
from .unit_of_work import UnitOfWork, is_other, sets_other
from .value_rules import (
    Holder,
    Overwritten,
    ValueRules,
    check_required,
)
from .values import (
    UNSET,
    Change,
    Parsed,
    add_defaults,
    clear_unlisted,
)


class ValueWrites:
    """The writes of values in one batch."""

    def __init__(
        self, work: UnitOfWork, links: LinkChanges, parsed_requests: ParsedRequests
    ) -> None:
        self.work, self.links, self.parsed_requests = work, links, parsed_requests
        self.author, self.schema, self.locked = work.author, work.schema, work.locked
        self.rules = ValueRules(work, links, parsed_requests)

    def update(self, request: SaveRequest, parsed: Parsed, row: RecordRow) -> SaveResult:
        """Change a record that the caller may change."""
        stays = row.cancelled_at is not None and not request.even_cancelled
        if stays and not request.may_send_again:
            check_not_cancelled(row)
        if request.clears_unlisted:
            clear_unlisted(self.author, self.schema, parsed)
            self.links.keep_unseen(row, parsed)
        _drop_kept(parsed, row, request.kept)
        if request.matches_value:  # the value it matched on is no change
            _drop_unasked(parsed)
        attributes = checked_attributes(self.work, request, row, parsed)
        overwritten = self.rules.overwritten(
            request.archived_conflict, parsed, row, self.rules.holders(parsed)
        )
        return self._finish(
            parsed,
            row,
            "merged" if request.absorbs else "updated",
            overwritten,
            complete=request.clears_unlisted,
            attributes=attributes,
            stays=stays,
        )

    # ------------------------------------------------------------ creating

    def upsert(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        """Change the record that the request matches, or create it."""
        row = self.locked.match(request)
        if row is not None and row.merged_into is not None:
            row = self._led_on(row)
            if row is not None and row.state == RecordState.ACTIVE:
                request = without_former_names(request, parsed, self.schema)
        if row is None or row.state != RecordState.ACTIVE:
            if not request.may_create:
                raise NotFound("There is no record with this value to change.")
            if request.must_exist or request.expected_version is not None:
                raise PreconditionFailed(0)  # which stands for no record
            return self.create(request, parsed)
        # Rights first: a version would reveal the record.
        self._check_may_change(request, parsed, row)
        if request.must_be_new:
            raise PreconditionFailed(row.version, expected_none=True)
        check_version(request, row)
        return self.update(request, parsed, row)

    def _led_on(self, merged: RecordRow) -> RecordRow | None:
        """The record that a merged one stands for; None where the caller sees neither."""
        access = access_to(self.author, self.schema, merged.values, merged.member_id)
        return self.locked.survivor(merged) if access.view else None

    def _check_may_change(self, request: SaveRequest, parsed: Parsed, row: RecordRow) -> None:
        """The caller may change the record that an upsert matches."""
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if access.edit:
            return
        if access.view:
            raise NotAllowed("You may not edit this record.")
        if request.hides_match:
            raise NotFound
        # To the caller, a record out of sight is a value that is taken, as if they had sent a new
        # record.
        if request.matches_external:
            raise named_already()
        self.rules.overwritten(
            None, parsed, None, [(row, request.match_field or self.schema.identifier)]
        )
        raise _refusal(parsed)

    def create(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        """Create a record, or unarchive the one with its identifier if the request says so."""
        # First: without the right to create, no answer may tell which names are taken.
        if not grant_of(self.author, self.schema).create:
            raise NotAllowed("You may not create records of this object.")
        holders = self._holders(request, parsed)
        archived = self._archived_to_bring_back(request, holders)
        if archived is not None:
            if all(holder is not archived for holder, _ in holders):
                request = without_former_names(request, parsed, self.schema)
            return self._bring_back(archived, request, parsed)
        self._check_filled(parsed)
        attributes = checked_attributes(self.work, request, None, parsed)
        # After `_check_filled`: defaults need no right of the caller.
        add_defaults(self.author, self.schema, parsed, self.parsed_requests.defaults)
        overwritten = self.rules.overwritten(request.on_archived, parsed, None, holders)
        row = RecordRow(0, str(new_uuid()), {}, created_at=self.work.now)
        return self._finish(
            parsed, row, "created", overwritten, complete=True, attributes=attributes
        )

    def _holders(self, request: SaveRequest, parsed: Parsed) -> list[Holder]:
        """The records that have the names a new record is to get; what an upsert matches on comes
        first."""
        holders = self.rules.holders(parsed)
        if not request.matches_value:
            return holders
        matched = (self.locked.match(request), request.match_field or self.schema.identifier)
        return [matched, *(pair for pair in holders if pair != matched)]

    def _archived_to_bring_back(
        self, request: SaveRequest, holders: Sequence[Holder]
    ) -> RecordRow | None:
        """The archived record that takes the new one's place; NotAllowed when the caller sees it
        but may not change it."""
        first = next((holder for holder, _ in holders if holder is not None), None)
        if (
            request.on_archived != "unarchive"
            or first is None
            or first.state != RecordState.ARCHIVED
        ):
            return None
        first = self._of_holder(first)
        if first is None:
            return None
        access = access_to(self.author, self.schema, first.values, first.member_id)
        if access.edit and access.remove:  # what changing it takes, and what unarchiving it takes
            return first
        if access.view:
            raise NotAllowed("You may not bring the archived record back.")
        # Out of the caller's sight: its name is refused as taken, like any other.
        return None

    def _of_holder(self, holder: RecordRow) -> RecordRow | None:
        """The archived record that a name is of; None for one that does not come back, and out of
        the caller's sight."""
        if holder.merged_into is None:
            return holder
        if not access_to(self.author, self.schema, holder.values, holder.member_id).view:
            return None
        archived = self.locked.archived_holder(holder)
        return None if archived is holder else archived

    def _check_filled(self, parsed: Parsed) -> None:
        """The caller may set the field that an upsert's lookup value fills."""
        for change in parsed.changes.values():
            if change.position is None and not may_write(self.author, change.field):
                message = f"You may not set the field {change.field.name!r}."
                parsed.refuse(change.field, None, "value", "permission_required", message)

    # ------------------------------------------------------------ bringing back

    def _bring_back(self, row: RecordRow, request: SaveRequest, parsed: Parsed) -> SaveResult:
        if request.must_be_new:
            raise PreconditionFailed(row.version, expected_none=True)
        check_not_cancelled(row)
        # The lookup value is what the record was found by: no change.
        _drop_unasked(parsed)
        attributes = checked_attributes(self.work, request, row, parsed)
        key = attributes.named or external_of(row)
        if key is not None and self.locked.is_named(row, key):
            raise named_already()
        self.rules.overwritten(None, parsed, row, self.rules.holders(parsed))
        return self.come_back(row, parsed, "unarchived", complete=True, attributes=attributes)

    def come_back(
        self,
        row: RecordRow,
        parsed: Parsed,
        action: str,
        *,
        complete: bool = False,
        attributes: Attributes = NO_ATTRIBUTES,
    ) -> SaveResult:
        """Make a record active, without the one-to-one links that another record now has."""
        # The member may have got another record in the meantime.
        check_single(self.work, row.member_id)
        for spec in self.locked.lost_partners(row):
            # A link that the request sets anew stays.
            parsed.changes.setdefault(spec.id, Change(spec, None, None))
        return self._finish(parsed, row, action, [], complete=complete, attributes=attributes)

    def detach(self, row: RecordRow, attachment_id: int | None) -> SaveResult:
        """Take a file that is being removed out of the values that refer to it."""
        parsed = Parsed()
        for spec in self.schema.stored:
            if spec.type.refers_to == "attachment" and attachment_id in row.values.get(
                str(spec.id), ()
            ):
                parsed.changes[spec.id] = Change(spec, None, UNSET, (), (attachment_id,))
        return self._finish(parsed, row, "detached", [], complete=False, attributes=NO_ATTRIBUTES)

    def _finish(
        self,
        parsed: Parsed,
        row: RecordRow,
        action: str,
        overwritten: Sequence[Overwritten],
        *,
        complete: bool,
        attributes: Attributes,
        stays: bool = False,
    ) -> SaveResult:
        """Refuse, or apply what there is to change; `complete`: every required field must have a
        value; a record that `stays` must have the same values before."""
        member_id = row.member_id if attributes.member_id is UNSET else attributes.member_id
        around = self.rules.around(member_id)
        values = self.rules.merge(parsed, row, around)
        given_up = self.rules.check_unique(parsed, row, values, {key.id for _, key in overwritten})
        if complete:
            check_required(self.schema, values, parsed)
        other_member = member_id != row.member_id
        self.rules.check_validations(parsed, row, values, around, other_member=other_member)
        if parsed.problems:
            raise _refusal(parsed)
        # Links of mirror fields are other records' changes, which are not compared here.
        is_whole = all(is_stored(change.field) for change in parsed.changes.values())
        if stays and not (
            is_whole and not is_other(row.values, values) and not sets_other(row, attributes)
        ):
            check_not_cancelled(row)
        if given_up:  # unique values pass from one record to another
            self.work.alone = False
        # This is the last that may refuse, and a refused write renames nothing.
        changed_links = self.links.collect(row, parsed, parsed.place)
        for holder, key in (*overwritten, *given_up):
            self.rules.rename_archived(holder, key)
        # Before the values: which names and values the record holds depends on its state.
        if row.state != RecordState.ACTIVE:
            self.work.move(row, RecordState.ACTIVE)
        result = self.work.apply(row, values, action, attributes)
        self.work.give_files(row, self.parsed_requests.resolved.free_files)
        # Links of mirror fields are stored in other records, which change.
        if changed_links and result.action == "unchanged":
            return SaveResult(row, "updated", changed_links, self.schema)
        return replace(result, changed=result.changed | changed_links)


def without_former_names(request: SaveRequest, parsed: Parsed, schema: ObjectSchema) -> SaveRequest:
    """An upsert that matched a merged record by a name of that one: its survivor keeps its own
    name."""
    if request.matches_external:
        key = schema.external_id_field
        if request.attributes.external == request.external:
            request = replace(request, attributes=replace(request.attributes, external=UNSET))
    else:
        key = request.match_field or schema.identifier
    if key is not None:
        parsed.changes.pop(key.id, None)
    return request


def _drop_kept(parsed: Parsed, row: RecordRow, kept: Collection[int]) -> None:
    """Leave fields that the request fills, but does not change, as they are."""
    for field_id in kept:
        if str(field_id) in row.values:
            parsed.changes.pop(field_id, None)


def _drop_unasked(parsed: Parsed) -> None:
    """Leave only the changes that an entry of the request asks for."""
    parsed.changes = {
        key: change for key, change in parsed.changes.items() if change.position is not None
    }


def check_not_cancelled(row: RecordRow) -> None:
    """Cancelled records do not change."""
    if row.cancelled_at is not None:
        raise Conflict("The record is cancelled; cancelled records cannot be changed.")


def check_version(request: SaveRequest, row: RecordRow) -> None:
    """The record is at the version that the request expects, if it expects one."""
    if request.expected_version is not None and row.version != request.expected_version:
        raise PreconditionFailed(row.version)


def _refusal(parsed: Parsed) -> InvalidValues:
    """All problems: by entry or field where they concern one, otherwise general."""
    entries = [entry for entry in parsed.problems if entry.position is not None or entry.field_id]
    general = [
        problem
        for entry in parsed.problems
        if entry.position is None and not entry.field_id
        for problem in entry.problems
    ]
    return InvalidValues(entries, general, size=parsed.size, archived_id=parsed.archived_id)
