"""What a formula makes of a record's values, what it may not be, and that it never takes long."""

from __future__ import annotations

import contextlib
import re
import time
from dataclasses import replace
from typing import Any

import pytest

from records.field_types import InvalidValue, field_types
from records.field_types.expression_values import TRIED_IN, readable, sample_value
from records.field_types.formula import evaluate

from .fields import RED, YES, make_field

FIELDS = [
    make_field("decimal", id=1, name="price"),
    make_field("integer", id=2, name="quantity"),
    make_field("text", id=3, name="title"),
    make_field("checkbox", id=4, name="paid"),
    make_field("datetime", id=5, name="due"),
    make_field("dropdown", id=6, name="colour"),
    make_field("checkboxes", id=7, name="colours"),
    make_field("longtext", id=8, name="body"),
    make_field("formula", id=9, name="other"),
    make_field("money", id=10, name="cost"),
]
VALUES = {
    "1": 3,
    "2": 2,
    "3": "Tea",
    "4": True,
    "5": "2024-05-01T00:00:00Z",
    "6": RED,
    "7": [RED, YES],
    "8": "x" * 100_000,
    "9": "computed",
    "10": 12.5,
}


def computed(expression: str, values: dict[str, Any] = VALUES) -> Any:
    settings = field_types.get("formula").check_settings(
        {"formula_options": {"expression": expression}}
    )
    return evaluate(make_field("formula", id=11, name="tested", settings=settings), FIELDS, values)


@pytest.mark.parametrize(
    "expression",
    ["price * 2", "data.price * 2", ".price", "record.data.price + x", "other_records"],
)
def test_a_name_that_a_formula_never_has_is_refused(expression: str) -> None:
    with pytest.raises(InvalidValue, match=r"a field is read as record\.data\.its_api_name"):
        computed(expression)


def test_where_an_expression_goes_wrong_is_told_in_one_line() -> None:
    with pytest.raises(
        InvalidValue, match=r"expression: Not a CEL expression from character 15 of line 1 on\.$"
    ):
        computed("record.data.a *")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("record.data.price * record.data.quantity", 6),
        ("record.data.price / record.data.quantity", 1.5),
        ("record.data.quantity / 4", 0),
        ("record.data.quantity + 1.5", 3.5),
        ("1.5 - record.data.quantity", -0.5),
        ("record.data.quantity > 1.5", True),
        ("record.data.price == 3", True),
        ("record.data.cost * 2", 25),
        ("record.data.title + ' x ' + string(record.data.quantity)", "Tea x 2"),
        ("record.data['title']", "Tea"),
        ("record.data.paid ? 'yes' : 'no'", "yes"),
        ("record.data.due < timestamp('2025-01-01T00:00:00Z')", True),
        ("record.data.due", "2024-05-01T00:00:00Z"),
        ("record.data.colour", "Dark Red"),
        ("'Of course' in record.data.colours", True),
        ("size(record.data.body)", 100_000),
        ("has(record.data.title)", True),
        ("has(record.data.nothing)", False),
        ("record.data.title.matches('^T')", True),
        ("record.data.title.startsWith('T') && record.data.paid", True),
        ("record.data.price * 1.1", 3.3),
        ("0.1 + 0.2", 0.3),
        ("record.data.price * 1.1 == 3.3", True),
        ("string(record.data.price * 1.1)", "3.3"),
        ("record.data.cost / 3", 4.16666666666667),
        ("record.data.nothing == null", True),
        ("null == record.data['nothing']", True),
        ("record.data.nothing != null", False),
        ("record.data.title == null", False),
        ("record.data.title != null", True),
        ("null == null", True),
        ("record.data.nothing == null ? 'none' : record.data.nothing", "none"),
    ],
)
def test_expressions(expression: str, expected: Any) -> None:
    assert computed(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "record.data.nothing + 1",
        "record.data.nothing == 1",
        "1 / 0 == null",
        "null + 1",
        "record.data.title + 1",
        "1 / 0",
        "1.0 / 0.0",
        "9223372036854775807 + record.data.quantity",
        "record.data.other",
        "record",
        "record.data.colours",
        "b'bytes'",
        "null",
        "''",
        "record.data.title.__class__",
        "record.__init__",
        "record.data.body",
        "record.data.body + record.data.body",
        "record.data.title.matches('(')",
        "type(record)",
    ],
)
def test_what_fails_or_is_no_value_is_blank(expression: str) -> None:
    assert computed(expression) is None


