"""Keeping display names true that show other records' names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .directory import Directory
from .naming import display_key, display_name
from .object_schema import ObjectSchema
from .record_rows import RecordRow, lock_records
from .sql import Fragment, fetch, in_ids, update_each

BATCH = 1000
DEPTH = 256  # as far as names may show names that show names: no longer name fits, even where they go in circles


def load_display_names(workspace_id: int, record_ids: Iterable[int]) -> dict[int, str]:
    """Display names of records by primary key."""
    condition, params = in_ids("id", record_ids)
    rows = fetch(
        f"SELECT id, display_name FROM records_record WHERE workspace_id = %s AND {condition}",
        [workspace_id, *params],
    )
    return dict(rows)


def rename_records(directory: Directory, schema: ObjectSchema, condition: Fragment = ("TRUE", [])) -> None:
    """Make the names of the object's records anew, of those alone that meet a condition on alias `r`.

    For when what names are made of changed: the pattern, an option, a member. The names that show theirs follow.
    """
    last = 0
    while True:
        rows = fetch(
            "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s"
            f" AND r.id > %s AND {condition[0]} ORDER BY r.id LIMIT {BATCH}",
            [directory.workspace.id, schema.id, last, *condition[1]],
        )
        if not rows:
            return
        renamed = _rename(directory, schema, [row[0] for row in rows])
        if renamed:
            refresh_display_names(directory, schema, renamed)
        last = rows[-1][0]


def holding(schema: ObjectSchema, column: str, key: int) -> Fragment:
    """The records, under alias `r`, with a value in a typed column that is this primary key."""
    return (
        f"r.id IN (SELECT v.record_id FROM records_fieldvalue v WHERE v.workspace_id = %s AND v.{column} = %s)",
        [schema.workspace_id, key],
    )


def refresh_display_names(
    directory: Directory, schema: ObjectSchema, record_ids: Sequence[int], depth: int = DEPTH
) -> None:
    """Records of `schema` were renamed: the names that show theirs follow. Names are derived: no ledger row."""
    for object_id, field_id in schema.display_dependents:
        if depth == 0 or object_id not in directory.objects:
            continue
        dependent = directory.schema(object_id)
        for ids in _linked(directory.workspace.id, field_id, record_ids):
            renamed = _rename(directory, dependent, ids)
            if renamed:
                refresh_display_names(directory, dependent, renamed, depth - 1)


def _linked(workspace_id: int, field_id: int, record_ids: Sequence[int]) -> Iterator[list[int]]:
    """The records whose field names one of these, a thousand at a time."""
    condition, params = in_ids("related_record", record_ids)
    last = 0
    while True:
        rows = fetch(
            "SELECT DISTINCT record_id FROM records_fieldvalue WHERE workspace_id = %s"
            f" AND field_id = %s AND {condition} AND record_id > %s ORDER BY record_id LIMIT {BATCH}",
            [workspace_id, field_id, *params, last],
        )
        if not rows:
            return
        yield [row[0] for row in rows]
        last = rows[-1][0]


def _rename(directory: Directory, schema: ObjectSchema, ids: list[int]) -> list[int]:
    workspace_id = directory.workspace.id
    rows = lock_records(schema, in_ids("r.id", ids))
    names = load_display_names(workspace_id, _values_of(schema, rows, "related_record"))
    members = directory.members(_values_of(schema, rows, "member"))
    member_names = {key: member.name for key, member in members.items()}
    renamed = {
        row.id: name
        for row in rows
        if (name := display_name(schema, row.values, names, member_names)) != row.display_name
    }
    names_and_keys = [(key, name, display_key(name)) for key, name in renamed.items()]
    update_each("records_record", {"id": "bigint"}, ("display_name", "display_key"), workspace_id, names_and_keys)
    return list(renamed)


def _values_of(schema: ObjectSchema, rows: Iterable[RecordRow], column: str) -> set[int]:
    """What the pattern's fields of one kind hold, over all rows."""
    found: set[int] = set()
    for spec in schema.pattern_fields:
        if spec.type.column == column:
            for row in rows:
                stored = row.values.get(str(spec.id))
                found.update(stored if isinstance(stored, list) else [] if stored is None else [stored])
    return found
