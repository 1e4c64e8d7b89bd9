"""The filter grammar: parses a search's query into a tree of tests, with the place of every
problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from records.exceptions import InvalidInput, Place, quoted
from records.field_types import FieldSpec, InvalidValue, Test, search_text
from records.field_types.base import check_text
from records.field_types.conditions import MAX_TERM
from records.models import Extent
from records.services.access import Author, find_sought_field, told_field
from records.services.catalogue import ObjectSchema

from .stage_clauses import COMPARISON_KEYS, STAGE_CONDITIONS, stage_tests

MAX_CLAUSES = 100
MAX_GROUPS = 100
MAX_DEPTH = 5
MAX_LINKS = 2  # filters of linked records within each other
CLAUSE_KEYS = {"type", "subtype", "field", "condition", "value"}
GROUP_KEYS = {"id", "and", "filters", "query"}
SAVED_KEYS = {"and", "query", "invalid"}  # `invalid` is the note of a filter builder
WORDS = {"query", "filters", "field", "condition", *COMPARISON_KEYS}  # no notes of a filter builder
SYNONYMS = {"has_all": "has", "has_none": "!has_any", "is_not_blank": "is_blank"}
# The documented client's names of options whose codes are others, by default field.
OPTION_SYNONYMS = {"email_status": {"unsubscribed_from_all": "unsubscribed"}}
# The type of a clause that has no field, and means the one of this name.
TAGS, TAG_KEYS = "tags", {"type", "subtype", "condition", "ids"}
TAG_CONDITIONS = {
    "has": "has",
    "has_not": "!has",
    "has_any": "has_any",
    "has_none": "!has_any",
    "is_blank": "is_blank",
    "is_not_blank": "is_blank",
}
RELATED = "related_object"  # the type of a clause whose value is a filter of linked records
RELATED_KEYS = {"type", "subtype", "field_id", "condition", "next_class_key", "value"}
OVERWRITTEN = "stage"  # the field whose clauses may carry `overwrite`, which says nothing new


@dataclass(frozen=True, slots=True)
class Leaf:
    """One test of one field. `sent` is the value to compare with, as the caller sent it."""

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
    """At least one child holds; always true without children."""

    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No child holds."""

    children: tuple[Node, ...]


Node = Leaf | TextSearch | AllOf | AnyOf | NoneOf


@dataclass(slots=True)
class _Tally:
    """What one request holds, the filters of linked records included: limits per part would
    multiply."""

    clauses: int = 0
    groups: int = 0

    def add_clauses(self, number: int, path: Place) -> None:
        self.clauses += number
        if self.clauses > MAX_CLAUSES:
            raise InvalidInput(f"at most {MAX_CLAUSES} clauses.", "limit_exceeded", at=path)

    def add_groups(self, number: int, path: Place) -> None:
        self.groups += number
        if self.groups > MAX_GROUPS:
            raise InvalidInput(f"at most {MAX_GROUPS} groups.", "limit_exceeded", at=path)


