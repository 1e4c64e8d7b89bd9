"""Making the index keep a field's values unique, and letting it stop."""

from __future__ import annotations

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.models import Field, FieldValue, RecordState

from .object_schema import ObjectSchema
from .record_rows import index_rows, lock_records
from .sql import fetch, in_ids, update_each

BATCH = 1000


def keep_unique(schema: ObjectSchema, spec: FieldSpec) -> None:
    """Note in the index which values are taken; InvalidInput when two records, archived ones too, share one."""
    _check_no_duplicates(schema, spec)
    last = 0
    while True:
        found = fetch(
            "SELECT record_id FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s AND record_id > %s"
            f" ORDER BY record_id LIMIT {BATCH}",
            [schema.workspace_id, spec.id, last],
        )
        if not found:
            return
        rows = lock_records(schema, in_ids("r.id", [row[0] for row in found]))
        rows = [row for row in rows if row.state != RecordState.DELETED]  # in the trash nothing is held
        keys = [key for row in rows for key in index_rows(row, spec, unique=True)]
        update_each(
            "records_fieldvalue",
            {"record_id": "bigint", "field_id": "bigint", "position": "int"},
            ("unique_key",),
            schema.workspace_id,
            [(key.record.id, spec.id, key.position, key.unique_key) for key in keys],
        )
        last = found[-1][0]


def _check_no_duplicates(schema: ObjectSchema, spec: FieldSpec) -> None:
    column = spec.type.column
    rows = fetch(
        f"SELECT {column} FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s"
        " AND (live OR record_id NOT IN (SELECT r.id FROM records_record r"
        " WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'deleted'))"
        f" GROUP BY {column}, overflow HAVING count(*) > 1 LIMIT 1",
        [schema.workspace_id, spec.id, schema.workspace_id, schema.id],
    )
    if rows:
        raise InvalidInput(f"is_unique: more than one record has {str(rows[0][0])[:80]!r}.", "unique")


def stop_keeping_unique(field_row: Field) -> None:
    """Forget which values are taken."""
    rows = FieldValue.objects.filter(workspace_id=field_row.workspace_id, field_id=field_row.id)
    rows.exclude(unique_key=None).update(unique_key=None)
