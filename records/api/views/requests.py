"""What callers send to save a view or a layout, read into the shapes of the core."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.http import HttpRequest

from records.api.bodies import read_object
from records.api.metadata.requests import Body
from records.exceptions import MOST_QUOTED, InvalidInput
from records.services.access import Author
from records.services.database import canonical_uuid
from records.services.views import (
    EVERYBODY,
    LayoutSettings,
    Level,
    Part,
    Sharing,
    ViewSettings,
    find_members,
    find_roles,
)

from .bases import Base

SHARING = "sharing_settings"
LEVELS = {"view": Level.VIEW, "edit": Level.EDIT, "admin": Level.ADMIN}
MOST_ENTRIES = 1000
MOST_COUNTED = 1_000_000


def read_body(request: HttpRequest) -> Body:
    """The body of a write; keys that are not known are passed by, but those of sharing."""
    content = read_object(request, None)
    if "dry_run" in content:  # other unknown keys are harmless; this write would be meant
        raise InvalidInput("send it in the query.", at="dry_run")
    return Body(content)


def view_settings(author: Author, base: Base, body: Body, *, whole: bool) -> ViewSettings:
    """What a write says of a view. `whole`: it must have a name and content, and what else it does
    not say of the part is as by default."""
    given = ViewSettings()
    if whole or "name" in body.content:
        given["name"] = body.required("name", most=255)
    if base.content in body:
        given["parts"] = {base.part: body.content[base.content]}
    elif whole or base.content in body.content:
        raise InvalidInput("this key is required.", "required", at=base.content)
    if base.part is Part.FILTER and (whole or "hidden" in body):
        given["filter_hidden"] = body.flag("hidden")
    if base.part is Part.QUICK_FILTER and "filter_count" in body:
        given["quick_count"] = body.number("filter_count", MOST_COUNTED) or 0
    if "owner" in body:
        given["owner_id"] = _owner(author, body)
    if SHARING in body:
        given["sharing"] = _sharing(author, body.group(SHARING))
    return given


def _owner(author: Author, body: Body) -> int:
    uuid = canonical_uuid(_id(body.content["owner"]))
    found = author.directory.find_members([uuid]) if uuid else {}
    if not found:
        raise InvalidInput("there is no such member.", "does_not_exist", at="owner")
    return next(member.id for member in found.values())


def _sharing(author: Author, body: Body) -> Sharing:
    """What is sent of sharing. Without `all_team_members` everybody may see the view, unless it is
    private or shared with some."""
    _check_known(body, ("private", "all_team_members", "roles", "team_members"))
    roles, members = body.group("roles"), body.group("team_members")
    named = {
        "roles": _levels(author, roles, find_roles),
        "members": _levels(author, members, find_members),
    }
    private, team = body.flag("private"), body.number("all_team_members", max(Level))
    if team is None:
        limited = private or any(named.values())
        team = Level.NONE if limited else EVERYBODY.team
    return Sharing(private, Level(team), **named)


def _check_known(body: Body, known: Collection[str]) -> None:
    """InvalidInput for a key that is not known: passed by, a misspelt one would open the view."""
    for key in body.content:
        if key not in known:
            raise body.wrong(f"unknown key; known are {', '.join(known)}", key[:MOST_QUOTED])


def _levels(author: Author, body: Body, find: Callable[..., list[int]]) -> dict[int, Level]:
    """The level of each role or member that is named; the highest, where it is named again."""
    _check_known(body, LEVELS)
    found: dict[int, Level] = {}
    for word, level in LEVELS.items():
        keys = find(author, _ids(body, word), *body.where, word)
        found |= dict.fromkeys(keys, level)
    return found


def named_ids(body: Body, key: str) -> list[Any]:
    """The ids of a list that must be there."""
    if key not in body:
        raise InvalidInput("this key is required.", "required", at=key)
    return _ids(body, key)


def _ids(body: Body, key: str) -> list[Any]:
    """The ids of a list of them, or of objects that have one."""
    value: Any = body.content.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise body.wrong("expected a list of ids", key)
    if len(value) > MOST_ENTRIES:
        raise InvalidInput(
            f"at most {MOST_ENTRIES} entries.", "limit_exceeded", at=(*body.where, key)
        )
    return [_id(entry) for entry in value]


def _id(sent: Any) -> Any:
    return sent.get("id") if isinstance(sent, dict) else sent


def layout_settings(body: Body) -> LayoutSettings:
    """A whole layout; what is not said is as by default."""
    tabs = body.group("tabs")
    if not all(isinstance(value, bool) for value in tabs.content.values()):
        raise tabs.wrong("expected true or false for each tab")
    return LayoutSettings(
        name=body.required("name", most=255),
        is_active=body.flag("active", default=True),
        order=body.number("order") or 0,
        config=body.content.get("config"),
        tabs=dict(tabs.content) or {"automations": False},
    )


def parts_of(base: Base) -> dict[str, str]:
    """The core's names of parts in the words of a list."""
    return {base.part.value: base.content}
