"""The filter conditions of each type: the contract's table, and what each one tests."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from records.field_types import FieldSpec, InvalidValue, MemberRef, RecordRef, field_types
from records.field_types import Test as IndexTest

from .fields import CHOICES, RED, YES, label, make_field, uuid

TEXT = (
    "= != contains !contains starts_with !starts_with ends_with !ends_with is_any_of is_none_of "
    "is_blank"
)
NUMBER = "= != < <= > >= between is_any_of is_none_of is_blank"
SINGLE = "= != is_any_of is_none_of is_blank"
TABLE = {
    **dict.fromkeys(("text", "email", "phonenumber", "timezone", "zip_code", "formula"), TEXT),
    "json": "is_blank",
    **dict.fromkeys(("longtext", "wysiwyg"), "contains !contains is_blank"),
    "checkbox": SINGLE,
    **dict.fromkeys(CHOICES, SINGLE),
    **dict.fromkeys(("checkboxes", "dynamictags"), "has !has has_any !has_any is_blank"),
    **dict.fromkeys(("integer", "decimal", "money", "rating", "datetime", "time"), NUMBER),
    "date": f"{NUMBER} month_equals",
    "datetime": f"{NUMBER} month_equals",
    "team_selector": SINGLE,
    "relationship": "contains !contains is_any_of is_none_of is_blank",
    "files": "= > >= < <= is_blank",
}
BERLIN = ZoneInfo("Europe/Berlin")


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


NUMBERS = [
    ("=", 5, IndexTest("eq", 5)),
    ("!=", "5.50", IndexTest("eq", Decimal("5.5"), negated=True)),
    ("<", 2.5, IndexTest("lt", Decimal("2.5"))),
    ("<=", 5.0, IndexTest("lte", 5)),
    (">", -1, IndexTest("gt", -1)),
    (">=", "0", IndexTest("gte", 0)),
    ("between", [1, 2.5], IndexTest("between", (1, Decimal("2.5")))),
    ("is_any_of", [1, "2"], IndexTest("in", (1, 2))),
    ("is_none_of", [1], IndexTest("in", (1,), negated=True)),
    ("is_blank", True, IndexTest("any", None, negated=True)),
    ("is_blank", False, IndexTest("any")),
]
TEXTS = [
    ("=", " Straße  7", IndexTest("eq", "strasse 7")),
    ("!=", "A", IndexTest("eq", "a", negated=True)),
    ("contains", "A", IndexTest("contains", "a")),
    ("!contains", "A", IndexTest("contains", "a", negated=True)),
    ("starts_with", "A", IndexTest("starts_with", "a")),
    ("!starts_with", "A", IndexTest("starts_with", "a", negated=True)),
    ("ends_with", "A", IndexTest("ends_with", "a")),
    ("!ends_with", "A", IndexTest("ends_with", "a", negated=True)),
    ("is_any_of", ["A", "b"], IndexTest("in", ("a", "b"))),
    ("is_none_of", ["A"], IndexTest("in", ("a",), negated=True)),
    ("is_blank", True, IndexTest("any", None, negated=True)),
]
OPTIONS = [
    ("=", uuid(1), IndexTest("eq", RED)),
    ("=", "dark RED", IndexTest("eq", RED)),
    ("=", {"code": "red"}, IndexTest("eq", RED)),
    ("!=", "yes", IndexTest("eq", YES, negated=True)),
    ("is_any_of", [uuid(1), "yes"], IndexTest("in", (RED, YES))),
    ("is_none_of", ["yes"], IndexTest("in", (YES,), negated=True)),
    ("is_blank", False, IndexTest("any")),
]
LISTS = [
    ("has", uuid(1), IndexTest("eq", RED)),
    ("has", [uuid(1)], IndexTest("eq", RED)),
    ("!has", "Dark Red", IndexTest("eq", RED, negated=True)),
    ("has_any", [uuid(1), "Of course"], IndexTest("in", (RED, YES))),
    ("!has_any", ["Of course"], IndexTest("in", (YES,), negated=True)),
    ("is_blank", True, IndexTest("any", None, negated=True)),
]
NINTH = RecordRef(uuid=uuid(9))
berlin = make_field("datetime", zone=BERLIN)
DAY_START, DAY_END = (
    _utc(2024, 3, 30, 23),
    _utc(2024, 3, 31, 21, 59, 59, 999_999),
)  # the day has 23 hours

ASKED: list[tuple[FieldSpec, str, Any, IndexTest]] = [
    (make_field("time"), ">=", "09:30", IndexTest("gte", 34200)),
    (make_field("zip_code"), "=", "90210", IndexTest("eq", "90210")),
    (make_field("formula"), "contains", "A", IndexTest("contains", "a")),
    *((make_field(name), *row) for name in ("text", "email", "timezone", "phonenumber") for row in TEXTS),
    *((make_field(name), *row) for name in ("integer", "decimal", "money", "rating") for row in NUMBERS),
    *((make_field(name), *row) for name in CHOICES for row in OPTIONS),
    *((make_field(name), *row) for name in ("checkboxes", "dynamictags") for row in LISTS),
    (make_field("phonenumber"), "=", "(201) 555-0123", IndexTest("eq", "+12015550123")),
    (make_field("phonenumber"), "is_any_of", ["201 555 0123", "x"], IndexTest("in", ("+12015550123", "x"))),
    (make_field("phonenumber"), "contains", "555", IndexTest("contains", "555")),
    (make_field("longtext"), "contains", " Two  LINES ", IndexTest("contains", "two lines")),
    (make_field("wysiwyg"), "!contains", "A & b", IndexTest("contains", "a & b", negated=True)),
    (make_field("checkbox"), "=", True, IndexTest("eq", 1)),
    (make_field("checkbox"), "=", False, IndexTest("eq", 0)),
    (make_field("checkbox"), "!=", True, IndexTest("eq", 1, negated=True)),
    (make_field("checkbox"), "is_any_of", [True, False], IndexTest("in", (1, 0))),
    (make_field("checkbox"), "is_blank", True, IndexTest("any", None, negated=True)),
    (make_field("date"), "=", "2024-02-29", IndexTest("eq", _utc(2024, 2, 29))),
    (make_field("date", zone=BERLIN), "<", "2024-02-29", IndexTest("lt", _utc(2024, 2, 29))),
    (make_field("date"), "between", ["2024-02-01", "2024-02-29"],
     IndexTest("between", (_utc(2024, 2, 1), _utc(2024, 2, 29)))),
    (make_field("date"), "is_any_of", ["0001-01-01"], IndexTest("in", (_utc(1, 1, 1),))),
    (make_field("date"), "month_equals", 12, IndexTest("month", (12, "UTC"))),
    (berlin, "=", "2024-05-17T09:30:00", IndexTest("eq", _utc(2024, 5, 17, 7, 30))),
    (berlin, "=", "2024-05-17T09:30:00Z", IndexTest("eq", _utc(2024, 5, 17, 9, 30))),
    (berlin, "!=", "2024-05-17T09:30:00Z", IndexTest("eq", _utc(2024, 5, 17, 9, 30), negated=True)),
    (berlin, "<", "2024-05-17T09:30:00Z", IndexTest("lt", _utc(2024, 5, 17, 9, 30))),
    (berlin, "is_any_of", ["2024-05-17T09:30:00Z"], IndexTest("in", (_utc(2024, 5, 17, 9, 30),))),
    (berlin, "=", "2024-03-31", IndexTest("between", (DAY_START, DAY_END))),
    (berlin, "!=", "2024-03-31", IndexTest("between", (DAY_START, DAY_END), negated=True)),
    (berlin, "<", "2024-03-31", IndexTest("lt", DAY_START)),
    (berlin, ">=", "2024-03-31", IndexTest("gte", DAY_START)),
    (berlin, "<=", "2024-03-31", IndexTest("lte", DAY_END)),
    (berlin, ">", "2024-03-31", IndexTest("gt", DAY_END)),
    (berlin, "between", ["2024-03-31", "2024-03-31"], IndexTest("between", (DAY_START, DAY_END))),
    (berlin, "between", ["2024-03-31", "2024-05-17T09:30:00Z"],
     IndexTest("between", (DAY_START, _utc(2024, 5, 17, 9, 30)))),
    (make_field("datetime"), "<=", "9999-12-31", IndexTest("lte", _utc(9999, 12, 31, 23, 59, 59, 999_999))),
    (make_field("team_selector"), "=", "is_me", IndexTest("eq", MemberRef(is_me=True))),
    (make_field("team_selector"), "!=", uuid(9), IndexTest("eq", MemberRef(uuid=uuid(9)), negated=True)),
    (make_field("team_selector"), "is_any_of", ["is_me", uuid(9)],
     IndexTest("in", (MemberRef(is_me=True), MemberRef(uuid=uuid(9))))),
    (make_field("relationship"), "contains", [uuid(9)], IndexTest("in", (NINTH,))),
    (make_field("relationship"), "!contains", [uuid(9)], IndexTest("in", (NINTH,), negated=True)),
    (make_field("relationship"), "is_any_of", [{"id": uuid(9)}], IndexTest("in", (NINTH,))),
    (make_field("relationship"), "is_none_of", [{"name": "A"}],
     IndexTest("in", (RecordRef(name="A"),), negated=True)),
    (make_field("files"), "=", 0, IndexTest("count", ("=", 0))),
    (make_field("files"), ">=", 2, IndexTest("count", (">=", 2))),
    (make_field("files"), "is_blank", True, IndexTest("any", None, negated=True)),
]  # fmt: skip

MISASKED: list[tuple[str, str, Any, str]] = [
    ("text", "=", 5, "invalid"),
    ("text", "=", "\ud800", "invalid"),
    ("text", "contains", "x" * 10_001, "limit_exceeded"),
    ("text", "is_any_of", "a", "invalid"),
    ("text", "is_any_of", "", "invalid"),
    ("text", "is_any_of", ["a"] * 1001, "limit_exceeded"),
    ("text", "is_blank", "true", "invalid"),
    ("text", "is_blank", 1, "invalid"),
    ("integer", "=", "five", "invalid"),
    ("integer", "=", True, "invalid"),
    ("integer", "<", 2**63, "limit_exceeded"),
    ("decimal", "<", 1e30, "limit_exceeded"),
    ("decimal", "between", 5, "invalid"),
    ("decimal", "between", [1], "invalid"),
    ("decimal", "between", [1, 2, 3], "invalid"),
    ("checkbox", "=", 1, "invalid"),
    ("checkbox", "=", "true", "invalid"),
    ("date", "=", "2024-02-29T10:00:00", "invalid"),
    ("date", "month_equals", 13, "invalid"),
    ("date", "month_equals", "2nd", "invalid"),
    ("date", "month_equals", True, "invalid"),
    ("datetime", "=", "soon", "invalid"),
    ("datetime", "is_any_of", ["2024-03-31"], "invalid"),
    ("datetime", "between", ["2024-03-31"], "invalid"),
    ("dropdown", "=", "mauve", "does_not_exist"),
    ("dropdown", "=", uuid(3), "does_not_exist"),
    ("dropdown", "is_any_of", uuid(1), "invalid"),
    ("checkboxes", "has", ["Dark Red", "yes"], "invalid"),
    ("checkboxes", "has_any", "Dark Red", "invalid"),
    ("dynamictags", "has", "mauve", "does_not_exist"),
    ("dynamictags", "has_any", [{"id": uuid(3)}], "does_not_exist"),
    ("team_selector", "=", "nobody", "invalid"),
    ("relationship", "contains", uuid(9), "invalid"),
    ("relationship", "contains", ["nothing"], "invalid"),
    ("files", "=", -1, "invalid"),
    ("files", "=", 1.5, "invalid"),
    ("files", "=", True, "invalid"),
]


@pytest.mark.parametrize("name", sorted(field_types))
def test_a_type_has_the_conditions_of_the_contract(name: str) -> None:
    assert set(field_types.get(name).conditions) == set(TABLE[name].split())


@pytest.mark.parametrize(("field", "condition", "value", "test"), ASKED, ids=label)
def test_a_condition_becomes_a_test_of_the_index(
    field: FieldSpec, condition: str, value: Any, test: IndexTest
) -> None:
    assert field.type.conditions[condition](field, value) == test


@pytest.mark.parametrize(("name", "condition", "value", "code"), MISASKED, ids=label)
def test_a_value_a_condition_does_not_take_is_refused(
    name: str, condition: str, value: Any, code: str
) -> None:
    with pytest.raises(InvalidValue) as refusal:
        field_types.get(name).conditions[condition](make_field(name), value)
    assert refusal.value.code == code


def test_the_last_day_of_the_calendar_has_no_end_west_of_utc() -> None:
    field = make_field("datetime", zone=ZoneInfo("America/New_York"))
    with pytest.raises(InvalidValue):
        field.type.conditions["<="](field, "9999-12-31")


def test_a_day_that_a_zone_skipped_is_empty() -> None:
    field = make_field("datetime", zone=ZoneInfo("Pacific/Apia"))
    low, high = field.type.conditions["="](field, "2011-12-30").value
    assert low > high


@pytest.mark.parametrize("name", ["has", "!has"])
def test_how_many_values_a_condition_takes_is_told(name: str) -> None:
    condition = field_types.get("checkboxes").conditions[name]
    for sent, told in (([], "at least one value"), ([uuid(1), uuid(4)], "one value, not several")):
        with pytest.raises(InvalidValue, match=rf"^Expected {told}\.$"):
            condition(make_field("checkboxes"), sent)
