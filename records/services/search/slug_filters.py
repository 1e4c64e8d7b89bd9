"""Filters in a query string: `slug=value` and `slug__operator=value`, all of which must hold."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from records.exceptions import MOST_QUOTED, InvalidInput, quoted
from records.field_types import FieldSpec, InvalidValue, Test, index_text
from records.field_types.base import check_text
from records.field_types.conditions import MAX_TERM
from records.services.access import Author, find_field, told_field
from records.services.catalogue import ObjectSchema
from records.services.writing import KEYED, NOBODY, uuids_of

from .filters import MAX_CLAUSES, AllOf, Leaf
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


def parse_slug_filters(
    author: Author, schema: ObjectSchema, sent: Iterable[tuple[str, str]]
) -> AllOf:
    """Parse these keys and texts into a tree of tests; InvalidInput names the key that is wrong or
    unknown."""
    leaves = []
    for key, text in sent:
        spec, operator = _address(author, schema, key)
        if spec is None:
            raise InvalidInput(
                f"Unknown query key {quoted(key)}: it is neither a field nor a parameter.",
                "does_not_exist",
            )
        try:
            leaves.append(
                Leaf(
                    spec,
                    _test(
                        author,
                        told_field(author, schema, spec),
                        operator,
                        check_text(text, MAX_TERM),
                    ),
                    text,
                )
            )
        except InvalidValue as problem:
            raise InvalidInput.of(problem, key[:MOST_QUOTED]) from None
        except LookupError:
            known = ", ".join(
                name for name, said in OPERATORS.items() if name and said in operators_of(spec)
            )
            raise InvalidInput(
                f"the field supports {known or 'no operator'}.", at=key[:MOST_QUOTED]
            ) from None
    if len(leaves) > MAX_CLAUSES:
        raise InvalidInput(f"At most {MAX_CLAUSES} filters.", "limit_exceeded")
    return AllOf(tuple(leaves))


def _address(author: Author, schema: ObjectSchema, key: str) -> tuple[FieldSpec | None, str]:
    """The field and the operator that a key names; a slug that ends like an operator is still a
    slug."""
    # The whole key first: a slug may itself end in `__gt`.
    spec = schema.by_name.get(key)
    slug, _, operator = key.rpartition("__")
    if spec is None and slug and operator in OPERATORS:
        spec, key = schema.by_name.get(slug), slug
    else:
        operator = ""
    # Looked up again by the author's rights: a hidden field is as unknown as a missing one.
    return (find_field(author, schema, key) if spec is not None else None), OPERATORS[operator]


def _test(author: Author, spec: FieldSpec, operator: str, text: str) -> Test:
    if operator == "is_null":
        if text.lower() not in FLAGS:
            raise InvalidValue("Expected true or false.")
        return test_of(spec, operator, FLAGS[text.lower()])
    if operator == "in":
        # Split at commas before parsing: a query string has no lists.
        return test_of(spec, operator, [_value(author, spec, part) for part in text.split(",")])
    # The term of a text is not parsed as a value: part of an email is not an email.
    if operator == "contains" and spec.type.column == "text":
        return test_of(spec, operator, text)
    value = _value(author, spec, text)
    try:
        return test_of(spec, operator, value)
    except LookupError:
        if operator == "eq" and spec.type.column == "text":  # a long text, compared as a whole
            return Test("eq", index_text(text, spec.language), language=spec.language)
        raise


def _value(author: Author, spec: FieldSpec, text: str) -> Any:
    """The value of a text, in a form that the type's conditions take."""
    # White space in a URL is noise, except in a text, where it may be meant.
    text = text.strip() if spec.type.column != "text" else text
    # Nineteen digits may exceed a bigint. An unknown key becomes an id that matches nothing.
    if spec.type.refers_to in KEYED and text.isascii() and text.isdigit() and len(text) < 19:
        return uuids_of(author, spec, [int(text)]).get(int(text), NOBODY)
    value = spec.type.from_text(spec, text)
    # Types that hold several values parse to a list, but an operator compares with one.
    return value[0] if isinstance(value, list) and len(value) == 1 else value
