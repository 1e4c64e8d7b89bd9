"""Merging records, and finding those that may have to be merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.api.bodies import JsonBody, read_object
from records.api.pagination import page_content, page_request
from records.exceptions import InvalidInput, InvalidValues, Problem, located
from records.services.access import get_schema
from records.services.catalogue import FieldSpec
from records.services.merging import Merge, merge_records
from records.services.reading import RecordView, local_time
from records.services.search import DuplicateGroup, find_duplicates

from . import documentation
from .merge_schemas import MAX_DUPLICATES
from .requests import id_list
from .responses import saved_answer
from .viewsets import RecordsViewSet

MERGE_KEYS = ("into", "from", "rules", "if_version")
DUPLICATES_KEYS = ("fields", "normalise", "page", "page_size")
MAX_VERSION = 2**63 - 1


class MergingViewSet(RecordsViewSet):
    """The records of an object that are one."""

    writes = frozenset({"merge"})
    reads = frozenset({"duplicates"})
    versioned = frozenset({"merge"})

    @documentation.merge
    def merge(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        asked = read_merge(read_object(request, MERGE_KEYS))
        return saved_answer(self.author, merge_records(self.author, schema, asked), all_fields=True)

    @documentation.duplicates
    def duplicates(self, request: HttpRequest, object_identifier: str) -> HttpResponse:
        schema = get_schema(self.author, object_identifier)
        sent = read_object(request, DUPLICATES_KEYS)
        page = page_request(request, sent, size=MAX_DUPLICATES, most=MAX_DUPLICATES)
        found = find_duplicates(
            self.author,
            schema,
            _texts(sent, "fields"),
            normalise=JsonBody(sent).flag("normalise", default=True),
            page=page.number,
            page_size=page.size,
        )
        zone = self.author.workspace.zone
        rows = [_group(group, found.fields, zone) for group in found.groups]
        return json_answer(page_content(request, rows, page, count=found.count))


# ---------------------------------------------------------------- what is sent


class _MergeBody:
    """The body of a merge, read key by key; `problems` are those of all keys."""

    def __init__(self, sent: Mapping[str, Any]) -> None:
        self.sent = sent
        self.problems: list[Problem] = []

    def refuse(self, reason: str, *place: str | int, code: str = "invalid") -> None:
        self.problems.append(Problem("", code, located(place, reason)))

    def uuid(self, value: Any, *place: str | int) -> str:
        if value is None:
            self.refuse("this key is required.", *place, code="required")
        elif not _is_text(value):
            self.refuse("expected the id of a record.", *place)
        else:
            return str(value)
        return ""

    def uuids(self, key: str) -> list[str]:
        value = self.sent.get(key)
        if value is None:
            self.refuse("this key is required.", key, code="required")
        elif not isinstance(value, list):
            self.refuse("expected a list of ids.", key)
        else:
            return [self.uuid(uuid, key, at) for at, uuid in enumerate(value)]
        return []

    def mapping(self, key: str) -> Mapping[str, Any]:
        value = self.sent.get(key)
        if value is not None and not isinstance(value, dict):
            self.refuse("expected an object.", key)
        return value if isinstance(value, dict) else {}


def read_merge(sent: Mapping[str, Any]) -> Merge:
    """What a caller sends for a merge; InvalidValues names everything that has another type than it
    should."""
    body = _MergeBody(sent)
    into, merged = body.uuid(sent.get("into"), "into"), body.uuids("from")
    rules, versions = body.mapping("rules"), body.mapping("if_version")
    for uuid, version in versions.items():
        if type(version) is not int or not 0 <= version <= MAX_VERSION:
            body.refuse("expected the number of a version.", "if_version", uuid[:80])
    if body.problems:
        raise InvalidValues([], body.problems)
    return Merge(into, merged, rules, versions)


def _is_text(sent: Any) -> bool:
    return isinstance(sent, str) and "\x00" not in sent


def _texts(sent: Mapping[str, Any], key: str) -> list[str]:
    names = id_list(sent, key) or []
    for at, name in enumerate(names):
        if not _is_text(name):
            raise InvalidInput("expected a string.", at=(key, at))
    return names


# ---------------------------------------------------------------- what is answered


def _group(group: DuplicateGroup, fields: Sequence[FieldSpec], zone: ZoneInfo) -> dict[str, Any]:
    held = group.views[0].values if group.views else {}
    return {
        "values": {spec.name: held.get(spec.id) for spec in fields},
        "count": group.count,
        "records": [_record(view, zone) for view in group.views],
    }


def _record(view: RecordView, zone: ZoneInfo) -> dict[str, Any]:
    row = view.row
    return {
        "id": view.uuid,
        "name": view.display_name,
        "external_id": row.external_id,
        "external_source": row.external_source or None,
        "version": view.version,
        "created": local_time(row.created_at, zone),
        "updated": local_time(row.updated_at, zone),
    }
