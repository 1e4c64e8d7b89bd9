"""What each operation needs, and so what each role is to be answered: the rules, written apart from
the product."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tests.factories import Caller

from .world import MARKS, RoleCase, Target, World


class Verdict(StrEnum):
    """What came of a call: it was done; not allowed; the thing is not there; what was sent will not
    do."""

    DONE = "done"
    FORBIDDEN = "forbidden"
    ABSENT = "absent"
    REFUSED = "refused"


DONE, FORBIDDEN, ABSENT, REFUSED = Verdict


@dataclass(frozen=True)
class Expected:
    """`changed`: whether stored records or definitions are others afterwards; `count`: of what is
    listed."""

    verdict: Verdict
    changed: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Answer:
    """What an interface answered: `text` is all of it, `sent` all that the call held, `count` of a
    list."""

    verdict: Verdict
    text: str
    sent: str
    count: int | None = None


Need = Callable[[World, Target], Expected]
CASES = tuple(MARKS)
ONCE = ("mine",)


@dataclass(frozen=True)
class Operation:
    """One thing to try: `covers` is the operation of the interface's own document that it tries."""

    name: str
    covers: str
    needs: Need
    ask: Callable[[Caller, World, Target], Answer]
    targets: Sequence[str] = CASES


class Interface(Protocol):
    """One way in. To put another into the matrix, write this for it and add it to INTERFACES in
    `test_matrix`."""

    @property
    def name(self) -> str: ...

    @property
    def operations(self) -> Sequence[Operation]: ...

    def role_of(self, role: RoleCase) -> RoleCase:
        """What the role comes to through this interface."""

    def documented(self, caller: Caller) -> set[str]:
        """Every operation that the interface's own document lists."""


def nothing(verdict: Verdict) -> Expected:
    return Expected(verdict)


# ---------------------------------------------------------------- one record


def view(world: World, target: Target) -> Expected:
    return nothing(DONE if target.live and world.sees(target) else ABSENT)


def view_history(world: World, target: Target) -> Expected:
    """An archived record's history stays readable."""
    return nothing(DONE if world.sees(target) else ABSENT)


def view_secret(world: World, target: Target) -> Expected:
    return view(world, target) if world.sees_secret else nothing(ABSENT)


def _change(world: World, target: Target, right: str) -> Expected:
    found = view(world, target)
    if found.verdict != DONE:
        return found
    allowed = world.role.reaches(right, own=target.own)
    return Expected(DONE, changed=True) if allowed else nothing(FORBIDDEN)


def edit(world: World, target: Target) -> Expected:
    return _change(world, target, "edit")


def restore_fields(world: World, target: Target) -> Expected:
    """Its fields are as they were: nothing changes."""
    found = edit(world, target)
    return nothing(DONE) if found.verdict == DONE else found


def remove(world: World, target: Target) -> Expected:
    return _change(world, target, "remove")


def edit_secret(world: World, target: Target) -> Expected:
    found = edit(world, target)
    return nothing(REFUSED) if found.verdict == DONE and world.role.secret != "open" else found


def restore(world: World, target: Target) -> Expected:
    if not world.sees(target):
        return nothing(ABSENT)
    if target.live:
        return nothing(REFUSED)
    return (
        Expected(DONE, changed=True)
        if world.role.reaches("remove", own=target.own)
        else nothing(FORBIDDEN)
    )


def list_files(world: World, target: Target) -> Expected:
    """An archived record's files stay readable."""
    return Expected(DONE, count=1) if world.sees(target) else nothing(ABSENT)


def edit_files(world: World, target: Target) -> Expected:
    if not world.sees(target):
        return nothing(ABSENT)
    if not world.role.reaches("edit", own=target.own):
        return nothing(FORBIDDEN)
    return Expected(DONE, changed=True) if target.live else nothing(REFUSED)


def ask_to_edit_files(world: World, target: Target) -> Expected:
    """Asking for a link changes nothing yet."""
    return nothing(edit_files(world, target).verdict)


def nobody(world: World, target: Target) -> Expected:
    return nothing(FORBIDDEN)


def refused(world: World, target: Target) -> Expected:
    return nothing(REFUSED)


# ---------------------------------------------------------------- by name


def create(world: World, target: Target) -> Expected:
    """A record whose name nobody has."""
    if not world.role.known:
        return nothing(ABSENT)
    return Expected(DONE, changed=True) if world.role.create else nothing(FORBIDDEN)


def create_with_its_name(world: World, target: Target) -> Expected:
    made = create(world, target)
    return nothing(REFUSED) if made.verdict == DONE and target.ours else made


def create_or_bring_back(world: World, target: Target) -> Expected:
    """Bringing a record back under a name takes what creating, restoring and changing it take."""
    made = create(world, target)
    if made.verdict != DONE or not target.ours:
        return made
    if target.live or not world.sees(target):
        return nothing(REFUSED)
    allowed = all(world.role.reaches(right, own=target.own) for right in ("edit", "remove"))
    return Expected(DONE, changed=True) if allowed else nothing(FORBIDDEN)


def create_or_overwrite(world: World, target: Target) -> Expected:
    """Taking an archived record's name away changes that record."""
    made = create_with_its_name(world, target)
    if made.verdict != REFUSED or target.live or not world.sees(target):
        return made
    return Expected(DONE, changed=True) if world.role.reaches("edit", own=target.own) else made


def upsert(world: World, target: Target) -> Expected:
    if not (target.ours and target.live):
        return create_with_its_name(world, target)
    if not world.role.known:
        return nothing(ABSENT)
    return edit(world, target) if world.sees(target) else nothing(REFUSED)


