"""Stored bytes that nothing refers to: they are left where a process died between storing bytes and noting them, or
between forgetting and removing them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.core.files.storage import default_storage

from records.models import Attachment, ImportRun, ImportUpload, Job, Workspace

ATTACHMENTS, IMPORTS = "attachments", "imports"


def clear_attachment_orphans(before: datetime) -> int:
    """Remove the files of records that no record has, older than a moment; the number of them."""
    removed = 0
    for workspace in _workspaces(ATTACHMENTS):
        for record in _folders(f"{ATTACHMENTS}/{workspace}"):
            names = _files(f"{ATTACHMENTS}/{workspace}/{record}")
            rows = Attachment.objects.filter(workspace__uuid=workspace, file__in=names)
            removed += _clear(names, set(rows.values_list("file", flat=True)), before)
    return removed


def clear_import_orphans(before: datetime) -> int:
    """Remove the files and reports of imports that no import has, older than a moment; the number of them."""
    removed = 0
    for workspace in _workspaces(IMPORTS):
        names = _files(f"{IMPORTS}/{workspace}")
        removed += _clear(names, _known_of_imports(workspace), before)
    return removed


def _known_of_imports(workspace: str) -> set[str]:
    uploads = ImportUpload.objects.filter(workspace__uuid=workspace).values_list("file", flat=True)
    runs = ImportRun.objects.filter(workspace__uuid=workspace).values_list("report_path", flat=True)
    results = Job.objects.filter(workspace__uuid=workspace, kind__startswith="import").values_list("result", flat=True)
    return {*uploads, *runs, *(result["report"] for result in results if "report" in result)}


def _workspaces(folder: str) -> set[str]:
    """Of the folders in a folder those of our workspaces: others may share the storage."""
    return set(_folders(folder)).intersection(map(str, Workspace.objects.values_list("uuid", flat=True)))


def _folders(path: str) -> Sequence[str]:
    try:
        folders: Sequence[str] = default_storage.listdir(path)[0]
    except FileNotFoundError:
        return ()
    return folders


def _files(folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in default_storage.listdir(folder)[1]]


def _clear(names: Sequence[str], known: Collection[str], before: datetime) -> int:
    orphans = [name for name in names if name not in known and default_storage.get_modified_time(name) < before]
    for name in orphans:
        default_storage.delete(name)
    return len(orphans)
