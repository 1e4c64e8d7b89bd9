"""Paths, methods, parameters and headers as nobody sends them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from tests.api_client import ApiClient

from .furnished import Asked, Ids, requests
from .recorded import check_recorded
from .trying import attempt, seen

GARBAGE = {
    "nothing": "",
    "nul": "%00",
    "latin": "%FF",
    "surrogate": "%ED%A0%80",
    "cut": "%E2%82",
    "percent": "%",
    "bad-percent": "%zz",
    "newline": "a%0D%0AX-Evil:%201",
    "0": "0",
    "-1": "-1",
    "1.5": "1.5",
    "10^20": "1" + "0" * 20,
    "400-digits": "9" * 400,
    "abc": "abc",
    "arabic": "\u0663",
    "emoji": "%F0%9F%98%80",
    "quotes": "'\";--",
    "comma": ",",
    "many": ",".join(["x"] * 2000),
    "dots": "..%2F..%2Fetc",
    "format": "%25s%7B0%7D",
    "true": "true",
    "long": "é" * 3000,
    "year-0": "0000-01-01T00:00:00Z",
    "year-1": "0001-01-01T00:00:00%2B14:00",
    "year-9999": "9999-12-31T23:59:59-14:00",
}
PARAMETERS = (
    *(
        "field_ids",
        "field_names",
        "field_category",
        "detail_summary",
        "include_hidden_fields",
        "as_of",
        "identifier",
    ),
    *(
        "all_fields",
        "search",
        "ordering",
        "page",
        "page_size",
        "cursor",
        "count",
        "return_all_fields",
    ),
)
BAD_IDS = {
    "nil": "00000000-0000-0000-0000-000000000000",
    "max": "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "no-hyphens": "0" * 32,
    "braces": "%7B00000000-0000-0000-0000-000000000000%7D",
    "urn": "urn:uuid:00000000-0000-0000-0000-000000000000",
    "short": "00000000-0000-0000-0000-00000000000",
    "long": "00000000-0000-0000-0000-0000000000000",
    "other-letters": "g0000000-0000-0000-0000-000000000000",
    "full-width": "\uff10" * 8 + "-0000-0000-0000-000000000000",
    "trailing-newline": "00000000-0000-0000-0000-000000000000%0A",
}
METHODS = (
    "HEAD",
    "OPTIONS",
    "TRACE",
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "PROPFIND",
    "get",
    "X" * 300,
)
HEADERS = {
    "nothing": "",
    "latin": "é",
    "quote": '"',
    "star": "*",
    "cut-tag": 'W/"',
    "weak": 'W/"1"',
    "long": "x" * 5000,
    "many-tags": '"1", ' * 500 + '"1"',
    "two-tags": '"1","2"',
    "huge-tag": '"' + "9" * 400 + '"',
    "control": "\x01",
    "blank": "a b",
    "two": "a, b",
}


READS = ("retrieve", "history", "field values", "lookup", "search", "aggregate", "partial update")


def test_garbage_in_any_parameter(api: ApiClient, ours: Ids) -> None:
    answers: dict[str, dict[str, str]] = {}
    reads = (asked for asked in requests(ours) if asked.name in READS)
    for asked, name in product(reads, PARAMETERS):
        path = asked.path.partition("?")[0]
        if asked.name == "lookup" and name != "identifier":
            path += "?identifier=acme%20ours"
        for label, garbage in GARBAGE.items():
            address = f"{path}{'&' if '?' in path else '?'}{name}={garbage}"
            answer = seen(attempt(api, replace(asked, path=address)))
            answers.setdefault(f"{asked.name} {name}", {})[label] = answer

    check_recorded("parameters", answers)


def test_garbage_in_any_path(api: ApiClient, ours: Ids) -> None:
    answers: dict[str, dict[str, str]] = {}
    for asked in requests(ours):
        pieces = asked.path.partition("?")[0].split("/")
        for at, (label, garbage) in product(range(2, len(pieces)), (GARBAGE | BAD_IDS).items()):
            path = "/".join([*pieces[:at], garbage, *pieces[at + 1 :]])
            answer = attempt(
                api, replace(asked, path=path, writes=asked.writes and at == len(pieces) - 1)
            )
            answers.setdefault(f"{asked.name} {at}", {})[label] = seen(answer)

    check_recorded("paths", answers)


def test_any_method_on_any_path(api: ApiClient, ours: Ids) -> None:
    answers: dict[str, dict[str, str]] = {}
    for asked in [
        *requests(ours),
        Asked("unknown path", "GET", "/api/nowhere"),
        Asked("schema", "GET", "/api/docs/x"),
    ]:
        path = asked.path.partition("?")[0]
        answers[asked.name] = {
            method[:9]: seen(attempt(api, Asked("", method, path, writes=None)))
            for method in METHODS
        }

    check_recorded("methods", answers)


@pytest.mark.parametrize(
    "header",
    [
        "If-Match",
        "If-None-Match",
        "Idempotency-Key",
        "Accept",
        "X-API-KEY",
        "X-BUSINESS-ID",
        "X-USER-ID",
    ],
)
def test_garbage_in_any_header(api: ApiClient, ours: Ids, header: str) -> None:
    answers: dict[str, dict[str, str]] = {}
    for asked in requests(ours):
        if asked.name in (
            "retrieve",
            "partial update",
            "rename",
            "archive",
            "move",
            "add",
            "upsert",
            "search",
        ):
            answers[asked.name] = {
                label: seen(attempt(api, replace(asked, headers={header: value})))
                for label, value in HEADERS.items()
            }

    check_recorded(f"header {header}", answers)
