"""`manage.py import_records`: import records from a file."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from records.exceptions import InvalidInput, RecordsError, Unavailable
from records.management.commands.create_api_key import find_member
from records.management.commands.serve import count
from records.models import Source
from records.services.access import Author
from records.services.importing import (
    CsvTable,
    ImportOptions,
    ImportPlan,
    ImportSummary,
    ObjectDraft,
    Reading,
    by_header,
    import_file,
    keep_at,
    open_file,
)
from records.services.people import command_author, get_workspace

FORMS = (".csv", ".xlsx", ".jsonl", ".ndjson")
SAID = ("field", "type", "numbers", "dates", "blanks", "conflict_resolution")  # of a column
REFUSED_ROWS = 1
NOTHING_DONE = 2


class Command(BaseCommand):
    """Imports the rows of a file as records of an object."""

    help = (
        "Import a CSV file or a workbook whose first row names fields, by API name or label, or "
        "JSON lines, whose keys name them. Rows "
        "change "
        "the records that have their"
        " identifier (or --match field), and are new records otherwise. Interrupted, the "
        "same command goes on where it"
        " stopped. Exit status: 0 when every row was stored, 1 when some were refused (the "
        "report says which and why), 2 when the file as a whole was."
    )

    requires_system_checks = ()  # they load every page of the product

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("object", help="API name or UUID of the object")
        parser.add_argument(
            "file",
            type=Path,
            help="CSV with a header, its cells between commas, semicolons, tabs or bars, gzipped "
            "when it ends in .gz; an Excel workbook (.xlsx); or JSON with an object in each line "
            "(.jsonl)",
        )
        parser.add_argument("--workspace", required=True, help="its UUID, slug or name")
        parser.add_argument(
            "--member", help="email of the member who imports (the workspace's first admin)"
        )
        parser.add_argument(
            "--create-object",
            action="store_true",
            help="create the object from the file if it does not exist",
        )
        parser.add_argument(
            "--identifier",
            help="column that identifies the records of a new object, or `none` (the first "
            "column, else `name`, where it is text and each row has one of its own)",
        )
        parser.add_argument(
            "--match", help="unique field to match rows by, instead of the identifier"
        )
        parser.add_argument(
            "--again",
            action="store_true",
            help="import a file of new records again, although it was imported before",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="report what would happen; store nothing"
        )
        parser.add_argument(
            "--report",
            type=Path,
            help="file that lists the refused rows (FILE.errors.csv in the current folder)",
        )
        parser.add_argument(
            "--batch-size", type=count, default=1000, help="rows per transaction (%(default)s)"
        )
        parser.add_argument(
            "--processes", type=count, help="processes that share the work (one for each core)"
        )
        add_reading_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.perf_counter()
        try:
            workspace = get_workspace(options["workspace"])
            member = find_member(workspace, options["member"])
            author = command_author(workspace, member, Source.IMPORT)
            summary = self.import_table(author, options)
        except Unavailable:
            raise  # of the database or the disk: the command line says it
        except RecordsError as problem:
            raise CommandError(problem.detail, returncode=NOTHING_DONE) from problem
        self.stdout.write(text(summary, time.perf_counter() - started, dry_run=options["dry_run"]))
        if summary.failed:
            sys.exit(REFUSED_ROWS)

    def import_table(self, author: Author, options: dict[str, Any]) -> ImportSummary:
        """Import, showing how far it is if somebody is watching."""
        with open_file(options["file"], reading(options)) as table:
            return self.import_rows(author, table, options)

    def import_rows(
        self, author: Author, table: CsvTable, options: dict[str, Any]
    ) -> ImportSummary:
        """Import the rows of a table that is open."""
        said = by_header(table.header, said_of_columns(options["column"]), "column")
        if table.is_guess:
            self.stderr.write(
                f"The encoding is a guess: {table.encoding}. --encoding says another."
            )
        if len(table.sheets) > 1 and not options["sheet"]:
            others = ", ".join(repr(name) for name in table.sheets[:20] if name != table.sheet)
            self.stderr.write(
                f"The sheet {table.sheet!r} is read, not {others}. --sheet says another."
            )
        if table.above:
            self.stderr.write(f"The names of the columns are in row {table.line}.")
        types = {name: form.pop("type") for name, form in said.items() if "type" in form}
        chosen = ImportOptions(
            keep_report=keep_at(options["report"] or Path(f"{table_name(table)}.errors.csv")),
            plan=ImportPlan(
                options["match"],
                mapping={
                    name: form.pop("field") or None
                    for name, form in said.items()
                    if "field" in form
                },
                forms={name: form for name, form in said.items() if form},
            ),
            create_object=options["create_object"],
            identifier=options["identifier"],
            types=types,
            again=options["again"] or None,
            dry_run=options["dry_run"],
            batch_size=options["batch_size"],
            processes=options["processes"],
        )
        # A bar only where it moves: in a file each of its states would be a line.
        with tqdm(unit=" rows", disable=None, file=sys.stderr) as bar:

            def show(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            return import_file(author, options["object"], table, chosen, show)


def add_reading_arguments(parser: ArgumentParser) -> None:
    """How the file and its columns are read, where it is not found in them."""
    parser.add_argument("--encoding", default="", help="encoding of the file (found in it)")
    parser.add_argument("--delimiter", default="", help="what separates its cells (found in it)")
    parser.add_argument(
        "--sheet", default="", help="name or number of a workbook's sheet (the first with cells)"
    )
    parser.add_argument(
        "--header-row", type=count, help="row that has the names of the columns (found in it)"
    )
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="COLUMN:KEY=VALUE",
        help="what a column is, by its header or position: field=API_NAME (empty: left out), "
        "type=TYPE of a new object's field, "
        "numbers=point or comma, dates=ymd, dmy or mdy, blanks=NA,- ; "
        "conflict_resolution=overwrite, overwrite_except_null, update_if_blank or add_only; may be "
        "repeated",
    )


def reading(options: dict[str, Any]) -> Reading:
    """How the options say the file is read."""
    delimiter = {"tab": "\t", "\\t": "\t"}.get(options["delimiter"], options["delimiter"])
    return Reading(options["encoding"], delimiter, options["sheet"], options["header_row"])


def said_of_columns(said: list[str]) -> dict[str, dict[str, Any]]:
    """What the options say of columns, by header or position."""
    found: dict[str, dict[str, Any]] = {}
    for text in said:
        column, _, form = text.rpartition(":")
        key, equals, value = form.partition("=")
        if not (column and equals) or key not in SAID:
            raise InvalidInput(
                f"--column {text!r}: expected COLUMN:KEY=VALUE, with the key field, type, numbers, "
                "dates, blanks or conflict_resolution."
            )
        found.setdefault(column, {})[key] = value.split(",") if key == "blanks" else value
    return found


def table_name(table: CsvTable) -> str:
    """The name of the file without what says its form."""
    name = table.path.name.removesuffix(".gz")
    return name if Path(name).suffix.lower() not in FORMS else Path(name).stem


def text(summary: ImportSummary, seconds: float, *, dry_run: bool) -> str:
    """What became of the file, for people."""
    if summary.done_before is not None:
        return (
            f"This file was imported into {summary.object_name} at "
            f"{summary.done_before:%Y-%m-%d %H:%M} UTC:"
            f" {counts(summary)}. Nothing was imported; --again imports it again."
        )
    rows = summary.rows - summary.resumed_at
    intro = "Dry run, nothing is stored: " if dry_run else ""
    speed = f"{seconds:.1f} s, {rows / seconds:,.0f} rows/s"
    lines = [f"{intro}{summary.object_name}: {counts(summary)} ({speed})."]
    if summary.made is not None:
        lines.append(described(summary.made))
    lines.extend(
        f"{name}: {', '.join(f'{key} {value}' for key, value in told.items())}.".replace("_", " ")
        for name, told in summary.readings.items()
    )
    if summary.left_out:
        lines.append(f"Left out, as their fields are read-only: {', '.join(summary.left_out)}.")
    if summary.resumed_at:
        lines.append(f"The first {summary.resumed_at:,} rows were imported before.")
    if summary.report is not None:
        lines.append(f"Refused rows, with reasons: {summary.report}")
    return "\n".join(lines)


def described(made: ObjectDraft) -> str:
    """The fields that were made of the columns, so that a wrong type is noticed before there is
    much of it."""
    fields = ", ".join(
        f"{field.name} "
        f"({field.field_type}{', identifies' if field.name == made.identifier else ''})"
        for field in made.fields
    )
    return (
        "Its fields, derived from the columns: "
        f"{fields}.{'' if made.identifier else ' None identifies records.'}"
    )


def counts(summary: ImportSummary) -> str:
    return (
        f"{summary.created:,} created, {summary.updated:,} updated, {summary.unchanged:,} "
        "unchanged,"
        f" {summary.failed:,} failed"
    )
