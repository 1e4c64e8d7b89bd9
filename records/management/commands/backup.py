"""`manage.py backup FILE`: back up everything into one file."""

from __future__ import annotations

import signal
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from records.services.backup import write_backup


class Command(BaseCommand):
    """Writes a consistent snapshot of database and files while the servers go on."""

    help = (
        "Back up the database and all stored files to one file, which `restore` reads on SQLite "
        "and PostgreSQL."
    )

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="where to write it; the file must not exist")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _stop)
        done = write_backup(options["file"])
        self.stdout.write(f"{options['file']}: {done.rows:,} rows and {done.files:,} files.")
        if done.missing:
            self.stderr.write(
                f"{len(done.missing)} files were no longer stored, among them {done.missing[0]}."
            )


def _stop(number: int, frame: Any) -> None:
    """End as after Ctrl-C: what is half done is removed."""
    sys.exit(128 + number)
