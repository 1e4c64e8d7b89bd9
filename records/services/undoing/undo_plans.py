"""What it takes to give one record back what an operation has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from records.field_types import FieldSpec, InvalidValue
from records.models import RecordState
from records.services.access import Author, may_write
from records.services.catalogue import ObjectSchema
from records.services.storage import ExternalKey, RecordRow, find_merged
from records.services.writing import (
    NO_ATTRIBUTES,
    Attributes,
    Change,
    Mode,
    SaveRequest,
    is_other,
)

from .effects import Effect
from .former_values import FormerValues, Wanted, is_kept_by_callers
from .operation_rows import LedgerRow

CHANGED_SINCE = "changed_since"
HAS_MERGED = "has_merged"
ACTIVE, ARCHIVED, DELETED = (
    RecordState.ACTIVE.value,
    RecordState.ARCHIVED.value,
    RecordState.DELETED.value,
)


class UndoMode(StrEnum):
    """What is done with what has been changed since."""

    SAFE = "safe"  # it stays, and is listed
    FORCE = "force"


@dataclass(frozen=True, slots=True)
class Left:
    """A field, or the record as a whole, that stays as it is, and why."""

    object_id: int
    record_id: int
    field_id: int | None
    code: str


@dataclass(slots=True)
class Plan:
    """What is written to one record, and what is left as it is."""

    row: RecordRow
    changes: dict[int, Change] = field(default_factory=dict)
    attributes: Attributes = NO_ATTRIBUTES
    state: str = ACTIVE
    merged_into: int | None = None
    unmerges: bool = False
    cancelled: bool = False
    left: list[Left] = field(default_factory=list)

    @property
    def comes_back(self) -> bool:
        """Whether the record is away and does not stay where it is, if only to go elsewhere."""
        return self.row.state not in (ACTIVE, self.state)

    def requests(self) -> list[SaveRequest]:
        """The writes, in the order in which each finds the record in the state it needs."""
        row = self.row
        state = ACTIVE if self.comes_back else row.state  # while it is changed
        found = []
        if row.cancelled_at is not None and not self.cancelled:
            found.append(self._move(Mode.REOPEN, row.state))
        if self.comes_back:
            mode = Mode.RESTORE if row.state == DELETED else Mode.UNARCHIVE
            found.append(SaveRequest(mode, row.uuid, unmerges=self.unmerges))
        if self.changes or self.attributes is not NO_ATTRIBUTES:
            found.append(
                SaveRequest(
                    Mode.UPDATE,
                    row.uuid,
                    changes=list(self.changes.values()),
                    attributes=self.attributes,
                )
            )
        if self.cancelled and row.cancelled_at is None:
            found.append(self._move(Mode.CANCEL, state))
        if self.state != state:
            found.append(self._removal())
        return found

    def _move(self, mode: Mode, state: str) -> SaveRequest:
        # Archived records can be cancelled and reopened, too.
        return SaveRequest(mode, self.row.uuid, states=frozenset({state}))

    def _removal(self) -> SaveRequest:
        if self.merged_into is not None:
            return SaveRequest(Mode.MERGE, self.row.uuid, merged_into=self.merged_into)
        return SaveRequest(Mode.TRASH if self.state == DELETED else Mode.ARCHIVE, self.row.uuid)


class Planner:
    """Makes plans for the records of one object."""

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        mode: UndoMode,
        effects: Mapping[int, Effect] | None = None,
    ) -> None:
        self.author, self.schema = author, schema
        self.safe = mode == UndoMode.SAFE
        known = (effects or {}).values()
        merges = any(effect.merged or effect.unmerged for effect in known)
        self._absorbing: frozenset[int] = frozenset()
        self.former = FormerValues(author, schema, of_merges=merges)
        self._ignored = [
            str(spec.id) for spec in schema.all_fields.values() if not is_kept_by_callers(spec)
        ]

    def load(self, effects: dict[int, Effect]) -> None:
        """Look up what the former values of all these records name."""
        wanted: list[Wanted] = []
        for effect in effects.values():
            if not effect.created:
                for key, (old, _) in effect.changes().items():
                    spec = self.schema.by_id.get(int(key))
                    if spec is not None:
                        wanted.append((spec, old))
        self.former.load(wanted)
        # Where they were brought back since, nothing leads to the record any more.
        absorbing = [key for key, effect in effects.items() if effect.absorbed_later]
        self._absorbing = frozenset(survivor for _, survivor in find_merged(self.schema, absorbing))

    def plan(self, row: RecordRow, effect: Effect) -> Plan:
        """What gives the record back what it had before."""
        plan = Plan(row, state=row.state, cancelled=row.cancelled_at is not None)
        if effect.before is None:
            self._undo_creation(plan, effect)
            self._keep_survivor(plan)
            return plan
        if effect.touched_files:
            self._leave(plan, None, "file")
        self._move(plan, effect.before, effect.after)
        if not effect.unmerged:  # merged again, it leads on
            self._keep_survivor(plan)
        plan.unmerges = effect.merged and row.merged_into == effect.after.merged_into
        if effect.unmerged and plan.state == ARCHIVED:
            # What it gives up to the survivor, it gives up by itself.
            plan.merged_into = effect.before.merged_into
            return plan
        self._change_fields(plan, effect)
        if plan.unmerges and plan.state == ACTIVE:
            self._claim_names(plan, effect)
        plan.attributes = self._attributes(plan, effect.before, effect.after)
        self._keep_what_rests(plan)
        return plan

    def _leave(self, plan: Plan, field_id: int | None, code: str) -> None:
        left = Left(self.schema.id, plan.row.id, field_id, code)
        if left not in plan.left:  # else their number would tell that of hidden fields
            plan.left.append(left)

    def _undo_creation(self, plan: Plan, effect: Effect) -> None:
        """A record that was created is archived, unless it has been put to use."""
        if plan.row.state != ACTIVE:
            return
        since = effect.changed_since(plan.row, self._ignored) if self.safe else []
        if since or (self.safe and _differs(plan.row, effect.after)):
            hidden = self.author.role.hidden_fields
            for key in since:
                # A hidden field is no one's to hear of: the record is left as a whole.
                self._leave(plan, None if int(key) in hidden else int(key), CHANGED_SINCE)
            if not since:
                self._leave(plan, None, CHANGED_SINCE)
            return
        plan.state = ARCHIVED

    def _move(self, plan: Plan, before: LedgerRow, after: LedgerRow) -> None:
        """Archived, deleted and cancelled, or no longer so."""
        row = plan.row
        if before.state != after.state and row.state != before.state:
            if row.state != after.state and self.safe:
                self._leave(plan, None, CHANGED_SINCE)
            else:
                plan.state = before.state
        was, is_now = before.cancelled_at is not None, after.cancelled_at is not None
        if was != is_now:  # whichever of the two it is now, the other was before
            plan.cancelled = was

    def _keep_survivor(self, plan: Plan) -> None:
        """A record that others lead to by now does not go away: they would lead nowhere."""
        if plan.row.state == ACTIVE != plan.state and plan.row.id in self._absorbing:
            plan.state = ACTIVE
            self._leave(plan, None, HAS_MERGED)

    def _claim_names(self, plan: Plan, effect: Effect) -> None:
        """What a merged record has given up to its survivor since, it asks for: who has it now
        keeps it."""
        former = effect.values_left(plan.row)
        apart = {spec.id: spec for spec in self.schema.unique if not spec.is_link}
        if self.schema.identifier is not None:
            apart[self.schema.identifier.id] = self.schema.identifier
        for spec in apart.values():
            old, current = former.get(str(spec.id)), plan.row.values.get(str(spec.id))
            if old is None or spec.id in plan.changes or not is_other(current, old):
                continue
            if spec.id in self.author.role.hidden_fields:
                continue
            code = self._refusal(spec, changed=False)
            if code:
                self._leave(plan, spec.id, code)
            else:
                plan.changes[spec.id] = Change(spec, None, old)

    def _change_fields(self, plan: Plan, effect: Effect) -> None:
        for key, (old, new) in effect.changes().items():
            current = plan.row.values.get(key)
            if not is_other(current, old):
                continue
            spec = self.schema.all_fields.get(int(key))
            if spec is None or not is_kept_by_callers(spec):
                continue  # it follows from others
            # Nobody is told what became of a field they may not see.
            if spec.id in self.author.role.hidden_fields:
                continue
            code = self._refusal(spec, changed=is_other(current, new))
            if code:
                self._leave(plan, spec.id, code)
                continue
            try:
                plan.changes[spec.id] = self.former.change(spec, old, current)
            except InvalidValue as problem:
                self._leave(plan, spec.id, problem.code)
        self.former.complete(plan.changes, plan.row.values)

    def _refusal(self, spec: FieldSpec, *, changed: bool) -> str:
        if spec.id not in self.schema.by_id:
            return "field_deleted"
        if changed and self.safe:
            return CHANGED_SINCE
        if spec.id in self.author.role.locked_fields:
            return "permission_required"
        return "" if may_write(self.author, spec) else "read_only"

    def _attributes(self, plan: Plan, before: LedgerRow, after: LedgerRow) -> Attributes:
        """The external id, the member and the task that the record had."""
        given: dict[str, Any] = {}
        for name, value_of in _ATTRIBUTES.items():
            old, new, current = value_of(before), value_of(after), value_of(plan.row)
            if old == new or current == old:
                continue
            if current != new and self.safe:
                self._leave(plan, None, CHANGED_SINCE)
            else:
                given[name] = old
        # The field that holds the external id sets it by itself.
        spec = self.schema.external_id_field
        if spec is not None and spec.id in plan.changes:
            given.pop("external", None)
        return Attributes(**given) if given else NO_ATTRIBUTES

    def _keep_what_rests(self, plan: Plan) -> None:
        """A record that stays away, or cancelled, cannot be changed: its fields are left."""
        row = plan.row
        code = ""
        if row.state != ACTIVE and not plan.comes_back:
            code = "in_trash" if row.state == DELETED else "archived"
        elif row.cancelled_at is not None and plan.cancelled:
            code = "cancelled"
        if not code:
            return
        for field_id in plan.changes:
            self._leave(plan, field_id, code)
        if plan.attributes is not NO_ATTRIBUTES:
            self._leave(plan, None, code)
        plan.changes, plan.attributes = {}, NO_ATTRIBUTES


def _external(row: LedgerRow | RecordRow) -> ExternalKey | None:
    return None if row.external_id is None else ExternalKey(row.external_source, row.external_id)


_ATTRIBUTES: dict[str, Any] = {
    "external": _external,
    "member_id": lambda row: row.member_id,
    "assignment_task_id": lambda row: row.assignment_task_id,
}


def _differs(row: RecordRow, after: LedgerRow) -> bool:
    """Whether anything beside the values is not as the operation left it."""
    if (row.cancelled_at is None) != (after.cancelled_at is None):
        return True
    return any(value_of(row) != value_of(after) for value_of in _ATTRIBUTES.values())
