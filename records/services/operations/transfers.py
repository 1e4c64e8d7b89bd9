"""Records into files, and files into records."""

from __future__ import annotations

from typing import IO

from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.exporting import export_listing, export_table
from records.services.importing import get_upload
from records.services.jobs import JobView, find_plan
from records.services.search import SearchRequest

from .home import home_of


def import_as_tried(author: Author, schema: ObjectSchema, job_uuid: str) -> JobView:
    """Import for good what was tried in a dry run, by the same plan."""
    plan = find_plan(author, job_uuid)
    return home_of(schema).start_import(
        author, schema, get_upload(author, schema, plan.pop("upload")), **plan
    )


def export_records(
    author: Author,
    schema: ObjectSchema,
    request: SearchRequest,
    form: str,
    *,
    bom: bool = False,
    whole: bool = False,
) -> IO[bytes]:
    """The records that a search finds, as `csv`, `xlsx` or `jsonl`; see
    `exporting.export_table`."""
    return export_table(
        author, schema, request, form, home_of(schema).search_records, bom=bom, whole=whole
    )


def export_list(
    author: Author, schema: ObjectSchema, request: SearchRequest, form: str
) -> IO[bytes]:
    """As `export_records`, with numbers, external ids, members and times; see
    `exporting.export_listing`."""
    return export_listing(author, schema, request, form, home_of(schema).search_records)
