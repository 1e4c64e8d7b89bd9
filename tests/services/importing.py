"""Importing in the tests' words."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

from records.services.importing import ImportOptions, ImportSummary, import_file, open_table
from tests.factories import Caller
from tests.services.acting import names, search


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
        self, object_name: str, text: str, *, progress: Callable[[int, int], None] | None = None, **options: Any
    ) -> ImportSummary:
        chosen = ImportOptions(self.report, **options)
        return import_file(self.caller.author, object_name, open_table(self.file(text)), chosen, progress)

    def counts(self, object_name: str, text: str, **options: Any) -> tuple[int, int, int, int]:
        """Import; how many rows were created, updated, unchanged and failed."""
        found = self(object_name, text, **options)
        return found.created, found.updated, found.unchanged, found.failed

    def refused(self) -> list[dict[str, str]]:
        """The report."""
        with self.report.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def records(self, object_name: str, *fields: str) -> list[tuple[Any, ...]]:
        """The values of these fields of all records, in the order in which they were made; choices by name."""
        schema = self.caller.schema(object_name)
        specs = tuple(schema.by_name[name] for name in fields)
        page = search(self.caller, object_name, fields=specs, ordering=("created",), page_size=1000)
        rows = sorted(page.views, key=lambda view: view.row.id)
        return [tuple(names(view.values.get(spec.id)) for spec in specs) for view in rows]

    def count(self, model: Any, **conditions: Any) -> int:
        """The number of the workspace's rows of a table."""
        found: int = model.objects.filter(workspace=self.caller.workspace, **conditions).count()
        return found
