"""Which value the survivor gets, for every type of field and every rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Caller
from tests.services.acting import names, read

from .acting import change, make_people, merge, person

A, B = {"name": "A"}, {"name": "B"}
PRICE = {"currency": "USD", "symbol": "$"}
# By field: the survivor's value, those of two others (the second is changed last), and what
# becomes of them by each rule; "" is the default.
TABLE: dict[str, tuple[tuple[Any, Any, Any], dict[str, Any]]] = {
    "age": ((1, 2, 3), {"": 1, "into": 1, "from": 2, "newest": 3, "oldest": 1}),
    "weight": ((None, 0.5, 1.5), {"": 0.5, "into": None, "from": 0.5, "newest": 1.5}),
    "price": ((None, 10, 11), {"": PRICE | {"amount": 10}, "newest": PRICE | {"amount": 11}}),
    "born": (
        (None, None, "2024-02-29"),
        {"": "2024-02-29", "into": None, "from": "2024-02-29", "oldest": "2024-02-29"},
    ),
    "phone": (
        ("+12015550123", None, "+33142685300"),
        {"": "+12015550123", "from": "+33142685300", "longest": "+12015550123"},
    ),
    "mail": (("a@b.co", "longer@b.co", None), {"": "a@b.co", "longest": "longer@b.co"}),
    "note": (
        ("one", "three", "one"),
        {"": "one", "longest": "three", "concat": "one\nthree", "from": "three"},
    ),
    "ticked": ((True, False, None), {"": True, "from": False}),
    "colour": ((None, A, B), {"": "A", "newest": "B", "into": None}),
    "sizes": (([A], [B, A], None), {"": ["A", "B"], "into": ["A"], "from": ["B", "A"]}),
    "labels": (
        (["x"], ["y"], ["x", "z"]),
        {"": ["x", "y", "z"], "union": ["x", "y", "z"], "newest": ["x", "z"]},
    ),
    "extra": ((None, {"a": 1}, {"b": 2}), {"": {"a": 1}, "newest": {"b": 2}}),
}


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


@pytest.mark.parametrize("field", TABLE)
def test_a_rule_chooses(people: Caller, field: str) -> None:
    values, expected = TABLE[field]
    for rule, wanted in expected.items():
        # Unique values are made so by their rule.
        apart = f"{rule or 'default'}-" if field == "mail" else ""
        sent = [None if value is None else apart + value if apart else value for value in values]
        made = [person(people, f"{field} {rule} {at}") for at in range(3)]
        for uuid, value in zip(made, sent, strict=True):
            change(people, "persons", uuid, **{field: value})
        merge(people, *made, rules={field: rule} if rule else {})
        shown = names(read(people, "persons", made[0]).get(field))
        assert shown == (apart + wanted if apart else wanted), rule
