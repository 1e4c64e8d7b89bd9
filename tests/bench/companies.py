"""The benchmark's data: companies of 20 fields, a pure function of their ordinal number."""

import csv
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

Company = dict[str, str | int | float | bool]

FIELD_NAMES = (
    "name",
    "legal_name",
    "street",
    "city",
    "country",
    "phone",
    "website",
    "description",
    "employees",
    "revenue",
    "founded_year",
    "score",
    "signed_on",
    "contacted_on",
    "is_customer",
    "is_partner",
    "segment",
    "industry",
    "email",
    "attributes",
)
INDUSTRIES = (
    "Aerospace",
    "Agriculture",
    "Automotive",
    "Banking",
    "Chemicals",
    "Construction",
    "Education",
    "Energy",
    "Fashion",
    "Fishing",
    "Forestry",
    "Healthcare",
    "Hospitality",
    "Insurance",
    "Logistics",
    "Media",
    "Mining",
    "Retail",
    "Shipping",
    "Software",
)
SEGMENTS = tuple(f"Segment {letter}" for letter in "ABCDEFGHIJ")
CITIES = (
    "Aarhus",
    "Bilbao",
    "Bordeaux",
    "Cork",
    "Graz",
    "Nagoya",
    "Porto",
    "Tampere",
    "Turin",
    "Utrecht",
)
COUNTRIES = ("AT", "DK", "ES", "FI", "FR", "IE", "IT", "JP", "NL", "PT")
SOURCES = ("call", "fair", "web")
LEGAL_FORMS = ("Ltd", "GmbH", "SpA", "Inc")
SYLLABLES = tuple(consonant + vowel for consonant in "bcdfglmnprstvz" for vowel in "aeiou")

_ENTROPY_BYTES = 128
_SHORT_DESCRIPTION_WORDS = 12
_LONG_DESCRIPTION_REPEATS = 6
_LONG_DESCRIPTION_ODDS = 50


class Draws:
    """An endless-looking supply of choices that depends on the ordinal alone, on every machine."""

    def __init__(self, ordinal: int) -> None:
        seed = hashlib.shake_256(b"company %d" % ordinal).digest(_ENTROPY_BYTES)
        self._rest = int.from_bytes(seed, "big")

    def below(self, bound: int) -> int:
        self._rest, drawn = divmod(self._rest, bound)
        return drawn

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, choices: Sequence[str]) -> str:
        return choices[self.below(len(choices))]

    def word(self, syllables: int) -> str:
        return "".join(self.pick(SYLLABLES) for _ in range(syllables))

    def day(self) -> str:
        return f"{self.between(2010, 2025)}-{self.between(1, 12):02d}-{self.between(1, 28):02d}"


def make_company(ordinal: int) -> Company:
    """The company with this number: 8 texts, 4 numbers, 2 dates, 2 booleans, 2 choices, email,
    JSON."""
    draws = Draws(ordinal)
    name = f"{draws.word(3).capitalize()} {draws.word(3).capitalize()}"
    return {
        "name": name,
        "legal_name": f"{name} {draws.pick(LEGAL_FORMS)}",
        "street": f"{draws.between(1, 999)} {draws.word(2).capitalize()} Street",
        "city": draws.pick(CITIES),
        "country": draws.pick(COUNTRIES),
        "phone": _phone(draws),
        "website": f"https://{draws.word(3)}{ordinal}.example.com",
        "description": _description(draws),
        "employees": draws.between(1, 50_000),
        "revenue": draws.between(1, 10**9) / 100,
        "founded_year": draws.between(1900, 2025),
        "score": draws.below(1001),
        "signed_on": draws.day(),
        "contacted_on": draws.day(),
        "is_customer": draws.below(10) < 3,
        "is_partner": draws.below(10) < 1,
        "segment": draws.pick(SEGMENTS),
        "industry": draws.pick(INDUSTRIES),
        "email": email_of(ordinal),
        "attributes": _attributes(draws),
    }


def _phone(draws: Draws) -> str:
    # Blanks and a dash keep the column from being read as a number.
    first, second, third = draws.between(100, 999), draws.between(1000, 9999), draws.between(10, 99)
    return f"+{draws.between(30, 59)} {first} {second}-{third}"


def _attributes(draws: Draws) -> str:
    source, tags = draws.pick(SOURCES), [draws.word(1), draws.word(1)]
    return json.dumps({"source": source, "tags": tags}, separators=(",", ":"))


def _description(draws: Draws) -> str:
    words = " ".join(draws.word(2) for _ in range(_SHORT_DESCRIPTION_WORDS))
    # A few descriptions outgrow 255 characters, so that the column is a long text.
    repeats = 1 if draws.below(_LONG_DESCRIPTION_ODDS) else _LONG_DESCRIPTION_REPEATS
    return ", ".join([words] * repeats)


def email_of(ordinal: int) -> str:
    return f"c{ordinal}@example.com"


def industry_of(turn: int) -> str:
    """The industry a search of this turn asks for; each holds about one company in twenty."""
    return INDUSTRIES[turn % len(INDUSTRIES)]


def free_text_of(ordinal: int) -> str:
    """Six letters that occur in the name of this company and of hardly any other."""
    return str(make_company(ordinal)["name"]).split()[1].lower()


def iterate_companies(count: int) -> Iterator[Company]:
    return (make_company(ordinal) for ordinal in range(count))


def write_companies(path: Path, count: int) -> None:
    """Write the first `count` companies as CSV, the way a spreadsheet would export them."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(FIELD_NAMES)
        for company in iterate_companies(count):
            writer.writerow([_cell(company[name]) for name in FIELD_NAMES])


def _cell(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
