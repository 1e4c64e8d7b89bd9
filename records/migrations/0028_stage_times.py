"""When records last entered and left the stages of their pipelines, filled from the ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from . import _locking

BATCH = 1000
CHANGE = {
    "postgresql": "(h.changes -> %s::text)::text",
    "sqlite": "json_extract(h.changes, '$.\"' || %s || '\"')",
}


def fill(apps: Any, schema_editor: Any) -> None:
    """Read each pipeline's ledger, a thousand records at a time."""
    connection = schema_editor.connection
    fields = apps.get_model("records", "Field").objects.using(connection.alias)
    stages = fields.filter(object__object_type="pipeline", name="stage", deleted_at=None)
    for workspace, kind, field in stages.order_by("id").values_list(
        "workspace_id", "object_id", "id"
    ):
        for first, last in _ranges(connection, workspace, kind):
            times = _times(connection, workspace, kind, field, first, last)
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO records_stagetime (workspace_id, record_id, stage, entered_at,"
                    " left_at) VALUES (%s, %s, %s, %s, %s)",
                    [(workspace, *place, *moments) for place, moments in times.items()],
                )


def _ranges(connection: Any, workspace: int, kind: int) -> Iterator[tuple[int, int]]:
    """The first and last keys of the object's records, a batch each."""
    last = 0
    while True:
        found = _read(
            connection,
            "SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND id > %s"
            f" ORDER BY id LIMIT {BATCH}",
            [workspace, kind, last],
        )
        if not found:
            return
        (first,), (last,) = found[0], found[-1]
        yield first, last


def _times(
    connection: Any, workspace: int, kind: int, field: int, first: int, last: int
) -> dict[tuple[int, int], list[Any]]:
    """By record and stage, when the record last entered and left it."""
    times: dict[tuple[int, int], list[Any]] = {}
    rows = _read(
        connection,
        f"SELECT h.id, {CHANGE[connection.vendor]}, h.history_date FROM records_historicalrecord h"
        " WHERE h.workspace_id = %s AND h.object_id = %s AND h.id BETWEEN %s AND %s"
        " AND h.action <> 'deleted' ORDER BY h.id, h.version",
        [str(field), workspace, kind, first, last],
    )
    for record, change, written in rows:
        if change is None:
            continue
        old, new = json.loads(change)
        for at, stage in enumerate((new, old)):
            if stage is not None:
                times.setdefault((record, stage), [None, None])[at] = written
    return times


def _read(connection: Any, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def _near(model: str, name: str) -> Any:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=name,
        to=model,
    )


def _index(column: str) -> Any:
    return models.Index(
        condition=models.Q((f"{column}__isnull", False)),
        fields=["workspace", "stage", column, "record"],
        name=f"stage_{column}",
    )


class Migration(_locking.Migration):
    tables = ("historicalrecord",)
    dependencies = [("records", "0027_member_details")]

    operations = [
        migrations.CreateModel(
            name="StageTime",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "record",
                        "stage",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("stage", models.BigIntegerField()),
                ("entered_at", models.DateTimeField(null=True)),
                ("left_at", models.DateTimeField(null=True)),
                ("record", _near("records.record", "stage_times")),
                ("workspace", _near("records.workspace", "+")),
            ],
            options={"indexes": [_index("entered_at"), _index("left_at")]},
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
