"""Records out of sight: finding them again, and reading one whatever its state."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from records.exceptions import NotFound
from records.field_types import FieldSpec

from .access import Author, visible_condition
from .external.forwarding import forwarded
from .object_schema import ObjectSchema
from .read import RecordView, view_records
from .record_rows import RECORD_WIDTH, read_record, record_columns
from .sql import fetch, uuid_param
from .summary import read_summary, summary_columns


@forwarded
def list_archived(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec], *, offset: int, limit: int
) -> tuple[int, list[RecordView]]:
    """How many archived records of an object the caller may see, and a page of them, the last changed first."""
    visible, params = visible_condition(author, schema, "r", live=False)
    source = (
        f"FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'archived' AND {visible}"
    )
    scope = [author.workspace.id, schema.id, *params]
    count = fetch(f"SELECT count(*) {source}", scope)[0][0]
    rows = fetch(
        f"SELECT {record_columns('r')} {source} ORDER BY r.updated_at DESC, r.id DESC LIMIT %s OFFSET %s",
        [*scope, limit, offset],
    )
    return count, view_records(author, schema, [read_record(row) for row in rows], fields)


@forwarded
def get_record_in_any_state(
    author: Author, schema: ObjectSchema, record_uuid: UUID | str, fields: Sequence[FieldSpec]
) -> RecordView:
    """A record the caller may see, live or archived, with its figures; NotFound for any other."""
    counted, count_params = summary_columns(schema, "r", lead_sources=True)
    rows = fetch(
        f"SELECT {record_columns('r')}, {counted} FROM records_record r"
        " WHERE r.workspace_id = %s AND r.object_id = %s AND r.uuid = %s AND r.state <> 'deleted'",
        [*count_params, author.workspace.id, schema.id, uuid_param(record_uuid)],
    )
    if not rows:
        raise NotFound
    row = read_record(rows[0])
    row.summary = read_summary(rows[0][RECORD_WIDTH:])
    view = view_records(author, schema, [row], fields)[0]
    if not view.access.view:
        raise NotFound
    return view
