"""Log lines without what a driver says of rows, and without secrets."""

from __future__ import annotations

import copy
import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

from records_project.faults import redacted

# What only says what went wrong by its code: its text may quote rows, statements and connection
# strings.
DRIVERS = ("django.db", "psycopg", "psycopg_pool", "sqlite3", "botocore", "boto3")
# Texts of drivers that others have made their own.
TEXTS = (
    (re.compile(r"(DETAIL|CONTEXT|QUERY|STATEMENT|LINE \d+):.*"), r"\1: ***"),
    (re.compile(r"Key \(.*?\)=\(.*\)"), "Key ***"),
    (re.compile(r"(://[^\s:/@]*:)[^\s@]+@"), r"\1***@"),
    (re.compile(r"(password\s*=\s*)(?:'[^']*'|\S+)", re.IGNORECASE), r"\1***"),
)
ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class LineFormatter(logging.Formatter):
    """Says of an error of a driver its kind and its code; everything else goes through
    `harmless`."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line, and a traceback below it."""
        shown = copy.copy(record)
        shown.exc_text = None  # another formatter may have kept what it made of the error
        if isinstance(record.args, tuple):
            shown.args = tuple(
                said_of(each) if isinstance(each, BaseException) else each for each in record.args
            )
        if isinstance(record.msg, BaseException):
            shown.msg, shown.args = said_of(record.msg), ()
        shown.msg, shown.args = harmless(shown.getMessage()), ()
        return super().format(shown)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        """Write a traceback."""
        return "".join(lines_of(ei[1])).rstrip("\n") if ei[1] is not None else ""


def lines_of(error: BaseException) -> Iterator[str]:
    """Write a traceback as Python does: what came first, first."""
    if error.__cause__ is not None:
        yield from lines_of(error.__cause__)
        yield "\nThe above exception was the direct cause of the following exception:\n\n"
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from lines_of(error.__context__)
        yield "\nDuring handling of the above exception, another exception occurred:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}: {said_of(error)}\n"
    for each in getattr(error, "exceptions", ()):
        yield from lines_of(each)


def said_of(error: BaseException) -> str:
    """Return the message of an error; of a driver's, or of one that wraps it, only the code."""
    kinds = {kind.__module__ for kind in type(error).__mro__}
    if not any(
        kind == driver or kind.startswith(f"{driver}.") for kind in kinds for driver in DRIVERS
    ):
        return harmless(str(error))
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return code or (said_of(error.__cause__) if error.__cause__ is not None else "no code")


def harmless(text: str) -> str:
    """Hide what may be data or a secret in a text."""
    for pattern, shown in TEXTS:
        text = pattern.sub(shown, text)
    return redacted(text)
