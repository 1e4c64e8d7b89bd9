"""The files of a record at the workbench: uploaded, fetched, removed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from records.admin.object_pages import ObjectPage, about_object, local_text
from records.exceptions import Conflict, InvalidInput, TooLarge
from records.field_types import member_name
from records.services.operations import home_of
from records.services.reading import address


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file in the list on the record's page."""

    name: str
    size: int
    content_type: str
    when: str
    who: str


def shown_files(page: ObjectPage, record_uuid: str) -> list[ShownFile] | None:
    """The record's files; None where records live elsewhere and have none here."""
    if page.schema.external is not None:
        return None
    found = home_of(page.schema).list_attachments(page.author, page.schema, address(record_uuid))
    return [
        ShownFile(
            row.name,
            row.size,
            row.content_type,
            local_text(page.author, row.created_at),
            member_name(row.member) or "",
        )
        for row in found
    ]


@require_POST
@about_object
def upload(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Store the sent file under its own name."""
    sent = page.request.FILES.get("file")
    try:
        if sent is None or sent.name is None or sent.size is None:
            raise InvalidInput("Choose a file.")
        where = address(record_uuid)
        home_of(page.schema).attach_file(
            page.author, page.schema, where, sent.name, sent.content_type, sent, sent.size
        )
    except (InvalidInput, TooLarge, Conflict) as refusal:
        messages.error(page.request, refusal.detail)
    else:
        messages.success(page.request, "The file was uploaded.")
    return redirect(page.url("record", str(record_uuid)) + "#files")


@require_safe
@about_object
def fetch(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Go to where the file can be fetched."""
    name = page.request.GET.get("filename", "")
    try:
        return redirect(
            home_of(page.schema).get_url(page.author, page.schema, address(record_uuid), name).path
        )
    except InvalidInput as refusal:
        messages.error(page.request, refusal.detail)
        return redirect(page.url("record", str(record_uuid)))


@require_POST
@about_object
def remove(page: ObjectPage, record_uuid: UUID) -> HttpResponse:
    """Remove a file, also from the values that refer to it."""
    try:
        home_of(page.schema).delete_attachment(
            page.author, page.schema, address(record_uuid), page.request.POST.get("filename", "")
        )
    except (InvalidInput, Conflict) as refusal:
        messages.error(page.request, refusal.detail)
    else:
        messages.success(page.request, "The file was removed.")
    return redirect(page.url("record", str(record_uuid)) + "#files")
