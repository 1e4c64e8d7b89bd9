"""Trying a source out, as its callers would."""

from __future__ import annotations

from records.exceptions import NotFound
from records.models import ExternalSource
from records.services.access import Author, get_schema, visible_fields
from records.services.catalogue import ObjectSchema
from records.services.reading import RecordView
from records.services.search import SearchRequest

from .external_records import get_record_by_identifier
from .listing import search_records

SHOWN = 10


def try_connection(author: Author, source: ExternalSource, external_id: str = "") -> str:
    """Report on reading one record: the one with this id, or the first of the list. Raises what
    went wrong.

    It says which fields had values, and no value.
    """
    row = author.directory.objects.get(source.object_id)
    if row is None:
        raise NotFound
    schema = get_schema(author, row.uuid)
    fields = visible_fields(author, schema)
    if external_id.strip():
        return _described(
            schema,
            get_record_by_identifier(author, schema, external_id.strip(), fields),
            "The record",
        )
    page = search_records(author, schema, SearchRequest(fields, page_size=1))
    if not page.views:
        return "The list was read; it is empty."
    total = f" of {page.count:,}" if page.count is not None else ""
    return _described(schema, page.views[0], f"The list was read; its first record{total}")


def _described(schema: ObjectSchema, view: RecordView, what: str) -> str:
    # Computed values are ours, and would suggest that the upstream sent them.
    names = [schema.by_id[key].name for key in view.values if not schema.by_id[key].computed]
    listed = ", ".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
    return f"{what} has the id {view.row.external_id!r} and values of: {listed or 'no field'}."
