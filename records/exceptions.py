"""What can go wrong, each with a stable code.

    RecordsError
    ├── InvalidInput          the request as a whole is wrong (400)
    │   ├── InvalidValues     some of the sent values are wrong: every problem, by position (400)
    │   └── SeveralProblems   some parts of the request are wrong: every problem, by place (400)
    ├── NotAuthenticated      no credentials, or credentials nobody holds (401)
    ├── NotAllowed            the thing is visible, the action is not granted (403)
    ├── NotFound              missing, archived, another workspace's, or hidden: all the same (404)
    │   └── ObjectGone        the object was archived while the write waited for it (404)
    ├── Gone                  a cursor that leads nowhere any more: start again (410)
    ├── Conflict              lost a race that a retry may win (409)
    │   ├── Archived          the record has to be unarchived first (409)
    │   ├── InFlight          the same call is still being carried out (409)
    │   └── PlanOutdated      the write would not do what its dry run foretold (409)
    ├── PreconditionFailed    the record is at another version than the caller expects (412)
    ├── TooLarge              more bytes than are read (413)
    ├── TooSlow               bytes that took too long to arrive (408)
    ├── TooMany               more requests, or wrong keys or passwords, than a limit allows (429)
    ├── IdempotencyMismatch   the key was used for another request (422)
    ├── ExternalConfig        the records live elsewhere, and this is not offered there (422)
    │   └── InTransaction     an upstream is called outside of transactions only
    ├── ExternalError         the upstream failed, refused or did not answer in time (424)
    └── Unavailable           the database is away, busy or too slow; nothing was changed (503)
        ├── OutcomeUnknown    the database went away and may have carried the change out (503)
        └── StorageFull       a disk is full (507)

Interfaces translate these once, at their edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

Place = tuple[str | int, ...]  # keys and positions, from the outermost in


class Misplaced(Protocol):
    """What says where something is wrong, and why."""

    path: Place
    reason: str
    code: str


def place_of(at: str | int | Sequence[str | int]) -> Place:
    """A place as it is given: one key or position, or all of them."""
    return (at,) if isinstance(at, str | int) else tuple(at)


def located(path: Place, reason: str) -> str:
    """A reason with its place before it: `filters[0].value: expected a number.`"""
    if not path:
        return reason
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return f"{steps.removeprefix('.')}: {reason}"


MOST_QUOTED = 80  # characters: enough to recognize, whatever was sent
NEAREST, LIKENESS = 3, 0.7


def quoted(sent: object) -> str:
    """What was sent, as messages show it: in quotes, and cut where it is long."""
    return repr(str(sent)[:MOST_QUOTED])


def did_you_mean(sent: object, known: Iterable[str]) -> str:
    """The names that what was sent may be a slip of, as a sentence to append; empty for none."""
    names = {name.casefold(): name for name in known}
    near = get_close_matches(str(sent)[:MOST_QUOTED].casefold(), names, NEAREST, LIKENESS)
    return f" Did you mean {' or '.join(repr(names[name]) for name in near)}?" if near else ""


class RecordsError(Exception):
    """A refusal the caller can act on: `detail` for people, `code` for programs."""

    code = "invalid"

    def __init__(self, detail: str, code: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code is not None:
            self.code = code


class InvalidInput(RecordsError):
    """The request as a whole is wrong, at `path` in it, for a `reason`; `detail` has both.

    The path uses the core's names. An interface with other names finds the place there, and says it
    in its own words.
    """

    def __init__(
        self, reason: str, code: str | None = None, *, at: str | int | Sequence[str | int] = ()
    ) -> None:
        self.path = place_of(at)
        self.reason = reason
        super().__init__(located(self.path, reason), code)

    @classmethod
    def of(cls, problem: Misplaced, *before: str | int) -> InvalidInput:
        """The same problem, seen from further out."""
        return InvalidInput(problem.reason, problem.code, at=(*before, *problem.path))

    def renamed(self, words: Mapping[str, str]) -> InvalidInput:
        """The same problem, with the keys of its place as a caller knows them; without those they
        know as nothing."""
        path = [words.get(step, step) if isinstance(step, str) else step for step in self.path]
        return InvalidInput(self.reason, self.code, at=[step for step in path if step != ""])


class SeveralProblems(InvalidInput):
    """Several things are wrong with the request, each at its own place."""

    def __init__(self, problems: Sequence[InvalidInput]) -> None:
        super().__init__(" ".join(problem.detail for problem in problems), problems[0].code)
        self.problems = list(problems)

    def renamed(self, words: Mapping[str, str]) -> InvalidInput:
        return SeveralProblems([problem.renamed(words) for problem in self.problems])


def one_or_several(problems: Sequence[InvalidInput]) -> InvalidInput:
    """What to raise for these problems."""
    return problems[0] if len(problems) == 1 else SeveralProblems(problems)


@contextmanager
def problems_at(*place: str | int) -> Iterator[None]:
    """What is refused in the block is refused at this place."""
    with _problems_changed(lambda problem: InvalidInput.of(problem, *place)):
        yield


@contextmanager
def problems_in(words: Mapping[str, str]) -> Iterator[None]:
    """What is refused in the block is refused in the caller's words: their key for each of the
    core's."""
    with _problems_changed(lambda problem: problem.renamed(words)):
        yield


