"""Paging through what one field of one record holds, and through the pipeline records that point at
a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson

from records.exceptions import InvalidInput, NotFound, quoted
from records.field_types import KEY_END, FieldSpec, index_text, search_text
from records.models import Field, ObjectKind
from records.services.access import (
    Author,
    name_is_open,
    stand_in,
    visible_condition,
    visible_fields,
    visible_identifier,
)
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    after_mark,
    contains,
    fetch,
    in_ids,
    uuid_param,
)
from records.services.reading import RecordView, record_json, view_records
from records.services.storage import RecordRow, read_record, record_columns

from .home import home_of


def find_schema_of(author: Author, record_uuid: UUID | str) -> ObjectSchema:
    """The object a live record belongs to; NotFound unless the caller may do something with its
    records."""
    rows = fetch(
        "SELECT object_id FROM records_record WHERE workspace_id = %s AND uuid = %s AND "
        # Archived records cannot be paged through, so their ids are unknown here; those of merged
        # ones lead to what they have become.
        "(state = 'active' OR merged_into IS NOT NULL)",
        [author.workspace.id, uuid_param(record_uuid)],
    )
    return _known_schema(author, next((object_id for (object_id,) in rows), None))


def _known_schema(author: Author, object_id: int | None) -> ObjectSchema:
    """A live object; NotFound unless the caller may do something with its records."""
    # An object of another workspace is missing from the directory, so it looks like an unknown one.
    if (
        object_id is None
        or object_id not in author.directory.objects
        or not author.role.grant(object_id).any
    ):
        raise NotFound
    return author.directory.schema(object_id)


def list_field_values(
    author: Author,
    record_uuid: UUID | str,
    field_uuid: UUID | str,
    search: str,
    offset: int,
    limit: int,
) -> tuple[int, list[dict[str, Any]]]:
    """How many values a field of a record has, and a page of them.

    Related records in the order of their names, filtered by a part of the name (contacts: or the
    email); of any other field the options, or the value, it holds.
    """
    schema = _schema_of(author, record_uuid, field_uuid)
    field = next(
        (spec for spec in visible_fields(author, schema) if spec.uuid == str(field_uuid)), None
    )
    if field is None:
        raise NotFound
    # Links are read page by page below; loading them with the record would read all of them.
    view = home_of(schema).get_record(author, schema, record_uuid, [] if field.is_link else [field])
    # No stored text holds lone surrogates or null characters, and PostgreSQL refuses them.
    term = search_text(search.encode(errors="ignore").decode().replace("\x00", ""))
    if not field.is_link:
        found = [item for item in _plain(field, view) if term in index_text(item["display_name"])]
        return len(found), found[offset : offset + limit]
    return _related(author, field, view, term, offset, limit)


def _schema_of(author: Author, record_uuid: UUID | str, field_uuid: UUID | str) -> ObjectSchema:
    """The object of a record; of one that lives elsewhere the field alone tells."""
    try:
        return find_schema_of(author, record_uuid)
    except NotFound:
        # An external object stores no rows, so its record cannot be found by id.
        fields = Field.objects.filter(
            workspace_id=author.workspace.id,
            uuid=field_uuid,
            deleted_at=None,
            object__external_source__isnull=False,
        )
        return _known_schema(author, fields.values_list("object_id", flat=True).first())


def _related(
    author: Author, field: FieldSpec, view: RecordView, term: str, offset: int, limit: int
) -> tuple[int, list[dict[str, Any]]]:
    if field.related_object_id is None or field.related_object_id not in author.directory.objects:
        return 0, []  # the related object is archived
    related = author.directory.schema(field.related_object_id)
    linked, linked_params = _linked(author, field, view)
    visible, visible_params = visible_condition(author, related, "r")
    column, join, join_params = _name_column(author, related)
    matched, matched_params = _matched(author, related, column, term)
    source = (
        f"FROM records_record r{join} WHERE r.workspace_id = %s AND r.object_id = %s AND "
        "r.state = 'active'"
        f" AND {linked} AND {visible} AND {matched}"
    )
    params = [
        *join_params,
        author.workspace.id,
        related.id,
        *linked_params,
        *visible_params,
        *matched_params,
    ]
    ((count,),) = fetch(f"SELECT count(*) {source}", params)
    rows = fetch(
        f'SELECT r.id, r.uuid, r.object_id, r.display_name, r."values" {source}'
        f" ORDER BY {column}, r.id LIMIT %s OFFSET %s",
        [*params, limit, offset],
    )
    return count, [record_json(author, row) for row in rows]


def _linked(author: Author, field: FieldSpec, view: RecordView) -> Fragment:
    # A mirror stores nothing: the links are in the index of the field on the other side.
    if field.mirror_of_id is not None:
        return (
            "r.id IN (SELECT v.record_id FROM records_fieldvalue v WHERE v.workspace_id = %s "
            "AND v.field_id = %s AND v.related_record = %s AND v.live)"
        ), [author.workspace.id, field.mirror_of_id, view.row.id]
    return in_ids("r.id", _listed(view.row.values.get(str(field.id))))


def _listed(value: Any) -> list[Any]:
    """What a field holds, as a list: all values, the only one, or none."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _name_column(author: Author, related: ObjectSchema) -> tuple[str, str, list[Any]]:
    """What records `r` are found and sorted by, and the join it needs: their names, or what stands
    in for them."""
    if name_is_open(author, related):
        return "r.display_key", "", []
    field = stand_in(author, related)
    join = (
        " LEFT JOIN records_fieldvalue n ON n.workspace_id = %s AND n.record_id = r.id AND "
        "n.field_id = %s AND n.position = 0"
    )
    # Without a stand-in field, id 0 joins nothing and every name is blank.
    return "COALESCE(n.text, '')", join, [author.workspace.id, field.id if field is not None else 0]


