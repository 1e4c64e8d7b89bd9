"""What a request does to a record's values: creating, changing, upserting, and the rules that all of these keep."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from records.exceptions import Conflict, InvalidInput, InvalidValues, NotAllowed, NotFound, PreconditionFailed
from records.field_types import FieldSpec
from records.models import RecordState, new_uuid

from .access import access_to, grant_of, may_write
from .effects import Effects
from .links import LinkChanges
from .locked import external_of
from .naming import archived_name, compute
from .pipelines import enter_stage
from .prepared import PreparedRequests
from .record_rows import RecordRow
from .save_requests import NO_ATTRIBUTES, Attributes, Mode, SaveRequest, SaveResult
from .single_records import check_single
from .values import (
    UNSET,
    Change,
    Parsed,
    add_defaults,
    check_may_be_blank,
    check_required,
    clear_unlisted,
    is_stored,
    merged,
)

_Holder = tuple[RecordRow | None, FieldSpec | None]
_Overwritten = tuple[RecordRow, FieldSpec]


class ValueWrites:
    """The writes of values in one batch."""

    def __init__(self, effects: Effects, links: LinkChanges, prepared: PreparedRequests) -> None:
        self.effects, self.links, self.prepared = effects, links, prepared
        self.author, self.schema, self.locked = effects.author, effects.schema, effects.locked

    def update(self, request: SaveRequest, parsed: Parsed, row: RecordRow) -> SaveResult:
        """Change a record that the caller may change."""
        if not request.even_cancelled:
            check_not_cancelled(row)
        if request.clears_unlisted:
            clear_unlisted(self.author, self.schema, parsed)
            self.links.keep_unseen(row, parsed)
        for key in request.kept:
            if str(key) in row.values:
                parsed.changes.pop(key, None)
        if request.mode == Mode.UPSERT and not request.matches_external:  # the value it matched on is no change
            parsed.changes = {key: change for key, change in parsed.changes.items() if change.position is not None}
        attributes = self._checked_attributes(request, row, parsed)
        overwritten = self._overwritten(request.archived_conflict, parsed, row, self._holders(parsed))
        return self._finish(
            parsed, row, "updated", overwritten, complete=request.clears_unlisted, attributes=attributes
        )

    def upsert(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        """Change the record that the request matches, or create it."""
        row = self.locked.match(request)
        if row is None or row.state != RecordState.ACTIVE:
            if not request.may_create:
                raise NotFound("There is no record with this value to change.")
            if request.expected_version:
                raise PreconditionFailed(0)
            return self.create(request, parsed)
        access = access_to(self.author, self.schema, row.values, row.member_id)
        if not access.view:
            if request.matches_external:
                raise _named_already()
            self._overwritten(None, parsed, None, [(row, request.match_field or self.schema.identifier)])
            raise _refusal(parsed)
        if not access.edit:
            raise NotAllowed("You may not edit this record.")
        check_version(request, row)
        return self.update(request, parsed, row)

    def create(self, request: SaveRequest, parsed: Parsed) -> SaveResult:
        """Create a record; or bring an archived one back that has its identifier, where the request says so."""
        if not grant_of(self.author, self.schema).create:
            raise NotAllowed("You may not create records of this object.")
        holders = self._holders(parsed)
        if request.mode == Mode.UPSERT and not request.matches_external:
            matched = self.locked.match(request)
            found = (matched, request.match_field or self.schema.identifier)
            holders = [found, *(pair for pair in holders if pair != found)]
        first = next((holder for holder, _ in holders if holder is not None), None)
        if first is not None and first.state == RecordState.ARCHIVED and request.on_archived == "unarchive":
            access = access_to(self.author, self.schema, first.values, first.member_id)
            if access.edit and access.remove:  # what changing it takes, and what unarchiving it takes
                return self._bring_back(first, request, parsed)
            if access.view:
                raise NotAllowed("You may not bring the archived record back.")
        self._check_filled(parsed)
        attributes = self._checked_attributes(request, None, parsed)
        add_defaults(self.author, self.schema, parsed, self.prepared.defaults)
        overwritten = self._overwritten(request.on_archived, parsed, None, holders)
        row = RecordRow(0, str(new_uuid()), {}, created_at=self.effects.now)
        return self._finish(parsed, row, "created", overwritten, complete=True, attributes=attributes)

    def _check_filled(self, parsed: Parsed) -> None:
        """The field that an upsert's lookup value fills is one the caller may set."""
        for change in parsed.changes.values():
            if change.position is None and not may_write(self.author, change.field):
                message = f"You may not set the field {change.field.name!r}."
                parsed.refuse(change.field, None, "value", "permission_required", message)

    def _bring_back(self, row: RecordRow, request: SaveRequest, parsed: Parsed) -> SaveResult:
        check_not_cancelled(row)
        parsed.changes = {key: change for key, change in parsed.changes.items() if change.position is not None}
        attributes = self._checked_attributes(request, row, parsed)
        key = attributes.named or external_of(row)
        if key is not None and self.locked.is_named(row, key):
            raise _named_already()
        self._overwritten(None, parsed, row, self._holders(parsed))
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
        """Make a record active, without the one-to-one links that another record has by now."""
        check_single(self.effects, row, row.member_id)
        for spec in self.locked.lost_partners(row):
            parsed.changes.setdefault(spec.id, Change(spec, None, None))
        return self._finish(parsed, row, action, [], complete=complete, attributes=attributes)

    def detach(self, row: RecordRow, attachment_id: int | None) -> SaveResult:
        """Take a file out of the values that refer to it, as it goes."""
        parsed = Parsed()
        for spec in self.schema.stored:
            if spec.type.column == "attachment" and attachment_id in row.values.get(str(spec.id), ()):
                parsed.changes[spec.id] = Change(spec, None, UNSET, (), (attachment_id,))
        return self._finish(parsed, row, "detached", [], complete=False, attributes=NO_ATTRIBUTES)

    # ------------------------------------------------------------ rules

    def _checked_attributes(self, request: SaveRequest, row: RecordRow | None, parsed: Parsed) -> Attributes:
        """What the request sets beside the values; `row` is None for a new record."""
        attributes = request.attributes
        if row is None and attributes.member_id is UNSET and attributes.new_member_id is not None:
            attributes = replace(attributes, member_id=attributes.new_member_id)
        spec = self.schema.external_id_field
        if spec is not None and spec.id in parsed.changes and parsed.changes[spec.id].value is None:
            attributes = replace(attributes, external=None)
        if request.matches_external and attributes.external is UNSET and request.external is not None:
            attributes = replace(attributes, external=request.external)
        if attributes is NO_ATTRIBUTES:
            return attributes
        if attributes.named is not None and self.locked.is_named(row, attributes.named):
            raise _named_already()
        held = row.member_id if row is not None else None
        if attributes.member_id is not UNSET and attributes.member_id != held:
            self._check_member(attributes)
            check_single(self.effects, row, attributes.member_id)
        return attributes

    def _check_member(self, attributes: Attributes) -> None:
        me, chosen = self.author.member.id, attributes.member_id
        if chosen != me and not attributes.for_others:
            raise NotAllowed("You may not set another member of the record than yourself.")
        if chosen is not None:
            member = self.author.directory.members([chosen]).get(chosen)
            if member is None or not member.is_active:
                raise InvalidInput("The member does not exist.", "does_not_exist")

    def _holders(self, parsed: Parsed) -> list[_Holder]:
        """The record that has the identifier a write gives, if any."""
        return [(self.locked.holder_of_identifier(parsed), self.schema.identifier)]

    def _overwritten(
        self, on_archived: str | None, parsed: Parsed, row: RecordRow | None, holders: Sequence[_Holder]
    ) -> list[_Overwritten]:
        """The archived records that give their names up to this write, if they hold them and may be overwritten."""
        found = []
        for holder, key in holders:
            if holder is None or holder is row or key is None:
                continue
            change = parsed.changes.get(key.id)
            position = change.position if change is not None else None
            label = key.display_name.lower()
            access = access_to(self.author, self.schema, holder.values, holder.member_id)
            if holder.state == RecordState.ACTIVE or not access.view:
                parsed.refuse(key, position, "value", "unique", f"Another record has this {label}.")
            elif on_archived != "overwrite":
                message = f"An archived record has this {label}: {holder.uuid}."
                parsed.refuse(key, position, "value", "archived_conflict", message)
                parsed.archived_id = holder.uuid
            elif not access.edit:
                message = f"You may not edit the archived record that has this {label}."
                parsed.refuse(key, position, "value", "permission_required", message)
            else:
                found.append((holder, key))
        return found

    def _check_unique(
        self, parsed: Parsed, row: RecordRow, values: Mapping[str, Any], settled: Collection[int]
    ) -> None:
        """No other record holds a unique value this write gives; `settled` are the fields looked at already."""
        refused = {entry.field_id for entry in parsed.problems}
        for spec in self.schema.unique:
            value = values.get(str(spec.id))
            change = parsed.changes.get(spec.id)
            if change is None or value is None or spec.uuid in refused or spec.id in settled:
                continue
            if self.locked.is_taken(row, spec, value):
                message = f"Another record has this {spec.display_name.lower()}."
                parsed.refuse(spec, change.position, "value", "unique", message)

    def _merge(self, parsed: Parsed, row: RecordRow) -> dict[str, Any]:
        """The record's values after the request's changes and the rules that follow from them."""
        values = dict(row.values)
        for change in parsed.changes.values():
            if not is_stored(change.field):
                continue
            key = str(change.field.id)
            before, after = values.get(key), merged(change, values.get(key))
            if change.field.relation_kind and change.field.multiple:
                after = self.links.kept(change, before, after, parsed)
            if change.field.type.column == "attachment":
                self._check_files(parsed, row, change, after)
            if after is not None:
                values[key] = after
            elif before is not None:
                check_may_be_blank(change, parsed)
                del values[key]
        if self.schema.stage_field is not None:
            enter_stage(self.schema, row.values, values, parsed.changes, self.effects.now)
        for spec in self.schema.derived:
            computed = compute(self.schema, spec, values)
            if computed is None:
                values.pop(str(spec.id), None)
            else:
                values[str(spec.id)] = computed
        return values

    def _check_files(self, parsed: Parsed, row: RecordRow, change: Change, after: list[int] | None) -> None:
        """Values refer to the record's own files, or to such as belong to no record."""
        owners = self.prepared.resolved.attachment_owners
        if any(owners.get(key) not in (None, row.id) for key in after or ()):
            message = "Only files of the record itself can be its values: upload them to it."
            parsed.refuse(change.field, change.position, "value", "does_not_exist", message)

    def _finish(
        self,
        parsed: Parsed,
        row: RecordRow,
        action: str,
        overwritten: Sequence[_Overwritten],
        *,
        complete: bool,
        attributes: Attributes,
    ) -> SaveResult:
        """Refuse, or apply what there is to change; `complete`: every required field must have a value."""
        values = self._merge(parsed, row)
        self._check_unique(parsed, row, values, {key.id for _, key in overwritten})
        if complete:
            check_required(self.schema, values, parsed)
        if parsed.problems:
            raise _refusal(parsed)
        for holder, key in overwritten:
            self._rename_archived(holder, key)
        changed_links = self.links.collect(row, parsed, parsed.place)
        if row.state != RecordState.ACTIVE:
            self.effects.move(row, RecordState.ACTIVE)
        result = self.effects.apply(row, values, action, attributes)
        if changed_links and result.action == "unchanged":
            return SaveResult(row, "updated", changed_links, self.schema)
        return replace(result, changed=result.changed | changed_links)

    def _rename_archived(self, row: RecordRow, key: FieldSpec) -> None:
        """Give a name up; a value that is no text goes altogether."""
        values = dict(row.values)
        name = values.pop(str(key.id), "")
        if key.type.column == "text":
            values[str(key.id)] = archived_name(name, row.uuid, self.effects.now)
        self.effects.apply(row, values, "updated")


def check_not_cancelled(row: RecordRow) -> None:
    """Cancelled records do not change."""
    if row.cancelled_at is not None:
        raise Conflict("The record is cancelled, and cancelled records do not change.")


def check_version(request: SaveRequest, row: RecordRow) -> None:
    """The record is at the version that the request expects, if it expects one."""
    if request.expected_version is not None and row.version != request.expected_version:
        raise PreconditionFailed(row.version)


def _named_already() -> Conflict:
    return Conflict("Another record has this external id.", "already_exists")


def _refusal(parsed: Parsed) -> InvalidValues:
    entries = [entry for entry in parsed.problems if entry.position is not None or entry.field_id]
    general = [
        problem
        for entry in parsed.problems
        if entry.position is None and not entry.field_id
        for problem in entry.problems
    ]
    return InvalidValues(entries, general, size=parsed.size, archived_id=parsed.archived_id)
