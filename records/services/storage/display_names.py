"""Keeping display names up to date when they show other records' names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from records.services.catalogue import (
    Directory,
    ObjectSchema,
    display_key,
    display_name,
)
from records.services.database import (
    Fragment,
    fetch,
    fetch_keys,
    in_ids,
    update_each,
)

from .rows import RecordRow, lock_records

# levels of names within names: no longer chain fits into a name, even where links form a cycle
DEPTH = 256


def load_display_names(workspace_id: int, record_ids: Iterable[int]) -> dict[int, str]:
    """Display names of records by primary key."""
    condition, params = in_ids("id", record_ids)
    rows = fetch(
        f"SELECT id, display_name FROM records_record WHERE workspace_id = %s AND {condition}",
        [workspace_id, *params],
    )
    return dict(rows)


def rename_records(
    directory: Directory, schema: ObjectSchema, condition: Fragment = ("TRUE", [])
) -> None:
    """Recompute the names of the object's records, or only of those that meet a condition on alias
    `r`.

    Called after a change of what names are made of: the pattern, an option, a member. Names that
    show these follow.
    """
    sql, params = condition
    source = (
        "SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.object_id = %s AND "
        f"{sql}"
    )
    for ids in fetch_keys(source, [directory.workspace.id, schema.id, *params], "r.id"):
        renamed = _rename(directory, schema, ids)
        if renamed:
            refresh_display_names(directory, schema, renamed)


def holding(schema: ObjectSchema, column: str, key: int) -> Fragment:
    """The records, under alias `r`, that hold this primary key in a typed column."""
    return (
        (
            "r.id IN (SELECT v.record_id FROM records_fieldvalue v WHERE v.workspace_id = %s "
            f"AND v.{column} = %s)"
        ),
        [schema.workspace_id, key],
    )


def refresh_display_names(
    directory: Directory, schema: ObjectSchema, record_ids: Sequence[int], depth: int = DEPTH
) -> None:
    """Update the names that show records of `schema`, which were renamed. Names are derived: no
    ledger row."""
    if depth == 0:
        return
    for object_id, field_id in schema.display_dependents:
        if object_id not in directory.objects:  # archived: its records are not shown
            continue
        dependent = directory.schema(object_id)
        for ids in _linked(directory.workspace.id, field_id, record_ids):
            renamed = _rename(directory, dependent, ids)
            if renamed:
                refresh_display_names(directory, dependent, renamed, depth - 1)


def _linked(workspace_id: int, field_id: int, record_ids: Sequence[int]) -> Iterator[list[int]]:
    """The records whose field links to one of these, a thousand at a time."""
    condition, params = in_ids("related_record", record_ids)
    source = (
        "SELECT DISTINCT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id "
        f"= %s AND {condition}"
    )
    return fetch_keys(source, [workspace_id, field_id, *params], "record_id")


def _rename(directory: Directory, schema: ObjectSchema, ids: list[int]) -> list[int]:
    # Locked, so no write can change the values that the names are made of.
    rows = lock_records(schema, in_ids("r.id", ids))
    named = zip(rows, derived_names(directory, schema, rows), strict=True)
    # Only names that change are passed on, which ends most chains at once.
    renamed = {row.id: name for row, name in named if name != row.display_name}
    language = directory.workspace.language
    names_and_keys = [(key, name, display_key(name, language)) for key, name in renamed.items()]
    update_each(
        "records_record",
        {"id": "bigint"},
        ("display_name", "display_key"),
        directory.workspace.id,
        names_and_keys,
    )
    return list(renamed)


def derived_names(
    directory: Directory, schema: ObjectSchema, rows: Sequence[RecordRow]
) -> list[str]:
    """The display name that the values of each record make, whatever name is stored."""
    related = pattern_keys(schema, rows, "record")
    names = load_display_names(directory.workspace.id, related) if related else {}
    members = directory.members(pattern_keys(schema, rows, "member"))
    member_names = {key: member.name for key, member in members.items()}
    return [display_name(schema, row.values, names, member_names) for row in rows]


def pattern_keys(schema: ObjectSchema, rows: Iterable[RecordRow], kind: str) -> set[int]:
    """The values, over all rows, of the display pattern's fields of one kind."""
    found: set[int] = set()
    for spec in schema.pattern_fields:
        if spec.type.refers_to == kind:
            for row in rows:
                stored = row.values.get(str(spec.id))
                found.update(
                    stored if isinstance(stored, list) else [] if stored is None else [stored]
                )
    return found
