"""Files to import that are hostile: small and long to read, or in encodings that Python knows and
nobody writes."""

from __future__ import annotations

import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from pytest_django import Settings

from tests.api_client import ApiClient
from tests.factories import Caller, make_object

SHEET = "xl/worksheets/sheet1.xml"


def changed(before: str, after: str) -> bytes:
    """A workbook of two rows, with another text in its sheet."""
    book, file, out = Workbook(), io.BytesIO(), io.BytesIO()
    for row in (["Name"], ["Acme"]):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(file)
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            text = source.read(part).decode()
            if part.filename == SHEET:
                assert before in text
                text = re.sub("<dimension[^>]*>", "", text).replace(
                    before, after
                )  # whose end readers would believe
            target.writestr(part.filename, text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (changed('<row r="2"', '<row r="2000000000"'), 400),
        (changed("</sheetData>", f"</sheetData><!--{'x' * 50_000_000}-->"), 413),
        (changed('<row r="2"', '<row r="5"'), 201),
    ],
    ids=["rows that are passed over", "a part that is packed too well", "a few rows passed over"],
)
def test_a_small_file_takes_no_long_time(
    api: ApiClient,
    workspace: Caller,
    settings: Settings,
    tmp_path: Path,
    content: bytes,
    status: int,
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    make_object(workspace, "Companies")
    before = time.monotonic()
    answer = api.send(
        "POST", "/api/custom-objects/companies/imports", content, content_type="text/csv"
    )
    assert answer.status_code == status, answer.content
    assert time.monotonic() - before < 20


ENCODINGS = (
    "utf-16",
    "utf-7",
    "punycode",
    "idna",
    "undefined",
    "unicode_escape",
    "rot13",
    "hex",
    "x" * 300,
    "%00",
)
CONTENTS = (
    b"name\nAcme\n",
    b"name\n\xed\xa0\x80\n",
    b"name\n+2AA-\n",
    b"\\ud800\nAcme\n",
    b"\xff\xfen\x00",
)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_no_encoding_is_too_odd(
    api: ApiClient, workspace: Caller, settings: Settings, tmp_path: Path, encoding: str
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    make_object(workspace, "Companies")
    for content in CONTENTS:
        path = f"/api/custom-objects/companies/imports?encoding={encoding}"
        assert api.send("POST", path, content, content_type="text/csv").status_code in (201, 400), (
            content
        )
