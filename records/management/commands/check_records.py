"""`manage.py check_records`: prove that documents, index, ledger and files agree."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from records.services.people import list_workspaces
from records.services.storage import check_records, find_orphans


class Command(BaseCommand):
    """Names everything that differs; the exit status is 1 when anything does."""

    help = "Check that every record's document, its index rows, its ledger and its files agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workspace", help="UUID, slug or name; all workspaces if omitted")

    def handle(self, *args: Any, **options: Any) -> None:
        differences, orphans = 0, 0
        for workspace in list_workspaces(options["workspace"]):
            for difference in check_records(workspace):
                differences += 1
                self.stdout.write(
                    f"{workspace} / {difference.object_name} / {difference.record_uuid}: "
                    f"{difference.what}"
                )
            for name in find_orphans(workspace):
                orphans += 1
                self.stdout.write(f"{workspace}: no record has the stored file {name}")
        if orphans:
            self.stdout.write(
                f"{orphans} stored files belong to no record; clear_orphan_files removes them."
            )
        if differences:
            raise CommandError(f"{differences} differences found.")
        self.stdout.write("Documents, index, ledger and files agree.")
