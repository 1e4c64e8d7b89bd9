"""Changing definitions that exist: who may, what is refused, and that every process sees it at its
next request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from records.exceptions import Conflict
from records.models import Field, FieldOption, ObjectType, Record, Role
from records.services.access.definition_access import Operator, operator_of
from records.services.catalogue.directory import Grant, load_workspace
from records.services.catalogue.drafts import OptionDefinition
from records.services.people.members import add_member, update_member
from records.services.people.permission_levels import Switch
from records.services.people.role_grants import GrantChanges, change_grants
from records.services.people.roles import (
    create_role,
    update_role,
)
from records.services.people.workspaces import update_workspace
from records.services.shaping.changes import update_field, update_object
from records.services.shaping.creation import create_object
from records.services.shaping.options import create_option, delete_option, update_option
from records.services.writing.save_requests import Mode
from tests.factories import (
    Caller,
    FieldDefinition,
    make_member,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import differences, refusal, save, view


@pytest.fixture
def things(workspace: Caller) -> ObjectType:
    return make_object(
        workspace,
        "Things",
        FieldDefinition(
            "Kind", "dropdown", options=(OptionDefinition("Big"), OptionDefinition("Small"))
        ),
        FieldDefinition("Code", "text"),
        FieldDefinition("Keeper", "team_selector"),
    )


@pytest.fixture
def other(workspace: Caller) -> Caller:
    return make_workspace("Another workspace", "other@example.com")


def field_of(object_row: ObjectType, name: str) -> Field:
    return Field.objects.get(workspace_id=object_row.workspace_id, object=object_row, name=name)


def option_of(object_row: ObjectType, name: str) -> FieldOption:
    return FieldOption.objects.get(
        workspace_id=object_row.workspace_id, field=field_of(object_row, "kind"), name=name
    )


def role_of(caller: Caller) -> Role:
    return Role.objects.get(workspace=caller.workspace, is_admin=False, members=None)


Change = Callable[[Any, ObjectType, Role, Caller], object]
CHANGES: dict[str, Change] = {
    "object": lambda who, row, *_: update_object(who, row, object_name="Objects"),
    "field": lambda who, row, *_: update_field(who, field_of(row, "code"), display_name="Mark"),
    "new option": lambda who, row, *_: create_option(
        who, field_of(row, "kind"), OptionDefinition("Huge")
    ),
    "option": lambda who, row, *_: update_option(who, option_of(row, "Big"), name="Large"),
    "no option": lambda who, row, *_: delete_option(who, option_of(row, "Big")),
    "new role": lambda who, *_: create_role(who, "Clerks"),
    "role": lambda who, _row, role, _: update_role(who, role.pk, name="Clerks", is_admin=False),
    "grant": lambda who, row, role, _: change_grants(
        who, role, GrantChanges({row.pk: Grant(view="all")})
    ),
    "switch": lambda who, row, role, _: change_grants(
        who, role, GrantChanges(switches={field_of(row, "code").pk: Switch(True, False)})
    ),
    "new member": lambda who, _row, role, _: add_member(who, role, email="clerk@example.com"),
    "member": lambda who, _row, _role, caller: update_member(
        who,
        caller.member,
        first_name="Front",
        last_name="Desk",
        role=caller.member.role,
        is_active=True,
    ),
    "workspace": lambda who, *_: update_workspace(
        who, name="Renamed", time_zone="UTC", region="fr"
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_in_force_at_the_next_request_of_every_process(
    workspace: Caller, things: ObjectType, change: Change
) -> None:
    before = load_workspace(workspace.workspace.pk).definitions_version

    change(workspace.author, things, role_of(workspace), workspace)

    assert load_workspace(workspace.workspace.pk).definitions_version > before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_only_admins_and_operators_change_definitions(
    workspace: Caller, things: ObjectType, change: Change
) -> None:
    role = role_of(workspace)
    clerk = make_member(workspace, "reader@example.com", {"things": {"view": "all", "edit": "all"}})

    assert (
        refusal(lambda: change(clerk.author, things, role, workspace)).code == "permission_required"
    )

    operator = operator_of(workspace.workspace.pk, workspace.member.user_id)
    assert isinstance(operator, Operator)
    assert change(operator, things, role, workspace) is not NotImplemented


Wrong = Callable[[Caller, ObjectType, Caller], object]
WRONG: dict[str, tuple[Wrong, str]] = {
    "blank label": (
        lambda me, row, _: update_object(me.author, row, object_name=" "),
        "object_name:",
    ),
    "long label": (
        lambda me, row, _: update_object(me.author, row, entity_name="x" * 256),
        "entity_name:",
    ),
    "null in a label": (
        lambda me, row, _: update_field(me.author, field_of(row, "code"), display_name="\0"),
        "display_",
    ),
    "unknown field in a new object's pattern": (
        lambda me, *_: create_object(
            me.author, "Trips", "Trip", display_pattern="{name} to {nowhere}"
        ),
        "display_pattern: there is no field nowhere",
    ),
    "long pattern of a new object": (
        lambda me, *_: create_object(me.author, "Trips", "Trip", display_pattern="x" * 256),
        "display_pattern:",
    ),
    "long label of a new object": (
        lambda me, *_: create_object(me.author, "x" * 256, "Trip"),
        "object_name:",
    ),
    "long pattern": (
        lambda me, row, _: update_object(me.author, row, display_pattern="x" * 256),
        "display_pattern:",
    ),
    "null in a pattern": (
        lambda me, row, _: update_object(me.author, row, display_pattern="\0"),
        "display_pattern:",
    ),
    "another object's category": (
        lambda me, row, _: update_field(
            me.author, field_of(row, "code"), category=_foreign_category(me)
        ),
        "category:",
    ),
    "option of a text": (
        lambda me, row, _: create_option(me.author, field_of(row, "code"), OptionDefinition("A")),
        "has no options",
    ),
    "blank option": (
        lambda me, row, _: update_option(me.author, option_of(row, "Big"), name=" "),
        "1 to 255",
    ),
    "unknown status": (
        lambda me, row, _: update_option(me.author, option_of(row, "Big"), stage_status="gone"),
        "status:",
    ),
    "taken code": (
        lambda me, row, _: create_option(
            me.author, field_of(row, "kind"), OptionDefinition("Huge", "big")
        ),
        "code",
    ),
    "long role": (lambda me, *_: create_role(me.author, "x" * 101), "name:"),
    "unknown extent": (
        lambda me, row, _: change_grants(
            me.author, role_of(me), GrantChanges({row.pk: Grant(view="most")})
        ),
        "view:",
    ),
    "grant on another workspace's object": (
        lambda _me, row, other: change_grants(
            other.author, role_of(other), GrantChanges({row.pk: Grant()})
        ),
        "object:",
    ),
    "grant to another workspace's role": (
        lambda me, row, other: change_grants(
            me.author, role_of(other), GrantChanges({row.pk: Grant()})
        ),
        "role:",
    ),
    "switch of another workspace's field": (
        lambda _me, row, other: change_grants(
            other.author,
            role_of(other),
            GrantChanges(switches={field_of(row, "code").pk: Switch(True, True)}),
        ),
        "field:",
    ),
    "member with another workspace's role": (
        lambda me, _row, other: add_member(me.author, role_of(other), email="clerk@example.com"),
        "role:",
    ),
    "no e-mail": (lambda me, *_: add_member(me.author, role_of(me), email="clerk"), "email:"),
    "unknown zone": (
        lambda me, *_: update_workspace(me.author, name="A", time_zone="Here", region="US"),
        "time_zone:",
    ),
    "unknown region": (
        lambda me, *_: update_workspace(me.author, name="A", time_zone="UTC", region="XX"),
        "region:",
    ),
}


def _foreign_category(me: Caller) -> Any:
    contacts = me.author.directory.find_object("contacts")
    assert contacts is not None
    from records.models import FieldCategory

    return FieldCategory.objects.filter(workspace=me.workspace, object_id=contacts.id)[0]


@pytest.mark.parametrize(("wrong", "said"), WRONG.values(), ids=WRONG.keys())
def test_a_change_that_makes_no_sense_changes_nothing(
    workspace: Caller, things: ObjectType, other: Caller, wrong: Wrong, said: str
) -> None:
    before = load_workspace(workspace.workspace.pk).definitions_version

    assert said in refusal(lambda: wrong(workspace, things, other)).detail
    assert load_workspace(workspace.workspace.pk).definitions_version == before


def test_what_a_refused_change_compiled_is_not_kept(workspace: Caller, things: ObjectType) -> None:
    field = field_of(things, "kind")

    assert (
        "no option"
        in refusal(
            lambda: update_field(workspace.author, field, display_name="Size", default_value="Huge")
        ).detail
    )
    update_field(workspace.author, field, display_name="Sort")

    assert workspace.schema("things").by_name["kind"].display_name == "Sort"


def test_names_follow_members_options_and_patterns(workspace: Caller, things: ObjectType) -> None:
    update_object(workspace.author, things, display_pattern="{name}, {kind}, {keeper}")
    uuid = make_record(
        workspace, "things", name="Crate", kind={"name": "Big"}, keeper="is_me"
    ).record.uuid

    update_option(workspace.author, option_of(things, "Big"), name="Large")
    update_member(
        workspace.author,
        workspace.member,
        first_name="Front",
        last_name="Desk",
        role=workspace.member.role,
        is_active=True,
    )

    assert view(workspace, "things", uuid).display_name == "Crate, Large, Front Desk"
    assert differences(workspace) == []


def test_an_option_that_no_name_shows_renames_nothing(
    workspace: Caller, things: ObjectType
) -> None:
    uuid = make_record(workspace, "things", name="Crate", kind={"name": "Big"}).record.uuid

    update_option(workspace.author, option_of(things, "Big"), name="Large", order=3, percentage=5)

    assert view(workspace, "things", uuid).display_name == "Crate"


def test_a_type_becomes_one_per_member_only_when_it_is(
    workspace: Caller, things: ObjectType
) -> None:
    other = make_member(workspace, "two@example.com")
    made = [make_record(workspace, "things", name=f"{at}").record for at in range(5)]
    for row, caller in zip(made, (workspace, workspace, other, other, None), strict=True):
        Record.objects.filter(workspace=workspace.workspace, pk=row.id).update(
            member=caller and caller.member
        )

    def become() -> Any:
        return update_object(workspace.author, things, is_collection=False)

    for many, archived in (("2 members have", made[0]), ("1 member has", made[2])):
        error = refusal(become)
        assert (type(error), error.code) == (Conflict, "already_exists")
        assert error.detail.startswith(f"{many} more than one live record")
        assert ObjectType.objects.get(workspace=workspace.workspace, pk=things.pk).is_collection
        save(workspace, "things", Mode.ARCHIVE, archived.uuid)
    assert become().is_collection is False
    assert update_object(workspace.author, things, description="Still.").is_collection is False
