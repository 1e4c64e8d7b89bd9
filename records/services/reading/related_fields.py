"""Fields of linked records, as callers name them: `airport.city` is the city of the record that
`airport` links to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from records.exceptions import InvalidInput
from records.field_types import FieldSpec
from records.services.access import Author, find_field, visible_condition
from records.services.catalogue import ObjectSchema
from records.services.database import in_ids
from records.services.storage import RecordRow, load_records

from .related import SHOWN, load_related

if TYPE_CHECKING:
    from .record_views import RecordView

MAX_LINKS = 10  # relationships in one request whose records' fields are asked for
KEY_BITS = 63


class RelatedPath(NamedTuple):
    """A field of linked records: the relationship, the object that it leads to, its field."""

    link: FieldSpec
    schema: ObjectSchema
    field: FieldSpec


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RelatedField(FieldSpec):
    """A field of linked records in the place of one of the record's own; its name is the path."""

    link: FieldSpec
    target: FieldSpec


def find_related_path(author: Author, schema: ObjectSchema, key: str) -> RelatedPath | None:
    """The field of linked records that a path names; None for what the caller may not see, and for
    records that live elsewhere."""
    near, dot, far = key.partition(".")
    link = find_field(author, schema, near) if dot else None
    if link is None or not link.is_link or schema.external is not None:
        return None
    related = author.directory.find_related(link)
    if related is None or related.external is not None or not author.role.grant(related.id).any:
        return None
    field = find_field(author, related, far)
    return None if field is None else RelatedPath(link, related, field)


def find_any_field(author: Author, schema: ObjectSchema, key: str) -> FieldSpec | None:
    """A field of the object, or of linked records, that a caller names."""
    path = find_related_path(author, schema, key)
    return find_field(author, schema, key) if path is None else related_field(path)


def check_links(fields: Iterable[FieldSpec], place: str) -> None:
    """InvalidInput for fields of more relationships than a request may ask for."""
    links = {spec.link.id for spec in fields if isinstance(spec, RelatedField)}
    # Each takes a statement of its own.
    if len(links) > MAX_LINKS:
        message = f"fields of at most {MAX_LINKS} relationships."
        raise InvalidInput(message, "limit_exceeded", at=place)


def related_field(path: RelatedPath) -> RelatedField:
    """The field that stands for a path among those of a record."""
    link, _, target = path
    return RelatedField(
        # No field has a key below zero, and each path has one of its own.
        id=-(link.id << KEY_BITS | target.id),
        uuid=target.uuid,
        name=f"{link.name}.{target.name}",
        display_name=target.display_name,
        type=target.type,
        settings=target.settings,
        options=target.options,
        zone=target.zone,
        region=target.region,
        language=target.language,
        link=link,
        target=target,
    )


def own_fields(fields: Iterable[FieldSpec]) -> list[FieldSpec]:
    """Of some fields those that are the record's own."""
    return [spec for spec in fields if not isinstance(spec, RelatedField)]


def related_values(
    author: Author,
    schema: ObjectSchema,
    rows: Sequence[RecordRow],
    fields: Sequence[FieldSpec],
    view: Callable[[ObjectSchema, Sequence[RecordRow], Sequence[FieldSpec]], Sequence[RecordView]],
) -> dict[int, dict[int, Any]]:
    """What the caller may see of the fields of linked records, by record and field.

    One statement for each relationship, one for all mirrors of relationships, and what the values
    refer to. `view` makes views of the linked records.
    """
    by_link: dict[FieldSpec, list[RelatedField]] = {}
    for spec in fields:
        if isinstance(spec, RelatedField):
            by_link.setdefault(spec.link, []).append(spec)
    found: dict[int, dict[int, Any]] = {}
    if not by_link or not rows:
        return found
    keys = _linked_keys(author, schema, rows, list(by_link))
    for link, specs in by_link.items():
        related = author.directory.related_schema(link)
        linked = _load(author, related, {key for place in keys[link].values() for key in place})
        views = {seen.row.id: seen for seen in view(related, linked, [s.target for s in specs])}
        for record_id, places in keys[link].items():
            seen = [views[key] for key in places if key in views][:SHOWN]
            values = _values(link, specs, seen)
            if values:
                found.setdefault(record_id, {}).update(values)
    return found


def _values(
    link: FieldSpec, specs: Sequence[RelatedField], seen: Sequence[RecordView]
) -> dict[int, Any]:
    """The values of the linked records; of several, as lists that line up."""
    shown = {}
    for spec in specs:
        values = [view.values.get(spec.target.id) for view in seen]
        if any(value is not None for value in values):
            shown[spec.id] = values if link.multiple else values[0]
    return shown


def _linked_keys(
    author: Author, schema: ObjectSchema, rows: Sequence[RecordRow], links: Sequence[FieldSpec]
) -> Mapping[FieldSpec, dict[int, list[int]]]:
    """By relationship, the keys of the records that each row is linked to."""
    mirrors = [link for link in links if link.mirror_of_id is not None]
    linking = load_related(author, schema, rows, mirrors).links if mirrors else {}
    found = {}
    for link in links:
        if link.mirror_of_id is not None:
            found[link] = {row.id: linking.get((row.id, link.id), []) for row in rows}
        else:
            stored = ((row.id, row.values.get(str(link.id))) for row in rows)
            found[link] = {
                key: value if isinstance(value, list) else [value]
                for key, value in stored
                if value is not None
            }
    return found


def _load(author: Author, related: ObjectSchema, keys: set[int]) -> list[RecordRow]:
    """The live records with these keys that the caller may see."""
    visible, params = visible_condition(author, related, "r")
    chosen, keys_sent = in_ids("r.id", sorted(keys))
    condition = f"r.state = 'active' AND {chosen} AND {visible}"
    return load_records(related, (condition, [*keys_sent, *params]))
