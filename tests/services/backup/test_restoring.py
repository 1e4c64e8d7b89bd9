"""A restore brings back what the backup holds, or changes nothing and says why."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from pytest_django import Settings

from records.exceptions import Conflict, InvalidInput
from records.models import Attachment, Member, Workspace
from records.services.backup.archiving import write_backup
from records.services.backup.restoring import restore
from records.services.files.attachments import attach_file
from records.services.people.members import update_member
from records.services.reading.record_address import address
from tests.factories import Caller, make_object, make_record, make_workspace
from tests.services.acting import differences, found

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def backup(transactional_db: None, settings: Settings, tmp_path: Path) -> Path:
    """A backup of this database: a workspace, a record and its file."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    caller = make_workspace("Before")
    details: Any = {"date_of_birth": "1990-02-28", "labels": ["vip"]}
    update_member(caller.author, caller.member, **details)
    make_object(caller, "Things")
    where = address(make_record(caller, "things", name="one").record.uuid)
    source = io.BytesIO(b"bytes")
    attach_file(caller.author, caller.schema("things"), where, "a.txt", None, source, 5)
    path = tmp_path / "backup.zip"
    write_backup(path)
    return path


def stored_name() -> str:
    return str(Attachment.objects.get().file.name)


def edit(path: Path, change: Change) -> None:
    """Change the manifest, and nothing that it has digests of."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_what_was_changed_and_removed_since_is_brought_back(backup: Path) -> None:
    name = stored_name()
    default_storage.delete(name)
    Workspace.objects.update(name="After")
    Member.objects.update(date_of_birth=None, labels=[])
    make_workspace("Newer", "other@example.com")

    summary = restore(backup, replace=True)

    (workspace,) = Workspace.objects.all()
    assert workspace.name == "Before"
    assert (summary.files, summary.missing) == (1, [])
    with default_storage.open(name) as file:
        assert file.read() == b"bytes"
    member = Member.objects.get()
    assert (str(member.date_of_birth), member.labels) == ("1990-02-28", ["vip"])
    caller = Caller(workspace, member, "")
    assert found(caller, "things") == ["one"]
    assert differences(caller) == []


def test_a_database_with_rows_is_replaced_only_when_asked(backup: Path) -> None:
    Workspace.objects.update(name="After")

    with pytest.raises(Conflict, match="not empty"):
        restore(backup)
    assert Workspace.objects.get().name == "After"


def test_a_different_file_of_the_same_name_is_not_overwritten(backup: Path) -> None:
    name = stored_name()
    Path(default_storage.path(name)).write_bytes(b"other")
    Workspace.objects.update(name="After")

    with pytest.raises(Conflict, match="different file"):
        restore(backup, replace=True)
    assert Path(default_storage.path(name)).read_bytes() == b"other"
    assert Workspace.objects.get().name == "After"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda it: it["migrations"].append(["records", "9999_later"]), "newer release"),
        (lambda it: it["tables"]["records_workspace"].update(rows=7), "says 7 rows and has 1"),
        (lambda it: it["tables"]["records_workspace"]["columns"].pop(), "other columns"),
        (lambda it: it.update(format=2), "format 2 is not supported"),
        (lambda it: it["members"].popitem(), "do not match its manifest"),
    ],
)
def test_a_manifest_that_does_not_fit_changes_nothing(
    backup: Path, change: Change, said: str
) -> None:
    default_storage.delete(stored_name())
    Workspace.objects.update(name="After")
    edit(backup, change)

    with pytest.raises(InvalidInput, match=said):
        restore(backup, replace=True)
    assert Workspace.objects.get().name == "After"
    # Files that were stored before the refusal are removed again.
    assert not default_storage.exists(stored_name())


def make_nothing(path: Path) -> None:
    """Leave the path as it is: there is no file."""


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_nothing, "does not exist"),
        (os.mkfifo, "is not a file"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: path.write_text("no archive"), "not a complete backup"),
        (lambda path: path.write_bytes(b""), "not a complete backup"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "is damaged"),
    ],
)
def test_what_is_no_backup_is_refused_before_the_database_is_asked(
    tmp_path: Path, make: Callable[[Path], object], said: str
) -> None:
    path = tmp_path / "backup.zip"
    make(path)

    with pytest.raises(InvalidInput, match=said):
        restore(path)
