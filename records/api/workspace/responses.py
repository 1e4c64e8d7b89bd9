"""Records, pages, changes and data types as callers of the Workspace API read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.etags import is_known, tagged
from records.services.access import Author, told_fields
from records.services.catalogue import FieldSpec
from records.services.feed import Change
from records.services.reading import (
    HistoryEntry,
    RecordView,
    RelatedField,
    local_time,
    select_fields,
    view_records,
)
from records.services.shaping import DataType
from records.services.writing import SaveResult

from .fields import field_row

Fields = Sequence[FieldSpec]


# ---------------------------------------------------------------- records


def record_row(view: RecordView, fields: Fields, zone: ZoneInfo) -> dict[str, Any]:
    """DataRecordResponse."""
    row, values = view.row, view.values
    return {
        "id": row.id or None,  # an upstream's id need not be a number
        "uuid": row.uuid,
        "dataTypeId": view.schema.id,
        "memberId": row.member_id,
        "externalId": row.external_id if not row.external_source else None,
        "assignmentTaskId": row.assignment_task_id,
        "cancelled": row.cancelled_at is not None,
        "fieldValues": {spec.name: values.get(spec.id) for spec in fields},
        "createdAt": local_time(row.created_at, zone),
        "updatedAt": local_time(row.updated_at, zone),
        "version": row.version,
    }


def record_detail(view: RecordView, fields: Fields, zone: ZoneInfo) -> dict[str, Any]:
    """DataRecordResponse of a single record, which says why its formulas have no value."""
    row, errors = record_row(view, fields, zone), view.formula_errors
    if errors:
        row["formulaErrors"] = {spec.name: reason for spec, reason in errors.items()}
    return row


def record_answer(
    request: HttpRequest, author: Author, view: RecordView, fields: Fields
) -> HttpResponse:
    """One record, unless the caller has this version of it."""
    tag = tagged(view.version)
    # Other records' values change without this one's version.
    alone = not any(isinstance(spec, RelatedField) for spec in fields)
    if alone and is_known(request, view.version):
        return empty_answer(304, tag)
    return json_answer(record_detail(view, fields, author.workspace.zone), 200, tag)


def saved_rows(author: Author, results: Sequence[SaveResult]) -> list[dict[str, Any]]:
    """Records of one type after a write."""
    if not results:
        return []
    fields = select_fields(author, results[0].schema, suspended=True)
    zone = author.workspace.zone
    return [record_row(view, fields, zone) for view in _saved_views(author, results, fields)]


def saved_answer(author: Author, result: SaveResult, status: int = 200) -> HttpResponse:
    """One record after a write."""
    fields = select_fields(author, result.schema, suspended=True)
    (view,) = _saved_views(author, [result], fields)
    content = record_detail(view, fields, author.workspace.zone)
    return json_answer(content, status, tagged(result.record.version))


def _saved_views(author: Author, results: Sequence[SaveResult], fields: Fields) -> list[RecordView]:
    schema = results[0].schema
    return view_records(author, schema, [result.record for result in results], fields, plain=True)


# ---------------------------------------------------------------- pages


def page_content(
    items: Sequence[Any], total: int | None, page: int, size: int, **more: Any
) -> dict[str, Any]:
    return {"items": items, "total": total, "page": page, "pageSize": size, **more}


def change_row(author: Author, record_id: int, entry: HistoryEntry) -> dict[str, Any]:
    """One write to a record, and what it did to each field."""
    return {
        "id": entry.id,
        "recordId": record_id,
        "action": entry.action,
        "memberId": entry.member_id,
        "source": entry.source,
        "requestId": entry.request_id,
        "version": entry.version,
        "changes": {
            change.field.name: {"old": change.old, "new": change.new} for change in entry.changes
        },
        "createdAt": local_time(entry.created, author.workspace.zone),
    }


def feed_row(author: Author, change: Change) -> dict[str, Any]:
    """One entry of the change feed."""
    what = change.definition
    return {
        "action": change.action,
        "dataTypeId": change.object_id,
        "dataType": change.object_slug,
        "recordId": change.record_id,
        "version": change.version,
        "externalId": change.external_id if not change.external_source else None,
        "recordMemberId": None if change.record_member is None else change.record_member.id,
        "fields": change.fields,
        "operationId": change.operation_id,
        "source": change.source,
        "memberId": None if change.member is None else change.member.id,
        "apiKeyId": change.api_key_id,
        "reason": change.reason,
        "createdAt": local_time(change.created, author.workspace.zone),
        "definition": None
        if what is None
        else {
            "kind": what.kind,
            "change": what.change,
            "id": what.key,
            "slug": what.slug,
            "name": what.label,
        },
    }


# ---------------------------------------------------------------- data types


def data_type_row(author: Author, found: DataType, *, full: bool = False) -> dict[str, Any]:
    """DataTypeResponse; `full`: options with their ids."""
    zone = author.workspace.zone
    return {
        "id": found.id,
        "uuid": found.uuid,
        "name": found.name,
        "slug": found.slug,
        "description": found.description,
        "prompt": found.prompt,
        "isCollection": found.is_collection,
        "isPinned": found.is_pinned,
        "archived": found.archived,
        "recordCount": found.record_count,
        "fields": [
            field_row(found.schema, spec, full=full)
            for spec in told_fields(author, found.schema, select_fields(author, found.schema))
        ],
        "createdAt": local_time(found.created_at, zone),
        "updatedAt": local_time(found.updated_at, zone),
    }
