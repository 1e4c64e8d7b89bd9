"""Rights over all and over associated records, levels, and what adjusts with them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.services.catalogue.directory import EVERYTHING, Grant
from records.services.people.permission_levels import (
    CONTROLS,
    OPEN,
    Rights,
    Switch,
    all_records,
    associated_records,
    check_level,
    follows,
    grant_from,
    level_of,
    switch_at,
    widest,
    with_level,
)
from tests.services.acting import invalid_at

EXTENTS = ("none", "own", "all")
GRANTS = [Grant(*each) for each in product((False, True), EXTENTS, EXTENTS, EXTENTS)]
grants = st.sampled_from(GRANTS)
levels = st.integers(0, 3)
NONE, VIEW, EDIT, REMOVE = (
    Rights(),
    Rights(True),
    Rights(True, True),
    Rights(True, True, True),
)


@pytest.mark.parametrize("grant", GRANTS)
def test_a_grant_is_read_as_rights_and_made_of_them_again(grant: Grant) -> None:
    read = grant_from(all_records(grant), associated_records(grant), create=grant.create)

    assert read == grant


@pytest.mark.parametrize("right", ["view", "edit", "remove"])
def test_a_right_over_all_records_needs_the_one_over_associated_ones(right: str) -> None:
    place = ("associated_records", right)

    assert invalid_at(grant_from, Rights(**{right: True}), NONE, create=False) == (place, "invalid")


@pytest.mark.parametrize(
    ("control", "level", "over_all", "over_associated"),
    [
        ("all_records", 0, NONE, EDIT),
        ("all_records", 1, VIEW, EDIT),
        ("all_records", 3, REMOVE, REMOVE),
        ("associated_records", 0, NONE, NONE),
        ("associated_records", 1, VIEW, VIEW),
        ("associated_records", 3, VIEW, REMOVE),
        ("unarchive_all", 3, VIEW, EDIT),
        ("bulk_data_upload", 3, VIEW, EDIT),
    ],
)
def test_what_depends_on_a_control_adjusts(
    control: str, level: int, over_all: Rights, over_associated: Rights
) -> None:
    before = grant_from(VIEW, EDIT, create=False)

    after = with_level(before, control, level)

    assert (all_records(after), associated_records(after)) == (over_all, over_associated)
    assert after.create is False


@pytest.mark.parametrize("level", range(4))
def test_creating_is_on_from_level_1(level: int) -> None:
    assert with_level(EVERYTHING, "create_record", level).create is (level > 0)


@given(grants, st.sampled_from(CONTROLS), levels)
def test_a_level_set_twice_is_set_once(grant: Grant, control: str, level: int) -> None:
    once = with_level(grant, control, level)

    assert with_level(once, control, level) == once
    if control == "all_records":
        assert level_of(all_records(once)) == level
    if control == "associated_records":
        assert level_of(associated_records(once)) == level


@given(st.lists(grants, max_size=4))
def test_the_widest_grant_allows_what_any_does(several: list[Grant]) -> None:
    found = widest(several)

    for right in ("view", "edit", "remove"):
        reach = [EXTENTS.index(getattr(grant, right)) for grant in several]
        assert EXTENTS.index(getattr(found, right)) == max(reach, default=0)
    assert found.create is any(grant.create for grant in several)


@pytest.mark.parametrize(
    ("rights", "level"),
    [
        (NONE, 0),
        (VIEW, 1),
        (EDIT, 2),
        (REMOVE, 3),
        (Rights(edit=True), 0),
        (Rights(True, False, True), 1),
    ],
)
def test_a_level_includes_the_ones_below(rights: Rights, level: int) -> None:
    assert level_of(rights) == level


def test_a_field_follows_its_object_and_has_three_levels() -> None:
    assert follows(Grant(view="own", edit="none")) == Switch(True, False)
    assert follows(EVERYTHING) == OPEN
    assert [switch_at(level) for level in range(4)] == [Switch(), Switch(True), OPEN, OPEN]


@pytest.mark.parametrize("level", [True, False, "1", 1.0, None, -1, 4, [1]])
def test_a_level_is_a_whole_number(level: object) -> None:
    assert invalid_at(check_level, level) == (("permission_level",), "invalid")
    assert [check_level(each) for each in range(4)] == [0, 1, 2, 3]
