"""What may stand in the places of paths."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import StringConverter


class IdConverter(StringConverter):
    """An id; anything else in its place is a path that leads nowhere."""

    regex = r"[0-9a-fA-F]{8}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{4}\-[0-9a-fA-F]{12}"


class KeyConverter:
    """A primary key; a number too big to be one is a path that leads nowhere."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(IdConverter, "record_id")
register_converter(KeyConverter, "key")
