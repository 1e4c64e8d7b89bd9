"""Names and media types of files, as callers give them."""

from __future__ import annotations

import re
import unicodedata

from records.exceptions import InvalidInput
from records.field_types import InvalidValue
from records.field_types.base import check_text
from records.services.storage import MAX_NAME

BINARY = "application/octet-stream"
_CONTENT_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")


def check_name(filename: object) -> str:
    """A name that may be a path, `docs/guide.md`, and leads nowhere else; or InvalidInput."""
    try:
        name = unicodedata.normalize("NFC", check_text(filename, MAX_NAME))
    except InvalidValue as problem:
        raise InvalidInput.of(problem, "filename") from None
    parts = name.split("/")
    # A client that saves a file under its name must not be led out of its folder.
    if any(part.strip() in ("", ".", "..") for part in parts):
        raise InvalidInput(
            "expected a file name, or a path without `.` and `..`, such as docs/guide.md.",
            at="filename",
        )
    if "\\" in name or any(
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in name
    ):
        raise InvalidInput(
            "line breaks, control characters and backslashes are not allowed.", at="filename"
        )
    if len(name) > MAX_NAME:  # composing may lengthen
        raise InvalidInput(f"at most {MAX_NAME} characters.", at="filename")
    return name


def check_content_type(content_type: object) -> str:
    """A media type without parameters, such as `text/plain`; without one, arbitrary bytes.
    InvalidInput otherwise."""
    if content_type is None or content_type == "":
        return BINARY
    if not isinstance(content_type, str):
        raise InvalidInput("expected a media type, such as text/plain.", at="content_type")
    # Parameters such as a charset are dropped: they could not be checked.
    bare = content_type.split(";", 1)[0].strip().lower()
    if not _CONTENT_TYPE.fullmatch(bare):
        raise InvalidInput("expected a media type, such as text/plain.", at="content_type")
    return bare
