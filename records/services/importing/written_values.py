"""Numbers and dates as field types read them, from the forms in which people and programs write
them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from enum import StrEnum

from records.field_types import field_types

MAX_DIGITS, MAX_FLOAT_DIGITS = 15, 17
ROUNDED = Context(prec=MAX_DIGITS)
# What people and programs write where there is no value.
BLANK_MARKS = frozenset(
    {
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "nan",
        "null",
        "none",
        "nil",
        "-",
        "--",
        "\u2014",
        "\u2013",
        "?",
        ".",
        "<na>",
    }
)
# Zeros stand for no date, as Outlook and databases write them.
NO_DATE = re.compile(r"0+([-/.])0+\1 ?0+(?:[T ][0:.]+)?")
# A day, a month or a day of a month without a year, as in vCards and Google's exports: no field can
# hold it.
NO_YEAR = re.compile(r"--[0-9]{2}(?:-?[0-9]{2})?|---[0-9]{2}")
SEVERAL = ":::"  # between the values of a cell, in address books
SPACES = "\u00a0\u202f\u2009 "
# Signs, words and codes of currencies, which types look out for; words and codes are tried where a
# letter is, for speed.
MARKS = [mark for kind in field_types.values() if kind.guess for mark in kind.guess.marks]
SIGNS = "".join(mark for mark in MARKS if len(mark) == 1)
WORDS = "|".join(re.escape(mark) for mark in MARKS if len(mark) > 1)
CURRENCY = rf"[{SIGNS}]|(?=[^\W\d_])(?:{WORDS})"
DOTTED = r"(?:(?<=[^\W\d_])\.)?"  # `kr.`
# A number with what may stand around it: a sign, parentheses, a currency, a percent sign.
NUMBER = re.compile(
    rf"(?P<open>\()?(?P<sign>[-+\u2212])?[ \u00a0]?(?P<before>{CURRENCY})?{DOTTED}[ \u00a0]?"
    rf"(?P<sign2>[-\u2212])?"
    rf"(?P<core>[0-9.,'\u2019{SPACES}]*[0-9][0-9.,'\u2019{SPACES}]*?)"
    rf"(?P<exponent>[eE][-+]?[0-9]{{1,3}})?(?P<sign3>[-\u2212])?[ \u00a0]?"
    rf"(?P<after>{CURRENCY}|%)?{DOTTED}(?P<close>\))?"
)
# Digits and marks as wide as Chinese and Japanese characters, and what they are elsewhere.
WIDE = {0xFF01 + at: 0x21 + at for at in range(0x5E)} | {0x3000: " ", 0xFFE5: "¥", 0xFFE1: "£"}
PLAIN = re.compile(r"[0-9]+")
DOT = re.compile(r"[0-9]*\.[0-9]+")
DOT_OR_GROUP = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
COMMA = re.compile(r"[0-9]+,[0-9]+")
COMMA_OR_GROUP = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")
# In thousands, or in India in hundreds from a hundred thousand on.
GROUPED_BY_COMMAS = re.compile(
    r"(?:[1-9][0-9]{0,2}(?:,[0-9]{3})+|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3})(?:\.[0-9]+)?"
)
GROUPED_BY_DOTS = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+(?:,[0-9]+)?")
# Spaces and apostrophes divide thousands in either form.
GROUPED = re.compile(rf"[1-9][0-9]{{0,2}}(?:['\u2019{SPACES}][0-9]{{3}})+(?P<rest>[.,][0-9]+)?")
ANY_FORM = re.compile(
    "|".join(form.pattern for form in (COMMA, DOT, GROUPED_BY_DOTS, GROUPED_BY_COMMAS))
)
TIME = (
    r"(?:(?:T| +|, ?)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]{1,6})?)?"
    r"(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?(?: ?(?P<zone>Z|UTC|GMT|[-+][0-9]{2}:?[0-9]{2}))?)?"
)
YEAR, MARK = r"(?P<y>[0-9]{4})", r"(?P<mark>[-/.])"
DATES = tuple(
    re.compile(form + TIME)
    for form in (
        rf"{YEAR}{MARK}(?P<m>[0-9]{{1,2}})(?P=mark)(?P<d>[0-9]{{1,2}})",
        # As in Chinese, Japanese and Korean.
        rf"{YEAR}(?:年|년) ?(?P<m>[0-9]{{1,2}})(?:月|월) ?(?P<d>[0-9]{{1,2}})(?:日|일)",
        rf"(?P<one>[0-9]{{1,2}}){MARK}(?P<two>[0-9]{{1,2}})(?P=mark){YEAR}",
        # With spaces, as in Czech and Slovak.
        rf"(?P<one>[0-9]{{1,2}})(?P<mark>\.) (?P<two>[0-9]{{1,2}})\. {YEAR}",
        # ISO 8601 has dashes, so that `24-12-31` may begin with the year.
        r"(?P<one>[0-9]{1,2})(?P<mark>[/.])(?P<two>[0-9]{1,2})(?P=mark)(?P<y>[0-9]{2})",
        rf"(?P<d>[0-9]{{1,2}})[-. ] ?(?P<name>[A-Za-z]{{3,9}})\.?,?[- ]{YEAR}",
        rf"(?P<name>[A-Za-z]{{3,9}})\.? (?P<d>[0-9]{{1,2}}),? {YEAR}",
    )
)
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
MONTHS_BY_NAME = {
    **{name[:3]: at for at, name in enumerate(MONTHS, start=1)},
    **{name: at for at, name in enumerate(MONTHS, start=1)},
    "sept": 9,
}
# Of two digits, years that all programs take for those of this century, and of the last; of those
# between, some take one and some the other.
LAST_OF_THIS, FIRST_OF_LAST = 29, 69
ZONES = {"UTC": "+00:00", "GMT": "+00:00"}
ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[-+][0-9]{2}:?[0-9]{2})?)?")


class CellKind(StrEnum):
    """What the cells of a column are read as."""

    NUMBER = "number"
    AMOUNT = "amount"  # a number that may have a currency
    DATE = "date"
    WORD = "word"  # as it is, unless it stands for a blank


class NumberForm(StrEnum):
    """What separates the fraction of a column's numbers."""

    POINT = "point"
    COMMA = "comma"
    UNCLEAR = "unclear"  # `3,125` may be either


