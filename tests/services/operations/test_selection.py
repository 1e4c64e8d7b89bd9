"""All records that a search finds, whatever the number of its pages."""

from __future__ import annotations

import pytest

from records.services.operations import selection
from records.services.operations.selection import find_uuids
from records.services.search.pages import SearchRequest
from tests.factories import Caller, FieldDefinition, archive, make_member, make_object, make_record
from tests.services.acting import invalid_at


@pytest.fixture
def things(workspace: Caller, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Five things on three pages; their ids by name. A sixth is archived."""
    monkeypatch.setattr(selection, "PAGE", 2)
    make_object(workspace, "Things", FieldDefinition("Count", "integer"))
    made = {
        f"T{at}": make_record(workspace, "things", name=f"T{at}", count=at).record.uuid
        for at in range(6)
    }
    archive(workspace, "things", made.pop("T5"))
    return made


def test_the_ids_of_all_pages_come_in_the_order_of_the_search(
    workspace: Caller, things: dict[str, str]
) -> None:
    request = SearchRequest((), ordering=("-count",), page=3, page_size=1)

    found = find_uuids(workspace.author, workspace.schema("things"), request, 5)

    assert found == [things[name] for name in ("T4", "T3", "T2", "T1", "T0")]


def test_only_what_the_search_finds_and_the_caller_may_list_is_selected(
    workspace: Caller, things: dict[str, str]
) -> None:
    few = [{"filters": [{"field": "count", "condition": "<", "value": 3}]}]
    schema = workspace.schema("things")
    assert len(find_uuids(workspace.author, schema, SearchRequest((), query=few), 5)) == 3

    stranger = make_member(workspace, "own@example.com", {"things": {"view": "own"}})
    assert find_uuids(stranger.author, stranger.schema("things"), SearchRequest(()), 5) == []


def test_more_than_may_be_selected_are_refused(workspace: Caller, things: dict[str, str]) -> None:
    refused = invalid_at(
        find_uuids, workspace.author, workspace.schema("things"), SearchRequest(()), 4
    )
    assert refused == ((), "limit_exceeded")
