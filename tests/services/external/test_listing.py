"""Searches of records that live elsewhere: what the upstream is asked, how its pages are walked,
what it cannot do."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import ExternalConfig
from records.models import ExternalCall, ExternalSource
from records.services.external.sources import update_source
from records.services.search import NoneOf, parse_saved
from tests.factories import Caller
from tests.services.acting import invalid_at, refusal, search

from .upstream import Upstream


def test_lists_are_asked_what_they_understand(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    for at in range(5):
        upstream.things[f"t{at}"] = {
            "id": f"t{at}",
            "title": f"Box {at}",
            "colour": "Red" if at % 2 else "Blue",
        }

    page = search(admin, "things", page_size=2)
    assert [row.display_name for row in page.views] == ["Box 0", "Box 1"]
    assert (page.count, page.has_next) == (5, True)

    second = search(admin, "things", page_size=2, cursor=page.next_cursor)
    last = search(admin, "things", page_size=2, cursor=second.next_cursor)
    assert ([row.display_name for row in last.views], last.count, last.has_next) == (
        ["Box 4"],
        None,
        False,
    )

    query = [{"filters": [{"field": "colour", "condition": "=", "value": "Red"}]}]
    red = search(admin, "things", query=query, search="box 3")
    assert [row.display_name for row in red.views] == ["Box 3"]
    assert upstream.seen[-1].path == "/v1/things?limit=100&offset=0&q=box%203&colour=Red"
    assert ExternalCall.objects.latest("id").field_names == ["colour", "search"]


def test_a_list_without_pages_is_paged_through_here(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    operations = {
        **source.operations,
        "list": {"method": "GET", "path": "/things", "response_path": "things"},
    }
    update_source(admin.author, source, operations=operations)
    for at in range(5):
        upstream.things[f"t{at}"] = {"id": f"t{at}", "title": f"Box {at}"}

    page = search(admin, "things", page_size=2, page=3)

    assert ([row.display_name for row in page.views], page.count, page.has_next) == (
        ["Box 4"],
        5,
        False,
    )


def test_a_list_that_ignores_pages_is_not_walked_for_ever(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    upstream.answer(200, {"things": [{"id": "a"}, {"id": "b"}], "meta": {"total": 100}})
    page = search(admin, "things", page_size=2)
    error = refusal(search, admin, "things", page_size=2, cursor=page.next_cursor)
    assert "same page" in error.detail
    assert invalid_at(search, admin, "things", cursor="x") == (("cursor",), "invalid")


def clause(field: str, condition: str, value: Any) -> dict[str, Any]:
    return {"filters": [{"field": field, "condition": condition, "value": value}]}


@pytest.mark.parametrize(
    "asked",
    [
        {"query": [clause("amount", ">", 3)]},
        {"query": [clause("colour", "!=", "Red")]},
        {"query": [clause("done", "=", True)]},
        {"query": [clause("colour", "=", "Red"), clause("colour", "=", "Blue")]},
        {"query": [clause("colour", "=", "Red"), clause("amount", "=", 3)], "match_all": False},
        {"ordering": ("name",)},
        {"within_names": ["name"], "search": "x"},
    ],
    ids=["greater", "unequal", "not mapped", "twice", "or", "ordering", "within"],
)
def test_what_a_list_cannot_be_asked_is_said(
    admin: Caller, upstream: Upstream, source: ExternalSource, asked: dict[str, Any]
) -> None:
    assert isinstance(refusal(search, admin, "things", **asked), ExternalConfig)
    assert not upstream.seen


def test_conditions_beside_the_query_are_asked_for_too(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    upstream.things["t1"] = {"id": "t1", "title": "Box", "colour": "Red"}
    author, schema = admin.author, admin.schema("things")
    clause = {"field": "colour", "condition": "=", "value": "Red"}
    red, _ = parse_saved(author, schema, {"query": [{"filters": [clause]}]})

    assert len(search(admin, "things", conditions=(red,)).views) == 1
    assert upstream.seen[-1].path.endswith("colour=Red")
    error = refusal(search, admin, "things", conditions=(NoneOf((red,)),))
    assert isinstance(error, ExternalConfig)
