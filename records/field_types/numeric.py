"""What the numeric field types share: reading exact numbers, and how filters compare them.

Floats are read by their shortest decimal form, so that 0.1 is 0.1; integral numbers become int, so
that both engines store and compare them alike.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from math import isfinite

from .base import JSON, SUMMED, FieldSpec, FieldType, InvalidValue, Stored

INTEGER_FORM = re.compile(r"[+-]?[0-9]{1,32}(?:\.0{1,16})?")
MAX_PLACES = 32  # of a number as it is sent
NUMBER_FORM = re.compile(r"[+-]?(?:[0-9]{1,32}(?:\.[0-9]{1,32})?|\.[0-9]{1,32})")
# In a column that is yet without a type, a number that begins with a zero or a plus is a code.
WHOLE = r"(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)"
WHOLE_COLUMN = re.compile(rf"-?{WHOLE}")
KEPT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
NO_DIGIT = re.compile(r"[^0-9]")
GROUPED_FORM = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
# The currency of a sign that several share is the one that most amounts with it are in.
CURRENCY_SIGNS = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₫": "VND",
    "₱": "PHP",
    "₦": "NGN",
    "฿": "THB",
    "円": "JPY",
    "元": "CNY",
}
# Words that stand for currencies beside amounts, as their countries write them.
CURRENCY_WORDS = {
    "zł": "PLN",
    "Kč": "CZK",
    "kr": "SEK",
    "Rs": "INR",
    "lei": "RON",
    "лв": "BGN",
    "\u0440\u0443\u0431": "RUB",  # looks like Latin letters
    "грн": "UAH",
    "R$": "BRL",
}
CURRENCY_MARKS = CURRENCY_SIGNS | CURRENCY_WORDS
# What other currencies are written with the same.
SHARED_MARKS = {
    "¥": ("CNY",),
    "元": ("TWD", "HKD"),
    "kr": ("NOK", "DKK", "ISK"),
    "Rs": ("PKR", "LKR", "NPR"),
}
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
MAX_EXACT_FLOAT = 2**53
MAX_DIGITS = 15
DECIMAL_LIMIT = 10**MAX_DIGITS


class NumberType(FieldType):
    """A type whose values are numbers, in the index and in the cells of tables."""

    column = "number"
    is_numeric = True
    aggregates = SUMMED

    def to_cell(self, field: FieldSpec, shown: JSON) -> int | float:
        number: int | float = shown
        return number

    def is_kept(self, field: FieldSpec, text: str, stored: Stored) -> bool:
        """Zeros behind the point say nothing, those in front may be of a code."""
        number = str(self.from_text(field, text))
        return KEPT.fullmatch(number) is not None and Decimal(number) == Decimal(str(stored))


def whole_number(raw: JSON) -> int:
    """`raw` as a 64-bit integer: a number without a fraction, or such a number as a text."""
    if type(raw) is int:
        number = raw
    elif type(raw) is float and raw.is_integer():
        if abs(raw) > MAX_EXACT_FLOAT:
            raise InvalidValue(
                "Send numbers above 2^53 without decimal point or exponent.", "limit_exceeded"
            )
        number = int(raw)
    elif isinstance(raw, str) and INTEGER_FORM.fullmatch(raw):
        number = int(raw.partition(".")[0])
    else:
        raise InvalidValue("Expected a whole number.")
    if MIN_INTEGER <= number <= MAX_INTEGER:
        return number
    raise InvalidValue("Ensure this number fits into 64 bits.", "limit_exceeded")


def exact_number(raw: JSON, places: int | None = None) -> int | float:
    """`raw` as a number of at most 15 significant digits and `places` decimal places, never
    rounded."""
    if type(raw) is int:
        if -DECIMAL_LIMIT < raw < DECIMAL_LIMIT:
            return raw
        raise InvalidValue(f"Ensure there are at most {MAX_DIGITS} digits.", "limit_exceeded")
    exact = Decimal(_decimal_text(raw))
    if not -DECIMAL_LIMIT < exact < DECIMAL_LIMIT:
        raise InvalidValue(f"Ensure there are at most {MAX_DIGITS} digits.", "limit_exceeded")
    if exact == (integral := int(exact)):
        return integral
    written = exact.as_tuple()
    if len(written.digits) > MAX_DIGITS:
        raise InvalidValue(f"Ensure there are at most {MAX_DIGITS} digits.", "limit_exceeded")
    if places is not None and -int(written.exponent) > places:
        raise InvalidValue(f"Ensure there are at most {places} decimal places.")
    return float(exact)


def number_term(field: FieldSpec, value: JSON) -> int | Decimal:
    """A number to compare with; it need not be one the field could hold."""
    number: int | Decimal = value if type(value) is int else Decimal(_decimal_text(value))
    if not MIN_INTEGER <= number <= MAX_INTEGER:
        raise InvalidValue("Ensure this number fits into 64 bits.", "limit_exceeded")
    return integral if number == (integral := int(number)) else number


def _decimal_text(raw: JSON) -> str:
    if type(raw) is float and isfinite(raw):
        return repr(raw)
    if isinstance(raw, str) and NUMBER_FORM.fullmatch(raw):
        return raw.rstrip("0") if "." in raw else raw
    raise InvalidValue("Expected a number.")


def ungrouped(text: str) -> str:
    """`text` without white space around it and without commas between thousands."""
    text = text.strip()
    return text.replace(",", "") if GROUPED_FORM.fullmatch(text) else text


def are_integers(texts: Collection[str]) -> bool:
    """Whether the cells of a column are all whole numbers of 64 bits."""
    return all(map(WHOLE_COLUMN.fullmatch, texts)) and all(
        MIN_INTEGER <= int(text.replace(",", "")) <= MAX_INTEGER
        for text in texts
        if len(text) > MAX_DIGITS
    )


def are_numbers(form: re.Pattern[str], texts: Collection[str]) -> bool:
    """Whether the cells of a column all have this form, no more digits than are kept exactly, and
    no more places than are read."""
    return all(map(form.fullmatch, texts)) and all(
        len(NO_DIGIT.sub("", text).lstrip("0")) <= MAX_DIGITS
        and len(text.partition(".")[2].rstrip("0")) <= MAX_PLACES
        for text in texts
        if len(text) > MAX_DIGITS
    )
