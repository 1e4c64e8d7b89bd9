"""Values as COPY reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from records.services.storage.postgres_copy import copied

CELLS: list[tuple[Any, str]] = [
    (None, "\\N"),
    ("", ""),
    ("plain ü", "plain ü"),
    ("\\N", "\\\\N"),
    ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
    (True, "True"),
    (-5, "-5"),
    (Decimal("0.10"), "0.10"),
    (datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), "2024-02-29T01:02:03+00:00"),
    ({"a": "b\\\n"}, '{"a":"b\\\\\\\\\\\\n"}'),
    ([1, None], "[1,null]"),
]


@pytest.mark.parametrize(("value", "expected"), CELLS)
def test_a_value_is_escaped_and_of_one_line(value: Any, expected: str) -> None:
    assert copied(value) == expected
    assert "\n" not in copied(value)
