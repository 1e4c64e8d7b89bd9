"""Reading records: which fields, which record, and what the caller sees of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec, InvalidValue, References
from records.field_types.base import check_text

from .access import (
    Access,
    Author,
    access_to,
    find_field,
    grant_of,
    visible_fields,
    visible_identifier,
)
from .external.forwarding import forwarded
from .naming import identifier_key
from .object_schema import COLUMN_FIELDS, ObjectSchema
from .plain_values import plain_json
from .record_rows import RECORD_WIDTH, RecordRow, read_record, record_columns
from .related import SHOWN, Related, load_related
from .shown_names import name_for, name_is_open
from .sql import Fragment, fetch, uuid_param
from .summary import read_summary, summary_columns

MAX_LOOKED_UP = 10_000  # characters; no identifier is longer


@dataclass(slots=True)
class RecordView:
    """What one caller sees of one record.

    `values` is JSON by field id, in display order, blank ones left out; `totals` the number of values of the
    relationships that have more than are shown; `display_name` is made of what the caller may see.
    """

    schema: ObjectSchema
    row: RecordRow
    access: Access
    values: dict[int, Any]
    display_name: str
    totals: dict[int, int] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        return self.row.uuid

    @property
    def version(self) -> int:
        return self.row.version

    @property
    def num_associated_team_members(self) -> int:
        return self.row.summary.team_members(self.schema, self.row.values)


# ---------------------------------------------------------------- which fields


def select_fields(
    author: Author,
    schema: ObjectSchema,
    *,
    field_ids: Sequence[Any] | None = None,
    field_names: Sequence[Any] | None = None,
    categories: Sequence[str] | None = None,
    include_hidden: bool = False,
) -> tuple[FieldSpec, ...]:
    """The fields a caller asked for: ids win over names, names over categories; none of them means all.

    An empty list of ids or names means the default fields. InvalidInput names what is unknown, a field hidden
    from the caller's role included. Fields flagged hidden come only with `include_hidden` or when named.
    """
    for part, keys in (("field_ids", field_ids), ("field_names", field_names)):
        if keys is not None:
            return _named_fields(author, schema, part, keys)
    chosen = visible_fields(author, schema)
    if categories:
        wanted = {key.lower() for key in categories}
        unknown = wanted - {spec.category_uuid for spec in chosen}
        if unknown:
            raise InvalidInput(f"field_category: unknown {_shown(', '.join(sorted(unknown)))}.", "does_not_exist")
        chosen = tuple(spec for spec in chosen if spec.category_uuid in wanted)
    return chosen if include_hidden else tuple(spec for spec in chosen if not spec.is_hidden)


def _shown(key: object) -> str:
    """What a caller sent, for an error message: short, and valid Unicode even where it is not."""
    return str(key)[:80].encode(errors="replace").decode()


def _named_fields(author: Author, schema: ObjectSchema, part: str, keys: Sequence[Any]) -> tuple[FieldSpec, ...]:
    if not keys:
        return tuple(spec for spec in visible_fields(author, schema) if spec.is_default and not spec.is_hidden)
    found = {}
    unknown = []
    for key in keys:
        spec = find_field(author, schema, key) if isinstance(key, str) else None
        if spec is None or (part == "field_ids") != (spec.name != key):
            unknown.append(_shown(key))
        else:
            found[spec.id] = spec
    if unknown:
        raise InvalidInput(f"{part}: unknown {', '.join(unknown[:20])}.", "does_not_exist")
    return tuple(found.values())


# ---------------------------------------------------------------- which record


@forwarded
def get_record(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    fields: Sequence[FieldSpec],
    *,
    lead_sources: bool = False,
) -> RecordView:
    """A live record the caller may see; NotFound for any other. One query, and one for what it refers to."""
    return _get(author, schema, ("r.uuid = %s", [uuid_param(record_uuid)]), fields, lead_sources)


@forwarded
def get_record_by_key(author: Author, schema: ObjectSchema, record_id: int, fields: Sequence[FieldSpec]) -> RecordView:
    """As `get_record`, by primary key, with plain values."""
    return _get(author, schema, ("r.id = %s", [record_id]), fields, False, plain=True)


def get_record_by_external_id(
    author: Author, schema: ObjectSchema, external_id: str, fields: Sequence[FieldSpec]
) -> RecordView:
    """As `get_record`, by the external id of no named source, with plain values."""
    chosen = "r.external_source = '' AND r.external_id = %s"
    return _get(author, schema, (chosen, [external_id]), fields, False, plain=True)


@forwarded
def get_record_by_identifier(
    author: Author, schema: ObjectSchema, identifier: str, fields: Sequence[FieldSpec]
) -> RecordView:
    """A live record by its identifier: case, Unicode form and surplus white space do not matter.

    InvalidInput when the object has no identifier.
    """
    if visible_identifier(author, schema) is None:
        raise InvalidInput(f"The object {schema.name!r} has no identifier; search by a field instead.")
    try:
        key = identifier_key(check_text(identifier, MAX_LOOKED_UP))
    except InvalidValue:
        raise NotFound from None
    if not key:
        raise NotFound
    return _get(author, schema, ("r.identifier = %s", [key]), fields, False)


def _get(
    author: Author,
    schema: ObjectSchema,
    chosen: Fragment,
    fields: Sequence[FieldSpec],
    lead_sources: bool,
    *,
    plain: bool = False,
) -> RecordView:
    counted, count_params = ("NULL", []) if plain else summary_columns(schema, "r", lead_sources=lead_sources)
    rows = fetch(
        f"SELECT {record_columns('r')}, {counted} FROM records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND r.state = 'active' AND {chosen[0]}",
        [*count_params, author.workspace.id, schema.id, *chosen[1]],
    )
    if not rows:
        raise NotFound
    row = read_record(rows[0])
    if not plain:
        row.summary = read_summary(rows[0][RECORD_WIDTH:])
    view = view_records(author, schema, [row], fields, plain=plain)[0]
    if not view.access.view:
        raise NotFound
    return view


# ---------------------------------------------------------------- what the caller sees


def view_records(
    author: Author,
    schema: ObjectSchema,
    rows: Sequence[RecordRow],
    fields: Sequence[FieldSpec],
    granted: Access | None = None,
    *,
    whole: bool = False,
    plain: bool = False,
) -> list[RecordView]:
    """Records as the caller sees them; what they refer to is read for all of them at once.

    `granted` is the caller's access where the values do not tell. Long lists are cut, unless they are to be `whole`;
    those seen from their far side are in any case. `plain`: values as names and primary keys.
    """
    if schema.external is not None:  # its other fields are kept here by nobody
        fields = [spec for spec in fields if spec.id in schema.external.mapping or spec.computed in COLUMN_FIELDS]
    related = load_related(author, schema, rows, fields)
    everything = grant_of(author, schema).view == "all"
    readers = [_reader(spec, related, None if whole else SHOWN, plain) for spec in fields]
    views = []
    for row, name in zip(rows, _names(author, schema, rows), strict=True):
        access = granted or access_to(author, schema, row.values, row.member_id)
        view = RecordView(schema, row, access, {}, name)
        if everything or access.view:
            _fill(view, readers)
        views.append(view)
    return views


def _names(author: Author, schema: ObjectSchema, rows: Sequence[RecordRow]) -> list[str]:
    """What the caller is told the records are called."""
    if name_is_open(author, schema):
        return [row.display_name for row in rows]
    links = [spec for spec in schema.pattern_fields if spec.relation_kind]
    linked = load_related(author, schema, rows, links).references.records
    names = {key: shown["display_name"] for key, shown in linked.items()}
    return [name_for(author, schema, row.values, names) for row in rows]


# How a field's value is read: from the document's key, as it is or through a function; or from the whole view.
_Reader = tuple[int, str, Callable[[Any], Any] | None]


class _Memory(dict[Any, Any]):
    """What a function made of each value so far: a page has few distinct choices and members."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, stored: Any) -> Any:
        self[stored] = shown = self.read(stored)
        return shown


