"""Stored files are opened under the last part of their names; what is gone is not there."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from records.exceptions import NotFound
from records.models import Attachment
from records.services.files.downloads import opened
from tests.services.acting import refusal


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: object) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def test_a_stored_file_is_opened_and_one_that_is_gone_is_not_there() -> None:
    stored = default_storage.save("attachments/x", ContentFile(b"abc"))
    row = Attachment(name="docs/a.txt", content_type="text/plain", size=3, file=stored)
    found = opened(row)
    with found.file as file:
        assert (found.name, found.content_type, found.size, file.read()) == (
            "a.txt",
            "text/plain",
            3,
            b"abc",
        )
    default_storage.delete(stored)
    assert isinstance(refusal(opened, row), NotFound)
