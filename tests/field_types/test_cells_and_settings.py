"""How cells of a CSV file are read, and which settings a field of each type may have."""

from __future__ import annotations

from typing import Any

import pytest

from records.field_types import FieldSpec, InvalidValue, NewOption, RecordRef, field_types

from .fields import RED, SEMI, UUID_LIKE, YES, label, make_field, uuid

links = make_field("relationship", relation_kind="additional")
euro = make_field("money", settings={"money_options": {"currency": "EUR"}})

# field, cell, stored
CELLS: list[tuple[FieldSpec, str, Any]] = [
    (make_field("time"), " 09:30 ", "09:30:00"),
    (make_field("zip_code"), " 90210 ", "90210"),
    (make_field("json"), ' {"a": [1]} ', {"a": [1]}),
    (make_field("text"), " as it is ", " as it is "),
    (make_field("email"), " office@example.com ", "office@example.com"),
    (make_field("phonenumber"), " 201-555-0123 ", "+12015550123"),
    (make_field("timezone"), " Europe/Lisbon ", "Europe/Lisbon"),
    (make_field("integer"), " 1,234 ", 1234),
    (make_field("integer"), "-12", -12),
    (make_field("decimal"), "1,234.50", 1234.5),
    (make_field("decimal"), "1,234,567", 1234567),
    (make_field("rating"), " 4 ", 4),
    (make_field("money"), "$1,234.50", 1234.5),
    (make_field("money"), "-$5", -5),
    (make_field("money"), "USD 12", 12),
    (make_field("money"), "usd12.5", 12.5),
    (make_field("money"), "12.50", 12.5),
    (euro, "€ 1,000", 1000),
    (make_field("date"), " 2024-02-29 ", "2024-02-29"),
    (make_field("datetime"), " 2024-02-29T10:00:00Z ", "2024-02-29T10:00:00Z"),
    *((make_field("checkbox"), word, True) for word in ("true", "TRUE", "yes", "Y", " 1 ")),
    *((make_field("checkbox"), word, False) for word in ("false", "False", "no", "N", "0")),
    (make_field("dropdown"), " dark red ", RED),
    (make_field("dropdown"), "yes", YES),
    (make_field("dropdown"), uuid(1), RED),
    (make_field("dropdown"), uuid(99), UUID_LIKE),
    (make_field("dropdown"), "Black; white", SEMI),
    (make_field("checkboxes"), "Dark Red; yes;;", [RED, YES]),
    (make_field("checkboxes"), "black;  WHITE", [SEMI]),
    (make_field("checkboxes"), "Black; white", [SEMI]),
    (make_field("dynamictags"), "Dark Red; brand new", [RED, NewOption("brand new")]),
    (make_field("dynamictags"), "Black; white", [SEMI]),
    (make_field("relationship"), " North pier; east ", RecordRef(name="North pier; east")),
    (
        links,
        "North pier; South pier;",
        [RecordRef(name="North pier"), RecordRef(name="South pier")],
    ),
]

REFUSED_CELLS = [
    ("integer", "1,23"),
    ("integer", "1.234,50"),
    ("decimal", "1,5"),
    ("money", "€5"),
    ("money", "--5"),
    ("money", "$"),
    ("date", "29/02/2024"),
    ("checkbox", "perhaps"),
    ("dropdown", "mauve"),
    ("checkboxes", "Dark Red, yes"),
    ("team_selector", "the office"),
]

NO_BOUNDS = {"min_value": None, "max_value": None, "decimal_places": None}
SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("text", {}, {}),
    ("text", {"money_options": {"currency": "EUR"}}, {}),
    ("text", {"text_options": {"pattern": "a+"}}, {"text_options": {"pattern": "a+"}}),
    ("longtext", {"text_options": {"pattern": ""}}, {}),
    ("integer", {}, {}),
    ("integer", {"integer_options": {"min_value": "1"}}, {"integer_options": {"min_value": 1, "max_value": None}}),
    ("formula", {}, {"formula_options": {"expression": ""}}),
    ("formula", {"formula_options": {"expression": " 1 "}}, {"formula_options": {"expression": "1"}}),
    ("money", {}, {"money_options": {"currency": "USD"}}),
    ("money", {"money_options": None}, {"money_options": {"currency": "USD"}}),
    ("money", {"money_options": {"currency": "eur", "x": 1}}, {"money_options": {"currency": "EUR"}}),
    ("decimal", {}, {"decimal_options": NO_BOUNDS}),
    ("decimal", {"decimal_options": {"decimal_places": 2}},
     {"decimal_options": NO_BOUNDS | {"decimal_places": 2}}),
    ("decimal", {"decimal_options": {"min_value": "0.5", "max_value": 2.0, "decimal_places": None}},
     {"decimal_options": {"min_value": 0.5, "max_value": 2, "decimal_places": None}}),
    ("rating", {}, {"rating": {"max_value": 5}}),
    ("rating", {"rating": {"max_value": 10}}, {"rating": {"max_value": 10}}),
    ("phonenumber", {}, {"phonenumber_options": {"region": None}}),
    ("phonenumber", {"phonenumber_options": {"region": "de"}}, {"phonenumber_options": {"region": "DE"}}),
]  # fmt: skip

