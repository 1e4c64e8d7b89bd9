"""What callers of the Records API send, read into the shapes of the core. Its rules are the core's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from records.api import parameters
from records.api.bodies import listed, read_object
from records.api.etags import NO_VERSION, expected_versions
from records.api.pagination import KEYS as PAGE_KEYS
from records.api.pagination import PageRequest, page_request
from records.exceptions import InvalidInput, InvalidValues, Problem
from records.services.access import Author
from records.services.archive import get_record_in_any_state
from records.services.object_schema import ObjectSchema
from records.services.read import select_fields
from records.services.search import SearchRequest
from records.services.write import FieldEntry

ENTRY_KEYS = frozenset(FieldEntry.__dataclass_fields__)
MAX_ENTRIES = 1000  # an object has at most 500 fields, and each may be listed once
ARCHIVED_CHOICES = ("prompt", "unarchive", "overwrite")
UPSERT_KEYS = ("lookup_value", "match_field", "oncreate_unarchive", "onupdate_archived_conflict")


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
        raise InvalidInput(f"{key}: expected null or one of {', '.join(choices)}.")


def write_body(request: HttpRequest, *keys: str, fields_required: bool = True) -> WriteBody:
    """The body of a write, which may have `fields` and these keys."""
    content = read_object(request, ("fields", *keys))
    if "fields" not in content:
        if fields_required:
            raise InvalidInput("fields: this key is required.", "required")
        return WriteBody([], content)
    return WriteBody(field_entries(content["fields"]), content)


def field_entries(raw: Any) -> list[FieldEntry]:
    """The entries of a `fields` array; InvalidValues names every one that is no entry."""
    if not isinstance(raw, list):
        raise InvalidInput("fields: expected a list.")
    if len(raw) > MAX_ENTRIES:
        raise InvalidInput(f"fields: at most {MAX_ENTRIES} entries.", "limit_exceeded")
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
        raise InvalidValues([], [Problem("", "invalid", message) for message in problems], size=len(raw))
    return entries


def text(content: Mapping[str, Any], key: str) -> str | None:
    """A text of the body, or None; NUL is in no text that is stored."""
    value = content.get(key)
    if value is not None and (not isinstance(value, str) or "\x00" in value):
        raise InvalidInput(f"{key}: expected a string.")
    return value


def lookup_value(content: Mapping[str, Any]) -> Any:
    """What an upsert looks for: a text, or a number that stands for one."""
    value = content.get("lookup_value")
    if value is None:
        raise InvalidInput("lookup_value: this key is required.", "required")
    return text(content, "lookup_value") if isinstance(value, str) else value


def id_list(content: Mapping[str, Any], key: str) -> list[Any] | None:
    """A list of the body, or None; the core says which of its entries it does not know."""
    value = content.get(key)
    if value is not None and not isinstance(value, list):
        raise InvalidInput(f"{key}: expected a list.")
    return value


def expected_version(request: HttpRequest, author: Author, schema: ObjectSchema, record: str) -> int | None:
    """The version that `If-Match` lets the record be changed at; None for any."""
    versions = expected_versions(request)
    if versions is None:
        return None
    if len(versions) > 1:
        versions &= {get_record_in_any_state(author, schema, record, ()).version}  # an archived one may come back
    return next(iter(versions), NO_VERSION)


# ---------------------------------------------------------------- reads


def requested_fields(author: Author, schema: ObjectSchema, request: HttpRequest) -> tuple[Any, ...]:
    """The fields that a retrieve or a lookup asks for."""
    if not request.GET:
        return select_fields(author, schema)
    return select_fields(
        author,
        schema,
        field_ids=parameters.csv(request, "field_ids"),
        field_names=parameters.csv(request, "field_names"),
        categories=parameters.csv(request, "field_category"),
        include_hidden=parameters.flag(request, "include_hidden_fields"),
    )


def looked_up_fields(author: Author, schema: ObjectSchema, request: HttpRequest) -> tuple[Any, ...]:
    """As a retrieve's; `all_fields=false` leaves the default fields where none are named."""
    named = "field_ids" in request.GET or "field_names" in request.GET
    if not named and not parameters.flag(request, "all_fields", default=True):
        return select_fields(author, schema, field_ids=())
    return requested_fields(author, schema, request)


# ---------------------------------------------------------------- searches

_IN_QUERY_TOO = (*PAGE_KEYS, "ordering", "search", "cursor", "count")
_LISTS = ("field_names", "field_ids", "search_within_field_names", "search_within_field_ids")
SEARCH_KEYS = ("query", "and", *_LISTS, *_IN_QUERY_TOO)


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """A search as the core takes it, and the page it is for; whether it is walked by cursor, and names its fields."""

    request: SearchRequest
    page: PageRequest
    by_cursor: bool
    names_fields: bool


def asked_search(request: HttpRequest, author: Author, schema: ObjectSchema) -> AskedSearch:
    """A search, from the query string and the body; the query string wins."""
    body = read_object(request, SEARCH_KEYS)
    content = {**body, **{key: request.GET[key] for key in _IN_QUERY_TOO if key in request.GET}}
    page = page_request(request, body)
    cursor = text(content, "cursor")
    lists = {key: id_list(content, key) for key in _LISTS}
    asked = SearchRequest(
        fields=_search_fields(author, schema, lists["field_ids"], lists["field_names"]),
        query=content.get("query"),
        match_all=_match_all(content),
        ordering=_ordering(content.get("ordering")),
        search=text(content, "search") or "",
        within_ids=lists["search_within_field_ids"],
        within_names=lists["search_within_field_names"],
        page=page.number,
        page_size=page.size,
        cursor=cursor or None,
        count=_counts(content) and cursor is None,
    )
    names_fields = lists["field_ids"] is not None or lists["field_names"] is not None
    return AskedSearch(asked, page, cursor is not None, names_fields)


def _match_all(content: Mapping[str, Any]) -> bool:
    match_all = content.get("and")
    if match_all is not None and not isinstance(match_all, bool):
        raise InvalidInput("and: expected true or false.")
    return match_all is not False


def _search_fields(
    author: Author, schema: ObjectSchema, ids: list[Any] | None, names: list[Any] | None
) -> tuple[Any, ...]:
    """Here an empty list is no fields at all."""
    if (names if ids is None else ids) == []:
        return ()
    return select_fields(author, schema, field_ids=ids, field_names=names)


def _ordering(raw: Any) -> tuple[str, ...]:
    if raw is None:
        return ()
    if isinstance(raw, str):
        return tuple(parameters.split(raw))
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        raise InvalidInput("ordering: expected API names, separated by commas or in a list.")
    return tuple(raw)


def _counts(content: Mapping[str, Any]) -> bool:
    asked = content.get("count", "exact")
    if asked not in ("exact", "none"):
        raise InvalidInput("count: expected exact or none.")
    return bool(asked == "exact")