class DateForm(StrEnum):
    """The order of day, month and year in a column's dates."""

    YEAR_FIRST = "ymd"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    UNCLEAR = "unclear"  # `1/2/2024` may be either


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """How the cells of a column are read. `blanks` are those that stand for no value, in lower
    case. In a column that is `mixed` some numbers are percents, and others may be. That numbers
    have a point is `assumed` where no cell of the file proves it."""

    numbers: NumberForm = NumberForm.POINT
    dates: DateForm = DateForm.YEAR_FIRST
    blanks: Collection[str] = BLANK_MARKS
    mixed: bool = False
    assumed: bool = False


class Unclear(Exception):
    """A cell may be one value or another."""


def is_blank(form: ColumnForm, text: str, kind: CellKind) -> bool:
    """Whether a cell stands for no value."""
    if text.casefold() in form.blanks:
        return True
    # Where the caller says the marks, there are no others.
    return (
        kind == CellKind.DATE
        and text[:1] == "0"
        and NO_DATE.fullmatch(text) is not None
        and form.blanks == BLANK_MARKS
    )


def lacks_year(text: str, kind: CellKind | None) -> bool:
    """Whether a cell of a column of dates is a day without a year, which is not stored."""
    return kind == CellKind.DATE and text[:2] == "--" and NO_YEAR.fullmatch(text) is not None


def is_no_value(form: ColumnForm, text: str, kind: CellKind) -> bool:
    """Whether nothing is stored of a cell."""
    return is_blank(form, text, kind) or lacks_year(text, kind)


def plain_cell(form: ColumnForm, text: str, *, kind: CellKind) -> str:
    """A cell as field types read it, empty for a blank and for a day without a year; what is no
    number or date stays as it is. Unclear where it may be two values."""
    stripped = text.strip()
    if is_no_value(form, stripped, kind):
        return ""
    if kind == CellKind.WORD:
        return text
    stripped = half_width(stripped)
    if kind == CellKind.DATE:
        found = plain_date(stripped, form.dates)
    else:
        found = plain_number(stripped, form.numbers, signs=kind == CellKind.AMOUNT)
        if found is not None and form.mixed and found.strip("-0.,"):
            raise Unclear
    return stripped if found is None else found


def half_width(text: str) -> str:
    """A text of a number or date without the wide forms of digits and marks."""
    return text if text.isascii() else text.translate(WIDE)


def plain_number(text: str, form: NumberForm, *, signs: bool = True) -> str | None:
    """A number with a point and without groups, its currency in front unless it is to go; None
    where it is none."""
    found = NUMBER.fullmatch(text)
    if found is None or bool(found["open"]) != bool(found["close"]):
        return None
    if found["before"] and found["after"]:
        return None
    # Ledgers write the minus of a number behind it; beside another sign it is none.
    if found["sign3"] and (found["open"] or found["sign"] or found["sign2"]):
        return None
    core = _plain_core(found["core"].strip(SPACES), form)
    if core is None:
        return None
    number = _plain_digits(core + (found["exponent"] or ""))
    minus = "-" if _is_negative(found) else ""
    sign = (found["before"] or "") + (found["after"] or "").replace("%", "")
    point = "0" if number.startswith(".") else ""
    return f"{minus}{sign if signs else ''}{point}{number}"