class _Parser:
    """Parses a request, or the filter of linked records in it, `links` relationships away.

    `saved`: keys that are not known are the notes of a filter builder.
    """

    def __init__(
        self,
        author: Author,
        schema: ObjectSchema,
        tally: _Tally | None = None,
        links: int = 0,
        *,
        saved: bool = False,
    ) -> None:
        self.author = author
        self.schema = schema
        self.saved = saved
        self.told = cache(partial(told_field, author, schema))
        self.tally = _Tally() if tally is None else tally
        self.links = links

    def query(self, raw: Any, match_all: bool, path: Place) -> Node:
        """A list of groups, or the form in which filters are saved: with the `and` that joins
        them."""
        if isinstance(raw, Mapping):
            self.check_keys(raw, SAVED_KEYS, path)
            match_all = _flag(raw, "and", match_all, path)
            _flag(raw, "invalid", False, path)
            raw, path = raw.get("query"), (*path, "query")
        return self.groups([] if raw is None else raw, match_all, path, 1)

    def groups(self, raw: Any, match_all: bool, path: Place, depth: int) -> Node:
        # Before anything else: the parser recurses, and the depth is the caller's choice.
        if depth > MAX_DEPTH:
            raise InvalidInput(
                f"groups can be nested at most {MAX_DEPTH} levels deep.", "limit_exceeded", at=path
            )
        if not isinstance(raw, list):
            raise InvalidInput("expected a list of groups.", at=path)
        self.tally.add_groups(len(raw), path)
        children = tuple(self.group(item, (*path, at), depth) for at, item in enumerate(raw))
        return _join(children, match_all)

    def group(self, raw: Any, path: Place, depth: int) -> Node:
        self.check_keys(raw, GROUP_KEYS, path)
        if not isinstance(raw.get("id", ""), str):
            raise InvalidInput("expected a string.", at=(*path, "id"))
        match_all = _flag(raw, "and", True, path)
        if "query" in raw:
            # Both would be possible in the grammar, but which of them `and` joins would be a guess.
            if "filters" in raw:
                raise InvalidInput("give either filters or query.", at=path)
            return self.groups(raw["query"], match_all, (*path, "query"), depth + 1)
        filters = raw.get("filters", [])
        if not isinstance(filters, list):
            raise InvalidInput("expected a list of clauses.", at=(*path, "filters"))
        children = tuple(
            self.clause(item, (*path, "filters", at)) for at, item in enumerate(filters)
        )
        return _join(children, match_all)

    def clause(self, raw: Any, path: Place) -> Node:
        self.tally.add_clauses(1, path)
        kind = raw.get("type") if isinstance(raw, Mapping) else None
        if kind == TAGS and self.schema.is_contact:
            return self.tag_clause(raw, path)
        if kind == RELATED:
            return self.related_clause(raw, path)
        if isinstance(raw, Mapping):  # before its keys: a clause of another type has others
            _check_choice(raw, "type", ("fields_v2", "fields", RELATED), path)
        self.check_keys(raw, CLAUSE_KEYS | COMPARISON_KEYS | {"overwrite"}, path)
        _check_choice(raw, "subtype", ("custom", "non_custom"), path)
        field = self.field(raw.get("field"), (*path, "field"))
        if "overwrite" in raw and field.name != OVERWRITTEN:
            raise InvalidInput("unknown 'overwrite'.", at=path)
        name, value = _documented(raw.get("condition"), raw.get("value"))
        if field is self.schema.stage_field and name in STAGE_CONDITIONS:
            tests = stage_tests(self.told(field), name, raw, path)
            return _join(tuple(Leaf(field, test, value) for test in tests), True)
        self.check_keys(raw, CLAUSE_KEYS | {"overwrite"}, path)
        return self.tested(field, name, _by_code(field, value), path, "value")

    def tag_clause(self, raw: Mapping[str, Any], path: Place) -> Node:
        """A clause on contacts' tags in the form that has no field."""
        self.check_keys(raw, TAG_KEYS, path)
        _check_choice(raw, "subtype", ("tag",), path)
        _check_choice(raw, "condition", list(TAG_CONDITIONS), path)
        name = str(raw.get("condition"))
        ids = raw.get("ids")
        if name.startswith("is_"):
            ids = name == "is_blank"
        condition = TAG_CONDITIONS.get(name)
        return self.tested(self.field(TAGS, path), condition, ids, path, "ids")

    def related_clause(self, raw: Mapping[str, Any], path: Place) -> Node:
        """A filter that at least one linked record meets."""
        if self.links == MAX_LINKS:
            message = f"filters of linked records can be nested at most {MAX_LINKS} levels deep."
            raise InvalidInput(message, "limit_exceeded", at=path)
        self.check_keys(raw, RELATED_KEYS, path)
        _check_choice(raw, "subtype", ("related_object_filter",), path)
        _check_choice(raw, "next_class_key", ("fields", "fields_v2"), path)
        if raw.get("condition") != "custom_filter":
            shown = _shown(raw.get("condition"))
            raise InvalidInput(f"{shown} is not custom_filter.", at=(*path, "condition"))
        field = self.field(raw.get("field_id"), (*path, "field_id"))
        related = related_object(self.author, field, (*path, "field_id"))
        value = raw.get("value")
        if not isinstance(value, Mapping):
            raise InvalidInput(
                "expected an object with and, query.", "required", at=(*path, "value")
            )
        inner = _Parser(self.author, related, self.tally, self.links + 1, saved=self.saved)
        return Leaf(field, Test("matching", inner.query(value, True, (*path, "value"))), value)

    def tested(self, field: FieldSpec, name: Any, value: Any, path: Place, part: str) -> Node:
        """The test of a condition that was sent; `part` is the clause's key of the value."""
        # A JSON list or object is no key of a dictionary: only texts are looked up.
        condition = field.type.conditions.get(name) if isinstance(name, str) else None
        if condition is None:
            known = ", ".join(field.type.conditions)
            raise InvalidInput(f"{_shown(name)} is not one of {known}.", at=(*path, "condition"))
        if value is None:
            raise InvalidInput(
                "a value is required; use is_blank to find blank values.",
                "required",
                at=(*path, part),
            )
        try:
            told = self.told(field)
            if name in ("has", "!has") and isinstance(value, list) and len(value) > 1:
                leaves = [Leaf(field, condition(told, entry), entry) for entry in value]
                return self.holding(leaves, path)
            return Leaf(field, condition(told, value), value)
        except InvalidValue as problem:
            raise InvalidInput.of(problem, *path, part) from None

    def holding(self, leaves: list[Leaf], path: Place) -> Node:
        """Every one of the entries, or not every one; each counts as a clause."""
        self.tally.add_clauses(len(leaves) - 1, path)
        tests = [leaf.test for leaf in leaves]
        distinct = tuple(leaf for at, leaf in enumerate(leaves) if leaf.test not in tests[:at])
        return _join(distinct, not distinct[0].test.negated)

    def check_keys(self, raw: Any, known: set[str], path: Place) -> None:
        notes = set(raw) - WORDS if self.saved and isinstance(raw, Mapping) else set()
        _check_keys(raw, known | notes, path)

    def field(self, raw: Any, path: Place) -> FieldSpec:
        if not isinstance(raw, str):
            raise InvalidInput("expected the name or id of a field.", "required", at=path)
        # `custom::` and `non_custom::` are prefixes of the API's own grammar; a field is found
        # without them.
        prefix, _, rest = raw.partition("::")
        key = rest if prefix.strip('"') in ("custom", "non_custom") and rest else raw
        field = find_sought_field(self.author, self.schema, key, path)
        if field is None:
            raise InvalidInput(f"there is no field {_shown(raw)}.", "does_not_exist", at=path)
        return field


