"""What a request asks for, as its mode and its names say."""

from __future__ import annotations

import pytest

from records.services.storage.rows import ExternalKey
from records.services.writing.save_requests import Attributes, Mode, SaveRequest

KEY = ExternalKey("", "7")
ACTIVE, ARCHIVED, DELETED = (frozenset({state}) for state in ("active", "archived", "deleted"))

REACHED = dict.fromkeys(Mode, ACTIVE) | {Mode.UNARCHIVE: ARCHIVED, Mode.RESTORE: DELETED}


@pytest.mark.parametrize(("mode", "states"), REACHED.items())
def test_each_mode_reaches_records_in_the_state_it_is_about(
    mode: Mode, states: frozenset[str]
) -> None:
    assert SaveRequest(mode).reaches == states
    assert SaveRequest(mode, states=ACTIVE | ARCHIVED).reaches == ACTIVE | ARCHIVED


UPSERTS = {
    "by value": (SaveRequest(Mode.UPSERT, match_key="a"), (False, True)),
    "by external id": (SaveRequest(Mode.UPSERT, external=KEY), (True, False)),
    "by value, giving an external id": (
        SaveRequest(Mode.UPSERT, match_key="a", external=KEY),
        (False, True),
    ),
    "by neither": (SaveRequest(Mode.UPSERT), (False, True)),
    "no upsert": (SaveRequest(Mode.UPDATE, external=KEY), (False, False)),
}


@pytest.mark.parametrize(("asked", "expected"), UPSERTS.values(), ids=UPSERTS.keys())
def test_an_upsert_matches_by_one_of_two(asked: SaveRequest, expected: tuple[bool, bool]) -> None:
    assert (asked.matches_external, asked.matches_value) == expected


CLEARING = {
    (Mode.REPLACE, False): True,
    (Mode.UPSERT, True): True,
    (Mode.UPSERT, False): False,
    (Mode.UPDATE, True): False,
    (Mode.CREATE, True): False,
}


@pytest.mark.parametrize(("asked", "clears"), CLEARING.items())
def test_only_what_replaces_clears_the_fields_it_does_not_list(
    asked: tuple[Mode, bool], clears: bool
) -> None:
    mode, replaces = asked
    assert SaveRequest(mode, replaces=replaces).clears_unlisted is clears


def test_an_external_id_is_named_only_where_one_is_given() -> None:
    given = (Attributes(), Attributes(external=None), Attributes(external=KEY))
    assert [attributes.named for attributes in given] == [None, None, KEY]
