"""`manage.py purge_trash`: remove for good what has been in the trash for long enough, and sweep every store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from records.exceptions import InvalidInput
from records.services.stores import sweep_stores
from records.services.trash import purge_trash
from records.services.workspaces import command_author, list_workspaces


class Command(BaseCommand):
    """Empties the trash of records that were deleted long ago; run it once a day."""

    help = "Remove records for good that were moved to the trash some days ago."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", help="UUID, slug or name; all workspaces when left out")
        parser.add_argument("--older-than-days", type=float, default=settings.TRASH_DAYS, help="default: %(default)s")

    def handle(self, *args: Any, **options: Any) -> None:
        removed = 0
        for workspace in list_workspaces(options["workspace"]):
            try:
                author = command_author(workspace)
            except InvalidInput as problem:
                self.stderr.write(f"{workspace}: {problem.detail}")
                continue
            removed += purge_trash(author, timedelta(days=options["older_than_days"]))
        sweep_stores()
        self.stdout.write(f"{removed} records were removed for good.")
