"""Values at the edge of what their types hold: refused or kept, then read, found, sorted by, and in
the history."""

from __future__ import annotations

import base64
from itertools import product
from typing import Any

import orjson
import pytest
from django.db import transaction

from records.services.catalogue.directory import forget_everything
from tests.api_client import ApiClient
from tests.factories import Caller, make_workspace

from .furnished import Asked, Ids, furnish
from .mutating import WRONG
from .recorded import check_recorded
from .trying import attempt, check_answer, seen

DATES = (
    *(
        "0000-01-01",
        "0001-01-01",
        "9999-12-31",
        "10000-01-01",
        "-0001-01-01",
        "2024-02-30",
        "2023-02-29",
        "2024-13-01",
    ),
    *("2024-1-1", "20240229", "2024-W09-4", "2024-060", "\u0662024-01-01", " 2024-01-01 "),
    *("2024-01-01T00:00:00Z", "now"),
)
MOMENTS = (
    *(
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0001-01-01T00:00:00-14:00",
        "0001-01-01T00:00:00",
    ),
    *(
        "9999-12-31T23:59:59.999999Z",
        "9999-12-31T23:59:59+14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59",
    ),
    *(
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2024-02-29T24:00:00Z",
        "2024-12-31T23:59:60Z",
    ),
    *(
        "2024-01-01T00:00:00+24:00",
        "2024-01-01T00:00:00+99:99",
        "2024-01-01T00:00:00-23:59",
        "2024-01-01",
    ),
    *(
        "2024-01-01T00:00:00.1234567Z",
        "2024-01-01 00:00:00Z",
        "1e400",
        "2024-03-31T02:30:00",
        "0001-01-02T00:00:00",
    ),
)
NUMBERS = (
    *(
        "0",
        "-0",
        "1e5",
        "1E-400",
        "1e400",
        "NaN",
        "Infinity",
        "-inf",
        "0x10",
        "1_000",
        "\u0661\u0662",
        " 12 ",
    ),
    *("1,5", "+7"),
    *(
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "999999999999999",
        "1" * 400,
    ),
    *(
        "9999999999999999",
        "0.000000000000001",
        "0.1234567890123456",
        "--1",
        "1e",
        ".5",
        "5.",
        "1/2",
        "½",
    ),
    *("1e-999999", "1e999999", "0e-999999"),
)
TEXTS = {
    "255": "x" * 255,
    "256": "x" * 256,
    "astral": "".join(chr(0x1F600 + at % 64) + chr(0x20000 + at * 61) for at in range(127)),
    "growing": "".join(chr(0x1D15E + at % 7) + chr(0xFB1D + at % 3) for at in range(127)),
    "folding": "ΐﬃᾷ" * 85,
    "marks": "a" + "\u0301" * 254,
    "bidi": "\u202e\u2066abc",
    "noncharacters": "\ufffe\uffff\U0010ffff",
    "blank": "\u00a0\u2003\u3000\t\n",
    "zero-width": "\u200b\ufeff",
    "markup": "<script>alert(1)</script>",
    "percent": "%_\\%s%(a)s{0}",
    "quotes": "'\";--`$$",
    "long": "".join(chr(0x4E00 + at * 7919 % 20000) for at in range(100_000)),
}
TRIED: dict[str, dict[str, Any]] = {
    "date": {text: text for text in DATES},
    "datetime": {text: text for text in MOMENTS},
    **{
        name: {text[:24]: text for text in NUMBERS}
        for name in ("integer", "decimal", "money", "rating")
    },
    **dict.fromkeys(
        ("name", "text", "longtext", "wysiwyg", "code", "email", "phonenumber", "timezone"), TEXTS
    ),
}
CONDITIONS = (
    *("=", "!=", "contains", "!contains", "starts_with", "!starts_with", "ends_with", "!ends_with"),
    *(
        "<",
        "<=",
        ">",
        ">=",
        "between",
        "is_any_of",
        "is_none_of",
        "is_blank",
        "has",
        "!has",
        "has_any",
        "!has_any",
    ),
    *("month_equals", "", "LIKE", "= 1 OR 1 =", "\x00"),
)
PAIRS: dict[str, Any] = {
    "[1,2^63]": [1, 2**63],
    "[0,1e308]": [0, 1e308],
    "tiny": "1e-999999",
    "huge": "1e999999",
    "day": "9999-12-31",
    "moment": "0001-01-01T00:00:00+14:00",
}


@pytest.fixture(params=["America/New_York", "Pacific/Kiritimati"])
def far(db: None, request: pytest.FixtureRequest) -> Caller:
    """A workspace at one end of the earth or the other."""
    return make_workspace("Far", "far@example.com", time_zone=request.param)


