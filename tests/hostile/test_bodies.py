"""Bodies that are no JSON, or JSON that nobody sends: each is answered, and the same on both
engines."""

from __future__ import annotations

from dataclasses import replace

from tests.api_client import ApiClient

from .furnished import Asked, Ids, requests
from .recorded import check_recorded
from .trying import attempt, seen

DEEP = 100_000
NAME = b'{"fields": [{"name": "name", "value": %s}]}'
BODIES: dict[str, bytes] = {
    "open-lists": b"[" * DEEP,
    "open-objects": b'{"fields":' * DEEP,
    "lists": b"[" * DEEP + b"]" * DEEP,
    "objects": b'{"fields":' * DEEP + b"1" + b"}" * DEEP,
    "deep-value": NAME % (b"[" * DEEP + b"]" * DEEP),
    "deep-but-parsed": NAME % (b"[" * 900 + b"]" * 900),
    "deep-query": b'{"query": [' * 400 + b"]}" * 400,
    "nan": NAME % b"NaN",
    "infinity": NAME % b"Infinity",
    "minus-infinity": NAME % b"-Infinity",
    "10^400": NAME % (b"1" + b"0" * 400),
    "1e999": NAME % b"1e999",
    "1e-999": NAME % b"1e-999",
    "2^64": NAME % b"18446744073709551616",
    "million-digits": NAME % (b"9" * 1_000_000),
    "minus-zero": NAME % b"-0",
    "leading-zero": NAME % b"01",
    "lone-surrogate": NAME % b'"\\ud800"',
    "low-surrogate": NAME % b'"\\udc00x"',
    "surrogate-key": b'{"\\ud800": 1}',
    "surrogate-bytes": NAME % b'"\xed\xa0\x80"',
    "raw-nul": b'{"fields": \x00[]}',
    "nul-in-text": NAME % b'"a\x00b"',
    "nul-escaped": NAME % b'"a\\u0000b"',
    "nul-key": b'{"a\\u0000": 1}',
    "control": NAME % b'"a\x1fb"',
    "bad-utf-8": NAME % b'"\xff\xfe"',
    "overlong": NAME % b'"\xc0\x80"',
    "cut-utf-8": NAME % b'"\xe2\x82"',
    "bom": b"\xef\xbb\xbf{}",
    "utf-16": '{"fields": []}'.encode("utf-16"),
    "cut": b'{"fields": [',
    "two": b"{}{}",
    "comma": b'{"fields": [],}',
    "single-quotes": b"{'fields': []}",
    "comment": b'{"fields": [] /* none */}',
    "form": b"fields=1&name=2",
    "blank": b" \r\n\t ",
    "duplicate": b'{"fields": 1, "fields": []}',
    "duplicate-entry": b'{"fields": [{"name": "text", "value": 1, "value": "x"}]}',
    "megabyte": NAME % (b'"' + b"x" * 1_000_000 + b'"'),
    "megabyte-key": b'{"' + b"x" * 1_000_000 + b'": 1}',
    "100000-entries": b'{"fields": ['
    + b",".join([b'{"name": "text", "value": "x"}'] * 100_000)
    + b"]}",
    "100000-names": b'{"fields": ['
    + b",".join(b'{"name": "f%d", "value": 1}' % at for at in range(100_000))
    + b"]}",
    "100000-keys": b"{" + b",".join(b'"k%d": 1' % at for at in range(100_000)) + b"}",
    "100000-entry-keys": b'{"fields": [{'
    + b",".join(b'"k%d": 1' % at for at in range(100_000))
    + b"}]}",
    "100000-links": b'{"fields": [{"name": "people", "value": ['
    + b",".join([b'"x"'] * 100_000)
    + b"]}]}",
    "100000-filters": b'{"query": [' + b",".join([b'{"filters": []}'] * 100_000) + b"]}",
    "eleven-megabytes": b" " * (11 * 1024 * 1024),
}
CONTENT_TYPES = {
    "none": "",
    "text": "text/plain",
    "form": "application/x-www-form-urlencoded",
    "multipart": "multipart/form-data; boundary=x",
    "latin-1": "application/json; charset=latin-1",
    "no-charset": "application/json; charset=nowhere",
    "merge-patch": "application/merge-patch+json",
    "two": "application/json, text/plain",
    "utf-8": "application/JSON; charset=UTF-8",
    "nul": "application/json\x00",
    "long": "application/" + "x" * 5000,
}


def bodied(ids: Ids) -> list[Asked]:
    """The operations that read a body, each once."""
    names = (
        "update",
        "partial update",
        "unarchive",
        "move",
        "add",
        "upsert",
        "search",
        "aggregate",
        "related pipeline records",
    )
    return [asked for asked in requests(ids) if asked.name in names]


def test_any_bytes_get_an_answer(api: ApiClient, ours: Ids) -> None:
    answers = {
        name: {
            asked.name.replace(" ", "-"): seen(attempt(api, replace(asked, body=body)))
            for asked in bodied(ours)
        }
        for name, body in BODIES.items()
    }

    check_recorded("bodies", answers)


def test_only_json_is_read(api: ApiClient, ours: Ids) -> None:
    answers: dict[str, dict[str, str]] = {}
    for asked in bodied(ours):
        for name, content_type in CONTENT_TYPES.items():
            typed = replace(asked, headers={"Content_Type": content_type}, body=asked.body or {})
            answers.setdefault(asked.name, {})[name] = seen(attempt(api, typed))

    check_recorded("content types", answers)


def test_a_body_where_none_is_read_is_ignored(api: ApiClient, ours: Ids) -> None:
    for asked in requests(ours):
        if asked.method in ("GET", "DELETE"):
            assert seen(attempt(api, replace(asked, body=b"{"))) == seen(attempt(api, asked))
