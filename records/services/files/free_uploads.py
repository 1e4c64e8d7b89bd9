"""Files that are sent before their record is known: under a signed link, then confirmed, and given
to the record whose value names them.

Until then they are their sender's alone, and go after a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.core.files.base import File
from django.db.models import QuerySet

from records.exceptions import Conflict, InvalidInput, NotFound
from records.models import Attachment, new_uuid
from records.services.access import Author, check_scope, check_writes, get_schema
from records.services.database import canonical_uuid, in_one_transaction
from records.services.reading import Address, SignedLink, get_remaining, sign_download, sign_upload
from records.services.retention import remove_later
from records.services.storage import FREE_FILES, store_file

from .downloads import Download, opened
from .file_names import check_content_type, check_name
from .taking_in import Readable, take_in

PURPOSES = ("field_value", "record_import")


@dataclass(frozen=True, slots=True)
class UploadForm:
    """Where a form with the file is to be sent, what it has to hold beside the file, the id that
    the file will have, and how many bytes it may have."""

    link: SignedLink
    key: str
    uuid: str
    max_size: int


@dataclass(frozen=True, slots=True)
class FileView:
    """A file by its id, and a link to fetch it."""

    uuid: str
    name: str
    content_type: str
    size: int
    link: SignedLink


def check_purpose(purpose: str, *, at: str) -> None:
    """InvalidInput for what files are not sent for."""
    if purpose not in PURPOSES:
        raise InvalidInput(f"expected {' or '.join(PURPOSES)}.", at=at)


def begin_free_upload(author: Author, filename: object, content_type: object) -> UploadForm:
    """Where to send a file whose record is not known yet; for 15 minutes, in the author's name."""
    check_scope(author, "records", "write")
    check_writes(author)  # the link will not know the key's scopes
    uuid = str(new_uuid())
    link = sign_upload(
        {
            "workspace": author.workspace.id,
            "name": check_name(filename),
            "type": check_content_type(content_type),
            "member": author.member.id,
            "key": author.api_key_id,
            "source": author.source,
            "upload": uuid,
        }
    )
    return UploadForm(link, _key(author, uuid), uuid, settings.ATTACHMENT_MAX_BYTES)


def receive_free_file(
    author: Author, uuid: str, name: str, content_type: str, source: Readable, size: int
) -> Attachment:
    """Store a file that belongs to its sender; one that was sent under the same link before is
    replaced. Conflict once it is confirmed, or a record's."""

    def store(file: File[bytes]) -> str:
        return store_file(f"attachments/{author.workspace.uuid}/{FREE_FILES}/{new_uuid()}", file)

    def enter(stored: str, digest: str) -> Attachment:
        new = Attachment(
            uuid=UUID(uuid),
            workspace_id=author.workspace.id,
            file=stored,
            name=name,
            content_type=content_type,
            size=size,
            sha256=digest,
            created_by=author.member.id,
        )
        held = _files(author).select_for_update().filter(uuid=uuid).first()
        if held is not None and held.record_id is not None:
            raise Conflict("The file is part of a record already.", "conflict")
        if held is not None and held.is_confirmed:
            raise Conflict("The file was confirmed already: ask for another link.", "conflict")
        if held is not None:
            remove_later(str(held.file.name))
            new.pk = held.pk
        new.save(force_insert=held is None, force_update=held is not None)
        return new

    return take_in(source, size, store, enter)


def confirm_upload(
    author: Author, uuid: str, *, key: str = "", name: str = "", etag: str = ""
) -> FileView:
    """The file that was sent, under the name that is given now; InvalidInput where nothing was
    sent, or something else, or by somebody else."""
    check_writes(author)
    name, sent = check_name(name) if name else "", canonical_uuid(uuid)

    def work() -> FileView:
        rows = _files(author).filter(created_by=author.member.id)
        row = rows.select_for_update().filter(uuid=sent).first() if sent else None
        if row is None:
            raise InvalidInput(
                "no file of yours was sent under this id, or it has expired.",
                "does_not_exist",
                at="uuid",
            )
        if key:
            check_key(author, sent, key)
        if etag and etag.strip('"') != row.sha256:
            raise InvalidInput("the file that was sent has another one.", at="etag")
        if name and row.record_id is None:
            row.name = name
        _files(author).filter(id=row.pk).update(is_confirmed=True, name=row.name)
        return _view(author, row)

    return in_one_transaction(work)


def get_file(author: Author, uuid: str) -> FileView:
    """A file by its id. NotFound unless the author may see the record it is part of; one that is
    part of none is its sender's."""
    return _view(author, _readable(author, uuid))


def open_file(author: Author, uuid: str) -> Download:
    """A file with its bytes; NotFound as for `get_file`."""
    return opened(_readable(author, uuid))


def _readable(author: Author, uuid: str) -> Attachment:
    row = _files(author).select_related("record", "record__object").filter(uuid=uuid).first()
    if row is None:
        raise NotFound
    if row.record is None:
        if row.created_by != author.member.id:
            raise NotFound
        return row
    schema = get_schema(author, str(row.record.object.uuid))
    get_remaining(author, schema, Address(str(row.record.uuid)), ())
    return row


def _files(author: Author) -> QuerySet[Attachment]:
    return Attachment.objects.filter(workspace_id=author.workspace.id)


def _view(author: Author, row: Attachment) -> FileView:
    link = sign_download(author.workspace.id, row.pk)
    return FileView(str(row.uuid), row.name, row.content_type, row.size, link)


def check_key(author: Author, uuid: str, key: str | None) -> None:
    """InvalidInput without the key of this file."""
    if key is None:
        message = "send the fields that the link was given with, and the file last."
        raise InvalidInput(message, "required", at="key")
    if key != _key(author, uuid):
        raise InvalidInput("it is not the key of this file.", at="key")


def _key(author: Author, uuid: str) -> str:
    """What the form has to name: a path, as its like are there."""
    return f"{author.workspace.uuid}/{FREE_FILES}/{uuid}"
