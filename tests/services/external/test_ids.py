"""Ids of an upstream as UUIDs that say them, and as numbers where they are numbers."""

from __future__ import annotations

from uuid import UUID

import pytest

from records.exceptions import NotFound
from records.services.external.ids import (
    MAX_INTEGER,
    external_id_of,
    integer_of,
    uuid_of,
)

UUID_7 = "018f2d3c-7a10-7bbb-8aaa-0123456789ab"


@pytest.mark.parametrize(
    "text", ["1", "A/1", "fourteen bytes", "ß✓", " ", UUID_7, str(UUID(int=5))]
)
def test_a_short_id_is_read_from_its_uuid(text: str) -> None:
    assert external_id_of(uuid_of(text)) == text


def test_a_long_id_has_a_uuid_that_does_not_say_it() -> None:
    assert uuid_of("longer than fourteen bytes") == uuid_of("longer than fourteen bytes")
    with pytest.raises(NotFound, match="too long"):
        external_id_of(uuid_of("longer than fourteen bytes"))


def test_different_ids_have_different_uuids() -> None:
    texts = ["a", "a\0", "A", "aa", "x" * 14, "x" * 15, "x" * 16, UUID_7, UUID_7.upper()]

    assert len({uuid_of(text) for text in texts}) == len(texts)


def test_an_id_that_is_the_uuid_of_another_id_is_told_from_it() -> None:
    spelt = uuid_of("1")

    assert uuid_of(spelt) != spelt
    assert external_id_of(spelt) == "1"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        (str(MAX_INTEGER), MAX_INTEGER),
        *(
            (text, 0)
            for text in (
                "0",
                "",
                "01",
                "-1",
                "1.0",
                "A1",
                "²",
                "\u0661",
                str(MAX_INTEGER + 1),
                "9" * 5000,
            )
        ),
    ],
)
def test_only_positive_integers_are_numbers(text: str, number: int) -> None:
    assert integer_of(text) == number
