"""A backup is written under its name when it is whole, with all rows and files that there are."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from records.exceptions import Conflict
from records.models import Attachment, Job, JobStatus, Workspace
from records.services.backup.archiving import write_backup
from records.services.files.attachments import attach_file
from records.services.reading.record_address import address
from tests.factories import Caller, make_object, make_record, make_workspace


@pytest.fixture
def filled(transactional_db: None, settings: Settings, tmp_path: Path) -> Caller:
    """A record with two files, and a job with a report."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    caller = make_workspace()
    made = make_object(caller, "Things")
    where = address(make_record(caller, "things", name="one").record.uuid)
    for name in ("a.txt", "b.txt"):
        source = io.BytesIO(name.encode())
        attach_file(caller.author, caller.schema("things"), where, name, None, source, 5)
    report = f"imports/{caller.workspace.uuid}/errors.csv"
    Job.objects.create(
        workspace=caller.workspace,
        object=made,
        member=caller.member,
        kind="import",
        status=JobStatus.DONE,
        total=1,
        result={"report": default_storage.save(report, ContentFile(b"line,field\n"))},
    )
    return caller


def manifest_of(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    return manifest


def test_a_file_that_exists_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "backup.zip"
    path.write_text("older")

    with pytest.raises(Conflict, match="already exists"):
        write_backup(path)
    assert path.read_text() == "older"


def test_only_the_whole_backup_is_left_readable_by_its_owner(
    filled: Caller, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()

    write_backup(folder / "backup.zip")

    assert [path.name for path in folder.iterdir()] == ["backup.zip"]
    assert stat.S_IMODE((folder / "backup.zip").stat().st_mode) == 0o600


def test_every_member_is_in_the_manifest_with_its_size_and_digest(
    filled: Caller, tmp_path: Path
) -> None:
    path = tmp_path / "backup.zip"

    summary = write_backup(path)

    manifest = manifest_of(path)
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    del contents["manifest.json"]
    assert manifest["members"] == {
        name: {"size": len(content), "sha256": sha256(content).hexdigest()}
        for name, content in contents.items()
    }
    rows = {name: len(content.splitlines()) for name, content in contents.items()}
    counts = {name: table["rows"] for name, table in manifest["tables"].items()}
    assert {f"tables/{name}.jsonl": count for name, count in counts.items()} == {
        name: count for name, count in rows.items() if name.startswith("tables/")
    }
    assert summary.rows == sum(counts.values())
    assert counts["records_workspace"] == Workspace.objects.count()


def test_files_of_records_and_reports_of_jobs_are_in_it(filled: Caller, tmp_path: Path) -> None:
    summary = write_backup(tmp_path / "backup.zip")

    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        stored = {name: archive.read(member) for member, name in manifest["files"].items()}
    (job,) = Job.objects.all()
    assert sorted(stored.values()) == [b"a.txt", b"b.txt", b"line,field\n"]
    assert stored[job.result["report"]] == b"line,field\n"
    assert (summary.files, summary.missing) == (3, [])


def test_a_missing_file_is_reported_and_the_rest_is_written(filled: Caller, tmp_path: Path) -> None:
    gone = str(Attachment.objects.get(name="a.txt").file.name)
    default_storage.delete(gone)

    summary = write_backup(tmp_path / "backup.zip")

    assert (summary.files, summary.missing) == (2, [gone])
    manifest = manifest_of(tmp_path / "backup.zip")
    assert manifest["missing"] == [gone]
    assert gone not in manifest["files"].values()


def test_a_backup_that_cannot_be_written_names_its_path(filled: Caller, tmp_path: Path) -> None:
    path = tmp_path / "no such folder" / "backup.zip"

    with pytest.raises(FileNotFoundError) as problem:
        write_backup(path)
    assert problem.value.filename == str(path)


def test_removing_files_is_possible_again_after_a_backup(filled: Caller, tmp_path: Path) -> None:
    write_backup(tmp_path / "backup.zip")

    assert default_storage.listdir("holds")[1] == []
