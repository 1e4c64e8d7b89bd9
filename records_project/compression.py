"""Compressed responses, for clients that take them."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django_http_compression.middleware import HttpCompressionMiddleware

LEAST = 1400  # bytes: what is shorter fits into one packet as it is


class CompressionMiddleware(HttpCompressionMiddleware):
    """Compresses with zstd or gzip what is worth it. Files are left as they were stored: their
    length stays known, and most are compressed already.

    A tag stays strong: it names a version of a record, in whatever form that is sent, and clients
    have to send it back in `If-Match`, where a weak one never counts.
    """

    def __init__(self, get_response: object) -> None:
        if not settings.COMPRESS:
            raise MiddlewareNotUsed
        super().__init__(get_response)  # type: ignore[arg-type]

    def maybe_compress(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Compress a response, if that is worth it."""
        if isinstance(response, FileResponse):
            return
        if isinstance(response, HttpResponse) and len(response.content) < LEAST:
            return
        tag = response.headers.get("ETag")
        super().maybe_compress(request, response)
        if tag is not None:
            response.headers["ETag"] = tag
