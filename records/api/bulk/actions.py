"""Changing many records in one call, and how far that has come."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import read_object
from records.api.pagination import page_content, page_request
from records.api.parameters import flag, moment
from records.api.viewsets import ApiViewSet
from records.exceptions import InvalidInput
from records.services.access import get_schema
from records.services.jobs import Resolution, SoughtJobs, cancel_job, get_job, list_jobs
from records.services.operations import home_of

from . import documentation
from .responses import archive_row, job_row

SET_KEYS = ("entity_records_set_key", "bytes_start_index", "bytes_end_index")
ARCHIVE_KEYS = ("record_ids", "send_email_notification", *SET_KEYS)
CHANGE_KEYS = (
    *("field_id", "field_value", "field_resolution", "tags_to_add", "tags_to_remove"),
    *ARCHIVE_KEYS,
)
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class BulkViewSet(ApiViewSet):
    """Archiving records, and changing a field of them."""

    area = "records"

    @documentation.bulk_archive
    def archive(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        content = read_object(request, ARCHIVE_KEYS)
        _check_no_set(content)
        job = home_of(schema).start_bulk_archive(self.author, schema, record_ids(content))
        return json_answer(archive_row(self.author, job))

    @documentation.bulk_change
    def change(self, request: HttpRequest, object_key: str) -> HttpResponse:
        schema = get_schema(self.author, object_key)
        content = read_object(request, CHANGE_KEYS)
        _check_no_set(content)
        value, how, removed = _asked_change(content)
        job = home_of(schema).start_bulk_change(
            self.author,
            schema,
            _text(content, "field_id"),
            value,
            how,
            record_ids(content),
            removed=removed,
        )
        return json_answer(job_row(self.author, job))


class JobViewSet(ApiViewSet):
    """The caller's jobs; admins see everybody's."""

    area = "records"

    @documentation.list_jobs
    def list(self, request: HttpRequest) -> HttpResponse:
        page = page_request(request)
        zone = self.author.workspace.zone
        sought = SoughtJobs(
            object_key=request.GET.get("custom_object_id", ""),
            kind=request.GET.get("action", ""),
            finished=flag(request, "completed") if "completed" in request.GET else None,
            since=moment(request, "started_after", zone),
        )
        count, jobs = list_jobs(self.author, sought, offset=page.offset, limit=page.size)
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
        raise InvalidInput(
            "expected a list of record ids.",
            "required" if sent is None else "invalid",
            at="record_ids",
        )
    wrong = [
        at
        for at, key in enumerate(sent)
        if not isinstance(key, str) or not UUID_FORM.fullmatch(key)
    ]
    if wrong:
        raise InvalidInput(f"no ids at {', '.join(map(str, wrong[:10]))}.", at="record_ids")
    return [key.lower() for key in sent]


def _check_no_set(content: dict[str, Any]) -> None:
    """Refuse records chosen by what the server keeps of an earlier search: we keep nothing."""
    for key in SET_KEYS:
        if content.get(key) is not None:
            raise InvalidInput("sets of records are not kept here; send record_ids.", at=key)


def _asked_change(content: dict[str, Any]) -> tuple[Any, str, list[Any]]:
    """The value, what is to be done with it, and the entries to take out of a list with it."""
    if content.get("tags_to_add") is None and content.get("tags_to_remove") is None:
        how = (
            Resolution.OVERWRITE
            if content.get("field_resolution") is None
            else _text(content, "field_resolution")
        )
        # Without a value a change would empty the field: that is asked for, never guessed.
        if "field_value" not in content and how != Resolution.CLEAR:
            raise InvalidInput(
                "this key is required; send null to clear the field.", "required", at="field_value"
            )
        return content.get("field_value"), how, []
    if content.get("field_value") is not None or content.get("field_resolution") is not None:
        raise InvalidInput(
            "send either field_value and field_resolution, or tags_to_add and tags_to_remove.",
            at="tags_to_add" if content.get("tags_to_add") is not None else "tags_to_remove",
        )
    return _tags(content, "tags_to_add"), Resolution.ADD_ONLY, _tags(content, "tags_to_remove")


def _tags(content: dict[str, Any], key: str) -> list[Any]:
    """Tags as a write names them: a list of ids or names, or `{"ids": […], "names": […]}`."""
    sent = content.get(key)
    if isinstance(sent, dict) and sent.keys() <= {"ids", "names"}:
        ids, names = _list(sent.get("ids"), key), _list(sent.get("names"), key)
        return [*({"id": each} for each in ids), *({"name": each} for each in names)]
    return _list(sent, key)


def _list(sent: Any, key: str) -> list[Any]:
    if sent is None:
        return []
    if not isinstance(sent, list):
        raise InvalidInput('expected a list of tags, or {"ids": […], "names": […]}.', at=key)
    return sent


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    if value is None:
        raise InvalidInput("this key is required.", "required", at=key)
    if not isinstance(value, str):
        raise InvalidInput("expected a string.", at=key)
    return value
