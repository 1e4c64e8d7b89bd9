"""What was read can be sent back: a value that the record has is no change, whoever may set it and
whatever rules its field has by now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from records.exceptions import Conflict, InvalidValues, NotFound, RecordsError
from records.mcp.rendering import data_fields, whole_contents
from records.services.access import Author, may_write
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.operations import BatchItem, home_of
from records.services.reading import Address, RecordNames, find_any_field
from records.services.writing import FieldEntry


class _Held(NamedTuple):
    fields: Sequence[FieldSpec]
    content: dict[str, Any]


Write = Callable[[Sequence[FieldEntry], frozenset[int]], dict[str, Any]]


def write_what_differs(
    author: Author,
    schema: ObjectSchema,
    where: Address | None,
    entries: Sequence[FieldEntry],
    write: Write,
    *,
    full: bool,
    alone: bool,
) -> dict[str, Any]:
    """What `write` answers for the entries and the fields to keep as they are.

    Only values that it refuses are compared with those of the record: where they are the same they
    are left out, and the rest is written. A cancelled record takes a patch of what it holds.
    `full`: a property that is not sent is cleared. `alone`: nothing is written beside them.
    """
    try:
        return write(entries, frozenset())
    except Conflict:
        held = None if full or not alone else _held(author, schema, where, entries)
        if held is None or not _is_cancelled_so(held, entries):
            raise
        return _unchanged(author, schema, held)
    except InvalidValues as error:
        held = _held(author, schema, where, entries)
        if held is None:
            raise
        known, data = {spec.name: spec for spec in held.fields}, held.content["data"]
        same = {
            at
            for at, entry in enumerate(entries)
            if entry.name in known and entry.value == data.get(entry.name)
        }
        sent = {entry.name for entry in entries}
        if alone and len(same) == len(entries) and not (full and data.keys() - sent):
            return _unchanged(author, schema, held)
        refused = {entry.position for entry in error.entries}
        if error.general or not refused <= same:
            raise
    kept = frozenset(known[entries[at].name].id for at in refused if at is not None)
    left = [at for at in range(len(entries)) if at not in refused]
    try:
        return write([entries[at] for at in left], kept if schema.external is None else frozenset())
    except InvalidValues as error:
        for entry in error.entries:
            entry.position = None if entry.position is None else left[entry.position]
        raise


def _held(
    author: Author, schema: ObjectSchema, where: Address | None, entries: Sequence[FieldEntry]
) -> _Held | None:
    """The record as it is read, with the fields of linked records that the entries speak of; None
    for none."""
    if where is None:
        return None
    fields = (*data_fields(author, schema), *_linked_fields(author, schema, entries))
    try:
        view = home_of(schema).get_remaining(author, schema, where, fields)
    except NotFound:
        return None
    return _Held(fields, whole_contents(author, schema, [view], fields)[0])


def _linked_fields(
    author: Author, schema: ObjectSchema, entries: Sequence[FieldEntry]
) -> Iterator[FieldSpec]:
    """The fields of linked records among the entries' names, which reads give by their paths."""
    for name in dict.fromkeys(entry.name for entry in entries):
        spec = find_any_field(author, schema, name) if name and "." in name else None
        if spec is not None and spec.name == name:
            yield spec


def _is_cancelled_so(held: _Held, entries: Sequence[FieldEntry]) -> bool:
    data = held.content["data"]
    return "_cancelled" in held.content and all(
        entry.value == data.get(entry.name) for entry in entries
    )


def _unchanged(author: Author, schema: ObjectSchema, held: _Held) -> dict[str, Any]:
    """The record's own data, as after any write."""
    own = {spec.name for spec in data_fields(author, schema)}
    data = {name: value for name, value in held.content["data"].items() if name in own}
    return held.content | {"data": data, "action": "unchanged"}


# ---------------------------------------------------------------- many records


def without_what_stays(
    author: Author, schema: ObjectSchema, items: Sequence[BatchItem | RecordsError]
) -> list[BatchItem | RecordsError]:
    """The items without the values that nobody can set, where their records have just these. They
    are read together, by their ids and external ids."""
    fields = _unsettable(author, schema, items)
    if not fields or schema.external is not None:
        return list(items)
    named = [item for item in items if isinstance(item, BatchItem) and (item.uuid or item.key)]
    names = RecordNames(
        [item.uuid for item in named if item.uuid], (), [item.key for item in named if item.key]
    )
    found = home_of(schema).get_records(author, schema, names, fields)
    views = [view for view in (*found.by_uuid, *found.by_external) if view is not None]
    contents = whole_contents(author, schema, views, fields)
    by_uuid = {view.uuid: content for view, content in zip(views, contents, strict=True)}
    by_key = dict(
        zip([*names.uuids, *names.external], [*found.by_uuid, *found.by_external], strict=True)
    )

    def shortened(item: BatchItem | RecordsError) -> BatchItem | RecordsError:
        view = by_key.get(item.uuid or item.key) if isinstance(item, BatchItem) else None
        if view is None or isinstance(item, RecordsError):
            return item
        data, known = by_uuid[view.uuid]["data"], {spec.name for spec in fields}
        entries = [
            entry
            for entry in item.entries
            if entry.name not in known or entry.value != data.get(entry.name)
        ]
        return replace(item, entries=entries)

    return [shortened(item) for item in items]


def _unsettable(
    author: Author, schema: ObjectSchema, items: Sequence[BatchItem | RecordsError]
) -> tuple[FieldSpec, ...]:
    """The fields among the items' entries that are computed, or of linked records."""
    entries = [entry for item in items if isinstance(item, BatchItem) for entry in item.entries]
    sent = {entry.name for entry in entries}
    own = (spec for spec in data_fields(author, schema) if spec.name in sent)
    computed = (spec for spec in own if not may_write(author, spec))
    return (*computed, *_linked_fields(author, schema, entries))
