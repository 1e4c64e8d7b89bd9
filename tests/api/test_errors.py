"""How refusals of the core become responses."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import pytest
from django.test import RequestFactory

from records.api.bodies import read_bytes
from records.api.errors import refusal
from records.exceptions import (
    Conflict,
    InvalidInput,
    InvalidValues,
    NotFound,
    PreconditionFailed,
    RecordsError,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "status", "code", "headers"),
    [
        (RecordsError("No."), 400, "invalid", {}),
        (InvalidInput("No.", "required"), 400, "required", {}),
        (InvalidValues([]), 400, "invalid", {}),
        (NotFound(), 404, "not_found", {}),
        (Conflict("Again."), 409, "conflict", {}),
        (PreconditionFailed(7), 412, "precondition_failed", {"ETag": '"7"'}),
        (Unavailable("Later."), 503, "unavailable", {"Retry-After": "1"}),
    ],
)
def test_each_refusal_has_its_status(error: RecordsError, status: int, code: str, headers: dict[str, str]) -> None:
    answer: Any = refusal(error)

    assert answer.status_code == status
    assert code in answer.content.decode()
    assert headers.items() <= dict(answer.headers).items()


class Broken:
    """A connection that ends in the middle of a body."""

    def read(self, *_: int) -> bytes:
        raise OSError("gone")

    def close(self) -> None:
        pass


def test_a_body_that_ends_early_is_the_callers_doing() -> None:
    request = RequestFactory().generic("PATCH", "/", b"x")
    request._stream = cast(BinaryIO, Broken())

    with pytest.raises(InvalidInput):
        read_bytes(request)
