"""Importing files and exporting records, as people do it: send a file, say what its columns are,
try it, import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from records.admin.object_pages import ObjectPage, about_object
from records.exceptions import InvalidInput, NotAllowed, NotFound, TooLarge, Unavailable
from records.field_types import FieldSpec
from records.http import download
from records.models import ImportUpload
from records.services.access import grant_of, may_write, visible_fields
from records.services.exporting import CONTENT_TYPES, exported_fields
from records.services.importing import (
    BOTH_NAMES,
    ImportMode,
    Reading,
    get_upload,
    preview,
    store_upload,
    suggest_fields,
)
from records.services.jobs import JobView, find_plan
from records.services.operations import export_records, home_of

from .jobs import counted_cells, job_address
from .listing import offered_columns, read_asked

MODES = {
    ImportMode.CREATE_OR_UPDATE: "Update matching records, create the others",
    ImportMode.CREATE_ONLY: "Only create new records",
    ImportMode.UPDATE_ONLY: "Only update matching records",
}
CSV_FOR_EXCEL = "csv-bom"  # with a byte order mark, by which Excel knows UTF-8
ENCODINGS = [
    ("", "Detect"),
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252"),
    ("latin-1", "ISO 8859-1 (Latin-1)"),
    ("utf-16", "UTF-16"),
    ("iso8859_15", "ISO 8859-15 (Latin-9)"),
    ("cp1250", "Windows-1250 (Central Europe)"),
    ("iso8859_2", "ISO 8859-2 (Latin-2)"),
    ("mac_roman", "Mac OS Roman"),
    ("cp850", "DOS 850"),
]
FORMS = [
    ("", "As found"),
    ("numbers:point", "1,234.5"),
    ("numbers:comma", "1.234,5"),
    ("dates:ymd", "year-month-day"),
    ("dates:dmy", "day/month/year"),
    ("dates:mdy", "month/day/year"),
]
IN_FORM = {"comma": "decimal comma", "dmy": "day first", "mdy": "month first"}
DELIMITERS = [("", "Detect"), (",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Bar")]


class UploadForm(forms.Form):
    """A file on its way in."""

    file = forms.FileField(
        label="File",
        widget=UnfoldAdminFileFieldWidget,
        help_text="CSV, Excel workbook (XLSX), of which one sheet is read, or JSON lines.",
    )
    encoding = forms.ChoiceField(
        label="Encoding",
        choices=ENCODINGS,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For CSV files. Spreadsheets on Windows often use Windows-1252.",
    )
    delimiter = forms.ChoiceField(
        label="Delimiter",
        choices=DELIMITERS,
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="For CSV files.",
    )
    sheet = forms.CharField(
        label="Sheet",
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget,
        help_text="Name or number, for workbooks; else the first visible sheet with cells.",
    )
    header_row = forms.IntegerField(
        label="Header row",
        required=False,
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The row that has the column names; else it is found.",
    )

    def reading(self) -> Reading:
        """How the file is read."""
        chosen = self.cleaned_data
        return Reading(
            chosen["encoding"], chosen["delimiter"], chosen["sheet"], chosen["header_row"]
        )


class PlanForm(forms.Form):
    """What the rows of a file may do."""

    mode = forms.ChoiceField(
        label="What rows do", choices=list(MODES.items()), widget=UnfoldAdminSelectWidget
    )
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
        keys = [
            spec
            for spec in visible_fields(page.author, page.schema)
            if spec.is_unique and spec is not identifier
        ]
        default = (
            f"{identifier.display_name}, if the file has this column"
            if identifier
            else "Nothing; all are new"
        )
        offered = [("", default), *((spec.name, spec.display_name) for spec in keys)]
        self.fields["match_field"].choices = offered  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ShownColumn:
    """A column of the file: its first cells, the field it is, whether its cells fill blanks only,
    what it seems to be, the form of its numbers or dates with those that can be chosen, and the
    marks that are read as blanks, None for a column that has none."""

    number: int
    header: str
    samples: list[str]
    field: str
    kept: bool
    seems: str
    form: str
    forms: list[tuple[str, str]]
    marks: str | None


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
            made = store_upload(page.author, page.schema, file.name, file.chunks(), form.reading())
        except (InvalidInput, TooLarge) as refusal:
            form.add_error("file", refusal.detail)
        else:
            return redirect(page.url("import_plan", str(made.uuid)))
    return page.render(
        "import.html", f"Import: {page.schema.object_name}", form=form, back=page.url()
    )


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def plan_page(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Say what the columns of a sent file are, then try it or import it. `tried` is a job whose
    plan to begin with."""
    upload = get_upload(page.author, page.schema, str(record_uuid))
    sent = page.request.POST or None
    plan = _plan_before(page)
    form = PlanForm(page, sent, initial=plan)
    offered = [
        spec for spec in visible_fields(page.author, page.schema) if may_write(page.author, spec)
    ]
    names, problem = BOTH_NAMES.split("+"), ""
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
        facts=_facts(upload),
        problem=problem,
        columns=_columns(page, upload, plan),
        offered=offered,
        both_names=BOTH_NAMES if {spec.name for spec in offered}.issuperset(names) else "",
        again_url=page.url("import"),
    )


def _facts(upload: ImportUpload) -> list[str]:
    """How the file was read, in words."""
    told = upload.reading
    guess = " (a guess)" if told.get("encoding_is_guess") else ""
    facts = [
        f"sheet {told['sheet']}" if told.get("sheet") else "",
        f"{told['encoding'].upper()}{guess}" if told.get("encoding") else "",
        f"names in row {told['header_row']}" if told.get("rows_above") else "",
    ]
    return [fact for fact in facts if fact]


