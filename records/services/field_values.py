"""Paging through what one field of one record holds, and through the pipeline records that point at a record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec
from records.models import Field, ObjectKind

from .access import Author, visible_condition, visible_fields, visible_identifier
from .naming import display_key
from .object_schema import ObjectSchema
from .read import RecordView, get_record, view_records
from .record_rows import RECORD_WIDTH, read_record, record_columns
from .related import record_json
from .shown_names import name_is_open, stand_in
from .sql import Fragment, contains, fetch, in_ids, uuid_param, uuid_text


def find_schema_of(author: Author, record_uuid: UUID | str) -> ObjectSchema:
    """The object a live record belongs to; NotFound unless the caller may do something with its records."""
    rows = fetch(
        "SELECT object_id FROM records_record WHERE workspace_id = %s AND uuid = %s AND state = 'active'",
        [author.workspace.id, uuid_param(record_uuid)],
    )
    object_id = rows[0][0] if rows else 0
    if object_id not in author.directory.objects or not author.role.grant(object_id).any:
        raise NotFound
    return author.directory.schema(object_id)


def list_field_values(
    author: Author, record_uuid: UUID | str, field_uuid: UUID | str, search: str, offset: int, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    """How many values a field of a record has, and a page of them.

    Related records in the order of their names, filtered by a part of the name (contacts: or the email); of any
    other field the options, or the value, it holds.
    """
    schema = _schema_of(author, record_uuid, field_uuid)
    field = next((spec for spec in visible_fields(author, schema) if spec.uuid == str(field_uuid)), None)
    if field is None:
        raise NotFound
    view = get_record(author, schema, record_uuid, [] if field.relation_kind else [field])
    term = display_key(search.encode(errors="ignore").decode().replace("\x00", ""))
    if not field.relation_kind:
        found = [item for item in _plain(field, view) if term in display_key(item["display_name"])]
        return len(found), found[offset : offset + limit]
    return _related(author, field, view, term, offset, limit)


def _schema_of(author: Author, record_uuid: UUID | str, field_uuid: UUID | str) -> ObjectSchema:
    """The object of a record; of one that lives elsewhere the field alone tells."""
    try:
        return find_schema_of(author, record_uuid)
    except NotFound:
        fields = Field.objects.filter(
            workspace_id=author.workspace.id, uuid=field_uuid, deleted_at=None, object__external_source__isnull=False
        )
        object_id = fields.values_list("object_id", flat=True).first() or 0
        if object_id not in author.directory.objects or not author.role.grant(object_id).any:
            raise
        return author.directory.schema(object_id)


def _related(
    author: Author, field: FieldSpec, view: RecordView, term: str, offset: int, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    if field.related_object_id not in author.directory.objects:
        return 0, []
    related = author.directory.schema(field.related_object_id or 0)
    linked = _linked(author, field, view)
    visible, visible_params = visible_condition(author, related, "r")
    column, join, join_params = _name_column(author, related)
    matched = _matched(author, related, column, term)
    source = (
        f"FROM records_record r{join} WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'active'"
        f" AND {linked[0]} AND {visible} AND {matched[0]}"
    )
    params = [*join_params, author.workspace.id, related.id, *linked[1], *visible_params, *matched[1]]
    count = fetch(f"SELECT count(*) {source}", params)[0][0]
    rows = fetch(
        f'SELECT r.id, r.uuid, r.object_id, r.display_name, r."values" {source}'
        f" ORDER BY {column}, r.id LIMIT %s OFFSET %s",
        [*params, limit, offset],
    )
    return count, [record_json(author, row) for row in rows]


def _linked(author: Author, field: FieldSpec, view: RecordView) -> Fragment:
    if field.mirror_of_id is not None:
        return (
            "r.id IN (SELECT v.record_id FROM records_fieldvalue v WHERE v.workspace_id = %s AND v.field_id = %s"
            " AND v.related_record = %s AND v.live)"
        ), [author.workspace.id, field.mirror_of_id, view.row.id]
    stored = view.row.values.get(str(field.id))
    return in_ids("r.id", stored if isinstance(stored, list) else [] if stored is None else [stored])


def _name_column(author: Author, related: ObjectSchema) -> tuple[str, str, list[Any]]:
    """What records `r` are found and sorted by, and the join it needs: their names, or what stands in for them."""
    if name_is_open(author, related):
        return "r.display_key", "", []
    field = stand_in(author, related)
    join = (
        " LEFT JOIN records_fieldvalue n ON n.workspace_id = %s AND n.record_id = r.id AND n.field_id = %s"
        " AND n.position = 0"
    )
    return "COALESCE(n.text, '')", join, [author.workspace.id, field.id if field is not None else 0]


def _matched(author: Author, related: ObjectSchema, column: str, term: str) -> Fragment:
    if not term:
        return "TRUE", []
    by_name, params = contains(column, term)
    if not related.is_contact or visible_identifier(author, related) is None:
        return by_name, params
    by_email, email_params = contains("COALESCE(r.identifier, '')", term)
    return f"({by_name} OR {by_email})", [*params, *email_params]


def _plain(field: FieldSpec, view: RecordView) -> list[dict[str, Any]]:
    """The options or the value a field that is no relationship holds, as related records are shown."""
    value = view.values.get(field.id)
    if value is not None and field.type.is_document:
        value = orjson.dumps(value).decode()
    items = value if isinstance(value, list) else [] if value is None else [value]
    found = []
    for item in items:
        if isinstance(item, dict):
            shown = item.get("name") or item.get("email") or item.get("amount")
            found.append({"id": item.get("id", field.uuid), "name": str(shown), "display_name": str(shown)})
        else:
            found.append({"id": field.uuid, "name": str(item), "display_name": str(item)})
    return found


# ---------------------------------------------------------------- related pipeline records


def related_pipeline_records(
    author: Author,
    record_uuid: UUID | str,
    object_ids: Sequence[Any] | None,
    field_ids: Sequence[Any] | None,
    offset: int,
    limit: int,
) -> tuple[int, list[RecordView]]:
    """How many pipeline records point at a record, and a page of them, newest first.

    They point at it with a relationship field, on whichever side its links are stored. `object_ids` and `field_ids`
    (UUIDs or API names, and UUIDs) narrow it; InvalidInput names unknown ones.
    """
    schema = find_schema_of(author, record_uuid)
    anchor = get_record(author, schema, record_uuid, [])
    links = _pipeline_links(author, schema, object_ids, field_ids)
    if not links:
        return 0, []
    pieces = [_pointing(author, owner, fields, anchor.row.id) for owner, fields in links]
    union = " UNION ALL ".join(sql for sql, _ in pieces)
    params = [param for _, given in pieces for param in given]
    count = fetch(f"SELECT count(*) FROM ({union}) u", params)[0][0]
    page = fetch(
        f"SELECT * FROM ({union}) u ORDER BY 2 DESC LIMIT %s OFFSET %s",
        [*params, limit, offset],
    )
    by_uuid: dict[str, RecordView] = {}
    for owner, _ in links:
        rows = [read_record(row[1 : 1 + RECORD_WIDTH]) for row in page if row[0] == owner.id]
        fields = [spec for spec in visible_fields(author, owner) if not spec.is_hidden]
        by_uuid.update((view.uuid, view) for view in view_records(author, owner, rows, fields))
    return count, [by_uuid[uuid_text(row[2])] for row in page]


def _pipeline_links(
    author: Author, schema: ObjectSchema, object_ids: Sequence[Any] | None, field_ids: Sequence[Any] | None
) -> list[tuple[ObjectSchema, list[FieldSpec]]]:
    """The pipeline objects, and their relationships with `schema`."""
    wanted = set()
    for key in object_ids or ():
        found = author.directory.find_object(key) if isinstance(key, str) else None
        if found is None or not author.role.grant(found.id).any:
            raise InvalidInput(f"object_ids: unknown {str(key)[:80]!r}.", "does_not_exist")
        wanted.add(found.id)
    links = []
    known: set[str] = set()
    for row in author.directory.objects.values():
        if row.object_type != ObjectKind.PIPELINE or not author.role.grant(row.id).any:
            continue
        owner = author.directory.schema(row.id)
        fields = [
            spec for spec in visible_fields(author, owner) if spec.relation_kind and spec.related_object_id == schema.id
        ]
        known.update(spec.uuid for spec in fields)
        fields = [spec for spec in fields if field_ids is None or spec.uuid in field_ids]
        if fields and (object_ids is None or row.id in wanted):
            links.append((owner, fields))
    unknown = [repr(key)[:80] for key in field_ids or () if not isinstance(key, str) or key not in known]
    if unknown:
        raise InvalidInput(f"field_ids: unknown {', '.join(unknown[:20])}.", "does_not_exist")
    return links


def _pointing(author: Author, owner: ObjectSchema, fields: Sequence[FieldSpec], anchor: int) -> Fragment:
    visible, visible_params = visible_condition(author, owner, "r")
    near, near_params = in_ids("v.field_id", [spec.id for spec in fields if spec.mirror_of_id is None])
    far, far_params = in_ids("v.field_id", [spec.mirror_of_id for spec in fields if spec.mirror_of_id is not None])
    tenant = author.workspace.id
    return (
        f"SELECT r.object_id, {record_columns('r')} FROM records_record r WHERE r.workspace_id = %s"
        f" AND r.object_id = %s AND r.state = 'active' AND {visible} AND r.id IN (SELECT v.record_id"
        f" FROM records_fieldvalue v WHERE v.workspace_id = %s AND {near} AND v.related_record = %s AND v.live"
        f" UNION ALL SELECT v.related_record FROM records_fieldvalue v WHERE v.workspace_id = %s AND {far}"
        " AND v.record_id = %s AND v.live)"
    ), [tenant, owner.id, *visible_params, tenant, *near_params, anchor, tenant, *far_params, anchor]