def test_without_values_or_settings_there_is_none() -> None:
    assert computed("record.data.price * 2", {}) is None
    assert evaluate(make_field("formula", settings={}), FIELDS, VALUES) is None


@pytest.mark.parametrize(
    "expression",
    [
        "1 +",
        "record.data.",
        "x" * 1001,
        "(" * 400 + "1" + ")" * 400,
        "[" * 30 + "]" * 30,
        "1" + "+1" * 400,
        "[1, 2].map(x, x * 2)",
        "[1].all(x, [1].exists(y, true))",
        "record.data.colours.filter(x, true).size()",
        "a\x00b",
        "\ud800",
        5,
        ["1"],
    ],
    ids=lambda expression: repr(expression)[:40],
)
def test_what_is_no_expression_or_too_much_is_refused_when_the_field_is_saved(
    expression: Any,
) -> None:
    with pytest.raises(InvalidValue):
        field_types.get("formula").check_settings({"formula_options": {"expression": expression}})


@pytest.mark.parametrize(
    "expression",
    [
        "record.data.body.matches('(x+x+)+y')",
        "record.data.body.matches('(x|x)*y$')",
        "record.data.body + record.data.body + record.data.body + record.data.body == ''",
        " + ".join(["record.data.title"] * 40),
        "-" * 999 + "1",
        "'x' in record.data.body",
    ],
    ids=lambda expression: expression[:40],
)
def test_no_expression_takes_long(expression: str) -> None:
    began = time.thread_time()
    with contextlib.suppress(InvalidValue):
        computed(expression)
    assert time.thread_time() - began < 1


def test_a_formula_knows_what_it_may_read() -> None:
    formula, settings = (
        field_types.get("formula"),
        {"formula_options": {"expression": "record.data.price * 2"}},
    )

    assert formula.may_read(settings, "price")
    assert not formula.may_read(settings, "title")
    assert not formula.may_read({}, "price")


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("record.data.a + record.data.bc * 2", {"a": 13, "bc": 29}),
        ("record.data['a'] == 'record.data.b'", {"a": 13}),
        ("has(record.data.a) ? size(record.data.b.c) : 0", {"a": 17, "b": 39}),
        (
            "record['data'].a + record['data']['b'] + record.data[\"\"\"c\"\"\"]",
            {"a": 16, "b": 35, "c": 54},
        ),
        ("(record.data).a == [record.data.b][0] || .record.data.c", {"a": 15, "b": 33, "c": 55}),
        ("{'x': record.data.a}.x.nope + {'y': 1}[record.data.b]", {"a": 19, "b": 52}),
        ("1 +\n record.data.a", {"a": 18}),
        ("dyn(record.data.a).size() > size(record.data.b[0].c)", {"a": 17, "b": 46}),
        ("'a'", {}),
        ("", {}),
    ],
)
def test_the_names_that_an_expression_reads(expression: str, names: dict[str, int]) -> None:
    settings = {"formula_options": {"expression": expression}}
    assert field_types.get("formula").names_read(settings) == names


