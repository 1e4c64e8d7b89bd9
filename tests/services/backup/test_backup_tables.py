"""The tables of a backup, and values that mean the same on either engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection

from records.models import Workspace
from records.services.backup.backup_tables import (
    BackupTable,
    applied_leaves,
    inward,
    last_keys,
    outward,
    selected,
    set_last_keys,
    tables_at,
)
from records.services.database import is_postgresql

KEY = UUID("8d5e8a52-6f0e-4d2b-9c0b-111111111111")
NOON = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)


def table_of(*kinds: str) -> BackupTable:
    """A table with a column of each kind."""
    columns = tuple(f"c{at}" for at in range(len(kinds)))
    return BackupTable("things", columns, kinds, '"c0"', None, ())


def tables() -> dict[str, BackupTable]:
    return {table.name: table for table in tables_at(applied_leaves())}


@pytest.mark.parametrize(
    ("kind", "held", "archived"),
    [
        ("boolean", 1, True),
        ("boolean", False, False),
        ("moment", NOON, "2026-03-01 12:00:00.000250"),
        ("moment", NOON.astimezone(timezone(timedelta(hours=9))), "2026-03-01 12:00:00.000250"),
        ("moment", "2026-03-01 12:00:00.000250", "2026-03-01 12:00:00.000250"),
        ("uuid", KEY, str(KEY)),
        ("uuid", KEY.hex, str(KEY)),
        ("number", Decimal("1.500"), "1.5"),
        ("number", 2.0, "2"),
        ("number", Decimal("1E+3"), "1000"),
        ("number", 100, "100"),
        ("binary", b"\x00\xff", "AP8="),
        ("binary", memoryview(b"\x00\xff"), "AP8="),
        ("json", '{"1": 2.50}', '{"1": 2.50}'),
        ("plain", "text", "text"),
        ("plain", 7, 7),
    ],
)
def test_what_either_engine_holds_is_archived_in_one_form(
    kind: str, held: Any, archived: Any
) -> None:
    convert = outward(table_of("plain", kind))

    assert convert(("before", held)) == ["before", archived]
    assert convert(("before", None)) == ["before", None]


def test_what_is_archived_is_read_in_the_form_of_this_engine() -> None:
    convert = inward(["uuid", "moment", "binary", "plain"])
    archived = (str(KEY), "2026-03-01 12:00:00", "AP8=", "text")

    uuid, moment = (
        (str(KEY), "2026-03-01 12:00:00+00")
        if is_postgresql()
        else (KEY.hex, "2026-03-01 12:00:00")
    )
    assert convert(archived) == [uuid, moment, b"\x00\xff", "text"]
    assert convert((None,) * 4) == [None] * 4


def test_every_table_of_the_schema_is_listed_but_what_ends_by_itself(db: None) -> None:
    models = apps.get_models(include_auto_created=True)
    managed = {model._meta.db_table for model in models if model._meta.managed}

    assert set(tables()) == managed - {"django_session", "records_ratecount", "records_feedepoch"}


def test_tables_tell_their_keys_counters_and_files(db: None) -> None:
    found = tables()

    assert found["records_fieldvalue"].key == '"record_id", "field_id", "position"'
    assert found["records_fieldvalue"].counted is None
    assert found["records_workspace"].counted == "id"
    assert found["records_attachment"].file_columns == ("file",)
    record = dict(zip(found["records_record"].columns, found["records_record"].kinds, strict=True))
    # A foreign key has the kind of the key that it refers to.
    assert (record["uuid"], record["values"], record["workspace_id"]) == ("uuid", "json", "plain")


def test_a_table_is_read_in_the_order_of_its_key() -> None:
    table = BackupTable("things", ("id", "doc"), ("plain", "json"), '"id"', "id", ())
    document = '"doc"::text' if is_postgresql() else '"doc"'

    assert selected(table) == f'SELECT "id", {document} FROM "things" ORDER BY "id"'


def test_no_key_is_given_twice_after_the_counters_are_set(db: None) -> None:
    made = Workspace.objects.create(name="One", slug="one")
    last_given = made.pk
    made.delete()
    found = [tables()["records_workspace"]]

    last = last_keys(found)
    assert last["records_workspace"] == last_given

    set_last_keys(found, {"records_workspace": last_given + 50})
    assert Workspace.objects.create(name="Two", slug="two").pk == last_given + 51
    # A table that had no rows says nothing about its counter, which stays as it is.
    set_last_keys(found, {})
    assert Workspace.objects.create(name="Three", slug="three").pk == last_given + 52


def test_leaves_are_the_newest_migrations_of_each_app(db: None) -> None:
    leaves = applied_leaves()

    assert len({app for app, _ in leaves}) == len(leaves)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app, max(name) FROM django_migrations WHERE app = 'records' GROUP BY app"
        )
        assert cursor.fetchone() in leaves
