"""Reading the ledger: a record's history, and the record as it once was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from records.exceptions import NotFound
from records.field_types import FieldSpec
from records.models import RecordState
from records.services.access import Author, access_to, visible_fields
from records.services.catalogue import MemberSpec, ObjectSchema
from records.services.database import (
    Fragment,
    document,
    fetch,
    fetch_column,
    fetch_value,
    moment,
    moment_param,
    uuid_param,
    uuid_text,
)
from records.services.storage import (
    RecordRow,
    derived_names,
    load_summary,
    read_record,
    record_columns,
    value_changes,
)

from .record_views import RecordView, view_records
from .related import load_related


class WriteRow(NamedTuple):
    """A row of the ledger, as `WRITE_COLUMNS` selects it under the alias `h`."""

    history_id: int
    version: int
    action: str
    source: str
    author: int | None
    api_key: int | None
    request_id: str
    operation_id: Any
    history_change_reason: str | None
    history_date: Any
    changes: Any


WRITE_COLUMNS = ", ".join(f"h.{name}" for name in WriteRow._fields)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What a write did to one field, as the caller reads values."""

    field: FieldSpec
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One write to a record. `member` is the author's JSON; None if the author no longer exists."""

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


def list_history(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    *,
    offset: int,
    limit: int,
    plain: bool = False,
) -> tuple[int, list[HistoryEntry]]:
    """The number of writes to a record, and a page of them, newest first.

    An archived record's history stays readable for callers who may see the record. Fields hidden
    from the caller's role are left out, and so are the reasons of writes that changed one. `plain`:
    values as names and primary keys. The fields of a write are in the object's order.
    """
    row = find_with_history(author, schema, record_uuid)
    count = fetch_value(
        "SELECT count(*) FROM records_historicalrecord WHERE workspace_id = %s AND id = %s",
        [author.workspace.id, row.id],
    )
    rows = fetch(
        f"SELECT {WRITE_COLUMNS} FROM records_historicalrecord h WHERE h.workspace_id = %s"
        " AND h.id = %s ORDER BY h.version DESC LIMIT %s OFFSET %s",
        [author.workspace.id, row.id, limit, offset],
    )
    return count, history_entries(author, schema, [WriteRow(*row) for row in rows], plain)


def get_record_as_of(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    when: datetime,
    fields: Sequence[FieldSpec],
) -> RecordView:
    """The record as it was at a moment; NotFound when it did not exist or was not active then.

    Related records, members and figures are shown as they are now.
    """
    row = find_with_history(author, schema, record_uuid)
    # Rights follow from the record as it is now: its former values may name other members.
    granted = access_to(author, schema, row.values, row.member_id)
    take_back_since(author, row, ("history_date > %s", [moment_param(when)]))
    then = fetch(
        "SELECT version, state, history_date FROM records_historicalrecord"
        " WHERE workspace_id = %s AND id = %s AND history_date <= %s ORDER BY version DESC LIMIT 1",
        [author.workspace.id, row.id, moment_param(when)],
    )
    if not then:  # it was created later
        raise NotFound
    ((version, state, changed),) = then
    if state != RecordState.ACTIVE:
        raise NotFound
    row.version, row.updated_at = version, moment(changed)
    # The ledger has no names: the name is made from the values of that moment.
    (row.display_name,) = derived_names(author.directory, schema, [row])
    row.summary = load_summary(schema, row.id)
    (view,) = view_records(author, schema, [row], fields, granted)
    return view


def take_back_since(author: Author, row: RecordRow, later: Fragment) -> None:
    """Restore the values that some writes of a record replaced, from the newest one back; `later`
    is the condition on the ledger that they meet."""
    condition, params = later
    found = fetch_column(
        "SELECT changes FROM records_historicalrecord WHERE workspace_id = %s AND id = %s"
        f" AND {condition} ORDER BY version DESC",
        [author.workspace.id, row.id, *params],
    )
    for changes in found:
        take_back(row, document(changes))