REFUSED_SETTINGS = [
    ("text", {"text_options": {"pattern": "(?=a)"}}),
    ("text", {"text_options": {"pattern": "(a)\\1"}}),
    ("text", {"text_options": {"pattern": "("}}),
    ("text", {"text_options": {"pattern": "((a{1000}){1000}){1000}"}}),
    ("longtext", {"text_options": {"pattern": 5}}),
    ("longtext", {"text_options": {"pattern": "x" * 501}}),
    ("integer", {"integer_options": 5}),
    ("integer", {"integer_options": {"min_value": 1.5}}),
    ("integer", {"integer_options": {"min_value": 2, "max_value": 1}}),
    ("formula", {"formula_options": {"expression": "1 +"}}),
    ("formula", {"formula_options": "1"}),
    ("money", {"money_options": "EUR"}),
    ("money", {"money_options": []}),
    ("money", {"money_options": {"currency": "XXXX"}}),
    ("money", {"money_options": {"currency": 978}}),
    ("money", {"money_options": {"currency": {}}}),
    ("decimal", {"decimal_options": 2}),
    ("decimal", {"decimal_options": {"decimal_places": 11}}),
    ("decimal", {"decimal_options": {"decimal_places": -1}}),
    ("decimal", {"decimal_options": {"decimal_places": 1.5}}),
    ("decimal", {"decimal_options": {"decimal_places": True}}),
    ("decimal", {"decimal_options": {"min_value": "low"}}),
    ("decimal", {"decimal_options": {"max_value": float("inf")}}),
    ("decimal", {"decimal_options": {"min_value": 2, "max_value": 1}}),
    ("decimal", {"decimal_options": {"min_value": 0.125, "decimal_places": 2}}),
    ("rating", {"rating": 5}),
    ("rating", {"rating": {"max_value": 7}}),
    ("rating", {"rating": {"max_value": "5"}}),
    ("rating", {"rating": {"max_value": 5.0}}),
    ("phonenumber", {"phonenumber_options": {"region": "ZZ"}}),
    ("phonenumber", {"phonenumber_options": {"region": 49}}),
    ("phonenumber", {"phonenumber_options": ["DE"]}),
]


@pytest.mark.parametrize(("field", "cell", "stored"), CELLS, ids=label)
def test_a_cell_is_read(field: FieldSpec, cell: str, stored: Any) -> None:
    assert field.type.parse(field, field.type.from_text(field, cell)) == stored


@pytest.mark.parametrize(("name", "cell"), REFUSED_CELLS, ids=label)
def test_a_cell_that_says_something_else_is_refused(name: str, cell: str) -> None:
    field = make_field(name)
    with pytest.raises(InvalidValue):
        field.type.parse(field, field.type.from_text(field, cell))


def test_files_are_listed_by_id_in_a_cell() -> None:
    field = make_field("files")
    assert field.type.from_text(field, f"{uuid(1)}; {uuid(2)}") == [uuid(1), uuid(2)]


@pytest.mark.parametrize(("name", "sent", "settings"), SETTINGS, ids=label)
def test_settings_are_completed(name: str, sent: dict[str, Any], settings: dict[str, Any]) -> None:
    checked = field_types.get(name).check_settings(sent)
    assert repr(checked) == repr(settings)
    assert field_types.get(name).check_settings(checked) == settings


@pytest.mark.parametrize(("name", "sent"), REFUSED_SETTINGS, ids=label)
def test_wrong_settings_are_refused(name: str, sent: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        field_types.get(name).check_settings(sent)
