"""How many statements each piece of work costs: the same however many records it is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from records.services.access.author import Author
from records.services.catalogue.object_schema import ObjectSchema
from records.services.reading.field_selection import select_fields
from records.services.reading.record_views import (
    get_record,
)
from records.services.search.pages import SearchRequest, search_records
from records.services.writing.save import (
    archive_record,
    save_record,
    save_records,
    upsert_request,
)
from records.services.writing.save_requests import Mode, SaveRequest
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import cost, uuids_of


@pytest.fixture
def stock(workspace: Caller) -> Caller:
    """Items with plain values, references of each kind but files, and a mirror."""
    make_object(
        workspace,
        "Items",
        FieldDefinition("Note", "text"),
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Amount", "integer"),
        FieldDefinition("Colour", "dropdown", options=[OptionDefinition("Red")]),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Keeper", "team_selector"),
    )
    make_object(workspace, "Shelves")
    make_relation(workspace, "items", "Shelf", "shelves", "primary", "Items")
    make_relation(workspace, "items", "Seen on", "shelves", "additional", "Sightings")
    make_record(workspace, "shelves", name="A")
    make_record(workspace, "shelves", name="B")
    make_record(workspace, "items", name="warm", tags=["x"], keeper="is_me", shelf={"name": "A"})
    return workspace


def made(stock: Caller, number: int, start: int = 0) -> list[str]:
    values = {
        "tags": ["x"],
        "keeper": "is_me",
        "shelf": {"name": "A"},
        "seen_on": [{"name": "A"}, {"name": "B"}],
    }
    requests = [
        SaveRequest(
            Mode.CREATE,
            entries=entries({"name": f"item {start + at}", "code": f"c{start + at}", **values}),
        )
        for at in range(number)
    ]
    return uuids_of(save_records(stock.author, stock.schema("items"), requests))


def test_retrieving_is_one_statement_and_one_more_for_references(stock: Caller) -> None:
    uuid = made(stock, 1)[0]
    author, schema = stock.author, stock.schema("items")
    plain = select_fields(
        author, schema, field_names=["name", "note", "colour", "tags", "keeper", "owner"]
    )
    assert cost(get_record, author, schema, uuid, plain) == 1
    assert cost(get_record, author, schema, uuid, select_fields(author, schema)) == 2
    shelf = make_record(stock, "shelves", name="C").record.uuid
    author, schema = stock.author, stock.schema("shelves")
    assert cost(get_record, author, schema, shelf, select_fields(author, schema)) == 2


PATCHES: list[tuple[str, object, int]] = [
    ("note", "x", 4),  # lock and read, record, index, ledger
    ("note", None, 4),
    ("tags", ["x"], 5),
    ("name", "another name", 4),
    ("keeper", None, 4),
    ("code", "unheard of", 6),  # who holds it; the old key goes before the new one comes
    ("shelf", {"name": "B"}, 5),
    ("amount", 5, 4),
]


def test_a_patch_is_four_statements_and_one_more_for_what_it_names(stock: Caller) -> None:
    uuid = made(stock, 1)[0]
    author, schema = stock.author, stock.schema("items")
    told = {}
    for name, value, most in PATCHES:
        request = SaveRequest(Mode.UPDATE, uuid, entries=[FieldEntry(name=name, value=value)])
        number = cost(save_record, author, schema, request)
        if number > most:
            told[f"{name}={value}"] = (number, most)
    assert told == {}
    request = SaveRequest(Mode.UPDATE, uuid, entries=[FieldEntry(name="amount", value=5)])
    assert cost(save_record, author, schema, request) == 1  # nothing changes
    assert cost(archive_record, author, schema, uuid) <= 4


def _search(
    author: Author, schema: ObjectSchema, size: int, **asked: object
) -> Callable[[], object]:
    request = SearchRequest(select_fields(author, schema), page_size=size, **asked)  # type: ignore[arg-type]
    return lambda: search_records(author, schema, request)


def test_a_search_costs_the_same_whatever_the_page(stock: Caller) -> None:
    made(stock, 60)
    caller = make_member(
        stock, "own@example.com", {"items": {"view": "own"}, "shelves": {"view": "all"}}
    )
    for who in (stock, caller):
        author, schema = who.author, who.schema("items")
        query = [{"filters": [{"field": "shelf", "condition": "is_blank", "value": False}]}]
        for asked in (
            {},
            {"query": query, "ordering": ("-name",)},
            {"search": "item"},
            {"count": False},
        ):
            _search(author, schema, 1, **asked)()
            costs = [cost(_search(author, schema, size, **asked)) for size in (1, 10, 50)]
            assert max(costs) <= 4, asked
            assert who is caller or costs[0] == costs[1] == costs[2] == 3, asked


@pytest.mark.parametrize("few", [3])
def test_writing_many_costs_what_writing_few_does(stock: Caller, few: int) -> None:
    many = 40
    author, schema = stock.author, stock.schema("items")

    def creates(number: int, name: str) -> list[SaveRequest]:
        values = {
            "tags": ["x"],
            "keeper": str(stock.member.uuid),
            "seen_on": [{"name": "A"}, {"name": "B"}],
        }
        return [
            SaveRequest(
                Mode.CREATE,
                entries=entries({"name": f"{name} {at}", "code": f"{name} {at}", **values}),
            )
            for at in range(number)
        ]

    def upserts(number: int) -> list[SaveRequest]:
        keys = [f"item {at}" if at % 2 else f"fresh {number} {at}" for at in range(number)]
        return [
            upsert_request(author, schema, key, entries({"note": f"u{number}"})) for key in keys
        ]

    ids = made(stock, many)

    def changes(mode: Mode, number: int, **values: object) -> list[SaveRequest]:
        return [SaveRequest(mode, uuid, entries=entries(values)) for uuid in ids[-number:]]

    tables: list[Callable[[int], list[SaveRequest]]] = [
        lambda number: creates(number, f"new{number}"),
        upserts,
        lambda number: changes(
            Mode.UPDATE, number, note=f"n{number}", amount=number, seen_on=[{"name": "B"}]
        ),
        lambda number: changes(Mode.UPDATE, number, code=None, tags=[]),
        lambda number: changes(Mode.ARCHIVE, number),
        lambda number: changes(Mode.UNARCHIVE, number),
    ]
    for at, table in enumerate(tables):
        costs = []
        for number in (few, many):
            requests = table(number)
            costs.append(cost(save_records, author, schema, requests))
        assert costs[1] <= costs[0] + 1, (at, costs)
        assert costs[1] <= 10, (at, costs)


def test_full_updates_and_far_sides_of_many_cost_what_few_do(stock: Caller) -> None:
    author, shelves = stock.author, stock.schema("shelves")
    items = made(stock, 40)

    def write(number: int, name: str) -> int:
        requests = [
            SaveRequest(
                Mode.CREATE, entries=entries({"name": f"{name} {at}", "sightings": [items[at]]})
            )
            for at in range(number)
        ]
        return cost(save_records, author, shelves, requests)

    assert write(40, "many") <= write(3, "few") + 2

    schema = stock.schema("items")

    def put(number: int) -> int:
        requests = [
            SaveRequest(Mode.REPLACE, uuid, entries=entries({"name": f"put {number} {at}"}))
            for at, uuid in enumerate(items[:number])
        ]
        return cost(save_records, author, schema, requests)

    few = put(3)
    assert put(40) <= few + 2
