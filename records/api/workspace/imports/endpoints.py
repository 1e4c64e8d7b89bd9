"""Importing a file in one call, and following its job."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import FileResponse, HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.sent_files import said_forms, said_reading, sent_file
from records.api.workspace.requests import Query
from records.api.workspace.viewsets import WorkspaceViewSet
from records.exceptions import InvalidInput
from records.services.exporting import CONTENT_TYPES
from records.services.jobs import cancel_job, get_job, open_report
from records.services.operations import IMPORT_MODES, AskedImport, import_sent_file
from records.services.reading import get_type_schema

from . import documentation
from .responses import import_content, is_ended, job_row, started_content

READING = ("encoding", "delimiter", "sheet", "headerRow")
PARAMETERS = ("mode", "matchField", "mapping", "columns", "fileName", *READING)


class ImportViewSet(WorkspaceViewSet):
    """Files on their way in."""

    area = "records"
    foretelling = frozenset({"create"})

    @documentation.import_records
    def create(self, request: HttpRequest, data_type_id: int) -> HttpResponse:
        schema = get_type_schema(self.author, data_type_id)
        asked = _asked(Query(request, *PARAMETERS).only(), dry_run=self.is_dry(request))
        name, chunks = sent_file(request, "fileName")
        done = import_sent_file(self.author, schema, name, chunks, asked)
        if not is_ended(done.job):
            return json_answer(started_content(done), 202)
        return json_answer(import_content(request, done, dry_run=asked.dry_run))


class JobViewSet(WorkspaceViewSet):
    """The caller's jobs; admins have everybody's."""

    area = "records"

    @documentation.retrieve_job
    def retrieve(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return json_answer(job_row(request, self.author, get_job(self.author, job_id)))

    @documentation.cancel_job
    def cancel(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return json_answer(job_row(request, self.author, cancel_job(self.author, job_id)))

    @documentation.report
    def report(self, request: HttpRequest, job_id: int) -> FileResponse:
        return FileResponse(
            open_report(self.author, job_id),
            as_attachment=True,
            filename="refused-rows.csv",
            content_type=CONTENT_TYPES["csv"],
        )


def _asked(query: Query, *, dry_run: bool) -> AskedImport:
    mode = query.choice("mode", tuple(IMPORT_MODES)) if "mode" in query.sent else ""
    said = {key: query.text(key) or "" for key in READING}
    return AskedImport(
        mode,
        query.text("matchField") or None,
        _mapping(query),
        dry_run,
        said_reading(said, "headerRow"),
        said_forms(_json(query, "columns")),
    )


def _json(query: Query, key: str) -> Any:
    """What a parameter has as JSON, an empty object where it is not sent; a text where it is
    none."""
    sent = query.sent.get(key, "{}")
    try:
        return orjson.loads(sent)
    except orjson.JSONDecodeError:
        return sent


def _mapping(query: Query) -> dict[str, str | None]:
    """Which columns are which, by header or position."""
    mapping = _json(query, "mapping")
    if not isinstance(mapping, dict) or not all(
        value is None or isinstance(value, str) for value in mapping.values()
    ):
        raise InvalidInput(
            "expected a JSON object of headers or column numbers, each with a slug or null.",
            at="mapping",
        )
    return mapping
