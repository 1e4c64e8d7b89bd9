"""Files in the body of a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException, UnreadablePostError

from records.exceptions import InvalidInput
from records.services.importing import Reading

from .answers import JSON
from .errors import UnsupportedMediaType

CHUNK = 1 << 16
TEXTS_OF_COLUMNS = ("numbers", "dates", "conflict_resolution")
# Characters that a query spells badly.
DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|"}


def sent_file(request: HttpRequest, name_key: str) -> tuple[str, Iterator[bytes]]:
    """The file in the body: a form's `file`, or the body itself, whose name the query
    may then have under `name_key`."""
    try:
        if request.content_type == "multipart/form-data":
            file = request.FILES.get("file")
            if file is None:
                raise InvalidInput(
                    "send the file in the form field of this name.", "required", at="file"
                )
            return file.name or "file.csv", iter(file.chunks(CHUNK))
    except (MultiPartParserError, UnreadablePostError, RawPostDataException, ValueError):
        raise InvalidInput("The form in the body cannot be read.") from None
    if request.content_type == JSON:
        raise UnsupportedMediaType(
            "Send the file itself: as the body, or in the field `file` of multipart/form-data."
        )
    return request.GET.get(name_key, "file.csv"), _body(request)


def said_reading(query: Mapping[str, str], row_key: str) -> Reading:
    """How a query says that a file is read, the row of its header under `row_key`."""
    row, delimiter = query.get(row_key, ""), query.get("delimiter", "")
    if row and not (row.isdecimal() and len(row) < 8 and int(row)):
        raise InvalidInput("expected the number of a row, from 1.", at=row_key)
    return Reading(
        query.get("encoding", ""),
        DELIMITERS.get(delimiter, delimiter),
        query.get("sheet", ""),
        int(row) if row else None,
    )


def said_forms(sent: Any) -> dict[str, Any]:
    """How columns write their values, by header or position; InvalidInput for another shape."""
    sent = {} if sent is None else sent
    if not isinstance(sent, dict) or not all(isinstance(form, dict) for form in sent.values()):
        raise InvalidInput(
            "expected an object of column headers, each with an object.", at="columns"
        )
    for name, form in sent.items():
        for key, value in form.items():
            is_text = key in TEXTS_OF_COLUMNS and isinstance(value, str)
            is_list = (
                key == "blanks"
                and isinstance(value, list)
                and all(isinstance(mark, str) for mark in value)
            )
            if not (is_text or is_list):
                raise InvalidInput(
                    "expected `numbers` or `dates` with a form, `blanks` with a list of texts, or "
                    "`conflict_resolution`.",
                    at=("columns", name),
                )
    return sent


def _body(request: HttpRequest) -> Iterator[bytes]:
    try:
        while chunk := request.read(CHUNK):
            yield chunk
    except UnreadablePostError:
        raise InvalidInput("The body is incomplete.") from None
    except RawPostDataException:  # an idempotency key had it read already
        yield request.body
