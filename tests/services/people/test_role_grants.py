"""What roles may do, as it is stored: only what differs, with its history, in few statements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.models import FieldPermission, ObjectPermission, ObjectType, Role
from records.services.catalogue.directory import Grant
from records.services.people.permission_levels import Switch
from records.services.people.role_grants import GrantChanges, change_grants, read_grants
from records.services.people.roles import create_role
from tests.factories import Caller, FieldDefinition, make_object, make_workspace
from tests.services.acting import cost, invalid_at


@pytest.fixture
def things(workspace: Caller) -> ObjectType:
    return make_object(workspace, "Things", FieldDefinition("Note", "text"))


@pytest.fixture
def clerks(workspace: Caller) -> Role:
    return create_role(workspace.author, "Clerks")


def note(caller: Caller) -> int:
    return caller.schema("things").by_name["note"].id


def test_a_grant_takes_the_place_of_the_one_before(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    for grant in (Grant(create=True, view="all"), Grant(view="own", edit="own"), None):
        change_grants(workspace.author, clerks, GrantChanges({things.pk: grant}))
        stored = read_grants(workspace.workspace.pk, [clerks.pk])[clerks.pk].objects
        assert stored == ({} if grant is None else {things.pk: grant})


def test_a_field_is_switched_for_a_role_and_follows_its_grant_again(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    for switch in (Switch(False, False), Switch(True, False), None):
        changes = GrantChanges(switches={note(workspace): switch})
        change_grants(workspace.author, clerks, changes)
        stored = read_grants(workspace.workspace.pk, [clerks.pk])[clerks.pk].switches
        assert stored == ({} if switch is None else {note(workspace): switch})


def test_each_change_is_in_the_history_with_its_member_and_reason(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    author = replace(workspace.author, reason="Ticket 7")
    for view in ("all", "all", "own", None):
        grant = None if view is None else Grant(view=view)
        switch = None if view is None else Switch(view == "own", False)
        change_grants(author, clerks, GrantChanges({things.pk: grant}, {note(workspace): switch}))

    for model, told in ((ObjectPermission, "view"), (FieldPermission, "view")):
        rows = model.history.filter(workspace=workspace.workspace).order_by("history_id")
        assert [row.history_type for row in rows] == ["+", "~", "-"]
        assert len({row.id for row in rows}) == 1
        assert getattr(rows[0], told) != getattr(rows[1], told)
        assert {row.history_user_id for row in rows} == {workspace.member.user_id}
        assert {row.history_change_reason for row in rows} == {"Ticket 7"}


@pytest.mark.parametrize("part", ["view", "edit", "remove"])
def test_a_grant_reaches_as_far_as_there_are_words_for(
    workspace: Caller, things: ObjectType, clerks: Role, part: str
) -> None:
    changes = GrantChanges({things.pk: Grant(**{part: "most"})})  # type: ignore[arg-type]

    assert invalid_at(change_grants, workspace.author, clerks, changes) == ((part,), "invalid")


def test_rows_of_another_workspace_look_like_missing_ones(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    other = make_workspace("Another workspace", "other@example.com")
    theirs = create_role(other.author, "Clerks")
    field = GrantChanges(switches={note(workspace): Switch(False, False)})
    granted = GrantChanges({things.pk: Grant()})

    refused = [
        invalid_at(change_grants, workspace.author, theirs, granted),
        invalid_at(change_grants, other.author, theirs, granted),
        invalid_at(change_grants, other.author, theirs, field),
    ]
    assert refused == [((what,), "does_not_exist") for what in ("role", "object", "field")]


def test_what_stays_is_not_written_again(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    changes = GrantChanges({things.pk: Grant(view="all")}, {note(workspace): Switch(True, False)})
    change_grants(workspace.author, clerks, changes)
    before = workspace.author.workspace.definitions_version

    change_grants(workspace.author, clerks, changes)

    assert workspace.author.workspace.definitions_version == before
    assert ObjectPermission.history.filter(workspace=workspace.workspace).count() == 1


def test_the_number_of_statements_does_not_grow(
    workspace: Caller, things: ObjectType, clerks: Role
) -> None:
    def all_of(grant: Grant | None, switch: Switch | None) -> tuple[GrantChanges, int]:
        schemas = [workspace.schema(name) for name in names]
        fields = [spec.id for schema in schemas for spec in schema.fields]
        changes = GrantChanges(
            dict.fromkeys([schema.id for schema in schemas], grant),
            dict.fromkeys(fields, switch),
        )
        return changes, len(fields)

    names = ["things"]
    costs = []
    for _ in range(2):
        for grant, switch in (
            (Grant(view="all"), Switch(False, False)),
            (Grant(), Switch(True, False)),
            (None, None),
        ):
            changes, _count = all_of(grant, switch)
            costs.append(cost(change_grants, workspace.author, clerks, changes))
        if len(names) == 1:
            names += [make_object(workspace, label).name for label in ("Apples", "Pears", "Plums")]

    assert costs[:3] == costs[3:]
