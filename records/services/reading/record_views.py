"""Reading records: which fields, which record, and the parts of it that the caller may see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from records.exceptions import InvalidInput, NotFound
from records.field_types import FieldSpec, InvalidValue, References, Surroundings
from records.field_types.base import check_text
from records.services.access import (
    Access,
    Author,
    access_to,
    grant_of,
    name_for,
    name_is_open,
    visible_identifier,
)
from records.services.catalogue import (
    COLUMN_FIELDS,
    MemberSpec,
    ObjectSchema,
    identifier_key,
    surroundings_of,
)
from records.services.database import Fragment, fetch, uuid_param
from records.services.storage import (
    RecordRow,
    read_record,
    read_with_summary,
    record_columns,
    summary_columns,
)

from .merged_records import survivors_of
from .related import SHOWN, Related, load_related
from .related_fields import (
    own_fields,
    related_values,
)

MAX_LOOKED_UP = 10_000  # characters; no identifier is longer


@dataclass(slots=True)
class RecordView:
    """One record as one caller sees it.

    `fields` are those that were requested; `values` is JSON by field id, in display order, blank
    ones left out; `totals` the number of values of the relationships that have more than are shown;
    `display_name` is made only of what the caller may see; `member` is the one that the record
    belongs to.
    """

    schema: ObjectSchema
    row: RecordRow
    access: Access
    values: dict[int, Any]
    display_name: str
    fields: Sequence[FieldSpec] = ()
    totals: dict[int, int] = field(default_factory=dict)
    member: MemberSpec | None = None

    @property
    def uuid(self) -> str:
        return self.row.uuid

    @property
    def version(self) -> int:
        return self.row.version

    @property
    def num_associated_team_members(self) -> int:
        return self.row.summary.team_members(self.schema, self.row.values)

    @property
    def formula_errors(self) -> dict[FieldSpec, str]:
        """Why formulas that were requested are blank, in a sentence each that shows no value; a
        formula that read a blank is blank without an error. Computed anew each time."""
        if not self.access.view:
            return {}
        found = {
            spec: spec.type.failure(
                spec, self.schema.stored, self.row.values, self._surroundings(spec)
            )
            for spec in own_fields(self.fields)
            if spec.type.computed and spec.id not in self.values
        }
        return {spec: reason for spec, reason in found.items() if reason}

    def _surroundings(self, spec: FieldSpec) -> Surroundings:
        """What a formula saw when the record was written."""
        written = self.row.updated_at or datetime.now(UTC)
        return surroundings_of(self.member, written.astimezone(spec.zone))


# ---------------------------------------------------------------- which record


def get_record(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    fields: Sequence[FieldSpec],
    *,
    lead_sources: bool = False,
) -> RecordView:
    """A live record the caller may see, or the one that a merged record has become; NotFound for
    any other. One query, and one for what it refers to."""
    return _get(author, schema, ("r.uuid = %s", [uuid_param(record_uuid)]), fields, lead_sources)


def get_record_by_key(
    author: Author, schema: ObjectSchema, record_id: int, fields: Sequence[FieldSpec]
) -> RecordView:
    """As `get_record`, by primary key, with plain values."""
    return _get(author, schema, ("r.id = %s", [record_id]), fields, False, plain=True)


def get_record_by_external_id(
    author: Author,
    schema: ObjectSchema,
    external_id: str,
    fields: Sequence[FieldSpec],
    *,
    source: str = "",
    plain: bool = True,
) -> RecordView:
    """As `get_record`, by external id; plain values unless told otherwise."""
    chosen = ("r.external_source = %s AND r.external_id = %s", [source, external_id])
    try:
        return _get(author, schema, chosen, fields, False, plain=plain, states=_LIVE)
    except NotFound:  # in another statement, as each has an index of its own
        return _get(author, schema, chosen, fields, False, plain=plain, states=_MERGED)


def get_record_by_identifier(
    author: Author, schema: ObjectSchema, identifier: str, fields: Sequence[FieldSpec]
) -> RecordView:
    """A live record by its identifier, or the one that a merged record of this identifier has
    become: case, Unicode form and surplus white space do not matter.

    InvalidInput when the object has no identifier.
    """
    spec = visible_identifier(author, schema)
    if spec is None:
        raise InvalidInput(
            f"The object {schema.name!r} has no identifier; search by a field instead."
        )
    key = key_of_identifier(spec, identifier)
    if not key:
        raise NotFound
    return _get(author, schema, ("r.identifier = %s", [key]), fields, False)


def key_of_identifier(spec: FieldSpec, identifier: str) -> str:
    """An identifier in the form that records are found by; empty where none can be like this."""
    try:
        return identifier_key(_as_stored(spec, check_text(identifier, MAX_LOOKED_UP)))
    except InvalidValue:
        return ""


def _as_stored(spec: FieldSpec, text: str) -> str:
    """A text as the field stores it, such as a phone number in its one form; else as it is."""
    try:
        stored = spec.type.parse(spec, text)
    except InvalidValue:
        return text
    return stored if isinstance(stored, str) else text


_LIVE = "r.state = 'active'"
_MERGED = "r.state = 'archived' AND r.merged_into IS NOT NULL"
_EITHER = "(r.state = 'active' OR r.merged_into IS NOT NULL)"


def _get(
    author: Author,
    schema: ObjectSchema,
    chosen: Fragment,
    fields: Sequence[FieldSpec],
    lead_sources: bool,
    *,
    plain: bool = False,
    states: str = _EITHER,
) -> RecordView:
    condition, params = chosen
    # Plain views show no figures, so none are counted.
    counted, count_params = (
        ("NULL", []) if plain else summary_columns(schema, "r", lead_sources=lead_sources)
    )
    rows = fetch(
        f"SELECT {record_columns('r')}, {counted} FROM records_record r"
        f" WHERE r.workspace_id = %s AND r.object_id = %s AND {states} AND {condition}",
        [*count_params, author.workspace.id, schema.id, *params],
    )
    if not rows:
        raise NotFound
    found = list(map(read_record if plain else read_with_summary, rows))
    # Of records that were merged, several may have had one external id.
    if all(row.merged_into is not None for row in found):
        ends = survivors_of(author, schema, found)
        if not ends:
            raise NotFound
        chosen = ("r.id = %s", [ends[max(ends)]])
        return _get(author, schema, chosen, fields, lead_sources, plain=plain, states=_LIVE)
    (view,) = view_records(author, schema, found, fields, plain=plain)
    # The same answer as for no record: an id must not reveal a hidden one.
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
    """Records as the caller sees them; what they refer to is loaded for all of them at once.

    `granted` is the caller's access if it does not follow from these values. Long lists are cut
    unless `whole`; lists of mirror fields are always cut. `plain`: values as names and primary
    keys.
    """
    fields = _kept_fields(schema, fields)
    own = own_fields(fields)
    related = load_related(author, schema, rows, own)
    everything = grant_of(author, schema).view == "all"
    readers = [_reader(spec, related, None if whole else SHOWN, plain) for spec in own]
    members = author.directory.members(row.member_id for row in rows if row.member_id is not None)
    views = []
    for row, name in zip(rows, _names(author, schema, rows), strict=True):
        access = granted or access_to(author, schema, row.values, row.member_id)
        view = RecordView(schema, row, access, {}, name, fields)
        view.member = members.get(row.member_id or 0)
        # A record out of sight keeps its place in the list, without values.
        if everything or access.view:
            _fill(view, readers)
        views.append(view)
    if len(own) < len(fields):
        _fill_related(author, schema, [view for view in views if view.access.view], plain)
    return views


def _fill_related(
    author: Author, schema: ObjectSchema, views: Sequence[RecordView], plain: bool
) -> None:
    """Add the values of linked records, which are loaded for all records at once."""

    def view_linked(
        related: ObjectSchema, rows: Sequence[RecordRow], fields: Sequence[FieldSpec]
    ) -> list[RecordView]:
        return view_records(author, related, rows, fields, plain=plain)

    fields = views[0].fields if views else ()
    found = related_values(author, schema, [view.row for view in views], fields, view_linked)
    for view in views:
        view.values.update(found.get(view.row.id, {}))


def _kept_fields(schema: ObjectSchema, fields: Sequence[FieldSpec]) -> Sequence[FieldSpec]:
    """Of these fields, those that can have a value: of an external object only the mapped ones."""
    if schema.external is None:
        return fields
    return [
        spec
        for spec in fields
        if spec.id in schema.external.mapping or spec.computed in COLUMN_FIELDS
    ]


def _names(author: Author, schema: ObjectSchema, rows: Sequence[RecordRow]) -> list[str]:
    """The records' names as the caller may see them."""
    if name_is_open(author, schema):
        return [row.display_name for row in rows]
    # From here on, the stored name may show what is hidden from the role.
    links = [spec for spec in schema.pattern_fields if spec.is_link]
    linked = load_related(author, schema, rows, links).references.records
    names = {key: shown["display_name"] for key, shown in linked.items()}
    return [name_for(author, schema, row.values, names) for row in rows]


