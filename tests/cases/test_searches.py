"""Searches: the order of texts, and times that no statistics decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records.services.database import fetch
from records.services.writing import Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, entries, make_object, make_record
from tests.services.acting import differences, search, write_all

LABELS = ["Zebra", "apple", "Äpfel", "Øl", "zoo"]


@pytest.fixture
def things(workspace: Caller) -> Caller:
    make_object(workspace, "Things", FieldDefinition("Label", "text"))
    for label in LABELS:
        make_record(workspace, "things", name=f"the {label}", label=label)
    return workspace


@pytest.mark.parametrize("by", ["label", "name", "display_name"])
def test_45_accents_do_not_decide_the_order(things: Caller, by: str) -> None:
    found = [view.display_name for view in search(things, "things", ordering=(by,)).views]

    assert found == [f"the {label}" for label in ("Äpfel", "apple", "Øl", "Zebra", "zoo")]
    assert differences(things) == []


@pytest.mark.parametrize(
    ("term", "label"),
    [("apfel", "Äpfel"), ("ÄPFEL", "Äpfel"), ("ol", "Øl"), ("ápple", "apple"), ("pfél", "Äpfel")],
)
@pytest.mark.parametrize("way", ["search", "contains", "ends_with"])
def test_45_a_part_is_found_whatever_its_accents(
    things: Caller, way: str, term: str, label: str
) -> None:
    query = [{"filters": [{"field": "label", "condition": way, "value": term}]}]
    asked = {"search": term} if way == "search" else {"query": query}

    assert [view.display_name for view in search(things, "things", **asked).views] == [
        f"the {label}"
    ]


def test_45_whole_texts_are_compared_with_their_accents(things: Caller) -> None:
    def found(condition: str, value: object) -> int:
        query = [{"filters": [{"field": "label", "condition": condition, "value": value}]}]
        return len(search(things, "things", query=query).views)

    assert (found("=", "ÄPFEL"), found("=", "apfel"), found("is_any_of", ["Øl", "ol"])) == (1, 0, 1)


def test_44_a_filter_by_the_time_of_a_change_reads_the_records_themselves(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_object(workspace, "Things")
    requests = [SaveRequest(Mode.CREATE, entries=entries({"name": f"T{at}"})) for at in range(50)]
    write_all(workspace, "things", *requests)
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    statements: list[str] = []

    def noting(sql: str, params: list[Any]) -> Any:
        statements.append(sql)
        return fetch(sql, params)

    monkeypatch.setattr("records.services.search.pages.fetch", noting)
    query = [{"filters": [{"field": "updated", "condition": ">=", "value": since}]}]
    found = search(
        workspace, "things", query=query, ordering=("updated",), page_size=1000, count=False
    )

    assert len(found.views) == 50
    # No self-join, whose plan would hang on what the statistics say.
    assert statements
    assert not any(sql.count("records_record ") > 1 for sql in statements), statements
