"""Successful answers that say they are none, beside records that have an error of their own."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import ExternalError
from records.models import ExternalSource
from records.services.external.error_reports import check_record, reports_error
from records.services.external.ids import uuid_of
from records.services.external.sources import update_source
from tests.api_client import ApiClient
from tests.factories import Caller

from .upstream import Upstream

RECORDS = [
    {"id": "t1"},
    {"id": "t1", "title": "T"},
    {"id": "t1", "title": "T", "error": "an old one", "success": False, "status": 404},
    {"id": "t1", "error": None, "errors": [], "success": True, "ok": None, "status": "done"},
    {"id": "t1", "status": 404},
    {"id": "t1", "code": 500},
    {"id": "t1", "message": "Hello"},
]
REPORTS: list[Any] = [
    {"error": "no"},
    {"errors": ["no"]},
    {"success": False},
    {"ok": False},
    {"status": 404, "message": "no such thing"},
    {"statusCode": 500},
    {"status_code": "503"},
    {"code": 404},
    {"status": "error"},
    {"status": "Failed"},
    {"id": "t1", "error": "no"},
    {"id": "t1", "success": False},
    {"id": "t1", "ok": False, "title": None},
    {"id": "t1", "message": "no such thing", "status": 404},
    {"id": "t1", "detail": "no such thing", "code": 404},
]


@pytest.mark.parametrize("answer", RECORDS, ids=str)
def test_a_record_is_none(admin: Caller, source: ExternalSource, answer: Any) -> None:
    schema = admin.schema("things")
    assert not reports_error(schema, answer, answer)
    assert not reports_error(schema, {"thing": answer, "success": True, "status": 200}, answer)
    check_record(schema, "t1", answer, answer, 200)


@pytest.mark.parametrize("answer", REPORTS, ids=str)
def test_a_report_is_no_record(admin: Caller, source: ExternalSource, answer: Any) -> None:
    schema = admin.schema("things")
    assert reports_error(schema, answer, answer)
    with pytest.raises(ExternalError, match="The upstream of 'things' returned"):
        check_record(schema, "t1", answer, answer, 200)


@pytest.mark.parametrize("around", [{"success": False}, {"status": 500}, {"status": "error"}])
def test_what_is_around_a_record_speaks_of_the_call(
    admin: Caller, source: ExternalSource, around: dict[str, Any]
) -> None:
    item = {"id": "t1", "title": "T"}
    assert reports_error(admin.schema("things"), {**around, "thing": item}, item)


def test_fields_of_these_names_are_values_of_the_record(
    admin: Caller, source: ExternalSource
) -> None:
    update_source(admin.author, source, mapping={"name": "status", "done": "success"})
    schema = admin.schema("things")
    for item in ({"id": "t1", "status": "failed"}, {"id": "t1", "status": 404, "success": False}):
        assert not reports_error(schema, item, item)
    for item in ({"status": "failed"}, {"id": "t1", "status": 404, "message": "no such thing"}):
        assert reports_error(schema, item, item)


def test_every_call_of_an_api_tells_it(
    api: ApiClient, upstream: Upstream, source: ExternalSource
) -> None:
    path, change = (
        f"/api/records/things/{uuid_of('u-1')}",
        {"fields": [{"name": "amount", "value": 8}]},
    )
    failed = {"success": False, "thing": {"id": "u-1"}, "things": []}
    upstream.answer(200, failed)
    calls = [
        (api.patch(path, change), "unknown"),
        (api.put(path, change), "unknown"),
        (api.delete(path), "unknown"),
        (api.get(path), "refused"),
        (api.post("/api/records/things/search", {}), "refused"),
    ]
    for response, outcome in calls:
        assert response.status_code == 424
        assert response.json()["code"] == "external_error"
        assert response.json()["outcome"] == outcome
