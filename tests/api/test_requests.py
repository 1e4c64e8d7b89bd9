"""What every request meets: its id, its method, its body, its path."""

from __future__ import annotations

import io
from typing import Any

import orjson
import pytest
from django.test import RequestFactory
from pytest_django import Settings

from records.exceptions import TooLarge
from records.http import read_bytes
from tests.api_client import ApiClient

from .reading import codes_of, sent, values_of


@pytest.mark.parametrize("path", ["", "/no-such-thing"])
def test_the_callers_request_id_comes_back(api: ApiClient, company: str, path: str) -> None:
    answer = api.get(company + path, X_Request_ID="trace-1.a_B")

    assert answer.headers["X-Request-ID"] == "trace-1.a_B"


@pytest.mark.parametrize("sent_id", ["", "a b", "x" * 129, "a\tb", "é", "<script>"])
def test_an_ill_formed_request_id_is_replaced(api: ApiClient, company: str, sent_id: str) -> None:
    first, second = (
        api.get(company, X_Request_ID=sent_id).headers["X-Request-ID"] for _ in range(2)
    )

    assert len(first) == 36
    assert first != second


def test_refusals_have_a_request_id(api: ApiClient, company: str) -> None:
    answers = [
        api.post(company),
        api.get("/api/nowhere"),
        api.get(company, Host="elsewhere.example.com"),
    ]
    api.headers.clear()
    answers.append(api.get(company))

    assert [answer.status_code for answer in answers] == [405, 404, 400, 401]
    assert all(answer.headers["X-Request-ID"] for answer in answers)


def test_the_request_id_is_in_the_history(api: ApiClient, company: str) -> None:
    api.patch(company, sent(note="x"), X_Request_ID="trace-2")

    assert api.get(f"{company}/history").json()["results"][0]["request_id"] == "trace-2"


@pytest.mark.parametrize(
    "path", ["/api/", "/api/records", "/api/records/", "/api/records/companies/", "/api/x/y"]
)
def test_unknown_paths_are_not_found_in_json(api: ApiClient, path: str) -> None:
    answer = api.get(path)

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not found.", "code": "not_found"}


def test_a_trailing_slash_leads_nowhere(api: ApiClient, company: str) -> None:
    assert api.get(f"{company}/").status_code == 404


@pytest.mark.parametrize(
    ("method", "tail", "allowed"),
    [
        ("POST", "", "DELETE, GET, HEAD, PATCH, PUT"),
        ("OPTIONS", "", "DELETE, GET, HEAD, PATCH, PUT"),
        ("TRACE", "", "DELETE, GET, HEAD, PATCH, PUT"),
        ("GET", "/move", "PATCH"),
        ("DELETE", "/history", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(
    api: ApiClient, company: str, method: str, tail: str, allowed: str
) -> None:
    answer = api.send(method, company + tail)

    assert answer.status_code == 405
    assert sorted(answer.headers["Allow"].split(", ")) == allowed.split(", ")
    assert answer.json()["code"] == "method_not_allowed"


def test_head_answers_as_get_does_without_the_body(api: ApiClient, company: str) -> None:
    answer = api.send("HEAD", company)

    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    assert answer.content == b""


def test_answers_are_the_callers_alone(api: ApiClient, company: str) -> None:
    assert api.get(company).headers["Cache-Control"] == "private, no-cache"


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=latin-1",
    ],
)
def test_a_body_that_is_not_declared_as_json_is_refused(
    api: ApiClient, company: str, content_type: str
) -> None:
    answer = api.send("PATCH", company, sent(note="x"), content_type=content_type)

    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_media_type"


def test_json_is_no_file_to_import(api: ApiClient, companies: str) -> None:
    refused = api.post("/api/custom-objects/companies/imports", {"mapping": {}})
    assert (refused.status_code, refused.json()["code"]) == (415, "unsupported_media_type")
    assert "multipart/form-data" in refused.json()["detail"]


def test_what_is_wrong_with_the_declaration_is_named(api: ApiClient, company: str) -> None:
    answer = api.send(
        "PATCH", company, sent(note="x"), content_type="application/json; charset=utf-16"
    )
    assert "charset=utf-16" in answer.json()["detail"]

    answer = api.patch(company, sent(note="x"), Content_Encoding="gzip")
    assert (answer.status_code, "'gzip'" in answer.json()["detail"]) == (415, True)
    assert api.patch(company, sent(note="x"), Content_Encoding="identity").status_code == 200


def test_a_body_may_name_its_charset(api: ApiClient, company: str) -> None:
    answer = api.send(
        "PATCH", company, sent(note="é"), content_type="Application/JSON; charset=UTF-8"
    )

    assert values_of(answer)["note"] == "é"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b'{"fields": NaN}',
        b'{"fields": [{"name": "employees", "value": 1' + b"0" * 400 + b"}]}",
        b'{"fields": [{"name": "name", "value": "\\ud800"}]}',
        b"[" * 100_000,
        b"[" * 900 + b"]" * 900,
        b'{"fields": [{"name": "name", "value": ' + b"[" * 80 + b"]" * 80 + b"}]}",
        b"[]",
        b'"fields"',
        b"null",
        b"7",
    ],
)
def test_a_body_that_is_no_json_object_is_a_refused_write(
    api: ApiClient, company: str, body: bytes
) -> None:
    for method, tail in (("PATCH", ""), ("PUT", ""), ("PATCH", "/move"), ("PATCH", "/unarchive")):
        answer = api.send(method, company + tail, body)
        assert codes_of(answer)[0] in ("invalid", "limit_exceeded")


