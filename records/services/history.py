"""Reading the ledger: a record's history, and the record as it once was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from records.exceptions import NotFound
from records.field_types import FieldSpec

from .access import Author, access_to, visible_fields
from .dependents import load_display_names
from .effects import pattern_keys
from .external.forwarding import forwarded
from .naming import display_name
from .object_schema import ObjectSchema
from .plain_values import plain_json
from .read import RecordView, view_records
from .record_rows import RecordRow, read_record, record_columns
from .related import load_related
from .sql import Row, document, fetch, moment, moment_param, uuid_param, uuid_text
from .summary import load_summary

_LEDGER = (
    "h.history_id, h.version, h.action, h.source, h.author, h.api_key, h.request_id, h.operation_id,"
    " h.history_change_reason, h.history_date, h.changes"
)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a write did to one field, as the caller reads values."""

    field: FieldSpec
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One write to a record. `member` is the author's JSON, None where there is none any more."""

    id: int
    version: int
    action: str
    source: str
    member: dict[str, Any] | None
    api_key_id: int | None
    request_id: str
    operation_id: str
    reason: str
    created: datetime | None
    changes: list[FieldChange] = field(default_factory=list)
    member_id: int | None = None


@forwarded
def list_history(
    author: Author, schema: ObjectSchema, record_uuid: UUID | str, *, offset: int, limit: int, plain: bool = False
) -> tuple[int, list[HistoryEntry]]:
    """How many writes a record has had, and a page of them, newest first.

    An archived record's history stays readable for those who may see it. Fields hidden from the caller's role are
    left out, and so are the reasons of writes that changed one. `plain`: values as names and primary keys.
    """
    row = _find_any(author, schema, record_uuid)
    count = fetch(
        "SELECT count(*) FROM records_historicalrecord WHERE workspace_id = %s AND id = %s",
        [author.workspace.id, row.id],
    )[0][0]
    rows = fetch(
        f"SELECT {_LEDGER} FROM records_historicalrecord h WHERE h.workspace_id = %s AND h.id = %s"
        " ORDER BY h.version DESC LIMIT %s OFFSET %s",
        [author.workspace.id, row.id, limit, offset],
    )
    return count, _entries(author, schema, rows, plain)


@forwarded
def get_record_as_of(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    when: datetime,
    fields: Sequence[FieldSpec],
) -> RecordView:
    """The record as it stood at a moment; NotFound when it was not there, or not active, then.

    What its values referred to, and the figures around it, are shown as they are now.
    """
    row = _find_any(author, schema, record_uuid)
    granted = access_to(author, schema, row.values, row.member_id)
    rows = fetch(
        "SELECT version, state, history_date, changes, member_id FROM records_historicalrecord"
        " WHERE workspace_id = %s AND id = %s AND history_date > %s ORDER BY version DESC",
        [author.workspace.id, row.id, moment_param(when)],
    )
    for entry in rows:
        for key, (old, _) in document(entry[3]).items():
            if old is None:
                row.values.pop(key, None)
            else:
                row.values[key] = old
    then = fetch(
        "SELECT version, state, history_date FROM records_historicalrecord"
        " WHERE workspace_id = %s AND id = %s AND history_date <= %s ORDER BY version DESC LIMIT 1",
        [author.workspace.id, row.id, moment_param(when)],
    )
    if not then or then[0][1] != "active":
        raise NotFound
    row.version, row.updated_at = then[0][0], moment(then[0][2])
    row.display_name = _name_of(author, schema, row)
    row.summary = load_summary(schema, row.id)
    return view_records(author, schema, [row], fields, granted)[0]


def _name_of(author: Author, schema: ObjectSchema, row: RecordRow) -> str:
    """The display name that the record's values make."""
    related = pattern_keys(schema, [row], "related_record")
    names = load_display_names(author.workspace.id, related) if related else {}
    members = author.directory.members(pattern_keys(schema, [row], "member"))
    return display_name(schema, row.values, names, {key: member.name for key, member in members.items()})


def _find_any(author: Author, schema: ObjectSchema, record_uuid: UUID | str) -> RecordRow:
    """A record the caller may see, live or archived."""
    rows = fetch(
        f"SELECT {record_columns('r')} FROM records_record r"
        " WHERE r.workspace_id = %s AND r.object_id = %s AND r.uuid = %s AND r.state <> 'deleted'",
        [author.workspace.id, schema.id, uuid_param(record_uuid)],
    )
    row = read_record(rows[0]) if rows else None
    if row is None or not access_to(author, schema, row.values, row.member_id).view:
        raise NotFound
    return row


def _entries(author: Author, schema: ObjectSchema, rows: Sequence[Row], plain: bool) -> list[HistoryEntry]:
    changes = [document(row[10]) for row in rows]
    visible = {spec.id: spec for spec in visible_fields(author, schema)}
    deleted = {key: spec for key, spec in schema.all_fields.items() if key not in schema.by_id}
    known = {**deleted, **visible}
    hidden = author.role.hidden_fields
    shown = {key: spec for key, spec in known.items() if key not in hidden}
    states = [RecordRow(0, "", {key: pair[side] for key, pair in diff.items()}) for diff in changes for side in (0, 1)]
    related = load_related(author, schema, states, list(shown.values()))
    members = author.directory.members(row[4] for row in rows if row[4] is not None)

    def read(spec: FieldSpec, stored: Any) -> Any:
        if stored is None:
            return None
        return (plain_json if plain else spec.type.to_json)(spec, stored, related.references)

    entries = []
    for row, diff in zip(rows, changes, strict=True):
        member = members.get(row[4])
        columns: list[Any] = list(row)
        columns[4] = member.json if member is not None else None
        told = all(int(key) in shown for key in diff)  # a reason may name what was changed
        columns[7:10] = uuid_text(row[7]), (told and row[8]) or "", moment(row[9])
        columns[10] = [
            FieldChange(shown[int(key)], read(shown[int(key)], old), read(shown[int(key)], new))
            for key, (old, new) in diff.items()
            if int(key) in shown
        ]
        columns.append(row[4])
        entries.append(HistoryEntry(*columns))
    return entries
