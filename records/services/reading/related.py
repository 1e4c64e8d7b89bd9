"""What the values of a page refer to: related records, links of mirror fields, members, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.field_types import FieldSpec, References
from records.services.access import (
    Author,
    find_field,
    name_for,
    name_is_open,
    visible_condition,
)
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    Row,
    document,
    fetch,
    in_ids,
    uuid_text,
)
from records.services.storage import RecordRow

from .file_links import sign_download, signed_url

SHOWN = 100  # values of a relationship in a record's view


@dataclass(slots=True)
class Related:
    """The references of a page, and the links of its mirror fields: record keys and their total."""

    references: References = field(default_factory=References)
    links: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    totals: dict[tuple[int, int], int] = field(default_factory=dict)


def load_related(
    author: Author, schema: ObjectSchema, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]
) -> Related:
    """Everything that the fields of these records refer to: at most one query, and one more for
    files.

    Records that are archived or that the caller may not see are absent.
    """
    return _load_all(author, rows, fields)


def _load_all(author: Author, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]) -> Related:
    wanted: dict[str, list[FieldSpec]] = {}
    for spec in fields:
        if spec.type.refers_to:
            wanted.setdefault(spec.type.refers_to, []).append(spec)
    if not wanted:
        return Related()
    relations = wanted.get("record", [])
    found = _load_records(author, rows, relations) if relations else Related()
    members = {
        key: member.json
        for key, member in author.directory.members(_keys(rows, wanted.get("member", []))).items()
    }
    files = _load_files(author, _keys(rows, wanted.get("attachment", [])))
    found.references = References(found.references.records, members, files)
    return found


def load_values(
    author: Author, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]
) -> References:
    """What stored values of fields of any objects refer to, in the statements of `load_related`."""
    stored = [spec for spec in fields if spec.mirror_of_id is None]
    return _load_all(author, rows, stored).references


def load_references(author: Author, keys: Mapping[FieldSpec, set[int]]) -> References:
    """What these keys refer to, of fields whose values are records or members; one statement for
    all records."""
    records: dict[int, set[int]] = {}
    members: set[int] = set()
    for spec, wanted in keys.items():
        if spec.type.refers_to == "member":
            members |= wanted
        elif spec.related_object_id is not None and wanted:
            records.setdefault(spec.related_object_id, set()).update(wanted)
    parts = [_near(author, object_id, wanted) for object_id, wanted in records.items()]
    rows = (
        fetch(
            " UNION ALL ".join(sql for sql, _ in parts),
            [param for _, params in parts for param in params],
        )
        if parts
        else []
    )
    found = {record[0]: record_json(author, record) for _, _, _, *record in rows}
    told = {key: member.json for key, member in author.directory.members(members).items()}
    return References(found, told)


def _keys(rows: Iterable[RecordRow], fields: Sequence[FieldSpec]) -> set[int]:
    keys: set[int] = set()
    for spec in fields:
        name = str(spec.id)
        for row in rows:
            stored = row.values.get(name)
            if isinstance(stored, list):
                keys.update(stored)
            elif stored is not None:
                keys.add(stored)
    return keys


_COLUMNS = 'r.id, r.uuid, r.object_id, r.display_name, r."values"'


def _load_records(
    author: Author, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]
) -> Related:
    """Near sides and far sides in one statement."""
    near, far = _by_related_object(author, fields)
    parts = _near_parts(author, rows, near)
    parts += [
        _far(author, object_id, specs, [row.id for row in rows]) for object_id, specs in far.items()
    ]
    if not parts:
        return Related()
    rows_found = fetch(
        " UNION ALL ".join(sql for sql, _ in parts),
        [param for _, params in parts for param in params],
    )
    mirrors = {spec.mirror_of_id: spec.id for specs in far.values() for spec in specs}
    return _collected(author, rows_found, mirrors)


def _collected(author: Author, rows: Iterable[Row], mirrors: Mapping[int | None, int]) -> Related:
    """The records found, and the links of mirror fields. `mirrors`: mirror fields by the fields
    that they mirror."""
    found = Related()
    records: dict[int, Any] = {}
    for near_field, anchor, total, *record in rows:
        key, *_ = record
        # Several links can lead to one record; its JSON is made once.
        if key not in records:
            records[key] = record_json(author, record)
        if near_field:  # 0 for the records that the rows themselves link to
            place = (anchor, mirrors[near_field])
            found.links.setdefault(place, []).append(key)
            found.totals[place] = total
    found.references = References(records)
    return found


_ByObject = dict[int, list[FieldSpec]]


def _by_related_object(author: Author, fields: Sequence[FieldSpec]) -> tuple[_ByObject, _ByObject]:
    """The relationships with live objects, by object: near sides, and far sides."""
    near: _ByObject = {}
    far: _ByObject = {}
    for spec in fields:
        object_id = spec.related_object_id
        # Links with archived objects are suspended.
        if object_id is not None and object_id in author.directory.objects:
            (near if spec.mirror_of_id is None else far).setdefault(object_id, []).append(spec)
    return near, far


def _near_parts(author: Author, rows: Sequence[RecordRow], near: _ByObject) -> list[Fragment]:
    keys = {object_id: _keys(rows, specs) for object_id, specs in near.items()}
    return [_near(author, object_id, wanted) for object_id, wanted in keys.items() if wanted]


def _near(author: Author, object_id: int, keys: set[int]) -> Fragment:
    """The records of one object that the rows link to."""
    related = author.directory.schema(object_id)
    visible, visible_params = visible_condition(author, related, "r")
    chosen, params = in_ids("r.id", keys)
    return (
        f"SELECT 0, 0, 0, {_COLUMNS} FROM records_record r WHERE r.workspace_id = %s"
        f" AND r.object_id = %s AND r.state = 'active' AND {chosen} AND {visible}"
    ), [author.workspace.id, object_id, *params, *visible_params]


def _far(
    author: Author, object_id: int, specs: Sequence[FieldSpec], anchors: Sequence[int]
) -> Fragment:
    """The first links of each mirror field, oldest first, with their total."""
    related = author.directory.schema(object_id)
    visible, visible_params = visible_condition(author, related, "r")
    near_ids = [spec.mirror_of_id for spec in specs if spec.mirror_of_id is not None]
    fields, field_params = in_ids("v.field_id", near_ids)
    targets, target_params = in_ids("v.related_record", anchors)
    # Numbered by the engine: a record can have thousands of links, and a view shows a hundred.
    place = "PARTITION BY v.field_id, v.related_record"
    # Without a condition on the records, the index alone counts and numbers the links.
    joined = "" if visible == "TRUE" else " JOIN records_record r ON r.id = v.record_id"
    return (
        f"SELECT l.field_id, l.related_record, l.total, {_COLUMNS} FROM ("
        "SELECT v.field_id, v.related_record, v.record_id,"
        f" row_number() OVER ({place} ORDER BY v.record_id) AS place, count(*) OVER "
        f"({place}) AS total"
        f" FROM records_fieldvalue v{joined} WHERE v.workspace_id = %s AND v.live AND "
        f"{fields} AND {targets} AND {visible}) l JOIN records_record r ON r.id = l.record_id"
        f" WHERE l.place <= {SHOWN} AND r.workspace_id = %s"
    ), [author.workspace.id, *field_params, *target_params, *visible_params, author.workspace.id]


def record_json(author: Author, row: Sequence[Any]) -> dict[str, Any]:
    """How a related record is shown. `row`: id, uuid, object, display name, values.

    A field that the caller's role may not see is blank here too, and the name does not reveal it.
    """
    _, raw_uuid, object_id, stored_name, raw_values = row
    related = author.directory.schema(object_id)
    values = document(raw_values)
    uuid = uuid_text(raw_uuid)
    name = stored_name if name_is_open(author, related) else name_for(author, related, values)
    if related.is_contact:
        names = ("first_name", "last_name", "full_name", "email")
        shown = {name: str(_value(author, related, values, name) or "") for name in names}
        return {"id": uuid, **shown, "display_name": name}
    return {
        "id": uuid,
        "name": str(_value(author, related, values, "name") or name),
        "display_name": name,
    }


def _value(author: Author, schema: ObjectSchema, values: Mapping[str, Any], name: str) -> Any:
    spec = find_field(author, schema, name)
    return None if spec is None else values.get(str(spec.id))


def _load_files(author: Author, keys: set[int]) -> dict[int, Any]:
    if not keys:
        return {}
    condition, params = in_ids("id", keys)
    rows = fetch(
        "SELECT id, uuid, name, content_type, size FROM records_attachment WHERE "
        f"workspace_id = %s AND {condition}",
        [author.workspace.id, *params],
    )
    return {
        key: {
            "id": uuid_text(uuid),
            "name": name,
            "content_type": content_type,
            "size": size,
            "url": signed_url(sign_download(author.workspace.id, key)),
        }
        for key, uuid, name, content_type, size in rows
    }
