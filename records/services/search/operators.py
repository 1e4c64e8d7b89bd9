"""Filters with operators that are the same for every kind of field: `{field, op, value}`, `{and:
[…]}`, `{or: […]}`.

Each operator maps to one of the conditions of the field's type; the result is the tree that every
search uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any
from uuid import UUID

from records.exceptions import InvalidInput, Place, did_you_mean, quoted
from records.field_types import FieldSpec, InvalidValue, Test
from records.services.access import Author, find_field, told_field, visible_fields
from records.services.catalogue import ObjectSchema

from .filters import (
    MAX_CLAUSES,
    MAX_DEPTH,
    MAX_LINKS,
    AllOf,
    AnyOf,
    Leaf,
    Node,
    TextSearch,
    related_object,
    searched_fields,
    sought_term,
)
from .own_columns import OWN_FIELDS
from .stage_clauses import COMPARISON_KEYS, STAGE_CONDITIONS, TIME_IN_STAGE, stage_tests

ARCHIVED, CANCELLED = "archived", "cancelled"
ALIASES = {"created_at": "created", "updated_at": "updated"}
SHAPES = '{"field", "op", "value"}, {"search": text}, {"and": [filters]} or {"or": [filters]}'
MATCHING = "matching"
_Form = tuple[str, Callable[[Any], Any]]


def _same(value: Any) -> Any:
    return value


def _alone(value: Any) -> list[Any]:
    return [value]


# The conditions that an operator can map to: the first one that the field's type has.
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


OPERATORS = (*FORMS, *STAGE_CONDITIONS, MATCHING)


@dataclass(frozen=True, slots=True)
class ParsedFilter:
    """A parsed filter: a tree of tests, whether it selects archived records, and whether it selects
    cancelled ones or others (None: both)."""

    node: Node
    archived: bool
    cancelled: bool | None = None


def parse_filter(author: Author, schema: ObjectSchema, raw: Any) -> ParsedFilter:
    """Parse a filter; None means no filter. InvalidInput names the place of an error."""
    # An empty object has no tests: the same as no filter.
    if raw is None or raw == {}:
        return ParsedFilter(AllOf(), archived=False)
    parser = _Parser(author, schema)
    node = parser.node(raw, ("filter",), 1, archivable=True)
    cancelled = parser.states[CANCELLED]
    return ParsedFilter(
        node,
        parser.states[ARCHIVED] == {True},
        next(iter(cancelled)) if len(cancelled) == 1 else None,
    )


def operators_of(spec: FieldSpec) -> list[str]:
    """The operators that a field takes."""
    known = [
        op for op, forms in FORMS.items() if any(name in spec.type.conditions for name, _ in forms)
    ]
    # As `test_of` makes them of `eq`.
    made = {"neq", "contains"} if spec.is_link else {"neq"}
    return [op for op in FORMS if op in known or ("eq" in known and op in made)]


def _states(name: str, op: str, value: Any, path: Place) -> set[bool]:
    """Of a state that is true or false, which of both a test lets through."""
    many = op in ("in", "not_in")
    sent = value if many and isinstance(value, list) else [value]
    known = ("eq", "neq", "in", "not_in", "is_null")
    if op not in known or not sent or not all(isinstance(each, bool) for each in sent):
        listed = " or a list of them" if many else ""
        raise InvalidInput(f"{name} takes {', '.join(known)}, and true or false{listed}.", at=path)
    if op == "is_null":  # it never is
        return set() if value else {False, True}
    return set(sent) if op in ("eq", "in") else {False, True} - set(sent)


class _Parser:
    """Parses one filter, or that of linked records in it, `links` relationships away; counts its
    clauses."""

    def __init__(
        self, author: Author, schema: ObjectSchema, clauses: int = 0, links: int = 0
    ) -> None:
        self.author = author
        self.schema = schema
        self.told = cache(partial(told_field, author, schema))
        self.clauses = clauses
        self.links = links
        self.states = {ARCHIVED: {False, True}, CANCELLED: {False, True}}

    def node(self, raw: Any, path: Place, depth: int, *, archivable: bool) -> Node:
        """One filter of the tree. `archivable`: it applies to all results, so it may select
        archived records."""
        self.clauses += 1
        # Before the shape is looked at: a deep filter must end here, not in Python's recursion
        # limit.
        if depth > MAX_DEPTH or self.clauses > MAX_CLAUSES:
            message = f"at most {MAX_CLAUSES} filters, nested at most {MAX_DEPTH} levels deep."
            raise InvalidInput(message, "limit_exceeded", at=path)
        keys = set(raw) if isinstance(raw, Mapping) else set()
        for joint, kind in (("and", AllOf), ("or", AnyOf)):
            if keys == {joint}:
                # Inside of an `or` it would select archived records for one branch only, which no
                # search can do.
                inner = archivable and joint == "and"
                return kind(
                    tuple(self.children(raw[joint], (*path, joint), depth, archivable=inner))
                )
        if keys == {"search"}:
            return self.search(raw["search"], (*path, "search"))
        # Unknown keys are refused, not ignored: a misspelt `op` would silently mean `eq`.
        if not {"field"} <= keys <= {"field", "op", "value"}:
            raise InvalidInput(f"expected {SHAPES}.", at=path)
        return self.clause(raw, path, archivable=archivable)

    def children(self, raw: Any, path: Place, depth: int, *, archivable: bool) -> list[Node]:
        if not isinstance(raw, list) or not raw:
            raise InvalidInput("expected a list of filters.", at=path)
        nodes = (
            self.node(item, (*path, at), depth + 1, archivable=archivable)
            for at, item in enumerate(raw)
        )
        return list(nodes)

    def search(self, raw: Any, path: Place) -> Node:
        term = sought_term(raw, *path)
        return (
            # No fields are named here: the search covers all that the caller sees.
            TextSearch(searched_fields(self.author, self.schema, None, None), term)
            if term
            else AllOf()
        )

    def clause(self, raw: Mapping[str, Any], path: Place, *, archivable: bool) -> Node:
        op, value = raw.get("op", "eq"), raw.get("value")
        if not isinstance(op, str) or op not in OPERATORS:
            raise InvalidInput(f"expected one of {', '.join(OPERATORS)}.", at=(*path, "op"))
        # An object may have a field of its own with this name, which then wins.
        name = raw["field"]
        if name in (ARCHIVED, CANCELLED) and name not in self.schema.by_name:
            return self.choose_state(name, op, value, path, archivable=archivable)
        spec = self.field(raw["field"], (*path, "field"))
        if op in STAGE_CONDITIONS:
            return self.moved(spec, op, value, path)
        if op == MATCHING:
            return self.matching(spec, value, path)
        if op in ("eq", "neq") and value is None:  # equal to null means blank
            op, value = "is_null", op == "eq"
        try:
            told = self.told(spec)
            # `value` is kept as it was sent, for sources that filter in their own form.
            return Leaf(spec, test_of(told, op, value), value)
        except InvalidValue as problem:
            raise InvalidInput.of(problem, *path, "value") from None
        except LookupError:
            message = (
                f"{op!r} does not work on {spec.name!r}, which takes "
                f"{', '.join(operators_of(spec))}."
            )
            raise InvalidInput(message, at=(*path, "op")) from None

    def moved(self, spec: FieldSpec, condition: str, value: Any, path: Place) -> Node:
        """When a record entered or left a stage: `{stage, comparison_condition,
        comparison_value}`."""
        if spec is not self.schema.stage_field:
            raise InvalidInput(f"{condition!r} works on a pipeline's stage.", at=(*path, "op"))
        known = {"stage", *COMPARISON_KEYS}
        if not isinstance(value, Mapping) or not value.keys() <= known:
            message = "expected an object of stage, comparison_condition and comparison_value."
            raise InvalidInput(message, at=(*path, "value"))
        unit = {"comparison_type": "days"} if condition == TIME_IN_STAGE else {}
        place = (*path, "value")
        tests = stage_tests(self.told(spec), condition, {**unit, **value}, place, stage_key="stage")
        return AllOf(tuple(Leaf(spec, test, value) for test in tests))

    def matching(self, spec: FieldSpec, value: Any, path: Place) -> Node:
        """A filter that at least one linked record meets."""
        if self.links == MAX_LINKS:
            message = f"filters of linked records can be nested at most {MAX_LINKS} levels deep."
            raise InvalidInput(message, "limit_exceeded", at=path)
        related = related_object(self.author, spec, (*path, "field"))
        inner = _Parser(self.author, related, self.clauses, self.links + 1)
        node = inner.node(value, (*path, "value"), 1, archivable=False)
        self.clauses = inner.clauses
        return Leaf(spec, Test(MATCHING, node), value)

    def choose_state(
        self, name: str, op: str, value: Any, path: Place, *, archivable: bool
    ) -> Node:
        """A filter on `archived` or `cancelled` selects the records that the other filters apply
        to."""
        chosen = _states(name, op, value, path)
        if not archivable:
            raise InvalidInput(
                f"{name} must be alone or in the outermost and, not in an or.", at=path
            )
        if name == ARCHIVED and len(chosen) == 2:
            raise InvalidInput("archived and other records are not found together.", at=path)
        self.states[name] &= chosen
        return AllOf() if self.states[name] else NEVER

    def field(self, raw: Any, path: Place) -> FieldSpec:
        if not isinstance(raw, str):
            raise InvalidInput("expected the name of a property.", "does_not_exist", at=path)
        spec = find_field(self.author, self.schema, raw)
        # Other names of the same columns, as the API's records call them; a field of that name
        # goes first.
        if spec is None and raw in ALIASES:
            spec = find_field(self.author, self.schema, ALIASES[raw])
        if spec is None and raw not in self.schema.by_name:
            spec = OWN_FIELDS.get(raw)
        if spec is None:
            known = [field.name for field in visible_fields(self.author, self.schema)]
            hint = did_you_mean(raw, [*known, *ALIASES, *OWN_FIELDS, ARCHIVED, CANCELLED])
            raise InvalidInput(
                f"there is no property {quoted(raw)} in {self.schema.name!r}.{hint}",
                "does_not_exist",
                at=path,
            )
        return spec


def test_of(spec: FieldSpec, op: str, value: Any) -> Test:
    """The test that an operator maps to; LookupError when the field's type has none."""
    conditions = spec.type.conditions
    if value is None:
        raise InvalidValue("A value is required; use is_null to find blank values.", "required")
    # On a link, `contains` means that the record is among the linked ones: a link holds no text.
    if op == "contains" and spec.is_link:
        op = "eq"
    for name, form in FORMS[op]:
        if name in conditions:
            return conditions[name](spec, form(value))
    if op == "neq":  # types without the condition: the opposite of equal
        test = test_of(spec, "eq", value)
        return replace(test, negated=not test.negated)
    raise LookupError(op)


NEVER = Leaf(OWN_FIELDS["id"], test_of(OWN_FIELDS["id"], "eq", str(UUID(int=0))))
