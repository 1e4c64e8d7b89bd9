"""Guessing the type of a new field from every value of a column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from records.field_types import FieldType, Guess, field_types, normal_text
from records.services.catalogue import FieldDefinition, OptionDefinition, slug

from .column_forms import TEXT, FileForms, FormSurvey
from .written_values import BLANK_MARKS, NumberForm

MAX_TEXT = 255
MAX_LABEL = 255
MAX_OPTIONS = 100
MAX_OPTION_LENGTH = 60
ROWS_PER_OPTION = 10  # with fewer rows for each distinct value a column is free text
REMEMBERED = 10_000  # values that need not be tested again
ALL_TEXT = 1000  # cells after which a column with texts is one of texts
# The values of a checkbox. `yes`, `no`, `y` and `n` may stand for anything where they are alone, as
# NO for Norway does.
YES_OR_NO = (
    {"true"},
    {"false"},
    {"true", "false"},
    {"yes", "no"},
    {"y", "n"},
)
# Words of headers whose digits are no numbers: they are not added up, and begin with zeros.
CODES = frozenset(
    {
        "zip", "zipcode", "postcode", "postal", "postleitzahl", "plz", "phone", "phones",
        "telephone", "telefon", "tel", "mobile", "mobil", "fax", "cellphone", "iban", "bic", "ean",
        "upc", "gtin", "isbn", "issn", "sku", "ssn", "vat", "siret", "siren", "npi", "imei",
        "barcode", "account",
    }
)  # fmt: skip

API_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A type that a column may turn out to hold, and how it is recognised."""

    kind: FieldType
    guess: Guess


def _candidates() -> dict[str, Candidate]:
    """The types that a column may turn out to hold, in order of preference."""
    found = [Candidate(kind, kind.guess) for kind in field_types.values() if kind.guess is not None]
    return {item.kind.name: item for item in sorted(found, key=lambda item: item.guess.rank)}


@dataclass(slots=True)
class DistinctValues:
    """The distinct values of a column, by the form in which they are compared: all of them where
    the column `may_identify` records, else none once there are too many for options."""

    may_identify: bool = False
    texts: dict[str, str] = field(default_factory=dict)
    repeated: str = ""
    too_many: bool = False

    def add(self, texts: Iterable[str]) -> None:
        """Note values, and in a column that may identify records the first that occurs twice."""
        for text in texts:
            key = normal_text(text)
            if self.may_identify and key in self.texts:
                self.repeated = self.repeated or text
            elif key:
                self.texts.setdefault(key, text.strip())
        # Free text would fill the memory; only an identifier needs every value.
        if len(self.texts) > MAX_OPTIONS and not self.may_identify:
            self.too_many = True
            self.texts.clear()


