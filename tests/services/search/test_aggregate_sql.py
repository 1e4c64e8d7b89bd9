"""The statement of figures: how it joins, in which order its groups come, and that each record is once
in a group."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.database import is_postgresql
from records.services.search import AggregateRequest, SearchRequest, aggregate_records
from records.services.search import groups as groups_module
from tests.factories import FieldDefinition, make_object, make_record, make_relation, make_workspace
from tests.services.acting import statements
from tests.services.shop import make_shop

from .test_groups import asked


def test_many_records_are_joined_with_whole_indexes_on_postgresql(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = make_shop()
    author, schema = shop.admin.author, shop.admin.schema("things")

    def joins(**search: Any) -> int:
        request = asked([("sum", "weight"), ("avg", "weight")], [("colour", "")], **search)
        with statements() as seen:
            aggregate_records(author, schema, request)
        return sum(statement.count("FULL JOIN") for statement in seen)

    assert joins() == 0
    monkeypatch.setattr(groups_module, "PROBED", 0)
    assert joins() == (2 if is_postgresql() else 0)
    # Their rows are in no index by value.
    assert joins(archived=True) == 0


def test_two_paths_through_a_relationship_mean_the_same_record(db: None) -> None:
    admin = make_workspace()
    fields = [FieldDefinition("City", "text"), FieldDefinition("Size", "integer")]
    make_object(admin, "Ports", *fields)
    make_object(admin, "Ships", FieldDefinition("Crew", "integer"))
    make_relation(admin, "ships", "Calls", "ports", "additional", "Callers")
    for name, city, size in (("A", "Oslo", 1), ("B", "Rome", 2), ("C", "Oslo", 1)):
        make_record(admin, "ports", name=name, city=city, size=size)
    calls = [{"name": name} for name in "ABC"]
    make_record(admin, "ships", name="Swift", crew=5, calls=calls)

    def groups(*by: str) -> list[tuple[Any, ...]]:
        request = AggregateRequest(
            SearchRequest(fields=()),
            [{"function": "count"}, {"function": "sum", "field": "crew"}],
            list(by),
        )
        found = aggregate_records(admin.author, admin.schema("ships"), request).groups
        return [(*group.values.values(), *group.figures.values()) for group in found]

    # Two of the ports are in Oslo: the ship is there once.
    assert groups("calls.city") == [("Oslo", 1, 5), ("Rome", 1, 5)]
    assert groups("calls.city", "calls.size") == [("Oslo", 1, 1, 5), ("Rome", 2, 1, 5)]
    assert len(groups("calls.city", "calls")) == 3


def test_groups_are_sorted_as_asked_with_blanks_last(db: None) -> None:
    shop = make_shop()
    author, schema = shop.admin.author, shop.admin.schema("things")
    for ordering in ((), ("g0",), ("-g0",), ("f0", "-g0"), ("-f1",), ("-f2", "f0")):
        for by in ("pieces", "colour", "title", "home", "parent.colour"):
            figures = [("count", ""), ("sum", "weight"), ("avg", "price")]
            request = asked(figures, [(by, "")], ordering=ordering)
            groups = aggregate_records(author, schema, request).groups
            for name in ordering[:1]:
                keys = [_plain({**g.values, **g.figures}[name.removeprefix("-")]) for g in groups]
                known = [key for key in keys if key is not None]
                assert keys == [*known, *[None] * (len(keys) - len(known))]
                if name[-2] == "f" or by == "pieces":
                    assert known == sorted(known, reverse=name.startswith("-"))
            if ordering in ((), ("g0",)) and by == "colour":
                names = [g.values["g0"] and g.values["g0"]["name"] for g in groups]
                assert names == ["Red", "Green", "Blue", None]
            if ordering in ((), ("g0",)) and by == "home":
                assert [g.values["g0"] and g.values["g0"]["name"] for g in groups] == [
                    *("Oslo", "Rome"),
                    None,
                ]


def _plain(value: Any) -> Any:
    return value["amount"] if isinstance(value, dict) and "amount" in value else value
