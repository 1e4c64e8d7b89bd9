"""Filters by operators that are the same for every kind of field: `{field, op, value}`, `{and: […]}`, `{or: […]}`.

Each operator is one of the conditions that the field's type has; the tree is the one every search works on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue, Test
from records.field_types.base import check_text
from records.field_types.conditions import MAX_TERM

from .access import Author, find_field
from .filters import MAX_CLAUSES, MAX_DEPTH, AllOf, AnyOf, Leaf, Node, TextSearch, searched_fields
from .naming import identifier_key
from .object_schema import ObjectSchema

ARCHIVED = "archived"
ALIASES = {"created_at": "created", "updated_at": "updated"}
SHAPES = '{"field", "op", "value"}, {"search": text}, {"and": [filters]} or {"or": [filters]}'
_Form = tuple[str, Callable[[Any], Any]]


def _same(value: Any) -> Any:
    return value


def _alone(value: Any) -> list[Any]:
    return [value]


# How an operator is said in the conditions of a field's type: the first one that the type has.
FORMS: Mapping[str, tuple[_Form, ...]] = {
    "eq": (("=", _same), ("has", _same), ("is_any_of", _alone)),
    "neq": (("!=", _same), ("!has", _same), ("is_none_of", _alone)),
    "gt": ((">", _same),),
    "gte": ((">=", _same),),
    "lt": (("<", _same),),
    "lte": (("<=", _same),),
    "in": (("is_any_of", _same), ("has_any", _same)),
    "not_in": (("is_none_of", _same), ("!has_any", _same)),
    "contains": (("has", _same), ("contains", _same)),
    "is_null": (("is_blank", _same),),
}


@dataclass(frozen=True, slots=True)
class ParsedFilter:
    """What a filter asks: a tree of tests, and whether it asks for archived records."""

    node: Node
    archived: bool


def parse_filter(author: Author, schema: ObjectSchema, raw: Any) -> ParsedFilter:
    """The tree that a filter asks for; None asks for nothing. InvalidInput says where it is wrong."""
    if raw is None or raw == {}:
        return ParsedFilter(AllOf(), archived=False)
    parser = _Parser(author, schema)
    return ParsedFilter(parser.node(raw, "filter", 1, archivable=True), parser.archived)


def operators_of(spec: FieldSpec) -> list[str]:
    """The operators that a field takes."""
    return [op for op, forms in FORMS.items() if any(name in spec.type.conditions for name, _ in forms)]


class _Parser:
    """Parses one filter; counts its clauses."""

    def __init__(self, author: Author, schema: ObjectSchema) -> None:
        self.author = author
        self.schema = schema
        self.clauses = 0
        self.archived = False

    def node(self, raw: Any, path: str, depth: int, *, archivable: bool) -> Node:
        """One filter of the tree. `archivable`: it holds for all results, so that it may choose archived ones."""
        self.clauses += 1
        if depth > MAX_DEPTH or self.clauses > MAX_CLAUSES:
            message = f"{path}: at most {MAX_CLAUSES} filters, nested at most {MAX_DEPTH} deep."
            raise InvalidInput(message, "limit_exceeded")
        keys = set(raw) if isinstance(raw, Mapping) else set()
        for joint, kind in (("and", AllOf), ("or", AnyOf)):
            if keys == {joint}:
                inner = archivable and joint == "and"
                return kind(tuple(self.children(raw[joint], f"{path}.{joint}", depth, archivable=inner)))
        if keys == {"search"}:
            return self.search(raw["search"], f"{path}.search")
        if not {"field"} <= keys <= {"field", "op", "value"}:
            raise InvalidInput(f"{path}: expected {SHAPES}.")
        return self.clause(raw, path, archivable=archivable)

    def children(self, raw: Any, path: str, depth: int, *, archivable: bool) -> list[Node]:
        if not isinstance(raw, list) or not raw:
            raise InvalidInput(f"{path}: expected a list of filters.")
        nodes = (self.node(item, f"{path}[{at}]", depth + 1, archivable=archivable) for at, item in enumerate(raw))
        return list(nodes)

    def search(self, raw: Any, path: str) -> Node:
        try:
            term = identifier_key(check_text(raw, MAX_TERM))
        except InvalidValue as problem:
            raise InvalidInput(f"{path}: {problem.message}", problem.code) from None
        if not term:
            return AllOf()
        return TextSearch(searched_fields(self.author, self.schema, None, None), term)

    def clause(self, raw: Mapping[str, Any], path: str, *, archivable: bool) -> Node:
        op, value = raw.get("op", "eq"), raw.get("value")
        if not isinstance(op, str) or op not in FORMS:
            raise InvalidInput(f"{path}.op: expected one of {', '.join(FORMS)}.")
        if raw["field"] == ARCHIVED and ARCHIVED not in self.schema.by_name:
            return self.choose_state(op, value, path, archivable=archivable)
        spec = self.field(raw["field"], f"{path}.field")
        if op in ("eq", "neq") and value is None:
            op, value = "is_null", op == "eq"
        try:
            return Leaf(spec, test_of(spec, op, value), value)
        except InvalidValue as problem:
            raise InvalidInput(f"{path}.value: {problem.message}", problem.code) from None
        except LookupError:
            message = f"{path}.op: {op!r} does not work on {spec.name!r}, which takes {', '.join(operators_of(spec))}."
            raise InvalidInput(message) from None

    def choose_state(self, op: str, value: Any, path: str, *, archivable: bool) -> Node:
        """A filter that names `archived` chooses which records the others are asked of."""
        if op not in ("eq", "neq") or not isinstance(value, bool):
            raise InvalidInput(f"{path}: archived takes op eq and value true or false.")
        if not archivable:
            raise InvalidInput(f"{path}: archived may stand alone or in the outermost and, not in an or.")
        self.archived = value == (op == "eq")
        return AllOf()

    def field(self, raw: Any, path: str) -> FieldSpec:
        spec = None
        if isinstance(raw, str):
            spec = find_field(self.author, self.schema, raw)
            if spec is None and raw in ALIASES:
                spec = find_field(self.author, self.schema, ALIASES[raw])
        if spec is None:
            shown = repr(raw[:80]) if isinstance(raw, str) else "that"
            raise InvalidInput(f"{path}: there is no property {shown} in {self.schema.name!r}.", "does_not_exist")
        return spec


def test_of(spec: FieldSpec, op: str, value: Any) -> Test:
    """The test that an operator asks for; LookupError when the field's type has none."""
    conditions = spec.type.conditions
    if value is None:
        raise InvalidValue("A value is required; is_null finds records without one.", "required")
    if op == "contains" and spec.type.column == "related_record":
        op = "eq"
    for name, form in FORMS[op]:
        if name in conditions:
            return conditions[name](spec, form(value))
    if op == "neq":
        test = test_of(spec, "eq", value)
        return replace(test, negated=not test.negated)
    raise LookupError(op)
