"""What the values of a page refer to: related records, links seen from the far side, members, files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.field_types import FieldSpec, References

from .access import Author, find_field, visible_condition
from .file_links import sign_download, signed_url
from .object_schema import ObjectSchema
from .record_rows import RecordRow
from .shown_names import name_for, name_is_open
from .sql import Fragment, Row, document, fetch, in_ids, uuid_text

SHOWN = 100  # values of a relationship that a record's details carry


@dataclass(slots=True)
class Related:
    """The references of a page, and the links of its mirror fields: record keys and how many there are in all."""

    references: References = field(default_factory=References)
    links: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    totals: dict[tuple[int, int], int] = field(default_factory=dict)


def load_related(
    author: Author, schema: ObjectSchema, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]
) -> Related:
    """Everything the fields of these records refer to: at most one query, one more where there are files.

    Records that are archived or that the caller may not see are absent.
    """
    wanted: dict[str, list[FieldSpec]] = {}
    for spec in fields:
        if spec.type.column in ("related_record", "member", "attachment"):
            wanted.setdefault(spec.type.column, []).append(spec)
    if not wanted:
        return Related()
    relations = wanted.get("related_record", [])
    found = _load_records(author, rows, relations) if relations else Related()
    members = {
        key: member.json for key, member in author.directory.members(_keys(rows, wanted.get("member", []))).items()
    }
    files = _load_files(author, _keys(rows, wanted.get("attachment", [])))
    found.references = References(found.references.records, members, files)
    return found


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


def _load_records(author: Author, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]) -> Related:
    """Near sides and far sides in one statement."""
    parts: list[Fragment] = []
    near = [spec for spec in fields if spec.mirror_of_id is None]
    by_object: dict[int, set[int]] = {}
    for spec in near:
        keys = _keys(rows, [spec])
        if keys and spec.related_object_id in author.directory.objects:
            by_object.setdefault(spec.related_object_id or 0, set()).update(keys)
    parts += [_near(author, object_id, keys) for object_id, keys in by_object.items()]
    far: dict[int, list[FieldSpec]] = {}
    for spec in fields:
        if spec.mirror_of_id is not None and spec.related_object_id in author.directory.objects:
            far.setdefault(spec.related_object_id or 0, []).append(spec)
    parts += [_far(author, object_id, specs, [row.id for row in rows]) for object_id, specs in far.items()]
    found = Related()
    if not parts:
        return found
    statement = " UNION ALL ".join(sql for sql, _ in parts)
    mirrors = {spec.mirror_of_id: spec.id for specs in far.values() for spec in specs}
    records: dict[int, Any] = {}
    for row in fetch(statement, [param for _, params in parts for param in params]):
        near_field, anchor, total = row[:3]
        records.setdefault(row[3], record_json(author, row[3:]))
        if near_field:
            place = (anchor, mirrors[near_field])
            found.links.setdefault(place, []).append(row[3])
            found.totals[place] = total
    found.references = References(records)
    return found


def _near(author: Author, object_id: int, keys: set[int]) -> Fragment:
    related = author.directory.schema(object_id)
    visible, visible_params = visible_condition(author, related, "r")
    chosen, params = in_ids("r.id", keys)
    return (
        f"SELECT 0, 0, 0, {_COLUMNS} FROM records_record r WHERE r.workspace_id = %s"
        f" AND r.object_id = %s AND r.state = 'active' AND {chosen} AND {visible}"
    ), [author.workspace.id, object_id, *params, *visible_params]


def _far(author: Author, object_id: int, specs: Sequence[FieldSpec], anchors: Sequence[int]) -> Fragment:
    """The first links of each mirror field, oldest first, with the number of all."""
    related = author.directory.schema(object_id)
    visible, visible_params = visible_condition(author, related, "r")
    fields, field_params = in_ids("v.field_id", [spec.mirror_of_id or 0 for spec in specs])
    targets, target_params = in_ids("v.related_record", anchors)
    place = "PARTITION BY v.field_id, v.related_record"
    joined = "" if visible == "TRUE" else " JOIN records_record r ON r.id = v.record_id"
    return (
        f"SELECT l.field_id, l.related_record, l.total, {_COLUMNS} FROM ("
        "SELECT v.field_id, v.related_record, v.record_id,"
        f" row_number() OVER ({place} ORDER BY v.record_id) AS place, count(*) OVER ({place}) AS total"
        f" FROM records_fieldvalue v{joined} WHERE v.workspace_id = %s AND v.live AND {fields} AND {targets}"
        f" AND {visible}) l JOIN records_record r ON r.id = l.record_id"
        f" WHERE l.place <= {SHOWN} AND r.workspace_id = %s"
    ), [author.workspace.id, *field_params, *target_params, *visible_params, author.workspace.id]


def record_json(author: Author, row: Row) -> dict[str, Any]:
    """How a related record is shown. `row`: id, uuid, object, display name, values.

    A field that the caller's role may not see is blank here too, and the name shows nothing of it.
    """
    related = author.directory.schema(row[2])
    values = document(row[4])
    uuid = uuid_text(row[1])
    name = row[3] if name_is_open(author, related) else name_for(author, related, values)
    if related.is_contact:
        names = ("first_name", "last_name", "full_name", "email")
        shown = {name: str(_value(author, related, values, name) or "") for name in names}
        return {"id": uuid, **shown, "display_name": name}
    return {"id": uuid, "name": str(_value(author, related, values, "name") or name), "display_name": name}


def _value(author: Author, schema: ObjectSchema, values: Mapping[str, Any], name: str) -> Any:
    spec = find_field(author, schema, name)
    return None if spec is None else values.get(str(spec.id))


def _load_files(author: Author, keys: set[int]) -> dict[int, Any]:
    if not keys:
        return {}
    condition, params = in_ids("id", keys)
    rows = fetch(
        f"SELECT id, uuid, name, content_type, size FROM records_attachment WHERE workspace_id = %s AND {condition}",
        [author.workspace.id, *params],
    )
    return {
        row[0]: {
            "id": uuid_text(row[1]),
            "name": row[2],
            "content_type": row[3],
            "size": row[4],
            "url": signed_url(sign_download(author.workspace.id, row[0])),
        }
        for row in rows
    }
