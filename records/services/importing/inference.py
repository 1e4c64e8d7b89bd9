"""Guessing the type of a new field from every value of a column."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from records.field_types import FieldSpec, InvalidValue, field_types, normal_text
from records.services.definitions import FieldDefinition, OptionDefinition, slug

MAX_TEXT = 255
MAX_OPTIONS = 100
MAX_OPTION_LENGTH = 60
ROWS_PER_OPTION = 10  # with fewer rows for each distinct value a column is free text
MAX_DIGITS = 15
REMEMBERED = 10_000  # values that need not be tested again
MONEY_WORDS = frozenset({"cost", "costs", "price", "prices", "amount", "amounts", "revenue", "revenues"})
CURRENCIES = {"$": "USD", "€": "EUR", "£": "GBP"}
YES_OR_NO = ({"true", "false"}, {"yes", "no"}, {"y", "n"})

# A number that begins with a zero or a plus is a code, and stays as it is written.
_WHOLE = r"(?:0|[1-9][0-9]*|[1-9][0-9]{0,2}(?:,[0-9]{3})+)"
INTEGER = re.compile(rf"-?{_WHOLE}")
DECIMAL = re.compile(rf"-?{_WHOLE}(?:\.[0-9]+)?")
MONEY = re.compile(rf"-?[{''.join(CURRENCIES)}]?{_WHOLE}(?:\.[0-9]{{1,2}})?")
API_NAME = re.compile(r"[a-z][a-z0-9_]*")
NO_DIGIT = re.compile(r"[^0-9]")

Test = Callable[[Collection[str]], bool]


def _are_integers(texts: Collection[str]) -> bool:
    return all(map(INTEGER.fullmatch, texts)) and all(
        -(2**63) <= int(text.replace(",", "")) < 2**63 for text in texts if len(text) > MAX_DIGITS
    )


def _are_numbers(form: re.Pattern[str]) -> Test:
    def test(texts: Collection[str]) -> bool:
        return all(map(form.fullmatch, texts)) and all(
            len(NO_DIGIT.sub("", text)) <= MAX_DIGITS for text in texts if len(text) > MAX_DIGITS
        )

    return test


def _taken_by(type_name: str, form: re.Pattern[str]) -> Test:
    """Whether the type takes all the texts; ones that do not begin like `form` are not even tried."""
    kind = field_types.get(type_name)
    spec = FieldSpec(0, "", "", "", kind)

    def test(texts: Collection[str]) -> bool:
        try:
            return all(map(form.match, texts)) and all(kind.parse(spec, text) is not None for text in texts)
        except InvalidValue:
            return False

    return test


# In order of preference: the first that takes every value is the column's type.
TESTS: dict[str, Test] = {
    "integer": _are_integers,
    "decimal": _are_numbers(DECIMAL),
    "money": _are_numbers(MONEY),
    "date": _taken_by("date", re.compile("[0-9]{4}-")),
    "datetime": _taken_by("datetime", re.compile("[0-9]{4}-")),
    "email": _taken_by("email", re.compile("[^@]+@")),
    "phonenumber": _taken_by("phonenumber", re.compile(r"\+")),
}
# Types that take whatever another one before them takes.
WIDER = {"datetime": "date"}


@dataclass(slots=True)
class ColumnSurvey:
    """What is known of a column's values, added to chunk by chunk. `count` is the number of cells that are not
    blank.

    `candidates` are the types that have taken every value so far. `values` are the distinct ones, by the form in
    which they are compared: all of them where the column `may_identify` records, else while they are few.
    """

    header: str
    may_identify: bool = False
    count: int = 0
    blanks: int = 0
    longest: int = 0
    repeated: str = ""
    candidates: dict[str, Test] = field(default_factory=lambda: dict(TESTS))
    values: dict[str, str] | None = field(default_factory=dict)
    signs: set[str] = field(default_factory=set)
    tested: set[str] = field(default_factory=set)

    def add(self, cells: Sequence[str]) -> None:
        """Look at more of the column."""
        distinct = set(cells)
        self.longest = max(self.longest, max(map(len, distinct), default=0))
        if not self.candidates and self.values is None:
            return  # there is nothing left to find out
        texts = set(map(str.strip, distinct))
        blanks = sum(not cell.strip() for cell in cells) if "" in texts else 0
        texts.discard("")
        self.blanks += blanks
        self.count += len(cells) - blanks
        self._narrow(texts - self.tested)
        if len(self.tested) < REMEMBERED:
            self.tested |= texts
        if "money" in self.candidates:
            shown = "".join(texts)
            self.signs.update(sign for sign in CURRENCIES if sign in shown)
        if self.values is not None:
            self._add_values(self.values, cells if self.may_identify else texts)

    def _narrow(self, texts: Collection[str]) -> None:
        left: dict[str, Test] = {}
        for name, test in self.candidates.items():
            if WIDER.get(name) in left or test(texts):
                left[name] = test
        self.candidates = left

    def _add_values(self, values: dict[str, str], texts: Iterable[str]) -> None:
        for text in texts:
            key = normal_text(text)
            if self.may_identify and key in values:
                self.repeated = self.repeated or text
            elif key:
                values.setdefault(key, text.strip())
        if len(values) > MAX_OPTIONS and not self.may_identify:
            self.values = None

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own, as far as a column that `may_identify` is known."""
        return self.count > 0 and not self.blanks and not self.repeated

    def infer(self) -> FieldDefinition:
        """The field for this column."""
        kind = self.kind()
        settings = {"money_options": {"currency": self._currency()}} if kind == "money" else {}
        options = [OptionDefinition(name) for _, name in sorted((self.values or {}).items())]
        return FieldDefinition(
            _label(self.header),
            kind,
            name=slug(self.header),
            settings=settings,
            options=options if kind == "dropdown" else (),
        )

    def kind(self) -> str:
        """The name of the column's field type."""
        if not self.count:
            return "text"
        if self._is_yes_or_no():
            return "checkbox"
        kinds = [name for name in self.candidates if name != "money"]
        if "money" in self.candidates and len(self.signs) <= 1 and (self._is_about_money() or self.signs):
            return "money"
        if kinds:
            return kinds[0]
        if self.longest > MAX_TEXT:
            return "longtext"
        return "dropdown" if self._has_options() else "text"

    def _is_yes_or_no(self) -> bool:
        values = set(self.values or ())
        # A lone letter may stand for anything.
        return any(values and values <= words and (values == words or "y" not in words) for words in YES_OR_NO)

    def _is_about_money(self) -> bool:
        words = slug(self.header).split("_")
        return not MONEY_WORDS.isdisjoint(words) or any(sign in self.header for sign in CURRENCIES)

    def _currency(self) -> str:
        shown = [sign for sign in CURRENCIES if sign in self.signs or (not self.signs and sign in self.header)]
        return CURRENCIES[shown[0] if shown else "$"]

    def _has_options(self) -> bool:
        values = self.values or {}
        if self.longest > MAX_OPTION_LENGTH or any("\x00" in value for value in values):
            return False
        return 2 <= len(values) <= MAX_OPTIONS and self.count >= ROWS_PER_OPTION * len(values)


def _label(header: str) -> str:
    """What people read: `annual_revenue` is Annual revenue, and what was written for people stays."""
    if not API_NAME.fullmatch(header):
        return header
    return header.replace("_", " ").strip().capitalize()
