"""Files as the API shows them."""

from __future__ import annotations

from typing import Any

from records.services.files import AttachmentView


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
