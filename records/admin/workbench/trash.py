"""The trash of an object: what staff deleted, to be brought back or removed for good."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from records.admin.object_pages import ObjectPage, about_object, local_text
from records.exceptions import Conflict, NotAllowed
from records.services.access import grant_of
from records.services.operations import (
    home_of,
    purge_record,
    restore_record,
    trash_record,
)
from records.services.reading import address

from .listing import PAGE_SIZE, read_asked
from .records import paging


@dataclass(frozen=True, slots=True)
class TrashRow:
    """A record in the trash: its name, since when it is there, and the addresses of what can be
    done with it."""

    name: str
    uuid: str
    since: str
    restore_url: str
    purge_url: str


@require_safe
@about_object
def trash_page(page: ObjectPage) -> HttpResponse:
    """What the visitor may bring back, the last deleted first."""
    if grant_of(page.author, page.schema).remove == "none":
        raise NotAllowed("You may not remove records of this object.")
    number = read_asked(page).page
    count, found = home_of(page.schema).list_trash(
        page.author, page.schema, (), offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE
    )
    rows = [
        TrashRow(
            trashed.view.display_name or "(no name)",
            trashed.view.uuid,
            local_text(page.author, trashed.since),
            page.url("record_restore", trashed.view.uuid),
            page.url("record_purge", trashed.view.uuid),
        )
        for trashed in found
    ]
    title = f"Trash: {page.schema.object_name}"
    return page.render(
        "trash.html", title, rows=rows, paging=paging(page, number, count), days=settings.TRASH_DAYS
    )


@require_POST
@about_object
def throw_away(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Move a record to the trash."""
    trash_record(page.author, page.schema, address(record_uuid))
    messages.success(
        page.request, "The record was moved to the trash. You can restore it from there."
    )
    return redirect(page.url())


@require_POST
@about_object
def restore(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Bring a record back from the trash."""
    try:
        restore_record(page.author, page.schema, record_uuid)
    except Conflict as refusal:
        messages.error(page.request, refusal.detail)
        return redirect(page.url("trash"))
    messages.success(page.request, "The record was restored.")
    return redirect(page.url("record", str(record_uuid)))


@require_POST
@about_object
def purge(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Remove a record in the trash for good."""
    purge_record(page.author, page.schema, record_uuid)
    messages.success(
        page.request, "The record was permanently deleted, with its values and history."
    )
    return redirect(page.url("trash"))
