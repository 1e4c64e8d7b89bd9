"""Lists: filters by slug, order, pages, cursors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Caller, make_member

from .calling import WorkspaceClient, ok, refused

ROWS = {
    "a": {
        "reason": "Alpha",
        "kind": "First",
        "topics": ["Sleep"],
        "score": 1.5,
        "steps": 1,
        "paid": True,
    },
    "b": {
        "reason": "beta",
        "kind": "Follow-up",
        "topics": ["Sleep", "Diet"],
        "score": 2,
        "day": "2024-05-01",
    },
    "c": {
        "reason": "Gamma, delta",
        "steps": 3,
        "at": "09:30",
        "zip": "90210",
        "note": "long words",
    },
}


@pytest.fixture
def rows(client: WorkspaceClient, visits: str) -> str:
    """Three records, known by their external ids."""
    records = [{"externalId": key, "fieldValues": values} for key, values in ROWS.items()]
    ok(client.post(f"{visits}/bulk", {"records": records}))
    return visits


def found(client: WorkspaceClient, path: str, **query: Any) -> str:
    """The external ids of the records a list finds, in order."""
    query = {"sortBy": "createdAt"} | query
    return "".join(item["externalId"] or "-" for item in ok(client.get(path, query))["items"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"reason": "ALPHA"}, "a"),
        ({"reason__contains": "a"}, "abc"),
        ({"reason__contains": "mm"}, "c"),
        ({"reason__in": "alpha,beta"}, "ab"),
        ({"kind": "First"}, "a"),
        ({"kind": "first"}, "a"),
        ({"kind__in": "First,Follow-up"}, "ab"),
        ({"kind__isnull": "true"}, "c"),
        ({"kind__isnull": "false"}, "ab"),
        ({"topics": "Diet"}, "b"),
        ({"topics__contains": "Sleep"}, "ab"),
        ({"topics__in": "Diet,Sleep"}, "ab"),
        ({"score": "1.5"}, "a"),
        ({"score__gt": "1.5"}, "b"),
        ({"score__gte": "1.5"}, "ab"),
        ({"steps__lt": "3"}, "a"),
        ({"steps__lte": "3", "steps__gt": "1"}, "c"),
        ({"paid": "true"}, "a"),
        ({"paid": "false"}, ""),
        ({"paid__isnull": "true"}, "bc"),
        ({"day": "2024-05-01"}, "b"),
        ({"day__lt": "2025-01-01"}, "b"),
        ({"at": "09:30"}, "c"),
        ({"at__gt": "09:00:30"}, "c"),
        ({"zip": "90210"}, "c"),
        ({"note": "Long words"}, "c"),
        ({"note__contains": "word"}, "c"),
        ({"reason": "alpha", "kind": "First"}, "a"),
        ({"reason": "alpha", "kind": "Follow-up"}, ""),
        ({"externalId": "b"}, "b"),
        ({"external_id": "b"}, "b"),
        ({"externalId": "b", "reason": "alpha"}, ""),
        ({"search": "delta"}, "c"),
        ({"sortBy": "score", "sortOrder": "desc"}, "bac"),
        ({"sort_by": "reason"}, "abc"),
        ({"sortBy": "steps", "sortOrder": "asc", "pageSize": 1, "page": 2}, "c"),
        ({"created__gt": "2020-01-01T00:00:00Z"}, "abc"),
    ],
    ids=str,
)
def test_filters_and_order(
    client: WorkspaceClient, rows: str, query: dict[str, Any], expected: str
) -> None:
    if "sort_by" in query:
        query = {"sortOrder": "asc", **query}
        assert (
            "".join(item["externalId"] for item in ok(client.get(rows, query))["items"]) == expected
        )
        return
    assert found(client, rows, **query) == expected


@pytest.mark.parametrize(
    "query",
    [
        {"nothing": "1"},
        {"nothing__gt": "1"},
        {"reason__gt": "a"},
        {"reason__regex": "a"},
        {"steps": "many"},
        {"steps__gt": ""},
        {"steps__isnull": "maybe"},
        {"kind": "Third"},
        {"day__lt": "soon"},
        {"at": "25:00"},
        {"paid": "maybe"},
        {"sortBy": "nothing"},
        {"sortBy": "-steps"},
        {"sortOrder": "up"},
        {"page": "0"},
        {"page": "x"},
        {"pageSize": "1001"},
        {"cursor": "zzz"},
        {"count": "some"},
        {"memberId": "me"},
        {"memberId": "9" * 30},
        {"reason": "a\x00"},
        {"search": "\x00"},
        {"externalId": "\x00"},
        {"sortBy": "topics"},
        {"createdAt": "2024-01-01"},
        {"page": ["1", "2"]},
    ],
    ids=str,
)
def test_what_cannot_be_asked(client: WorkspaceClient, rows: str, query: dict[str, Any]) -> None:
    refused(client.get(rows, query), 400)


def test_an_order_that_cannot_be_is_told_by_its_own_name(
    client: WorkspaceClient, rows: str
) -> None:
    error = refused(client.get(rows, {"sortBy": "nothing"}), 400)
    assert error["message"] == "sortBy: there is no field 'nothing'."


def test_several_tests_of_one_field_hold_together(client: WorkspaceClient, rows: str) -> None:
    assert found(client, rows, reason__contains=["a", "b"]) == "b"


def test_a_page_says_how_many_there_are(client: WorkspaceClient, rows: str) -> None:
    page = ok(client.get(rows, {"pageSize": 2}))

    assert {key: page[key] for key in ("total", "page", "pageSize")} == {
        "total": 3,
        "page": 1,
        "pageSize": 2,
    }
    assert [item["externalId"] for item in page["items"]] == ["c", "b"]
    assert ok(client.get(rows))["pageSize"] == 50
    assert ok(client.get(rows, {"count": "none"}))["total"] is None


def test_a_cursor_goes_through_all_pages(client: WorkspaceClient, rows: str) -> None:
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = ok(client.get(rows, {"cursor": cursor, "pageSize": 1, "sortBy": "steps"}))
        assert page["total"] is None
        seen += [item["externalId"] for item in page["items"]]
        cursor = page["nextCursor"]

    assert seen == ["a", "c", "b"]


def test_records_are_found_by_their_member(
    workspace: Caller, client: WorkspaceClient, rows: str
) -> None:
    other = make_member(workspace, "nurse@example.com").member
    ok(client.post(rows, {"externalId": "n", "memberId": other.pk}), 201)

    assert found(client, rows, memberId=other.pk) == "n"
    assert found(client, rows, member_id=workspace.member.pk) == "abc"
    assert found(client, rows, memberId=other.pk, reason="alpha") == ""
    assert found(client, rows, memberId=987654) == ""