def test_a_search_with_a_broken_body_has_one_problem(api: ApiClient, companies: str) -> None:
    answer = api.post(f"{companies}/search", b"{")

    assert answer.status_code == 400
    assert set(answer.json()) == {"detail", "code"}


def test_nesting_within_the_limit_is_the_fields_own_business(api: ApiClient, company: str) -> None:
    entries = [{"name": "note", "value": {"a": [{"b": {}} for _ in range(40)]}}]

    answer = api.patch(company, {"fields": entries})

    assert codes_of(answer) == [{"value": ["invalid"]}]


def test_unknown_keys_are_named(api: ApiClient, company: str) -> None:
    answer = api.patch(
        company, {"fields": [], "archived_conflct": None, **{f"k{at}": 1 for at in range(20)}}
    )

    assert codes_of(answer) == ["invalid"]
    assert "'archived_conflct'" in answer.json()["non_field_errors"][0]
    assert "and 11 more" in answer.json()["non_field_errors"][0]


def test_of_keys_sent_twice_the_last_counts(api: ApiClient, company: str) -> None:
    answer = api.patch(company, b'{"fields": [], "fields": [{"name": "note", "value": "x"}]}')

    assert values_of(answer)["note"] == "x"


def test_a_body_over_the_limit_is_too_large(
    api: ApiClient, company: str, settings: Settings
) -> None:
    settings.RECORDS_MAX_BODY = 100

    answer = api.patch(company, sent(note="x" * 100))

    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def chunked(content: bytes) -> Any:
    request = RequestFactory().generic("PATCH", "/", headers={"Transfer-Encoding": "chunked"})
    request.META["wsgi.input"] = io.BytesIO(content)
    return request


def test_a_body_sent_in_chunks_is_read(settings: Settings) -> None:
    settings.RECORDS_MAX_BODY = 10
    request = chunked(b"0123456789")

    assert read_bytes(request) == read_bytes(request) == b"0123456789"
    with pytest.raises(TooLarge):
        read_bytes(chunked(b"0123456789x"))


# ---------------------------------------------------------------- hostile input

HUGE = "x" * 1_000_000
VALUES: list[Any] = [
    None, True, 0, -1, 1.5, 2**63, 2**64, 2**200, -(2**80), 1e308, "", " ", "\x00", "a\x00b", HUGE, "\U0001f600",
    "\u202e",
    [], {}, [[]], [None], [{}], {"id": None}, {"id": 7}, {"name": "\x00"}, {"id": "\x00"}, [1] * 2000, {"a": {"b": []}},
]  # fmt: skip


