"""What SQLite does not compute itself: exact sums, and periods of moments in a time zone.

Sums are texts that are sorted as the numbers they stand for, with the number after a space: SQLite
has no type for a number of more digits than a float.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

EXACT = Context(prec=2000)  # more digits than the sum of any floats has
QUOTIENT = Context(prec=40)  # as many as averages are sorted by
EXPONENTS = 5000
_NINES = str.maketrans("0123456789", "9876543210")


def sortable(number: Decimal) -> str:
    """A number as a text that is sorted as the number, and its digits after a space."""
    sign, digits, _ = number.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    if not text:
        return "o 0"
    if sign:
        # The greater the amount the earlier: everything is turned round, the length too.
        return f"n{EXPONENTS - number.adjusted():05d}{text.translate(_NINES)}~ {number:f}"
    return f"p{EXPONENTS + number.adjusted():05d}{text} {number:f}"


class ExactSum:
    """The sum of numbers without rounding; NULL of none."""

    def __init__(self) -> None:
        self.whole = 0
        self.parts: Decimal | None = None
        self.count = 0

    def step(self, number: int | float | None) -> None:
        if number is None:
            return
        self.count += 1
        if isinstance(number, int):
            self.whole += number
        else:
            # The shortest digits that make this float: those that were stored.
            exact = Decimal(repr(number))
            self.parts = exact if self.parts is None else EXACT.add(self.parts, exact)

    def total(self) -> Decimal:
        return EXACT.add(Decimal(self.whole), self.parts or Decimal())

    def finalize(self) -> str | None:
        return sortable(self.total()) if self.count else None


class ExactAverage(ExactSum):
    """The average, to sort by."""

    def finalize(self) -> str | None:
        if not self.count:
            return None
        return sortable(QUOTIENT.divide(self.total(), Decimal(self.count)))


def period_of(moment: str | None, unit: str, zone: str) -> str | None:
    """The first day of the period in which a stored moment falls by the clocks of a zone."""
    if moment is None:
        return None
    when = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    try:
        local = when if zone == "UTC" else when.astimezone(ZoneInfo(zone))
    except OverflowError:  # the first and the last day of the calendar exist in UTC alone
        local = when
    return _first_day(local.date(), unit)


@lru_cache(maxsize=20_000)
def _first_day(day: date, unit: str) -> str:
    if unit == "week":
        day -= timedelta(days=day.weekday())
    elif unit == "month":
        day = day.replace(day=1)
    elif unit == "quarter":
        day = day.replace(month=day.month - (day.month - 1) % 3, day=1)
    elif unit == "year":
        day = day.replace(month=1, day=1)
    return day.isoformat()
