"""How the options of choice fields are named, refused and described."""

from __future__ import annotations

from typing import Any

import pytest

from records.field_types import InvalidValue, OptionSpec

from .fields import CHOICES, RED, REFERENCES, SEMI, UUID_LIKE, YES, make_field, uuid

choice, boxes = make_field("dropdown"), make_field("checkboxes")


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize(
    ("sent", "option"),
    [
        (uuid(1), RED),
        (uuid(1).upper(), RED),
        ("dark  RED", RED),
        ("RED", RED),
        ("b_w", SEMI),
        ("yes", YES),
        (uuid(99), UUID_LIKE),
        ({"id": uuid(1)}, RED),
        ({"id": uuid(1), "name": "Former name", "code": "red"}, RED),
        ({"id": None, "name": "DARK red"}, RED),
        ({"name": uuid(99)}, UUID_LIKE),
        ({"code": "Red"}, RED),
        ({"code": "Dark Red"}, UUID_LIKE),
    ],
)
def test_an_option_is_named_by_id_name_or_code(name: str, sent: Any, option: int) -> None:
    field = make_field(name)
    assert field.type.parse(field, sent) == option
    shown = field.type.to_json(field, option, REFERENCES)
    assert field.type.parse(field, shown) == option


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("mauve", "does_not_exist"),
        (uuid(99)[:-1], "does_not_exist"),
        (uuid(3), "does_not_exist"),
        ("Gone", "does_not_exist"),
        ("name:dark red", "does_not_exist"),
        ({"id": "Dark Red"}, "does_not_exist"),
        ({"name": "red"}, "does_not_exist"),
        ({"code": "name:red"}, "does_not_exist"),
        ("x" * 10_000, "does_not_exist"),
        (1, "invalid"),
        (True, "invalid"),
        ([uuid(1)], "invalid"),
        ({}, "invalid"),
        ({"id": 1}, "invalid"),
        ({"label": "Dark Red"}, "invalid"),
    ],
)
def test_an_unknown_option_is_refused(name: str, sent: Any, code: str) -> None:
    field = make_field(name)
    with pytest.raises(InvalidValue) as refusal:
        field.type.parse(field, sent)
    assert refusal.value.code == code


def test_a_schema_names_the_live_options_in_their_order() -> None:
    names = ["Dark Red", "Black; white", "Of course", uuid(99)]
    assert choice.type.json_schema(choice)["anyOf"][0]["enum"] == names
    assert boxes.type.json_schema(boxes)["items"]["anyOf"][0]["enum"] == names


def test_a_schema_does_not_name_hundreds_of_options() -> None:
    options = {
        number: OptionSpec(number, uuid(number), f"Option {number}", "") for number in range(251)
    }
    schema = choice.type.json_schema(make_field("dropdown", options=options))
    assert "enum" not in schema["anyOf"][0]


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize(
    "sent",
    [
        {"name": "dark red", "code": "yes"},
        {"name": "dark red", "code": "nothing"},
        {"name": "nothing", "code": "yes"},
        {"id": uuid(1), "code": "yes"},
        {"id": uuid(1), "name": uuid(99)},
    ],
)
def test_an_id_a_name_and_a_code_that_disagree_are_refused(name: str, sent: Any) -> None:
    field = make_field(name)
    raw = [sent] if field.multiple else sent
    with pytest.raises(InvalidValue, match="do not name the same option"):
        field.type.parse(field, raw)