AS_A_VALUE = "is no value; a field is read as record.data.its_api_name."
UNREADABLE = [
    ("record", f"character 1: record {AS_A_VALUE}"),
    ("1 + record", f"character 5: record {AS_A_VALUE}"),
    ("record()", "character 1: there is no function 'record'."),
    ("type(record)", f"character 6: record {AS_A_VALUE}"),
    ("record.data", f"character 1: record.data {AS_A_VALUE}"),
    ("size(record.data)", f"character 6: record.data {AS_A_VALUE}"),
    ("has(record.data)", f"character 5: record.data {AS_A_VALUE}"),
    ("[record.data][0].a", f"character 2: record.data {AS_A_VALUE}"),
    ("{'x': record.data}.x.a", f"character 7: record.data {AS_A_VALUE}"),
    ("(true ? record : record).data.a", f"character 9: record {AS_A_VALUE}"),
    ("record.data.size()", f"character 1: record.data {AS_A_VALUE}"),
    ("record['data'] == null", f"character 1: record.data {AS_A_VALUE}"),
    ("record.nope", "character 8: there is no record.nope; a field is read as"),
    ("record.id == 1", "character 8: there is no record.id; a field is read as"),
    ("record['id']", "character 8: there is no record.id; a field is read as"),
    ("record['da' + 'ta'].a", "character 8: a name must be written out; "),
    ("record[0]", "character 8: a name must be written out; "),
    ("record.data['g' + '0']", "character 13: a name must be written out; "),
    ("record.data[record.data.a]", "character 13: a name must be written out; "),
    ("record.data[0]", "character 13: a name must be written out; "),
    ("record.data[['a'][0]]", "character 14: a name must be written out; "),
    (r"record.data['\x61']", "character 13: a name must be written out; "),
    (r"record.data['\U99999999']", "character 13: a name must be written out; "),
    ("nope(record.data.a)", "character 1: there is no function 'nope'."),
    (".nope(1)", "character 2: there is no function 'nope'."),
    ("sise(record.data.a)", "there is no function 'sise'. Did you mean 'size'?"),
    ("record.data.a.nope()", "character 15: there is no method 'nope'."),
    ("record.data.a.has()", "character 15: there is no method 'has'."),
    ("1 +\n nope(1)", "character 6: there is no function 'nope'."),
    ("int{a: 1}", "There are no messages here"),
]


@pytest.mark.parametrize(("expression", "told"), UNREADABLE)
def test_what_never_has_a_result_tells_where_it_stands(expression: str, told: str) -> None:
    with pytest.raises(InvalidValue, match=re.escape(told)):
        field_types.get("formula").names_read({"formula_options": {"expression": expression}})


def failure(expression: str, values: dict[str, Any] = VALUES, result: str | None = None) -> str:
    group = {"expression": expression} | ({"result_type": result} if result else {})
    settings = field_types.get("formula").check_settings({"formula_options": group})
    kind = field_types.get("formula").typed(settings)
    field = replace(make_field("formula", id=11, name="tested", settings=settings), type=kind)
    return kind.failure(field, FIELDS, values, TRIED_IN)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("record.data.quantity / 0", "It divides by zero."),
        ("record.data.quantity % 0", "It divides by zero."),
        ("record.data.price / 0.0", "too large, or it divides by zero"),
        ("record.data.quantity * 9223372036854775807", "A value is too large"),
        ("int(record.data.title)", "cannot be converted"),
        ("record.data.title + record.data.quantity", "do not go together"),
        ("record.data.quantity ? 1 : 2", "do not go together"),
        ("record.data.colours[7]", "does not have"),
        ("record.data.colours", "must be a text, a number or a boolean"),
        ("record.data.body + record.data.body", "A value is too large"),
        ("timestamp(record.data.title)", "cannot be computed"),
        ("record.data.title.nope", "do not go together"),
        ("{'x': record.data}.x.nope", "record.data is no value"),
        ("record.nope", "there is no record.nope"),
        ("record.data['t' + 'itle']", "a name must be written out"),
        ("nope(record.data.title)", "there is no function 'nope'"),
        ("record.data.title.nope()", "there is no method 'nope'"),
        ("record.data.gone + 1", "There is no field 'gone' that it can read."),
        ("record['data'].other", "There is no field 'other' that it can read."),
        ("", "The formula has no expression."),
    ],
)
def test_a_formula_that_fails_says_why_without_a_value(expression: str, reason: str) -> None:
    assert computed(expression) is None
    said = failure(expression)
    assert reason.lower() in said.lower()
    assert said[0].isupper()
    assert said.endswith(".")
    assert "Tea" not in said


