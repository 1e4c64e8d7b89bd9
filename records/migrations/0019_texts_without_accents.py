"""Texts are sorted and searched without accents first: the index and the names of records that have
letters beyond ASCII are written anew."""

from collections.abc import Iterator
from typing import Any

from django.db import migrations

from . import _locking

BATCH = 1000
LONGEST = 255  # characters that the index sorts by
BEYOND_ASCII = {
    "postgresql": "{0} ~ '[^\\x01-\\x7f]'",
    "sqlite": "{0} GLOB '*[^' || char(1) || '-' || char(127) || ']*'",
}


def fold(apps: Any, schema_editor: Any) -> None:
    """Bring what an earlier release wrote into the new form."""
    rewrite(schema_editor.connection, "index_text")


def unfold(apps: Any, schema_editor: Any) -> None:
    """The form that an earlier release reads."""
    rewrite(schema_editor.connection, "normal_text")


def rewrite(connection: Any, form: str) -> None:
    """Write the texts in this form, both of which take the other one's for the same text."""
    from records.field_types import index_text, normal_text, shown_text

    make = {"index_text": index_text, "normal_text": normal_text}[form]

    def formed(text: str) -> str:
        return make(shown_text(text))

    for record, field, position, text, overflow, unique in rows(
        connection,
        "records_fieldvalue",
        ("record_id", "field_id", "position"),
        ("text", "overflow", "unique_key"),
        "COALESCE(overflow, text)",
    ):
        whole = formed(overflow or text)
        execute(
            connection,
            "UPDATE records_fieldvalue SET text = %s, overflow = %s, unique_key = %s WHERE "
            "record_id = %s AND field_id = %s AND position = %s",
            [
                whole[:LONGEST],
                whole if len(whole) > LONGEST else None,
                None if unique is None else whole,
                record,
                field,
                position,
            ],
        )
    for record, name in rows(
        connection, "records_record", ("id",), ("display_name",), "display_name"
    ):
        execute(
            connection,
            "UPDATE records_record SET display_key = %s WHERE id = %s",
            [formed(name)[:LONGEST], record],
        )


def rows(
    connection: Any, table: str, keys: tuple[str, ...], columns: tuple[str, ...], tested: str
) -> Iterator[tuple[Any, ...]]:
    """The rows of a table with letters beyond ASCII in a column, page by page in the order of their
    keys."""
    condition = BEYOND_ASCII[connection.vendor].format(tested)
    named, last = ", ".join(keys), None
    while True:
        beyond = "TRUE" if last is None else f"({named}) > ({', '.join(['%s'] * len(keys))})"
        found = execute(
            connection,
            f"SELECT {named}, {', '.join(columns)} FROM {table} WHERE {condition} AND {beyond} "
            f"ORDER BY {named} LIMIT {BATCH}",
            list(last or ()),
        )
        yield from found
        if len(found) < BATCH:
            return
        last = found[-1][: len(keys)]


def execute(connection: Any, sql: str, params: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # Without parameters, a percent sign would be one.
        cursor.execute(sql, params or None)
        return list(cursor.fetchall()) if cursor.description else []


class Migration(_locking.Migration):
    dependencies = [
        ("records", "0018_readings"),
    ]

    operations = [
        migrations.RunPython(fold, unfold),
    ]
