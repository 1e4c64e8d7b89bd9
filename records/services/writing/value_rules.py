"""The rules for a record's values: how changes are merged, and which values are refused.

Problems are collected in `parsed`, so the caller sees all of them at once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from records.field_types import FieldSpec, Surroundings, broken, rule_reads, rule_reads_member
from records.models import RecordState, StageStatus
from records.services.access import access_to
from records.services.catalogue import (
    ObjectSchema,
    archived_name,
    compute,
    is_stored,
    surroundings_of,
)
from records.services.storage import RecordRow, unique_keys

from .links import LinkChanges
from .parsed_requests import ParsedRequests
from .unit_of_work import UnitOfWork, is_other
from .values import UNSET, Change, Parsed

Holder = tuple[RecordRow | None, FieldSpec | None]
Overwritten = tuple[RecordRow, FieldSpec]


class ValueRules:
    """The rules for the values of one batch."""

    def __init__(
        self, work: UnitOfWork, links: LinkChanges, parsed_requests: ParsedRequests
    ) -> None:
        self.work, self.links, self.parsed_requests = work, links, parsed_requests
        self.author, self.schema, self.locked = work.author, work.schema, work.locked

    # ------------------------------------------------------------ merging

    def around(self, member_id: int | None) -> Surroundings:
        """What expressions of a record of this member see; the batch has loaded the members."""
        member = None
        if member_id is not None and self.schema.reads_member:
            member = self.author.directory.members([member_id]).get(member_id)
        return surroundings_of(member, self.work.now.astimezone(self.author.workspace.zone))

    def merge(self, parsed: Parsed, row: RecordRow, around: Surroundings) -> dict[str, Any]:
        """The record's values after the request's changes and what follows from them."""
        values = dict(row.values)
        for change in parsed.changes.values():
            # Mirror fields are stored in other records; `links` writes them.
            if is_stored(change.field):
                self._merge_one(change, values, row, parsed)
        # Before the derived fields, which may be computed from the close date.
        enter_stage(self.schema, row.values, values, parsed.changes, self.work.now)
        derive(self.schema, row, values, around)
        return values

    def _merge_one(
        self, change: Change, values: dict[str, Any], row: RecordRow, parsed: Parsed
    ) -> None:
        field, key = change.field, str(change.field.id)
        before = values.get(key)
        after = merged(change, before)
        # A list replaces only the links that its sender could see.
        if field.is_link and field.multiple:
            after = self.links.kept(change, before, after, parsed)
        if field.type.refers_to == "attachment":
            self._check_files(parsed, row, change, set(after or ()).difference(before or ()))
        if after is not None:
            values[key] = after
        # A field that was blank already is not changed, and not refused.
        elif before is not None:
            check_may_be_blank(change, parsed)
            del values[key]

    def _check_files(
        self, parsed: Parsed, row: RecordRow, change: Change, added: Collection[int]
    ) -> None:
        """Values refer to the record's own files, or to files that belong to no record yet."""
        if not all(self._may_refer(row, key) for key in added):
            message = "Only files of the record itself can be its values: upload them to it."
            parsed.refuse(change.field, change.position, "value", "does_not_exist", message)

    def _may_refer(self, row: RecordRow, key: int) -> bool:
        resolved, given = self.parsed_requests.resolved, self.work.given_files
        if key in resolved.others_files or given.get(key, row) is not row:
            return False
        return resolved.attachment_owners.get(key) in (None, row.id)

    # ------------------------------------------------------------ validations

    def check_validations(
        self,
        parsed: Parsed,
        row: RecordRow,
        values: Mapping[str, Any],
        around: Surroundings,
        *,
        other_member: bool,
    ) -> None:
        """The rules hold of the fields that this write concerns: those written, and those whose
        rule names a field that is, or looks at a member who is another one now."""
        refused = {entry.field_id for entry in parsed.problems}
        for spec in self.schema.validated:
            if spec.uuid in refused or not self._is_due(spec, parsed, row, values, other_member):
                continue
            why = broken(spec, self.schema.stored, values, around)
            if why is not None:
                self._refuse_broken(parsed, spec, why)

    def _is_due(
        self,
        spec: FieldSpec,
        parsed: Parsed,
        row: RecordRow,
        values: Mapping[str, Any],
        other_member: bool,
    ) -> bool:
        if not row.version:  # a new record
            return True
        if other_member and rule_reads_member(spec.validation):
            return True
        named = map(self.schema.by_name.get, rule_reads(spec.validation))
        return any(
            parsed.position_of(each) is not None
            or is_other(row.values.get(str(each.id)), values.get(str(each.id)))
            for each in (spec, *named)
            if each is not None
        )

    def _refuse_broken(self, parsed: Parsed, spec: FieldSpec, why: str) -> None:
        if spec.id in self.author.role.hidden_fields:
            parsed.refuse(None, None, "", "invalid", "A field that you cannot see refuses this.")
            return
        message = spec.validation_message or f"The field {spec.display_name!r} refuses this value."
        if why:
            message = f"{message} Its rule cannot be evaluated: {why[:1].lower()}{why[1:]}"
        parsed.refuse(spec, parsed.position_of(spec), "value", "invalid", message)

    # ------------------------------------------------------------ unique values

    def check_unique(
        self, parsed: Parsed, row: RecordRow, values: Mapping[str, Any], settled: Collection[int]
    ) -> list[Overwritten]:
        """No other record holds a unique value this write gives; `settled` fields have been
        checked. Those that were merged into this one give theirs up."""
        given_up: list[Overwritten] = []
        refused = {entry.field_id for entry in parsed.problems}
        for spec in self.schema.unique:
            change = parsed.changes.get(spec.id)
            # One problem per field is enough.
            if change is None or spec.uuid in refused or spec.id in settled:
                continue
            value = values.get(str(spec.id))
            merged = [] if value is None else self._merged_holders(row, spec, value)
            if merged is None:
                message = f"Another record has this {spec.display_name.lower()}."
                parsed.refuse(spec, change.position, "value", "unique", message)
            else:
                given_up += ((holder, spec) for holder in merged)
        return given_up

    def _merged_holders(
        self, row: RecordRow, spec: FieldSpec, value: Any
    ) -> list[RecordRow] | None:
        """The records merged into this one that hold a value of a unique field; None where another
        one holds it."""
        named = [self.locked.unique_holders.get((spec.id, key)) for key in unique_keys(spec, value)]
        others = {id(holder): holder for holder in named if holder not in (None, row, row.id)}
        merged = [
            holder
            for holder in others.values()
            if isinstance(holder, RecordRow) and self.locked.survivor(holder) is row
        ]
        return merged if len(merged) == len(others) else None

    def holders(self, parsed: Parsed) -> list[Holder]:
        """The record that has the identifier a write gives, if any."""
        return [(self.locked.holder_of_identifier(parsed), self.schema.identifier)]

    def overwritten(
        self,
        on_archived: str | None,
        parsed: Parsed,
        row: RecordRow | None,
        holders: Sequence[Holder],
    ) -> list[Overwritten]:
        """The archived records that give their names up to this write; every other holder is noted
        as a problem."""
        found = []
        for holder, key in holders:
            if holder is None or holder is row or key is None:
                continue
            if row is not None and self.locked.survivor(holder) is row:
                found.append((holder, key))  # it was merged into this one
                continue
            refusal = self._refusal_of(holder, key, on_archived)
            if refusal is None:
                found.append((holder, key))
                continue
            code, message = refusal
            parsed.refuse(key, parsed.position_of(key), "value", code, message)
            # Callers decide with this id whether to unarchive or to overwrite the record.
            if code == "archived_conflict":
                parsed.archived_id = self.locked.archived_holder(holder).uuid
        return found

    def _refusal_of(
        self, holder: RecordRow, key: FieldSpec, on_archived: str | None
    ) -> tuple[str, str] | None:
        """Why a record does not give up the value that another takes: a code and a message."""
        label = key.display_name.lower()
        access = access_to(self.author, self.schema, holder.values, holder.member_id)
        if access.view and holder.merged_into is not None:
            if self.locked.stands_in(holder):  # it must not come back beside the one it became
                return "unique", self._merged_message(holder, label)
            holder = self.locked.archived_holder(holder)
            access = access_to(self.author, self.schema, holder.values, holder.member_id)
        # To a caller who cannot see it, an archived record looks like any other.
        if holder.state == RecordState.ACTIVE or not access.view:
            return "unique", f"Another record has this {label}."
        if on_archived != "overwrite":
            return "archived_conflict", f"An archived record has this {label}: {holder.uuid}."
        if not access.edit:
            return (
                "permission_required",
                f"You may not edit the archived record that has this {label}.",
            )
        return None

    def _merged_message(self, holder: RecordRow, label: str) -> str:
        survivor = self.locked.survivor(holder)
        if survivor is not None:
            access = access_to(self.author, self.schema, survivor.values, survivor.member_id)
            if access.view:
                return (
                    f"A record with this {label} was merged into {survivor.uuid}; write to that "
                    "one."
                )
        return f"Another record has this {label}."

    def rename_archived(self, row: RecordRow, key: FieldSpec) -> None:
        """Take a name from an archived record; a value that is not text is removed."""
        values = dict(row.values)
        name = values.pop(str(key.id), "")
        if key.type.text_like:
            values[str(key.id)] = archived_name(name, row.uuid, self.work.now)
        self.work.apply(row, values, "updated")


