"""The records that a record is moved between must be in the stage that it is moved to."""

from __future__ import annotations

import pytest

from records.services.operations.neighbours import check_neighbours
from tests.factories import Caller, make_member, make_object, make_record
from tests.services.acting import cost, invalid_at

BEFORE, AFTER = "move_before_record_id", "move_after_record_id"


@pytest.fixture
def won(workspace: Caller) -> str:
    """The id of the stage Won, with a record in it and one in Lost."""
    make_object(workspace, "Deals", object_type="pipeline")
    for stage in ("Won", "Lost"):
        make_record(workspace, "deals", name=stage, stage=stage)
    stages = workspace.schema("deals").by_name["stage"].options.values()
    return next(option.uuid for option in stages if option.name == "Won")


def uuid_of(caller: Caller, name: str) -> str:
    return make_record(caller, "deals", name=f"{name} too", stage=name).record.uuid


def test_records_of_the_stage_pass_in_one_statement(workspace: Caller, won: str) -> None:
    schema = workspace.schema("deals")
    one, other = (
        uuid_of(workspace, "Won"),
        make_record(workspace, "deals", name="Third", stage="Won").record.uuid,
    )
    check_neighbours(workspace.author, schema, won.upper(), {BEFORE: one, AFTER: None})
    both = {BEFORE: one, AFTER: other}
    assert cost(check_neighbours, workspace.author, schema, won, both) == 1
    assert cost(check_neighbours, workspace.author, schema, won, {BEFORE: None}) == 0


def test_a_record_of_another_stage_is_refused_by_its_key(workspace: Caller, won: str) -> None:
    named = {BEFORE: uuid_of(workspace, "Won"), AFTER: uuid_of(workspace, "Lost")}
    schema = workspace.schema("deals")
    refused = invalid_at(check_neighbours, workspace.author, schema, won, named)
    assert refused == ((AFTER,), "invalid")
    refused = invalid_at(check_neighbours, workspace.author, schema, won, {BEFORE: "x"})
    assert refused == ((BEFORE,), "does_not_exist")


def test_a_role_that_may_not_see_stages_learns_nothing(workspace: Caller, won: str) -> None:
    clerk = make_member(
        workspace, "clerk@example.com", {"deals": {"view": "all"}}, hidden=[("deals", "stage")]
    )
    for name in ("Won", "Lost"):
        named: dict[str, str | None] = {BEFORE: uuid_of(workspace, name)}
        check_neighbours(clerk.author, clerk.schema("deals"), won, named)