@contextmanager
def _problems_changed(change: Callable[[InvalidInput], InvalidInput]) -> Iterator[None]:
    try:
        yield
    except InvalidValues:
        raise  # they say where each value is
    except InvalidInput as problem:
        raise change(problem) from None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one value: which part of the entry (`value`, `add_values`, …), and
    why."""

    part: str
    code: str
    message: str


@dataclass(slots=True)
class EntryProblems:
    """What is wrong with one field entry of a write.

    `position` is its place in the request, or None for a field that was not sent (a required one
    that is missing); then `field_id` and `field_name` say which.
    """

    position: int | None
    field_id: str = ""
    field_name: str = ""
    problems: list[Problem] = field(default_factory=list)


class InvalidValues(InvalidInput):
    """Some of the values of a write are wrong; nothing was stored.

    `size` is the number of entries the request had. `archived_id` is the UUID of the archived
    record that holds the identifier, when that is the problem.
    """

    def __init__(
        self,
        entries: Sequence[EntryProblems],
        general: Sequence[Problem] = (),
        *,
        size: int = 0,
        archived_id: str | None = None,
    ) -> None:
        self.entries = list(entries)
        self.general = list(general)
        self.size = size
        self.archived_id = archived_id
        everything = [
            problem for entry in self.entries for problem in entry.problems
        ] + self.general
        super().__init__("; ".join(problem.message for problem in everything) or "Invalid values.")
        if everything:
            self.code = everything[0].code


class NotAuthenticated(RecordsError):
    """No credentials, or credentials nobody holds."""

    code = "invalid_api_key"


class NotAllowed(RecordsError):
    """The thing is visible to the caller, but the action is not granted."""

    code = "permission_required"


class NotFound(RecordsError):
    """Missing, archived, another workspace's, or not visible: the caller cannot tell which."""

    code = "not_found"

    def __init__(self, detail: str = "Not found.", code: str | None = None) -> None:
        super().__init__(detail, code)


class ObjectGone(NotFound):
    """The object, or every right to its records, is gone since the request was read."""


class Gone(RecordsError):
    """A place in the change feed that is not there any more; the caller has to start again."""

    code = "cursor_expired"


