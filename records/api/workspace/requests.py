"""What callers of the Workspace API send, read into the shapes of the core. Its rules are the
core's business."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from records.api.bodies import MAX_TEXT, JsonBody, listed, read_object
from records.api.dry_runs import WORKSPACE_FORM
from records.api.etags import NO_VERSION, expected_versions
from records.api.pagination import MAX_PAGE, MAX_SIZE
from records.api.parameters import split
from records.exceptions import InvalidInput, Place, problems_in
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.operations import home_of
from records.services.reading import find_member, get_record_by_external_id, select_fields
from records.services.search import (
    AggregateRequest,
    AllOf,
    SearchRequest,
    aggregates_of,
    groups_of,
    parse_slug_filters,
)
from records.services.storage import ExternalKey
from records.services.writing import UNSET, Attributes

DEFAULT_SIZE = 50
SAFE_METHODS = ("GET", "HEAD")
MAX_KEY = 2**63 - 1
MAX_EXTERNAL = 255
SORTED = {
    "createdAt": "created",
    "updatedAt": "updated",
    "created_at": "created",
    "updated_at": "updated",
}
FLAGS = {"true": True, "1": True, "false": False, "0": False}


def snake(name: str) -> str:
    """A name in camelCase, in snake_case."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def camel(name: str) -> str:
    """A name in snake_case, in camelCase."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


# ---------------------------------------------------------------- bodies


class Body(JsonBody):
    """A JSON object with its keys in camelCase or snake_case; InvalidInput names those that are not
    known."""

    def __init__(self, content: Any, keys: Iterable[str], where: Place = ()) -> None:
        if not isinstance(content, dict):
            raise InvalidInput("expected an object.", at=where)
        known = {form: key for key in keys for form in (key, snake(key))}
        unknown = [key for key in content if key not in known]
        if unknown:
            raise InvalidInput(
                f"unknown keys: {listed(unknown)}."
                f" Known are {', '.join(dict.fromkeys(known.values()))}.",
                at=where,
            )
        read: dict[str, Any] = {}
        for sent, value in content.items():
            if known[sent] in read:
                raise InvalidInput("it is sent more than once.", at=(*where, known[sent]))
            read[known[sent]] = value
        super().__init__(read, where)

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def given(self, key: str) -> bool:
        """Whether there is something under the key."""
        return self.content.get(key) is not None

    def key(self, key: str) -> int | None:
        """A primary key, or None where there is none."""
        value = self.content.get(key)
        if value is not None and (type(value) is not int or not 0 < value <= MAX_KEY):
            raise self.wrong("expected an integer id", key)
        return value

    def items(self, key: str, most: int) -> list[Any]:
        """A list; empty where there is none."""
        value = self.content.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong("expected a list", key)
        if len(value) > most:
            raise InvalidInput(f"at most {most} entries.", "limit_exceeded", at=(*self.where, key))
        return value

    def values(self) -> dict[str, Any]:
        """The `fieldValues`: slug to value."""
        value = self.content.get("fieldValues")
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self.wrong("expected an object, slug to value", "fieldValues")
        if len(value) > MAX_SIZE:
            raise InvalidInput(
                f"at most {MAX_SIZE} entries.", "limit_exceeded", at=(*self.where, "fieldValues")
            )
        return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def read_body(request: HttpRequest, *keys: str) -> Body:
    """The body, which may have these keys."""
    return Body(read_object(request, None), keys)


def member_of(author: Author, body: Body) -> int | None:
    """The active member that a body's `memberId` names, None for nobody, UNSET where it says
    nothing."""
    if "memberId" not in body:
        unset: int | None = UNSET
        return unset
    member_id = body.key("memberId")
    if member_id is None:
        return None
    member = find_member(author, member_id)
    if member is None or not member.is_active:
        raise InvalidInput(
            "there is no such member.", "does_not_exist", at=(*body.where, "memberId")
        )
    return member.id


def check_external_id(sent: str) -> str:
    """What another system calls a record; InvalidInput for what cannot be kept."""
    if (
        not 0 < len(sent) <= MAX_EXTERNAL
        or "\x00" in sent
        or not _is_unicode(sent)
        or not sent.strip()
    ):
        raise InvalidInput(f"expected 1 to {MAX_EXTERNAL} characters.", at="externalId")
    return sent


def attributes_of(body: Body, member_id: int | None, caller: int) -> Attributes:
    """What a write says beside the values; a new record without `memberId` is the caller's."""
    external: ExternalKey | None = UNSET
    if "externalId" in body:
        sent = body.content["externalId"]
        if sent is not None and not isinstance(sent, str):
            raise body.wrong("expected a string", "externalId")
        external = None if sent is None else ExternalKey("", check_external_id(sent))
    return Attributes(
        external=external,
        member_id=member_id,
        new_member_id=caller,
        assignment_task_id=body.key("assignmentTaskId") if "assignmentTaskId" in body else UNSET,
    )


