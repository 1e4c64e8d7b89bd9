"""`manage.py purge_trash`: permanently delete old trash, and sweep every store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from records.exceptions import InvalidInput
from records.management.amounts import amount
from records.services.operations import purge_trash
from records.services.people import command_author, list_workspaces
from records.services.retention import sweep_stores


class Command(BaseCommand):
    """Empties the trash of records that were deleted long ago; run it once a day."""

    help = "Permanently delete records that were moved to the trash some days ago."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", help="UUID, slug or name; all workspaces if omitted")
        parser.add_argument(
            "--older-than-days",
            type=amount,
            default=settings.TRASH_DAYS,
            help="default: %(default)s",
        )

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
        self.stdout.write(f"{removed} records were permanently deleted.")
