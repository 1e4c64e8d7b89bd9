"""The records of a list as a file, with what they have beside their values: numbers, external ids,
members and times."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Any

import orjson

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, has_scope
from records.services.catalogue import MemberSpec, ObjectSchema
from records.services.reading import RecordView, local_time
from records.services.search import SearchRequest
from records.services.storage import SpooledFile

from .cells import escaped
from .table_export import CONTENT_TYPES, Search, read_views, shown_cells, write_workbook

Beside = Callable[[RecordView], Any]


def export_listing(
    author: Author, schema: ObjectSchema, request: SearchRequest, form: str, search: Search
) -> IO[bytes]:
    """The records that a search finds, as `csv`, `xlsx` or `jsonl`, whole when this returns.

    A field that has the name of a column beside the values stands in its place. Emails of other
    members are left out for keys that may not read members. Values in JSON lines are plain.
    """
    if form not in CONTENT_TYPES:
        raise InvalidInput(f"expected one of {', '.join(CONTENT_TYPES)}.", at="format")
    asked = replace(request, plain=form == "jsonl")
    views = read_views(author, schema, asked, search)
    beside = _beside(author, request.fields)
    target = SpooledFile()
    try:
        if form == "jsonl":
            for line in _lines(request.fields, beside, views):
                target.write(line)
        else:
            rows = _rows(author, request.fields, beside, views, in_sheet=form == "xlsx")
            _write(rows, [*beside, *(spec.name for spec in request.fields)], target, form)
        return target.as_file()
    # Ctrl-C too: a cancelled export must not leave its file behind.
    except BaseException:
        target.close()
        raise


def _beside(author: Author, fields: Sequence[FieldSpec]) -> dict[str, Beside]:
    """The columns beside the values, in order."""
    zone = author.workspace.zone
    tells_members = has_scope(author, "members", "read")

    def email(view: RecordView) -> Any:
        member: MemberSpec | None = view.member
        if member is None or not (tells_members or member.id == author.member.id):
            return None
        return member.json.get("email") or None

    columns: dict[str, Beside] = {
        "id": lambda view: view.row.id or None,
        "externalId": lambda view: None if view.row.external_source else view.row.external_id,
        "memberId": lambda view: view.row.member_id,
        "memberEmail": email,
        "assignmentTaskId": lambda view: view.row.assignment_task_id,
        "createdAt": lambda view: local_time(view.row.created_at, zone),
        "updatedAt": lambda view: local_time(view.row.updated_at, zone),
    }
    taken = {spec.name for spec in fields}
    return {name: read for name, read in columns.items() if name not in taken}


def _lines(
    fields: Sequence[FieldSpec], beside: dict[str, Beside], views: Iterable[RecordView]
) -> Iterator[bytes]:
    for view in views:
        about = {name: read(view) for name, read in beside.items()}
        values = {spec.name: view.values.get(spec.id) for spec in fields}
        yield orjson.dumps({**about, **values}) + b"\n"


def _rows(
    author: Author,
    fields: Sequence[FieldSpec],
    beside: dict[str, Beside],
    views: Iterable[RecordView],
    *,
    in_sheet: bool,
) -> Iterator[list[Any]]:
    yield [*beside, *(escaped(spec.name) for spec in fields)]
    cells = shown_cells(author, fields, in_sheet=in_sheet)
    for view in views:
        yield [*(_cell(read(view)) for read in beside.values()), *cells(view)]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    return escaped(value) if isinstance(value, str) else value


def _write(
    rows: Iterator[list[Any]], labels: Sequence[str], target: SpooledFile, form: str
) -> None:
    if form == "xlsx":
        write_workbook(rows, labels, target)
        return
    with target.open_text() as text:
        csv.writer(text).writerows(rows)
