"""What expressions see of a record's member."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from records.field_types import NOBODY
from records.services.catalogue.directory import MemberSpec
from records.services.catalogue.member_facts import surroundings_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANN = MemberSpec(7, "u-7", 1, 1, True, "Ann Lee", {"email": "a@example.com"}, labels=("vip",))


def test_a_member_is_told_in_full() -> None:
    around = surroundings_of(replace(ANN, phone="+1", date_of_birth=date(2000, 3, 2)), NOW)
    assert around.now == NOW
    assert around.member == {
        **NOBODY,
        "id": 7,
        "name": "Ann Lee",
        "first_name": "Ann",
        "email": "a@example.com",
        "phone": "+1",
        "account_uuid": "u-7",
        "date_of_birth": "2000-03-02",
        "labels": ["vip"],
        "age": 25,
    }


@pytest.mark.parametrize(
    ("born", "age"), [(None, -1), (date(2000, 3, 1), 26), (date(2026, 3, 1), 0)]
)
def test_ages_are_whole_years(born: date | None, age: int) -> None:
    assert surroundings_of(replace(ANN, date_of_birth=born), NOW).member["age"] == age


def test_without_a_member_texts_are_empty() -> None:
    assert surroundings_of(None, NOW).member == NOBODY
