"""Making the index keep a field's values unique, and ending that."""

from __future__ import annotations

from records.exceptions import InvalidInput, quoted
from records.field_types import KEY_END, FieldSpec, shown_text
from records.models import Field, FieldValue, RecordState
from records.services.catalogue import ObjectSchema
from records.services.database import (
    after_mark,
    fetch_column,
    fetch_keys,
    in_ids,
    update_each,
)

from .rows import index_rows, lock_records


def keep_unique(schema: ObjectSchema, spec: FieldSpec) -> None:
    """Mark in the index which values are taken; InvalidInput when two records, archived ones
    included, share one."""
    _check_no_duplicates(schema, spec)
    indexed = "SELECT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s"
    for ids in fetch_keys(indexed, [schema.workspace_id, spec.id], "record_id"):
        rows = lock_records(schema, in_ids("r.id", ids))
        # A record in the trash blocks nothing.
        holding = [row for row in rows if row.state != RecordState.DELETED]
        keys = [key for row in holding for key in index_rows(row, spec, unique=True)]
        update_each(
            "records_fieldvalue",
            {"record_id": "bigint", "field_id": "bigint", "position": "int"},
            ("unique_key",),
            schema.workspace_id,
            [(key.record.id, spec.id, key.position, key.unique_key) for key in keys],
        )


def _check_no_duplicates(schema: ObjectSchema, spec: FieldSpec) -> None:
    column = spec.type.column
    # Whether texts are the same is no matter of the workspace's language.
    text = after_mark("COALESCE(overflow, text)", KEY_END) if column == "text" else column
    # Archived records count, because they keep their values; those in the trash do not.
    shared = fetch_column(
        f"SELECT MIN({column}) FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s"
        " AND (live OR record_id NOT IN (SELECT r.id FROM records_record r"
        " WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'deleted'))"
        f" GROUP BY {text} HAVING count(*) > 1 LIMIT 1",
        [schema.workspace_id, spec.id, schema.workspace_id, schema.id],
    )
    if shared:
        raise InvalidInput(
            f"more than one record has {quoted(_shown(shared.pop()))}.", "unique", at="is_unique"
        )


def _shown(value: object) -> str:
    return shown_text(value) if isinstance(value, str) else str(value)


def stop_keeping_unique(field_row: Field) -> None:
    """Clear the marks of which values are taken."""
    rows = FieldValue.objects.filter(workspace_id=field_row.workspace_id, field_id=field_row.id)
    rows.exclude(unique_key=None).update(unique_key=None)