def _reader(spec: FieldSpec, related: Related, most: int | None, plain: bool) -> _Reader:
    if spec.computed in COLUMN_FIELDS:
        return spec.id, "", partial(_column_value, spec)
    to_json = partial(plain_json, spec) if plain else partial(spec.type.to_json, spec)
    if (spec.relation_kind and spec.multiple) or spec.mirror_of_id is not None:
        return spec.id, "", partial(_links, spec, related, most, to_json)
    key = str(spec.id)
    if spec.type.plain:
        return spec.id, key, None
    read = partial(to_json, references=related.references)
    if spec.type.column in ("option", "member") and not spec.multiple:
        return spec.id, key, _Memory(read).__getitem__
    return spec.id, key, read


def _fill(view: RecordView, readers: Iterable[_Reader]) -> None:
    stored = view.row.values.get
    view.values = {
        field_id: value
        for field_id, key, read in readers
        if (value := stored(key) if key else view) is not None
        and (read is None or ((value := read(value)) is not None and value != []))
    }


def _links(
    spec: FieldSpec,
    related: Related,
    most: int | None,
    to_json: Callable[[Any, References], Any],
    view: RecordView,
) -> Any:
    """The first of the records that a relationship leads to, and how many there are where that is not all."""
    if spec.mirror_of_id is not None:
        place = (view.row.id, spec.id)
        links = related.links.get(place, [])
        total = related.totals.get(place, 0)
    else:
        stored = view.row.values.get(str(spec.id), ())
        links = [key for key in stored if key in related.references.records]
        total = len(links)
    if not links:
        return None
    if total > SHOWN:
        view.totals[spec.id] = total
    return to_json(links[:most] if spec.multiple else links[0], related.references)


def _column_value(spec: FieldSpec, view: RecordView) -> Any:
    if spec.computed == "display_name":
        return view.display_name or None
    return local_time(view.row.created_at if spec.computed == "created" else view.row.updated_at, spec)


def local_time(when: datetime | None, spec: FieldSpec) -> str | None:
    """A moment as callers read it: ISO 8601 with offset, in the workspace's time zone."""
    if when is None:
        return None
    text: str = orjson.dumps(when if spec.zone.key == "UTC" else when.astimezone(spec.zone)).decode()
    return text[1:-1]  # what isoformat writes where the offset is in whole minutes, in a third of the time