def enter_stage(
    schema: ObjectSchema,
    before: Mapping[str, Any],
    values: dict[str, Any],
    changes: Mapping[int, Change],
    now: datetime,
) -> None:
    """Entering a won stage closes the record today, unless the request gives another close date."""
    stage, closed = schema.stage_field, schema.by_name.get("actual_close_date")
    if stage is None or closed is None or closed.id in changes:
        return
    entered = values.get(str(stage.id))
    # A record that stays in its stage keeps its close date.
    if entered is None or entered == before.get(str(stage.id)):
        return
    option = stage.options.get(entered)
    if option is not None and option.stage_status == StageStatus.WON:
        values[str(closed.id)] = now.astimezone(closed.zone).date().isoformat()


def derive(
    schema: ObjectSchema, row: RecordRow, values: dict[str, Any], around: Surroundings
) -> None:
    """Compute the fields that are stored but follow from others.

    Those that depend on the moment stay as they are in a write that changes nothing else.
    """
    momentary = []
    for spec in schema.derived:
        if spec.type.reads_now(spec.settings) and str(spec.id) in row.values:
            momentary.append(spec)
        else:
            set_computed(schema, spec, values, around)
    if momentary and is_other(row.values, values):
        for spec in momentary:
            set_computed(schema, spec, values, around)


