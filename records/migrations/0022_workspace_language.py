"""Workspaces have a language, by whose alphabet texts are sorted."""

from typing import Any

from django.db import migrations, models

from . import _locking

BATCH = 1000
LONGEST = 255  # characters that the index sorts by
KEY_END = "\x1e"


def without_keys(apps: Any, schema_editor: Any) -> None:
    """The form that an earlier release reads: texts without the keys of a language before them."""
    connection = schema_editor.connection
    keyed = f"LIKE '%%{KEY_END}%%'"
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT record_id, field_id, position, COALESCE(overflow, text) FROM "
                f"records_fieldvalue WHERE COALESCE(overflow, text) {keyed} LIMIT %s",
                [BATCH],
            )
            found = cursor.fetchall()
            for *place, text in found:
                root = text.rpartition(KEY_END)[2]
                cursor.execute(
                    "UPDATE records_fieldvalue SET text = %s, overflow = %s WHERE record_id = %s "
                    "AND field_id = %s AND position = %s",
                    [root[:LONGEST], root if len(root) > LONGEST else None, *place],
                )
            if not found:
                break
        cursor.execute(f"SELECT id, display_key FROM records_record WHERE display_key {keyed}", [])
        for key, name in cursor.fetchall():
            cursor.execute(
                "UPDATE records_record SET display_key = %s WHERE id = %s",
                [name.rpartition(KEY_END)[2], key],
            )


class Migration(_locking.Migration):
    tables = ("record", "fieldvalue")

    dependencies = [
        ("records", "0021_operations"),
    ]

    operations = [
        migrations.AddField(
            model_name="workspace",
            name="language",
            field=models.CharField(
                max_length=35,
                blank=True,
                default="",
                help_text="The language by whose alphabet texts are sorted, as a code such as sv or "
                "pt-BR. Empty: an order for all languages, accents last.",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, without_keys),
    ]
