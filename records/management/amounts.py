"""How old something must be, as commands are told it."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError

MOST = 36_500


def amount(text: str) -> float:
    """Parse a number of days or hours that a date can be reckoned back by."""
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not 0 <= found <= MOST:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 to {MOST}")
    return found
