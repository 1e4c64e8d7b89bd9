"""Taking an operation back, a batch of its rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction

from records.exceptions import InvalidValues, RecordsError, Unavailable
from records.services.access import Author, renewed
from records.services.catalogue import ObjectSchema
from records.services.database import in_ids
from records.services.merging import RELINKED
from records.services.storage import RecordRow, lock_with_definition
from records.services.writing import Outcome, SaveRequest, save_records

from .effects import Effect, load_effects
from .merge_rights import out_of_reach
from .operation_rows import Sight, first_key, newest_rows, sight_of, touched_objects
from .undo_plans import Left, Plan, Planner
from .unmerging import Undoing, follow_merges, turned_merges

BATCH = 500


@dataclass(slots=True)
class Undone:
    """What a batch did: where the next one begins (None: nowhere), how many rows it has looked at,
    how many records it has changed, the writes by what they did, and what was left."""

    position: int | None
    rows: int = 0
    records: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    left: list[Left] = field(default_factory=list)


class _TakenBack(Exception):
    """Rolls a savepoint back."""


def undo_batch(author: Author, undoing: Undoing, position: int) -> Undone:
    """Take back the newest rows of an operation below a key (0: from the newest on), in the open
    transaction.

    Newest first: what a record took from another is free again when that gets it back. A record is
    treated as a whole with its newest row.
    """
    sight = sight_of(author)
    touched = touched_objects(author.workspace.id, undoing.operation)
    rows = newest_rows(sight, undoing.operation, touched, position or None, BATCH)
    undone = Undone(rows[-1][0] if len(rows) == BATCH else None, len(rows))
    by_object: dict[int, dict[int, int]] = {}
    for key, object_id, record_id in rows:
        by_object.setdefault(object_id, {}).setdefault(record_id, key)
    first = first_key(author.workspace.id, undoing.operation, touched)
    for object_id, newest in by_object.items():
        _undo_records(author, sight, object_id, undoing, newest, first, undone)
    return undone


def _undo_records(
    author: Author,
    sight: Sight,
    object_id: int,
    undoing: Undoing,
    newest: Mapping[int, int],
    first: int,
    undone: Undone,
) -> None:
    """Take back what the operation did to these records; `newest` has the newest row of each in
    this batch."""
    author, schema, held = _locked(author, sight.schemas[object_id], newest)
    effects = load_effects(author.workspace.id, str(undoing.operation), newest, first)
    # One whose newest row came before was treated then.
    mine = {
        key: effect for key, effect in effects.items() if effect.after.history_id == newest[key]
    }
    planner = Planner(author, schema, undoing.mode, mine)
    planner.load(mine)
    plans: dict[int, Plan] = {}
    for key in newest:  # in this order the records give up and take what is unique
        effect = mine.get(key)
        if effect is not None:
            _plan(planner, schema, held.get(key), effect, plans, undone.left)
    _keep_merges(author, schema, undoing, mine, plans, held)
    for plan in plans.values():
        undone.left += plan.left
    _carry_out(author, schema, undoing, plans, undone)
    turned = turned_merges(mine, plans)
    if turned:
        moved, left = follow_merges(author, sight, schema, undoing, turned)
        undone.left += left
        if moved:
            undone.counts[RELINKED] += moved
            undone.records += moved


def _keep_merges(
    author: Author,
    schema: ObjectSchema,
    undoing: Undoing,
    effects: Mapping[int, Effect],
    plans: dict[int, Plan],
    held: Mapping[int, RecordRow],
) -> None:
    """Empty the plans of merges that the caller may not turn; what they would have done is
    left."""
    turned = turned_merges(effects, plans)
    turning = {**turned.restored, **turned.merged}
    for key in out_of_reach(author, schema, undoing.operation, effects, turning, held):
        plan = plans.get(key)
        if plan is None or not plan.requests():
            continue
        left = Left(schema.id, key, None, "permission_required")
        row = plan.row
        plans[key] = Plan(row, state=row.state, cancelled=row.cancelled_at is not None, left=[left])


def _plan(
    planner: Planner,
    schema: ObjectSchema,
    row: RecordRow | None,
    effect: Effect,
    plans: dict[int, Plan],
    left: list[Left],
) -> None:
    if row is not None:
        plans[row.id] = planner.plan(row, effect)
    elif effect.erased:
        left.append(Left(schema.id, effect.after.id, None, "deleted_permanently"))


def _locked(
    author: Author, schema: ObjectSchema, records: Iterable[int]
) -> tuple[Author, ObjectSchema, dict[int, RecordRow]]:
    """The records, locked like those of any write, and the definition as it stays from now on."""
    definition, rows = lock_with_definition(schema, in_ids("r.id", records))
    if definition.version != schema.version:
        author = renewed(author)
        schema = author.directory.schema(schema.id)
    return author, schema, {row.id: row for row in rows}


def _carry_out(
    author: Author,
    schema: ObjectSchema,
    undoing: Undoing,
    plans: dict[int, Plan],
    undone: Undone,
) -> None:
    """Write what is planned. What is refused is left, and the rest is written again without it: a
    record gets all of the rest, or nothing."""
    while True:
        requests = [(plan, request) for plan in plans.values() for request in plan.requests()]
        if not requests:
            return
        outcomes: Sequence[Outcome] = ()
        refused = False
        try:
            with transaction.atomic():
                outcomes = save_records(author, schema, [request for _, request in requests])
                refused = any(isinstance(outcome, RecordsError) for outcome in outcomes)
                if refused or undoing.dry_run:
                    raise _TakenBack
        except _TakenBack:
            pass
        if not refused:
            _count(requests, outcomes, undone)
            return
        for (plan, request), outcome in zip(requests, outcomes, strict=True):
            if isinstance(outcome, RecordsError) and plan.row.id in plans:
                undone.left += _drop(schema, plans, plan, request, outcome)


def _drop(
    schema: ObjectSchema,
    plans: dict[int, Plan],
    plan: Plan,
    request: SaveRequest,
    refusal: RecordsError,
) -> list[Left]:
    """Take out of the plans what was refused: fields, or the whole record where it is not about
    fields."""
    if isinstance(refusal, Unavailable):
        raise refusal
    fields: dict[int, str] = {}
    if isinstance(refusal, InvalidValues) and not refusal.general and request.changes:
        for entry in refusal.entries:
            spec = schema.by_uuid.get(entry.field_id)
            if spec is not None and spec.id in plan.changes:
                fields[spec.id] = entry.problems[0].code
    if not fields:
        del plans[plan.row.id]
        return [Left(schema.id, plan.row.id, None, refusal.code)]
    plans[plan.row.id] = replace(
        plan,
        changes={key: change for key, change in plan.changes.items() if key not in fields},
    )
    return [Left(schema.id, plan.row.id, key, code) for key, code in fields.items()]


def _count(
    requests: Sequence[tuple[Plan, SaveRequest]], outcomes: Sequence[Outcome], undone: Undone
) -> None:
    changed = set()
    for (plan, _), outcome in zip(requests, outcomes, strict=True):
        action = getattr(outcome, "action", "unchanged")
        if action != "unchanged":
            undone.counts[action] += 1
            changed.add(plan.row.id)
    undone.records += len(changed)
