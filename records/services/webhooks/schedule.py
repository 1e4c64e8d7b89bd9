"""When what was not delivered is sent again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Seconds after each failure, as Standard Webhooks suggests: 75 hours in all, then it is given up.
BACK_OFF = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MAX_WAIT = timedelta(hours=24)
# Failures in a row after which nothing is tried for a while, whatever waits.
TOLERATED = 5
FIRST_PAUSE, LONGEST_PAUSE = 5, 300  # seconds


def next_attempt(attempts: int, now: datetime, asked: datetime | None) -> datetime | None:
    """When to send again what has failed so often, not before the receiver asked; None: give up.

    Up to a tenth is added, or all that failed together would come back together.
    """
    if attempts > len(BACK_OFF):
        return None
    seconds = BACK_OFF[attempts - 1]
    due = now + timedelta(seconds=seconds + random.uniform(0, seconds / 10))  # noqa: S311
    return max(due, asked) if asked is not None else due


def pause(failures: int, now: datetime) -> datetime:
    """Until when a receiver that does not answer is left alone."""
    seconds = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
    return now + timedelta(seconds=seconds)


def asked_until(header: str, now: datetime) -> datetime | None:
    """The moment in a `Retry-After`, at most a day from now; None for what is none."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return now + min(timedelta(seconds=int(text[:9])), MAX_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(moment, now + MAX_WAIT)
