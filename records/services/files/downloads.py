"""Stored files, opened to be served."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.files.base import File
from django.core.files.storage import default_storage

from records.exceptions import NotFound
from records.models import Attachment


@dataclass(frozen=True, slots=True)
class Download:
    """A file to be served; `name` is the last part of its name."""

    name: str
    content_type: str
    size: int
    file: File[bytes]


def opened(row: Attachment) -> Download:
    """A file with its bytes; NotFound where the storage has none."""
    try:
        file = default_storage.open(str(row.file.name), "rb")
    except FileNotFoundError:
        raise NotFound from None
    # Browsers save a file under one name, without folders.
    return Download(row.name.rsplit("/", 1)[-1], row.content_type, row.size, file)
