"""Filters as a query string has them: `slug=value`, `slug__operator=value`, all of which must hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue, Test
from records.field_types.base import check_text, normal_text
from records.field_types.conditions import MAX_TERM

from .access import Author, find_field
from .filters import MAX_CLAUSES, AllOf, Leaf
from .integer_ids import KEYED, NOBODY, uuids_of
from .object_schema import ObjectSchema
from .operators import operators_of, test_of

OPERATORS = {
    "": "eq",
    "gt": "gt",
    "gte": "gte",
    "lt": "lt",
    "lte": "lte",
    "contains": "contains",
    "in": "in",
    "isnull": "is_null",
}
FLAGS = {"true": True, "1": True, "false": False, "0": False}


def parse_slug_filters(author: Author, schema: ObjectSchema, sent: Iterable[tuple[str, str]]) -> AllOf:
    """The tree of tests that these keys and texts ask for; InvalidInput names the key that is wrong or unknown."""
    leaves = []
    for key, text in sent:
        spec, operator = _address(author, schema, key)
        if spec is None:
            raise InvalidInput(f"Unknown query key {key[:80]!r}: it is no field and no parameter.", "does_not_exist")
        try:
            leaves.append(Leaf(spec, _test(author, spec, operator, check_text(text, MAX_TERM)), text))
        except InvalidValue as problem:
            raise InvalidInput(f"{key[:80]}: {problem.message}", problem.code) from None
        except LookupError:
            known = ", ".join(name for name, said in OPERATORS.items() if name and said in operators_of(spec))
            raise InvalidInput(f"{key[:80]}: the field takes {known or 'no operator'}.") from None
    if len(leaves) > MAX_CLAUSES:
        raise InvalidInput(f"At most {MAX_CLAUSES} filters.", "limit_exceeded")
    return AllOf(tuple(leaves))


def _address(author: Author, schema: ObjectSchema, key: str) -> tuple[FieldSpec | None, str]:
    """The field and the operator that a key names; a slug that ends like an operator is still a slug."""
    spec = schema.by_name.get(key)
    slug, _, operator = key.rpartition("__")
    if spec is None and slug and operator in OPERATORS:
        spec, key = schema.by_name.get(slug), slug
    else:
        operator = ""
    return (find_field(author, schema, key) if spec is not None else None), OPERATORS[operator]


def _test(author: Author, spec: FieldSpec, operator: str, text: str) -> Test:
    if operator == "is_null":
        if text.lower() not in FLAGS:
            raise InvalidValue("Expected true or false.")
        return test_of(spec, operator, FLAGS[text.lower()])
    if operator == "in":
        return test_of(spec, operator, [_value(author, spec, part) for part in text.split(",")])
    if operator == "contains" and spec.type.column == "text":
        return test_of(spec, operator, text)
    value = _value(author, spec, text)
    try:
        return test_of(spec, operator, value)
    except LookupError:
        if operator == "eq" and spec.type.column == "text":  # a long text, compared as a whole
            return Test("eq", normal_text(text))
        raise


def _value(author: Author, spec: FieldSpec, text: str) -> Any:
    """What the text says, in a form the type's conditions take."""
    text = text.strip() if spec.type.column != "text" else text
    if spec.type.column in KEYED and text.isascii() and text.isdigit() and len(text) < 19:
        return uuids_of(author, spec, [int(text)]).get(int(text), NOBODY)
    value = spec.type.from_text(spec, text)
    return value[0] if isinstance(value, list) and len(value) == 1 else value
