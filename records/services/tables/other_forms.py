"""Files that are no table that can be read, known by what they begin with and refused by name."""

from __future__ import annotations

import re

from records.exceptions import InvalidInput

HEAD = 512  # bytes that tell
SAVE = "open it in a spreadsheet program and save it as .xlsx or CSV."
OLD_OFFICE = (
    "is a workbook of Excel 97-2003, or one with a password: save it as .xlsx, without a "
    "password, or as CSV."
)
MARKUP = rb"\s*(<\?xml|<!--|<!doctype|<(html|table|workbook)\b)"
FORMS = (
    (rb"\xd0\xcf\x11\xe0", OLD_OFFICE),
    (rb"%PDF-", "is a PDF file: import the workbook or CSV it was made of."),
    (rb"\x1f\x8b", "is packed (gzip): unpack it first."),
    (rb"Rar!|7z\xbc\xaf\x27\x1c", "is an archive: unpack it first."),
    (rb"PK\x03\x04.{26}mimetypeapplication/vnd\.oasis", f"is an OpenDocument file: {SAVE}"),
    (MARKUP, f"is a page of HTML or XML: {SAVE}"),
    (rb"\s*BEGIN:VCARD", "holds contacts as vCards: export them as CSV."),
    (rb"\s*BEGIN:VCALENDAR", "holds a calendar: export it as CSV."),
    (rb"\{\\rtf", f"is a text document: {SAVE}"),
    (rb"SQLite format 3\x00", "is a database: export its table as CSV."),
    (rb"PAR1", "is a Parquet file: export it as CSV."),
)  # fmt: skip
KNOWN = tuple((re.compile(form, re.IGNORECASE | re.DOTALL), said) for form, said in FORMS)


def check_form(head: bytes, called: str) -> None:
    """InvalidInput for a file of another form, by its first bytes."""
    plain = head.removeprefix(b"\xef\xbb\xbf")
    for form, said in KNOWN:
        if form.match(plain):
            raise InvalidInput(f"{called} {said}")
