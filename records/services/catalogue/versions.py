"""Versions of definitions, by which every process knows when to recompile, and the locks held while
they change."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from records.models import ObjectType, Workspace


def touch(workspace_id: int, object_ids: Iterable[int] = ()) -> None:
    """Mark definitions as changed: every process recompiles them at its next request.

    Running writes to these objects finish first; later ones wait for the change.
    """
    ids = list(object_ids)
    if ids:
        hold_writers(workspace_id, ids)
    count_up(workspace_id, ids)


def hold_writers(workspace_id: int, object_ids: Iterable[int]) -> None:
    """Lock these objects against writes of records until the transaction ends.

    Needed before a change reads records: it would not see what others have yet to commit.
    """
    rows = ObjectType.objects.select_for_update().filter(
        workspace_id=workspace_id, id__in=object_ids
    )
    # In one order, so that two changes never wait for each other.
    list(rows.order_by("id").values_list("id"))


def count_up(workspace_id: int, object_ids: list[int]) -> None:
    if object_ids:
        rows = ObjectType.objects.filter(workspace_id=workspace_id, id__in=object_ids)
        rows.update(schema_version=F("schema_version") + 1)
    Workspace.objects.filter(id=workspace_id).update(
        definitions_version=F("definitions_version") + 1
    )
