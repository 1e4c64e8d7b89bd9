"""The trash: deleted records, which can be restored until they are permanently deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from records.field_types import FieldSpec
from records.models import Extent
from records.services.access import Author, grant_of, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    Row,
    fetch,
    fetch_value,
    moment,
    moment_column,
    moment_param,
)
from records.services.storage import read_record, record_columns

from .record_views import RecordView, view_records

BATCH = 500
_THROWN = (
    "(SELECT max(h.history_date) FROM records_historicalrecord h"
    " WHERE h.workspace_id = r.workspace_id AND h.id = r.id AND h.action = 'trashed')"
)


@dataclass(frozen=True, slots=True)
class Trashed:
    """A record in the trash, and when it was moved there."""

    view: RecordView
    since: datetime | None


def list_trash(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec], *, offset: int, limit: int
) -> tuple[int, list[Trashed]]:
    """The number of records that the caller may restore, and a page of them, the last deleted
    first."""
    visible, params = removable(author, schema)
    source = (
        "FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = "
        f"'deleted' AND {visible}"
    )
    scope = [author.workspace.id, schema.id, *params]
    count = fetch_value(f"SELECT count(*) {source}", scope)
    rows = fetch(
        f"SELECT {record_columns('r')}, {moment_column(_THROWN)} AS thrown {source}"
        " ORDER BY thrown DESC, r.id DESC LIMIT %s OFFSET %s",
        [*scope, limit, offset],
    )
    views = view_records(author, schema, [read_record(row) for row in rows], fields)
    since = [moment(thrown) for *_, thrown in rows]
    return count, [Trashed(view, when) for view, when in zip(views, since, strict=True)]


def removable(author: Author, schema: ObjectSchema) -> Fragment:
    """The records in the trash, under alias `r`, that the caller may see and remove."""
    grant = grant_of(author, schema)
    # Restoring takes the right to remove, and only visible records can be restored.
    least = min(grant.view, grant.remove, key=(Extent.NONE, Extent.OWN, Extent.ALL).index)
    role = replace(author.role, grants={schema.id: replace(grant, view=least)})
    return visible_condition(replace(author, role=role), schema, "r", live=False)


def find_thrown_before(workspace_id: int, before: datetime, last: int) -> list[Row]:
    """(record, object) of the next records that were moved to the trash before a moment."""
    return fetch(
        "SELECT r.id, r.object_id FROM records_record r WHERE r.workspace_id = %s AND "
        "r.state = 'deleted'"
        f" AND r.id > %s AND {_THROWN} < %s ORDER BY r.id LIMIT {BATCH}",
        [workspace_id, last, moment_param(before)],
    )
