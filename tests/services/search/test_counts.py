"""Counts that are remembered: they are always what counting anew would find."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from django.db import connection, transaction

from records.models import Record
from records.services.database.sql import execute, is_postgresql
from records.services.operations.lifecycle import delete_permanently, restore_record, trash_record
from records.services.reading.record_address import address
from records.services.search import pages as search_module
from records.services.search.counts import Counted
from records.services.search.matches import Search
from records.services.search.pages import SearchRequest, search_records
from records.services.storage import integrity
from records.services.storage.integrity import reindex
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import search, statements, unarchive, write_all

pytestmark = pytest.mark.django_db(transaction=True)

RED = [{"filters": [{"field": "colour", "condition": "=", "value": "Red"}]}]
NOT_RED = [{"filters": [{"field": "colour", "condition": "!=", "value": "Red"}]}]
ASKED: Sequence[dict[str, Any]] = (
    {},
    {"query": RED},
    {"query": NOT_RED},
    {"search": "box"},
    {"query": RED, "search": "box", "ordering": ("-amount",)},
    {"query": RED, "ordering": ("amount", "name")},
    {"archived": True},
)


@pytest.fixture
def items(workspace: Caller) -> list[str]:
    """Eight items, half of them red, named box 0 to 3 and bag 4 to 7; their ids."""
    colour = FieldDefinition(
        "Colour", "dropdown", options=[OptionDefinition("Red"), OptionDefinition("Blue")]
    )
    fields = [
        FieldDefinition("Amount", "integer"),
        colour,
        FieldDefinition("Keeper", "team_selector"),
    ]
    make_object(workspace, "Items", *fields)
    return [
        make_record(
            workspace,
            "items",
            name=f"{'box' if at < 4 else 'bag'} {at}",
            amount=at,
            colour={"name": "Blue" if at % 2 else "Red"},
        ).record.uuid
        for at in range(8)
    ]


def counts(*callers: Caller) -> list[int]:
    """What every search counts; each is true to the records it finds, and it is made twice, so that
    it is known."""
    found = []
    for caller in callers:
        for asked in (*ASKED, *ASKED):
            page = search(caller, "items", page_size=1000, **asked)
            assert page.count == len(page.views), asked
            found.append(len(page.views))
    return found


Change = Callable[[Caller, list[str]], object]


def trash(caller: Caller, uuid: str) -> None:
    trash_record(caller.author, caller.schema("items"), address(uuid))


def archive_for_a_while(caller: Caller, uuid: str) -> None:
    archive(caller, "items", uuid)
    counts(caller)
    unarchive(caller, "items", uuid)


def trash_for_a_while(caller: Caller, uuid: str) -> None:
    trash(caller, uuid)
    counts(caller)
    restore_record(caller.author, caller.schema("items"), uuid)


def delete_for_good(caller: Caller, uuid: str) -> None:
    delete_permanently(caller.author, caller.schema("items"), address(uuid))


def add_many(caller: Caller, number: int) -> None:
    rows = [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"box no. {at}"})) for at in range(number)
    ]
    write_all(caller, "items", *rows)


CHANGES: dict[str, Change] = {
    "added": lambda caller, _: make_record(caller, "items", name="box 9", colour={"name": "Red"}),
    "added by the hundred": lambda caller, _: add_many(caller, 120),
    "given another value": lambda caller, ids: change_record(
        caller, "items", ids[0], colour={"name": "Blue"}
    ),
    "emptied": lambda caller, ids: change_record(caller, "items", ids[0], colour=None),
    "renamed": lambda caller, ids: change_record(caller, "items", ids[0], name="tin"),
    "archived": lambda caller, ids: archive(caller, "items", ids[0]),
    "unarchived": lambda caller, ids: archive_for_a_while(caller, ids[0]),
    "put into the trash": lambda caller, ids: trash(caller, ids[0]),
    "taken out of the trash": lambda caller, ids: trash_for_a_while(caller, ids[0]),
    "deleted for good": lambda caller, ids: delete_for_good(caller, ids[0]),
}


@pytest.mark.parametrize("probed", [5000, 1])
@pytest.mark.parametrize("change", CHANGES)
def test_a_count_is_never_older_than_the_last_change(
    workspace: Caller, items: list[str], change: str, probed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "PROBED", probed)  # by either plan
    counts(workspace)
    CHANGES[change](workspace, items)
    counts(workspace)


def test_ones_own_records_are_counted_as_they_become_ones_own(
    workspace: Caller, items: list[str]
) -> None:
    keeper = make_member(workspace, "keeper@example.com", {"items": {"view": "own"}})
    assert set(counts(keeper)) == {0}
    change_record(workspace, "items", items[0], keeper=str(keeper.member.uuid))
    assert counts(keeper)[0] == 1
    change_record(workspace, "items", items[0], keeper=None)
    assert set(counts(keeper)) == {0}


def test_what_is_known_is_not_counted_again(workspace: Caller, items: list[str]) -> None:
    def counted(**asked: Any) -> int | None:
        return search(workspace, "items", query=RED, page_size=2, **asked).count

    assert counted() == 4
    key, tenant = workspace.schema("items").by_name["colour"].id, workspace.author.workspace.id
    first = (
        Record.objects.filter(workspace_id=tenant).order_by("id").values_list("id", flat=True)[0]
    )
    delete = (
        "DELETE FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s AND record_id "
        "= %s"
    )
    execute(delete, [tenant, key, first])  # which the ledger does not know of
    with statements() as seen:
        assert (counted(), counted(page=2), counted(ordering=("-amount",))) == (4, 4, 4)
    proof = (
        "txid_visible_in_snapshot"
        if is_postgresql()
        else "max(h.history_id) FROM records_historicalrecord"
    )
    assert sum("CASE WHEN (SELECT " in sql and proof in sql for sql in seen) == 3
    change_record(workspace, "items", items[1], amount=100)
    assert counted() == 3


def test_a_page_is_planned_by_what_there_is_now(
    workspace: Caller, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan for thousands of matches that are no more would look through the whole object, and not
    in time."""
    planned: list[int] = []

    def page(asked: Search, known: Counted) -> Any:
        planned.append(known.matches)
        return find_page(asked, known)

    find_page = search_module._page
    monkeypatch.setattr(search_module, "_page", page)
    for _ in range(2):
        search(workspace, "items", query=RED)
    for uuid in items[:5:2]:
        change_record(workspace, "items", uuid, colour={"name": "Blue"})
    search(workspace, "items", query=RED)
    assert planned == [4, 4, 1]