def _matched(author: Author, related: ObjectSchema, column: str, term: str) -> Fragment:
    if not term:
        return "TRUE", []
    # Searching by email must not tell the caller about emails they cannot see.
    by_name, params = contains(after_mark(column, KEY_END), term)
    if not related.is_contact or visible_identifier(author, related) is None:
        return by_name, params
    by_email, email_params = contains("COALESCE(r.identifier, '')", term)
    return f"({by_name} OR {by_email})", [*params, *email_params]


def _plain(field: FieldSpec, view: RecordView) -> list[dict[str, Any]]:
    """The options or the value a field that is no relationship holds, as related records are
    shown."""
    value = view.values.get(field.id)
    if value is not None and field.type.is_document:
        value = orjson.dumps(value).decode()
    found = []
    for item in _listed(value):
        if isinstance(item, dict):
            # Options have a name, members may have only an email; amounts have neither.
            shown = item.get("name") or item.get("email") or field.type.to_cell(field, item)
            found.append(
                {"id": item.get("id", field.uuid), "name": str(shown), "display_name": str(shown)}
            )
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

    They point at it with a relationship field, on whichever side its links are stored. `object_ids`
    and `field_ids` (UUIDs or API names, and UUIDs) narrow it; InvalidInput names unknown ones.
    """
    schema = find_schema_of(author, record_uuid)
    anchor = home_of(schema).get_record(author, schema, record_uuid, [])
    links = _pipeline_links(author, schema, object_ids, field_ids)
    if not links:
        return 0, []
    pieces = [_pointing(author, owner, fields, anchor.row.id) for owner, fields in links]
    union = " UNION ALL ".join(sql for sql, _ in pieces)
    params = [param for _, given in pieces for param in given]
    ((count,),) = fetch(f"SELECT count(*) FROM ({union}) u", params)
    rows = fetch(
        # Column 2 is the record's primary key: newest first.
        f"SELECT * FROM ({union}) u ORDER BY 2 DESC LIMIT %s OFFSET %s",
        [*params, limit, offset],
    )
    page = [(object_id, read_record(columns)) for object_id, *columns in rows]
    return count, _views(author, [owner for owner, _ in links], page)


def _views(
    author: Author, owners: Iterable[ObjectSchema], page: Sequence[tuple[int, RecordRow]]
) -> list[RecordView]:
    """The records of a page, each with the primary key of its object, as the caller sees them; in
    their order."""
    by_uuid: dict[str, RecordView] = {}
    for owner in owners:
        rows = [row for object_id, row in page if object_id == owner.id]
        fields = [spec for spec in visible_fields(author, owner) if not spec.is_hidden]
        by_uuid.update((view.uuid, view) for view in view_records(author, owner, rows, fields))
    return [by_uuid[row.uuid] for _, row in page]


def _pipeline_links(
    author: Author,
    schema: ObjectSchema,
    object_ids: Sequence[Any] | None,
    field_ids: Sequence[Any] | None,
) -> list[tuple[ObjectSchema, list[FieldSpec]]]:
    """The pipeline objects, and their relationships with `schema`."""
    wanted = _object_ids(author, object_ids)
    every = [(owner, _relationships(author, owner, schema)) for owner in _pipelines(author)]
    # Checked before `wanted` narrows the objects: a field of another pipeline is not unknown.
    _check_known(field_ids or (), [fields for _, fields in every])
    links = [(owner, _chosen(fields, field_ids)) for owner, fields in every]
    return [
        (owner, fields)
        for owner, fields in links
        if fields and (wanted is None or owner.id in wanted)
    ]


def _chosen(fields: list[FieldSpec], field_ids: Sequence[Any] | None) -> list[FieldSpec]:
    return fields if field_ids is None else [spec for spec in fields if spec.uuid in field_ids]


def _object_ids(author: Author, keys: Sequence[Any] | None) -> set[int] | None:
    """The primary keys of the objects that a caller names; None where they name none, which means
    all."""
    if keys is None:
        return None
    wanted = set()
    for key in keys:
        # The keys come from JSON and can be of any type.
        found = author.directory.find_object(key) if isinstance(key, str) else None
        if found is None or not author.role.grant(found.id).any:
            raise InvalidInput(f"unknown {quoted(str(key))}.", "does_not_exist", at="object_ids")
        wanted.add(found.id)
    return wanted


def _check_known(field_ids: Sequence[Any], known_fields: Iterable[Iterable[FieldSpec]]) -> None:
    known = {spec.uuid for fields in known_fields for spec in fields}
    # The keys come from JSON: an unhashable one would fail in the set.
    unknown = [repr(key)[:80] for key in field_ids if not isinstance(key, str) or key not in known]
    if unknown:
        raise InvalidInput(f"unknown {', '.join(unknown[:20])}.", "does_not_exist", at="field_ids")


def _pipelines(author: Author) -> Iterator[ObjectSchema]:
    for row in author.directory.objects.values():
        if row.object_type == ObjectKind.PIPELINE and author.role.grant(row.id).any:
            yield author.directory.schema(row.id)


def _relationships(author: Author, owner: ObjectSchema, schema: ObjectSchema) -> list[FieldSpec]:
    fields = visible_fields(author, owner)
    return [spec for spec in fields if spec.is_link and spec.related_object_id == schema.id]


def _pointing(
    author: Author, owner: ObjectSchema, fields: Sequence[FieldSpec], anchor: int
) -> Fragment:
    visible, visible_params = visible_condition(author, owner, "r")
    # Links are stored on one side: `near` ones on the pipeline record, `far` ones on the anchor.
    near, near_params = in_ids(
        "v.field_id", [spec.id for spec in fields if spec.mirror_of_id is None]
    )
    far, far_params = in_ids(
        "v.field_id", [spec.mirror_of_id for spec in fields if spec.mirror_of_id is not None]
    )
    tenant = author.workspace.id
    return (
        f"SELECT r.object_id, {record_columns('r')} FROM records_record r WHERE r.workspace_id = %s"
        f" AND r.object_id = %s AND r.state = 'active' AND {visible} AND r.id IN (SELECT "
        "v.record_id"
        f" FROM records_fieldvalue v WHERE v.workspace_id = %s AND {near} AND "
        "v.related_record = %s AND v.live"
        " UNION ALL SELECT v.related_record FROM records_fieldvalue v WHERE v.workspace_id "
        f"= %s AND {far}"
        " AND v.record_id = %s AND v.live)"
    ), [
        tenant,
        owner.id,
        *visible_params,
        tenant,
        *near_params,
        anchor,
        tenant,
        *far_params,
        anchor,
    ]
