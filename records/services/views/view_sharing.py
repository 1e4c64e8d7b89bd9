"""Who may do what with a saved view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import TypeVar

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.models import Extent, Role, SavedView
from records.services.access import Author, check_writes, hold_definitions, signed_by
from records.services.database import canonical_uuid, in_one_transaction
from records.services.people import get_roles

T = TypeVar("T")


class Level(IntEnum):
    """What somebody may do with a view; each level includes those before it."""

    NONE = 0
    VIEW = 1
    EDIT = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Sharing:
    """With whom a view is shared: `team` is every member's level, `roles` and `members` are those
    of some, by primary key. A private view is its owner's alone, whatever else it says."""

    is_private: bool = False
    team: Level = Level.VIEW
    roles: Mapping[int, Level] = field(default_factory=dict)
    members: Mapping[int, Level] = field(default_factory=dict)


EVERYBODY = Sharing()


def sharing_of(view: SavedView) -> Sharing:
    """With whom a view is shared."""
    kept = {
        whose: {int(key): Level(level) for key, level in view.shares.get(whose, {}).items()}
        for whose in ("roles", "members")
    }
    return Sharing(view.is_private, Level(view.team_level), kept["roles"], kept["members"])


def live_sharing(author: Author, view: SavedView) -> Sharing:
    """With whom a view is shared, as callers read it: without roles and members that are gone."""
    kept = sharing_of(view)
    roles = role_names(author, kept.roles)
    members = author.directory.members(kept.members)
    return replace(
        kept,
        roles={key: level for key, level in kept.roles.items() if key in roles},
        members={key: level for key, level in kept.members.items() if key in members},
    )


def set_sharing(view: SavedView, sharing: Sharing) -> None:
    view.is_private, view.team_level = sharing.is_private, int(sharing.team)
    view.shares = {
        whose: {str(key): int(level) for key, level in sorted(levels.items())}
        for whose, levels in (("roles", sharing.roles), ("members", sharing.members))
    }


def level_of(author: Author, view: SavedView) -> Level:
    """What the caller may do with a view of an object; nothing where they may see none of its
    records."""
    if author.role.grant(view.object_id).view == Extent.NONE:
        return Level.NONE
    if author.role.is_admin or view.owner_id == author.member.id:
        return Level.ADMIN
    sharing = sharing_of(view)
    if sharing.is_private:
        return Level.NONE
    return max(
        sharing.team,
        sharing.roles.get(author.role.id, Level.NONE),
        sharing.members.get(author.member.id, Level.NONE),
    )


def check_level(author: Author, view: SavedView, least: Level) -> None:
    """NotFound for a view that the caller may not see, NotAllowed where they may do less with
    it."""
    level = level_of(author, view)
    if level == Level.NONE:
        raise NotFound
    if level < least:
        what = "change" if least == Level.EDIT else "share or delete"
        raise NotAllowed(f"You may not {what} this view.")


def changed(author: Author, work: Callable[[], T]) -> T:
    """What `work` makes of the views of a workspace, one at a time, signed in the history of all it
    touches. It may run again, so it reads what it needs itself."""
    check_writes(author)

    def signed() -> T:
        # Names are compared and views counted: both stay as they are until the end.
        hold_definitions(author.workspace.id)
        with signed_by(author.user_id, author.reason, author.api_key_id):
            return work()

    return in_one_transaction(signed)


# ---------------------------------------------------------------- roles and members


def find_roles(author: Author, uuids: Sequence[object], *at: str | int) -> list[int]:
    """The primary keys of roles; InvalidInput says which of the list in `at` does not exist."""
    return [row.pk for row in get_roles(author, uuids, *at)]


def find_members(author: Author, uuids: Sequence[object], *at: str | int) -> list[int]:
    """The primary keys of members; InvalidInput says which of the list in `at` does not exist."""
    wanted = [canonical_uuid(uuid) for uuid in uuids]
    found = author.directory.find_members(uuid for uuid in wanted if uuid)
    for place, uuid in enumerate(wanted):
        if uuid not in found:
            raise InvalidInput("there is no such member.", "does_not_exist", at=(*at, place))
    return [found[uuid].id for uuid in wanted]


def role_names(author: Author, keys: Iterable[int]) -> dict[int, tuple[str, str]]:
    """The UUID and the name of roles, by primary key; without those that were deleted."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = Role.objects.filter(workspace_id=author.workspace.id, id__in=wanted)
    return {row.pk: (str(row.uuid), row.name) for row in rows.order_by("name")}
