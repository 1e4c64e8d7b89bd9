"""Files as the API shows them."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse

from records.http import download
from records.services.files import AttachmentView, Download

SANDBOX = "default-src 'none'; sandbox"


def file_response(found: Download) -> FileResponse:
    """The bytes of a file, to be saved, not shown."""
    response = download(found.file, found.name, found.content_type)
    response.headers["Content-Length"] = str(found.size)
    response.headers["Content-Security-Policy"] = SANDBOX  # should a browser show it after all
    return response


def attachment_row(row: AttachmentView) -> dict[str, Any]:
    """A file of a record, without its bytes."""
    return {
        "id": row.uuid,
        "filename": row.name,
        "content_type": row.content_type,
        "size": row.size,
        "sha256": row.sha256,
        "created": row.created_at.isoformat(),
        "member": row.member,
    }
