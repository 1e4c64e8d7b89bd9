"""What has happened to objects, categories, fields and options, from their histories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from records.services.access import Author, has_scope
from records.services.database import (
    Fragment,
    fetch,
    is_postgresql,
    moment,
    moment_column,
    uuid_column,
    uuid_text,
)

from .cursors import BEGINNING, Place
from .epochs import HISTORIES

KINDS = ("object", "category", "field", "option")
_DONE = {"+": "created", "~": "changed", "-": "removed"}  # simple-history's


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """What was created, changed or removed. `name` is the API name or code, empty for a category;
    `label` what people read. `slug` is the name as the Workspace API spells it."""

    kind: str
    change: str
    key: int
    uuid: str
    name: str
    label: str
    slug: str = ""

    @property
    def content(self) -> dict[str, str]:
        """What it is, as JSON, by its UUID."""
        return {
            "kind": self.kind,
            "change": self.change,
            "id": self.uuid,
            "name": self.name,
            "label": self.label,
        }


class Definition(NamedTuple):
    """A row of the histories. `field_id` is the field's, or that of the option's field; `is_told`
    is false for options that records made, which are values."""

    source: int
    position: int
    key: int
    kind: str
    object_id: int
    object_name: str
    object_slug: str
    field_id: int | None
    admin_only: bool
    is_told: bool
    created: datetime | None
    member_id: int | None
    what: DefinitionChange

    @property
    def place(self) -> Place:
        return Place(self.position, self.key)


# Of each history: the object, the field, whether for admins only, whether it is part of the
# definition, API name, label, whether it is gone, and what is joined.
_COLUMNS = (
    ("h.id", "NULL", "FALSE", "TRUE", "h.name", "h.object_name", "h.archived_at IS NOT NULL", ""),
    ("h.object_id", "NULL", "FALSE", "TRUE", "''", "h.name", "FALSE", ""),
    (
        "h.object_id",
        "h.id",
        "h.is_admin_only",
        "TRUE",
        "h.name",
        "h.display_name",
        "h.deleted_at IS NOT NULL",
        "",
    ),
    (
        "x.object_id",
        "x.id",
        "x.is_admin_only",
        "h.by_hand",
        "h.code",
        "h.name",
        "h.deleted_at IS NOT NULL",
        " JOIN records_field x ON x.id = h.field_id AND x.workspace_id = h.workspace_id",
    ),
)


def read_definitions(
    workspace_id: int,
    after: Sequence[Place],
    horizon: int,
    limit: int,
) -> list[list[Definition]]:
    """The next rows of each history, at most `limit` of each; one statement."""
    parts, params = [], []
    for source, place in enumerate(after):
        sql, more = _part(source, place, horizon)
        parts.append(f"SELECT * FROM ({sql} LIMIT %s) AS h{source}")
        params += [workspace_id, *more, limit]
    found: list[list[Definition]] = [[] for _ in after]
    for row in fetch(" UNION ALL ".join(parts) + " ORDER BY 1, 2, 3", params):
        definition = _definition(row)
        found[definition.source].append(definition)
    return found


def read_definition(workspace_id: int, source: int, key: int) -> Definition | None:
    """One row of a history; one statement."""
    rows = fetch(
        f"{_selected(source)} WHERE h.workspace_id = %s AND h.history_id = %s", [workspace_id, key]
    )
    return _definition(rows[0]) if rows else None


def _part(source: int, after: Place, horizon: int) -> Fragment:
    behind, params = (
        ("(h.feed_position, h.history_id) > (%s, %s) AND h.feed_position < %s", [*after, horizon])
        if is_postgresql()
        else ("h.history_id > %s", [after.key])
    )
    return (
        f"{_selected(source)} WHERE h.workspace_id = %s AND {behind}"
        f" ORDER BY {'h.feed_position, ' if is_postgresql() else ''}h.history_id"
    ), params


def _selected(source: int) -> str:
    owner, field, admin_only, told, name, label, gone, joined = _COLUMNS[source]
    field = "CAST(NULL AS bigint)" if field == "NULL" else field
    position = "h.feed_position" if is_postgresql() else "0"
    return (
        f"SELECT {source} AS source, {position} AS position, h.history_id AS key,"
        f" {owner} AS object_id, o.name AS object_name, o.slug AS object_slug,"
        f" {field} AS field_id,"
        f" {admin_only} AS admin_only, {told} AS told,"
        f" {moment_column('h.history_date')} AS created, m.id AS member_id, h.history_type,"
        f" {gone} AS gone, h.id AS what, {uuid_column('h.uuid')} AS uuid, {name} AS name,"
        f" {label} AS label, {'h.slug' if KINDS[source] == 'object' else name} AS slug"
        f" FROM {HISTORIES[source]} h{joined}"
        f" LEFT JOIN records_objecttype o ON o.id = {owner} AND o.workspace_id = h.workspace_id"
        " LEFT JOIN records_member m ON m.workspace_id = h.workspace_id"
        " AND m.user_id = h.history_user_id"
    )


def _definition(row: tuple[Any, ...]) -> Definition:
    source, position, key, object_id, object_name, object_slug, *more = row
    field_id, admin_only, told, created, member_id, done, gone, what, uuid, name, label, slug = more
    kind = KINDS[source]
    return Definition(
        source,
        position,
        key,
        kind,
        object_id,
        object_name or name,
        object_slug or object_name or name,
        field_id,
        bool(admin_only),
        bool(told),
        moment(created),
        member_id,
        DefinitionChange(
            kind,
            "removed" if gone else _DONE[done],
            what,
            uuid_text(uuid),
            name,
            label,
            slug or name,
        ),
    )


def newest_definitions(workspace_id: int, horizon: int) -> tuple[Place, ...]:
    """The last final row of each history; one statement."""
    on_postgresql = is_postgresql()
    parts = [
        f"SELECT * FROM (SELECT {source} AS source,"
        f" {'h.feed_position' if on_postgresql else '0'} AS position, h.history_id AS key"
        f" FROM {table} h WHERE h.workspace_id = %s"
        + (
            " AND h.feed_position < %s ORDER BY h.feed_position DESC,"
            if on_postgresql
            else " ORDER BY"
        )
        + f" h.history_id DESC LIMIT 1) AS h{source}"
        for source, table in enumerate(HISTORIES)
    ]
    params = [workspace_id, horizon] if on_postgresql else [workspace_id]
    places = dict.fromkeys(range(len(HISTORIES)), BEGINNING)
    for source, position, key in fetch(" UNION ALL ".join(parts), params * len(HISTORIES)):
        places[source] = Place(position, key)
    return tuple(places.values())


def told_definition(author: Author, found: Definition) -> bool:
    """Whether the caller may know of the change: they may see the object, and a field is not hidden
    from them."""
    if not found.is_told:
        return False
    # The stored role: the Workspace API extends the author's own to the member's records.
    role = author.directory.role(author.role.id)
    if not has_scope(author, "datatypes", "read") or not role.grant(found.object_id).any:
        return False
    # The contents of an archived object are out of sight; that it is archived is told.
    if found.kind != "object" and found.object_id not in author.directory.objects:
        return False
    return role.is_admin or not (found.admin_only or found.field_id in role.hidden_fields)
