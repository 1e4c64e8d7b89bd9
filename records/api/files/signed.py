"""Sending and fetching bytes under signed links, which need no key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError
from rest_framework import viewsets

from records.api.answers import empty_answer, json_answer
from records.api.dry_runs import RECORDS_FORM, is_dry_run
from records.api.errors import MethodNotAllowed, UnsupportedMediaType, refusal
from records.api.etags import check_unconditional
from records.api.reasons import REASON, sent_reason
from records.api.viewsets import SAFE_METHODS
from records.exceptions import InvalidInput, RecordsError, TooLarge
from records.http import request_id
from records.services.access import check_reason
from records.services.database import repeated_when_lost, unavailable_when_faulty
from records.services.files import AttachmentView, Readable, open_download, receive_upload
from records.services.reading import read_upload

from . import documentation
from .responses import attachment_row, file_response

FORM_AROUND = 2**16  # bytes of a form beside its file


class SignedFileViewSet(viewsets.ViewSet):
    """The link is the permission: it says who asked, for which file, and until when."""

    authentication_classes: list[Any] = []
    # Those that answer with the ETag of a file.
    tagging = frozenset({"upload_form"})
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

        if not reading:
            check_unconditional(request, "If-Match", "If-None-Match")
        with unavailable_when_faulty(changing=not reading):
            return repeated_when_lost(work) if reading else work()

    @documentation.download
    def download(self, request: HttpRequest, token: str) -> FileResponse:
        return file_response(open_download(token))

    @documentation.upload
    def upload(self, request: HttpRequest, token: str) -> HttpResponse:
        sent = request.META.get("CONTENT_LENGTH") or ""
        if not (sent.isascii() and sent.isdigit() and len(sent) < 19):
            read_upload(token)
            raise InvalidInput(
                "Announce the file's size: the header Content-Length is required.",
                "length_required",
            )
        stored, dry_run = _receive(request, token, request, int(sent))
        content = attachment_row(stored)
        return json_answer({**content, "dry_run": True} if dry_run else content, 201)

    @documentation.upload_form
    def upload_form(self, request: HttpRequest, token: str) -> HttpResponse:
        """The file in a form, as browsers and clients of object storages send it."""
        read_upload(token)  # before the body is read
        file, size = _sent_file(request)
        form = {"is_form": True, "key": request.POST.get("key")}
        stored, dry_run = _receive(request, token, file, size, **form)
        if dry_run:
            return json_answer({**attachment_row(stored), "dry_run": True})
        return empty_answer(204, {"ETag": f'"{stored.sha256}"'})


def _receive(
    request: HttpRequest, token: str, source: Readable, size: int, **form: Any
) -> tuple[AttachmentView, bool]:
    reason = check_reason(sent_reason(request), REASON)
    dry_run = is_dry_run(request, RECORDS_FORM)
    return receive_upload(token, source, size, request_id(request), reason, dry_run=dry_run, **form)


def _sent_file(request: HttpRequest) -> tuple[Readable, int]:
    """The field `file` of the form in the body, and its size."""
    limit: int = settings.ATTACHMENT_MAX_BYTES
    sent = request.META.get("CONTENT_LENGTH") or ""
    if sent.isascii() and sent.isdigit() and int(sent[:18]) > limit + FORM_AROUND:
        raise TooLarge(f"The form has {sent} bytes; the limit for a file is {limit}.")
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("Send a form with the file: multipart/form-data.")
    try:
        file = request.FILES.get("file")
    except (MultiPartParserError, UnreadablePostError, RawPostDataException, ValueError):
        raise InvalidInput("The form in the body cannot be read.") from None
    if file is None:
        raise InvalidInput("send the file in the form field of this name.", "required", at="file")
    return file, int(file.size or 0)