def related_object(author: Author, field: FieldSpec, path: Place) -> ObjectSchema:
    """The object that a relationship leads to, if the caller may see records of it."""
    if not field.is_link:
        raise InvalidInput(f"{quoted(field.name)} is not a relationship.", at=path)
    related = author.directory.find_related(field)
    if related is None:
        raise InvalidInput("the object it leads to is archived.", "does_not_exist", at=path)
    # Whether a field exists there is no business of a role that sees none of its records.
    if author.role.grant(related.id).view == Extent.NONE:
        message = "your role may not see the records that it leads to."
        raise InvalidInput(message, "permission_required", at=path)
    return related


def _join(children: tuple[Node, ...], match_all: bool) -> Node:
    # A single child needs no AND or OR, and plans treat a bare leaf as a candidate to search by.
    if len(children) == 1:
        (only,) = children
        return only
    return AllOf(children) if match_all else AnyOf(children)


def _documented(name: Any, value: Any) -> tuple[Any, Any]:
    """A condition and its value in the names that field types have."""
    if name == "is_not_blank" and value in (None, True):
        value = False
    return SYNONYMS.get(name, name) if isinstance(name, str) else name, value


def _by_code(field: FieldSpec, value: Any) -> Any:
    """A value, or a list of them, in which options have their codes."""
    synonyms = OPTION_SYNONYMS.get(field.name) if field.is_default else None
    if synonyms is None:
        return value
    if isinstance(value, list):
        return [_by_code(field, entry) for entry in value]
    return synonyms.get(value, value) if isinstance(value, str) else value


