"""Files of other forms are refused by name, whatever their own names say."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest

from records.exceptions import InvalidInput
from records.services.importing import open_file
from records.services.tables.other_forms import HEAD, check_form


def open_document() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<office:document-content/>")
    return file.getvalue()


OTHERS = {
    "workbook of Excel 97-2003": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "PDF file": b"%PDF-1.7\n",
    "packed": gzip.compress(b"name,n\nA,1\n"),
    "archive": b"7z\xbc\xaf\x27\x1c\x00",
    "OpenDocument": open_document(),
    "page of HTML or XML": b"\xef\xbb\xbf\r\n<HTML><table><tr><td>name</td></tr></table></HTML>",
    "HTML or XML": b"<?xml version='1.0'?><Workbook/>",
    "HTML": b"<table class='x'><tr><td>name</td></tr></table>",
    "vCards": b"BEGIN:VCARD\nVERSION:3.0\nFN:Ann\nEND:VCARD\n",
    "calendar": b"begin:vcalendar\n",
    "text document": b"{\\rtf1 name}",
    "database": b"SQLite format 3\x00",
    "Parquet": b"PAR1\x15\x04",
}


@pytest.mark.parametrize("what", OTHERS)
def test_other_forms_are_refused_by_name(tmp_path: Path, what: str) -> None:
    with pytest.raises(InvalidInput, match=what):
        check_form(OTHERS[what][:HEAD], "x.csv")
    path = tmp_path / "x.csv"
    path.write_bytes(OTHERS[what])
    with pytest.raises(InvalidInput, match=what), open_file(path) as table:
        list(table.rows())


@pytest.mark.parametrize(
    "head", [b"", b"<name>,<n>\n", b"tables,n\n", b"PDF,n\n", b"PK,n\n", b"{a},b\n", b"<t>,x\n"]
)
def test_tables_are_none_of_them(head: bytes) -> None:
    check_form(head, "x.csv")
