"""What each type takes, stores, shows and indexes, and what it refuses with which code."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from records.field_types import (
    AttachmentRef,
    FieldSpec,
    InvalidValue,
    MemberRef,
    NewOption,
    RecordRef,
)

from .fields import GONE, RED, REFERENCES, UUID_LIKE, YES, label, make_field, uuid

SAME = ...
Row = tuple[FieldSpec, Any, Any, Any]


def _decimal(**options: Any) -> FieldSpec:
    bounds = {"min_value": None, "max_value": None, "decimal_places": None} | options
    return make_field("decimal", settings={"decimal_options": bounds})


def _nested(depth: int) -> Any:
    value: Any = [1]
    for _ in range(depth - 1):
        value = [value]
    return value


def _money(currency: str) -> FieldSpec:
    return make_field("money", settings={"money_options": {"currency": currency}})


text, longtext, wysiwyg = make_field("text"), make_field("longtext"), make_field("wysiwyg")
email, phone, timezone = make_field("email"), make_field("phonenumber"), make_field("timezone")
german_phone = make_field("phonenumber", region="DE")
french_phone = make_field(
    "phonenumber", region="DE", settings={"phonenumber_options": {"region": "FR"}}
)
integer, decimal, money, rating = (
    make_field(name) for name in ("integer", "decimal", "money", "rating")
)
ten_stars = make_field("rating", settings={"rating": {"max_value": 10}})
date, moment, checkbox = make_field("date"), make_field("datetime"), make_field("checkbox")
berlin = make_field("datetime", zone=ZoneInfo("Europe/Berlin"))
new_york = make_field("datetime", zone=ZoneInfo("America/New_York"))
choice, boxes, tags = make_field("dropdown"), make_field("checkboxes"), make_field("dynamictags")
member, link, files = make_field("team_selector"), make_field("relationship"), make_field("files")
links = make_field("relationship", relation_kind="additional")
document = make_field("json")
clock, us_zip, zip_code = (
    make_field("time"),
    make_field("zip_code"),
    make_field("zip_code", region="GB"),
)
formula = make_field("formula")
few = make_field("integer", settings={"integer_options": {"min_value": 1, "max_value": 5}})
coded = make_field("text", settings={"text_options": {"pattern": "[A-Z]{2}-[0-9]+"}})

# field, sent, stored, read (SAME: as it is stored)
TAKEN: list[Row] = [
    (clock, "09:30", "09:30:00", SAME),
    (clock, "23:59:59", "23:59:59", SAME),
    (us_zip, " 90210 ", "90210", SAME),
    (us_zip, "90210-1234", "90210-1234", SAME),
    (zip_code, "sw1a 1aa", "SW1A 1AA", SAME),
    (zip_code, "1010", "1010", SAME),
    (formula, "text", "text", SAME),
    (formula, True, True, SAME),
    (formula, 2.0, 2, SAME),
    (formula, 2.5, 2.5, SAME),
    (few, 5, 5, SAME),
    (few, "1", 1, SAME),
    (coded, "AB-1", "AB-1", SAME),
    (document, {"a": [1, {"b": None}], "c": 1.5}, {"a": [1, {"b": None}], "c": 1.5}, SAME),
    (document, _nested(32), _nested(32), SAME),
    (document, [1, 1, True], [1, 1, True], SAME),
    (document, {}, None, None),
    (document, [], None, None),
    (text, "Straße  7", "Straße  7", SAME),
    (text, "x" * 255, "x" * 255, SAME),
    (longtext, "x" * 100_000, "x" * 100_000, SAME),
    (wysiwyg, "<p>Hi <b>you</b></p>", "<p>Hi <b>you</b></p>", SAME),
    (wysiwyg, '<p onclick="x()">Hi</p><script>x()</script>', "<p>Hi</p>", SAME),
    (wysiwyg, '<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>', SAME),
    (wysiwyg, "<script>x()</script>", None, None),
    (email, "Office@EXAMPLE.com", "Office@example.com", SAME),
    (email, " a.b+c@example.com ", "a.b+c@example.com", SAME),
    (email, "a@xn--mnchen-3ya.example", "a@münchen.example", SAME),
    (email, "grüße@example.com", "grüße@example.com", SAME),
    (phone, "+1 (201) 555-0123", "+12015550123", SAME),
    (phone, "201 555 0123", "+12015550123", SAME),
    (phone, "+49 30 901820", "+4930901820", SAME),
    (german_phone, "030 901820", "+4930901820", SAME),
    (french_phone, "01 42 68 53 00", "+33142685300", SAME),
    (timezone, "Europe/Berlin", "Europe/Berlin", SAME),
    (timezone, "europe/berlin", "Europe/Berlin", SAME),
    (timezone, "UTC", "UTC", SAME),
    (integer, 5, 5, SAME),
    (integer, -(2**63), -(2**63), SAME),
    (integer, 2**63 - 1, 2**63 - 1, SAME),
    (integer, 5.0, 5, SAME),
    (integer, -0.0, 0, SAME),
    (integer, "-12", -12, SAME),
    (integer, "+007", 7, SAME),
    (integer, "12.00", 12, SAME),
    (integer, "9223372036854775807", 2**63 - 1, SAME),
    (decimal, 1, 1, SAME),
    (decimal, 1.50, 1.5, SAME),
    (decimal, 2.0, 2, SAME),
    (decimal, -0.0, 0, SAME),
    (decimal, "-0.0", 0, SAME),
    (decimal, "1.10", 1.1, SAME),
    (decimal, ".5", 0.5, SAME),
    (decimal, "007.50", 7.5, SAME),
    (decimal, 1e14, 10**14, SAME),
    (decimal, 999999999999999, 999999999999999, SAME),
    (decimal, 12345678901234.5, 12345678901234.5, SAME),
    (decimal, "0.000000000123456789012345", 1.23456789012345e-10, SAME),
    (_decimal(decimal_places=2), 1.25, 1.25, SAME),
    (_decimal(decimal_places=2), "1.2500", 1.25, SAME),
    (_decimal(decimal_places=0), 3.0, 3, SAME),
    (_decimal(decimal_places=7), 1e-07, 1e-07, SAME),
    (_decimal(min_value=0, max_value=1.5), 1.5, 1.5, SAME),
    (_decimal(min_value=0, max_value=1.5), 0, 0, SAME),
    (_decimal(min_value=0), "", None, None),
    (money, 12.5, 12.5, {"currency": "USD", "symbol": "$", "amount": 12.5}),
    (money, "12.50", 12.5, {"currency": "USD", "symbol": "$", "amount": 12.5}),
    (money, {"amount": "7.00"}, 7, {"currency": "USD", "symbol": "$", "amount": 7}),
    (money, {"currency": "usd", "symbol": "$", "amount": 7}, 7,
     {"currency": "USD", "symbol": "$", "amount": 7}),
    (_money("EUR"), -3, -3, {"currency": "EUR", "symbol": "€", "amount": -3}),
    (_money("JPY"), 0.25, 0.25, {"currency": "JPY", "symbol": "¥", "amount": 0.25}),
    (_money("KWD"), 1.125, 1.125, {"currency": "KWD", "symbol": "KWD", "amount": 1.125}),
    (_money("CLF"), 1.1255, 1.1255, {"currency": "CLF", "symbol": "CLF", "amount": 1.1255}),
    (rating, 1, 1, SAME),
    (rating, "5", 5, SAME),
    (ten_stars, 10.0, 10, SAME),
    (date, "2024-02-29", "2024-02-29", SAME),
    (date, "0001-01-01", "0001-01-01", SAME),
    (date, "9999-12-31", "9999-12-31", SAME),
    (moment, "2024-05-17T09:30:00Z", "2024-05-17T09:30:00Z", "2024-05-17T09:30:00+00:00"),
    (moment, "2024-05-17 09:30", "2024-05-17T09:30:00Z", "2024-05-17T09:30:00+00:00"),
    (moment, "2024-05-17T09:30:00.120+05:30", "2024-05-17T04:00:00.120000Z",
     "2024-05-17T04:00:00.120000+00:00"),
    (berlin, "2024-05-17T09:30:00", "2024-05-17T07:30:00Z", "2024-05-17T09:30:00+02:00"),
    (berlin, "2024-01-17", "2024-01-16T23:00:00Z", "2024-01-17T00:00:00+01:00"),
    (berlin, "2024-05-17T09:30:00-07:00", "2024-05-17T16:30:00Z", "2024-05-17T18:30:00+02:00"),
    (moment, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
    (new_york, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00"),
    (checkbox, True, True, SAME),
    (checkbox, False, False, SAME),
    (boxes, [uuid(1), {"name": "of COURSE"}, {"code": "red"}], [RED, YES],
     [{"id": uuid(1), "name": "Dark Red", "code": "red"},
      {"id": uuid(4), "name": "Of course", "code": "yes"}]),
    (boxes, [], None, None),
    (tags, [uuid(1), " dark  red ", {"id": uuid(4)}], [RED, YES],
     [{"id": uuid(1), "name": "Dark Red"}, {"id": uuid(4), "name": "Of course"}]),
    (tags, [], None, None),
    (link, "", None, None),
    (links, [], None, None),
    (files, [], None, None),
]  # fmt: skip

# field, sent, what is left for the core to resolve
LEFT_TO_RESOLVE: list[tuple[FieldSpec, Any, Any]] = [
    (member, "is_me", MemberRef(is_me=True)),
    (member, uuid(9).upper(), MemberRef(uuid=uuid(9))),
    (member, {"email": " Office@example.com "}, MemberRef(email="office@example.com")),
    (
        member,
        {"id": uuid(9), "deleted": False, "email": "office@example.com"},
        MemberRef(uuid=uuid(9)),
    ),
    (link, uuid(9), RecordRef(uuid=uuid(9))),
    (link, {"id": uuid(9), "name": "Old name"}, RecordRef(uuid=uuid(9))),
    (link, {"name": " North  pier "}, RecordRef(name="North  pier")),
    (
        links,
        [uuid(9), {"id": uuid(9)}, {"name": "A"}],
        [RecordRef(uuid=uuid(9)), RecordRef(name="A")],
    ),
    (files, [uuid(9), {"id": uuid(9)}, uuid(8)], [AttachmentRef(uuid(9)), AttachmentRef(uuid(8))]),
    (tags, ["New", "dark red", " new ", {"name": "NEW"}], [NewOption("New"), RED]),
    (tags, ["red", uuid(77)], [NewOption("red"), NewOption(uuid(77))]),
    (tags, [{"name": uuid(99)}, uuid(99)], [UUID_LIKE]),
    (tags, ["gone", "x" * 255], [NewOption("gone"), NewOption("x" * 255)]),
]

REFUSED: list[tuple[FieldSpec, Any, str]] = [
    (clock, "24:00", "invalid"),
    (clock, "9:30", "invalid"),
    (clock, "09:30:00.5", "invalid"),
    (clock, "09:30+01:00", "invalid"),
    (clock, 930, "invalid"),
    (us_zip, "9021", "invalid"),
    (us_zip, "90210-12", "invalid"),
    (us_zip, "SW1A 1AA", "invalid"),
    (us_zip, 90210, "invalid"),
    (zip_code, "no", "invalid"),
    (zip_code, "ABC", "invalid"),
    (zip_code, "1-", "invalid"),
    (zip_code, "1234 5678 9012", "invalid"),
    (formula, [1], "invalid"),
    (formula, 2**63, "invalid"),
    (formula, float("nan"), "invalid"),
    (few, 0, "invalid"),
    (few, 6, "invalid"),
    (coded, "ab-1", "invalid"),
    (coded, "AB-1 and more", "invalid"),
    (text, 5, "invalid"),
    (text, ["a"], "invalid"),
    (text, "a\x00", "invalid"),
    (text, "\ud800", "invalid"),
    (text, "x" * 256, "limit_exceeded"),
    (longtext, "x" * 100_001, "limit_exceeded"),
    (wysiwyg, "x" * 100_001, "limit_exceeded"),
    (wysiwyg, "&" * 30_000, "limit_exceeded"),
    (email, "office", "invalid"),
    (email, "a..b@example.com", "invalid"),
    (email, "a@exa mple.com", "invalid"),
    (email, "a@localhost", "invalid"),
    (email, "Office <office@example.com>", "invalid"),
    (email, f"{'x' * 250}@example.com", "limit_exceeded"),
    (phone, "123", "invalid"),
    (phone, "call me", "invalid"),
    (phone, "+1 201 555 0123 ext. 7", "invalid"),
    (phone, 12015550123, "invalid"),
    (phone, "1" * 65, "limit_exceeded"),
    (timezone, "Europe/Atlantis", "invalid"),
    (timezone, "localtime", "invalid"),
    (timezone, "+02:00", "invalid"),
    (integer, True, "invalid"),
    (integer, 1.5, "invalid"),
    (integer, "1.5", "invalid"),
    (integer, "1e3", "invalid"),
    (integer, "1,000", "invalid"),
    (integer, "1\n", "invalid"),
    (integer, "\u0661", "invalid"),
    (integer, float("inf"), "invalid"),
    (integer, 2**63, "limit_exceeded"),
    (integer, "9223372036854775808", "limit_exceeded"),
    (integer, 2.0**60, "limit_exceeded"),
    (decimal, True, "invalid"),
    (decimal, float("nan"), "invalid"),
    (decimal, "1e3", "invalid"),
    (decimal, "1.", "invalid"),
    (decimal, ".", "invalid"),
    (decimal, [1], "invalid"),
    (decimal, 10**15, "limit_exceeded"),
    (decimal, -1e15, "limit_exceeded"),
    (decimal, 0.1 + 0.2, "limit_exceeded"),
    (decimal, "1234567890.1234567", "limit_exceeded"),
    (decimal, "9999999999999999", "limit_exceeded"),
    (_decimal(decimal_places=2), 1.255, "invalid"),
    (_decimal(decimal_places=2), 1e-07, "invalid"),
    (_decimal(decimal_places=0), "0.5", "invalid"),
    (_decimal(min_value=0), -0.01, "invalid"),
    (_decimal(max_value=1.5), 1.51, "invalid"),
    (money, 1.255, "invalid"),
    (money, "$5", "invalid"),
    (money, {}, "invalid"),
    (money, {"amount": {"amount": 5}}, "invalid"),
    (money, {"amount": None}, "invalid"),
    (money, {"amount": 5, "currency": "EUR"}, "invalid"),
    (money, {"amount": 5, "currency": None}, "invalid"),
    (money, 10**15, "limit_exceeded"),
    (rating, 0, "invalid"),
    (rating, 6, "invalid"),
    (rating, 4.5, "invalid"),
    (rating, True, "invalid"),
    (ten_stars, 11, "invalid"),
    (date, "20240229", "invalid"),
    (date, "2023-02-29", "invalid"),
    (date, "2024-W01-1", "invalid"),
    (date, "2024-02-29T00:00:00", "invalid"),
    (date, "29.02.2024", "invalid"),
    (date, "0000-01-01", "invalid"),
    (date, 20240229, "invalid"),
    (moment, "yesterday", "invalid"),
    (moment, "2024-05-17x09:30", "invalid"),
    (moment, "20240517T093000", "invalid"),
    (moment, "2024-W01-1T09:30", "invalid"),
    (moment, "2024-05-17T24:30:00Z", "invalid"),
    (moment, 1715938200, "invalid"),
    (moment, "9999-12-31T23:30:00-01:00", "invalid"),
    (berlin, "0001-01-01T00:00:00", "invalid"),
    (checkbox, 1, "invalid"),
    (checkbox, "true", "invalid"),
    (boxes, uuid(1), "invalid"),
    (boxes, [1], "invalid"),
    (boxes, [None], "invalid"),
    (boxes, ["mauve"], "does_not_exist"),
    (boxes, [uuid(1)] * 1001, "limit_exceeded"),
    (tags, "vip", "invalid"),
    (tags, [5], "invalid"),
    (tags, [" "], "invalid"),
    (tags, [{"name": ""}], "invalid"),
    (tags, [{"code": "red"}], "invalid"),
    (tags, [{"id": uuid(GONE)}], "does_not_exist"),
    (tags, ["x" * 256], "limit_exceeded"),
    (tags, ["ß" * 200], "limit_exceeded"),
    (member, "nobody", "invalid"),
    (member, 1, "invalid"),
    (member, {"email": 1}, "invalid"),
    (member, [uuid(9)], "invalid"),
    (link, "North pier", "invalid"),
    (link, [uuid(9)], "invalid"),
    (link, {"name": " "}, "invalid"),
    (link, {"name": None}, "invalid"),
    (link, {"id": 5}, "invalid"),
    (link, {}, "invalid"),
    (link, {"name": "x" * 256}, "limit_exceeded"),
    (links, uuid(9), "invalid"),
    (links, [[uuid(9)]], "invalid"),
    (links, [uuid(9)] * 10_001, "limit_exceeded"),
    (files, uuid(9), "invalid"),
    (files, [{"name": "plan.pdf"}], "invalid"),
    (files, [uuid(9)[:-1]], "invalid"),
    (files, [uuid(9)] * 1001, "limit_exceeded"),
    (document, 5, "invalid"),
    (document, "text", "invalid"),
    (document, {"a": float("nan")}, "invalid"),
    (document, [{"a": "\x00"}], "invalid"),
    (document, {"\x00": 1}, "invalid"),
    (document, {"x" * 256: 1}, "limit_exceeded"),
    (document, {"a": [2**63]}, "limit_exceeded"),
    (document, _nested(33), "limit_exceeded"),
    (document, ["x" * 2**20], "limit_exceeded"),
]

# field, stored, what the index holds
INDEXED: list[tuple[FieldSpec, Any, list[Any]]] = [
    (clock, "09:30", [34200]),
    (zip_code, "SW1A 1AA", ["sw1a 1aa"]),
    (formula, True, ["true"]),
    (formula, 2.5, ["2.5"]),
    (formula, "Two  Words", ["two words"]),
    (document, {"a": 1}, [1]),
    (text, " Straße  SEVEN", ["strasse seven"]),
    (longtext, "Two\n\nLINES", ["two lines"]),
    (wysiwyg, "<p>One</p><p>t<b>w</b>o &amp; three</p>", ["one two & three"]),
    (wysiwyg, '<a title="a&gt;b > c" rel="noopener">Link</a>ed<br>line', ["linked line"]),
    (email, "Office@example.com", ["office@example.com"]),
    (phone, "+12015550123", ["+12015550123"]),
    (timezone, "Europe/Berlin", ["europe/berlin"]),
    (integer, 5, [5]),
    (decimal, 1.5, [1.5]),
    (money, 12.5, [12.5]),
    (rating, 4, [4]),
    (checkbox, True, [1]),
    (checkbox, False, [0]),
    (date, "0001-01-01", [datetime(1, 1, 1, tzinfo=UTC)]),
    (date, "2024-02-29", [datetime(2024, 2, 29, tzinfo=UTC)]),
    (berlin, "2024-05-17T09:30:00.120000Z", [datetime(2024, 5, 17, 9, 30, 0, 120_000, tzinfo=UTC)]),
    (choice, RED, [RED]),
    (boxes, [YES, RED], [YES, RED]),
    (tags, [YES, RED], [YES, RED]),
    (member, 3, [3]),
    (link, 3, [3]),
    (links, [3, 1], [3, 1]),
    (make_field("relationship", relation_kind="one_to_one"), 3, [3]),
    (make_field("relationship", relation_kind="one_to_one", mirror_of_id=1), 3, []),
    (make_field("relationship", relation_kind="additional_for", mirror_of_id=1), [3, 1], []),
    (files, [3, 1], [3, 1]),
]

# field, stored, what a caller reads: what is not visible is not there
SHOWN: list[tuple[FieldSpec, Any, Any]] = [
    (choice, GONE, {"id": uuid(3), "name": "Gone", "code": "gone"}),
    (choice, 404, None),
    (boxes, [404, RED], [{"id": uuid(1), "name": "Dark Red", "code": "red"}]),
    (boxes, [404], None),
    (tags, [404], None),
    (member, 1, {"id": uuid(1), "email": "office@example.com"}),
    (member, 2, None),
    (link, 1, {"id": uuid(1), "name": "A"}),
    (link, 2, None),
    (links, [3, 2, 1], [{"id": uuid(3), "name": "C"}, {"id": uuid(1), "name": "A"}]),
    (links, [2], None),
    (files, [3, 2], [{"id": uuid(3), "name": "bill.pdf"}]),
    (files, [2], None),
]


@pytest.mark.parametrize(("field", "sent", "stored", "read"), TAKEN, ids=label)
def test_a_value_is_stored_in_normal_form_and_read_back(
    field: FieldSpec, sent: Any, stored: Any, read: Any
) -> None:
    parsed = field.type.parse(field, sent)
    assert repr(parsed) == repr(stored)
    if stored is not None:
        shown = field.type.to_json(field, stored, REFERENCES)
        assert shown == (stored if read is SAME else read)
        assert field.type.parse(field, shown) == stored


@pytest.mark.parametrize(("field", "sent", "left"), LEFT_TO_RESOLVE, ids=label)
def test_what_only_the_database_knows_is_left_to_resolve(
    field: FieldSpec, sent: Any, left: Any
) -> None:
    assert field.type.parse(field, sent) == left


@pytest.mark.parametrize(("field", "sent", "code"), REFUSED, ids=label)
def test_a_value_the_type_does_not_take_is_refused(field: FieldSpec, sent: Any, code: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        field.type.parse(field, sent)
    assert refusal.value.code == code


@pytest.mark.parametrize(("field", "stored", "values"), INDEXED, ids=label)
def test_a_value_is_indexed(field: FieldSpec, stored: Any, values: list[Any]) -> None:
    assert list(field.type.index_values(field, stored)) == values


@pytest.mark.parametrize(("field", "stored", "shown"), SHOWN, ids=label)
def test_only_what_is_visible_is_read(field: FieldSpec, stored: Any, shown: Any) -> None:
    assert field.type.to_json(field, stored, REFERENCES) == shown


def test_links_to_many_have_a_schema_and_an_example() -> None:
    assert links.type.json_schema(links)["items"] == link.type.json_schema(link)
    assert links.type.parse(links, links.type.example(links)) == [RecordRef(name="Example Ltd")]


@pytest.mark.parametrize(
    ("kind", "multiple"),
    [
        ("one_to_one", False),
        ("primary", False),
        ("primary_for", True),
        ("additional", True),
        ("additional_for", True),
    ],
)
def test_the_kind_of_a_relation_says_whether_it_holds_a_list(kind: str, multiple: bool) -> None:
    assert make_field("relationship", relation_kind=kind).multiple is multiple


def test_checkboxes_tags_and_files_hold_lists() -> None:
    assert [field.multiple for field in (boxes, tags, files, choice, text)] == [
        True,
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("bounds", "example"),
    [({"min_value": 100}, 100), ({"max_value": 2.5}, 2.5), ({"decimal_places": 0}, 12), ({}, 12.5)],
)
def test_the_example_of_a_decimal_is_within_its_bounds(
    bounds: dict[str, Any], example: float
) -> None:
    field = _decimal(**bounds)
    assert field.type.example(field) == example
    assert field.type.parse(field, example) == example


@pytest.mark.parametrize("text", ["$12.50", "£12.50", "12.50 USD", "twelve"])
def test_an_amount_that_is_none_is_told_with_the_currency_of_the_field(text: str) -> None:
    field = _money("EUR")
    with pytest.raises(InvalidValue, match=r"^Expected a number, the amount in EUR\.$"):
        field.type.parse(field, field.type.from_text(field, text))
