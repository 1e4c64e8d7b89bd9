"""Counts of records by object, as far as the caller may see them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.services.operations.lifecycle import trash_record
from records.services.reading import object_counts
from records.services.reading.object_counts import count_objects
from records.services.reading.record_address import address
from tests.factories import Caller, archive, make_member, make_object, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock(workspace: Caller) -> Caller:
    """Three notes, of which one is in the trash, another archived, and one shelf."""
    for name in ("Notes", "Shelves"):
        make_object(workspace, name)
    made = {name: make_record(workspace, "notes", name=name).record.uuid for name in "abcd"}
    trash_record(workspace.author, workspace.schema("notes"), address(made["c"]))
    archive(workspace, "notes", made["d"])
    make_record(workspace, "shelves", name="s")
    return workspace


def counts(caller: Caller) -> list[tuple[int, int]]:
    schemas = [caller.schema(name) for name in ("notes", "shelves")]
    found = count_objects(caller.author, schemas)
    return [(found[schema.id].live, found[schema.id].trash) for schema in schemas]


def test_live_records_and_those_in_the_trash_are_counted_in_one_statement(stock: Caller) -> None:
    counts(stock)  # what is read once per process
    with CaptureQueriesContext(connection) as queries:
        assert counts(stock) == [(2, 1), (1, 0)]
    assert len([each for each in queries if "records_record r" in each["sql"]]) == 1


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ({"view": "all"}, (2, 0)),
        ({"view": "all", "remove": "all"}, (2, 1)),
        ({"view": "own", "remove": "all"}, (0, 0)),
        ({"create": True}, (0, 0)),
    ],
)
def test_what_is_out_of_sight_is_not_counted(
    stock: Caller, grant: dict[str, object], expected: tuple[int, int]
) -> None:
    member = make_member(stock, "ann@example.com", {"notes": grant, "shelves": {"view": "all"}})
    assert counts(member) == [expected, (1, 0)]


def test_counting_ends_above_the_bound(stock: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_counts, "AT_MOST", 1)
    for name in "efg":
        make_record(stock, "notes", name=name)
    assert counts(stock) == [(2, 1), (1, 0)]


def test_nothing_is_counted_of_no_objects(workspace: Caller) -> None:
    assert count_objects(workspace.author, []) == {}
