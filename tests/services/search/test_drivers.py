"""Which condition records are found by."""

from __future__ import annotations

import pytest

from records import field_types
from records.services.search.drivers import cost, drivers
from records.services.search.filters import AllOf, AnyOf, Leaf, Node, TextSearch
from tests.factories import Caller, make_object, make_relation


@pytest.fixture
def leaves(workspace: Caller) -> dict[str, Node]:
    make_object(workspace, "Notes")
    make_relation(workspace, "notes", "See", "notes", "additional", "Seen from")
    fields = workspace.schema("notes").by_name
    name, mirror = fields["name"], fields["seen_from"]
    return {
        "equal": Leaf(name, field_types.Test("eq", "x")),
        "other": Leaf(name, field_types.Test("eq", "x", negated=True)),
        "part": Leaf(name, field_types.Test("contains", "x")),
        "linked": Leaf(fields["see"], field_types.Test("matching", AllOf())),
        "mirrored": Leaf(mirror, field_types.Test("matching", AllOf())),
        "either": AnyOf(
            (Leaf(name, field_types.Test("eq", "x")), Leaf(name, field_types.Test("lt", "x")))
        ),
        "either mirrored": AnyOf(
            (Leaf(name, field_types.Test("eq", "x")), Leaf(mirror, field_types.Test("any")))
        ),
        "text": TextSearch((name,), "x"),
    }


def test_the_cheapest_comes_first_without_negated_and_mirrored_ones(
    leaves: dict[str, Node],
) -> None:
    found = drivers(leaves.values(), lambda _: True)
    names = {id(node): name for name, node in leaves.items()}
    assert [names[id(node)] for node in found] == ["equal", "either", "part", "text", "linked"]
    assert drivers(leaves.values(), lambda _: False) == []


def test_a_union_costs_what_its_dearest_part_costs(leaves: dict[str, Node]) -> None:
    assert cost(AnyOf((leaves["equal"], leaves["part"]))) == cost(leaves["part"])
    assert cost(leaves["equal"]) < cost(leaves["either"]) < cost(leaves["part"])
