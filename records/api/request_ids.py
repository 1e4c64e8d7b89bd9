"""The id by which caller and server speak of one request: the caller's own, if it is well-formed."""

from __future__ import annotations

import re
from uuid import uuid4

from django.http import HttpRequest

HEADER = "X-Request-ID"
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")
_KEPT = "records.request_id"


def request_id(request: HttpRequest) -> str:
    """The request's id, the same however often it is asked for."""
    known: str | None = request.META.get(_KEPT)
    if known is None:
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        known = request.META[_KEPT] = sent if WELL_FORMED.fullmatch(sent) else str(uuid4())
    return known
