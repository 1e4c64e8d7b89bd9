"""Where files are kept: writable, and with room left."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from records_project.faults import user

from .findings import Finding, failed, ok, warning

LITTLE = 2**30


def storage() -> Iterator[Finding]:
    """Store a file, read it and remove it."""
    content = secrets.token_bytes(16)
    name = default_storage.save(f"doctor/{secrets.token_hex(8)}", ContentFile(content))
    try:
        with default_storage.open(name) as stored:
            same = stored.read() == content
    finally:
        default_storage.delete(name)
    where = settings.STORAGES["default"].get("OPTIONS", {}).get("bucket_name", settings.MEDIA_ROOT)
    if same:
        yield ok(f"Files of records can be stored in {where}, read and removed.")
    else:
        yield failed(f"A file stored in {where} came back changed. Replace that storage.")


def space() -> Iterator[Finding]:
    """See that the local folders can be written, and are not nearly full."""
    for folder in dict.fromkeys((Path(settings.DATA_DIR), Path(tempfile.gettempdir()))):
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        if not os.access(existing, os.W_OK | os.X_OK):
            yield failed(
                f"{folder} cannot be written by user {user()}. Change its owner, or DATA_DIR "
                "or TMPDIR."
            )
        elif (free := shutil.disk_usage(existing).free) < LITTLE:
            yield warning(
                f"{folder} has {free / 2**20:.0f} MiB left. Free some space or enlarge its disk."
            )
        else:
            yield ok(f"{folder} is writable and has {free / 2**30:.0f} GiB left.")
