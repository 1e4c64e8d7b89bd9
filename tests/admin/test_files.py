"""The files of a record at the workbench."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import Settings

from records.services.operations.lifecycle import cancel_record
from records.services.reading.record_address import address
from tests.admin.pages import Workbench, let_in, messages_of
from tests.factories import make_member, make_record


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def acme(admin: Workbench, companies: str) -> str:
    """The address of a record's page."""
    return f"{companies}{make_record(admin.caller, 'companies', name='Acme').record.uuid}/"


def send(
    workbench: Workbench, page: str, name: str = "a & b.txt", content: bytes = b"hello"
) -> str:
    file = SimpleUploadedFile(name, content, content_type="text/plain")
    answer = workbench.client.post(f"{page}files/", {"file": file}, follow=True)
    return " ".join(messages_of(answer))


def test_a_file_is_uploaded_fetched_and_removed(admin: Workbench, acme: str) -> None:
    assert send(admin, acme) == "The file was uploaded."
    shown = admin.read(acme)
    assert f'{acme}files/fetch/?filename=a%20%26%20b.txt"' in shown
    assert "a &amp; b.txt" in shown
    answer = admin.client.get(f"{acme}files/fetch/", {"filename": "a & b.txt"}, follow=True)
    assert b"".join(answer.streaming_content) == b"hello"  # type: ignore[attr-defined]
    removed = admin.client.post(f"{acme}files/remove/", {"filename": "a & b.txt"}, follow=True)
    assert messages_of(removed) == ["The file was removed."]
    assert "a &amp; b.txt</a>" not in admin.read(acme)
    assert admin.client.get(f"{acme}files/fetch/", {"filename": "a & b.txt"}).status_code == 404


def test_what_cannot_be_done_is_said(admin: Workbench, acme: str, settings: Settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 3
    assert "the limit is 3" in send(admin, acme)
    empty = admin.client.post(f"{acme}files/", follow=True)
    assert messages_of(empty) == ["Choose a file."]
    for path in ("files/fetch/", "files/remove/"):
        method = admin.client.get if "fetch" in path else admin.client.post
        assert "filename" in messages_of(method(f"{acme}{path}", follow=True))[0]
    author, schema = admin.caller.author, admin.caller.schema("companies")
    cancel_record(author, schema, address(acme.rstrip("/").rsplit("/", 1)[1]))
    assert "cancelled" in send(admin, acme, content=b"x")
    assert 'type="file"' not in admin.read(acme)


def test_who_may_only_see_may_only_fetch(admin: Workbench, acme: str) -> None:
    send(admin, acme, "a.txt")
    reader = let_in(make_member(admin.caller, "reader@example.com", {"companies": {"view": "all"}}))
    assert 'type="file"' not in reader.read(acme)
    assert reader.client.get(f"{acme}files/fetch/", {"filename": "a.txt"}).status_code == 302
    assert reader.client.post(f"{acme}files/remove/", {"filename": "a.txt"}).status_code == 403
    file = SimpleUploadedFile("a.txt", b"")
    assert reader.client.post(f"{acme}files/", {"file": file}).status_code == 403