def test_what_is_kept_can_be_read(api: ApiClient, ours: Ids) -> None:
    company = f"/api/records/companies/{ours['company']}"
    answers = {
        name: {
            label.replace(" ", "_"): kept_and_read(api, company, name, value)
            for label, value in values.items()
        }
        for name, values in TRIED.items()
    }

    check_recorded("values", answers)


def test_moments_far_from_greenwich(far: Caller) -> None:
    ids, api = furnish(far, "ours"), ApiClient(far)
    company = f"/api/records/companies/{ids['company']}"
    answers = {
        text.replace(" ", "_"): kept_and_read(api, company, "datetime", text) for text in MOMENTS
    }

    check_recorded(f"moments in {far.workspace.time_zone}", {"datetime": answers})


def kept_and_read(api: ApiClient, company: str, name: str, value: Any) -> str:
    """Write a value; if it is kept, use it in every way; then undo all."""
    search = f"{company.rpartition('/')[0]}/search"
    clause = {"field": name, "condition": "is_blank", "value": False}
    with transaction.atomic():
        written = api.patch(company, {"fields": [{"name": name, "value": value}]})
        check_answer(written, writes=True)
        if written.status_code == 200:
            uses = [
                api.get(company),
                api.get(f"{company}/history"),
                api.get(f"{company}?as_of=9999-12-31T23:59:59Z"),
                *(
                    api.post(f"{search}?ordering={way}{name}", {"query": [{"filters": [clause]}]})
                    for way in ("", "-")
                ),
            ]
            for answer in uses:
                check_answer(answer)
            assert {answer.status_code for answer in uses} == {200}
            held = [
                entry["value"]
                for entry in uses[0].json()["fields"].values()
                if entry["name"] == name
            ]
            again = api.patch(
                company, {"fields": [{"name": name, "value": held[0] if held else None}]}
            )
            assert again.json()["action"] == "unchanged"
        transaction.set_rollback(True)
    forget_everything()
    return seen(written)


def test_any_filter_gets_an_answer(api: ApiClient, ours: Ids) -> None:
    answers: dict[str, dict[str, str]] = {}
    names = [kind.removeprefix("field ") for kind in ours if kind.startswith("field ")]
    tried = WRONG | PAIRS
    for name, condition in product(names, CONDITIONS):
        for label, value in tried.items():
            filters = [{"field": name, "condition": condition, "value": value}]
            asked = Asked(
                "", "POST", "/api/records/companies/search", {"query": [{"filters": filters}]}
            )
            answer = attempt(api, asked)
            if (
                "].condition: " in answer.content.decode()
            ):  # the type has no such condition, whatever the value
                break
            answers.setdefault(f"{name} {condition}", {})[label] = seen(answer)

    check_recorded("filters", answers)


def test_a_cursor_that_was_tampered_with_is_refused_or_read(api: ApiClient, ours: Ids) -> None:
    path = "/api/records/companies/search"
    api.post("/api/records/companies/add", {"fields": [{"name": "name", "value": "Second"}]})
    answers: dict[str, dict[str, str]] = {}
    for ordering in (
        "",
        "name",
        "integer",
        "datetime",
        "dropdown",
        "owner",
        "boss",
        "-created",
        "name,-integer",
    ):
        page = api.post(f"{path}?page_size=1&ordering={ordering}", {}).json()
        signature, values, key = orjson.loads(base64.urlsafe_b64decode(page["next_cursor"] + "=="))
        tampered: dict[str, Any] = {
            "as it was": [signature, values, key],
            "other order": [signature + ",", values, key],
            **{
                f"key {wrong}": [signature, values, value]
                for wrong, value in WRONG.items()
                if value != 2**63
            },
            **{
                f"values {wrong}": [signature, value, key]
                for wrong, value in WRONG.items()
                if value != 2**63
            },
            **{
                f"value {wrong}": [signature, [value] * len(values), key]
                for wrong, value in (WRONG | PAIRS).items()
            },
            "huge values": [signature, ["1e999999"] * len(values), key],
            "tiny values": [signature, ["1e-999999"] * len(values), key],
            "key 2^63": [signature, values, 2**63],
            "object": {"signature": signature},
            "short": [signature],
        }
        for label, content in tampered.items():
            cursor = base64.urlsafe_b64encode(orjson.dumps(content)).decode().rstrip("=")
            asked = Asked("", "POST", f"{path}?ordering={ordering}", {"cursor": cursor})
            answers.setdefault(ordering, {})[label.replace(" ", "-")] = seen(attempt(api, asked))

    check_recorded("cursors", answers)
