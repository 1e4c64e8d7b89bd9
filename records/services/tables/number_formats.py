"""The number formats of workbooks, as far as they say what a number is: a code, a percent, an
amount of a currency."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum
from functools import cache, lru_cache
from locale import windows_locale

from babel.numbers import get_territory_currencies, list_currencies

from records.field_types.numeric import CURRENCY_MARKS

TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*](?P<space>.)|\[(?P<bracket>[^\]]*)\]|(?P<mark>.)',
    re.DOTALL,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9]+(?:\.[0-9]+)?)")
COMPARED = {
    "<=": operator.le, ">=": operator.ge, "<>": operator.ne,
    "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
DIGITS = "0#?"
# Spaces and apostrophes divide thousands.
DIVIDERS = frozenset(" \u00a0\u202f'\u2019")
# Signs that several countries have; the language of the format says which.
SHARED = frozenset({"$", "¥", "kr", "Kr", "kr.", "Fr.", "R$", "zł", "Kč", "Ft", "lei", "₺", "₪"})
WRITTEN = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}  # others by their codes
EXACT = Context(prec=15)


class Meaning(StrEnum):
    """What a number is by its format."""

    NUMBER = "number"
    CODE = "code"
    PERCENT = "percent"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a number format: the numbers it is for, and what they are. `pieces` are the places
    of digits and the texts between them."""

    meaning: Meaning
    pieces: Sequence[tuple[bool, str]] = ()
    currency: str = ""
    condition: tuple[str, Decimal] | None = None

    def takes(self, number: Decimal) -> bool:
        """Whether the section's condition is met."""
        if self.condition is None:
            return True
        sign, bound = self.condition
        return bool(COMPARED[sign](number, bound))


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format that says more than a number."""

    sections: Sequence[Section]

    def shown(self, number: str) -> str:
        """What the format shows of a number, as CSV has it: all its digits, with what says what it
        is."""
        try:
            value = Decimal(number)
        except ArithmeticError:
            return number
        section = self._section(value)
        if section.meaning == Meaning.CODE:
            return masked(number, section.pieces)
        if section.meaning == Meaning.PERCENT:
            return f"{_plain(EXACT.multiply(value, Decimal(100)))}%"
        if section.meaning == Meaning.AMOUNT:
            written = WRITTEN.get(section.currency, f"{section.currency} ")
            return f"{'-' if value < 0 else ''}{written}{number.removeprefix('-')}"
        return number

    def _section(self, value: Decimal) -> Section:
        first = self.sections[0]
        if any(section.condition for section in self.sections[:2]):
            return next((found for found in self.sections if found.takes(value)), first)
        at = (value < 0) + 2 * (value == 0)
        # A dash for zero is still an amount.
        found = self.sections[at] if at < len(self.sections) else first
        return found if found.pieces else first


@lru_cache(1024)
def number_format(code: str) -> NumberFormat | None:
    """The format that a code of a workbook stands for; None where it shows numbers as such."""
    found = [_section(tokens) for tokens in _sections(code)][:3]
    if all(section.meaning == Meaning.NUMBER for section in found):
        return None
    return NumberFormat(found)


def masked(number: str, pieces: Sequence[tuple[bool, str]]) -> str:
    """A whole number with the zeros and texts of a format: `00000` shows 501 as 00501."""
    if not number.isdecimal():
        return number
    places = [piece for is_place, piece in pieces if is_place]
    zeros = len("".join(places).lstrip("#?"))
    digits = number.zfill(zeros)
    left = len(digits)
    rest = sum(map(len, places))
    shown: list[str] = []
    for is_place, piece in pieces:
        if not is_place:
            shown.append(piece)
            continue
        for _ in piece:
            # What has no place of its own stands at the first one.
            taken = max(left - rest + 1, 0)
            shown.append(digits[len(digits) - left :][:taken])
            left, rest = left - taken, rest - 1
    return "".join(shown).strip()


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _sections(code: str) -> Iterator[list[re.Match[str]]]:
    """The tokens of each section."""
    tokens: list[re.Match[str]] = []
    for token in TOKEN.finditer(code):
        if token["mark"] == ";":
            yield tokens
            tokens = []
        else:
            tokens.append(token)
    yield tokens


def _section(tokens: Sequence[re.Match[str]]) -> Section:
    pieces: list[tuple[bool, str]] = []
    marks, currency = "", ""
    condition: tuple[str, Decimal] | None = None
    for token in tokens:
        mark, bracket = token["mark"], token["bracket"]
        if bracket is not None:
            if (found := CONDITION.fullmatch(bracket)) is not None:
                condition = found[1], Decimal(found[2])
            currency = _currency(bracket) or currency
        elif mark is not None and mark in DIGITS:
            _add(pieces, mark, is_place=True)
        elif mark is not None and mark in ".,%Ee@":
            marks += mark
        elif token["space"] is None:
            text = mark or token["quoted"] or token["escaped"] or ""
            currency = _currency(f"${text.strip()}") or currency
            _add(pieces, text, is_place=False)
    return Section(_meaning(pieces, marks, currency), tuple(pieces), currency, condition)


def _add(pieces: list[tuple[bool, str]], text: str, *, is_place: bool) -> None:
    if pieces and pieces[-1][0] == is_place:
        pieces[-1] = is_place, pieces[-1][1] + text
    elif text:
        pieces.append((is_place, text))


def _meaning(pieces: Sequence[tuple[bool, str]], marks: str, currency: str) -> Meaning:
    if "%" in marks:
        return Meaning.PERCENT
    if currency:
        return Meaning.AMOUNT
    places = "".join(piece for is_place, piece in pieces if is_place)
    if marks or "?" in places or not places:
        return Meaning.NUMBER
    at = [is_place for is_place, _ in pieces]
    first, last = at.index(True), len(at) - 1 - at[::-1].index(True)
    inside = {mark for is_place, piece in pieces[first:last] if not is_place for mark in piece}
    before = pieces[0][1] if first else ""
    # `"SKU-"0` begins with letters, `"about "0` with a word.
    is_named = before.strip(" ")[:1].isalnum() and not before[-1].isspace()
    is_code = places.count("0") > 1 or is_named or not inside <= DIVIDERS
    return Meaning.CODE if is_code else Meaning.NUMBER


def _currency(bracket: str) -> str:
    """The currency in brackets, such as `$€-407`: of its sign, else of its language."""
    if not bracket.startswith("$"):
        return ""
    sign, _, language = bracket[1:].rpartition("-")
    if not sign:
        sign, language = bracket[1:], ""
        if sign.startswith("-"):
            return ""
    sign = sign.strip(" \u00a0")
    if sign.upper() in _codes():
        return sign.upper()
    if language and sign in SHARED and (found := _of_language(language)):
        return found
    return CURRENCY_MARKS.get(sign, "")


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())


@lru_cache(1024)
def _of_language(number: str) -> str:
    """The currency where the language with this number, in hexadecimal digits, is spoken."""
    try:
        name = windows_locale.get(int(number, 16) & 0xFFFF, "")
    except ValueError:
        return ""
    territory = name.rpartition("_")[2]
    found = get_territory_currencies(territory) if len(territory) == 2 else []
    return found[0] if found else ""
