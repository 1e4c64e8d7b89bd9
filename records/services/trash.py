"""The trash: what was deleted and can be brought back, until it is removed for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from records.field_types import FieldSpec
from records.models import Extent, RecordState

from .access import Author, grant_of, visible_condition
from .directory import schema_in_any_state
from .external.forwarding import forwarded
from .lifecycle import address, delete_permanently
from .object_schema import ObjectSchema
from .read import RecordView, view_records
from .record_rows import RECORD_WIDTH, read_record, record_columns
from .save_requests import Mode, SaveRequest, SaveResult
from .sql import Fragment, Row, fetch, moment, moment_column, moment_param
from .write import save_records

BATCH = 500
_TRASH = frozenset({RecordState.DELETED.value})
_THROWN = (
    "(SELECT max(h.history_date) FROM records_historicalrecord h"
    " WHERE h.workspace_id = r.workspace_id AND h.id = r.id AND h.action = 'trashed')"
)


@dataclass(frozen=True, slots=True)
class Trashed:
    """A record in the trash, and since when it is there."""

    view: RecordView
    since: datetime | None


@forwarded
def list_trash(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec], *, offset: int, limit: int
) -> tuple[int, list[Trashed]]:
    """How many records of an object the caller may bring back, and a page of them, the last deleted first."""
    visible, params = _removable(author, schema)
    source = (
        f"FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'deleted' AND {visible}"
    )
    scope = [author.workspace.id, schema.id, *params]
    count = fetch(f"SELECT count(*) {source}", scope)[0][0]
    rows = fetch(
        f"SELECT {record_columns('r')}, {moment_column(_THROWN)} AS thrown {source}"
        " ORDER BY thrown DESC, r.id DESC LIMIT %s OFFSET %s",
        [*scope, limit, offset],
    )
    views = view_records(author, schema, [read_record(row) for row in rows], fields)
    since = [moment(row[RECORD_WIDTH]) for row in rows]
    return count, [Trashed(view, when) for view, when in zip(views, since, strict=True)]


def _removable(author: Author, schema: ObjectSchema) -> Fragment:
    """The records in the trash, under alias `r`, that the caller may see and remove."""
    grant = grant_of(author, schema)
    least = min(grant.view, grant.remove, key=(Extent.NONE, Extent.OWN, Extent.ALL).index)
    role = replace(author.role, grants={schema.id: replace(grant, view=least)})
    return visible_condition(replace(author, role=role), schema, "r", live=False)


def purge_record(author: Author, schema: ObjectSchema, record_uuid: UUID | str) -> SaveResult:
    """Remove a record in the trash for good."""
    return delete_permanently(author, schema, address(record_uuid), states=_TRASH)


def purge_trash(author: Author, kept: timedelta) -> int:
    """Remove for good what has been in a workspace's trash for longer than this, batch by batch; the number of it.

    The author must be an admin. What another process brings back or removes meanwhile is left alone.
    """
    before, removed, last = timezone.now() - kept, 0, 0
    while rows := _find_old(author.workspace.id, before, last):
        by_object: dict[int, list[int]] = {}
        for record_id, object_id in rows:
            by_object.setdefault(object_id, []).append(record_id)
        for object_id, ids in by_object.items():
            schema = schema_in_any_state(author.directory, object_id)
            requests = [SaveRequest(Mode.DELETE_PERMANENTLY, record_id=key, states=_TRASH) for key in ids]
            removed += sum(isinstance(outcome, SaveResult) for outcome in save_records(author, schema, requests))
        last = rows[-1][0]
    return removed


def _find_old(workspace_id: int, before: datetime, last: int) -> list[Row]:
    """(record, object) of the next records that were thrown away before a moment."""
    return fetch(
        "SELECT r.id, r.object_id FROM records_record r WHERE r.workspace_id = %s AND r.state = 'deleted'"
        f" AND r.id > %s AND {_THROWN} < %s ORDER BY r.id LIMIT {BATCH}",
        [workspace_id, last, moment_param(before)],
    )
