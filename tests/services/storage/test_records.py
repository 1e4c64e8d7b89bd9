"""Primary keys of new records."""

from __future__ import annotations

from django.db import transaction

from records.services.storage.records import give_keys
from records.services.storage.rows import RecordRow
from tests.factories import Caller, make_object, make_record


def keys_of(number: int, spare: int | None = None) -> list[int]:
    records = [RecordRow(0, "", {}) for _ in range(number)]
    give_keys(records, spare)
    return [record.id for record in records]


def test_keys_are_new_and_in_order(workspace: Caller) -> None:
    make_object(workspace, "Notes")
    used = make_record(workspace, "notes", name="a").record.id
    with transaction.atomic():
        keys = keys_of(3)
    assert keys == sorted(set(keys))
    assert min(keys) > used


def test_the_first_key_of_an_empty_table_is_given(db: None) -> None:
    assert all(key > 0 for key in keys_of(2))


def test_a_reserved_key_is_used_for_the_only_record(db: None) -> None:
    assert keys_of(1, spare=77) == [77]
    assert 77 not in keys_of(2, spare=77)