# How a field's value is read: from the document's key, as it is or through a function; or from the
# whole view.
_Reader = tuple[int, str, Callable[[Any], Any] | None]


class _Memory(dict[Any, Any]):
    """A function's results by value: a page has few distinct choices and members."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, stored: Any) -> Any:
        self[stored] = shown = self.read(stored)
        return shown


def _reader(spec: FieldSpec, related: Related, most: int | None, plain: bool) -> _Reader:
    if spec.computed in COLUMN_FIELDS:
        return spec.id, "", partial(_column_value, spec)
    to_json = partial(spec.type.to_plain if plain else spec.type.to_json, spec)
    if (spec.is_link and spec.multiple) or spec.mirror_of_id is not None:
        return spec.id, "", partial(_links, spec, related, most, to_json)
    return spec.id, str(spec.id), value_reader(spec, related.references, plain=plain)


def value_reader(
    spec: FieldSpec, references: References, *, plain: bool = False
) -> Callable[[Any], Any] | None:
    """What makes of a field's stored value, which is never None, what callers read; None where that
    is the same, so that no function has to be called for each cell."""
    if spec.type.plain:
        return None
    read = partial(spec.type.to_plain if plain else spec.type.to_json, spec, references=references)
    if spec.type.few_values and not spec.multiple:
        return _Memory(read).__getitem__
    return read


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
    """The first records that a relationship leads to; their total is noted if there are more."""
    if spec.mirror_of_id is not None:
        place = (view.row.id, spec.id)
        links = related.links.get(place, [])
        total = related.totals.get(place, 0)
    else:
        stored = view.row.values.get(str(spec.id), ())
        # Links to records out of sight are neither shown nor counted.
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
    when = view.row.created_at if spec.computed == "created" else view.row.updated_at
    return local_time(when, spec.zone)


def local_time(when: datetime | None, zone: ZoneInfo) -> str | None:
    """A moment as callers read it: ISO 8601 with offset, in the workspace's time zone."""
    if when is None:
        return None
    text: str = orjson.dumps(when if zone.key == "UTC" else when.astimezone(zone)).decode()
    return text[1:-1]  # equal to isoformat for offsets of whole minutes, in a third of the time
