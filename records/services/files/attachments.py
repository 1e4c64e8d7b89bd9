"""Files of records: sent and fetched under signed links, listed, removed.

Who may see a record may fetch its files; who may edit it may add, replace and remove them. Each
change leaves a row in the record's history (`attached`, `detached`, the name as its reason),
without what the file holds.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.core.files.base import File
from django.db.models import QuerySet
from django.utils import timezone

from records.exceptions import Conflict, InvalidInput, NotAllowed, NotFound
from records.models import ApiKey, Attachment, RecordState, Source, new_uuid
from records.rehearsal import Notes, is_rehearsal
from records.services.access import Author, because, check_writes, get_schema, member_author
from records.services.catalogue import ObjectSchema, load_workspace, not_offered
from records.services.database import in_one_transaction, rehearse
from records.services.reading import (
    Address,
    RecordView,
    SignedLink,
    get_remaining,
    read_download,
    read_upload,
    sign_download,
    sign_upload,
)
from records.services.retention import remove_later
from records.services.storage import MAX_FILES, store_file
from records.services.writing import Mode, SaveRequest, save_record

from .downloads import Download, opened
from .file_names import check_content_type, check_name
from .free_uploads import check_key, receive_free_file
from .taking_in import Readable, check_size, spooled_bytes, take_in


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A file of a record. `member` is the JSON of who uploaded it; the moment is in the workspace's
    time zone."""

    uuid: str
    name: str
    content_type: str
    size: int
    sha256: str
    created_at: datetime
    member: dict[str, Any] | None


# ---------------------------------------------------------------- what agents and programs ask


def begin_upload(
    author: Author,
    schema: ObjectSchema,
    where: Address,
    filename: object,
    content_type: object = None,
) -> SignedLink:
    """A link under which the file's bytes can be PUT for 15 minutes, in the author's name.

    A file with this name is then replaced. Permission is checked again when the bytes arrive.
    """
    check_writes(author)  # the link will not know the key's scopes
    view = _get(author, schema, where)
    _check_may_change(view)
    return sign_upload(
        {
            "workspace": author.workspace.id,
            "object": schema.uuid,
            "record": view.uuid,
            "name": check_name(filename),
            "type": check_content_type(content_type),
            "member": author.member.id,
            "key": author.api_key_id,
            "source": author.source,
            "dry_run": is_rehearsal(),
        }
    )


def get_url(author: Author, schema: ObjectSchema, where: Address, filename: str) -> SignedLink:
    """A link under which a file can be fetched for 15 minutes; NotFound when the record has none of
    this name."""
    found = _find(author, _get(author, schema, where), filename)
    return sign_download(author.workspace.id, found.pk)


def list_attachments(
    author: Author, schema: ObjectSchema, where: Address, prefix: str = ""
) -> list[AttachmentView]:
    """The record's files whose names begin with `prefix`, by name; at most a thousand, which is all
    it can have."""
    rows = _files(author, _get(author, schema, where)).order_by("name")
    wanted = unicodedata.normalize("NFC", prefix)
    found = [row for row in rows if row.name.startswith(wanted)]
    members = author.directory.members(
        row.created_by for row in found if row.created_by is not None
    )
    return [_view(author, row, members) for row in found]


def delete_attachment(author: Author, schema: ObjectSchema, where: Address, filename: str) -> None:
    """Remove a file, also from the values that refer to it. NotFound when there is none of this
    name."""
    view = _get(author, schema, where)
    _check_may_change(view)
    author = because(author, check_name(filename))

    def work() -> None:
        found = _find(author, view, filename)
        save_record(author, schema, SaveRequest(Mode.DETACH, view.uuid, attachment_id=found.pk))
        gone = _files(author, view).filter(id=found.pk)
        # Read under the record's lock: an upload may have replaced the bytes since `_find`.
        for name in gone.values_list("file", flat=True):
            remove_later(name)
        # Two requests can delete the same file; the second has nothing to report as deleted.
        if not gone.delete()[0]:
            raise NotFound

    in_one_transaction(work)


def attach_file(
    author: Author,
    schema: ObjectSchema,
    where: Address,
    filename: str,
    content_type: str | None,
    source: Readable,
    size: int,
) -> AttachmentView:
    """Store a file of a known size at a record; one with this name is replaced."""
    view = _get(author, schema, where)
    _check_may_change(view)
    return _receive(
        author, schema, view, check_name(filename), check_content_type(content_type), source, size
    )


# ---------------------------------------------------------------- under a signed link


