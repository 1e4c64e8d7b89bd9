"""What goes with a merge that is taken back, or done again: the links of other records, and what
stands beside the records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction

from records.services.access import Author, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import fetch_column, in_ids
from records.services.merging import (
    Kept,
    move_companions,
    relink,
    take_companions_back,
    take_links_back,
)

from .effects import Effect
from .operation_rows import Sight
from .undo_plans import ACTIVE, Left, Plan, UndoMode


@dataclass(frozen=True, slots=True)
class Undoing:
    """An operation to take back, and how; a dry run stores nothing of it."""

    operation: UUID
    mode: UndoMode
    dry_run: bool = False


@dataclass(slots=True)
class Turned:
    """Merged records that have come back, and those that were merged again: by key, each with its
    survivor."""

    restored: dict[int, int] = field(default_factory=dict)
    merged: dict[int, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.restored or self.merged)


def turned_merges(effects: Mapping[int, Effect], plans: Mapping[int, Plan]) -> Turned:
    """The merges that these plans, which have been carried out, took back or did again."""
    turned = Turned()
    for key, plan in plans.items():
        survivor = effects[key].after.merged_into
        if plan.merged_into is not None:
            turned.merged[key] = plan.merged_into
        elif plan.unmerges and plan.state == ACTIVE and survivor is not None:
            turned.restored[key] = survivor
    return turned


def follow_merges(
    author: Author, sight: Sight, schema: ObjectSchema, undoing: Undoing, turned: Turned
) -> tuple[int, list[Left]]:
    """Move links and companions to where they belong now: of how many records, and what was left
    of them, as far as the caller sees it."""
    kept: list[Kept] = []
    with transaction.atomic():
        moved = _follow(author, schema, undoing, turned, kept)
        if undoing.dry_run:
            transaction.set_rollback(True)
    return moved, [
        Left(each.object_id, each.record_id, each.field_id, each.code)
        for each in _in_sight(author, sight, kept)
    ]


def _follow(
    author: Author, schema: ObjectSchema, undoing: Undoing, turned: Turned, kept: list[Kept]
) -> int:
    moved = 0
    again: dict[int, list[int]] = {}
    for key, survivor in turned.merged.items():
        again.setdefault(survivor, []).append(key)
    for survivor, keys in again.items():
        move_companions(author, keys, survivor)
        moved += relink(author, schema, keys, survivor)
    if not turned.restored:
        return moved
    take_companions_back(author, undoing.operation, turned.restored)
    return moved + take_links_back(
        author,
        undoing.operation,
        turned.restored,
        schema=schema,
        force=undoing.mode == UndoMode.FORCE,
        kept=kept,
    )


def _in_sight(author: Author, sight: Sight, kept: Iterable[Kept]) -> list[Kept]:
    """Those of records and fields that the caller sees: nobody is told of others."""
    found = []
    by_object: dict[int, list[Kept]] = {}
    for each in kept:
        by_object.setdefault(each.object_id, []).append(each)
    for schema in sight.schemas.values():
        of_it = by_object.get(schema.id)
        if not of_it:
            continue
        chosen, params = in_ids("r.id", {each.record_id for each in of_it})
        visible, more = visible_condition(author, schema, "r")
        seen = set(
            fetch_column(
                "SELECT r.id FROM records_record r WHERE r.workspace_id = %s"
                f" AND r.state = 'active' AND {chosen} AND {visible}",
                [author.workspace.id, *params, *more],
            )
        )
        hidden = author.role.hidden_fields
        found += [each for each in of_it if each.record_id in seen and each.field_id not in hidden]
    return found
