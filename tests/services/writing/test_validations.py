"""Validations of fields, as the write path holds every interface to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from records.exceptions import InvalidValues
from records.models import Field, new_uuid
from records.services.shaping.changes import update_field
from records.services.storage import ExternalKey
from records.services.writing.save import SaveResult, save_records
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from tests.factories import Caller, FieldDefinition, entries, make_member, make_object
from tests.services.acting import cost, read, refusal, save, unarchive, write, write_all
from tests.services.undoing.acting import anew, undo

MESSAGE = "No more than the most."


@pytest.fixture
def sheets(workspace: Caller) -> Caller:
    """Records whose amount is at most another field of theirs."""
    make_object(
        workspace,
        "Sheets",
        FieldDefinition("Amount", "integer"),
        FieldDefinition("Most", "integer"),
        FieldDefinition("Note", "text"),
    )
    return workspace


def rule(caller: Caller, name: str, expression: str, message: str = "") -> None:
    row = Field.objects.get(workspace=caller.workspace, name=name, object__name="sheets")
    update_field(caller.author, row, validation=expression, validation_message=message)


@pytest.fixture
def ruled(sheets: Caller) -> Caller:
    rule(sheets, "amount", "record.data.most == null || value <= record.data.most", MESSAGE)
    return sheets


def told(work: Callable[..., object], *args: Any, **more: Any) -> list[tuple[str, str, str]]:
    """Field, code and message of what is refused."""
    error = refusal(work, *args, **more)
    assert isinstance(error, InvalidValues)
    return [
        (entry.field_name, problem.code, problem.message)
        for entry in error.entries
        for problem in entry.problems
    ]


REFUSED = [("amount", "invalid", MESSAGE)]


def test_a_new_record_meets_its_rules(ruled: Caller) -> None:
    assert told(save, ruled, "sheets", Mode.CREATE, name="a", amount=3, most=2) == REFUSED
    for values in ({"amount": 2, "most": 2}, {"most": 2}, {"amount": 9}, {"amount": None}):
        save(ruled, "sheets", Mode.CREATE, name=str(values), **values)


CHANGES: list[tuple[dict[str, Any], bool]] = [
    ({"amount": 4}, True),
    ({"most": 2}, True),
    ({"amount": 3}, False),
    ({"amount": None, "most": 1}, False),
    ({"most": None}, False),
    ({"amount": 7, "most": 8}, False),
    ({"note": "Other"}, False),
]


@pytest.mark.parametrize(("values", "refused"), CHANGES)
def test_a_rule_is_checked_where_its_field_or_one_that_it_names_is_written(
    ruled: Caller, values: dict[str, Any], refused: bool
) -> None:
    uuid = save(ruled, "sheets", Mode.CREATE, name="a", amount=3, most=3).record.uuid
    before = read(ruled, "sheets", uuid)
    if refused:
        assert told(save, ruled, "sheets", Mode.UPDATE, uuid, **values) == REFUSED
        assert read(ruled, "sheets", uuid) == before
    else:
        save(ruled, "sheets", Mode.UPDATE, uuid, **values)


def test_a_record_that_broke_a_rule_before_is_refused_once_the_field_is_written(
    sheets: Caller,
) -> None:
    uuid = save(sheets, "sheets", Mode.CREATE, name="a", amount=-1).record.uuid
    rule(sheets, "amount", "value > 0")

    save(sheets, "sheets", Mode.UPDATE, uuid, note="Kept")
    ((name, code, message),) = told(save, sheets, "sheets", Mode.UPDATE, uuid, amount=-1)
    assert (name, code, message) == ("amount", "invalid", "The field 'Amount' refuses this value.")
    save(sheets, "sheets", Mode.ARCHIVE, uuid)
    unarchive(sheets, "sheets", uuid)
    # A full update that leaves it out clears it, and a blank breaks no rule.
    save(sheets, "sheets", Mode.REPLACE, uuid, name="a", note="Other")
    assert read(sheets, "sheets", uuid).get("amount") is None


NO_RESULT = [
    ("10 / value > 1", {"amount": 0}, "it divides by zero."),
    ("value < record.data.most", {"amount": 1}, "it reads a field that is blank."),
    ("record.data.note.matches('[')", {"amount": 1, "note": "a"}, "it cannot be computed."),
]


@pytest.mark.parametrize(("expression", "values", "why"), NO_RESULT)
def test_a_rule_that_cannot_be_evaluated_refuses_and_says_so(
    sheets: Caller, expression: str, values: dict[str, Any], why: str
) -> None:
    rule(sheets, "amount", expression, "Not so.")
    ((name, code, message),) = told(save, sheets, "sheets", Mode.CREATE, name="a", **values)
    assert (name, code) == ("amount", "invalid")
    assert message == f"Not so. Its rule cannot be evaluated: {why}"


def test_a_rule_sees_computed_fields_the_member_and_the_moment(sheets: Caller) -> None:
    definition = {"formula_options": {"expression": "record.data.most * 2"}}
    make_object(
        sheets,
        "Rules",
        FieldDefinition("Most", "integer"),
        FieldDefinition("Double", "formula", settings=definition),
        FieldDefinition("Amount", "integer", validation="value <= record.data.double"),
        FieldDefinition("Owned", "text", validation="value == member.email"),
        FieldDefinition("Year", "integer", validation="value <= now.year"),
    )
    email = sheets.member.email
    mine = SaveRequest(
        Mode.CREATE,
        entries=entries({"name": "a", "most": 2, "amount": 4, "owned": email, "year": 2030}),
        attributes=Attributes(member_id=sheets.member.id),
    )
    with time_machine.travel("2030-06-01T12:00:00Z", tick=False):
        made = write(sheets, "rules", mine).record
        assert [
            name for name, *_ in told(save, sheets, "rules", Mode.UPDATE, made.uuid, most=1)
        ] == ["amount"]
        assert [
            name
            for name, *_ in told(
                save, sheets, "rules", Mode.CREATE, name="b", owned=email, year=2031
            )
        ] == ["owned", "year"]
    nobodys = SaveRequest(Mode.UPDATE, made.uuid, attributes=Attributes(member_id=None))
    assert [name for name, *_ in told(write, sheets, "rules", nobodys)] == ["owned"]
    # What is not written is not checked as time passes.
    with time_machine.travel("2029-06-01T12:00:00Z", tick=False):
        save(sheets, "rules", Mode.UPDATE, made.uuid, amount=3)


def test_every_rule_that_is_broken_is_told(sheets: Caller) -> None:
    rule(sheets, "amount", "value > 0", "Low.")
    rule(sheets, "note", "size(value) > 2", "Short.")
    found = told(save, sheets, "sheets", Mode.CREATE, name="a", amount=0, note="x")
    assert [(name, message) for name, _, message in found] == [
        ("amount", "Low."),
        ("note", "Short."),
    ]
    # One that is refused already is not evaluated.
    assert len(told(save, sheets, "sheets", Mode.CREATE, name="a", amount="z")) == 1


def test_a_batch_stores_what_meets_the_rules(ruled: Caller) -> None:
    outcomes = write_all(
        ruled,
        "sheets",
        *(
            SaveRequest(Mode.CREATE, entries=entries({"name": str(n), "amount": n, "most": 2}))
            for n in range(5)
        ),
    )
    assert [isinstance(each, SaveResult) for each in outcomes] == [True] * 3 + [False] * 2


def test_a_field_out_of_sight_is_not_named(ruled: Caller) -> None:
    member = make_member(
        ruled,
        "m@example.com",
        {"sheets": {"create": True, "view": "all", "edit": "all"}},
        hidden=[("sheets", "amount")],
    )
    uuid = save(ruled, "sheets", Mode.CREATE, name="a", amount=3, most=3).record.uuid
    error = refusal(save, member, "sheets", Mode.UPDATE, uuid, most=1)
    assert isinstance(error, InvalidValues)
    assert error.entries == []
    assert [problem.message for problem in error.general] == [
        "A field that you cannot see refuses this."
    ]


def test_rules_cost_no_statement_and_members_one(sheets: Caller) -> None:
    def batch(size: int) -> int:
        requests = [
            SaveRequest(
                Mode.CREATE,
                entries=entries({"name": str(new_uuid()), "amount": n}),
                attributes=Attributes(member_id=sheets.member.id),
            )
            for n in range(size)
        ]
        schema, author = sheets.schema("sheets"), sheets.author
        return cost(save_records, author, schema, requests)

    without = batch(5)
    rule(sheets, "amount", "value >= 0")
    batch(5)
    assert batch(6) == without
    rule(sheets, "amount", "value >= 0 && member.id > 0")
    batch(5)
    assert batch(5) == batch(9)
    assert batch(6) <= without + 1


def test_undo_leaves_a_value_that_is_refused_by_now(sheets: Caller) -> None:
    uuid = save(sheets, "sheets", Mode.CREATE, name="a", amount=-1, note="Old").record.uuid
    doing = anew(sheets)
    save(doing, "sheets", Mode.UPDATE, uuid, amount=5, note="New")
    rule(sheets, "amount", "value > 0")
    undone, _ = undo(sheets, doing.operation)
    assert [each.code for each in undone.left] == ["invalid"]
    now = read(sheets, "sheets", uuid)
    assert (now["amount"], now["note"]) == (5, "Old")


def test_an_upsert_meets_the_rules_too(ruled: Caller) -> None:
    request = SaveRequest(
        Mode.UPSERT,
        external=ExternalKey("", "x"),
        entries=entries({"name": "a", "amount": 3, "most": 2}),
    )
    assert told(write, ruled, "sheets", request) == REFUSED
