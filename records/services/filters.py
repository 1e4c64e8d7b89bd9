"""The filter grammar: from what a search asks to a tree of tests, every problem located in the request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from records.exceptions import InvalidInput
from records.field_types import FieldSpec, InvalidValue, Test

from .access import Author
from .object_schema import ObjectSchema
from .shown_names import find_sought_field

MAX_CLAUSES = 100
MAX_GROUPS = 100
MAX_DEPTH = 5
CLAUSE_KEYS = {"type", "subtype", "field", "condition", "value"}
GROUP_KEYS = {"and", "filters", "query"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """One test of one field. `sent` is what the caller compares with, as it came."""

    field: FieldSpec
    test: Test
    sent: Any = None


@dataclass(frozen=True, slots=True)
class TextSearch:
    """A term that occurs in one of several fields."""

    fields: tuple[FieldSpec, ...]
    term: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every child holds; no children: always true."""

    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one child holds; no children: always true, as nothing was asked."""

    children: tuple[Node, ...] = ()


Node = Leaf | TextSearch | AllOf | AnyOf


class _Parser:
    """Parses one request; counts its groups, and the clauses over all of them."""

    def __init__(self, author: Author, schema: ObjectSchema) -> None:
        self.author = author
        self.schema = schema
        self.clauses = 0
        self.seen_groups = 0

    def groups(self, raw: Any, match_all: bool, path: str, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise InvalidInput(f"{path}: groups may be nested at most {MAX_DEPTH} deep.", "limit_exceeded")
        if not isinstance(raw, list):
            raise InvalidInput(f"{path}: expected a list of groups.")
        self.seen_groups += len(raw)
        if self.seen_groups > MAX_GROUPS:
            raise InvalidInput(f"{path}: at most {MAX_GROUPS} groups.", "limit_exceeded")
        children = tuple(self.group(item, f"{path}[{at}]", depth) for at, item in enumerate(raw))
        return _join(children, match_all)

    def group(self, raw: Any, path: str, depth: int) -> Node:
        _check_keys(raw, GROUP_KEYS, path)
        match_all = raw.get("and", True)
        if not isinstance(match_all, bool):
            raise InvalidInput(f"{path}.and: expected true or false.")
        if "query" in raw:
            if "filters" in raw:
                raise InvalidInput(f"{path}: give either filters or query.")
            return self.groups(raw["query"], match_all, f"{path}.query", depth + 1)
        filters = raw.get("filters", [])
        if not isinstance(filters, list):
            raise InvalidInput(f"{path}.filters: expected a list of clauses.")
        children = tuple(self.clause(item, f"{path}.filters[{at}]") for at, item in enumerate(filters))
        return _join(children, match_all)

    def clause(self, raw: Any, path: str) -> Node:
        self.clauses += 1
        if self.clauses > MAX_CLAUSES:
            raise InvalidInput(f"{path}: at most {MAX_CLAUSES} clauses.", "limit_exceeded")
        _check_keys(raw, CLAUSE_KEYS, path)
        _check_choice(raw, "type", ("fields_v2", "fields"), path)
        _check_choice(raw, "subtype", ("custom", "non_custom"), path)
        field = self.field(raw.get("field"), f"{path}.field")
        name = raw.get("condition")
        condition = field.type.conditions.get(name) if isinstance(name, str) else None
        if condition is None:
            known = ", ".join(field.type.conditions)
            raise InvalidInput(f"{path}.condition: {_shown(name)} is not one of {known}.")
        if raw.get("value") is None:
            raise InvalidInput(f"{path}.value: a value is required; is_blank finds blanks.", "required")
        try:
            return Leaf(field, condition(field, raw["value"]), raw["value"])
        except InvalidValue as problem:
            raise InvalidInput(f"{path}.value: {problem.message}", problem.code) from None

    def field(self, raw: Any, path: str) -> FieldSpec:
        if not isinstance(raw, str):
            raise InvalidInput(f"{path}: expected the name or id of a field.", "required")
        prefix, _, rest = raw.partition("::")
        key = rest if prefix.strip('"') in ("custom", "non_custom") and rest else raw
        field = find_sought_field(self.author, self.schema, key, path)
        if field is None:
            raise InvalidInput(f"{path}: there is no field {_shown(raw)}.", "does_not_exist")
        return field


def _join(children: tuple[Node, ...], match_all: bool) -> Node:
    if len(children) == 1:
        return children[0]
    return AllOf(children) if match_all else AnyOf(children)


def _check_keys(raw: Any, known: set[str], path: str) -> None:
    if not isinstance(raw, Mapping):
        raise InvalidInput(f"{path}: expected an object.")
    unknown = [key for key in raw if key not in known]
    if unknown:
        raise InvalidInput(f"{path}: unknown {', '.join(map(_shown, unknown[:10]))}.")


def _check_choice(raw: Mapping[str, Any], key: str, choices: Sequence[str], path: str) -> None:
    if raw.get(key) is not None and raw[key] not in choices:
        raise InvalidInput(f"{path}.{key}: {_shown(raw[key])} is not one of {', '.join(choices)}.")


def _shown(raw: Any) -> str:
    return repr(raw)[:80] if isinstance(raw, str) else f"a value of type {type(raw).__name__}"


def parse_query(author: Author, schema: ObjectSchema, raw: Any, match_all: bool = True) -> Node:
    """The tree a search's `query` asks for, unless it is one already; InvalidInput says where it is wrong."""
    if isinstance(raw, Node):
        return raw
    return _Parser(author, schema).groups([] if raw is None else raw, match_all, "query", 1)


def searched_fields(
    author: Author, schema: ObjectSchema, ids: Sequence[Any] | None, names: Sequence[Any] | None
) -> tuple[FieldSpec, ...]:
    """The fields a free-text search looks into: the ones asked for, else names and everything text-like."""
    asked = [("search_within_field_ids", key) for key in ids or ()]
    asked += [("search_within_field_names", key) for key in names or ()]
    if not asked:
        return tuple(f for f in schema.searched if f.id not in author.role.hidden_fields)
    found = []
    for at, (part, key) in enumerate(asked):
        field = find_sought_field(author, schema, key, f"{part}[{at}]") if isinstance(key, str) else None
        if field is None:
            raise InvalidInput(f"{part}[{at}]: there is no field {_shown(key)}.", "does_not_exist")
        found.append(field)
    return tuple(found)