# ---------------------------------------------------------------- many records


def listed(world: World, target: Target) -> Expected:
    return Expected(DONE, count=len(world.visible)) if world.role.known else nothing(ABSENT)


def listed_one(world: World, target: Target) -> Expected:
    """A search that only the target meets."""
    if not world.role.known:
        return nothing(ABSENT)
    return Expected(DONE, count=int(target in world.visible))


def listed_by_secret(world: World, target: Target) -> Expected:
    return listed(world, target) if world.sees_secret or not world.role.known else nothing(REFUSED)


def found_in_secrets(world: World, target: Target) -> Expected:
    """A free-text search for what only the secrets hold."""
    if not world.role.known:
        return nothing(ABSENT)
    return Expected(DONE, count=len(world.visible) if world.sees_secret else 0)


def linked(world: World, target: Target) -> Expected:
    """The cases of a client: none, where there are none to be known of."""
    return Expected(DONE, count=len(world.visible))


def linked_one(world: World, target: Target) -> Expected:
    return Expected(DONE, count=int(target in world.visible))


def without_links(world: World, target: Target) -> Expected:
    return Expected(DONE, count=int(not world.visible))


def nothing_linked(world: World, target: Target) -> Expected:
    found = view(world, target)
    return Expected(DONE, count=0) if found.verdict == DONE else found


def bulk(right: str) -> Need:
    """A job may be started by who may do it to some record; it changes those it may."""

    def needs(world: World, target: Target) -> Expected:
        if not world.role.known:
            return nothing(ABSENT)
        if getattr(world.role, right) == "none":
            return nothing(FORBIDDEN)
        return Expected(DONE, changed=_change(world, target, right).changed)

    return needs


def upload(world: World, target: Target) -> Expected:
    """A file may be sent by who may create or change some record."""
    if not world.role.known:
        return nothing(ABSENT)
    return nothing(DONE if world.role.create or world.role.edit != "none" else FORBIDDEN)


def bulk_secret(world: World, target: Target) -> Expected:
    found = bulk("edit")(world, target)
    return nothing(REFUSED) if found.verdict == DONE and world.role.secret != "open" else found


def _merged(world: World, into: Target, merged: Target) -> Expected:
    """Merging takes the right to edit what survives, and to archive the other."""
    if not world.role.known:
        return nothing(ABSENT)
    if into == merged:
        return nothing(REFUSED)
    if not (world.sees(into) and world.sees(merged)):
        return nothing(ABSENT)
    if not world.role.reaches("edit", own=into.own):
        return nothing(FORBIDDEN)
    if not world.role.reaches("remove", own=merged.own):
        return nothing(FORBIDDEN)
    return Expected(DONE, changed=True) if into.live and merged.live else nothing(REFUSED)


def merge_into_it(world: World, target: Target) -> Expected:
    return _merged(world, target, world.targets["mine"])


def merge_it(world: World, target: Target) -> Expected:
    return _merged(world, world.targets["mine"], target)


def duplicates(world: World, target: Target) -> Expected:
    """All cases have the same kind: one group, of those in sight."""
    if not world.role.known:
        return nothing(ABSENT)
    return Expected(DONE, count=int(len(world.visible) > 1))


# ---------------------------------------------------------------- definitions, people, jobs


def read_definitions(world: World, target: Target) -> Expected:
    return nothing(DONE if world.role.known else ABSENT)


def ask_for_records(world: World, target: Target) -> Expected:
    """Names of what is not there, or out of sight, are answered as missing."""
    return nothing(DONE if world.role.known else ABSENT)


def see_what_it_is_not(world: World, target: Target) -> Expected:
    """Asks for something of records that the object's definition does not have."""
    return nothing(REFUSED if view(world, target).verdict == DONE else ABSENT)


def read_hidden_definitions(world: World, target: Target) -> Expected:
    return nothing(DONE if world.role.known and world.sees_secret else ABSENT)


def define(world: World, target: Target) -> Expected:
    if not world.role.known:
        return nothing(ABSENT)
    return Expected(DONE, changed=True) if world.role.admin else nothing(FORBIDDEN)


def define_hidden(world: World, target: Target) -> Expected:
    return define(world, target) if world.sees_secret else nothing(ABSENT)


def admins_only(world: World, target: Target) -> Expected:
    """What is as good as absent to everybody else."""
    return nothing(DONE if world.role.admin else ABSENT)


def define_workspace(world: World, target: Target) -> Expected:
    return Expected(DONE, changed=True) if world.role.admin else nothing(FORBIDDEN)


def define_unseen(world: World, target: Target) -> Expected:
    """A change to an object that only admins see."""
    return Expected(DONE, changed=True) if world.role.admin else nothing(ABSENT)


def anybody(world: World, target: Target) -> Expected:
    return nothing(DONE)


def own_jobs(world: World, target: Target) -> Expected:
    """The one job there is is the admin's."""
    return Expected(DONE, count=int(world.role.admin))


def too_late_for_admins(world: World, target: Target) -> Expected:
    """The job has ended: there is nothing to cancel."""
    return nothing(REFUSED if world.role.admin else ABSENT)


def refused_to_admins(world: World, target: Target) -> Expected:
    """The object is not archived."""
    return nothing(REFUSED if world.role.admin else FORBIDDEN)


def define_what_cannot_be(world: World, target: Target) -> Expected:
    return nothing(REFUSED) if world.role.admin else define(world, target)


def never_there(world: World, target: Target) -> Expected:
    return nothing(ABSENT)
