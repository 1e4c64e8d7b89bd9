"""Importing files and exporting records, as people do it: send a file, say what its columns are, try it, import."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from records.exceptions import InvalidInput, NotAllowed, NotFound, TooLarge, Unavailable
from records.models import ImportUpload
from records.services.access import grant_of, may_write, visible_fields
from records.services.exporting.tables import CONTENT_TYPES, export_records, exported_fields
from records.services.importing import ImportMode, suggest_fields
from records.services.importing.uploads import get_upload, store_upload
from records.services.jobs import JobView
from records.services.jobs.importing import find_plan, start_import

from .jobs import job_address
from .listing import offered_columns, read_asked
from .object_pages import ObjectPage, about_object

MODES = {
    ImportMode.CREATE_OR_UPDATE: "Update matching records, create the others",
    ImportMode.CREATE_ONLY: "Only create new records",
    ImportMode.UPDATE_ONLY: "Only update matching records",
}
ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252"),
    ("latin-1", "ISO 8859-1 (Latin-1)"),
    ("utf-16", "UTF-16"),
]


class UploadForm(forms.Form):
    """A file on its way in."""

    file = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV or Excel workbook (XLSX). Only the first sheet is read.",
    )
    encoding = forms.ChoiceField(
        label="Encoding",
        choices=ENCODINGS,
        widget=UnfoldAdminSelectWidget,
        help_text="For CSV files. Spreadsheets on Windows often use Windows-1252.",
    )


class PlanForm(forms.Form):
    """What the rows of a file may do."""

    mode = forms.ChoiceField(label="What rows do", choices=list(MODES.items()), widget=UnfoldAdminSelectWidget)
    match_field = forms.ChoiceField(
        label="Match records by",
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="The file must have a column for it.",
    )
    again = forms.BooleanField(
        label="Import again if this file was imported before",
        required=False,
        help_text="Otherwise a file of new records is not imported twice.",
    )

    def __init__(self, page: ObjectPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        identifier = page.schema.identifier
        keys = [spec for spec in visible_fields(page.author, page.schema) if spec.is_unique and spec is not identifier]
        default = f"{identifier.display_name}, if the file has this column" if identifier else "Nothing; all are new"
        offered = [("", default), *((spec.name, spec.display_name) for spec in keys)]
        self.fields["match_field"].choices = offered  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the file: its first cells, the field it is, and whether its cells fill blanks only."""

    number: int
    header: str
    samples: list[str]
    field: str
    kept: bool


def may_import(page: ObjectPage) -> bool:
    """Whether an import is offered at all."""
    grant = grant_of(page.author, page.schema)
    return grant.create or grant.edit != "none"


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def import_page(page: ObjectPage) -> HttpResponse:
    """Upload a file."""
    if not may_import(page):
        raise NotAllowed("You may neither create nor edit records of this object.")
    form = UploadForm(page.request.POST or None, page.request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            made = store_upload(page.author, page.schema, file.name, file.chunks(), form.cleaned_data["encoding"])
        except (InvalidInput, TooLarge) as refusal:
            form.add_error("file", refusal.detail)
        else:
            return redirect(page.url("import_plan", str(made.uuid)))
    return page.render("import.html", f"Import: {page.schema.object_name}", form=form, back=page.url())


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def plan_page(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Say what the columns of a sent file are, then try it or import it. `tried` is a job whose plan to begin with."""
    upload = get_upload(page.author, page.schema, str(record_uuid))
    sent = page.request.POST or None
    plan = _plan_before(page)
    form = PlanForm(page, sent, initial=plan)
    problem = ""
    if form.is_valid():
        try:
            return redirect(job_address(_start(page, upload, form)))
        except InvalidInput as refusal:
            problem = refusal.detail
    return page.render(
        "import_plan.html",
        f"Import {upload.file_name}",
        form=form,
        upload=upload,
        problem=problem,
        columns=_columns(page, upload, plan),
        offered=[spec for spec in visible_fields(page.author, page.schema) if may_write(page.author, spec)],
        again_url=page.url("import"),
    )


def _plan_before(page: ObjectPage) -> dict[str, Any]:
    try:
        return find_plan(page.author, str(UUID(page.request.GET.get("tried", ""))))
    except (ValueError, NotFound):
        return {}


def _columns(page: ObjectPage, upload: ImportUpload, plan: dict[str, Any]) -> list[ShownColumn]:
    """The columns as they were chosen, in the form or before; else as their headers suggest."""
    header: list[str] = upload.header
    chosen = plan.get("mapping") or suggest_fields(page.author, page.schema, header)
    kept = plan.get("kept", ())
    if page.request.method == "POST":
        chosen, kept = _mapping(page, header)
    return [
        ShownColumn(
            at, name, [row[at] for row in upload.samples if at < len(row)], chosen.get(name) or "", name in kept
        )
        for at, name in enumerate(header)
    ]


def _mapping(page: ObjectPage, header: list[str]) -> tuple[dict[str, str | None], list[str]]:
    """The field of each column, and the columns that fill blanks only, as the form says."""
    sent = page.request.POST
    mapping = {name: sent.get(f"column-{at}") or None for at, name in enumerate(header)}
    return mapping, [name for at, name in enumerate(header) if f"kept-{at}" in sent and mapping[name]]


def _start(page: ObjectPage, upload: ImportUpload, form: PlanForm) -> JobView:
    mapping, kept = _mapping(page, upload.header)
    return start_import(
        page.author,
        page.schema,
        upload,
        mapping=mapping,
        mode=form.cleaned_data["mode"],
        match_field=form.cleaned_data["match_field"] or None,
        kept=kept,
        again=form.cleaned_data["again"],
        dry_run="try" in page.request.POST,
    )


@require_safe
@about_object
def export(page: ObjectPage) -> HttpResponseBase:
    """The records that the list finds as a file, with the columns that it shows, or with all fields."""
    asked, form = read_asked(page), page.request.GET.get("format", "csv")
    shown = asked.columns if "shown" in page.request.GET else exported_fields(offered_columns(page))
    try:
        request = replace(asked.request(page.author, page.schema), fields=shown)
        chunks = export_records(page.author, page.schema, request, form)
    except (InvalidInput, Unavailable) as refusal:
        messages.error(page.request, refusal.detail)
        return redirect(page.url())
    response = StreamingHttpResponse(chunks, content_type=CONTENT_TYPES[form])
    response.headers["Content-Disposition"] = f'attachment; filename="{page.schema.name}.{form}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
