"""Archived records: listing them, and reading a record in any state."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from records.exceptions import NotFound
from records.field_types import FieldSpec
from records.services.access import Author, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import Fragment, fetch, fetch_value, uuid_param
from records.services.storage import (
    RecordRow,
    read_record,
    read_with_summary,
    record_columns,
    summary_columns,
)

from .merged_records import REMAINING, survivors_of
from .record_views import RecordView, view_records


def list_archived(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec], *, offset: int, limit: int
) -> tuple[int, list[RecordView]]:
    """The number of archived records that the caller may see, and a page of them, the last changed
    first."""
    visible, params = visible_condition(author, schema, "r", live=False)
    source = (
        "FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = "
        f"'archived' AND {visible}"
    )
    scope = [author.workspace.id, schema.id, *params]
    count = fetch_value(f"SELECT count(*) {source}", scope)
    rows = fetch(
        f"SELECT {record_columns('r')} {source} ORDER BY r.updated_at DESC, r.id DESC LIMIT "
        "%s OFFSET %s",
        [*scope, limit, offset],
    )
    return count, view_records(author, schema, [read_record(row) for row in rows], fields)


def get_record_in_any_state(
    author: Author, schema: ObjectSchema, record_uuid: UUID | str, fields: Sequence[FieldSpec]
) -> RecordView:
    """A record the caller may see, live or archived, with its figures; for a merged one that which
    it has become, for as long as there is one. NotFound for any other."""
    chosen = ("r.uuid = %s", [uuid_param(record_uuid)])
    found = _read(author, schema, chosen)
    ends = survivors_of(author, schema, found, REMAINING)
    if ends:
        found = _read(author, schema, ("r.id = %s", list(ends.values())))
    if not found:
        raise NotFound
    (view,) = view_records(author, schema, found, fields)
    # The same answer as for no record: an id must not reveal a hidden one.
    if not view.access.view:
        raise NotFound
    return view


def _read(author: Author, schema: ObjectSchema, chosen: Fragment) -> list[RecordRow]:
    condition, params = chosen
    counted, count_params = summary_columns(schema, "r", lead_sources=True)
    rows = fetch(
        f"SELECT {record_columns('r')}, {counted} FROM records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND {condition} AND r.state <> 'deleted'",
        [*count_params, author.workspace.id, schema.id, *params],
    )
    return list(map(read_with_summary, rows))