def _plan_before(page: ObjectPage) -> dict[str, Any]:
    try:
        return find_plan(page.author, str(UUID(page.request.GET.get("tried", ""))))
    except (ValueError, NotFound):
        return {}


def _columns(page: ObjectPage, upload: ImportUpload, plan: dict[str, Any]) -> list[ShownColumn]:
    """The columns as they were chosen, in the form or before; else as their headers suggest."""
    header: list[str] = upload.header
    chosen = plan.get("mapping") or suggest_fields(page.author, page.schema, header)
    kept, forms = plan.get("kept", ()), plan.get("forms", {})
    if page.request.method == "POST":
        chosen, kept = _mapping(page, header)
    return [
        ShownColumn(
            at,
            name,
            [row[at] for row in upload.samples if at < len(row)],
            chosen.get(name) or "",
            name in kept,
            _seems(preview(upload, at)),
            _form(page, at, forms.get(name, {})),
            FORMS,
            _marks(page, at, forms.get(name, {}), preview(upload, at)),
        )
        for at, name in enumerate(header)
    ]


def _seems(told: Mapping[str, Any]) -> str:
    """What a column seems to be, in words."""
    forms = [words for key in ("numbers", "dates") if (words := IN_FORM.get(told.get(key, "")))]
    examples = [
        f"{shown['written']} → {shown['read'] or 'nothing'}" for shown in told.get("examples", [])
    ]
    return ", ".join([told.get("type", ""), *forms, *counted_cells(told), *examples])


def _form(page: ObjectPage, at: int, planned: Mapping[str, Any]) -> str:
    """The chosen form of a column: in the form, or in the plan before."""
    if page.request.method == "POST":
        return page.request.POST.get(f"form-{at}", "")
    return next((f"{key}:{planned[key]}" for key in ("numbers", "dates") if key in planned), "")


def _marks(
    page: ObjectPage, at: int, planned: Mapping[str, Any], told: Mapping[str, Any]
) -> str | None:
    """The marks of a column that are read as blanks: in the form, in the plan before, or as found;
    None where there are none."""
    if page.request.method == "POST":
        return page.request.POST.get(f"blanks-{at}")
    marks = planned.get("blanks", told.get("marks"))
    return None if marks is None else ", ".join(marks)


def _forms(page: ObjectPage, upload: ImportUpload) -> dict[str, dict[str, Any]]:
    """The forms of columns that are chosen."""
    offered = dict(FORMS)
    found: dict[str, dict[str, Any]] = {}
    for at, name in enumerate(upload.header):
        form = page.request.POST.get(f"form-{at}", "")
        chosen: dict[str, Any] = dict([form.split(":")]) if form and form in offered else {}
        marks = _split_marks(page.request.POST.get(f"blanks-{at}", ""))
        # As found, other marks further down are blanks too.
        if f"blanks-{at}" in page.request.POST and marks != preview(upload, at).get("marks"):
            chosen["blanks"] = marks
        if chosen:
            found[name] = chosen
    return found


def _split_marks(text: str) -> list[str]:
    return [mark for part in text.split(",") if (mark := part.strip())]


def _mapping(page: ObjectPage, header: list[str]) -> tuple[dict[str, str | None], list[str]]:
    """The field of each column, and the columns that fill blanks only, as the form says."""
    sent = page.request.POST
    mapping = {name: sent.get(f"column-{at}") or None for at, name in enumerate(header)}
    return mapping, [
        name for at, name in enumerate(header) if f"kept-{at}" in sent and mapping[name]
    ]


def _start(page: ObjectPage, upload: ImportUpload, form: PlanForm) -> JobView:
    mapping, kept = _mapping(page, upload.header)
    return home_of(page.schema).start_import(
        page.author,
        page.schema,
        upload,
        mapping=mapping,
        mode=form.cleaned_data["mode"],
        match_field=form.cleaned_data["match_field"] or None,
        kept=kept,
        forms=_forms(page, upload),
        again=form.cleaned_data["again"],
        dry_run="try" in page.request.POST,
    )


def _shown_fields(page: ObjectPage, columns: Sequence[FieldSpec]) -> tuple[FieldSpec, ...]:
    """The columns of the list, with what names the records, which stands first in it."""
    identifier = page.schema.identifier
    seen = visible_fields(page.author, page.schema)
    name = identifier if identifier in seen and not page.schema.display_pattern else None
    if name is None:
        name = next((spec for spec in seen if spec.computed == "display_name"), None)
    return tuple(columns) if name is None or name in columns else (name, *columns)


@require_safe
@about_object
def export(page: ObjectPage) -> HttpResponseBase:
    """The records that the list finds as a file, with the columns that it shows, or with all
    fields."""
    asked, chosen = read_asked(page), page.request.GET.get("format", "csv")
    form = "csv" if chosen == CSV_FOR_EXCEL else chosen
    fields = _shown_fields(page, asked.columns)
    if "shown" not in page.request.GET:
        fields = exported_fields(offered_columns(page))
    try:
        request = replace(asked.request(page.author, page.schema), fields=fields)
        # With the ids of the records, so that either file can be imported again.
        file = export_records(
            page.author, page.schema, request, form, bom=form != chosen, whole=True
        )
    except (InvalidInput, Unavailable) as refusal:
        messages.error(page.request, refusal.detail)
        return redirect(page.url())
    return download(file, f"{page.schema.name}.{form}", CONTENT_TYPES[form])
