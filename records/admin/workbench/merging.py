"""Merging the chosen records: which one survives, and whose value it has where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from records.admin.object_pages import ObjectPage, about_object
from records.admin.showing import cut, value_text
from records.exceptions import Conflict, InvalidInput, NotAllowed
from records.field_types import FieldSpec
from records.services.access import grant_of, may_write, visible_fields
from records.services.catalogue import is_stored
from records.services.merging import Merge, merge_records
from records.services.operations import home_of
from records.services.reading import RecordNames, RecordView

from .operations import with_undo
from .selection import read_selection

LEAST, MOST = 2, 10  # records that a page has room for
RULE = "rule-"


@dataclass(frozen=True, slots=True)
class Choice:
    """A record's value in a field, as a choice."""

    uuid: str
    text: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A field in which the records differ; without a choice of a record its rule is `default`."""

    field: FieldSpec
    name: str
    default: str
    choices: Sequence[Choice]
    chosen: bool


def may_merge(page: ObjectPage) -> bool:
    """Whether merging is offered at all."""
    grant = grant_of(page.author, page.schema)
    return "none" not in (grant.edit, grant.remove)


@require_http_methods(["GET", "HEAD", "POST"])
@about_object
def merge_page(page: ObjectPage) -> HttpResponse:
    """Choose the survivor and the values; merge."""
    if not may_merge(page):
        raise NotAllowed("You may not merge records of this object.")
    sent = page.request.POST or page.request.GET
    try:
        uuids = read_selection(page, sent).find(page)
    except InvalidInput as refusal:
        messages.error(page.request, refusal.detail)
        return redirect(page.url())
    views = _views(page, uuids) if len(uuids) <= MOST else []
    if len(views) < LEAST:
        messages.warning(page.request, f"Tick {LEAST} to {MOST} records in the list first.")
        return redirect(page.url())
    problem = ""
    if page.request.method == "POST":
        try:
            return _merge(page, views, sent)
        except (InvalidInput, Conflict) as refusal:
            problem = refusal.detail
    into = sent.get("into", views[0].uuid)
    return page.render(
        "merge.html",
        f"Merge: {page.schema.object_name}",
        records=[(view, view.uuid == into) for view in views],
        rows=_rows(page, views, sent),
        problem=problem,
        back=page.url(),
    )


def _views(page: ObjectPage, uuids: Sequence[str]) -> list[RecordView]:
    """The records, each once, in the order in which they were ticked."""
    found = home_of(page.schema).get_records(
        page.author, page.schema, RecordNames(uuids), visible_fields(page.author, page.schema)
    )
    return list({view.uuid: view for view in found.by_uuid if view is not None}.values())


def _rows(page: ObjectPage, views: Sequence[RecordView], sent: QueryDict) -> list[Row]:
    rows = []
    for spec in visible_fields(page.author, page.schema):
        if not (is_stored(spec) and may_write(page.author, spec)):
            continue
        texts = [
            (view.uuid, cut(value_text(spec, view.values[spec.id])))
            for view in views
            if spec.id in view.values
        ]
        if len({text for _, text in texts}) < LEAST:
            continue
        name = f"{RULE}{spec.name}"
        chosen = sent.get(name, "")
        choices = [Choice(uuid, text, uuid == chosen) for uuid, text in texts]
        default = "All of them" if spec.multiple else "The survivor's"
        rows.append(Row(spec, name, default, choices, any(each.chosen for each in choices)))
    return rows


def _merge(page: ObjectPage, views: Sequence[RecordView], sent: QueryDict) -> HttpResponse:
    into = sent.get("into", "")
    others = [view.uuid for view in views if view.uuid != into]
    if len(others) == len(views):
        raise InvalidInput("Choose the record that survives.")
    rules = {
        row.field.name: {"record": sent[row.name]} for row in _rows(page, views, sent) if row.chosen
    }
    merge_records(page.author, page.schema, Merge(into, others, rules))
    count = len(others)
    messages.success(
        page.request,
        with_undo(page, f"{count} record{'s were' if count > 1 else ' was'} merged into this one."),
    )
    return redirect(page.url("record", into))