def _is_negative(found: re.Match[str]) -> bool:
    signs = (found["open"], (found["sign"] or "").replace("+", ""), found["sign2"], found["sign3"])
    return any(signs)


def _plain_core(core: str, form: NumberForm) -> str | None:
    """Digits with at most one point."""
    if PLAIN.fullmatch(core):
        return core
    if (grouped := GROUPED.fullmatch(core)) is not None:
        if (grouped["rest"] or "").startswith("," if form != NumberForm.COMMA else "."):
            raise Unclear
        return re.sub(rf"['\u2019{SPACES}]", "", core).replace(",", ".")
    if form == NumberForm.UNCLEAR and (
        COMMA_OR_GROUP.fullmatch(core) or DOT_OR_GROUP.fullmatch(core)
    ):
        raise Unclear
    if form == NumberForm.COMMA:
        if GROUPED_BY_DOTS.fullmatch(core) or COMMA.fullmatch(core):
            return core.replace(".", "").replace(",", ".")
    elif GROUPED_BY_COMMAS.fullmatch(core) or DOT.fullmatch(core):
        return core.replace(",", "")
    if ANY_FORM.fullmatch(core):
        raise Unclear  # a number of the other form
    return None


def _plain_digits(number: str) -> str:
    """Without exponent, and without the digits that only a binary form of the number has."""
    is_fraction = "." in number
    if "e" not in number.lower() and not is_fraction:
        return number
    digits = sum(map(str.isdigit, number.lower().partition("e")[0].lstrip("0.")))
    if "e" not in number.lower() and not MAX_DIGITS < digits <= MAX_FLOAT_DIGITS:
        return number
    exact = Decimal(number)
    if MAX_DIGITS < digits <= MAX_FLOAT_DIGITS:
        exact = ROUNDED.plus(exact)
    return format(exact, "f")


def may_be_date(text: str) -> bool:
    """Whether a text has a form of dates, whatever the order of its parts."""
    return ISO.fullmatch(text) is not None or any(form.fullmatch(text) for form in DATES)


def plain_date(text: str, form: DateForm) -> str | None:
    """A day or a moment in ISO 8601; None where it is none."""
    if ISO.fullmatch(text):
        return text
    for pattern in DATES:
        if (found := pattern.fullmatch(text)) is not None:
            day = _day(found, form)
            return None if day is None else _moment(day, found)
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 2 and LAST_OF_THIS < year < FIRST_OF_LAST:
        raise Unclear
    return year if len(text) == 4 else 1900 + year if year > LAST_OF_THIS else 2000 + year


def _day(found: re.Match[str], form: DateForm) -> tuple[int, int, int] | None:
    parts = found.groupdict()
    year = _year(parts["y"])
    if "name" in parts:
        month = MONTHS_BY_NAME.get(parts["name"].lower())
        return None if month is None else (year, month, int(parts["d"]))
    if "m" in parts:
        return year, int(parts["m"]), int(parts["d"])
    one, two = int(parts["one"]), int(parts["two"])
    order = _order(form, parts["mark"], one, two)
    if order == DateForm.UNCLEAR:
        raise Unclear
    orders = {DateForm.DAY_FIRST: (year, two, one), DateForm.MONTH_FIRST: (year, one, two)}
    return orders.get(order)


def _order(form: DateForm, mark: str, one: int, two: int) -> DateForm:
    """Which comes first of two numbers before a year."""
    if one == two and form in (DateForm.YEAR_FIRST, DateForm.UNCLEAR):
        return DateForm.DAY_FIRST
    if form == DateForm.UNCLEAR and max(one, two) > 12:
        return DateForm.DAY_FIRST if one > 12 else DateForm.MONTH_FIRST
    # Points stand in dates with the day first.
    is_open = form in (DateForm.YEAR_FIRST, DateForm.UNCLEAR)
    return DateForm.DAY_FIRST if mark == "." and is_open else form


def _moment(day: tuple[int, int, int], found: re.Match[str]) -> str | None:
    parts = found.groupdict("0")
    half = parts["half"].lower()
    hour = int(parts["hour"])
    if half != "0":
        # After twelve comes one.
        hour = hour % 12 + 12 * (half == "p") if 1 <= hour <= 12 else -1
    try:
        moment = datetime(*day, hour, int(parts["minute"]), int(parts["second"]))  # noqa: DTZ001
    except ValueError:
        return None
    if found["hour"] is None:
        return moment.date().isoformat()
    fraction, zone = found.groupdict("")["fraction"], found.groupdict("")["zone"]
    return f"{moment.isoformat()}{fraction}{ZONES.get(zone, zone)}"
