"""Importing in the tests' words."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from records.models import Field
from records.services.importing.import_run import ImportOptions, ImportSummary, import_file
from records.services.importing.matching import ImportPlan
from records.services.importing.report import keep_at
from records.services.tables.csv_files import open_table
from tests.factories import Caller
from tests.services.acting import names, search

PLANNED = ("match", "mapping", "mode", "kept", "forms")


AIRPORTS = """iata,name,state,latitude
00M,Thigpen,MS,31.95376472
DFW,Dallas-Fort Worth,TX,32.89595056
ORD,Chicago O'Hare,IL,41.979595
"""


class Importing:
    """Imports texts as files, and reads what became of them."""

    def __init__(self, caller: Caller, folder: Path) -> None:
        self.caller = caller
        self.folder = folder
        self.report = folder / "errors.csv"

    def file(self, text: str, name: str = "file.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def __call__(
        self,
        object_name: str,
        text: str,
        *,
        progress: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> ImportSummary:
        plan = ImportPlan(**{name: options.pop(name) for name in PLANNED if name in options})
        chosen = ImportOptions(keep_at(self.report), plan, **options)
        return import_file(
            self.caller.author, object_name, open_table(self.file(text)), chosen, progress
        )

    def counts(self, object_name: str, text: str, **options: Any) -> tuple[int, int, int, int]:
        """Import; how many rows were created, updated, unchanged and failed."""
        found = self(object_name, text, **options)
        return found.created, found.updated, found.unchanged, found.failed

    def refused(self) -> list[dict[str, str]]:
        """The report."""
        with self.report.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def records(self, object_name: str, *fields: str) -> list[tuple[Any, ...]]:
        """The values of these fields of all records, in the order in which they were made; choices
        by name."""
        schema = self.caller.schema(object_name)
        specs = tuple(schema.by_name[name] for name in fields)
        page = search(self.caller, object_name, fields=specs, ordering=("created",), page_size=1000)
        rows = sorted(page.views, key=lambda view: view.row.id)
        return [tuple(names(view.values.get(spec.id)) for spec in specs) for view in rows]

    def count(self, model: Any, **conditions: Any) -> int:
        """The number of the workspace's rows of a table."""
        found: int = model.objects.filter(workspace=self.caller.workspace, **conditions).count()
        return found


def field_row(caller: Caller, object_name: str, name: str) -> Field:
    """The row of a field."""
    spec = caller.schema(object_name).by_name[name]
    return Field.objects.get(workspace=caller.workspace, id=spec.id)