def _flag(raw: Mapping[str, Any], key: str, default: bool, path: Place) -> bool:
    sent = raw.get(key, default)
    if not isinstance(sent, bool):
        raise InvalidInput("expected true or false.", at=(*path, key))
    return sent


def _check_keys(raw: Any, known: set[str], path: Place) -> None:
    if not isinstance(raw, Mapping):
        raise InvalidInput("expected an object.", at=path)
    unknown = [key for key in raw if key not in known]
    if unknown:
        # Ten are enough to see the mistake; the rest would only make the answer long.
        raise InvalidInput(f"unknown {', '.join(map(_shown, unknown[:10]))}.", at=path)


def _check_choice(raw: Mapping[str, Any], key: str, choices: Sequence[str], path: Place) -> None:
    if raw.get(key) is not None and raw[key] not in choices:
        raise InvalidInput(
            f"{_shown(raw[key])} is not one of {', '.join(choices)}.", at=(*path, key)
        )


def _shown(raw: Any) -> str:
    return quoted(raw) if isinstance(raw, str) else f"a value of type {type(raw).__name__}"


def parse_query(author: Author, schema: ObjectSchema, raw: Any, match_all: bool = True) -> Node:
    """The tree of a search's `query`, unless it is already one; InvalidInput says where it is
    wrong."""
    # Filters in a query string and `operators` arrive as a tree already.
    if isinstance(raw, Node):
        return raw
    return _Parser(author, schema).query(raw, match_all, ("query",))


def parse_saved(author: Author, schema: ObjectSchema, raw: Any, *at: str | int) -> tuple[Node, int]:
    """The tree of a saved filter, and the number of its clauses; InvalidInput says where in `at` it
    is wrong. `{}` is no condition. Keys that are not known are the notes of a filter builder; words
    of the grammar in a wrong place are not."""
    if not isinstance(raw, Mapping):
        raise InvalidInput("expected an object.", at=at)
    parser = _Parser(author, schema, saved=True)
    node = parser.query(raw, True, at)
    return node, parser.tally.clauses


def sought_term(raw: Any, *path: str | int) -> str:
    """The term of a free-text search, in the form in which texts are compared; empty for no
    search."""
    try:
        return search_text(check_text(raw, MAX_TERM))
    except InvalidValue as problem:
        raise InvalidInput.of(problem, *path) from None


def searched_fields(
    author: Author, schema: ObjectSchema, ids: Sequence[Any] | None, names: Sequence[Any] | None
) -> tuple[FieldSpec, ...]:
    """The fields that a free-text search covers: the requested ones, else names and all text-like
    fields."""
    if not ids and not names:
        # Hidden fields must not be searched: a match would reveal what they hold.
        return tuple(f for f in schema.searched if f.id not in author.role.hidden_fields)
    asked = [("search_within_field_ids", key) for key in ids or ()]
    asked += [("search_within_field_names", key) for key in names or ()]
    return tuple(
        _requested_field(author, schema, key, (part, at)) for at, (part, key) in enumerate(asked)
    )


def _requested_field(author: Author, schema: ObjectSchema, key: Any, path: Place) -> FieldSpec:
    field = find_sought_field(author, schema, key, path) if isinstance(key, str) else None
    if field is None:
        raise InvalidInput(f"there is no field {_shown(key)}.", "does_not_exist", at=path)
    return field
