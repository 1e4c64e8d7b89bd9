"""The rules of a data type's fields, as settings of their types and back."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.shaping.data_type_fields import option_names, rules_of, settings_with
from records.services.shaping.options import delete_option, get_option
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object
from tests.services.acting import invalid_at


@pytest.mark.parametrize(
    ("field_type", "rules", "current", "settings"),
    [
        ("integer", {"minimum": 1}, {}, {"integer_options": {"min_value": 1}}),
        (
            "integer",
            {"maximum": 9},
            {"integer_options": {"min_value": 1}},
            {"integer_options": {"min_value": 1, "max_value": 9}},
        ),
        (
            "decimal",
            {"minimum": None},
            {"decimal_options": {"min_value": 1, "decimal_places": 2}},
            {"decimal_options": {"min_value": None, "decimal_places": 2}},
        ),
        ("text", {"pattern": "[A-Z]+"}, {}, {"text_options": {"pattern": "[A-Z]+"}}),
        ("longtext", {"pattern": "x"}, {}, {"text_options": {"pattern": "x"}}),
        ("formula", {"expression": "1 + 1"}, {}, {"formula_options": {"expression": "1 + 1"}}),
        ("checkbox", {"minimum": None}, {"other": 5}, {"other": 5}),
        ("nothing", {"pattern": None}, {}, {}),
    ],
)
def test_rules_become_settings_beside_those_there_are(
    field_type: str, rules: dict[str, Any], current: dict[str, Any], settings: dict[str, Any]
) -> None:
    before = repr(current)

    assert settings_with(field_type, rules, current) == settings
    assert repr(current) == before


@pytest.mark.parametrize(
    ("field_type", "rules", "place", "code"),
    [
        ("text", {"minimum": 1}, "minimum", "invalid"),
        ("integer", {"pattern": "x"}, "pattern", "invalid"),
        ("nothing", {"maximum": 1}, "maximum", "invalid"),
        ("formula", {}, "expression", "required"),
        ("formula", {"expression": ""}, "expression", "required"),
    ],
)
def test_a_rule_that_a_type_does_not_have_or_needs_is_named(
    field_type: str, rules: dict[str, Any], place: str, code: str
) -> None:
    assert invalid_at(settings_with, field_type, rules, {}) == ((place,), code)


def test_the_rules_of_a_field_are_read_back(workspace: Caller) -> None:
    make_object(
        workspace,
        "Things",
        FieldDefinition(
            "Count", "integer", settings={"integer_options": {"min_value": 1, "max_value": 5}}
        ),
        FieldDefinition("Code", "text", settings={"text_options": {"pattern": "[A-Z]+"}}),
        FieldDefinition("Done", "checkbox"),
    )

    rules = {name: rules_of(spec) for name, spec in workspace.schema("things").by_name.items()}
    assert (rules["count"].minimum, rules["count"].maximum, rules["count"].pattern) == (1, 5, None)
    assert (rules["code"].pattern, rules["code"].minimum) == ("[A-Z]+", None)
    assert rules["done"].expression is None


def test_options_that_were_taken_away_are_not_offered(workspace: Caller) -> None:
    options = (
        OptionDefinition("B", order=2),
        OptionDefinition("A", order=1),
        OptionDefinition("C", order=3),
    )
    make_object(workspace, "Things", FieldDefinition("Kind", "dropdown", options=options))
    spec = workspace.schema("things").by_name["kind"]
    gone = next(option for option in spec.options.values() if option.name == "A")
    assert option_names(spec) == ["A", "B", "C"]

    delete_option(workspace.author, get_option(workspace.author, spec, gone.uuid))

    assert option_names(workspace.schema("things").by_name["kind"]) == ["B", "C"]
