"""Changing many records in one call, and how far that has come."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.pagination import page_content, page_request
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput
from records.services.access import get_schema
from records.services.jobs import cancel_job, get_job, list_jobs
from records.services.jobs.bulk import start_bulk_archive, start_bulk_change

from . import documentation
from .responses import job_row

UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class BulkViewSet(ApiViewSet):
    """Archiving records, and changing a field of them."""

    area = "records"

    @documentation.bulk_archive
    def archive(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        records = record_ids(read_object(request, None))
        return json_answer(job_row(self.author, start_bulk_archive(self.author, schema, records)))

    @documentation.bulk_change
    def change(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        content = read_object(request, None)
        job = start_bulk_change(
            self.author,
            schema,
            _text(content, "field_id"),
            content.get("field_value"),
            _text(content, "field_resolution"),
            record_ids(content),
        )
        return json_answer(job_row(self.author, job))


class JobViewSet(ApiViewSet):
    """The caller's jobs; admins see everybody's."""

    area = "records"

    @documentation.list_jobs
    def list(self, request: HttpRequest) -> HttpResponse:
        page = page_request(request)
        count, jobs = list_jobs(self.author, offset=page.offset, limit=page.size)
        rows = [job_row(self.author, job) for job in jobs]
        return json_answer(page_content(request, rows, page, count=count))

    @documentation.retrieve_job
    def retrieve(self, request: HttpRequest, job_id: str) -> HttpResponse:
        return json_answer(job_row(self.author, get_job(self.author, job_id)))

    @documentation.cancel_job
    def cancel(self, request: HttpRequest, job_id: str) -> HttpResponse:
        return json_answer(job_row(self.author, cancel_job(self.author, job_id)))


def record_ids(content: dict[str, Any]) -> list[str]:
    """The ids of records a body lists; InvalidInput names the first places where there is none."""
    sent = content.get("record_ids")
    if not isinstance(sent, list):
        raise InvalidInput("record_ids: expected a list of record ids.", "required" if sent is None else "invalid")
    wrong = [at for at, key in enumerate(sent) if not isinstance(key, str) or not UUID_FORM.fullmatch(key)]
    if wrong:
        raise InvalidInput(f"record_ids: no ids at {', '.join(map(str, wrong[:10]))}.")
    return [key.lower() for key in sent]


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    if value is None:
        raise InvalidInput(f"{key}: this key is required.", "required")
    if not isinstance(value, str):
        raise InvalidInput(f"{key}: expected a string.")
    return value
