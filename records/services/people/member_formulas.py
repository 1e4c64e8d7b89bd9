"""What a change of a member does to the records that tell of them: their formulas are computed
again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from records.field_types import field_types
from records.models import Field, Member
from records.registry import Registry
from records.services.access import Author, Definer, because
from records.services.catalogue import ObjectSchema, member_spec, surroundings_of
from records.services.database import fetch_column, fetch_value
from records.services.writing import recompute_told

BATCH = 500
NEVER = datetime(1, 1, 1, tzinfo=UTC)  # ages do not matter: they change without a write

# Called in the transaction of a change, with the objects whose records have to follow. Who works on
# many records stands above this floor, and registers here.
follow_ups: Registry[Callable[[Definer, Member, Sequence[int]], None]] = Registry(
    "follow-up of a change of a member"
)


def told_facts(row: Member) -> Mapping[str, Any]:
    """What formulas can read of a member."""
    return surroundings_of(member_spec(row), NEVER).member


def objects_telling(row: Member, before: Mapping[str, Any]) -> list[int]:
    """The objects with a formula that reads what has changed of a member since `before`."""
    after = told_facts(row)
    changed = {name for name in after if after[name] != before[name]}
    if not changed:
        return []
    kinds = {kind.computed: kind for kind in field_types.values() if kind.computed}
    formulas = Field.objects.filter(
        workspace_id=row.workspace_id, deleted_at=None, object__archived_at=None, computed__in=kinds
    ).values_list("object_id", "computed", "settings")
    telling = {
        object_id
        for object_id, computed, settings in formulas
        if changed & kinds[computed].member_read(settings)
    }
    return sorted(telling)


def count_told(workspace_id: int, object_id: int, member_id: int) -> int:
    """How many records of an object are a member's, in whatever state."""
    return int(fetch_value(f"SELECT count(*) {_OF_MEMBER}", [workspace_id, object_id, member_id]))


def recompute_formulas(
    author: Author, schema: ObjectSchema, member_id: int, after: int
) -> tuple[int | None, int, int]:
    """Compute the formulas of the member's next records again, behind a primary key: the last of
    them (None: there are no more), how many there were, and how many have changed."""
    keys = fetch_column(
        f"SELECT id {_OF_MEMBER} AND id > %s ORDER BY id LIMIT {BATCH}",
        [schema.workspace_id, schema.id, member_id, after],
    )
    if not keys:
        return None, 0, 0
    named = because(author, "The record's member has changed")
    changed = recompute_told(named, schema, keys)
    return (keys[-1] if len(keys) == BATCH else None), len(keys), len(changed)


_OF_MEMBER = (
    "FROM records_record WHERE workspace_id = %s AND object_id = %s AND member_id = %s"
    " AND merged_into IS NULL"
)
