"""Stored bytes that nothing refers to are removed once they are old enough; others stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from records.models import Attachment
from records.services.importing.uploads import store_upload
from records.services.retention.orphans import clear_attachment_orphans, clear_import_orphans
from tests.factories import Caller, make_object


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def save(name: str) -> str:
    return default_storage.save(name, ContentFile(b"x"))


def test_files_of_no_record_are_removed(workspace: Caller) -> None:
    folder = f"attachments/{workspace.workspace.uuid}/record"
    kept, lost = save(f"{folder}/kept.txt"), save(f"{folder}/lost.txt")
    Attachment.objects.create(workspace=workspace.workspace, name="kept.txt", file=kept, size=1)
    assert clear_attachment_orphans(timezone.now() - timedelta(hours=1)) == 0
    assert clear_attachment_orphans(timezone.now() + timedelta(seconds=5)) == 1
    assert (default_storage.exists(kept), default_storage.exists(lost)) == (True, False)


def test_files_of_no_import_are_removed(workspace: Caller) -> None:
    make_object(workspace, "People")
    upload = store_upload(
        workspace.author, workspace.schema("people"), "people.csv", [b"name\nAnn\n"]
    )
    lost = save(f"imports/{workspace.workspace.uuid}/lost.csv")
    assert clear_import_orphans(timezone.now() + timedelta(seconds=5)) == 1
    assert (default_storage.exists(str(upload.file.name)), default_storage.exists(lost)) == (
        True,
        False,
    )
