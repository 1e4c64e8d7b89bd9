"""Names and media types of files."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.files.file_names import BINARY, check_content_type, check_name
from tests.services.acting import invalid_at


def test_names_that_look_alike_are_one() -> None:
    assert check_name("e\u0301") == "é"


@pytest.mark.parametrize(
    "name", ["", "/", "a/", "../a", "a/./b", "a\\b", "a\nb", "a\x00b", "x" * 256, 5, None]
)
def test_names_that_are_refused(name: Any) -> None:
    assert invalid_at(check_name, name)[0] == ("filename",)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(None, BINARY), ("", BINARY), ("Text/HTML; charset=x", "text/html"), ("a/b+c", "a/b+c")],
)
def test_content_types_are_kept_without_parameters(sent: Any, kept: str) -> None:
    assert check_content_type(sent) == kept


REFUSED_TYPES = [
    *(
        "html",
        "text/",
        "/x",
        "a/b/c",
        "text/html\r\nX-Evil: 1",
        "text/ht ml",
        "x" * 101 + "/y",
        "é/x",
    ),
    *(5, ["a/b"]),
]


@pytest.mark.parametrize("kind", REFUSED_TYPES, ids=lambda kind: ascii(kind)[:20])
def test_content_types_that_are_refused(kind: Any) -> None:
    assert invalid_at(check_content_type, kind) == (("content_type",), "invalid")