def test_results_of_another_type_say_so() -> None:
    assert failure("record.data.title", result="number") == "Expected a number."
    assert failure("record.data.price", result="boolean") == "Expected true or false."


@pytest.mark.parametrize(
    "expression",
    [
        "record.data.price + 1.0",
        "1 / record.data.quantity",
        "record.data.quantity / record.data.price > 2",
        "record.data.colour",
        "record.data.due",
        "record.data.paid ? 1 : 2",
        "record.data.colours[0]",
        "[1, 2][record.data.quantity - 1]",
        "record.data.paid || record.data.quantity > 2",
        "record.data.paid && record.data.quantity > 1",
        "record.data.title == 'Tea' ? record.data.quantity : 0",
        "(record.data.paid ? record.data.price : record.data.quantity) + 1.0",
        "size(record.data.title) > 1 ? 'long' : 'short'",
    ],
)
def test_a_blank_is_no_failure(expression: str) -> None:
    assert failure(expression, {}) == ""
    assert failure(expression) == ""


EVERY_TYPE = [name for name in field_types if not field_types.get(name).computed]


@pytest.mark.parametrize("name", EVERY_TYPE)
def test_a_formula_is_tried_on_what_fields_hold(name: str) -> None:
    field = make_field(name)
    by_key = {"option": RED, "related_record": 1, "member": 1, "attachment": 1}.get(
        field.type.column or ""
    )
    stored = field.type.parse(field, field.type.example(field)) if by_key is None else by_key
    held = readable(field, [stored] if by_key and field.multiple else stored)
    tried = sample_value(field, 2, True, "a")
    assert type(held) is type(tried) or (tried is None and field.type.is_document)
    if field.multiple:
        assert type(held[0]) is type(tried[0])


LINKED = [
    make_field("team_selector", id=1, name="owner"),
    make_field("team_selector", id=2, name="helper"),
    make_field("relationship", id=3, name="parents"),
]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("record.data.owner == record.data.helper", True),
        ("record.data.owner != record.data.helper", False),
        ("record.data.owner == null", False),
        ("has(record.data.owner)", True),
        ("record.data.owner in [record.data.helper]", True),
        ("record.data.owner", None),
        ("string(record.data.owner)", None),
        ("record.data.owner + 0", None),
        ("int(record.data.owner)", None),
        ("double(record.data.owner)", None),
        ("dyn(record.data.owner)", None),
        ("record.data.owner == 7", None),
        ("record.data.owner < record.data.helper", None),
        ("[record.data.owner][0]", None),
        ("string([record.data.owner])", "ListType([<link>])"),
    ],
)
def test_links_show_no_key_of_the_database(expression: str, expected: Any) -> None:
    settings = {"formula_options": {"expression": expression}}
    tested = make_field("formula", id=9, name="tested", settings=settings)
    values: dict[str, Any] = {"1": 7, "2": 7}
    assert evaluate(tested, LINKED, values) == expected
    if expected is None:
        said = tested.type.failure(tested, LINKED, values, TRIED_IN)
        assert said
        assert "7" not in said


def test_a_document_is_read_by_its_keys() -> None:
    field, values = (
        make_field("json", id=1, name="js"),
        {"1": {"size": {"width": 3}, "tags": ["x"]}},
    )
    for expression, expected in (
        ("record.data.js.size.width * 2", 6),
        ("record.data.js.tags[0]", "x"),
        ("has(record.data.js.other)", False),
        ("record.data.js", None),
    ):
        settings = {"formula_options": {"expression": expression}}
        tested = make_field("formula", id=2, name="tested", settings=settings)
        assert evaluate(tested, [field], values) == expected
        assert bool(tested.type.failure(tested, [field], values, TRIED_IN)) is (expected is None)
