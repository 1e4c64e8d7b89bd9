"""Stored bytes: missing ones and orphans are found, and held ones stay."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pytest_django import Settings

from records.models import Attachment
from records.services.storage.stored_files import (
    HELD_AT_MOST,
    check_files,
    find_orphans,
    hold_files,
    listed,
    remove_file,
)
from tests.factories import Caller


@pytest.fixture(autouse=True)
def _own_storage(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def attach(caller: Caller, name: str, content: bytes, size: int | None = None) -> str:
    stored = default_storage.save(
        f"attachments/{caller.workspace.uuid}/record/{name}", ContentFile(content)
    )
    noted = len(content) if size is None else size
    Attachment.objects.create(workspace=caller.workspace, name=name, file=stored, size=noted)
    return stored


def test_files_that_are_missing_or_of_another_size_are_found(workspace: Caller) -> None:
    attach(workspace, "whole.txt", b"abc")
    attach(workspace, "cut.txt", b"abc", size=4)
    default_storage.delete(attach(workspace, "gone.txt", b"abc"))
    problems = {row.name: what for row, what in check_files(workspace.workspace)}
    assert set(problems) == {"cut.txt", "gone.txt"}
    assert "3 bytes" in problems["cut.txt"]
    assert "missing" in problems["gone.txt"]


def test_bytes_without_a_row_are_orphans(workspace: Caller) -> None:
    attach(workspace, "kept.txt", b"abc")
    orphan = default_storage.save(
        f"attachments/{workspace.workspace.uuid}/record/lost.txt", ContentFile(b"x")
    )
    assert list(find_orphans(workspace.workspace)) == [orphan]
    assert listed("attachments/none") == ((), ())


def test_nothing_is_removed_while_it_is_held() -> None:
    name = default_storage.save("attachments/a/b/c.txt", ContentFile(b"x"))
    with hold_files():
        assert not remove_file(name)
        assert default_storage.exists(name)
        with time_machine.travel(timezone.now() + HELD_AT_MOST + timedelta(minutes=1)):
            assert remove_file(name)
    assert remove_file(default_storage.save("attachments/a/b/c.txt", ContentFile(b"x")))
