"""The pages of one record: what it holds, what became of it, and changing it through the write
path."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from records.admin.object_pages import (
    ObjectPage,
    about_object,
    local_text,
    page_number,
    tell_unavailable,
)
from records.admin.showing import Cell, show_cell
from records.exceptions import (
    InvalidInput,
    InvalidValues,
    NotAllowed,
    NotFound,
    PreconditionFailed,
    RecordsError,
)
from records.field_types import FieldSpec
from records.models import RecordState
from records.services.access import grant_of
from records.services.catalogue import COLUMN_FIELDS
from records.services.operations import home_of
from records.services.reading import RecordView, select_fields
from records.services.writing import (
    Mode,
    SaveRequest,
    archive_record,
    unarchive_record,
)

from .attachments import shown_files
from .history import show_entry
from .operations import with_undo
from .record_forms import RecordForm

HISTORY_SIZE = 20
SAID = {"created": "The record was created.", "unchanged": "Nothing was changed."}
Group = tuple[str, list[Cell]]


@require_safe
@about_object
def record_page(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """A record with all its values, figures and history; an archived one too, to be brought
    back."""
    fields = select_fields(page.author, page.schema, include_hidden=True)
    view = home_of(page.schema).get_record_in_any_state(
        page.author, page.schema, record_uuid, fields
    )
    if view.uuid != str(record_uuid):
        return led_on(page, view)
    at = page_number(page.request.GET, "history")
    count, entries = home_of(page.schema).list_history(
        page.author, page.schema, record_uuid, offset=(at - 1) * HISTORY_SIZE, limit=HISTORY_SIZE
    )
    return page.render(
        "record.html",
        view.display_name or "(no name)",
        view=view,
        groups=_groups(page, view),
        figures=_figures(page, view),
        archived=view.row.state == RecordState.ARCHIVED,
        files=shown_files(page, view.uuid),
        may_change_files=may_change(view),
        history=[show_entry(page.author, entry) for entry in entries],
        history_count=count,
        newer=at - 1,
        older=at + 1 if count > at * HISTORY_SIZE else 0,
        **_addresses(page, view.uuid),
    )


def led_on(page: ObjectPage, view: RecordView) -> HttpResponse:
    """To the page of what a record has become: nothing on that is about another record than it
    names."""
    messages.warning(
        page.request,
        "The record you asked for was merged into this one, which is shown in its place.",
    )
    return redirect(page.url("record", view.uuid))


def _addresses(page: ObjectPage, uuid: str) -> dict[str, Any]:
    return {
        "record_url": page.url("record", uuid),
        "edit_url": page.url("record_edit", uuid),
        "archive_url": page.url("record_archive", uuid),
        "unarchive_url": page.url("record_unarchive", uuid),
        "throw_away_url": page.url("record_trash", uuid),
        "former_url": page.url("former_record", uuid),
        "files_url": page.url("record_files", uuid),
        "file_url": page.url("record_file", uuid),
        "file_remove_url": page.url("record_file_remove", uuid),
    }


def may_change(view: RecordView) -> bool:
    """Whether the visitor may change the record, and it takes changes."""
    row = view.row
    return view.access.edit and row.state == RecordState.ACTIVE and row.cancelled_at is None


def drawn_fields(page: ObjectPage) -> list[FieldSpec]:
    """The fields that the visitor may see and that have a place among a record's values."""
    found = select_fields(page.author, page.schema, include_hidden=True)
    return [spec for spec in found if spec.computed not in COLUMN_FIELDS]


def shown_cells(page: ObjectPage, view: RecordView) -> list[tuple[FieldSpec, Cell]]:
    """The drawn fields with their values, blank or not; a formula that failed says why."""
    shown = []
    for spec in drawn_fields(page):
        value, total = view.values.get(spec.id), view.totals.get(spec.id, 0)
        cell = show_cell(page.author, spec, value, total=total)
        shown.append((spec, replace(cell, reason=view.formula_errors.get(spec, ""))))
    return shown


def _groups(page: ObjectPage, view: RecordView) -> list[Group]:
    """The fields that the visitor may see and the object's layout draws, with their values, blank
    or not, by category."""
    categories = page.categories()
    found: dict[str, list[Cell]] = {}
    for spec, cell in shown_cells(page, view):
        found.setdefault(spec.category_uuid, []).append(cell)
    order = page.laid_out(categories)
    if order is None:
        order = [*categories, *(key for key in found if key not in categories)]
    return [(categories.get(key, ""), found[key]) for key in order if key in found]


