"""Archiving the chosen records, and changing a field of them: jobs that the pages here start."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminSelectWidget

from records.admin.object_pages import ObjectPage, about_object
from records.exceptions import InvalidInput, NotAllowed
from records.field_types import FieldSpec
from records.services.access import (
    Author,
    find_field,
    grant_of,
    may_write,
    visible_fields,
)
from records.services.jobs import JobView, Resolution
from records.services.operations import home_of

from .inputs import added_name, is_link, make_inputs
from .jobs import job_address
from .record_forms import read_input, read_link
from .selection import Selection, read_selection

LABELS = {
    Resolution.OVERWRITE: "Replace the value",
    Resolution.UPDATE_IF_BLANK: "Fill blanks only",
    Resolution.ADD_ONLY: "Add values",
    Resolution.REMOVE_ONLY: "Remove values",
    Resolution.CLEAR: "Clear",
}


def may_change(author: Author, page: ObjectPage) -> bool:
    """Whether a bulk change is offered at all."""
    return grant_of(author, page.schema).edit != "none" and bool(writable_fields(page))


def writable_fields(page: ObjectPage) -> list[FieldSpec]:
    """The fields that the visitor may change."""
    return [
        spec for spec in visible_fields(page.author, page.schema) if may_write(page.author, spec)
    ]


class ChangeForm(forms.Form):
    """What is to become of one field of the chosen records."""

    how = forms.ChoiceField(label="What to do", widget=UnfoldAdminSelectWidget)

    def __init__(self, author: Author, spec: FieldSpec, data: Any = None) -> None:
        super().__init__(data)
        self.spec = spec
        offered = [(how.value, label) for how, label in LABELS.items() if _suits(spec, how)]
        self.fields["how"].choices = offered  # type: ignore[attr-defined]
        self.fields.update(make_inputs(author, spec, None))

    def add_prefix(self, field_name: str) -> str:
        """Names that those of the selection do not meet."""
        return f"change-{field_name}"

    def value(self) -> Any:
        """The value as the core takes it."""
        if not is_link(self.spec):
            return read_input(self.spec, self.cleaned_data[self.spec.name])
        text = self.cleaned_data[added_name(self.spec)].strip()
        parts = text.split(";") if self.spec.multiple else [text]
        links = [read_link(self.spec, part.strip()) for part in parts if part.strip()]
        return links if self.spec.multiple else next(iter(links), None)

    def clean(self) -> dict[str, Any]:
        """Nothing is no value: emptying a field is a choice of its own."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        name = added_name(self.spec) if is_link(self.spec) else self.spec.name
        wanted = cleaned.get("how") not in (None, Resolution.CLEAR)
        if wanted and name in cleaned and self.value() in (None, "", []):
            self.add_error(name, "Enter a value; to empty the field, choose Clear.")
        return cleaned


def _suits(spec: FieldSpec, how: Resolution) -> bool:
    if how in (Resolution.ADD_ONLY, Resolution.REMOVE_ONLY):
        return spec.multiple
    if how == Resolution.UPDATE_IF_BLANK:
        return spec.mirror_of_id is None
    return how != Resolution.CLEAR or not spec.is_required


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def archive_page(page: ObjectPage) -> HttpResponse:
    """Ask whether the chosen records are to be archived, and begin with it."""
    if grant_of(page.author, page.schema).remove == "none":
        raise NotAllowed("You may not archive records of this object.")
    return _bulk_page(page, "bulk_archive.html", "Archive", _archive)


def _archive(page: ObjectPage, selection: Selection, form: ChangeForm | None) -> JobView:
    return home_of(page.schema).start_bulk_archive(page.author, page.schema, selection.find(page))


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def change_page(page: ObjectPage) -> HttpResponse:
    """Choose a field, then what is to become of it; begin with it."""
    if not may_change(page.author, page):
        raise NotAllowed("You may not change records of this object.")
    sent = page.request.POST or page.request.GET
    spec = find_field(page.author, page.schema, sent.get("field", ""))
    form = None
    if spec is not None and may_write(page.author, spec):
        form = ChangeForm(page.author, spec, page.request.POST or None)
    return _bulk_page(page, "bulk_change.html", "Change a field", _change, form)


def _change(page: ObjectPage, selection: Selection, form: ChangeForm | None) -> JobView:
    if form is None:
        raise InvalidInput("Choose a field that you may change.")
    value, how = form.value(), form.cleaned_data["how"]
    return home_of(page.schema).start_bulk_change(
        page.author, page.schema, form.spec.uuid, value, how, selection.find(page)
    )


def _bulk_page(
    page: ObjectPage, template: str, title: str, start: Any, form: ChangeForm | None = None
) -> HttpResponse:
    """Start the job that was confirmed and go on to it; else show what would be done, and what is
    wrong with it."""
    problem = ""
    try:
        selection = read_selection(page, page.request.POST or page.request.GET)
        number = _count(page, selection)
    except InvalidInput as refusal:
        messages.error(page.request, refusal.detail)
        return redirect(page.url())
    if not number:
        messages.warning(page.request, "No records are selected. Tick records in the list first.")
        return redirect(page.url())
    if page.request.method == "POST" and (form is None or form.is_valid()):
        try:
            job = start(page, selection, form)
        except InvalidInput as refusal:
            problem = refusal.reason
        else:
            return redirect(job_address(job))
    return page.render(
        template,
        f"{title}: {page.schema.object_name}",
        selection=selection,
        number=number,
        problem=problem,
        form=form,
        offered=writable_fields(page),
        filters=[asked.describe(page.author, page.schema) for asked in selection.asked.filters],
        back=f"{page.url()}?{selection.query}" if selection.everything else page.url(),
    )


def _count(page: ObjectPage, selection: Selection) -> int:
    if not selection.everything:
        return len(selection.uuids)
    return (
        home_of(page.schema).search_records(page.author, page.schema, selection.search).count or 0
    )