def take_back(row: RecordRow, changes: Mapping[str, Sequence[Any]]) -> None:
    """Restore the values that a write replaced."""
    for key, (old, _) in changes.items():
        if old is None:
            row.values.pop(key, None)
        else:
            row.values[key] = old


def find_with_history(author: Author, schema: ObjectSchema, record_uuid: UUID | str) -> RecordRow:
    """A record the caller may see, live or archived."""
    rows = fetch(
        f"SELECT {record_columns('r')} FROM records_record r"
        " WHERE r.workspace_id = %s AND r.object_id = %s AND r.uuid = %s AND r.state <> 'deleted'",
        [author.workspace.id, schema.id, uuid_param(record_uuid)],
    )
    for row in map(read_record, rows):
        if access_to(author, schema, row.values, row.member_id).view:
            return row
    raise NotFound


def history_entries(
    author: Author, schema: ObjectSchema, rows: Sequence[WriteRow], plain: bool = False
) -> list[HistoryEntry]:
    """These writes to records of one object, as the caller may see them."""
    changes = [value_changes(row.action, row.changes) for row in rows]
    members = author.directory.members(row.author for row in rows if row.author is not None)
    entries = []
    shown = read_changes(author, schema, changes, plain=plain)
    for row, diff, visible in zip(rows, changes, shown, strict=True):
        # A reason may name what was changed: it is shown only with every change.
        reason = row.history_change_reason if len(visible) == len(diff) else None
        entries.append(
            _entry(row, None if row.author is None else members.get(row.author), reason, visible)
        )
    return entries


def read_changes(
    author: Author,
    schema: ObjectSchema,
    changes: Sequence[Mapping[str, Sequence[Any]]],
    *,
    plain: bool = False,
) -> list[list[FieldChange]]:
    """What writes did to the fields that the caller may see, in the object's order; each of
    `changes` is what the ledger holds of a write. `plain`: values as names and primary keys."""
    shown = shown_fields(author, schema)
    references = load_related(author, schema, _states(changes), list(shown.values())).references

    def read(spec: FieldSpec, stored: Any) -> Any:
        if stored is None:
            return None
        return (spec.type.to_plain if plain else spec.type.to_json)(spec, stored, references)

    # The engines keep the keys of a document in different orders.
    order = {spec.id: at for at, spec in enumerate(schema.all_fields.values())}
    found = []
    for diff in changes:
        keys = sorted(map(int, diff), key=lambda key: (order.get(key, len(order)), key))
        changed = [(shown.get(key), *diff[str(key)]) for key in keys]
        found.append(
            [
                FieldChange(spec, read(spec, old), read(spec, new))
                for spec, old, new in changed
                if spec is not None
            ]
        )
    return found


def shown_fields(author: Author, schema: ObjectSchema) -> dict[int, FieldSpec]:
    """The fields whose changes the caller may see, deleted ones included."""
    deleted = [spec for spec in schema.all_fields.values() if spec.id not in schema.by_id]
    hidden = author.role.hidden_fields
    return {
        spec.id: spec
        for spec in [*deleted, *visible_fields(author, schema)]
        if spec.id not in hidden
    }


def _states(changes: Sequence[Mapping[str, Sequence[Any]]]) -> list[RecordRow]:
    """Stand-ins for records that hold the old and the new values, from which references can be
    loaded."""
    states = []
    for diff in changes:
        states.append(RecordRow(0, "", {key: old for key, (old, _) in diff.items()}))
        states.append(RecordRow(0, "", {key: new for key, (_, new) in diff.items()}))
    return states


def _entry(
    row: WriteRow, member: MemberSpec | None, reason: str | None, changes: list[FieldChange]
) -> HistoryEntry:
    return HistoryEntry(
        id=row.history_id,
        version=row.version,
        action=row.action,
        source=row.source,
        member=None if member is None else member.json,
        api_key_id=row.api_key,
        request_id=row.request_id,
        operation_id=uuid_text(row.operation_id),
        reason=reason or "",
        created=moment(row.history_date),
        changes=changes,
        member_id=row.author,
    )