def _figures(page: ObjectPage, view: RecordView) -> list[tuple[str, str]]:
    summary, row = view.row.summary, view.row
    figures = [
        ("Version", str(view.version)),
        ("Created", local_text(page.author, row.created_at)),
        ("Updated", local_text(page.author, row.updated_at)),
        ("Team members", str(view.num_associated_team_members)),
        ("Upcoming activities", str(summary.upcoming_activities)),
    ]
    if page.schema.is_contact:
        figures.append(("Addresses", str(summary.addresses)))
        figures.append(("Email suppressed", "Yes" if summary.email_suppressed else "No"))
    if summary.lead_sources:
        figures.append(("Lead sources", ", ".join(summary.lead_sources)))
    if row.external_id:
        figures.append(("External id", f"{row.external_source} {row.external_id}".strip()))
    return [*figures, ("Id", view.uuid)]


# ---------------------------------------------------------------- changing


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def add_page(page: ObjectPage) -> HttpResponse:
    """The form of a new record."""
    if not grant_of(page.author, page.schema).create:
        raise NotAllowed("You may not create records of this object.")
    form = RecordForm(page.author, page.schema, None, page.request.POST or None)
    return _answer(page, form, None)


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def edit_page(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """The form of a record."""
    fields = select_fields(page.author, page.schema, include_hidden=True)
    view = home_of(page.schema).get_record(page.author, page.schema, record_uuid, fields)
    if view.uuid != str(record_uuid):
        return led_on(page, view)
    if not view.access.edit:
        raise NotAllowed("You may not edit this record.")
    form = RecordForm(page.author, page.schema, view, page.request.POST or None)
    return _answer(page, form, view)


def _answer(page: ObjectPage, form: RecordForm, view: RecordView | None) -> HttpResponse:
    """Save the form and go on to the record; show the form, with what is wrong with it, if it
    cannot be saved."""
    archived = ""
    refused: RecordsError | None = None
    if form.is_valid():
        entries = form.entries()
        try:
            result = home_of(page.schema).save_record(
                page.author, page.schema, _request(form, view, entries)
            )
        except PreconditionFailed as refusal:
            _warn_of_others(form, refusal)
        except InvalidValues as refusal:
            form.refuse(refusal, entries)
            archived = page.url("record", refusal.archived_id) if refusal.archived_id else ""
        except (NotFound, NotAllowed):
            raise
        except RecordsError as refusal:
            refused = refusal
            form.add_error(None, refusal.detail)
        else:
            said = SAID.get(result.action, "The record was changed.")
            changed = result.action != "unchanged"
            messages.success(page.request, with_undo(page, said) if changed else said)
            return redirect(page.url("record", result.record.uuid))
    return tell_unavailable(_form_page(page, form, view, archived), refused)


def _request(form: RecordForm, view: RecordView | None, entries: Any) -> SaveRequest:
    if view is None:
        return SaveRequest(Mode.CREATE, entries=entries)
    version = form.cleaned_data["version"] or None  # a record that lives elsewhere has none
    return SaveRequest(Mode.UPDATE, view.uuid, entries=entries, expected_version=version)


def _warn_of_others(form: RecordForm, refusal: PreconditionFailed) -> None:
    """Say that the record was changed meanwhile; saving again is then meant, for the changed fields
    alone."""
    data: Any = form.data.copy()  # type: ignore[attr-defined]
    data[form.add_prefix("version")] = str(refusal.version)
    form.data = data
    form.add_error(
        None,
        f"The record has changed in the meantime and is now at version {refusal.version}. "
        "Your changes are not saved yet. Check its history; saving again overwrites only the "
        "fields you changed.",
    )


def _form_page(
    page: ObjectPage, form: RecordForm, view: RecordView | None, archived: str
) -> HttpResponse:
    name, categories = page.schema.entity_name, page.categories()
    # A form has every field, since one that is not drawn may be required.
    order = dict.fromkeys([*(page.laid_out(categories) or ()), *categories])
    record: dict[str, Any] = {} if view is None else {"record_url": page.url("record", view.uuid)}
    return page.render(
        "form.html",
        f"New record: {name}" if view is None else f"Edit {view.display_name or '(no name)'}",
        form=form,
        groups=form.groups({key: categories[key] for key in order}),
        archived_link=archived,
        back=page.url() if view is None else page.url("record", view.uuid),
        **record,
    )


@require_POST
@about_object
def archive(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Take a record out of sight."""
    archive_record(page.author, page.schema, record_uuid)
    messages.success(
        page.request,
        with_undo(page, "The record was archived. Its values and history are kept."),
    )
    return redirect(page.url("record", str(record_uuid)))


@require_POST
@about_object
def unarchive(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Bring an archived record back."""
    try:
        unarchive_record(page.author, page.schema, record_uuid)
    except InvalidInput as refusal:
        messages.error(page.request, refusal.detail)
    else:
        messages.success(page.request, with_undo(page, "The record was unarchived."))
    return redirect(page.url("record", str(record_uuid)))
