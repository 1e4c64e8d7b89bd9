"""Values of former days as changes of today."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from records.field_types import InvalidValue, MemberRef, RecordRef
from records.services.undoing.former_values import FormerValues, is_kept_by_callers
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
)


@pytest.fixture
def orders(workspace: Caller) -> Caller:
    make_object(workspace, "Orders", FieldDefinition("Amount", "integer"))
    make_relation(workspace, "orders", "Peers", "orders", "additional", "Of")
    return workspace


def change(caller: Caller, name: str, stored: Any, current: Any = None) -> Any:
    schema = caller.schema("orders")
    former = FormerValues(caller.author, schema)
    former.load([(schema.by_name[name], stored)])
    return former.change(schema.by_name[name], stored, current).value


def test_plain_values_are_given_as_they_are_stored(orders: Caller) -> None:
    assert change(orders, "amount", 5) == 5
    assert change(orders, "amount", None) is None


def test_links_and_members_are_named(orders: Caller) -> None:
    seen, aside = (make_record(orders, "orders", name=name).record for name in "ab")
    archive(orders, "orders", aside.uuid)
    assert change(orders, "peers", [seen.id]) == [RecordRef(uuid=seen.uuid)]
    # An archived record stays linked where it is, and is not linked anew.
    assert change(orders, "peers", [seen.id, aside.id], [aside.id]) == [RecordRef(uuid=seen.uuid)]
    with pytest.raises(InvalidValue) as refused:
        change(orders, "peers", [seen.id, aside.id], [seen.id])
    assert refused.value.code == "does_not_exist"
    assert change(orders, "owner", orders.member.pk) == MemberRef(uuid=str(orders.member.uuid))


def test_a_member_who_has_left_is_not_named(orders: Caller) -> None:
    left = make_member(orders, "left@example.com").member
    left.is_active = False
    left.save()
    with pytest.raises(InvalidValue):
        change(orders, "owner", left.pk)


@pytest.mark.parametrize("stored", ["text", [1], {"a": 1}, 10**30])
def test_what_the_field_does_not_take_any_more_is_refused(orders: Caller, stored: Any) -> None:
    with pytest.raises(InvalidValue):
        change(orders, "amount", stored)


def test_callers_keep_neither_computed_nor_mirrored_fields(orders: Caller) -> None:
    fields = orders.schema("orders").by_name
    kept = {name for name, spec in fields.items() if is_kept_by_callers(spec)}
    assert {"name", "amount", "peers", "owner"} <= kept
    assert not {"created", "updated", "of"} & kept
    assert not is_kept_by_callers(replace(fields["amount"], computed="formula"))
