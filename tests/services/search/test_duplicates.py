"""Records with the same values: what counts as the same, in which order, and for whom."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput, InvalidValues
from records.models import Record
from records.services.search.duplicates import DuplicatePage, find_duplicates
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import cost, refusal

OPTIONS = (OptionDefinition("A"), OptionDefinition("B"))
FIELDS = (
    FieldDefinition("Mail", "email"),
    FieldDefinition("Phone", "phonenumber"),
    FieldDefinition("Age", "integer"),
    FieldDefinition("Weight", "decimal"),
    FieldDefinition("Price", "money"),
    FieldDefinition("Born", "date"),
    FieldDefinition("Met", "datetime"),
    FieldDefinition("Note", "longtext"),
    FieldDefinition("Colour", "dropdown", options=OPTIONS),
    FieldDefinition("Labels", "dynamictags"),
    FieldDefinition("Extra", "json"),
)


@pytest.fixture
def people(workspace: Caller) -> Caller:
    make_object(workspace, "Persons", *FIELDS)
    make_object(workspace, "Companies")
    make_relation(workspace, "persons", "Company", "companies", "primary", "Staff")
    return workspace


def search(caller: Caller, *names: str, **more: Any) -> DuplicatePage:
    return find_duplicates(caller.author, caller.schema("persons"), names, **more)


def groups(caller: Caller, *names: str, **more: Any) -> list[tuple[int, list[str]]]:
    """How many records each group has, and their names."""
    return [
        (group.count, [view.display_name for view in group.views])
        for group in search(caller, *names, **more).groups
    ]


@pytest.mark.parametrize(
    ("field", "same", "other"),
    [
        ("mail", ["Ann@Example.com", "ann@example.com"], "bob@example.com"),
        ("phone", ["+12015550123", "(201) 555-0123", "201-555-0123"], "+12015550124"),
        ("age", [5, "5"], 6),
        ("weight", [0.5, 0.50], 0.51),
        ("price", [10, "10.00"], 11),
        ("born", ["2024-02-29", "2024-02-29"], "2024-03-01"),
        ("met", ["2024-01-01T12:00:00+01:00", "2024-01-01T11:00:00Z"], "2024-01-01T12:00:00Z"),
        ("note", ["x" * 300 + "ONE", "x" * 300 + "one"], "x" * 300 + "two"),
        ("note", ["José  Pérez", "jose perez ", "JOSE\tPEREZ"], "Jos Perez"),
        ("note", ["Straße", "STRASSE"], "Strase"),
        ("colour", [{"name": "A"}, {"name": "A"}], {"name": "B"}),
    ],
)
def test_what_is_the_same(people: Caller, field: str, same: list[Any], other: Any) -> None:
    names = [f"p{at}" for at in range(len(same))]
    for name, value in zip(names, same, strict=True):
        make_record(people, "persons", name=name, **{field: value})
    make_record(people, "persons", name="other", **{field: other})
    make_record(people, "persons", name="blank")
    make_record(people, "persons", name="blank too")
    assert groups(people, field) == [(len(same), names)]


def test_texts_are_compared_exactly_on_request(people: Caller) -> None:
    for at, note in enumerate(["Ann", "ann", "Ann", "Ann "]):
        make_record(people, "persons", name=f"p{at}", note=note)
    assert groups(people, "note") == [(4, ["p0", "p1", "p2", "p3"])]
    assert groups(people, "note", normalise=False)[0][1][:2] == ["p0", "p2"]


def test_every_field_must_be_the_same(people: Caller) -> None:
    company = make_record(people, "companies", name="C").record.uuid
    for at, (age, of) in enumerate(((1, company), (1, company), (1, None), (2, company))):
        make_record(people, "persons", name=f"p{at}", note="a", age=age, company=of)
    assert [count for count, _ in groups(people, "note", "age")] == [3]
    assert [count for count, _ in groups(people, "note", "age", "company")] == [2]
    (group,) = search(people, "note", "company").groups
    company_field = people.schema("persons").by_name["company"]
    assert group.views[0].values[company_field.id]["id"] == company


def test_the_biggest_groups_come_first_page_by_page(people: Caller) -> None:
    for age, count in ((1, 2), (2, 3), (3, 2), (4, 1), (5, 25)):
        for at in range(count):
            make_record(people, "persons", name=f"{age}-{at}", age=age)
    whole = groups(people, "age")
    assert [count for count, _ in whole] == [25, 3, 2, 2]
    assert [names[0] for _, names in whole] == ["5-0", "2-0", "1-0", "3-0"]
    assert len(whole[0][1]) == 20
    for page in (1, 2, 3):
        found = search(people, "age", page=page, page_size=3)
        assert found.count == 4
        assert [group.count for group in found.groups] == [25, 3, 2, 2][3 * page - 3 : 3 * page]
    assert isinstance(refusal(search, people, "age", page=10**6), InvalidInput)


def test_what_is_out_of_sight_does_not_count(people: Caller) -> None:
    own = make_member(
        people,
        "own@example.com",
        {"persons": {"create": True, "view": "own", "edit": "own"}},
        hidden=[("persons", "phone")],
    )
    for at in range(3):
        make_record(people, "persons", name=f"p{at}", age=1, phone="+12015550123")
    mine = [make_record(own, "persons", name=f"m{at}", age=1).record.uuid for at in range(2)]
    assert groups(own, "age") == [(2, ["m0", "m1"])]
    archive(people, "persons", mine[0])
    assert groups(own, "age") == []
    assert groups(people, "age") == [(4, ["p0", "p1", "p2", "m1"])]
    error = refusal(search, own, "phone")
    assert (error.code, "fields[0]" in error.detail) == ("does_not_exist", True)
    assert not Record.objects.filter(workspace=people.workspace, uuid=mine[0], state="active")


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        ((), ["required"]),
        (("name",) * 6, ["limit_exceeded"]),
        (("nme", "labels", "extra", "name", "name"), ["does_not_exist", *["invalid"] * 3]),
        (("created", "staff"), ["invalid", "does_not_exist"]),
    ],
)
def test_fields_that_cannot_be_compared_are_named(
    people: Caller, names: tuple[str, ...], codes: list[str]
) -> None:
    error = refusal(search, people, *names)
    if isinstance(error, InvalidValues):
        assert [problem.code for problem in error.general] == codes
    else:
        assert [error.code] == codes


def test_the_number_of_statements_is_constant(people: Caller) -> None:
    def fill(count: int) -> int:
        for at in range(count):
            for twin in range(2):
                note = f"{count}-{at}"
                make_record(people, "persons", name=f"{note}-{twin}", note=note)
        return cost(search, people, "note")

    assert fill(1) == fill(5)