def receive_upload(
    token: str,
    source: Readable,
    size: int,
    request_id: str = "",
    reason: str = "",
    *,
    is_form: bool = False,
    key: str | None = None,
    dry_run: bool = False,
) -> tuple[AttachmentView, bool]:
    """Store what is sent to an upload link; `size` is the announced number of bytes. Nothing is
    stored in a `dry_run`, nor under a link that one gave: whether that was so. `key` is the one
    that a form sends with its file; a form that was asked for has to.

    NotAllowed if the link is invalid or expired, or if the key that requested it has since been
    revoked.
    """
    asked = read_upload(token)
    workspace = load_workspace(asked["workspace"])
    author = member_author(workspace, asked["member"], Source(asked["source"]), request_id)
    author = replace(author, api_key_id=asked["key"], reason=reason)
    # A link stays valid for minutes, in which the member or the key may be shut out.
    if not (author.member.is_active and _is_valid(author)):
        raise NotAllowed("The link is not valid.", "invalid_link")
    if is_form and "upload" in asked:
        check_key(author, asked["upload"], key)
    name, content_type = asked["name"], asked["type"]

    def attach(source: Readable) -> AttachmentView:
        if "upload" in asked:
            free = receive_free_file(author, asked["upload"], name, content_type, source, size)
            return _view(author, free, {author.member.id: author.member})
        schema = get_schema(author, asked["object"])
        where = Address(asked["record"])
        return attach_file(author, schema, where, name, content_type, source, size)

    if not (dry_run or asked.get("dry_run")):
        return attach(source), False
    check_size(size)

    def again(_: Notes) -> AttachmentView:
        spooled.seek(0)
        return attach(spooled)

    # The bytes are taken in before the transaction, in which they would hold others up.
    with spooled_bytes(source, size) as (spooled, _):
        return rehearse(again), True


def _is_valid(author: Author) -> bool:
    if author.api_key_id is None:
        return True
    keys = ApiKey.objects.filter(
        workspace_id=author.workspace.id, id=author.api_key_id, revoked_at=None
    )
    # None means "never expires", so a missing key needs a date of its own.
    expiry = keys.values_list("expires_at", flat=True).first() if keys.exists() else timezone.now()
    return expiry is None or expiry > timezone.now()


def open_download(token: str) -> Download:
    """What is fetched under a download's link; NotFound when it, or its record, is gone."""
    workspace_id, attachment_id = read_download(token)
    row = (
        Attachment.objects.select_related("record")
        .filter(workspace_id=workspace_id, id=attachment_id)
        .first()
    )
    # Permission was checked when the link was signed; only deletion revokes it.
    if row is None or (row.record is not None and row.record.state == RecordState.DELETED):
        raise NotFound
    return opened(row)


# ---------------------------------------------------------------- rights


def _get(author: Author, schema: ObjectSchema, where: Address) -> RecordView:
    if schema.external is not None:
        raise not_offered(schema, "files")
    # Archived and cancelled records keep their files, which can still be read.
    return get_remaining(author, schema, where, ())


def _check_may_change(view: RecordView) -> None:
    """Checked before any bytes are read; the write itself checks again."""
    if not view.access.edit:
        raise NotAllowed("You may not edit this record.")
    if view.row.state != RecordState.ACTIVE:
        raise Conflict("The record is archived: unarchive it first.")
    if view.row.cancelled_at is not None:
        raise Conflict("The record is cancelled; cancelled records cannot be changed.")


def _files(author: Author, view: RecordView) -> QuerySet[Attachment]:
    return Attachment.objects.filter(workspace_id=author.workspace.id, record_id=view.row.id)


def _find(author: Author, view: RecordView, filename: str) -> Attachment:
    row = _files(author, view).filter(name=check_name(filename)).first()
    if row is None:
        raise NotFound("The record has no file with this name.")
    return row


def _view(author: Author, row: Attachment, members: Any) -> AttachmentView:
    member = members.get(row.created_by)
    return AttachmentView(
        str(row.uuid),
        row.name,
        row.content_type,
        row.size,
        row.sha256,
        row.created_at.astimezone(author.workspace.zone),
        member.json if member is not None else None,
    )


# ---------------------------------------------------------------- taking bytes in


def _receive(
    author: Author,
    schema: ObjectSchema,
    view: RecordView,
    name: str,
    content_type: str,
    source: Readable,
    size: int,
) -> AttachmentView:
    def store(file: File[bytes]) -> str:
        return store_file(f"attachments/{author.workspace.uuid}/{view.uuid}/{new_uuid()}", file)

    def enter(stored: str, digest: str) -> Attachment:
        new = Attachment(
            workspace_id=author.workspace.id,
            record_id=view.row.id,
            file=stored,
            name=name,
            content_type=content_type,
            size=size,
            sha256=digest,
            created_by=author.member.id,
        )
        _note(because(author, name), schema, view, new)
        return new

    new = take_in(source, size, store, enter)
    return _view(author, new, {author.member.id: author.member})


def _note(author: Author, schema: ObjectSchema, view: RecordView, new: Attachment) -> None:
    """Enter the file, in the place of the one with its name if there is one; the write holds the
    record's lock."""
    # First, for its lock: two uploads of one name then go one after the other.
    save_record(author, schema, SaveRequest(Mode.ATTACH, view.uuid))
    files = _files(author, view)
    held = files.filter(name=new.name).first()
    if held is None and files.count() >= MAX_FILES:
        raise InvalidInput(f"A record can have at most {MAX_FILES} files.", "limit_exceeded")
    if held is not None:
        # Only after the commit: a rollback keeps the old row, which needs its bytes.
        remove_later(str(held.file.name))
        # Values refer to a file by its key and stay valid when it is replaced.
        new.pk, new.uuid = held.pk, held.uuid
    new.save(force_insert=held is None, force_update=held is not None)
