"""Many records of one object in one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import JsonBody, listed, read_object
from records.exceptions import InvalidInput, RecordsError
from records.services.access import Author, get_schema
from records.services.operations import (
    BatchItem,
    BatchMode,
    BatchRules,
    home_of,
    save_batch,
)
from records.services.reading import FoundRecords, RecordNames, external_key
from records.services.storage import ExternalKey
from records.services.writing import Outcome, Refused

from . import documentation
from .requests import (
    ARCHIVED_CHOICES,
    EXTERNAL_KEYS,
    WriteBody,
    attributes,
    field_entries,
    id_list,
    named_fields,
    text,
)
from .responses import batch_content, record_row
from .viewsets import RecordsViewSet

MAX_ITEMS = 1000
KEYS = ("mode", "match_field", "on_error", "unarchive", "archived_conflict", "items")
ITEM_KEYS = ("id", "lookup_value", *EXTERNAL_KEYS, "if_version", "fields")
NAME_KEYS = ("ids", "names", "external_ids")
MAX_VERSION = 2**63 - 1


class BatchRefused(InvalidInput):
    """Nothing was stored, as some items were refused; `content` says which."""

    def __init__(self, author: Author, outcomes: Sequence[Outcome | None]) -> None:
        failed = sum(isinstance(outcome, RecordsError) for outcome in outcomes)
        super().__init__(f"Nothing was stored: {failed} of {len(outcomes)} items were refused.")
        self.content = batch_content(author, outcomes)


class BatchViewSet(RecordsViewSet):
    """Writing and reading many records."""

    reads = frozenset({"batch_get"})

    @documentation.batch
    def batch(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        body = WriteBody([], read_object(request, KEYS))
        mode = BatchMode(_required(body, "mode", tuple(BatchMode)))
        all_or_none = (body.choice("on_error", ("stop", "continue")) or "stop") == "stop"
        rules = BatchRules(
            text(body.content, "match_field"),
            body.choice("unarchive", ARCHIVED_CHOICES),
            body.choice("archived_conflict", ("overwrite",)),
        )
        items = [_item(self.author, sent) for sent in _items(body.content)]
        try:
            outcomes = save_batch(self.author, schema, mode, items, rules, all_or_none=all_or_none)
        except Refused as refused:
            places = range(len(items))
            raise BatchRefused(self.author, [refused.outcomes.get(at) for at in places]) from None
        return json_answer(batch_content(self.author, outcomes))

    @documentation.batch_get
    def batch_get(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        sent = read_object(request, (*NAME_KEYS, "external_source", "field_names", "field_ids"))
        names = _names(sent)
        fields = named_fields(self.author, schema, sent)
        found = home_of(schema).get_records(self.author, schema, names, fields)
        return json_answer(_found_content(names, found))

    def refuse(self, error: RecordsError) -> HttpResponse:
        if isinstance(error, BatchRefused):
            return json_answer(
                {"detail": error.detail, "code": error.code, **error.content}, status=400
            )
        return super().refuse(error)


# ---------------------------------------------------------------- what is written


def _required(body: WriteBody, key: str, choices: tuple[str, ...]) -> str:
    chosen = body.choice(key, choices)
    if chosen is None:
        raise InvalidInput(f"expected one of {', '.join(choices)}.", "required", at=key)
    return chosen


def _items(content: Mapping[str, Any]) -> list[Any]:
    items = id_list(content, "items")
    if not items:
        raise InvalidInput("send at least one item.", "required", at="items")
    if len(items) > MAX_ITEMS:
        raise InvalidInput(f"at most {MAX_ITEMS} items.", "limit_exceeded", at="items")
    return items


def _item(author: Author, sent: Any) -> BatchItem | RecordsError:
    """An item as it was sent, or what is wrong with it."""
    try:
        return _read_item(author, sent)
    except InvalidInput as error:
        return error


def _read_item(author: Author, sent: Any) -> BatchItem:
    if not isinstance(sent, dict):
        raise InvalidInput("expected an object.")
    unknown = sorted(sent.keys() - set(ITEM_KEYS))
    if unknown:
        raise InvalidInput(f"unknown keys {listed(unknown)}.")
    return BatchItem(
        field_entries(sent["fields"]) if "fields" in sent else (),
        JsonBody(sent).text("id") or None,
        sent.get("lookup_value"),
        attributes(author, sent),
        _version(sent.get("if_version")),
    )


def _version(sent: Any) -> int | None:
    if sent is not None and (type(sent) is not int or not 0 <= sent <= MAX_VERSION):
        raise InvalidInput("expected the number of a version.", at="if_version")
    return sent


# ---------------------------------------------------------------- what is read


def _names(sent: Mapping[str, Any]) -> RecordNames:
    listed = {key: id_list(sent, key) or [] for key in NAME_KEYS}
    for key, names in listed.items():
        for at, name in enumerate(names):
            if not isinstance(name, str):
                raise InvalidInput("expected a string.", at=(key, at))
    count = sum(map(len, listed.values()))
    if not count:
        raise InvalidInput(f"name records by {', '.join(NAME_KEYS)}.", "required")
    if count > MAX_ITEMS:
        raise InvalidInput(f"at most {MAX_ITEMS} records.", "limit_exceeded")
    return RecordNames(listed["ids"], listed["names"], _external(sent, listed["external_ids"]))


def _external(sent: Mapping[str, Any], ids: Sequence[str]) -> list[ExternalKey]:
    source = text(sent, "external_source") or ""
    keys = []
    for at, name in enumerate(ids):
        try:
            keys.append(external_key(name, source))
        except InvalidInput as error:
            raise InvalidInput(error.reason, error.code, at=("external_ids", at)) from None
    return keys


def _found_content(names: RecordNames, found: FoundRecords) -> dict[str, Any]:
    """The records that were found, each once, in the order asked; and the names of none."""
    asked = (names.uuids, names.identifiers, [key.id for key in names.external])
    views = {view.uuid: view for views in found for view in views if view is not None}
    return {
        "results": [record_row(view) for view in views.values()],
        "missing": {
            key: [name for name, view in zip(sent, views_of, strict=True) if view is None]
            for key, sent, views_of in zip(NAME_KEYS, asked, found, strict=True)
        },
    }
