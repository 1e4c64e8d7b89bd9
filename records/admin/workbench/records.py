"""An object's records in a table: searched, filtered, sorted, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from records.admin.object_pages import ObjectPage, about_object, external_status, tell_unavailable
from records.admin.showing import Cell, show_cell
from records.exceptions import ExternalConfig, ExternalError, InvalidInput, Unavailable
from records.field_types import FieldSpec
from records.services.access import Author, grant_of, told_fields, visible_fields
from records.services.operations import home_of
from records.services.reading import RecordView

from .bulk import may_change
from .inputs import choices_of
from .listing import (
    PAGE_SIZE,
    Asked,
    chosen_columns,
    conditions_of,
    may_sort,
    offered_columns,
    read_asked,
)
from .merging import may_merge
from .transfers import may_import

DISPLAY_NAME = "display_name"


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column; `link` sorts by it. `sorted`: `up`, `down` or nothing."""

    label: str
    link: str = ""
    sorted: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A record in the table."""

    name: str
    link: str
    cells: list[Cell]
    uuid: str


@require_safe
@about_object
def list_page(page: ObjectPage) -> HttpResponse:
    """The records that meet what the address asks for; what is wrong with it is said in place of
    the table."""
    asked = read_asked(page)
    found, problem, status, unavailable = None, "", 200, None
    try:
        found = home_of(page.schema).search_records(
            page.author, page.schema, asked.request(page.author, page.schema)
        )
    except InvalidInput as refusal:
        problem = refusal.detail
    except Unavailable as refusal:
        problem, unavailable = refusal.detail, refusal
    except (ExternalConfig, ExternalError) as refusal:
        problem, status = refusal.detail, external_status(refusal)
    response = page.render(
        "list.html",
        page.schema.object_name,
        status=status,
        problem=problem,
        asked=asked,
        headings=_headings(page, asked),
        rows=table_rows(page, found.views if found is not None else (), asked.columns),
        filters=_active_filters(page, asked),
        filterable=_filterable(
            page.author,
            told_fields(page.author, page.schema, visible_fields(page.author, page.schema)),
        ),
        columns=[(spec, spec in asked.columns) for spec in offered_columns(page)],
        kept=[(key, value) for key, values in page.request.GET.lists() for value in values],
        paging=paging(page, asked.page, found.count or 0) if found is not None else None,
        **_bulk_links(page),
    )
    return tell_unavailable(response, unavailable)


def _bulk_links(page: ObjectPage) -> dict[str, Any]:
    """The pages that do something with many records, for those who may; rows can be chosen where it
    takes rows."""
    if page.schema.external is not None:
        return {"selectable": False, "export_url": page.url("export")}
    change = page.url("bulk_change") if may_change(page.author, page) else ""
    archive = (
        page.url("bulk_archive") if grant_of(page.author, page.schema).remove != "none" else ""
    )
    return {
        "change_url": change,
        "archive_url": archive,
        "merge_url": page.url("bulk_merge") if may_merge(page) else "",
        "grid_url": page.url("grid"),
        "selectable": bool(change or archive),
        "import_url": page.url("import") if may_import(page) else "",
        "export_url": page.url("export"),
    }


@require_safe
@about_object
def archived_page(page: ObjectPage) -> HttpResponse:
    """The records that were archived, the last ones first."""
    columns = chosen_columns(page)
    number = read_asked(page).page
    count, views = home_of(page.schema).list_archived(
        page.author, page.schema, columns, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
    )
    headings = [
        Heading("Record"),
        *(Heading(spec.display_name, numeric=spec.type.is_numeric) for spec in columns),
    ]
    return page.render(
        "archived.html",
        f"Archived: {page.schema.object_name}",
        headings=headings,
        rows=table_rows(page, views, columns),
        paging=paging(page, number, count),
    )


def table_rows(
    page: ObjectPage, views: Sequence[RecordView], columns: Sequence[FieldSpec]
) -> list[TableRow]:
    """Records with their values as cells."""
    return [
        TableRow(
            view.display_name or "(no name)",
            page.url("record", view.uuid),
            [
                show_cell(
                    page.author,
                    spec,
                    view.values.get(spec.id),
                    total=view.totals.get(spec.id, 0),
                    in_list=True,
                )
                for spec in columns
            ],
            view.uuid,
        )
        for view in views
    ]


# ---------------------------------------------------------------- links that change what is asked


def link(asked: ObjectPage, /, **changes: Any) -> str:
    """The address with some of what it asks changed (None: left out), from its first page."""
    sent: QueryDict = asked.request.GET.copy()
    sent.pop("page", None)
    sent.pop("columns", None)
    for key, value in changes.items():
        sent.pop(key, None)
        if value is not None:
            sent.setlist(key, value if isinstance(value, list) else [str(value)])
    return f"?{sent.urlencode()}"


def _headings(page: ObjectPage, asked: Asked) -> list[Heading]:
    display = page.schema.by_name.get(DISPLAY_NAME)
    first = _heading(page, asked, display, "Record") if display is not None else Heading("Record")
    return [first, *(_heading(page, asked, spec, spec.display_name) for spec in asked.columns)]


def _heading(page: ObjectPage, asked: Asked, spec: FieldSpec, label: str) -> Heading:
    if not may_sort(spec):
        return Heading(label)
    if asked.ordering == spec.name:
        return Heading(label, link(page, o=f"-{spec.name}"), "up", spec.type.is_numeric)
    if asked.ordering == f"-{spec.name}":
        return Heading(label, link(page, o=None), "down", spec.type.is_numeric)
    return Heading(label, link(page, o=spec.name), "", spec.type.is_numeric)


def _active_filters(page: ObjectPage, asked: Asked) -> list[tuple[str, str]]:
    """Each filter in words, with the address without it."""
    active = []
    for at, one in enumerate(asked.filters):
        rest = [other for place, other in enumerate(asked.filters) if place != at]
        without = link(
            page,
            f=[other.field_name for other in rest],
            c=[other.condition for other in rest],
            v=[other.text for other in rest],
        )
        active.append((one.describe(page.author, page.schema), without))
    return active


def _filterable(author: Author, fields: Sequence[FieldSpec]) -> list[dict[str, Any]]:
    """The fields that can be filtered by, with their conditions and, where there are few, their
    values."""
    return [
        {
            "name": spec.name,
            "label": spec.display_name,
            "conditions": conditions_of(spec),
            "choices": choices_of(author, spec),
        }
        for spec in fields
        if spec.type.conditions
    ]


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a page stands among all."""

    count: int
    first: int
    last: int
    number: int
    pages: int
    previous: str
    next: str


def paging(page: ObjectPage, number: int, count: int) -> Paging:
    """The numbers and links below a table."""
    pages = max(-(-count // PAGE_SIZE), 1)
    first = min((number - 1) * PAGE_SIZE + 1, count)
    return Paging(
        count,
        first,
        min(number * PAGE_SIZE, count),
        number,
        pages,
        link(page, page=min(number - 1, pages)) if number > 1 else "",
        link(page, page=number + 1) if number < pages else "",
    )
