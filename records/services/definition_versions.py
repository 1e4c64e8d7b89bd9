"""The versions of definitions, which tell every process when to compile them anew, and who waits while they change."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F

from records.models import ObjectType, Workspace


def touch(workspace_id: int, object_ids: Iterable[int] = ()) -> None:
    """Definitions changed: every process compiles them anew at its next request.

    Writers who are at work on these objects finish first; those who come later wait for the change.
    """
    ids = list(object_ids)
    if ids:
        hold_writers(workspace_id, ids)
    count_up(workspace_id, ids)


def hold_writers(workspace_id: int, object_ids: Iterable[int]) -> None:
    """From here to the end of the transaction nobody writes records of these objects.

    Needed before a change looks at records: what was not committed when it looked could not be seen.
    """
    rows = ObjectType.objects.select_for_update().filter(workspace_id=workspace_id, id__in=object_ids)
    list(rows.order_by("id").values_list("id"))


def count_up(workspace_id: int, object_ids: list[int]) -> None:
    if object_ids:
        rows = ObjectType.objects.filter(workspace_id=workspace_id, id__in=object_ids)
        rows.update(schema_version=F("schema_version") + 1)
    Workspace.objects.filter(id=workspace_id).update(definitions_version=F("definitions_version") + 1)
