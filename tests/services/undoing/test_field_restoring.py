"""Setting fields of a record to what they were."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput, InvalidValues, NotAllowed, NotFound
from records.services.undoing.field_restoring import Then, restore_fields
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
)


@pytest.fixture
def order(workspace: Caller) -> str:
    make_object(
        workspace, "Orders", FieldDefinition("Amount", "integer"), FieldDefinition("Code", "text")
    )
    uuid = make_record(workspace, "orders", name="a", amount=1, code="x").record.uuid
    change_record(workspace, "orders", uuid, amount=2, code=None)
    return uuid


def restore(caller: Caller, uuid: str, *names: str, version: int = 1) -> str:
    schema = caller.schema("orders")
    fields = [schema.by_name[name] for name in names] or None
    return restore_fields(caller.author, schema, uuid, Then(version), fields).action


def test_what_a_role_may_not_write_stays(workspace: Caller, order: str) -> None:
    grants = {"orders": {"view": "all", "edit": "all"}}
    member = make_member(
        workspace,
        "m@example.com",
        grants,
        hidden=[("orders", "code")],
        locked=[("orders", "amount")],
    )
    assert restore(member, order) == "unchanged"
    with pytest.raises(InvalidValues) as refused:
        restore(member, order, "amount")
    assert refused.value.code == "permission_required"
    assert restore(workspace, order) == "updated"


def test_who_may_not_edit_restores_nothing(workspace: Caller, order: str) -> None:
    reader = make_member(workspace, "r@example.com", {"orders": {"view": "all", "edit": "none"}})
    with pytest.raises(NotAllowed):
        restore(reader, order)


def test_an_archived_record_is_brought_back_first(workspace: Caller, order: str) -> None:
    archive(workspace, "orders", order)
    with pytest.raises(NotFound):
        restore(workspace, order)


@pytest.mark.parametrize("name", ["of", "created"])
def test_what_is_not_stored_in_the_record_is_refused(
    workspace: Caller, order: str, name: str
) -> None:
    make_relation(workspace, "orders", "Peers", "orders", "additional", "Of")
    with pytest.raises(InvalidValues) as refused:
        restore(workspace, order, name)
    assert refused.value.code == "read_only"


def test_a_version_that_never_was_is_refused(workspace: Caller, order: str) -> None:
    with pytest.raises(InvalidInput):
        restore(workspace, order, version=3)
