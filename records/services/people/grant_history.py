"""What was granted to a role and withdrawn from it: when, and by whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from records.exceptions import NotAllowed
from records.models import Field, FieldPermission, Member, ObjectPermission, ObjectType
from records.services.access import Definer

NEWEST = 200  # changes that are told
READ = 5000  # rows of each history that are looked at, to tell what was before


@dataclass(frozen=True, slots=True)
class GrantEvent:
    """A change of what a role may do with the records of an object, or with a field; `before` and
    `after` in words, empty for no row."""

    moment: datetime
    who: str
    what: str
    before: str
    after: str
    reason: str


def grant_history(author: Definer, role_id: int) -> list[GrantEvent]:
    """The newest changes of a role's grants, the newest first; also of a role that is gone."""
    if not author.may_define:
        raise NotAllowed("Only workspace admins may read the history of grants.")
    workspace_id = author.workspace.id
    objects = _rows(workspace_id, role_id, ObjectPermission, "object_id")
    fields = _rows(workspace_id, role_id, FieldPermission, "field_id")
    changes = [*_changes(objects, _grant_words), *_changes(fields, _switch_words)]
    changes.sort(key=lambda change: (change[0].history_date, change[0].history_id), reverse=True)
    changes = changes[:NEWEST]
    names = _object_names(workspace_id, changes) | _field_names(workspace_id, changes)
    people = _people(workspace_id, {row.history_user_id for row, _, _ in changes})
    return [
        GrantEvent(
            row.history_date.astimezone(author.workspace.zone),
            people.get(row.history_user_id, ""),
            names.get(_thing(row), "something that is gone"),
            before,
            after,
            row.history_change_reason or "",
        )
        for row, before, after in changes
    ]


_Change = tuple[Any, str, str]  # a row of a history, and what was before and is after it


def _rows(workspace_id: int, role_id: int, model: Any, subject: str) -> Sequence[Any]:
    rows = model.history.filter(workspace_id=workspace_id, role_id=role_id)
    return list(reversed(rows.order_by("-history_id")[:READ]))


def _changes(rows: Sequence[Any], words: Any) -> Iterator[_Change]:
    """Each change in the order in which they were made; the first rows of a role whose history is
    longer than is read do not tell what was before."""
    held: dict[tuple[str, int], str] = {}
    for row in rows:
        after = "" if row.history_type == "-" else words(row)
        yield row, held.get(_thing(row), ""), after
        held[_thing(row)] = after


def _thing(row: Any) -> tuple[str, int]:
    is_object = hasattr(row, "object_id")
    return ("object", row.object_id) if is_object else ("field", row.field_id)


def _grant_words(row: Any) -> str:
    rights = (f"{right} {getattr(row, right)}" for right in ("view", "edit", "remove"))
    return ", ".join([*(["create"] if row.create else []), *rights])


def _switch_words(row: Any) -> str:
    if not row.view:
        return "not visible"
    return "visible" if row.edit else "visible, not changeable"


def _object_names(workspace_id: int, changes: Sequence[_Change]) -> dict[tuple[str, int], str]:
    keys = {key for kind, key in map(_thing, (row for row, _, _ in changes)) if kind == "object"}
    rows = ObjectType.objects.filter(workspace_id=workspace_id, id__in=keys)
    return {("object", key): name for key, name in rows.values_list("id", "object_name")}


def _field_names(workspace_id: int, changes: Sequence[_Change]) -> dict[tuple[str, int], str]:
    keys = {key for kind, key in map(_thing, (row for row, _, _ in changes)) if kind == "field"}
    rows = Field.objects.filter(workspace_id=workspace_id, id__in=keys)
    named = rows.values_list("id", "object__object_name", "display_name")
    return {("field", key): f"{owner}: {label}" for key, owner, label in named}


def _people(workspace_id: int, users: set[int | None]) -> dict[int | None, str]:
    """Who they are: members by name, others, such as operators, by their user's."""
    known = {user for user in users if user is not None}
    found: dict[int | None, str] = {
        user.pk: user.get_username() for user in get_user_model().objects.filter(pk__in=known)
    }
    members = Member.objects.filter(workspace_id=workspace_id, user_id__in=known)
    return found | {member.user_id: str(member) for member in members}
