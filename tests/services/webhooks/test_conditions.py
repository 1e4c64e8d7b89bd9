"""Conditions: which can be kept, and what they come to."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from records.exceptions import InvalidInput
from records.services.people.members import add_member
from records.services.webhooks.conditions import Told, check_condition, holds
from tests.factories import Caller


@pytest.mark.parametrize("text", ["record.data.size > 1", "now.hour >= 0 && member.email == ''"])
def test_what_names_known_things_is_kept(text: str) -> None:
    assert check_condition(f" {text} ", {"size"}) == text


@pytest.mark.parametrize(
    "text",
    [
        "record.data.other > 1",
        "record.id == 1",
        "now.week == 1",
        "caller",
        "1 +",
        "(" * 30,
        *("record['data'].other > 1", "record['id'] == 1", "{'x': record.data}.x.size > 1"),
        *("record.data['si' + 'ze'] > 1", "now['week'] == 1", "now == 1", "member['a'] == 1"),
        *("[member][0].age > 1", "nope(now.hour)", "member.name.nope()"),
    ],
)
def test_others_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_condition(text, {"size"})
    assert refused.value.path == ("conditions",)


@pytest.mark.parametrize(
    "text",
    [
        *("1", "'x'", '"1"', "null", "-1", "-record.data.size", "(1 + 2)", "[true]", "{'a': true}"),
        *("size('x')", "string(now.hour)", "member", "now.hour > 1 ? 'a' : 'b'", "{}", "[]"),
    ],
)
def test_what_is_never_true_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="never true or false") as refused:
        check_condition(text, {"size"})
    assert refused.value.path == ("conditions",)


@pytest.mark.parametrize(
    "text",
    [
        *("true", "(false)", "!(now.hour > 1)", "record.data.size", "bool('true')", "1 in [1]"),
        *("member.name.startsWith('A')", "now.hour > 1 ? true : false", "'a' in member.labels"),
    ],
)
def test_what_may_be_true_is_kept(text: str) -> None:
    assert check_condition(text, {"size"}) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("record.data.size > 1", True),
        ("record.data.size > 5", False),
        ("record.data.size / 0 > 1", False),
        ("record.data.size", False),
        ("member.labels == []", True),
    ],
)
def test_what_cannot_be_evaluated_is_false(shop: Caller, text: str, expected: bool) -> None:
    fields = shop.schema("items").fields
    key = next(str(spec.id) for spec in fields if spec.name == "size")
    assert holds(text, fields, Told({key: 3}, None, ZoneInfo("UTC"))) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'vip' in member.labels", True),
        ("'new' in member.labels", False),
        ("member.phone == '+12015550123' && member.external_id == 'ann'", True),
        ("member.age >= 18", True),
        ("member.age == 0", False),
        ("member.name == 'Ann Ahn' && member.email == ''", True),
    ],
)
def test_conditions_read_what_is_known_of_the_member(
    shop: Caller, text: str, expected: bool
) -> None:
    member, _ = add_member(
        shop.author,
        name="Ann Ahn",
        phone="201 555 0123",
        external_id="ann",
        date_of_birth="1990-02-28",
        labels=["vip"],
    )
    spec = shop.author.directory.members([member.pk])[member.pk]

    assert holds(text, (), Told({}, spec, ZoneInfo("UTC"))) is expected
