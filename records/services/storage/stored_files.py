"""Bytes in the file storage: storing and reading them, checking that it has those of every
attachment, and finding bytes that no attachment has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from tempfile import SpooledTemporaryFile

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.utils import timezone

from records.models import Attachment, Workspace, new_uuid
from records.rehearsal import Notes, rehearsal

BATCH = 1000
HOLDS = "holds"  # a folder of empty files, one for each backup under way
HELD_AT_MOST = timedelta(hours=24)  # a backup that was killed leaves its hold behind


IN_MEMORY = 2**20  # bytes of a rehearsed file; the rest is in a temporary one


def store_file(name: str, content: File[bytes]) -> str:
    """Store bytes under this name, or one like it: the name. A rehearsal keeps them until it
    ends."""
    if (rehearsed := _without_storage()) is None:
        return default_storage.save(name, content)
    kept = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed with the rehearsal
    for chunk in content.chunks():
        kept.write(chunk)
    rehearsed.files[name] = kept
    return name


def discard_file(name: str) -> None:
    """Remove bytes that were stored for nothing."""
    rehearsed = _without_storage()
    if rehearsed is None:
        default_storage.delete(name)
    elif name in rehearsed.files:
        rehearsed.files.pop(name).close()


def open_stored(name: str) -> File[bytes] | None:
    """Stored bytes; None where there are none of this name."""
    rehearsed = rehearsal()
    if rehearsed is not None and name in rehearsed.files:
        # A copy of its own, because its reader closes it.
        rehearsed.files[name].seek(0)
        return ContentFile(rehearsed.files[name].read())
    return default_storage.open(name, "rb") if default_storage.exists(name) else None


def _without_storage() -> Notes | None:
    """The rehearsal that this is part of, if it stores no files."""
    rehearsed = rehearsal()
    return None if rehearsed is None or rehearsed.stores_files else rehearsed


def check_files(workspace: Workspace) -> Iterator[tuple[Attachment, str]]:
    """Each file of a record whose bytes are missing or differ in number from its row, and what is
    wrong with it.

    Safe during writes: bytes are removed after the row that named them, so a row that still names
    missing bytes is wrong.
    """
    rows = (
        Attachment.objects.filter(workspace=workspace)
        .select_related("record__object")
        .order_by("id")
    )
    last = 0
    # In batches by key, because rows come and go while the storage is asked.
    while batch := list(rows.filter(id__gt=last)[:BATCH]):
        for row in batch:
            what = _problem(row)
            # Looked up again: the file may have been replaced since the row was read.
            same = Attachment.objects.filter(
                workspace=workspace, id=row.pk, file=row.file.name, size=row.size
            )
            if what and same.exists():
                yield row, what
        last = batch[-1].pk


def _problem(row: Attachment) -> str:
    try:
        size = default_storage.size(str(row.file.name))
    except FileNotFoundError:
        return f"the bytes of {row.name!r} are missing from the storage ({row.file.name})"
    return (
        ""
        if size == row.size
        else f"{row.name!r} has {size} bytes in the storage, {row.size} were stored"
    )


def find_orphans(workspace: Workspace) -> Iterator[str]:
    """Names of stored bytes that no record has: uploads in progress, and remains of interrupted
    ones."""
    top = f"attachments/{workspace.uuid}"
    for record in listed(top)[0]:
        folder = f"{top}/{record}"
        names = [f"{folder}/{name}" for name in listed(folder)[1]]
        rows = Attachment.objects.filter(workspace=workspace, file__in=names)
        known = set(rows.values_list("file", flat=True))
        yield from (name for name in names if name not in known)


def listed(folder: str) -> tuple[Sequence[str], Sequence[str]]:
    """The names of the folders and of the files in a folder of the storage; none where the folder
    does not exist."""
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return (), ()
    return folders, files


@contextmanager
def hold_files() -> Iterator[None]:
    """Prevent the removal of stored bytes, on every machine, until the block ends; a snapshot's
    files stay readable.

    Removals requested in the meantime are left to the sweeper.
    """
    hold = default_storage.save(f"holds/{new_uuid()}", ContentFile(b""))
    try:
        yield
    finally:
        default_storage.delete(hold)


def remove_file(name: str) -> bool:
    """Remove stored bytes, unless a running backup may still read them; whether they were
    removed."""
    # A backup reads the files of its snapshot, which may name bytes that would go now.
    if _without_storage() is not None or _are_held():
        return False
    default_storage.delete(name)
    return True


def _are_held() -> bool:
    oldest = timezone.now() - HELD_AT_MOST
    return any(
        default_storage.get_modified_time(f"{HOLDS}/{name}") > oldest for name in listed(HOLDS)[1]
    )
