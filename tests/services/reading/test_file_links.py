"""Signed links: read back by their purpose alone, for fifteen minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from pytest_django import Settings

from records.exceptions import NotAllowed
from records.services.reading.file_links import (
    LIFETIME,
    PATH,
    read_download,
    read_upload,
    sign_download,
    sign_upload,
    signed_url,
)
from tests.services.acting import refusal

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_link_is_read_back() -> None:
    upload = sign_upload({"name": "ü.txt", "size": 3})
    assert upload.method == "PUT"
    assert read_upload(upload.path.removeprefix(PATH)) == {"name": "ü.txt", "size": 3}
    assert read_download(sign_download(1, 2).path.removeprefix(PATH)) == (1, 2)


@pytest.mark.parametrize("change", ["", "x", "tail", "\ud800", "other"])
def test_a_link_that_was_not_signed_for_this_is_refused(change: str) -> None:
    token = sign_upload({"name": "a"}).path.removeprefix(PATH)
    sent = {"tail": token + "x", "other": token}.get(change, change)
    error = refusal(read_download, sent)
    assert (type(error), error.code) == (NotAllowed, "invalid_link")


def test_a_link_expires() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        link = sign_download(1, 2)
        assert link.expires_at == NOW + LIFETIME
        clock.shift(LIFETIME)
        assert read_download(link.path.removeprefix(PATH)) == (1, 2)
        clock.shift(timedelta(seconds=1))
        assert refusal(read_download, link.path.removeprefix(PATH)).code == "expired_link"


def test_an_absolute_link_begins_with_the_public_url(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://records.example.com"
    link = sign_download(1, 2)
    assert signed_url(link) == f"https://records.example.com{link.path}"