class Conflict(RecordsError):
    """Lost a race that a retry may win, or somebody has already what is asked for at `path` in the
    request, in the core's names; empty where it is at no one place. `places` says what is wrong at
    each, where there are several."""

    code = "conflict"

    def __init__(
        self,
        detail: str,
        code: str | None = None,
        *,
        at: str | int | Sequence[str | int] = (),
        places: Mapping[Place, str] | None = None,
    ) -> None:
        super().__init__(detail, code)
        self.path = place_of(at)
        self.places = dict(places or ({self.path: detail} if self.path else {}))

    def move(self, *before: str | int) -> None:
        """See the conflict from further out."""
        self.path = (*before, *self.path)
        self.places = {(*before, *place): said for place, said in self.places.items()}


class Archived(Conflict):
    """The record is archived: it must be brought back first."""

    def __init__(self) -> None:
        super().__init__("The record is archived: unarchive it first.")


class InFlight(Conflict):
    """The same call is still being carried out; `retry_after` is in seconds."""

    retry_after = 1


class PlanOutdated(Conflict):
    """The write would not do what its dry run foretold: `fields` are what differs."""

    code = "plan_outdated"

    def __init__(self, fields: Sequence[str]) -> None:
        super().__init__(
            f"What the dry run foretold no longer holds for {', '.join(fields)}. Nothing was "
            "changed; make another dry run."
        )
        self.fields = list(fields)


class PreconditionFailed(RecordsError):
    """The record is at `version`, not at the one the caller expects; or it is there, and was to be
    new."""

    code = "precondition_failed"

    def __init__(self, version: int, *, expected_none: bool = False) -> None:
        told = f"The record is at version {version}; read it again before changing it."
        if expected_none:
            told = f"There is such a record already, at version {version}; nothing was changed."
        super().__init__(told if version else "There is no such record yet.")
        self.version = version


class TooLarge(RecordsError):
    """More bytes than are read."""

    code = "too_large"


class TooSlow(RecordsError):
    """The body did not arrive in the time a client has for it; nothing was changed."""

    code = "too_slow"

    def __init__(self) -> None:
        super().__init__("The body took too long to arrive. Nothing was changed; send it again.")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with a limit: how many requests it allows, how many are left, and in
    how many seconds it begins anew."""

    limit: int
    remaining: int
    resets_in: int


class TooMany(RecordsError):
    """More than a limit allows; nothing was done. `retry_after` is in seconds."""

    code = "rate_limited"

    def __init__(self, detail: str, standing: Standing) -> None:
        super().__init__(detail)
        self.standing = standing
        self.retry_after = max(1, standing.resets_in)


class IdempotencyMismatch(RecordsError):
    """The idempotency key was used before, for another request."""

    code = "idempotency_mismatch"


class Unavailable(RecordsError):
    """Cannot be answered now, through no fault of the request: a retry after `retry_after` seconds
    may succeed."""

    code = "unavailable"
    retry_after = 1


class OutcomeUnknown(Unavailable):
    """The database went away before it said whether it had carried out the change."""

    code = "outcome_unknown"

    def __init__(self) -> None:
        super().__init__(
            "The database went away before it confirmed the change, which may have been "
            "carried out. Read the data before you send the change again; a request with an "
            "Idempotency-Key can simply be repeated."
        )


class StorageFull(Unavailable):
    """A disk is full; nothing was changed."""

    code = "storage_full"
    retry_after = 60

    def __init__(self) -> None:
        super().__init__(
            "The server's storage is full. Nothing was changed; try again when it has space."
        )


class ExternalConfig(RecordsError):
    """The object's records live elsewhere, and its source cannot do what is asked: nothing was
    sent."""

    code = "external_config"


class InTransaction(ExternalConfig):
    """An upstream would have been called while a transaction was open."""


class ExternalError(RecordsError):
    """The upstream of an object failed.

    `status` is what it answered with, None where it did not. `outcome` says what became of the
    request there: `refused` (it changed nothing), `applied`, or `unknown`. `retry_after` is in
    seconds.
    """

    code = "external_error"

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        outcome: str = "refused",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.outcome = outcome
        self.retry_after = retry_after
