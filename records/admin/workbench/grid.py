"""The grid: an object's records in a table that is filled, sorted and edited in the browser.

The page brings what a field's type says of how it is shown and edited; records, definitions, views
and every change go through the Records API, with the visitor's session.
"""

from __future__ import annotations

from typing import Any

import orjson
from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from records.admin.object_pages import ObjectPage, about_object
from records.field_types import FieldSpec
from records.models import Extent
from records.services.access import grant_of, list_kept_schemas, may_write, visible_fields
from records.services.catalogue import ObjectSchema
from records.services.views import default_view

from .inputs import LONG
from .listing import conditions_of, first_columns, may_sort, offered_columns
from .records import DISPLAY_NAME

# Nothing inline, for scripts and for styles: no text of a record can become either.
POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
SHORTCUTS = (
    ("Arrows, Tab, Home, End", "move; with Shift extend the selection; with Ctrl to the edge"),
    ("Enter, F2", "edit the cell; Enter again stores it and goes down"),
    ("Any letter or digit", "replace what is in the cell"),
    ("Escape", "leave the cell as it was"),
    ("Delete", "clear the selected cells"),
    ("Ctrl + C, Ctrl + X, Ctrl + V", "copy, cut and paste cells, also from and to spreadsheets"),
    ("Ctrl + D", "fill the selection with its first row"),
    ("Ctrl + Z, Ctrl + Shift + Z", "undo, redo"),
    ("Space", "open the record beside the grid; in a yes/no cell, switch it"),
    ("Shift + Space", "tick the row"),
    ("Ctrl + ←, Ctrl + →", "on a board: move the card to the column beside it"),
    ("Ctrl + .", "go to the heading of the group: there arrows move, fold and unfold"),
    ("Ctrl + A", "select all cells that are loaded"),
    ("Ctrl + Enter", "open the record's own page"),
    ("F6", "from the grid to the record beside it, and back"),
    ("Ctrl + S", "save the record beside the grid"),
    ("Alt + Page Up, Alt + Page Down", "the record before and after the one beside the grid"),
    ("Ctrl + H", "find and replace in all records that are found"),
    ("/", "search"),
    ("?", "this list"),
)
NUMBERS = ("integer", "number")
FORMATS = ("date", "date-time")


@csp_replace(POLICY)
@ensure_csrf_cookie
@require_safe
@about_object
def grid_page(page: ObjectPage) -> HttpResponse:
    """The grid of an object's records; those of another system are in the list."""
    if grant_of(page.author, page.schema).view == Extent.NONE:
        raise Http404
    if page.schema.external is not None:
        return redirect(page.url())
    return page.render(
        "grid.html",
        page.schema.object_name,
        config_json=orjson.dumps(_config(page)).decode(),
        objects=_others(page),
        shortcuts=SHORTCUTS,
    )


def _others(page: ObjectPage) -> list[ObjectSchema]:
    """The objects that have a grid for the visitor, by label."""
    schemas = list_kept_schemas(page.author)
    return sorted(schemas, key=lambda schema: schema.object_name.casefold())


def _config(page: ObjectPage) -> dict[str, Any]:
    """What the page's scripts begin with."""
    author, schema = page.author, page.schema
    grant, view = grant_of(author, schema), default_view(author, schema)
    first = first_field(schema)
    offered = [spec for spec in offered_columns(page) if spec is not first]
    return {
        "workspace": author.workspace.uuid,
        "member": author.member.uuid,
        "zone": str(author.workspace.zone),
        "object": schema.uuid,
        "objectName": schema.name,
        "label": schema.object_name,
        "entity": schema.entity_name,
        "recordUrl": page.url(),
        "operationsUrl": reverse("admin:operations"),
        "mayCreate": grant.create,
        "mayRemove": grant.remove != Extent.NONE,
        "first": first.name,
        "columns": [spec.name for spec in first_columns(schema, tuple(offered))],
        **_categories(page),
        "defaultView": None if view is None else str(view.uuid),
        "fields": {
            spec.name: described(spec, editable=may_write(author, spec))
            for spec in visible_fields(author, schema)
        },
    }


def _categories(page: ObjectPage) -> dict[str, Any]:
    """The categories by which a record's fields are shown, in order; `drawsAll`: fields of none of
    these are shown too."""
    names = page.categories()
    order = page.laid_out(names)
    shown = [(key, names[key]) for key in (names if order is None else order) if key in names]
    return {"categories": shown, "drawsAll": order is None}


def first_field(schema: ObjectSchema) -> FieldSpec:
    """What names a record in the frozen column: the field it is named by, which can be edited, or
    the name that is made of several."""
    if schema.identifier is not None and not schema.display_pattern:
        return schema.identifier
    return schema.by_name[DISPLAY_NAME]


def described(spec: FieldSpec, *, editable: bool) -> dict[str, Any]:
    """How a field is shown, edited, sorted and filtered, as its type says."""
    return {
        "control": control_of(spec),
        "editable": editable and not spec.computed,
        "multiple": spec.multiple,
        "numeric": spec.type.is_numeric,
        "sortable": may_sort(spec),
        "html": spec.type.json_schema(spec).get("contentMediaType") == "text/html",
        "amount": spec.type.sent_by == "amount",
        "conditions": conditions_of(spec),
        "figures": spec.type.aggregates,
        "groups": spec.type.groups,
    }


def control_of(spec: FieldSpec) -> str:
    """The kind of input that a field is edited with; `open`: on the record's own page."""
    schema, kind = spec.type.json_schema(spec), spec.type
    if kind.refers_to in ("record", "member"):
        return str(kind.refers_to)
    if kind.refers_to or kind.is_document or schema.get("contentMediaType") == "text/html":
        return "open"
    if kind.has_options:
        return "tags" if kind.is_typed(spec) else "options" if spec.multiple else "option"
    return _plain_control(spec, schema)


def _plain_control(spec: FieldSpec, schema: dict[str, Any]) -> str:
    if schema.get("type") == "boolean":
        return "boolean"
    if schema.get("type") in NUMBERS or spec.type.sent_by == "amount":
        return "number"
    if schema.get("format") in FORMATS:
        return str(schema["format"])
    return "long" if schema.get("maxLength", 0) > LONG else "text"