def raw(value: Any) -> bytes:
    """JSON as `value` says, numbers of any size included."""
    import json

    return json.dumps(value).encode()


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_any_value_in_any_place_gets_an_answer(
    api: ApiClient, companies: str, company: str, value: Any
) -> None:
    everywhere = [
        ("PATCH", company, value),
        ("PUT", company, {"fields": value}),
        ("PATCH", company, {"fields": [value]}),
        ("PATCH", company, {"fields": [], "archived_conflict": value}),
        ("PATCH", f"{company}/move", {"stage_id": value}),
        ("POST", f"{companies}/add", {"fields": [], "unarchive": value}),
        ("POST", f"{companies}/upsert", {"lookup_value": value, "match_field": "name"}),
        ("POST", f"{companies}/upsert", {"lookup_value": "x", "match_field": value}),
        *(
            ("POST", f"{companies}/search", {key: value})
            for key in (
                "query", "and", "field_names", "field_ids", "search_within_field_names", "search_within_field_ids",
                "ordering", "search", "page", "page_size", "cursor", "count",
            )
        ),
        *(
            ("POST", f"{companies}/search", {"query": [{"filters": [{"field": "name", "condition": "=", key: value}]}]})
            for key in ("type", "subtype", "field", "condition", "value")
        ),
        *(
            ("PATCH", company, {"fields": [{key: value}]})
            for key in ("id", "name", "value", "add_values", "remove_values")
        ),
        *(
            ("PATCH", company, {"fields": [{"name": name, key: value}]})
            for name in ("name", "industry", "employees", "tags", "note", "owner")
            for key in ("value", "add_values", "remove_values")
        ),
        ("POST", f"{company.replace('companies/', '')}/related-pipeline-records", {"object_ids": value}),
        ("POST", f"{company.replace('companies/', '')}/related-pipeline-records", {"field_ids": value}),
    ]  # fmt: skip
    for method, path, body in everywhere:
        answer = api.send(method, path, raw(body))
        assert answer.status_code < 500, (method, path, body)
        orjson.loads(answer.content or b"null")


@pytest.mark.parametrize(
    "text", ["", "%00", "%FF", "-1", "1e9", "9" * 30, "%F0%9F%98%80", "é" * 2000, "'\";--", "٣"]
)
def test_any_text_in_any_parameter_gets_an_answer(
    api: ApiClient, companies: str, company: str, text: str
) -> None:
    record = company.rpartition("/")[2]
    names = (
        "field_ids", "field_names", "field_category", "detail_summary", "include_hidden_fields", "as_of", "identifier",
        "all_fields", "search", "ordering", "page", "page_size", "cursor", "count", "return_all_fields",
    )  # fmt: skip
    for name in names:
        for method, path in (
            ("GET", company),
            ("GET", f"{company}/history"),
            ("GET", f"{companies}/lookup"),
            ("POST", f"{companies}/search"),
            ("PATCH", company),
            ("GET", f"/api/records/{record}/field-values/{record}"),
        ):
            answer = api.send(method, f"{path}?{name}={text}")
            assert answer.status_code < 500, (method, path, name)


@pytest.mark.parametrize(
    "header", ["If-Match", "If-None-Match", "Idempotency-Key", "X-Request-ID", "Accept"]
)
def test_any_header_gets_an_answer(api: ApiClient, company: str, header: str) -> None:
    for value in ("", "é", '"', "*", 'W/"', "x" * 5000, '"1",' * 500, "\x01"):
        for method in ("GET", "PATCH"):
            answer = api.send(method, company, None, **{header: value})
            assert answer.status_code < 500


@pytest.mark.parametrize(("number", "code"), [(1000, {}), (100_000, "limit_exceeded")])
def test_more_fields_than_there_are_get_an_answer(
    api: ApiClient, company: str, number: int, code: object
) -> None:
    body = b'{"fields": [' + b",".join([b'{"name": "name", "value": "Acme"}'] * number) + b"]}"

    answer = api.patch(company, body)

    assert codes_of(answer)[0] == code
