"""What the numbers of a workbook's cells show: dates, durations, codes, percents, amounts."""

from __future__ import annotations

import re
from array import array
from datetime import date, datetime, time, timedelta
from decimal import Context

from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import from_excel

from . import file_limits as limits
from .number_formats import NumberFormat, number_format
from .xml_events import Attributes, Handler

MAX_FORMAT = 255
# Spreadsheets show and compare this many digits of the fractions that they store.
SHOWN_DIGITS = Context(prec=15)
MAX_EXPONENT = 40
# Of a whole number with an exponent and this many digits, programs left out the others.
CUT = 15
# Spreadsheets write a carriage return before the line feeds of some texts.
ESCAPE = re.compile("_x000[Dd]_\n|_x([0-9A-Fa-f]{4})_")


class Looks(Handler):
    """Which looks of cells show their numbers as dates, durations, codes, percents or amounts."""

    def __init__(self, called: str) -> None:
        self._called = called
        self._formats: dict[str, str] = {}
        self._known: dict[str, int] = {}
        self._kinds = array("i")  # of each look: 0, DATE, DURATION, or FIRST_FORMAT and more
        self._numbers: list[NumberFormat] = []
        self._of_cells = False

    DATE, DURATION, FIRST_FORMAT = 1, 2, 3

    def start(self, name: str, given: Attributes) -> None:
        if name == "numFmt":
            self._formats[given.get("numFmtId", "")] = given.get("formatCode", "")
            self._check(len(self._formats))
        elif name == "cellXfs":
            self._of_cells = True
        elif name == "xf" and self._of_cells:
            self._kinds.append(self._kind(given.get("numFmtId", "0")))
            self._check(len(self._kinds))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._of_cells = False

    def _check(self, count: int) -> None:
        if count > limits.MAX_STYLES:
            raise limits.passed(
                self._called,
                f"a workbook can have at most {limits.MAX_STYLES:,} cell styles",
                limits.AS_CSV,
            )

    def _kind(self, number: str) -> int:
        if number not in self._known:
            shown = self._formats.get(number) or builtin_format_code(int(number)) or ""
            self._known[number] = self._format_kind(shown)
        return self._known[number]

    def _format_kind(self, shown: str) -> int:
        """The kind of a number format; those of Excel have fewer than `MAX_FORMAT` characters."""
        if len(shown) > MAX_FORMAT:
            return 0
        if is_date_format(shown):
            return self.DURATION if is_timedelta_format(shown) else self.DATE
        found = number_format(shown)
        if found is None:
            return 0
        self._numbers.append(found)
        return self.FIRST_FORMAT + len(self._numbers) - 1

    def kind(self, look: str) -> int:
        """What numbers in cells of this look are: 0 for numbers."""
        at = int(look)
        return self._kinds[at] if at < len(self._kinds) else 0

    def shown(self, raw: str, look: str, epoch: datetime) -> str:
        """What a cell of this look shows of a number, as CSV has it."""
        kind = self.kind(look)
        if kind >= self.FIRST_FORMAT:
            return self._numbers[kind - self.FIRST_FORMAT].shown(plain_number(raw))
        if not kind:
            return plain_number(raw)
        number = float(raw) if any(mark in raw for mark in ".eE") else int(raw)
        try:
            found = from_excel(number, epoch, timedelta=kind == self.DURATION)
        except (OverflowError, ValueError):
            return plain_number(raw)  # no calendar has this day
        return plain(found)


def plain_number(raw: str) -> str:
    """A number of a cell without exponent, and without the digits that only its binary form has; as
    it is written where it is a whole number whose last digits are not there."""
    if not any(mark in raw for mark in ".eE"):
        return str(int(raw))
    number = float(raw)
    if number.is_integer() and abs(number) < 10**15:
        return str(int(number))
    if number.is_integer() and _digits(raw) >= CUT:
        return raw.strip()
    exact = SHOWN_DIGITS.create_decimal(repr(number))
    if not exact.is_finite() or abs(exact.adjusted()) > MAX_EXPONENT:
        return repr(number)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _digits(raw: str) -> int:
    return sum(map(str.isdigit, raw.upper().partition("E")[0].strip("0.")))


def plain(value: object) -> str:
    """A moment, a day, a time or a duration as CSV has it."""
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        if midnight and value.tzinfo is None:
            return value.date().isoformat()
        return value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def iso_moment(raw: str) -> str:
    """A cell of ISO 8601 as CSV has it; its time zone stays."""
    stripped = raw.strip()
    for reader in (datetime.fromisoformat, date.fromisoformat, time.fromisoformat):
        try:
            value = reader(stripped)
        except ValueError:
            continue
        shown = plain(value)
        # `Z` is how the cell says it.
        return shown.removesuffix("+00:00") + "Z" if stripped.endswith("Z") else shown
    return stripped


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, however many hours there are."""
    thousandths = round(value / timedelta(milliseconds=1))
    seconds, fraction = divmod(abs(thousandths), 1000)
    text = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if fraction:
        text += f".{fraction:03}".rstrip("0")
    return f"-{text}" if thousandths < 0 else text


def unescaped_text(text: str) -> str:
    """A text without the escapes by which workbooks write what XML cannot hold."""
    if "_x" not in text:
        return text
    return ESCAPE.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    if found[1] is None:
        return "\n"
    code = int(found[1], 16)
    # Halves of characters and nulls are no text: what the file says of them stays.
    return chr(code) if code and not 0xD800 <= code < 0xE000 else found[0]
