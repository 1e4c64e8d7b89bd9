"""What a caller asks of all records that a search finds: figures, and the groups to make them
for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from records.exceptions import InvalidInput, Place, SeveralProblems, did_you_mean, quoted
from records.field_types import FieldSpec
from records.services.access import Author, find_field, visible_fields
from records.services.catalogue import ObjectSchema
from records.services.reading import find_related_path

from .ordering import check_comparable
from .pages import SearchRequest

MAX_AGGREGATES = 10
MAX_GROUPS = 3
MAX_NAME = 64
FUNCTIONS = ("count", "distinct", "sum", "avg", "min", "max")
NAME = re.compile(rf"[A-Za-z_][A-Za-z0-9_]{{0,{MAX_NAME - 1}}}")
GROUP = "group"  # under which an answer has the group itself
NO_ALIASES: Mapping[str, str] = {}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source:
    """Where values come from: a field of the records, or of those that a relationship leads to."""

    field: FieldSpec
    schema: ObjectSchema
    link: FieldSpec | None = None

    @property
    def name(self) -> str:
        return self.field.name if self.link is None else f"{self.link.name}.{self.field.name}"

    @property
    def several_records(self) -> bool:
        """Whether the values of one record can come from several linked ones."""
        return self.link is not None and self.link.multiple


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One figure of each group, and what it is called; without a source, of the records."""

    function: str
    source: Source | None
    name: str

    @property
    def counts(self) -> bool:
        """Whether it is a number of something, not a value of the field's type."""
        return self.function in ("count", "distinct")


@dataclass(frozen=True, slots=True)
class Grouping:
    """By what the records are grouped: values, or the periods (`unit`) in which they fall."""

    source: Source
    unit: str
    name: str


