"""Tells how many files of a folder are imported as they are: `python -m tests.importing_folder FOLDER`
makes an object of each, of which nothing is said, and keeps none.

A line for each file says `whole`, `rows` (some were refused) or `file` (it was refused as a whole);
the last line is the share of whole ones.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".xlsx")


def main(arguments: Sequence[str], caller: Any) -> int:
    """Try every file as this caller; 1 where fewer than the share asked for are imported whole."""
    parser = ArgumentParser(prog="python -m tests.importing_folder", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--least", type=float, default=95, help="percent (%(default)s)")
    parser.add_argument("--failures", action="store_true", help="say nothing of whole files")
    chosen = parser.parse_args(arguments)
    found: Counter[str] = Counter()
    started, rows = time.process_time(), 0
    with tempfile.TemporaryDirectory() as folder:
        for path in files_in(chosen.folder):
            outcome, count, message = tried(path, caller, Path(folder) / "refused.csv")
            found[outcome] += 1
            rows += count
            if outcome != "whole" or not chosen.failures:
                told(f"{outcome}\t{count}\t{path.relative_to(chosen.folder)}\t{message}")
    share = 100 * found["whole"] / max(1, found.total())
    told(
        f"{share:.1f} % of {found.total()} files are imported whole ({found['rows']} with refused "
        f"rows, {found['file']} refused); {rows:,} rows in {time.process_time() - started:.1f} s "
        "of CPU."
    )
    return 0 if share >= chosen.least else 1


def told(line: str) -> None:
    """Say a line at once: a folder may take minutes."""
    sys.stdout.write(f"{line.rstrip()}\n")
    sys.stdout.flush()


def files_in(folder: Path) -> Iterator[Path]:
    """The tables of a folder and those in it, in the order of their names; empty files are none."""
    for path in sorted(folder.rglob("*")):
        if path.name.lower().endswith(SUFFIXES) and path.is_file() and path.stat().st_size:
            yield path


def tried(path: Path, caller: Any, report: Path) -> tuple[str, int, str]:
    """What becomes of a file, of how many rows, and why it is not imported whole."""
    from records.exceptions import RecordsError
    from records.services.importing import ImportOptions, import_file, keep_at, open_file

    # A dry run makes the object, imports every row, and undoes all of it.
    options = ImportOptions(keep_at(report), create_object=True, dry_run=True, processes=1)
    try:
        with open_file(path) as table:
            summary = import_file(caller.author, "tried", table, options)
    except RecordsError as refusal:
        return "file", 0, refusal.detail
    if not summary.failed:
        return "whole", summary.rows, ""
    reason = report.read_text(encoding="utf-8").splitlines()[1]
    return "rows", summary.rows, f"{summary.failed} refused, the first: {reason[:300]}"


if __name__ == "__main__":
    os.environ.setdefault("RECORDS_ENV", "test")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    from tests.factories import make_workspace

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        status = main(sys.argv[1:], make_workspace())
    finally:
        teardown_databases(databases, verbosity=0)
    sys.exit(status)
