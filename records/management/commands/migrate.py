"""`manage.py migrate`: create or update the tables; on SQLite the file too."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from records_project.sqlite import files_may_be_made


class Command(migrate.Command):
    """Brings the database to the tables of this version."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with files_may_be_made():  # its checks connect, too
            return super().execute(*args, **options)
