"""Taking bytes in: as many as announced, and no more than fit."""

from __future__ import annotations

import io
from hashlib import sha256

import pytest
from pytest_django import Settings

from records.exceptions import InvalidInput, TooLarge
from records.services.files.taking_in import CHUNK, check_size, spooled_bytes
from tests.services.acting import refusal


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
def test_bytes_are_taken_in_up_to_their_announced_size(size: int) -> None:
    content = b"x" * size
    with spooled_bytes(io.BytesIO(content + b"more"), size) as (file, digest):
        assert (file.read(), digest) == (content, sha256(content).hexdigest())


def test_bytes_that_are_missing_are_named() -> None:
    def take() -> None:
        with spooled_bytes(io.BytesIO(b"abc"), 5):
            pass

    error = refusal(take)
    assert isinstance(error, InvalidInput)
    assert "2 bytes are missing" in error.detail


def test_what_is_too_large_is_refused_by_its_announced_size(settings: Settings) -> None:
    settings.ATTACHMENT_MAX_BYTES = 3
    check_size(3)
    assert isinstance(refusal(check_size, 4), TooLarge)
