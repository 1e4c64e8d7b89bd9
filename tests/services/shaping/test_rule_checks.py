"""Which records break a validation, before it is saved."""

from __future__ import annotations

import pytest

from records.exceptions import NotAllowed
from records.models import Field, Record
from records.services.shaping import rule_checks
from records.services.shaping.changes import update_field
from records.services.shaping.data_types import FieldChange
from records.services.shaping.rule_checks import Violations, count_violations
from tests.factories import Caller, FieldDefinition, archive, make_member, make_object, make_record
from tests.services.acting import cost, refusal


@pytest.fixture
def sheets(workspace: Caller) -> Caller:
    """Twelve records of amounts 0 to 11, one without and one that is archived."""
    make_object(
        workspace, "Sheets", FieldDefinition("Amount", "integer"), FieldDefinition("Note", "text")
    )
    for amount in range(12):
        make_record(workspace, "sheets", name=str(amount), amount=amount)
    make_record(workspace, "sheets", name="blank")
    archive(workspace, "sheets", make_record(workspace, "sheets", name="x", amount=99).record.uuid)
    return workspace


def rule(caller: Caller, name: str, expression: str) -> FieldChange:
    field_id = caller.schema("sheets").by_name[name].id
    return FieldChange(field_id=field_id, changes={"validation": expression})


def violations(caller: Caller, *changes: FieldChange) -> Violations:
    return count_violations(caller.author, caller.schema("sheets"), changes)


def keys(caller: Caller, *names: int) -> list[int]:
    rows = Record.objects.filter(workspace=caller.workspace, display_name__in=map(str, names))
    return sorted(rows.values_list("id", flat=True))


@pytest.mark.parametrize("batch", [1000, 4, 1])
def test_live_records_that_break_a_rule_are_counted_and_sampled(
    sheets: Caller, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_checks, "BATCH", batch)
    assert violations(sheets, rule(sheets, "amount", "value > 2")) == Violations(
        3, keys(sheets, 0, 1, 2)
    )
    many = violations(sheets, rule(sheets, "amount", "value < 0"))
    assert (many.count, many.sample) == (12, keys(sheets, *range(10)))
    both = (rule(sheets, "amount", "value != 5"), rule(sheets, "note", "value == 'x'"))
    assert violations(sheets, *both) == Violations(1, keys(sheets, 5))
    assert violations(sheets, rule(sheets, "amount", "12 / value > 0")).count == 1
    assert violations(sheets, rule(sheets, "amount", "")) == Violations(0, [])


def test_nothing_is_saved_and_without_rules_the_present_ones_count(sheets: Caller) -> None:
    assert violations(sheets) == Violations(0, [])
    violations(sheets, rule(sheets, "amount", "value > 2"))
    assert sheets.schema("sheets").by_name["amount"].validation == ""
    row = Field.objects.get(workspace=sheets.workspace, name="amount", object__name="sheets")
    update_field(sheets.author, row, validation="value < 11")
    assert violations(sheets) == Violations(1, keys(sheets, 11))


def test_a_rule_that_cannot_be_saved_is_refused_at_its_place(sheets: Caller) -> None:
    error = refusal(violations, sheets, FieldChange(), rule(sheets, "amount", "value + 1"))
    assert error.detail.startswith("fields[1].validation: It must be true or false")


def test_only_who_defines_and_reads_records_may_ask(sheets: Caller) -> None:
    member = make_member(sheets, "m@example.com", {"sheets": {"view": "all"}})
    changes = [rule(sheets, "amount", "value > 2")]
    error = refusal(count_violations, member.author, sheets.schema("sheets"), changes)
    assert isinstance(error, NotAllowed)


def test_types_that_are_too_big_are_refused(
    sheets: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_checks, "MAX_CHECKED", 5)
    error = refusal(violations, sheets, rule(sheets, "amount", "value > 2"))
    assert (error.code, error.detail) == (
        "limit_exceeded",
        "check: the type has 13 records, and at most 5 are checked.",
    )


def test_the_cost_does_not_grow_with_the_records(sheets: Caller) -> None:
    change = rule(sheets, "amount", "value > 2 && member.id == 0")
    before = cost(violations, sheets, change)
    make_record(sheets, "sheets", name="more", amount=1)
    assert cost(violations, sheets, change) == before
