"""Sending and fetching bytes under signed links, which need no key."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from rest_framework import viewsets

from records.api.answers import json_answer
from records.api.dry_runs import RECORDS_FORM, is_dry_run
from records.api.errors import MethodNotAllowed, refusal
from records.api.reasons import REASON, sent_reason
from records.api.viewsets import SAFE_METHODS
from records.exceptions import InvalidInput, RecordsError
from records.http import request_id
from records.services.access import check_reason
from records.services.database import repeated_when_lost, unavailable_when_faulty
from records.services.files import open_download, receive_upload
from records.services.reading import read_upload

from . import documentation
from .responses import attachment_row

SANDBOX = "default-src 'none'; sandbox"


class SignedFileViewSet(viewsets.ViewSet):
    """The link is the permission: it says who asked, for which file, and until when."""

    authentication_classes: list[Any] = []
    action_map: dict[str, str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        method = (request.method or "").lower()
        self.action = self.action_map.get(method, "")
        try:
            if not self.action:
                raise MethodNotAllowed(self.action_map)
            response = self._answer(request, kwargs, reading=method in SAFE_METHODS)
        except RecordsError as error:
            return refusal(error)
        return response

    def _answer(
        self, request: HttpRequest, kwargs: dict[str, Any], *, reading: bool
    ) -> HttpResponse:
        def work() -> HttpResponse:
            response: HttpResponse = getattr(self, self.action)(request, **kwargs)
            return response

        with unavailable_when_faulty(changing=not reading):
            return repeated_when_lost(work) if reading else work()

    @documentation.download
    def download(self, request: HttpRequest, token: str) -> FileResponse:
        found = open_download(token)
        response = FileResponse(
            found.file, as_attachment=True, filename=found.name, content_type=found.content_type
        )
        response.headers["Content-Length"] = str(found.size)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = SANDBOX  # should a browser show it after all
        response.headers["Cache-Control"] = "private, no-store"
        return response

    @documentation.upload
    def upload(self, request: HttpRequest, token: str) -> HttpResponse:
        sent = request.META.get("CONTENT_LENGTH") or ""
        if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
            read_upload(token)
            raise InvalidInput(
                "Announce the file's size: the header Content-Length is required.",
                "length_required",
            )
        reason = check_reason(sent_reason(request), REASON)
        dry_run = is_dry_run(request, RECORDS_FORM)
        stored, dry_run = receive_upload(
            token, request, int(sent), request_id(request), reason, dry_run=dry_run
        )
        content = attachment_row(stored)
        return json_answer({**content, "dry_run": True} if dry_run else content, 201)