def expected_version(
    request: HttpRequest, author: Author, schema: ObjectSchema, named: int | str
) -> int | None:
    """The version that `If-Match` lets the record of this number or external id be changed at; None
    for any."""
    versions = expected_versions(request, schema)
    if versions is None:
        return None
    # A record that lives elsewhere has no version to choose by: any is refused alike.
    if len(versions) > 1 and schema.external is None:
        view = (
            home_of(schema).get_record_by_key(author, schema, named, ())
            if isinstance(named, int)
            else get_record_by_external_id(author, schema, named, ())
        )
        versions &= {view.version}
    return next(iter(versions), NO_VERSION)


# ---------------------------------------------------------------- query strings


class Query:
    """A query string: the parameters that are reserved, by either form of their names, and the
    rest."""

    def __init__(self, request: HttpRequest, *reserved: str) -> None:
        # Who dispatches a write has read this one.
        read = () if request.method in SAFE_METHODS else WORKSPACE_FORM.parameters
        known = {form: name for name in reserved for form in (name, snake(name))}
        self.sent: dict[str, str] = {}
        self.rest: list[tuple[str, str]] = []
        for key, texts in request.GET.lists():
            if key in read:
                continue
            name = known.get(key)
            if name is None:
                self.rest += [(key, text) for text in texts]
            elif name in self.sent or len(texts) != 1:
                raise InvalidInput("it is sent more than once.", at=name)
            else:
                self.sent[name] = texts[0]

    def only(self) -> Query:
        """The query, which holds nothing but reserved parameters."""
        if self.rest:
            raise InvalidInput(f"Unknown query keys: {listed([key for key, _ in self.rest])}.")
        return self

    def number(self, name: str, default: int, most: int) -> int:
        text = self.sent.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,19}", text) or not 1 <= int(text) <= most:
            raise InvalidInput(f"expected a number from 1 to {most}.", at=name)
        return int(text)

    def key(self, name: str) -> int | None:
        """A primary key; None where there is none."""
        return self.number(name, 0, MAX_KEY) or None

    def flag(self, name: str) -> bool:
        text = self.sent.get(name, "false")
        if text.lower() not in FLAGS:
            raise InvalidInput("expected true or false.", at=name)
        return FLAGS[text.lower()]

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of a few words in either form; the first where there is none."""
        text = self.sent.get(name, choices[0])
        for word in choices:
            if text in (word, snake(word)):
                return word
        raise InvalidInput(f"expected one of {', '.join(choices)}.", at=name)

    def text(self, name: str) -> str | None:
        text = self.sent.get(name)
        if text is not None and ("\x00" in text or len(text) > MAX_TEXT):
            raise InvalidInput(f"expected a string of at most {MAX_TEXT} characters.", at=name)
        return text

    def entries(self, name: str) -> list[str] | None:
        """The entries of a list with commas; None where there is none."""
        text = self.text(name)
        return None if text is None else split(text)

    @property
    def page(self) -> int:
        return self.number("page", 1, MAX_PAGE)

    @property
    def page_size(self) -> int:
        return self.number("pageSize", DEFAULT_SIZE, MAX_SIZE)


TASK_IS_NULL = "assignmentTaskId__isnull"
COMPARED = ("gt", "gte", "lt", "lte")
RECORD_PARAMETERS = (
    *(
        "page",
        "pageSize",
        "fieldNames",
        "sortBy",
        "sortOrder",
        "search",
        "externalId",
        "memberId",
        "assignmentTaskId",
        TASK_IS_NULL,
        "cancelled",
        "archived",
        "cursor",
        "count",
    ),
)


AGGREGATE_PARAMETERS = (
    *(name for name in RECORD_PARAMETERS if name not in ("fieldNames", "cursor", "count")),
    *("aggregate", "groupBy"),
)


PAGING = ("page", "pageSize", "cursor", "count")
EXPORT_PARAMETERS = (*(name for name in RECORD_PARAMETERS if name not in PAGING), "format")


def asked_records(query: Query, author: Author, schema: ObjectSchema) -> SearchRequest:
    """The search that a list asks for: reserved parameters, and slugs for the rest."""
    cursor = query.text("cursor")
    return replace(
        _matching(query, author, schema),
        fields=chosen_fields(query, author, schema),
        # Where records live elsewhere, nobody knows when they were made.
        ordering=_ordering(query)
        if schema.external is None or {"sortBy", "sortOrder"} & query.sent.keys()
        else (),
        cursor=cursor or None,
        count=query.choice("count", ("exact", "none")) == "exact" and cursor is None,
    )


def asked_aggregates(query: Query, author: Author, schema: ObjectSchema) -> AggregateRequest:
    """The figures that are asked for, of the records that a list with these parameters has."""
    order, by = query.choice("sortOrder", ("asc", "desc")), query.text("sortBy")
    search = _matching(query, author, schema)
    if by is not None:
        search = replace(search, ordering=(("-" if order == "desc" else "") + by,))
    figures, groups = query.entries("aggregate"), query.entries("groupBy")
    return AggregateRequest(
        search,
        None if figures is None else aggregates_of(figures, SORTED),
        None if groups is None else groups_of(groups, SORTED),
        any_name=True,
    )


def chosen_fields(query: Query, author: Author, schema: ObjectSchema) -> tuple[Any, ...]:
    """The fields of `fieldNames`, which may be of linked records; without it, all of the type."""
    with problems_in({"field_names": "fieldNames"}):
        names = query.entries("fieldNames")
        return select_fields(author, schema, field_names=names, related=True, suspended=True)


def _matching(query: Query, author: Author, schema: ObjectSchema) -> SearchRequest:
    """Which records are asked for, and which page."""
    return SearchRequest(
        fields=(),
        query=_filters(author, schema, query.rest),
        search=query.text("search") or "",
        page=query.page,
        page_size=query.page_size,
        member_id=query.key("memberId"),
        external_id=query.text("externalId"),
        assignment_task_id=query.key("assignmentTaskId"),
        has_task=not query.flag(TASK_IS_NULL) if TASK_IS_NULL in query.sent else None,
        cancelled=query.flag("cancelled") if "cancelled" in query.sent else None,
        archived=query.flag("archived"),
        plain=True,
    )


def _filters(author: Author, schema: ObjectSchema, sent: Sequence[tuple[str, str]]) -> AllOf:
    """The conditions of a list; what is wrong with one is told by the key that was sent."""
    meant = [_moment_filter(each) for each in sent]
    words = {told: key for (told, _), (key, _) in zip(meant, sent, strict=True)}
    try:
        return parse_slug_filters(author, schema, meant)
    except InvalidInput as error:
        raise error.renamed(words) from None


def _moment_filter(sent: tuple[str, str]) -> tuple[str, str]:
    """A condition on a record's own moments, by the slugs of the fields that hold them."""
    key, text = sent
    name, _, operator = key.rpartition("__")
    return (
        (f"{SORTED[name]}__{operator}", text) if name in SORTED and operator in COMPARED else sent
    )


def _ordering(query: Query) -> tuple[str, ...]:
    order = query.choice("sortOrder", ("asc", "desc"))
    by = query.text("sortBy")
    if by is None:
        by, order = "createdAt", order if "sortOrder" in query.sent else "desc"
    if by.startswith("-"):
        raise InvalidInput("name a field; sortOrder says which way.", at="sortBy")
    return (("-" if order == "desc" else "") + SORTED.get(by, by),)
