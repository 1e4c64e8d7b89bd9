"""What callers of the Records API send, read into the shapes of the core. Its rules are the core's
business."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest

from records.api import parameters
from records.api.bodies import listed, read_object
from records.api.etags import NO_VERSION, expected_versions
from records.api.pagination import KEYS as PAGE_KEYS
from records.api.pagination import PageRequest, page_request
from records.exceptions import InvalidInput, InvalidValues, Problem
from records.services.access import Author, named_member
from records.services.catalogue import ObjectSchema
from records.services.operations import home_of
from records.services.reading import (
    RecordView,
    RelatedField,
    external_key,
    get_record_by_external_id,
    select_fields,
)
from records.services.search import AggregateRequest, SearchRequest
from records.services.writing import NO_ATTRIBUTES, Attributes, FieldEntry, SaveRequest

from .filter_groups import GROUP_KEYS, asked_groups

ENTRY_KEYS = frozenset(FieldEntry.__dataclass_fields__)
MAX_ENTRIES = 1000  # an object has at most 500 fields, and each may be listed once
EXTERNAL_KEYS = ("external_id", "external_source", "member_id")
ARCHIVED_CHOICES = ("prompt", "unarchive", "overwrite")
UPSERT_KEYS = (
    "lookup_value",
    "match_field",
    "oncreate_unarchive",
    "onupdate_archived_conflict",
    *EXTERNAL_KEYS,
)


# ---------------------------------------------------------------- writes


@dataclass(frozen=True, slots=True)
class WriteBody:
    """The body of a write: the field entries, and what else it may say."""

    entries: list[FieldEntry]
    content: Mapping[str, Any]

    def choice(self, key: str, choices: tuple[str, ...]) -> str | None:
        """One of a few words, or nothing."""
        value = self.content.get(key)
        if value is None or (isinstance(value, str) and value in choices):
            return value
        raise InvalidInput(f"expected null or one of {', '.join(choices)}.", at=key)


def write_body(request: HttpRequest, *keys: str, fields_required: bool = True) -> WriteBody:
    """The body of a write, which may have `fields` and these keys."""
    content = read_object(request, ("fields", *keys))
    if "fields" not in content:
        if fields_required:
            raise InvalidInput("this key is required.", "required", at="fields")
        return WriteBody([], content)
    return WriteBody(field_entries(content["fields"]), content)


def field_entries(raw: Any) -> list[FieldEntry]:
    """The entries of a `fields` array; InvalidValues names every one that is no entry."""
    if not isinstance(raw, list):
        raise InvalidInput("expected a list.", at="fields")
    if len(raw) > MAX_ENTRIES:
        raise InvalidInput(f"at most {MAX_ENTRIES} entries.", "limit_exceeded", at="fields")
    problems = []
    entries = []
    for at, entry in enumerate(raw):
        if not isinstance(entry, dict):
            problems.append(f"fields[{at}]: expected an object.")
        elif unknown := entry.keys() - ENTRY_KEYS:
            problems.append(f"fields[{at}]: unknown keys {listed(sorted(unknown))}.")
        else:
            entries.append(FieldEntry(**entry))
    if problems:
        raise InvalidValues(
            [], [Problem("", "invalid", message) for message in problems], size=len(raw)
        )
    return entries


def text(content: Mapping[str, Any], key: str) -> str | None:
    """A text of the body, or None; NUL is in no text that is stored."""
    value = content.get(key)
    if value is not None and (not isinstance(value, str) or "\x00" in value):
        raise InvalidInput("expected a string.", at=key)
    return value


def lookup_value(content: Mapping[str, Any]) -> Any:
    """What an upsert looks for: a text, or a number that stands for one."""
    value = content.get("lookup_value")
    if value is None:
        raise InvalidInput("this key is required.", "required", at="lookup_value")
    return text(content, "lookup_value") if isinstance(value, str) else value


def attributes(author: Author, content: Mapping[str, Any]) -> Attributes:
    """What a write says of the record's member and of its external id; null takes them away."""
    given = _external(content)
    if "member_id" not in content:
        return given
    return replace(given, member_id=named_member(author, content["member_id"]))


def _external(content: Mapping[str, Any]) -> Attributes:
    sent, source = content.get("external_id"), content.get("external_source")
    if sent is not None:
        return Attributes(external=external_key(sent, "" if source is None else source))
    if source is not None:
        raise InvalidInput(
            "says where an external_id comes from; send that too.", "required", at="external_source"
        )
    return Attributes(external=None) if "external_id" in content else NO_ATTRIBUTES


