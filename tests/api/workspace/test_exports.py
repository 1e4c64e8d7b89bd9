"""Exports of the Workspace API: the records that a list has, as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.factories import Caller, make_key, make_member

from .calling import WorkspaceClient, ok, refused


def rows(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content
    text = b"".join(answer.streaming_content).decode()
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def counted(client: WorkspaceClient, visits: str) -> list[int]:
    """The ids of three records of 1, 2 and 3 steps."""
    return [
        ok(client.post(visits, {"fieldValues": {"steps": steps, "reason": f"Visit {steps}"}}), 201)[
            "id"
        ]
        for steps in (1, 2, 3)
    ]


def test_filters_search_and_order_are_those_of_the_list(
    client: WorkspaceClient, visits: str, counted: list[int]
) -> None:
    def ids(**query: str) -> list[int]:
        return [int(row["id"]) for row in rows(client.get(f"{visits}/export", query))]

    one, two, three = counted
    assert ids() == [three, two, one]
    assert ids(sortBy="steps", sortOrder="desc", steps__lt="3") == [two, one]
    assert ids(search="Visit 2") == [two]
    assert ids(cancelled="true") == ids(archived="true") == []
    (row,) = rows(client.get(f"{visits}/export", {"steps": "2", "fieldNames": "reason"}))
    assert list(row)[-2:] == ["updatedAt", "reason"]
    assert row["memberEmail"] == client.caller.member.email


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"format": "pdf"}, "format"),
        ({"page": "2"}, "page"),
        ({"nope": "1"}, "nope"),
        ({"sortBy": "nope"}, "sortBy"),
        ({"fieldNames": "nope"}, "fieldNames"),
    ],
)
def test_what_an_export_does_not_know_is_refused(
    client: WorkspaceClient, visits: str, query: dict[str, str], place: str
) -> None:
    assert place in refused(client.get(f"{visits}/export", query), 400)["message"]


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("jsonl", "application/x-ndjson"),
        (
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ),
    ],
)
def test_each_form_says_what_it_is(
    client: WorkspaceClient, visits: str, counted: list[int], form: str, content_type: str
) -> None:
    answer = client.get(f"{visits}/export", {"format": form})
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type
    assert answer["Content-Disposition"] == f'attachment; filename="visits.{form}"'
    assert b"".join(answer.streaming_content)


def test_only_what_the_caller_lists_is_exported(
    client: WorkspaceClient, visits: str, counted: list[int], workspace: Caller, elsewhere: Caller
) -> None:
    member = make_member(workspace, "m@example.com", {"visits": {"view": "own", "create": True}})
    own = WorkspaceClient(member)
    made = ok(own.post(visits, {"fieldValues": {"steps": 9}}), 201)["id"]
    assert [int(row["id"]) for row in rows(own.get(f"{visits}/export"))] == [made]
    refused(own.get(f"{visits}/export", {"archived": "true"}), 403)
    secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:read"])[1]
    refused(WorkspaceClient(workspace, secret=secret).get(f"{visits}/export"), 403)
    refused(WorkspaceClient(elsewhere).get(f"{visits}/export"), 404)
