"""How stored values are shown: prepared once, read when somebody asks."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from records.services.feed.shown_values import Columns, load_columns
from tests.factories import Caller


def columns(caller: Caller, *writes: dict[str, Any], plain: bool = False) -> Columns:
    """Those of cases, for writes as the ledger keeps them."""
    key = caller.schema("cases").id
    stored = [(key, orjson.dumps(write).decode()) for write in writes]
    return load_columns(caller.author, stored, plain=plain)[key]


def key_of(caller: Caller, name: str) -> str:
    return str(caller.schema("cases").by_name[name].id)


def test_values_are_shown_by_name_and_by_field(cases: Caller) -> None:
    write = {key_of(cases, "note"): [None, "x"], key_of(cases, "secret"): ["a", None]}
    shown = columns(cases, write)
    by_name = {"note": {"old": None, "new": "x"}, "secret": {"old": "a", "new": None}}
    assert shown.by_name(write) == shown.by_name(orjson.dumps(write).decode()) == by_name
    assert {spec.name: pair for spec, pair in shown.by_field(write).items()} == {
        "note": (None, "x"),
        "secret": ("a", None),
    }
    assert shown.are_all(write)


def test_fields_out_of_sight_are_left_out(cases: Caller, reader: Caller) -> None:
    write = {key_of(cases, "note"): [None, "x"], key_of(cases, "secret"): ["a", None]}
    shown = columns(reader, write)
    assert list(shown.by_name(write)) == ["note"]
    assert [spec.name for spec in shown.by_field(write)] == ["note"]
    assert not shown.are_all(write)
    assert shown.are_all({key_of(cases, "note"): ["x", "y"]})


@pytest.mark.parametrize("parsed", [False, True])
def test_what_values_refer_to_is_loaded_for_all_writes(
    cases: Caller, owner: Caller, *, parsed: bool
) -> None:
    key = key_of(cases, "tester")
    first, second = {key: [None, owner.member.pk]}, {key: [cases.member.pk, None]}
    if parsed:
        object_id = cases.schema("cases").id
        writes = [(object_id, first), (object_id, second)]
        shown = load_columns(cases.author, writes, plain=False)[object_id]
    else:
        shown = columns(cases, first, second)
    assert shown.by_name(first)["tester"]["new"]["id"] == str(owner.member.uuid)
    assert shown.by_name(second)["tester"]["old"]["id"] == str(cases.member.uuid)
    assert shown.by_name(first)["tester"]["old"] is None


def test_plain_values_are_names_and_keys(cases: Caller) -> None:
    key = key_of(cases, "tester")
    write = {key: [None, cases.member.pk]}
    assert columns(cases, write, plain=True).by_name(write)["tester"]["new"] == cases.member.pk
