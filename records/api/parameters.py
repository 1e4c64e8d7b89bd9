"""Reading the query string: every parameter is a text, and says what is wrong with it."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from django.http import HttpRequest

from records.exceptions import InvalidInput

FLAGS = {"true": True, "1": True, "false": False, "0": False}


def flag(request: HttpRequest, name: str, default: bool = False) -> bool:
    """A boolean; `default` when it is absent."""
    text = request.GET.get(name)
    if text is None:
        return default
    try:
        return FLAGS[text.lower()]
    except KeyError:
        raise InvalidInput("expected true or false.", at=name) from None


def number(request: HttpRequest, name: str, default: int, *, least: int, most: int) -> int:
    """A whole number within limits; `default` when it is absent."""
    text = request.GET.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"[0-9]{1,18}", text) or not least <= int(text) <= most:
        raise InvalidInput(f"expected a number from {least} to {most}.", at=name)
    return int(text)


def csv(request: HttpRequest, name: str) -> list[str] | None:
    """A comma-separated list without its blank entries; None when it is absent."""
    if name not in request.GET:
        return None
    return split(",".join(request.GET.getlist(name)))


def split(text: str) -> list[str]:
    """The entries of a comma-separated list."""
    return [entry for part in text.split(",") if (entry := part.strip())]


def moment(request: HttpRequest, name: str, zone: ZoneInfo) -> datetime | None:
    """A moment in ISO 8601, in `zone` where it names no offset; None when it is absent."""
    text = request.GET.get(name)
    if text is None:
        return None
    if "T" in text:
        text = text.replace(" ", "+")  # a plus sign that was not escaped
    return read_moment(text, name, zone)


def read_moment(text: str, name: str, zone: ZoneInfo) -> datetime:
    """The moment that a text is, as `moment` reads it; `name` is where it was sent."""
    try:
        when = datetime.fromisoformat(text)
        when = when if when.tzinfo else when.replace(tzinfo=zone)
        return when.astimezone(ZoneInfo("UTC"))
    except (ValueError, OverflowError):
        raise InvalidInput("expected a date and time in ISO 8601.", at=name) from None
