"""Stored bytes that nothing refers to. They remain when a process dies after storing bytes and
before storing their row, or after deleting the row and before removing the bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.files.storage import default_storage

from records.models import ImportRun, ImportUpload, Job, Workspace
from records.services.storage import find_orphans, listed, remove_file


def clear_attachment_orphans(before: datetime) -> int:
    """Remove the files of records that no record has, older than a moment; the number of them."""
    return sum(
        _clear(find_orphans(workspace), before) for workspace in Workspace.objects.order_by("id")
    )


def clear_import_orphans(before: datetime) -> int:
    """Remove the files and reports of imports that no import has, older than a moment; the number
    of them."""
    removed = 0
    for workspace in Workspace.objects.order_by("id"):
        folder = f"imports/{workspace.uuid}"
        # Listed before the rows are read: a file stored in between is not taken for an orphan.
        names = [f"{folder}/{name}" for name in listed(folder)[1]]
        known = _known_of_imports(workspace) if names else ()
        removed += _clear((name for name in names if name not in known), before)
    return removed


def _known_of_imports(workspace: Workspace) -> set[str]:
    uploads = ImportUpload.objects.filter(workspace=workspace).values_list("file", flat=True)
    runs = ImportRun.objects.filter(workspace=workspace).values_list("report_path", flat=True)
    results = Job.objects.filter(workspace=workspace, kind__startswith="import").values_list(
        "result", flat=True
    )
    return {*uploads, *runs, *(result["report"] for result in results if "report" in result)}


def _clear(orphans: Iterable[str], before: datetime) -> int:
    # A young file may belong to a transaction that has not committed yet.
    old = [name for name in orphans if default_storage.get_modified_time(name) < before]
    return sum(map(remove_file, old))
