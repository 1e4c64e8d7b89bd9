"""Whole queries, made up at random: the oracle, both plans and both engines must agree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records.services.search import pages as search_module
from tests.services.acting import search
from tests.services.oracle import in_order, matches
from tests.services.shop import Shop, make_shop

from .test_filter_sql import NAMES, clauses
from .test_ordering import PLACES, SORTED_BY

TABLE = [
    {"field": name, "condition": condition, "value": value}
    for name in NAMES
    for condition, value in clauses(name)
]
# A clause is as good as any other of its field and condition, so these are drawn first.
KINDS = sorted({(clause["field"], clause["condition"]) for clause in TABLE})
BY_KIND = {
    kind: [clause for clause in TABLE if (clause["field"], clause["condition"]) == kind]
    for kind in KINDS
}
CLAUSES = st.sampled_from(KINDS).flatmap(lambda kind: st.sampled_from(BY_KIND[kind]))
LEAVES = st.fixed_dictionaries({"and": st.booleans(), "filters": st.lists(CLAUSES, max_size=3)})
GROUPS = st.recursive(
    LEAVES,
    lambda inner: st.fixed_dictionaries(
        {"and": st.booleans(), "query": st.lists(inner, max_size=2)}
    ),
    max_leaves=4,
)
ORDERINGS = st.lists(
    st.sampled_from([way + name for name in SORTED_BY for way in ("", "-")]),
    max_size=2,
    unique=True,
)


def depth(group: dict[str, Any]) -> int:
    return 1 + max(map(depth, group.get("query", [])), default=0)


def sent(shop: Shop, group: dict[str, Any]) -> dict[str, Any]:
    """The group as callers send it, fields named in one of the ways there are."""
    if "query" in group:
        return {**group, "query": [sent(shop, inner) for inner in group["query"]]}
    schema = shop.admin.schema("things")
    written = []
    for at, clause in enumerate(group["filters"]):
        uuid = schema.by_name[clause["field"]].uuid
        forms = [clause["field"], uuid, f'"custom"::{uuid}', f"custom::{uuid.upper()}"]
        value = shop.sent(clause["field"], clause["value"])
        more = {"type": "fields_v2", "subtype": "custom"} if at % 2 else {}
        written.append({**clause, **more, "field": forms[at % len(forms)], "value": value})
    return {**group, "filters": written}


def test_random_queries_find_what_the_oracle_finds_in_its_order(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()

    @settings(
        max_examples=150,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(
        st.lists(GROUPS.filter(lambda group: depth(group) <= 5), max_size=3),
        st.booleans(),
        ORDERINGS,
        st.integers(1, 12),
        st.integers(1, 4),
    )
    def agree(
        query: list[Any], match_all: bool, ordering: list[str], size: int, number: int
    ) -> None:
        things = [thing for thing in shop.things if matches(thing, query, match_all)]
        expected = [thing.uuid for thing in in_order(things, ordering, PLACES)]
        asked: dict[str, Any] = {
            "query": [sent(shop, group) for group in query],
            "match_all": match_all,
            "ordering": tuple(ordering),
        }
        for probed in (5000, 1):
            monkeypatch.setattr(search_module, "PROBED", probed)
            whole = search(shop.admin, "things", page_size=1000, **asked)
            assert [row.uuid for row in whole.views] == expected
            assert whole.count == len(expected)
            page = search(shop.admin, "things", page=number, page_size=size, **asked)
            start = (number - 1) * size
            assert [row.uuid for row in page.views] == expected[start : start + size]
            if page.next_cursor is not None:
                after = search(
                    shop.admin, "things", cursor=page.next_cursor, page_size=size, **asked
                )
                assert [row.uuid for row in after.views] == expected[
                    start + size : start + 2 * size
                ]

    agree()