def set_computed(
    schema: ObjectSchema, spec: FieldSpec, values: dict[str, Any], around: Surroundings
) -> None:
    """Put what a computed field makes of the values among them."""
    computed = compute(schema, spec, values, around)
    if computed is None:
        values.pop(str(spec.id), None)
    else:
        values[str(spec.id)] = computed


# ---------------------------------------------------------------- one value


def merged(change: Change, current: Any) -> Any:
    """The stored value after a change whose references are resolved; None for a blank."""
    if change.value is not UNSET:
        return change.value
    removed = set(change.remove)
    kept = () if current is None else (item for item in current if item not in removed)
    # In order, each value once.
    return list(dict.fromkeys([*kept, *change.add])) or None


def check_required(schema: ObjectSchema, values: Mapping[str, Any], parsed: Parsed) -> None:
    """Every required field has a value; the ones that were not sent are named by id and name."""
    refused = {entry.field_id for entry in parsed.problems}
    for spec in schema.required:
        # A value that was sent and refused is not also missing.
        if values.get(str(spec.id)) is None and spec.uuid not in refused:
            message = f"The field {spec.display_name!r} ({spec.name}) is required."
            parsed.refuse(spec, parsed.position_of(spec), "value", "required", message)


def check_may_be_blank(change: Change, parsed: Parsed) -> None:
    """A value may be cleared unless its field requires one."""
    spec = change.field
    if spec.is_required or not spec.allows_empty:
        part = "remove_values" if change.value is UNSET else "value"
        message = f"The field {spec.display_name!r} ({spec.name}) may not be blank."
        parsed.refuse(spec, change.position, part, "required", message)
