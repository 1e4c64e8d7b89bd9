"""Display names that show other records' names follow them."""

from __future__ import annotations

import pytest

from records.services.storage.display_names import (
    derived_names,
    load_display_names,
    pattern_keys,
    refresh_display_names,
    rename_records,
)
from records.services.storage.rows import RecordRow, lock_records
from tests.factories import (
    Caller,
    change_record,
    make_object,
    make_record,
    make_relation,
    set_pattern,
)
from tests.services.acting import differences


@pytest.fixture
def chain(workspace: Caller) -> Caller:
    """Nodes, each named after itself and the one it leads to: c, b > c, a > b > c."""
    make_object(workspace, "Nodes")
    make_relation(workspace, "nodes", "Next", "nodes", "primary", "Before")
    set_pattern(workspace, "nodes", "{name} > {next}")
    last = None
    for name in ("c", "b", "a"):
        last = make_record(workspace, "nodes", name=name, next=last).record.uuid
    return workspace


def rows(caller: Caller) -> list[RecordRow]:
    return lock_records(caller.schema("nodes"), ("TRUE", []))


def names(caller: Caller) -> list[str]:
    return [row.display_name for row in rows(caller)]


def test_a_name_is_derived_from_values_whatever_is_stored(chain: Caller) -> None:
    found = rows(chain)
    for row in found:
        row.display_name = "stale"
    expected = ["c", "b > c", "a > b > c"]
    stored = load_display_names(chain.workspace.id, [row.id for row in found])
    assert list(stored.values()) == expected
    assert derived_names(chain.author.directory, chain.schema("nodes"), found) == expected


def test_renaming_reaches_every_name_that_shows_it(chain: Caller) -> None:
    last, *_ = rows(chain)
    change_record(chain, "nodes", last.uuid, name="z")
    assert names(chain) == ["z", "b > z", "a > b > z"]


def test_renaming_ends_where_links_go_in_circles(chain: Caller) -> None:
    last, _, first = rows(chain)
    change_record(chain, "nodes", last.uuid, next=first.uuid)
    assert all(len(name) <= 255 for name in names(chain))
    refresh_display_names(chain.author.directory, chain.schema("nodes"), [last.id], depth=3)
    assert all(len(name) <= 255 for name in names(chain))


def test_only_records_that_meet_the_condition_are_renamed_first(chain: Caller) -> None:
    rename_records(chain.author.directory, chain.schema("nodes"), ("r.display_name = %s", ["none"]))
    rename_records(chain.author.directory, chain.schema("nodes"))
    assert names(chain) == ["c", "b > c", "a > b > c"]
    assert differences(chain) == []


def test_the_keys_that_a_pattern_shows_are_those_of_one_kind(chain: Caller) -> None:
    found = rows(chain)
    schema = chain.schema("nodes")
    assert pattern_keys(schema, found, "record") == {row.id for row in found[:2]}
