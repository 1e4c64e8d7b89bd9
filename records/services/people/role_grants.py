"""What roles may do, as it is stored: grants on objects, and switches of fields. All changes of it
are written here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils import timezone

from records.exceptions import InvalidInput
from records.models import Extent, Field, FieldPermission, ObjectPermission, ObjectType, Role
from records.services.access import Definer, defining
from records.services.catalogue import Grant, touch
from records.services.database import execute, in_ids

from .permission_levels import RIGHTS, Switch


@dataclass(frozen=True, slots=True)
class RoleGrants:
    """The grants of a role by object, and its switches by field. An object that is absent is not
    granted, a field that is absent follows its object."""

    objects: Mapping[int, Grant] = field(default_factory=dict)
    switches: Mapping[int, Switch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GrantChanges:
    """Grants by object and switches by field that are to be stored instead of what is there; None
    for none."""

    objects: Mapping[int, Grant | None] = field(default_factory=dict)
    switches: Mapping[int, Switch | None] = field(default_factory=dict)


class _Table(NamedTuple):
    """Where one kind of row is kept, by the role and a subject."""

    model: Any
    subject: str
    columns: tuple[str, ...]


_GRANTS = _Table(ObjectPermission, "object", ("create", *RIGHTS))
_SWITCHES = _Table(FieldPermission, "field", ("view", "edit"))


def read_grants(workspace_id: int, role_ids: Collection[int]) -> dict[int, RoleGrants]:
    """What each of these roles may do; two statements."""
    objects: dict[int, dict[int, Grant]] = {key: {} for key in role_ids}
    switches: dict[int, dict[int, Switch]] = {key: {} for key in role_ids}
    known = {"workspace_id": workspace_id, "role_id__in": role_ids}
    for role_id, object_id, *grant in ObjectPermission.objects.filter(**known).values_list(
        "role_id", "object_id", "create", *RIGHTS
    ):
        objects[role_id][object_id] = Grant(*grant)
    for role_id, field_id, view, edit in FieldPermission.objects.filter(**known).values_list(
        "role_id", "field_id", "view", "edit"
    ):
        switches[role_id][field_id] = Switch(view, edit)
    return {key: RoleGrants(objects[key], switches[key]) for key in role_ids}


@defining
def change_grants(author: Definer, role: Role, changes: GrantChanges) -> None:
    """Change what a role may do; InvalidInput for what the workspace does not have."""
    if not Role.objects.filter(workspace_id=author.workspace.id, id=role.id).exists():
        raise InvalidInput("there is no such role.", "does_not_exist", at="role")
    _check_known(author, ObjectType, changes.objects, "object")
    _check_known(author, Field, changes.switches, "field")
    write_grants(author, role.id, changes)


def _check_known(author: Definer, model: Any, keys: Collection[int], what: str) -> None:
    # Interfaces may pass rows found by primary key; another workspace's look like missing ones.
    found = model.objects.filter(workspace_id=author.workspace.id, id__in=keys).count()
    if found < len(keys):
        raise InvalidInput(f"there is no such {what}.", "does_not_exist", at=what)


def write_grants(author: Definer, role_id: int, changes: GrantChanges) -> None:
    """Store what differs, in a change of definitions; the number of statements does not grow."""
    for grant in changes.objects.values():
        _check_extents(grant)
    stored = read_grants(author.workspace.id, [role_id])[role_id]
    written = _write(author, role_id, _GRANTS, stored.objects, changes.objects)
    written |= _write(author, role_id, _SWITCHES, stored.switches, changes.switches)
    if written:
        touch(author.workspace.id)


def _check_extents(grant: Grant | None) -> None:
    for right in RIGHTS if grant is not None else ():
        if getattr(grant, right) not in Extent.values:
            raise InvalidInput(f"expected one of {', '.join(Extent.values)}.", at=right)


def _write(
    author: Definer,
    role_id: int,
    table: _Table,
    stored: Mapping[int, Any],
    wanted: Mapping[int, Any],
) -> bool:
    """Store the rows of one table that differ from what is wanted; whether any does."""
    differing = {at: new for at, new in wanted.items() if new != stored.get(at)}
    rows = {
        at: table.model(
            workspace_id=author.workspace.id,
            role_id=role_id,
            **{f"{table.subject}_id": at},
            **{column: getattr(new, column) for column in table.columns},
        )
        for at, new in differing.items()
        if new is not None
    }
    table.model.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["workspace", "role", table.subject],
        update_fields=table.columns,
    )
    _keep(author, table.model, [row for at, row in rows.items() if at not in stored], "+")
    _keep(author, table.model, [row for at, row in rows.items() if at in stored], "~")
    if gone := differing.keys() - rows.keys():
        _remove(author, role_id, table, gone)
    return bool(differing)


def _remove(author: Definer, role_id: int, table: _Table, gone: Set[int]) -> None:
    rows = table.model.objects.filter(workspace_id=author.workspace.id, role_id=role_id)
    removed = [row for row in rows if getattr(row, f"{table.subject}_id") in gone]
    condition, params = in_ids("id", [row.id for row in removed])
    execute(
        f"DELETE FROM {table.model._meta.db_table} WHERE workspace_id = %s AND {condition}",
        [author.workspace.id, *params],
    )
    _keep(author, table.model, removed, "-")


def _keep(author: Definer, model: Any, rows: Sequence[Any], kind: str) -> None:
    """Rows of the history, as simple-history writes them one by one."""
    history = model.history.model
    now = timezone.now()
    history.objects.bulk_create(
        history(
            history_date=now,
            history_type=kind,
            history_user_id=author.user_id,
            history_change_reason=author.reason or None,
            **{column.attname: getattr(row, column.attname) for column in history.tracked_fields},
        )
        for row in rows
    )
