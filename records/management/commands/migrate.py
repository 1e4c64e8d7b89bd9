"""`manage.py migrate`: create or update the tables; on SQLite the file too."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connection

from records.models import FeedEpoch
from records.services.feed import renew_feed
from records_project.sqlite import files_may_be_made

ONLY_LOOKING = ("plan", "check_unapplied", "prune")


class Command(migrate.Command):
    """Brings the database to the tables of this version."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        with files_may_be_made():  # its checks connect, too
            return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if any(options[name] for name in ONLY_LOOKING):
            return
        # Where the database was copied from another server, positions in the feed mean nothing.
        if FeedEpoch._meta.db_table in connection.introspection.table_names() and renew_feed():
            self.stdout.write("The change feed was put in order: the database is on a new server.")
