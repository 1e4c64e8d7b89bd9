"""Undoing operations: what comes back, what is left, and doing it all again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records.models import FieldOption, ObjectType, Record, Workspace, new_uuid
from records.services.storage import ExternalKey
from records.services.storage.integrity import check_records
from records.services.undoing.undo_plans import UndoMode
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    entries,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import write, write_all

from .acting import anew, state, undo

CREATED = SaveRequest(Mode.CREATE, entries=entries({"name": "New", "amount": 5}))


@pytest.fixture
def orders(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Orders",
        FieldDefinition("Amount", "integer"),
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Tags", "dynamictags"),
        FieldDefinition("Kind", "dropdown", options=(OptionDefinition("A"), OptionDefinition("B"))),
    )
    return workspace


Act = Callable[[Caller, str], Any]


def request(mode: Mode, uuid: str, **values: Any) -> SaveRequest:
    return SaveRequest(mode, uuid, entries=entries(values))


def other(uuid: str) -> str:
    """The record that is not this one."""
    return str(Record.objects.exclude(uuid=uuid).get().uuid)


ACTS: dict[str, Act] = {
    "fields": lambda caller, uuid: write(
        caller,
        "orders",
        request(Mode.UPDATE, uuid, amount=2, tags=["b", "c"], kind={"name": "B"}, code=None),
    ),
    "replace": lambda caller, uuid: write(caller, "orders", request(Mode.REPLACE, uuid, name="x")),
    "archive": lambda caller, uuid: write(caller, "orders", SaveRequest(Mode.ARCHIVE, uuid)),
    "trash": lambda caller, uuid: write(caller, "orders", SaveRequest(Mode.TRASH, uuid)),
    "cancel": lambda caller, uuid: write(caller, "orders", SaveRequest(Mode.CANCEL, uuid)),
    "external id": lambda caller, uuid: write(
        caller,
        "orders",
        SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(external=ExternalKey("s", "9"))),
    ),
    "member": lambda caller, uuid: write(
        caller,
        "orders",
        SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(member_id=caller.member.pk)),
    ),
    "several": lambda caller, uuid: write_all(
        caller,
        "orders",
        request(Mode.UPDATE, uuid, amount=3),
        request(Mode.UPDATE, uuid, amount=4, code="c-2"),
        SaveRequest(Mode.CANCEL, uuid),
        SaveRequest(Mode.ARCHIVE, uuid),
    ),
    "a value that passes on": lambda caller, uuid: write_all(
        caller,
        "orders",
        request(Mode.UPDATE, uuid, code="c-2"),
        request(Mode.UPDATE, other(uuid), code="c-1"),
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_undone_it_is_as_before_and_redone_as_after(orders: Caller, act: str) -> None:
    uuid = make_record(
        orders, "orders", name="a", amount=1, code="c-1", tags=["a", "b"]
    ).record.uuid
    make_record(orders, "orders", name="b", amount=1)
    doing = anew(orders)
    before = state(orders)
    ACTS[act](doing, uuid)
    after = state(orders)
    assert after != before

    undone, redoing = undo(orders, doing.operation)
    assert undone.left == []
    assert state(orders) == before
    assert list(check_records(orders.workspace)) == []

    redone, _ = undo(orders, redoing)
    assert redone.left == []
    assert state(orders) == after
    assert list(check_records(orders.workspace)) == []


def test_what_was_created_is_archived_and_comes_back(orders: Caller) -> None:
    doing = anew(orders)
    write_all(doing, "orders", CREATED, SaveRequest(Mode.CREATE, entries=entries({"name": "b"})))
    after = state(orders)
    undone, undoing = undo(orders, doing.operation)
    assert undone.counts == {"archived": 2}
    assert {row.state for row in Record.objects.all()} == {"archived"}
    undo(orders, undoing)
    assert state(orders) == after


def test_what_was_changed_since_is_left_or_forced(orders: Caller) -> None:
    changed, untouched, created = (
        make_record(orders, "orders", name=name, amount=1, code=name).record.uuid for name in "abc"
    )
    doing = anew(orders)
    requests = [request(Mode.UPDATE, uuid, amount=2, code=None) for uuid in (changed, untouched)]
    write_all(doing, "orders", *requests, CREATED)
    new = Record.objects.get(identifier="new")
    write(orders, "orders", request(Mode.UPDATE, changed, amount=3))
    write(orders, "orders", request(Mode.UPDATE, str(new.uuid), amount=9))
    before = state(orders)

    tried, _ = undo(orders, doing.operation, dry_run=True)
    assert state(orders) == before
    undone, _ = undo(orders, doing.operation)
    assert (tried.left, tried.counts, tried.records) == (undone.left, undone.counts, undone.records)
    amount = orders.schema("orders").by_name["amount"].id
    rows = Record.objects.filter(workspace=orders.workspace)
    keys = dict(rows.values_list("uuid", "id"))
    assert {(left.record_id, left.field_id, left.code) for left in undone.left} == {
        (keys[UUID(changed)], amount, "changed_since"),
        (new.pk, amount, "changed_since"),
    }
    after = state(orders)
    assert after[changed][0] | {str(amount): 1} == after[changed][0] | {str(amount): 1}
    assert after[changed][0][str(amount)] == 3
    assert after[untouched][0][str(amount)] == 1
    assert after[str(new.uuid)][6] == "active"
    assert created in after

    forced, _ = undo(orders, doing.operation, UndoMode.FORCE)
    assert forced.left == []
    assert state(orders)[changed][0][str(amount)] == 1
    assert state(orders)[str(new.uuid)][6] == "archived"


def test_what_is_refused_today_is_named_and_the_rest_comes_back(orders: Caller) -> None:
    kinds = orders.schema("orders").by_name["kind"]
    gone, taken, away, erased = (
        make_record(orders, "orders", name=name, amount=1, code=name, kind={"name": "A"}).record
        for name in ("gone", "taken", "away", "erased")
    )
    doing = anew(orders)
    write_all(
        doing,
        "orders",
        request(Mode.UPDATE, gone.uuid, amount=2, kind={"name": "B"}),
        request(Mode.UPDATE, taken.uuid, amount=2, code="other"),
        request(Mode.UPDATE, away.uuid, amount=2),
        SaveRequest(Mode.DELETE_PERMANENTLY, erased.uuid),
    )
    make_record(orders, "orders", name="new", code="taken")
    write(orders, "orders", SaveRequest(Mode.ARCHIVE, away.uuid))
    option = FieldOption.objects.get(field_id=kinds.id, name="A")
    option.deleted_at = timezone.now()
    option.save()
    ObjectType.objects.filter(workspace=orders.workspace).update(
        schema_version=F("schema_version") + 1
    )
    Workspace.objects.filter(id=orders.workspace.pk).update(
        definitions_version=F("definitions_version") + 1
    )

    undone, _ = undo(orders, doing.operation)
    fields = orders.schema("orders").by_name
    assert {(left.record_id, left.field_id, left.code) for left in undone.left} == {
        (gone.id, fields["kind"].id, "does_not_exist"),
        (taken.id, fields["code"].id, "unique"),
        (away.id, fields["amount"].id, "archived"),
        (erased.id, None, "deleted_permanently"),
    }
    amounts = {
        row.pk: row.values[str(fields["amount"].id)]
        for row in Record.objects.exclude(identifier="new")
    }
    assert amounts == {gone.id: 1, taken.id: 1, away.id: 2}
    assert list(check_records(orders.workspace)) == []


def test_links_come_back_from_either_side(orders: Caller) -> None:
    make_object(orders, "Firms")
    make_relation(orders, "orders", "Firms", "firms", "additional", "Orders")
    firm, other_firm = (make_record(orders, "firms", name=name).record for name in "xy")
    make_record(orders, "orders", name="a", firms=[{"id": firm.uuid}])
    second = make_record(orders, "orders", name="b").record
    before = state(orders)
    doing = anew(orders)
    far = orders.schema("firms").mirrors[0].name
    write(doing, "firms", request(Mode.UPDATE, other_firm.uuid, **{far: [{"id": second.uuid}]}))
    write(doing, "firms", request(Mode.UPDATE, firm.uuid, **{far: []}))
    after = state(orders)
    _, undoing = undo(orders, doing.operation)
    assert state(orders) == before
    undo(orders, undoing)
    assert state(orders) == after


def test_only_what_the_caller_may_change_comes_back(orders: Caller) -> None:
    grants = {"orders": {"view": "all", "edit": "own", "create": True, "remove": "none"}}
    member = make_member(
        orders, "m@example.com", grants, hidden=[("orders", "code")], locked=[("orders", "tags")]
    )
    theirs = make_record(member, "orders", name="theirs").record
    others = make_record(orders, "orders", name="others").record
    doing = anew(orders)
    write_all(
        doing,
        "orders",
        *(
            request(Mode.UPDATE, uuid, amount=1, code=uuid, tags=["x"])
            for uuid in (theirs.uuid, others.uuid)
        ),
    )
    undone, _ = undo(member, doing.operation)
    fields = orders.schema("orders").by_name
    assert {(left.record_id, left.field_id, left.code) for left in undone.left} == {
        (theirs.id, fields["tags"].id, "permission_required"),
        (others.id, fields["tags"].id, "permission_required"),
        (others.id, None, "permission_required"),
    }
    values = Record.objects.get(id=theirs.id).values
    assert str(fields["amount"].id) not in values
    assert values[str(fields["code"].id)] == theirs.uuid


def test_a_batch_takes_a_fixed_number_of_statements(orders: Caller) -> None:
    def counted(size: int) -> int:
        doing = anew(orders)
        uuids = [
            make_record(orders, "orders", name=str(new_uuid())).record.uuid for _ in range(size)
        ]
        write_all(doing, "orders", *(request(Mode.UPDATE, uuid, amount=size) for uuid in uuids))
        with CaptureQueriesContext(connection) as queries:
            undo(orders, doing.operation)
        return len(queries)

    counted(2)
    few = counted(3)
    for number in range(5):  # of other objects there may be any number
        make_object(orders, f"Others {number}")
    counted(2)  # reads the definitions
    assert counted(30) == few
