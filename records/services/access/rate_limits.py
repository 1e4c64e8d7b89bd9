"""How many requests, and how many wrong keys and passwords, are taken from whom.

Requests are counted by address, user, API key and workspace where settings limit them; refused keys
and log-ins always, unless a setting says none. What is counted is kept under digests.
"""

from __future__ import annotations

import hmac
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

from records.exceptions import NotAuthenticated, Standing, TooMany
from records.services.database import Once

if TYPE_CHECKING:
    from limits import RateLimitItem
    from limits.storage import Storage

    from .rate_leases import Leases

ADDRESS, ACCOUNT, KEY, WORKSPACE = "LIMIT_ADDRESS", "LIMIT_ACCOUNT", "LIMIT_KEY", "LIMIT_WORKSPACE"
WRONG_KEYS = "LIMIT_WRONG_KEYS"
LOG_IN, LOG_IN_ADDRESS, LOG_IN_ACCOUNT = (
    "LIMIT_LOG_IN",
    "LIMIT_LOG_IN_ADDRESS",
    "LIMIT_LOG_IN_ACCOUNT",
)
REQUESTS = {
    ADDRESS: "This address has",
    ACCOUNT: "This user has",
    KEY: "This API key has",
    WORKSPACE: "The API clients of this workspace have",
}
# Said of any email: whether it belongs to a user shows nowhere.
FAILED_LOG_INS = "Too many failed attempts to log in"
FAILURES = {
    WRONG_KEYS: "Too many wrong API keys came from this address",
    LOG_IN: FAILED_LOG_INS,
    LOG_IN_ADDRESS: FAILED_LOG_INS,
    LOG_IN_ACCOUNT: FAILED_LOG_INS,
}


def count_request(limit: str, subject: object) -> Standing | None:
    """Count a request of whom a limit is for; None without that limit. TooMany when nothing is left
    of it."""
    item = _item(limit)
    if item is None or not subject:
        return None
    granted, standing = _requests().take(item, _key(item, limit, subject))
    if not granted:
        raise _refusal(limit, standing)
    return standing


def request_limits() -> dict[str, tuple[int, int]]:
    """The limits in force: by what is counted (address, account, key, workspace), how many requests
    in how many seconds."""
    items = {name.removeprefix("LIMIT_").lower(): _item(name) for name in REQUESTS}
    return {
        counts: (item.amount, item.get_expiry())
        for counts, item in items.items()
        if item is not None
    }


def check_key(digest: str) -> None:
    """TooMany when this process knows that a key has nothing left; no statement."""
    item = _item(KEY)
    spent = item and _requests().is_spent(item, _key(item, KEY, digest))
    if spent:
        raise _refusal(KEY, spent)


def tightest(*standings: Standing | None) -> Standing | None:
    """The standing with the fewest requests left."""
    found = [standing for standing in standings if standing is not None]
    return min(found, key=lambda standing: standing.remaining, default=None)


# ---------------------------------------------------------------- wrong keys


def refuse_key(message: str, address: str) -> NotAuthenticated | TooMany:
    """Count a wrong key, and return how it is refused. Right keys from the address stay good: it
    may be that of many clients, and no key can be guessed."""
    item = _item(WRONG_KEYS)
    if item is None or not address:
        return NotAuthenticated(message)
    granted, standing = _failures().take(item, _key(item, WRONG_KEYS, address))
    return NotAuthenticated(message) if granted else _refusal(WRONG_KEYS, standing)


# ---------------------------------------------------------------- log-ins


@contextmanager
def counted_log_in(email: str, address: str) -> Iterator[None]:
    """Try a password in the block, which raises if it is refused: that counts, success does not.

    TooMany before it is tried, when too many have failed. An attempt is counted before, so that
    those made at the same moment are all counted.
    """
    pair = f"{email}\n{address}" if address else ""
    counted: list[tuple[RateLimitItem, str]] = []
    for limit, subject in ((LOG_IN, pair), (LOG_IN_ADDRESS, address), (LOG_IN_ACCOUNT, email)):
        item = _item(limit)
        if item is None or not subject:
            continue
        key = _key(item, limit, subject)
        if not _may_fail(item, key):
            _give_back(counted)
            raise _refusal(limit, _standing_of(item, key))
        counted.append((item, key))
    yield
    _give_back(counted)


def _may_fail(item: RateLimitItem, key: str) -> bool:
    """Count an attempt, unless too many have failed."""
    storage = _database()
    return storage.get(key) < item.amount and (storage.incr(key, item.get_expiry()) <= item.amount)


def _give_back(counted: list[tuple[RateLimitItem, str]]) -> None:
    for item, key in counted:
        _database().incr(key, item.get_expiry(), -1)


def _standing_of(item: RateLimitItem, key: str) -> Standing:
    return Standing(item.amount, 0, _seconds_until(_database().get_expiry(key)))


# ---------------------------------------------------------------- counts


def forget_counts() -> None:
    """Forget what this process has reserved and what it knows to be spent."""
    for kept in (_requests, _failures, _database):
        kept.forget()


@Once
def _requests() -> Leases:
    from .rate_leases import Leases
    from .rate_storage import storage_at

    return Leases(storage_at(settings.REDIS_URL))


@Once
def _failures() -> Leases:
    """Failures are few, so each is counted by itself."""
    from .rate_leases import Leases

    return Leases(_database(), one_by_one=True)


@Once
def _database() -> Storage:
    from .rate_storage import storage_at

    return storage_at("")


def _item(limit: str) -> RateLimitItem | None:
    """What a setting allows; None where it sets no limit."""
    text: str = getattr(settings, limit)
    return _parsed(text) if text else None


@cache
def _parsed(text: str) -> RateLimitItem:
    from limits import parse

    return parse(text)


@lru_cache(maxsize=4096)  # it is asked for several times in a request
def _key(item: RateLimitItem, limit: str, subject: object) -> str:
    """The name of a count. Emails, addresses and keys are not found out from it without the secret
    key of the installation."""
    secret = settings.SECRET_KEY.encode()
    digest = hmac.digest(secret, f"{limit}\n{subject}".encode("utf-8", "replace"), "sha256")
    return item.key_for(limit, digest.hex())


def _refusal(limit: str, standing: Standing) -> TooMany:
    said = FAILURES.get(limit)
    if said is None:
        item = _item(limit)
        said = f"{REQUESTS[limit]} reached the limit of {_spoken(item)}" if item else ""
    wait = max(1, standing.resets_in)
    return TooMany(f"{said}. Try again in {_duration(wait)}.", standing)


def _spoken(item: RateLimitItem) -> str:
    """A limit in words: 600 requests per minute."""
    unit = item.GRANULARITY.name
    period = unit if item.multiples == 1 else f"{item.multiples} {unit}s"
    return f"{item.amount:,} requests per {period}"


def _duration(seconds: int) -> str:
    """A waiting time in words, rounded up."""
    amount, unit = (seconds, "second") if seconds < 120 else (math.ceil(seconds / 60), "minute")
    return f"{amount:,} {unit}{'' if amount == 1 else 's'}"


def _seconds_until(moment: float) -> int:
    return max(0, math.ceil(moment - time.time()))