def test_a_search_costs_three_statements_at_most(
    workspace: Caller, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "PROBED", 1)
    author, schema = workspace.author, workspace.schema("items")
    asked = SearchRequest((schema.by_name["amount"],), RED, ordering=("-amount",), page_size=4)
    for page in (1, 9):
        search_records(author, schema, asked)
        change_record(workspace, "items", items[1], amount=100 + page)
        with statements() as seen:
            search_records(author, schema, replace(asked, page=page))
        assert len(seen) == 3, "the count, along the index, and among the blanks"


def test_a_page_beyond_the_last_is_counted(workspace: Caller, items: list[str]) -> None:
    assert search(workspace, "items", query=RED).count == 4
    page = search(workspace, "items", query=RED, page=3, page_size=4)
    assert (page.count, page.views) == (4, [])


def test_links_and_names_of_others_are_always_counted(workspace: Caller, items: list[str]) -> None:
    make_object(workspace, "Shelves")
    make_relation(workspace, "items", "Shelf", "shelves", "primary", "Items")
    shelf = make_record(workspace, "shelves", name="Low").record.uuid
    change_record(workspace, "items", items[0], shelf={"id": shelf})
    set_pattern(workspace, "items", "{name} on {shelf}")
    linked = [{"filters": [{"field": "shelf", "condition": "is_blank", "value": False}]}]
    named = [{"filters": [{"field": "display_name", "condition": "contains", "value": "low"}]}]
    for query in (linked, named):
        assert [search(workspace, "items", query=query).count for _ in range(2)] == [1, 1]
    change_record(workspace, "shelves", shelf, name="High")
    assert search(workspace, "items", query=named).count == 0
    archive(workspace, "shelves", shelf)
    assert search(workspace, "items", query=linked).count == 0


