"""Links that agents follow by themselves: the server's own address, and the path."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.conf import settings

from records.exceptions import InvalidInput
from records.services.reading import SignedLink, signed_url

# Where the call came to, as far as its transport knows.
origin: ContextVar[str] = ContextVar("origin", default="")


def link_content(link: SignedLink, key: str) -> dict[str, Any]:
    """A link under `key`, how it is used, and until when."""
    if not (settings.PUBLIC_URL or origin.get()):
        raise InvalidInput(
            "this server has no public URL; its operator must set PUBLIC_URL.", at="action"
        )
    url = signed_url(link) if settings.PUBLIC_URL else origin.get() + link.path
    return {
        key: url,
        "method": link.method,
        "expires_at": link.expires_at.isoformat(timespec="seconds"),
    }
