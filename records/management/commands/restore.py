"""`manage.py restore FILE`: restore a backup into an empty database."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from records.services.backup import restore
from records_project.sqlite import files_may_be_made


class Command(BaseCommand):
    """Restores all of a backup or nothing; the servers must be stopped."""

    help = (
        "Restore a backup into an empty database on either engine, and migrate it. Stop the "
        "servers first."
    )

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `backup` wrote")
        parser.add_argument(
            "--replace", action="store_true", help="delete everything the database holds first"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        try:
            with files_may_be_made():
                done = restore(options["file"], replace=options["replace"])
        except (KeyboardInterrupt, SystemExit) as ending:
            for said in getattr(ending, "__notes__", ()):
                self.stderr.write(said)
            raise
        self.stdout.write(f"{done.rows:,} rows and {done.files:,} files restored.")
        if done.missing:
            self.stderr.write(
                f"{len(done.missing)} files were not in the backup, among them {done.missing[0]}."
            )


def _stop(number: int, frame: Any) -> None:
    """End as after Ctrl-C: what is half done is removed."""
    sys.exit(128 + number)