@dataclass(slots=True)
class ColumnSurvey:
    """What is known about a column's values, added to chunk by chunk. `count` is the number of
    cells that are not blank, `candidates` the types that have taken every value so far."""

    header: str
    values: DistinctValues = field(default_factory=DistinctValues)
    count: int = 0
    blanks: int = 0
    longest: int = 0
    candidates: dict[str, Candidate] = field(default_factory=_candidates)
    marks: set[str] = field(default_factory=set)
    forms: FormSurvey = field(default_factory=FormSurvey)
    tested: set[str] = field(default_factory=set)

    def add(self, cells: Sequence[str], sure: Sequence[object] = ()) -> None:
        """Look at more of the column; `sure` says of each cell whether it is no text."""
        # In their order: of spellings that differ in case, an option has the first.
        distinct = dict.fromkeys(cells)
        if not self.forms.kinds[TEXT] or self.forms.values < ALL_TEXT:
            self.forms.add(cells, sure)
        self.longest = max(self.longest, max(map(len, distinct), default=0))
        if not self.candidates and self.values.too_many:
            return  # a text column: only its longest value is still of interest
        texts = dict.fromkeys(map(str.strip, distinct))
        # Most chunks have no blank cell; then the cells need not be looked at one by one.
        blanks = sum(not cell.strip() for cell in cells) if "" in texts else 0
        texts.pop("", None)
        self.blanks += blanks
        self.count += len(cells) - blanks
        self._narrow(texts.keys() - self.tested)
        if len(self.tested) < REMEMBERED:
            self.tested.update(texts)
        self._find_marks(texts)
        if not self.values.too_many:
            # Repeated values matter only where they may identify records.
            self.values.add(cells if self.values.may_identify else texts)

    def _find_marks(self, texts: Iterable[str]) -> None:
        """Note the marks in the texts that tell something about the types still in question, such
        as signs of money."""
        sought = [mark for item in self.candidates.values() for mark in item.guess.marks]
        if sought:
            shown = "".join(texts)
            self.marks.update(mark for mark in sought if mark in shown)

    def _narrow(self, texts: Collection[str]) -> None:
        left: dict[str, Candidate] = {}
        for name, item in self.candidates.items():
            # What fits a narrower type fits this one too, and need not be parsed again.
            if item.guess.wider_than in left or item.kind.fits(texts):
                left[name] = item
        self.candidates = left

    @property
    def is_unique(self) -> bool:
        """Whether all values of the column are different, as far as it may identify records."""
        return self.count > 0 and not self.blanks and not self.values.repeated

    def infer(self, file: FileForms = FileForms()) -> FieldDefinition:  # noqa: B008 - frozen
        """The field for this column of a file."""
        kind = field_types.get(self.kind(file))
        options = [OptionDefinition(name) for _, name in sorted(self.values.texts.items())]
        return FieldDefinition(
            _label(self.header),
            kind.name,
            name=slug(self.header),
            settings=self._settings(kind) or {},
            options=options if kind.has_options else (),
        )

    def kind(self, file: FileForms = FileForms()) -> str:  # noqa: B008 - frozen
        """The name of the column's field type."""
        found, forms = self._kind_as_written(), self.forms
        has_codes = not CODES.isdisjoint(slug(self.header).split("_"))
        is_number = field_types.get(found).is_numeric
        if is_number and has_codes:
            return "text"
        is_open = found in ("text", "dropdown") and not has_codes
        # As it is written a number has a point; the column may prove that it has a comma.
        if is_number and forms.is_number:
            is_open = forms.form(file).numbers != NumberForm.POINT
        if not is_open:
            return found
        texts = forms.typed_texts(file)
        typed = None if texts is None else self._kind_of(texts)
        return typed or ("text" if is_number else found)

    def _kind_of(self, texts: Sequence[str]) -> str | None:
        """The type of these texts, which numbers and dates of any form are read as."""
        marks = self.forms.signs
        for name, item in _candidates().items():
            settings = item.kind.guess_settings(
                self.header, slug(self.header).split("_"), marks.intersection(item.guess.marks)
            )
            if settings is not None and item.kind.fits(texts):
                return name
        return None

    def _kind_as_written(self) -> str:
        if not self.count:
            return "text"
        if self.values.texts.keys() - BLANK_MARKS in YES_OR_NO:
            return "checkbox"
        for name, item in self.candidates.items():
            if self._settings(item.kind) is not None:
                return name
        if self.longest > MAX_TEXT:
            return "longtext"
        return "dropdown" if self._has_options() else "text"

    def _settings(self, kind: FieldType) -> Mapping[str, Any] | None:
        """The settings that a field of this type would have; None where the column is not one."""
        marks = (self.marks | self.forms.signs).intersection(kind.guess.marks) if kind.guess else ()
        return kind.guess_settings(self.header, slug(self.header).split("_"), marks)

    def _has_options(self) -> bool:
        """Whether the column has few distinct values, each short and often repeated."""
        texts = self.values.texts
        return (
            2 <= len(texts) <= MAX_OPTIONS
            and self.count >= ROWS_PER_OPTION * len(texts)
            and self.longest <= MAX_OPTION_LENGTH
            # An option cannot be stored with a null character; a row with one is refused.
            and "\x00" not in "".join(texts)
        )


def _label(header: str) -> str:
    """The label for people: `annual_revenue` becomes Annual revenue; other headers stay as they
    are."""
    if not API_NAME.fullmatch(header):
        return header[:MAX_LABEL]
    return header.replace("_", " ").strip().capitalize()[:MAX_LABEL]
