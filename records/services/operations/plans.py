"""Plans: what a dry run foretold, signed, so that the write can be carried out if it still does
just that."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.core import signing
from django.utils.crypto import salted_hmac

from records.exceptions import InvalidInput, PlanOutdated
from records.services.access import Author

from .rehearsals import Effects, RecordChange

LIFETIME = timedelta(hours=1)
MOST_FIELDS = 60  # whose changes are compared each by itself; of more, all at once
MOST_TOLD = 20
SALT = "records.plans"
ANSWER = "the answer"
Pairs = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Plan:
    """What a write was foretold to do: a digest for each field. `key` stands for the plan where it
    is carried out, which happens once."""

    key: str
    digests: Mapping[str, str]

    def check(self, status: int, effects: Effects, definition: Pairs) -> None:
        """PlanOutdated, naming what differs, unless the write did what was foretold."""
        found = _digests(status, effects, definition)
        names = self.digests.keys() | found.keys()
        differing = sorted(name for name in names if self.digests.get(name) != found.get(name))
        if differing:
            raise PlanOutdated(differing[:MOST_TOLD])


def sign_plan(
    author: Author, asked: str, status: int, effects: Effects, definition: Pairs
) -> str | None:
    """The plan as a text that only this caller can use, for this call (`asked`), for an hour; None
    for a write that does too much to be compared."""
    if not effects.is_whole or effects.record_count > len(effects.records):
        return None
    found = {
        "caller": _caller(author, asked),
        "key": secrets.token_urlsafe(12),
        "digests": _digests(status, effects, definition),
    }
    return signing.dumps(found, salt=SALT, compress=True)


def read_plan(author: Author, asked: str, token: str) -> Plan:
    """A plan that this caller got for this call; InvalidInput for any other text."""
    try:
        found = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired:
        raise InvalidInput(
            "it has expired; make another dry run.", "plan_expired", at="plan"
        ) from None
    except (signing.BadSignature, ValueError):  # not signed here, or not even text
        raise InvalidInput("no plan of a dry run.", at="plan") from None
    if found["caller"] != _caller(author, asked):
        raise InvalidInput(
            "it is for another call: send what the dry run was sent, as the same member with the "
            "same key.",
            "plan_mismatch",
            at="plan",
        )
    return Plan(found["key"], found["digests"])


def _caller(author: Author, asked: str) -> str:
    """Who asked for what."""
    return _digest(author.workspace.uuid, author.caller, asked)


def _digests(status: int, effects: Effects, definition: Pairs) -> dict[str, str]:
    """Digests of all that a write does, by the field that it does it to.

    They are keyed: who reads a plan learns nothing about values from it.
    """
    parts: dict[str, list[Any]] = {}
    for name, (old, _) in definition.items():  # what is new has ids of its own
        parts.setdefault(name, []).append(old)
    for at, change in enumerate(effects.records):
        for name, did in _told(change, at, effects.named):
            parts.setdefault(name, []).append(did)
    parts[ANSWER] = [status, [list(job) for job in effects.jobs]]
    if len(parts) > MOST_FIELDS:
        parts = {"some fields": [parts]}
    return {name: _digest(*parts[name]) for name in parts}


def _told(change: RecordChange, at: int, named: RecordChange | None) -> Iterator[tuple[str, Any]]:
    """What a write did, by field; a new record goes by its place, for its id is made anew."""
    is_named = named is not None and named.uuid == change.uuid
    where = "" if is_named else f"{change.schema.name}."
    record = at if change.action == "created" else change.uuid
    yield f"{where}action", [record, change.action]
    for field in change.fields:
        yield where + field.field.name, [record, field.old, field.new]


def _digest(*parts: Any) -> str:
    written = orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS)
    return salted_hmac(SALT, written, algorithm="sha256").hexdigest()[:12]
