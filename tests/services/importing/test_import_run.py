"""Importing CSV files: what is made of a file, and which column is which field."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput, NotAllowed
from records.models import ImportRun, ObjectType
from tests.factories import (
    make_field,
    make_member,
)
from tests.services.acting import differences, search

from .running import AIRPORTS, Importing, field_row

# ---------------------------------------------------------------- a new object


def test_an_object_is_made_of_a_file(importing: Importing) -> None:
    assert importing.counts("airports", AIRPORTS, create_object=True) == (3, 0, 0, 0)

    schema = importing.caller.schema("airports")
    own = {spec.name: spec.type.name for spec in schema.fields if not spec.is_default}
    assert own == {"iata": "text", "name": "text", "state": "text", "latitude": "decimal"}
    assert (schema.object_name, schema.entity_name) == ("Airports", "Airport")
    assert schema.identifier is schema.by_name["iata"]
    assert importing.records("airports", "iata", "name", "latitude")[1] == (
        "DFW",
        "Dallas-Fort Worth",
        32.89595056,
    )
    assert not importing.report.exists()
    assert differences(importing.caller) == []


@pytest.mark.parametrize(
    ("text", "identifier", "expected"),
    [
        ("code,name\na,x\nb,x\n", None, "code"),
        ("code,name\na,x\nA,y\n", None, "name"),
        ("code,name\na,x\n,y\n", None, "name"),
        ("code,name\n1,x\n2,y\n", None, "name"),
        ("code,name\na,x\na,x\n", None, None),
        ("code,Name\na,x\na,y\n", None, "name"),
        ("mail,name\na@example.com,x\n", None, "mail"),
        (f"code,size\n{'x' * 256},a\n", None, None),
        ("code,name\na,x\nb,y\n", "name", "name"),
        ("code,name\na,x\nb,y\n", "NAME", "name"),
        ("code,name\na,x\nb,y\n", "none", None),
        ("Shop number,name\n1,x\n2,y\n", "shop_number", "shop_number"),
        ("code\n", None, None),
    ],
)
def test_the_identifier_is_chosen_or_the_first_column_that_can_be(
    importing: Importing, text: str, identifier: str | None, expected: str | None
) -> None:
    importing("things", text, create_object=True, identifier=identifier)

    found = importing.caller.schema("things").identifier
    assert (found.name if found else None) == expected


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("code", "'b' occurs more than once"),
        ("text", "some values have over 255 characters"),
        ("colour", "no column 'colour'. Its columns are code, text"),
    ],
)
def test_a_column_that_cannot_identify_is_refused(
    importing: Importing, identifier: str, message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        importing(
            "things",
            f"code,text\na,x\nb,y\nb,{'x' * 256}\n",
            create_object=True,
            identifier=identifier,
        )

    assert importing.count(ObjectType, name="things") == 0


def test_an_identifier_is_text_whatever_its_values_look_like(importing: Importing) -> None:
    rows = "".join(f"{number},{'ab'[number % 2]}\n" for number in range(40))
    importing("things", f"number,group\n{rows}", create_object=True, identifier="number")

    schema = importing.caller.schema("things")
    assert [schema.by_name[name].type.name for name in ("number", "group")] == ["text", "dropdown"]


def test_a_header_that_every_object_has_as_a_field_becomes_a_field_of_its_own(
    importing: Importing,
) -> None:
    text = "code,Owner,created\na,Front Desk,2020-01-01\n"
    importing("things", text, create_object=True)

    assert importing.records("things", "owner_2", "created_2") == [("Front Desk", "2020-01-01")]
    assert importing.counts("things", text) == (0, 0, 1, 0)


def test_an_object_that_exists_is_not_made_again(importing: Importing) -> None:
    importing("Air Ports", AIRPORTS, create_object=True)

    assert importing.counts("air_ports", AIRPORTS, create_object=True, identifier="IATA") == (
        0,
        0,
        3,
        0,
    )
    with pytest.raises(InvalidInput, match="exists, with the identifier 'iata'"):
        importing("air_ports", AIRPORTS, create_object=True, identifier="name")
    with pytest.raises(InvalidInput, match="exists, with the identifier 'iata'"):
        importing("air_ports", AIRPORTS, create_object=True, identifier="none")


def test_an_object_without_identifier_says_so(importing: Importing) -> None:
    importing("things", "size\n1\n", create_object=True)

    with pytest.raises(InvalidInput, match="exists, with no identifier"):
        importing("things", "size\n1\n", identifier="size")


def test_an_object_is_made_only_when_asked_for(importing: Importing) -> None:
    with pytest.raises(
        InvalidInput, match="There is no object 'airports'; --create-object creates it"
    ):
        importing("airports", AIRPORTS)


# ---------------------------------------------------------------- columns


def test_columns_are_fields_by_api_name_or_label(importing: Importing, shops: None) -> None:
    importing("shops", 'NAME,number,Size,rent\nHarbour,7,large,"$1,250.50"\n')

    rent = {"currency": "USD", "symbol": "$", "amount": 1250.5}
    assert importing.records("shops", "name", "number", "size") == [("Harbour", 7, "Large")]
    assert (
        search(importing.caller, "shops")
        .views[0]
        .values[field_row(importing.caller, "shops", "rent").id]
        == rent
    )


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (
            "name,colour,weight",
            "'colour', 'weight'. Its fields are name, owner, number, size, rent, kinds",
        ),
        ("name,number,kinds,Number ", "'Number 2'. Its fields"),
        ("Chain,chain_name", "both map to the field 'chain_name'"),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    importing: Importing, shops: None, header: str, message: str
) -> None:
    make_field(importing.caller, "shops", "Chain", "text", name="chain_name", is_hidden=True)

    with pytest.raises(
        InvalidInput, match=message.replace("rent, kinds", "rent, kinds, chain_name")
    ):
        importing("shops", f"{header}\n")
    assert importing.count(ImportRun) == 0


def test_read_only_columns_are_passed_over_unless_they_are_meant(
    importing: Importing, shops: None
) -> None:
    found = importing("shops", "name,created,Updated\na,2024-01-01,x\n")

    assert (found.created, found.left_out) == (1, ["created", "Updated"])
    with pytest.raises(InvalidInput, match="'When' is the field 'created', which is read-only"):
        importing("shops", "name,When\nb,2024-01-01\n", mapping={"When": "created"})
    with pytest.raises(InvalidInput, match=r"No column is a field of 'shops' that may be written"):
        importing("shops", "created\n2024-01-01\n")


def test_a_field_that_the_mapping_means_is_named(importing: Importing, shops: None) -> None:
    with pytest.raises(
        InvalidInput, match=r"called 'nowhere' \(for the column 'Shop'\)\. Its fields are name"
    ):
        importing("shops", "Shop\na\n", mapping={"Shop": "nowhere"})


def test_a_field_the_member_may_not_see_is_as_unknown_as_any(
    importing: Importing, shops: None
) -> None:
    grant = {"shops": {"create": True, "view": "all", "edit": "all"}}
    clerk = make_member(importing.caller, "clerk@example.com", grant, hidden=[("shops", "rent")])

    with pytest.raises(InvalidInput, match="No field of 'shops' is called 'rent'"):
        Importing(clerk, importing.folder)("shops", "name,rent\na,1\n")


def test_only_admins_make_objects(importing: Importing) -> None:
    clerk = make_member(importing.caller, "clerk@example.com")

    with pytest.raises(NotAllowed):
        Importing(clerk, importing.folder)("things", "code\na\n", create_object=True)
