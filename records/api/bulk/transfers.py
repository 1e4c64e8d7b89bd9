"""Importing files and exporting records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError

from records.api.answers import JSON, json_answer
from records.api.bodies import read_object
from records.api.errors import UnsupportedMediaType
from records.api.records.requests import asked_search
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput
from records.services.access import get_schema
from records.services.exporting.tables import CONTENT_TYPES, export_records, exported_fields
from records.services.importing import suggest_fields
from records.services.importing.uploads import get_upload, store_upload
from records.services.jobs import open_report
from records.services.jobs.importing import start_import

from . import documentation
from .responses import job_row, upload_row

START_KEYS = ("mapping", "mode", "match_field", "keep_existing", "dry_run", "again")
CHUNK = 1 << 16


class ImportViewSet(ApiViewSet):
    """Files on their way in: sent first, then imported as often as it takes to find the right plan."""

    area = "records"

    @documentation.upload
    def upload(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        name, chunks = _sent_file(request)
        made = store_upload(self.author, schema, name, chunks, request.GET.get("encoding", "utf-8"))
        return json_answer(upload_row(made, suggest_fields(self.author, schema, made.header)), 201)

    @documentation.start_import
    def start(self, request: HttpRequest, object_key: str, upload_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        upload = get_upload(self.author, schema, upload_id)
        job = start_import(self.author, schema, upload, **_plan(read_object(request, START_KEYS)))
        return json_answer(job_row(self.author, job))

    @documentation.report
    def report(self, request: HttpRequest, job_id: str) -> FileResponse:
        return FileResponse(
            open_report(self.author, job_id),
            as_attachment=True,
            filename="refused-rows.csv",
            content_type=CONTENT_TYPES["csv"],
        )


class ExportViewSet(ApiViewSet):
    """Records on their way out."""

    area = "records"
    reads = frozenset({"create"})

    @documentation.export
    def create(self, request: HttpRequest, object_key: str) -> StreamingHttpResponse:
        schema = get_schema(self.author, object_key)
        form = request.GET.get("format", "csv")
        asked = asked_search(request, self.author, schema)
        fields = asked.request.fields if asked.names_fields else exported_fields(asked.request.fields)
        chunks = export_records(self.author, schema, replace(asked.request, fields=fields), form)
        response = StreamingHttpResponse(chunks, content_type=CONTENT_TYPES[form])
        response.headers["Content-Disposition"] = f'attachment; filename="{schema.name}.{form}"'
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _sent_file(request: HttpRequest) -> tuple[str, Iterator[bytes]]:
    """The file in the body: a form's `file`, or the body itself, whose name is then in the query."""
    try:
        if request.content_type == "multipart/form-data":
            file = request.FILES.get("file")
            if file is None:
                raise InvalidInput("file: send the file as the form's part of this name.", "required")
            return file.name or "file.csv", iter(file.chunks(CHUNK))
    except (MultiPartParserError, UnreadablePostError, RawPostDataException, ValueError):
        raise InvalidInput("The form in the body cannot be read.") from None
    if request.content_type == JSON:
        raise UnsupportedMediaType("Send the file itself: as the body, or as the part `file` of multipart/form-data.")
    return request.GET.get("file_name", "file.csv"), _body(request)


def _body(request: HttpRequest) -> Iterator[bytes]:
    try:
        while chunk := request.read(CHUNK):
            yield chunk
    except UnreadablePostError:
        raise InvalidInput("The body ended too early.") from None
    except RawPostDataException:  # an idempotency key had it read already
        yield request.body


def _plan(content: dict[str, Any]) -> dict[str, Any]:
    mapping, kept = content.get("mapping"), content.get("keep_existing") or []
    if mapping is not None and not (
        isinstance(mapping, dict) and all(value is None or isinstance(value, str) for value in mapping.values())
    ):
        raise InvalidInput("mapping: expected an object of column headers, each with a field or null.")
    if not isinstance(kept, list) or not all(isinstance(name, str) for name in kept):
        raise InvalidInput("keep_existing: expected a list of column headers.")
    for key in ("dry_run", "again"):
        if not isinstance(content.get(key, False), bool):
            raise InvalidInput(f"{key}: expected true or false.")
    for key in ("mode", "match_field"):
        if not isinstance(content.get(key, ""), str) and content.get(key) is not None:
            raise InvalidInput(f"{key}: expected a string.")
    plan = {"mapping": mapping, "kept": kept, "match_field": content.get("match_field")}
    plan.update({key: content[key] for key in ("dry_run", "again") if key in content})
    return plan | ({"mode": content["mode"]} if content.get("mode") else {})