@dataclass(frozen=True, slots=True)
class AggregateRequest:
    """What a caller sent: a search, whose `ordering`, `page` and `page_size` are those of the
    groups, and lists of JSON.

    `any_name`: names need not be identifiers.
    """

    search: SearchRequest
    aggregate: Any = None
    group_by: Any = None
    any_name: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A checked request: figures, groups, and the order of the groups, by names."""

    aggregates: tuple[Aggregate, ...]
    groupings: tuple[Grouping, ...]
    ordering: tuple[tuple[Aggregate | Grouping, bool], ...]


def aggregates_of(
    texts: Sequence[str], aliases: Mapping[str, str] = NO_ALIASES
) -> list[dict[str, Any]]:
    """Figures in words (`count`, `sum:amount`), as the JSON of a request; each is called what it is
    written as. `aliases`: other names of fields."""
    parts = [(text, *text.partition(":")) for text in texts]
    return [
        {"function": head, "as": text, **({"field": aliases.get(rest, rest)} if colon else {})}
        for text, head, colon, rest in parts
    ]


def groups_of(
    texts: Sequence[str], aliases: Mapping[str, str] = NO_ALIASES
) -> list[dict[str, Any]]:
    """Groups in words (`stage`, `opened:month`), as `aggregates_of` reads figures."""
    parts = [(text, *text.partition(":")) for text in texts]
    return [
        {"field": aliases.get(head, head), "as": text, **({"by": rest} if colon else {})}
        for text, head, colon, rest in parts
    ]


def read_request(author: Author, schema: ObjectSchema, request: AggregateRequest) -> Asked:
    """Check what was sent; InvalidInput has every problem, each with its place."""
    return _Reader(author, schema, request).read()


class _Reader:
    """Reads one request, and collects what is wrong with it."""

    def __init__(self, author: Author, schema: ObjectSchema, request: AggregateRequest) -> None:
        self.author = author
        self.schema = schema
        self.request = request
        self.problems: list[InvalidInput] = []
        self.names: set[str] = set()

    def read(self) -> Asked:
        groupings = self.each("group_by", self.request.group_by, MAX_GROUPS, self.grouping)
        sent = self.request.aggregate
        sent = [{"function": "count"}] if sent is None else sent
        aggregates = self.each("aggregate", sent, MAX_AGGREGATES, self.aggregate)
        if sent == []:
            self.problems.append(InvalidInput("ask for at least one.", "required", at="aggregate"))
        # What was refused has no names, so an order by them would be refused for that alone.
        ordering = [] if self.problems else self.ordering([*groupings, *aggregates])
        if self.problems:
            raise SeveralProblems(self.problems)
        return Asked(tuple(aggregates), tuple(groupings), tuple(ordering))

    def each(self, part: str, sent: Any, most: int, read: Callable[[Any, Place], T]) -> list[T]:
        """Read the entries of a list; those that are wrong are noted."""
        if sent is None:
            return []
        if not isinstance(sent, list):
            self.problems.append(InvalidInput("expected a list.", at=part))
            return []
        if len(sent) > most:
            self.problems.append(
                InvalidInput(f"at most {most} entries.", "limit_exceeded", at=part)
            )
            return []
        found = []
        for at, entry in enumerate(sent):
            with self.noting():
                found.append(read(entry, (part, at)))
        return found

    @contextmanager
    def noting(self) -> Iterator[None]:
        """What is refused in the block is noted, and the rest is read."""
        try:
            yield
        except InvalidInput as problem:
            self.problems.append(problem)

    def grouping(self, sent: Any, place: Place) -> Grouping:
        entry = (
            {"field": sent}
            if isinstance(sent, str)
            else _checked(sent, {"field", "by", "as"}, place)
        )
        source = self.source(entry.get("field"), (*place, "field"))
        units = source.field.type.groups
        if not units:
            message = f"records cannot be grouped by {_told(source)}."
            raise InvalidInput(message, at=(*place, "field"))
        unit = entry.get("by")
        if unit is not None and unit not in (known := [name for name in units if name]):
            message = (
                f"expected one of {', '.join(known)}."
                if known
                else f"{_told(source)} is not grouped by periods."
            )
            raise InvalidInput(message, at=(*place, "by"))
        name = self.name(entry, source.name, place)
        return Grouping(source, units[0] if unit is None else unit, name)

    def aggregate(self, sent: Any, place: Place) -> Aggregate:
        entry = _checked(sent, {"function", "field", "as"}, place)
        function = entry.get("function")
        if function not in FUNCTIONS:
            raise InvalidInput(f"expected one of {', '.join(FUNCTIONS)}.", at=(*place, "function"))
        if entry.get("field") is None:
            if function != "count":
                message = f"name the field for {function}."
                raise InvalidInput(message, "required", at=(*place, "field"))
            return Aggregate(function, None, self.name(entry, function, place))
        source = self.source(entry["field"], (*place, "field"))
        _check_function(source, function, place)
        usual = f"{function}_{source.name.replace('.', '_')}"
        return Aggregate(function, source, self.name(entry, usual, place))

    def source(self, key: Any, place: Place) -> Source:
        if not isinstance(key, str):
            raise InvalidInput("expected the name or id of a field.", "required", at=place)
        found = _find_source(self.author, self.schema, key)
        if found is None:
            near = did_you_mean(
                key, [spec.name for spec in visible_fields(self.author, self.schema)]
            )
            raise InvalidInput(
                f"there is no field {quoted(key)}.{near}", "does_not_exist", at=place
            )
        if found.field.computed == "display_name":
            raise InvalidInput("names are made of other fields; use one of those.", at=place)
        return found

    def name(self, entry: Mapping[str, Any], usual: str, place: Place) -> str:
        name = entry.get("as")
        if name is None:
            name = usual
        elif not isinstance(name, str) or not (self.request.any_name or NAME.fullmatch(name)):
            message = f"expected letters, digits and underscores, at most {MAX_NAME}."
            raise InvalidInput(message, at=(*place, "as"))
        taken = {GROUP} if place[0] == "aggregate" and not self.request.any_name else set()
        if name in self.names | taken:
            at = (*place, "as") if "as" in entry else place
            advice = "" if self.request.any_name else "; give it another with 'as'"
            raise InvalidInput(f"{quoted(name)} is the name of something else{advice}.", at=at)
        self.names.add(name)
        return name

    def ordering(
        self, parts: Sequence[Aggregate | Grouping]
    ) -> list[tuple[Aggregate | Grouping, bool]]:
        by_name = {part.name: part for part in parts}
        found = []
        for sent in self.request.search.ordering:
            name = sent.removeprefix("-")
            if name not in by_name:
                self.problems.append(
                    InvalidInput(
                        f"{quoted(name)} is not one of {', '.join(by_name)}.", at="ordering"
                    )
                )
                continue
            part = by_name[name]
            if isinstance(part, Grouping):
                with self.noting():
                    check_comparable(self.author, part.source.field)
            found.append((part, sent.startswith("-")))
        return found


def _find_source(author: Author, schema: ObjectSchema, key: str) -> Source | None:
    field = find_field(author, schema, key)
    if field is not None:
        return Source(field, schema)
    path = find_related_path(author, schema, key)
    return None if path is None else Source(path.field, path.schema, path.link)


def _check_function(source: Source, function: str, place: Place) -> None:
    field = source.field
    known = field.type.aggregates
    if function not in known:
        message = f"{_told(source)} takes {', '.join(known)}."
        raise InvalidInput(message, at=(*place, "function"))
    if function == "count":
        return
    # Several linked records would count a record, or one of them, more than once.
    if source.several_records or (field.multiple and field.is_link):
        message = f"{source.name!r} leads to several records; count them, or group by it."
        raise InvalidInput(message, at=(*place, "function"))


def _told(source: Source) -> str:
    """A field in a message, with its type."""
    return f"{source.name!r} ({source.field.type.name})"


def _checked(sent: Any, known: set[str], place: Place) -> Mapping[str, Any]:
    if not isinstance(sent, Mapping):
        raise InvalidInput("expected an object.", at=place)
    unknown = [key for key in sent if key not in known]
    if unknown:
        raise InvalidInput(f"unknown {', '.join(map(quoted, unknown[:10]))}.", at=place)
    return sent
