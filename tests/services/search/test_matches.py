"""What a search costs is bounded by the number of records, whatever the planner believes of the
tables.

The database has no statistics here, as after an import on a server whose autovacuum has not come
by. Work is counted in rows that PostgreSQL touches and in steps that SQLite takes, so that no clock
is asked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from records.services.database.sql import execute, is_postgresql
from records.services.search import pages as search_module
from tests.factories import make_member
from tests.services.acting import search
from tests.services.oracle import in_order, matches
from tests.services.shop import Shop, make_shop

from .test_ordering import PLACES, SORTED_BY
from .test_pages import BY_KIND, KINDS, sent

SIZE = 300
# of each record; a loop over all records for each of them is four times as much at the least
MOST = 40


@pytest.fixture
def shop(db: None) -> Shop:
    made = make_shop(SIZE)
    if is_postgresql():
        tables = "SELECT oid FROM pg_class WHERE relname = ANY(%s)"
        names = [["records_record", "records_fieldvalue"]]
        execute(f"DELETE FROM pg_statistic WHERE starelid IN ({tables})", names)
        execute(f"UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid IN ({tables})", names)
    return made


@contextmanager
def work() -> Iterator[list[float]]:
    """The work of each statement inside, for each record that there is."""
    done: list[float] = []
    if not is_postgresql():
        with _steps(done):
            yield done
        return

    def measure(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if sql.startswith("SELECT"):
            execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}", params, many, context)
            plan = context["cursor"].fetchone()[0][0]["Plan"]
            done.append(rows_touched(plan) / SIZE)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(measure):
        yield done


@contextmanager
def _steps(done: list[float]) -> Iterator[None]:
    """SQLite's machine takes some 15 steps where PostgreSQL touches a row."""
    connection.connection.set_progress_handler(lambda: done.append(0), 100)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)
        done[:] = [len(done) * 100 / 15 / SIZE]


def rows_touched(plan: dict[str, Any]) -> float:
    rows = (
        plan["Actual Rows"]
        + plan.get("Rows Removed by Filter", 0)
        + plan.get("Rows Removed by Index Recheck", 0)
    )
    own: float = max(rows, 1) * plan["Actual Loops"]
    return own + sum(map(rows_touched, plan.get("Plans", ())))


def expected(shop: Shop, query: list[Any], ordering: list[str]) -> list[str]:
    things = [thing for thing in shop.things if matches(thing, query, True)]
    return [thing.uuid for thing in in_order(things, ordering, PLACES)]


def wrong(shop: Shop, query: list[Any], ordering: list[str]) -> str:
    """What is wrong with a page of 20, if anything is."""
    asked = {
        "query": [sent(shop, group) for group in query],
        "ordering": tuple(ordering),
        "page_size": 20,
    }
    with work() as done:
        page = search(shop.admin, "things", **asked)
    right = expected(shop, query, ordering)
    if page.count != len(right) or [row.uuid for row in page.views] != right[:20]:
        return f"{query} by {ordering}: found {page.count}, not {len(right)}"
    return f"{query} by {ordering}: {max(done):.0f} of each record" if max(done) > MOST else ""


@pytest.mark.parametrize("plan", ["filter-driven", "sort-driven"])
def test_every_condition_of_every_field_is_bounded_work(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, plan: str
) -> None:
    if plan == "sort-driven":
        monkeypatch.setattr(search_module, "PROBED", 1)
    queries = [[{"filters": [BY_KIND[kind][len(BY_KIND[kind]) // 2]]}] for kind in KINDS]
    found = [
        wrong(shop, query, [order])
        for query in queries
        for order in ("updated", "-updated", "weight", "-weight")
    ]
    assert not any(found), "\n".join(filter(None, found))


def test_conditions_together_are_bounded_work(shop: Shop) -> None:
    choose = random.Random(1)
    found = []
    for _ in range(100):
        clauses = [
            choose.choice(BY_KIND[choose.choice(KINDS)]) for _ in range(choose.randint(2, 3))
        ]
        ordering = [choose.choice(("", "-")) + name for name in choose.sample(sorted(SORTED_BY), 2)]
        found.append(wrong(shop, [{"and": choose.random() < 0.7, "filters": clauses}], ordering))
    assert not any(found), "\n".join(filter(None, found))


def test_searches_of_ones_own_records_are_bounded_work(shop: Shop) -> None:
    member = make_member(
        shop.admin, "own@example.com", {"things": {"view": "own"}, "places": {"view": "own"}}
    )
    for clause in ("title", "home", "updated"):
        query = [{"filters": [{"field": clause, "condition": "is_blank", "value": False}]}]
        with work() as done:
            search(member, "things", query=query, ordering=("home", "-title"))
        assert max(done) <= MOST, clause
