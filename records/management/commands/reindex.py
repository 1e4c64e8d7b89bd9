"""`manage.py reindex`: rebuild the typed index from the documents."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from records.services.people import list_workspaces
from records.services.storage import reindex


class Command(BaseCommand):
    """Rebuilds the index of one workspace, or of all; records can be read and written meanwhile."""

    help = "Rebuild the typed index, by which records are found, from the records themselves."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", help="UUID, slug or name; all workspaces if omitted")

    def handle(self, *args: Any, **options: Any) -> None:
        for workspace in list_workspaces(options["workspace"]):
            self.stdout.write(f"{workspace}: {reindex(workspace)} records indexed")