def upsert_attributes(
    author: Author, schema: ObjectSchema, save: SaveRequest, content: Mapping[str, Any]
) -> Attributes:
    """What an upsert says of the record's external id, beside the one that it may match on."""
    matched = None if save.external is None else save.external.id
    if schema.external is not None:
        matched = save.match_value
    if matched is None:
        return attributes(author, content)
    if content.get("external_id") not in (None, matched):
        raise InvalidInput("differs from lookup_value, the external id.", at="external_id")
    return attributes(author, {"member_id": content["member_id"]} if "member_id" in content else {})


def id_list(content: Mapping[str, Any], key: str) -> list[Any] | None:
    """A list of the body, or None; the core says which of its entries it does not know."""
    value = content.get(key)
    if value is not None and not isinstance(value, list):
        raise InvalidInput("expected a list.", at=key)
    return value


def expected_version(
    request: HttpRequest, author: Author, schema: ObjectSchema, record: str
) -> int | None:
    """The version that `If-Match` lets the record be changed at; None for any."""
    versions = expected_versions(request, schema)
    if versions is None:
        return None
    # A record that lives elsewhere has no version to choose by: any is refused alike.
    if len(versions) > 1 and schema.external is None:
        versions &= {
            home_of(schema).get_record_in_any_state(author, schema, record, ()).version
        }  # an archived one may come back
    return next(iter(versions), NO_VERSION)


# ---------------------------------------------------------------- reads


def requested_fields(author: Author, schema: ObjectSchema, request: HttpRequest) -> tuple[Any, ...]:
    """The fields that a retrieve or a lookup asks for; with `all_fields`, empty lists of ids or
    names ask for all, as no list does."""
    if not request.GET:
        return select_fields(author, schema)
    named = [parameters.csv(request, name) for name in ("field_ids", "field_names")]
    if parameters.flag(request, "all_fields"):
        named = [keys or None for keys in named]
    field_ids, field_names = named
    return select_fields(
        author,
        schema,
        field_ids=field_ids,
        field_names=field_names,
        categories=parameters.csv(request, "field_category"),
        include_hidden=parameters.flag(request, "include_hidden_fields"),
        related=True,
    )


def check_own(fields: Iterable[Any]) -> None:
    """InvalidInput for fields of linked records, of which nobody asks how they were."""
    names = [spec.name for spec in fields if isinstance(spec, RelatedField)]
    if names:
        raise InvalidInput(
            f"{', '.join(names)}: as_of shows a record's own fields.", at="field_names"
        )


def named_fields(
    author: Author, schema: ObjectSchema, content: Mapping[str, Any]
) -> tuple[Any, ...]:
    """The fields that a body asks for by id or name; without any, all."""
    return select_fields(
        author,
        schema,
        field_ids=id_list(content, "field_ids"),
        field_names=id_list(content, "field_names"),
        related=True,
    )


def looked_up_fields(author: Author, schema: ObjectSchema, request: HttpRequest) -> tuple[Any, ...]:
    """As a retrieve's; `all_fields=false` leaves the default fields where none are named."""
    named = "field_ids" in request.GET or "field_names" in request.GET
    if not named and not parameters.flag(request, "all_fields", default=True):
        return select_fields(author, schema, field_ids=())
    return requested_fields(author, schema, request)


def looked_up_by_name(author: Author, schema: ObjectSchema, request: HttpRequest) -> RecordView:
    """The record that a lookup in its older spelling names, by its identifier."""
    name = request.GET.get("name", "")
    if not name:
        raise InvalidInput("this parameter is required.", "required", at="name")
    fields = looked_up_fields(author, schema, request)
    return home_of(schema).get_record_by_identifier(author, schema, name, fields)


def looked_up(author: Author, schema: ObjectSchema, request: HttpRequest) -> RecordView:
    """The record that a lookup names, by its identifier or by its external id."""
    identifier, external_id = (request.GET.get(name, "") for name in ("identifier", "external_id"))
    if bool(identifier) == bool(external_id):
        raise InvalidInput("send either identifier or external_id.", "required", at="identifier")
    fields = looked_up_fields(author, schema, request)
    source = request.GET.get("external_source", "")
    # Where records live elsewhere, their only identifier is the external id.
    if external_id and schema.external is None:
        key = external_key(external_id, source)
        return get_record_by_external_id(
            author, schema, key.id, fields, source=key.source, plain=False
        )
    return home_of(schema).get_record_by_identifier(
        author, schema, identifier or external_id, fields
    )


# ---------------------------------------------------------------- moves

NEIGHBOURS = ("move_before_record_id", "move_after_record_id")

# ---------------------------------------------------------------- searches

_IN_QUERY_TOO = (*PAGE_KEYS, "ordering", "search", "cursor", "count")
_LISTS = ("field_names", "field_ids", "search_within_field_names", "search_within_field_ids")
SEARCH_KEYS = (
    *("query", "and", "invalid", "cancelled", "archived", "member_id"),
    *_LISTS,
    *_IN_QUERY_TOO,
    *GROUP_KEYS,
)
AGGREGATE_KEYS = (
    *("aggregate", "group_by"),
    *(key for key in SEARCH_KEYS if key not in ("field_names", "field_ids", "cursor", "count")),
)


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """A search as the core takes it, and the page it is for; whether it is walked by cursor, and
    names its fields."""

    request: SearchRequest
    page: PageRequest
    by_cursor: bool
    names_fields: bool


