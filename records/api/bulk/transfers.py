"""Importing files and exporting records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.parameters import flag
from records.api.records.requests import asked_search
from records.api.sent_files import said_forms, said_reading, sent_file
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput
from records.http import download
from records.services.access import get_schema
from records.services.exporting import CONTENT_TYPES, exported_fields
from records.services.importing import get_upload, store_upload, suggest_fields
from records.services.jobs import open_report
from records.services.operations import export_records, home_of

from . import documentation
from .responses import job_row, upload_row

START_KEYS = (
    "mapping",
    "mode",
    "match_field",
    "keep_existing",
    "columns",
    "dry_run",
    "again",
)


class ImportViewSet(ApiViewSet):
    """Files on their way in: sent first, then imported as often as it takes to find the right
    plan."""

    area = "records"

    @documentation.upload
    def upload(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        name, chunks = sent_file(request, "file_name")
        made = store_upload(
            self.author, schema, name, chunks, said_reading(request.GET, "header_row")
        )
        return json_answer(upload_row(made, suggest_fields(self.author, schema, made.header)), 201)

    @documentation.start_import
    def start(self, request: HttpRequest, object_key: str, upload_id: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        upload = get_upload(self.author, schema, upload_id)
        job = home_of(schema).start_import(
            self.author, schema, upload, **_plan(read_object(request, START_KEYS))
        )
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
    def create(self, request: HttpRequest, object_key: str) -> FileResponse:
        schema = get_schema(self.author, object_key)
        form = request.GET.get("format", "csv")
        asked = asked_search(request, self.author, schema)
        fields = (
            asked.request.fields if asked.names_fields else exported_fields(asked.request.fields)
        )
        found = replace(asked.request, fields=fields)
        bom = flag(request, "bom")
        whole = not asked.names_fields
        file = export_records(self.author, schema, found, form, bom=bom, whole=whole)
        return download(file, f"{schema.name}.{form}", CONTENT_TYPES[form])


def _plan(content: dict[str, Any]) -> dict[str, Any]:
    mapping, kept = content.get("mapping"), content.get("keep_existing") or []
    if mapping is not None and not (
        isinstance(mapping, dict)
        and all(value is None or isinstance(value, str) for value in mapping.values())
    ):
        raise InvalidInput(
            "expected an object of column headers, each with a field or null.", at="mapping"
        )
    if not isinstance(kept, list):
        raise InvalidInput("expected a list of column headers.", at="keep_existing")
    kept = [str(name) if type(name) is int else name for name in kept]
    forms = said_forms(content.get("columns"))
    for key in ("dry_run", "again"):
        if not isinstance(content.get(key, False), bool):
            raise InvalidInput("expected true or false.", at=key)
    for key in ("mode", "match_field"):
        if not isinstance(content.get(key, ""), str) and content.get(key) is not None:
            raise InvalidInput("expected a string.", at=key)
    if not all(isinstance(name, str) for name in kept):
        raise InvalidInput("expected a list of column headers.", at="keep_existing")
    plan = {"mapping": mapping, "kept": kept, "match_field": content.get("match_field")}
    plan["forms"] = forms
    plan.update({key: content[key] for key in ("dry_run", "again") if key in content})
    return plan | ({"mode": content["mode"]} if content.get("mode") else {})
