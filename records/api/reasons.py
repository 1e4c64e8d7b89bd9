"""Why a caller changes something: the header X-Reason."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from records.exceptions import InvalidInput

REASON = "X-Reason"
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def sent_reason(request: HttpRequest) -> str:
    """The text of the header: UTF-8, as it is or percent-encoded; empty when it is absent."""
    text: str = request.META.get("HTTP_X_REASON", "")
    if not text or (text.isascii() and "%" not in text):
        return text
    # Servers hand the bytes of headers on as Latin-1.
    sent = text.encode("latin-1", "replace")
    if _NO_ESCAPE.search(sent):
        raise InvalidInput("a percent sign is written %25.", at=REASON)
    try:
        return unquote_to_bytes(sent).decode()
    except UnicodeDecodeError:
        raise InvalidInput("expected UTF-8, as it is or percent-encoded.", at=REASON) from None