def asked_search(request: HttpRequest, author: Author, schema: ObjectSchema) -> AskedSearch:
    """A search, from the query string and the body, which must be right even where the query string
    wins."""
    body = read_object(request, SEARCH_KEYS)
    content, page = _content(request, body)
    cursor = text(content, "cursor")
    lists = {key: id_list(content, key) for key in _LISTS}
    asked = replace(
        _matching(request, author, schema, content, page),
        fields=_search_fields(author, schema, lists["field_ids"], lists["field_names"]),
        cursor=cursor or None,
        count=_counts(content) and cursor is None,
    )
    names_fields = lists["field_ids"] is not None or lists["field_names"] is not None
    return AskedSearch(asked, page, cursor is not None, names_fields)


def asked_aggregates(
    request: HttpRequest, author: Author, schema: ObjectSchema
) -> tuple[AggregateRequest, PageRequest]:
    """Figures of what a search finds, from the query string and the body; the page is one of
    groups."""
    body = read_object(request, AGGREGATE_KEYS)
    content, page = _content(request, body)
    asked = _matching(request, author, schema, content, page)
    return AggregateRequest(asked, content.get("aggregate"), content.get("group_by")), page


def _content(request: HttpRequest, body: Mapping[str, Any]) -> tuple[dict[str, Any], PageRequest]:
    """The body, with what the query string has instead, and the page."""
    _check_words(body)
    in_query = (*_IN_QUERY_TOO, *GROUP_KEYS)
    content = {**body, **{key: request.GET[key] for key in in_query if key in request.GET}}
    return content, page_request(request, body)


def _matching(
    request: HttpRequest,
    author: Author,
    schema: ObjectSchema,
    content: Mapping[str, Any],
    page: PageRequest,
) -> SearchRequest:
    """Which records are asked for, in which order, and which page."""
    _flag(content, "invalid")  # of a filter builder, without effect
    lists = {key: id_list(content, key) for key in _LISTS}
    _check_overruled(lists)
    return SearchRequest(
        fields=(),
        query=content.get("query"),
        match_all=_flag(content, "and") is not False,
        conditions=asked_groups(author, schema, content),
        ordering=_ordering(content.get("ordering")),
        search=text(content, "search") or "",
        within_ids=lists["search_within_field_ids"],
        within_names=lists["search_within_field_names"],
        page=page.number,
        page_size=page.size,
        cancelled=_flag(content, "cancelled"),
        archived=_archived(request, content),
        member_id=named_member(author, content.get("member_id")),
    )


def _archived(request: HttpRequest, content: Mapping[str, Any]) -> bool:
    """Whether archived records are searched instead, as the query string or else the body says."""
    sent = _flag(content, "archived")
    return parameters.flag(request, "archived", default=bool(sent))


def _check_words(body: Mapping[str, Any]) -> None:
    """InvalidInput for one of the keys that the query string may have too."""
    for key in ("search", "cursor"):
        text(body, key)
    _ordering(body.get("ordering"))
    _counts(body)


def _check_overruled(lists: Mapping[str, list[Any] | None]) -> None:
    """InvalidInput for a list of names with something else in it. Where ids are given they win, and
    nothing looks for the names."""
    for key in ("field_names", "search_within_field_names"):
        overruled = lists[key] if lists[key.replace("names", "ids")] is not None else None
        if not all(isinstance(name, str) for name in overruled or ()):
            raise InvalidInput("expected a list of API names.", at=key)


def _flag(content: Mapping[str, Any], key: str) -> bool | None:
    value = content.get(key)
    if value is not None and not isinstance(value, bool):
        raise InvalidInput("expected true or false.", at=key)
    return value


def _search_fields(
    author: Author, schema: ObjectSchema, ids: list[Any] | None, names: list[Any] | None
) -> tuple[Any, ...]:
    """Here an empty list is no fields at all."""
    if (names if ids is None else ids) == []:
        return ()
    return select_fields(author, schema, field_ids=ids, field_names=names, related=True)


def _ordering(raw: Any) -> tuple[str, ...]:
    if raw is None:
        return ()
    if isinstance(raw, str):
        return tuple(parameters.split(raw))
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise InvalidInput("expected API names, separated by commas or in a list.", at="ordering")
    return tuple(raw)


def _counts(content: Mapping[str, Any]) -> bool:
    asked = content.get("count", "exact")
    if asked not in ("exact", "none"):
        raise InvalidInput("expected exact or none.", at="count")
    return bool(asked == "exact")
