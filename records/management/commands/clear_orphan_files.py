"""`manage.py clear_orphan_files`: remove stored bytes that no record and no import has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from records.management.amounts import amount
from records.services.retention import ORPHANS_KEPT, clear_orphans


class Command(BaseCommand):
    """Sweeps the file storage; run it now and then."""

    help = (
        "Remove files from the storage that no record and no import has: uploads that were cut "
        "off leave them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than-hours",
            type=amount,
            default=ORPHANS_KEPT / timedelta(hours=1),
            help="default: %(default)s",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        removed = clear_orphans(timezone.now() - timedelta(hours=options["older_than_hours"]))
        self.stdout.write(f"{removed} files were removed.")
