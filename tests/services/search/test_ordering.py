"""The order of what a search finds: every kind of field, ties, blanks, pages and cursors, by both
plans."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.search import pages as search_module
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import found, invalid_at, search
from tests.services.oracle import in_order, matches
from tests.services.shop import OPTIONS, POOLS, Shop, make_shop

PLACES = {**OPTIONS, "owner": POOLS["owner"], "keeper": POOLS["keeper"]}
SORTED_BY = [
    *(
        "title",
        "code",
        "remark",
        "mail",
        "phone",
        "zone",
        "ticked",
        "colour",
        "agreed",
        "pieces",
        "weight",
        "price",
    ),
    *(
        "stars",
        "day",
        "moment",
        "owner",
        "keeper",
        "home",
        "partner",
        "created",
        "updated",
        "display_name",
    ),
]
SEVERAL = [
    *(
        ("colour", "title"),
        ("-colour", "-weight"),
        ("stars", "-day", "code"),
        ("-home", "owner", "-pieces"),
    ),
    *(
        ("title", "-title"),
        ("-display_name", "created"),
        ("agreed", "-colour", "stars", "keeper", "-moment"),
    ),
]
ORDERINGS: list[tuple[str, ...]] = [
    (),
    *((f"{way}{name}",) for name in SORTED_BY for way in ("", "-")),
    *SEVERAL,
]
QUERIES: list[list[dict[str, Any]]] = [
    [],
    [{"filters": [{"field": "stars", "condition": "is_blank", "value": False}]}],
    [{"filters": [{"field": "title", "condition": "!contains", "value": "stra"}]}],
]


@pytest.fixture(params=["filter-driven", "sort-driven"])
def shop(request: pytest.FixtureRequest, db: None, monkeypatch: pytest.MonkeyPatch) -> Shop:
    if request.param == "sort-driven":
        monkeypatch.setattr(search_module, "PROBED", 1)
    return make_shop()


def by_pages(shop: Shop, size: int, **asked: Any) -> list[str]:
    seen: list[str] = []
    for number in range(1, 100):
        page = search(shop.admin, "things", page=number, page_size=size, **asked)
        seen += [row.uuid for row in page.views]
        assert page.has_next == (page.count is not None and len(seen) < page.count)
        if not page.has_next:
            return seen
    raise AssertionError("pages without end")


def by_cursor(shop: Shop, size: int, **asked: Any) -> list[str]:
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(100):
        page = search(shop.admin, "things", cursor=cursor, page_size=size, count=False, **asked)
        assert page.count is None
        seen += [row.uuid for row in page.views]
        if page.next_cursor is None:
            return seen
        assert page.has_next
        cursor = page.next_cursor
    raise AssertionError("cursors without end")


def test_every_order_is_the_oracles_whole_by_pages_and_by_cursor(shop: Shop) -> None:
    for at, ordering in enumerate(ORDERINGS):
        query = QUERIES[at % len(QUERIES)]
        things = [thing for thing in shop.things if matches(thing, query, True)]
        expected = [thing.uuid for thing in in_order(things, ordering, PLACES)]
        asked: dict[str, Any] = {"ordering": ordering, "query": query}
        whole = search(shop.admin, "things", page_size=1000, **asked)
        assert [row.uuid for row in whole.views] == expected, ordering
        assert (whole.has_next, whole.next_cursor) == (False, None)
        assert by_pages(shop, 7, **asked) == expected, ordering
        assert by_cursor(shop, 5, **asked) == expected, ordering


@pytest.mark.parametrize("kind", ["dropdown", "radio", "status", "choices", "selector"])
def test_a_choice_of_nothing_orders_like_a_blank(workspace: Caller, kind: str) -> None:
    make_object(workspace, "Items", FieldDefinition("Colour", kind))
    for at in range(3):
        make_record(workspace, "items", name=f"n{at}")
    for ordering, expected in (("colour", ["n0", "n1"]), ("-colour", ["n2", "n1"])):
        page = search(workspace, "items", ordering=(ordering,), page_size=2)
        assert (page.count, [row.display_name for row in page.views], page.has_next) == (
            3,
            expected,
            True,
        )


def test_a_page_beyond_the_last_is_empty(shop: Shop) -> None:
    page = search(shop.admin, "things", page=9, page_size=10)
    assert (page.views, page.count, page.has_next) == ([], len(shop.things), False)


@pytest.fixture
def books(workspace: Caller) -> Caller:
    make_object(workspace, "Authors")
    make_object(
        workspace,
        "Books",
        FieldDefinition("Pages", "integer"),
        FieldDefinition("Tags", "dynamictags"),
    )
    make_relation(workspace, "books", "Author", "authors", "primary", "Books")
    for name, pages in (("A", 3), ("B", None), ("C", 1)):
        make_record(workspace, "books", name=name, pages=pages)
    return workspace


def test_a_cursor_stands_where_it_stood_though_records_come_and_go(books: Caller) -> None:
    first = search(books, "books", ordering=("name",), page_size=1)
    make_record(books, "books", name="AA")
    make_record(books, "books", name="0")
    archive(books, "books", first.views[0].uuid)
    page = search(books, "books", ordering=("name",), page_size=9, cursor=first.next_cursor)
    assert [row.display_name for row in page.views] == ["AA", "B", "C"]


def test_a_cursor_of_another_order_or_none_at_all_is_refused(books: Caller) -> None:
    cursor = search(books, "books", ordering=("pages",), page_size=1).next_cursor
    assert cursor is not None
    for text in (
        cursor[:-3],
        cursor[3:],
        "x",
        "é",
        "\ud800",
        "W10",
        "bnVsbA",
        "WzEsMiwzXQ",
        "a" * 9999,
    ):
        refused = invalid_at(search, books, "books", ordering=("pages",), cursor=text)
        assert refused == (("cursor",), "invalid"), text
    for ordering in (("-pages",), ("name",), ()):
        refused = invalid_at(search, books, "books", ordering=ordering, cursor=cursor)
        assert refused == (("cursor",), "invalid"), ordering


def test_what_cannot_be_sorted_by_is_refused(books: Caller) -> None:
    for ordering, code in (
        *((name, "does_not_exist") for name in ("nothing", "", "-", "--name", "\ud800")),
        ("tags", "invalid"),
    ):
        assert invalid_at(search, books, "books", ordering=(ordering,)) == (("ordering",), code), (
            ordering
        )
    assert invalid_at(search, books, "books", ordering=("name",) * 6) == (
        ("ordering",),
        "limit_exceeded",
    )
    assert invalid_at(search, books, "authors", ordering=("books",)) == (("ordering",), "invalid")
    assert invalid_at(search, books, "books", page=10**9, page_size=1000) == (
        ("page",),
        "limit_exceeded",
    )


def test_related_records_out_of_sight_sort_as_blanks_and_are_not_in_cursors(books: Caller) -> None:
    grants = {"books": {"view": "all"}, "authors": {"view": "own"}}
    reader = make_member(books, "reader@example.com", grants)
    for book, author, owner in (("A", "Zoe", reader), ("B", "Amy", books), ("C", "Moe", reader)):
        make_record(books, "authors", name=author, owner=str(owner.member.uuid))
        uuid = next(row.uuid for row in search(books, "books").views if row.display_name == book)
        change_record(books, "books", uuid, author={"name": author})
    assert found(books, "books", ordering=("author",)) == ["B", "C", "A"]
    assert found(reader, "books", ordering=("author",)) == ["C", "A", "B"]
    assert found(reader, "books", ordering=("-author",)) == ["A", "C", "B"]
    page = search(reader, "books", ordering=("author",), page_size=2)
    rest = search(reader, "books", ordering=("author",), page_size=2, cursor=page.next_cursor)
    assert [row.display_name for row in rest.views] == ["B"]
