"""Records as agents read them: `data` by API name, in forms that can be sent back as they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from records.services.access import Author
from records.services.catalogue import COLUMN_FIELDS, FieldSpec, ObjectSchema
from records.services.reading import RecordView, RelatedField, select_fields, view_records
from records.services.writing import SaveResult

MAX_LINKS = 10_000  # links that are completed in one answer


def data_fields(author: Author, schema: ObjectSchema) -> tuple[FieldSpec, ...]:
    """The fields that make up `data`; the times and the display name stand beside it."""
    return tuple(
        spec for spec in select_fields(author, schema) if spec.computed not in COLUMN_FIELDS
    )


def record_content(view: RecordView) -> dict[str, Any]:
    """A record with everything that stands beside its data."""
    row = view.row
    content: dict[str, Any] = {
        "id": view.uuid,
        "record_type": view.schema.name,
        "external_id": row.external_id,
        "external_source": row.external_source or None,
        "version": view.version,
        "data": _data_of(view),
        "created_at": written_time(row.created_at),
        "updated_at": written_time(row.updated_at),
    }
    if view.member is not None:
        content["member_id"] = view.member.uuid
    if row.cancelled_at is not None:
        content["_cancelled"] = True
    if row.state == "archived":
        content["_archived"] = True
    cut = _cut(view)
    if cut:
        content["_more"] = {view.schema.by_id[key].name: total for key, total in cut.items()}
    return content


def whole_contents(
    author: Author, schema: ObjectSchema, views: Sequence[RecordView], fields: Sequence[FieldSpec]
) -> list[dict[str, Any]]:
    """Records whose own links are all there, so that a full write of what was read loses none; as
    far as one answer can hold them."""
    cut = {view.uuid: _own_cut(view) for view in views}
    if 0 < sum(cut.values()) <= MAX_LINKS:
        # The others stay as they are: viewing them again would read what they refer to again.
        rows = [view.row for view in views if cut[view.uuid]]
        whole = view_records(author, schema, rows, fields, whole=True)
        by_uuid = {view.uuid: view for view in whole}
        views = [by_uuid.get(view.uuid, view) for view in views]
    return [record_content(view) | _failures(view) for view in views]


def _failures(view: RecordView) -> dict[str, Any]:
    """Why formulas have no value, if some failed."""
    errors = {spec.name: reason for spec, reason in view.formula_errors.items()}
    return {"_formula_errors": errors} if errors else {}


def saved_content(author: Author, result: SaveResult) -> dict[str, Any]:
    """A record after a write, and what became of it."""
    fields = data_fields(author, result.schema)
    views = view_records(author, result.schema, [result.record], fields)
    return whole_contents(author, result.schema, views, fields)[0] | {"action": result.action}


def _own_cut(view: RecordView) -> int:
    """How many links there are in the record's own lists that are cut."""
    cut = _cut(view)
    return sum(total for key, total in cut.items() if view.schema.by_id[key].mirror_of_id is None)


def _cut(view: RecordView) -> dict[int, int]:
    """The fields that hold more links than are shown, and how many."""
    return {key: total for key, total in view.totals.items() if len(view.values[key]) < total}


def _data_of(view: RecordView) -> dict[str, Any]:
    """The values of a record, each of them whole; blank ones and those that are cut are left
    out."""
    fields, cut = {spec.id: spec for spec in view.fields}, _cut(view)
    return {
        fields[key].name: plain_value(fields[key], value)
        for key, value in view.values.items()
        if key not in cut
    }


def plain_value(spec: FieldSpec, value: Any) -> Any:
    """A value as it stands in `data`, None for none."""
    if value is None:
        return None
    if isinstance(spec, RelatedField) and spec.link.multiple:  # one entry for each linked record
        return [plain_value(spec.target, entry) for entry in value]
    return _plain(spec, value)


def _plain(spec: FieldSpec, value: Any) -> Any:
    """Choices by name; records, members and files by UUID; amounts alone; everything else as it
    is."""
    part = spec.type.sent_by
    if not part:
        return value
    return [item[part] for item in value] if isinstance(value, list) else value[part]


def written_time(when: datetime | None) -> str | None:
    """A moment in ISO 8601, in UTC."""
    return None if when is None else when.isoformat()
