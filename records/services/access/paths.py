"""Paths to fields of linked records (`airport.city`), where only own fields are taken."""

from __future__ import annotations

from records.exceptions import InvalidInput, Place
from records.services.catalogue import ObjectSchema

from .author import Author, find_field


def check_no_path(author: Author, schema: ObjectSchema, key: str, place: Place) -> None:
    """InvalidInput, which says `place`, for a key that leads through a relationship."""
    near, dot, _ = key.partition(".")
    link = find_field(author, schema, near) if dot else None
    if link is not None and link.is_link:
        message = f"{near!r} leads to other records; use a field of these records themselves."
        raise InvalidInput(message, at=place)