def test_what_a_transaction_sees_of_itself_is_not_remembered(
    workspace: Caller, items: list[str]
) -> None:
    with transaction.atomic():
        make_record(workspace, "items", name="box 9")
        assert counts(workspace)[0] == 9
        transaction.set_rollback(True)
    assert counts(workspace)[0] == 8


def test_a_new_index_is_counted_anew(workspace: Caller, items: list[str]) -> None:
    key = workspace.schema("items").by_name["colour"].id
    execute(
        "DELETE FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s",
        [workspace.author.workspace.id, key],
    )
    assert search(workspace, "items", query=RED).count == 0
    assert search(workspace, "items", query=NOT_RED).count == 8
    reindex(workspace.workspace)
    assert search(workspace, "items", query=RED).count == 4
    assert search(workspace, "items", query=NOT_RED).count == 4


def test_a_new_index_is_counted_anew_also_when_it_was_not_finished(
    workspace: Caller, items: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key, tenant = workspace.schema("items").by_name["colour"].id, workspace.author.workspace.id
    last = (
        Record.objects.filter(workspace_id=tenant).order_by("-id").values_list("id", flat=True)[0]
    )
    delete = (
        "DELETE FROM records_fieldvalue WHERE workspace_id = %s AND field_id = %s AND record_id "
        "< %s"
    )
    execute(delete, [tenant, key, last - 1])
    assert search(workspace, "items", query=RED).count == 1
    monkeypatch.setattr(integrity, "_STRAY", "{no such place}")  # it stops after the batches
    with pytest.raises(KeyError):
        reindex(workspace.workspace)
    page = search(workspace, "items", query=RED)
    assert (page.count, len(page.views)) == (4, 4)


class Writer(threading.Thread):
    """Adds an item, and commits it when told to."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller
        self.has_written, self.may_commit = threading.Event(), threading.Event()

    def run(self) -> None:
        try:
            with transaction.atomic():
                make_record(self.caller, "items", name="box 9", colour={"name": "Red"})
                self.has_written.set()
                self.may_commit.wait(30)
        finally:
            connection.close()


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite gives keys in the order of commits"
)
def test_what_is_committed_after_the_count_is_counted_though_it_was_written_before(
    workspace: Caller, items: list[str]
) -> None:
    writer = Writer(workspace)
    writer.start()
    assert writer.has_written.wait(30)
    make_record(
        workspace, "items", name="box 10"
    )  # its row of the ledger is newer than the writer's
    assert counts(workspace)[0] == 9
    writer.may_commit.set()
    writer.join()
    assert counts(workspace)[0] == 10


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite keeps no numbers of transactions")
@pytest.mark.parametrize("numbers", [[2**40], [1], [2**40, 1]])
def test_a_database_that_came_from_another_server_is_counted_rightly(
    workspace: Caller, items: list[str], numbers: Sequence[int]
) -> None:
    tenant = workspace.author.workspace.id
    update = (
        "UPDATE records_historicalrecord SET transaction_id = %s WHERE workspace_id = %s AND id "
        "= %s"
    )
    keys = Record.objects.filter(workspace_id=tenant).values_list("id", flat=True)
    for key, number in zip(keys, cycle(numbers), strict=False):
        execute(update, [number, tenant, key])
    before = counts(workspace)
    make_record(workspace, "items", name="box 9")
    assert counts(workspace)[0] == before[0] + 1
