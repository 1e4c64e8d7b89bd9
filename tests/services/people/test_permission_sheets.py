"""What a role may do on each object, and what has to be stored for what is wanted of it."""

from __future__ import annotations

from records.services.catalogue.directory import EVERYTHING, Grant
from records.services.people.permission_levels import OPEN, Rights, Switch
from records.services.people.permission_sheets import (
    FieldRow,
    GrantedObject,
    WantedField,
    WantedObject,
    allows_everything,
    changes_to,
    list_granted,
    merged,
    sheets_of,
    wanted_sheets,
)
from records.services.people.role_grants import GrantChanges, RoleGrants
from records.services.shaping.changes import update_field
from records.services.shaping.objects import archive_object
from tests.factories import Caller, FieldDefinition, make_object, make_relation
from tests.services.acting import cost, invalid_at

NAME = FieldRow(11, "01900000-0000-7000-8000-000000000011", "name", True)
NOTE = FieldRow(12, "01900000-0000-7000-8000-000000000012", "note", False)
THINGS = GrantedObject(1, "01900000-0000-7000-8000-000000000001", "things", False, (NAME, NOTE))
SHOPS = GrantedObject(2, "01900000-0000-7000-8000-000000000002", "shops", False, ())
ALL = Rights(True, True, True)


def test_a_field_without_a_switch_follows_its_object() -> None:
    stored = RoleGrants({1: Grant(view="own")}, {NOTE.id: Switch(False, True)})

    things, shops = sheets_of([THINGS, SHOPS], stored, is_admin=False)

    assert things.switches == {NAME.id: Switch(True, False), NOTE.id: Switch(False, True)}
    assert shops.grant == Grant()
    (of_admins,) = sheets_of([THINGS], stored, is_admin=True)
    assert allows_everything(of_admins)
    assert not allows_everything(things)


def test_what_is_shown_needs_no_change() -> None:
    for grant in (Grant(), Grant(True, "own", "all", "none"), EVERYTHING):
        for switch in (None, Switch(), Switch(True), Switch(False, True), OPEN):
            switches = {} if switch is None else {NOTE.id: switch}
            stored = RoleGrants({1: grant}, switches)

            changes = changes_to(stored, sheets_of([THINGS], stored, is_admin=False))

            assert {*changes.objects, *filter(changes.switches.get, changes.switches)} == set()


def test_what_is_wanted_is_stored_and_no_more() -> None:
    wanted = WantedObject(
        THINGS.uuid,
        ALL,
        ALL,
        fields=[WantedField("note", Switch(True, False)), WantedField(NAME.uuid, OPEN)],
    )
    stored = RoleGrants({2: EVERYTHING}, {NAME.id: Switch()})

    changes = changes_to(stored, wanted_sheets([THINGS, SHOPS], [wanted]))

    assert changes == GrantChanges(
        {1: Grant(False, "all", "all", "all"), 2: None},
        {NAME.id: None, NOTE.id: Switch(True, False)},
    )


def test_what_is_not_there_or_there_twice_is_refused_by_its_place() -> None:
    def refused(*wanted: WantedObject) -> tuple[object, str]:
        return invalid_at(wanted_sheets, [THINGS, SHOPS], wanted)

    at = ("custom_objects", 0)
    assert refused(WantedObject("x", at=at)) == (at, "does_not_exist")
    assert refused(WantedObject("things"), WantedObject(THINGS.uuid.upper(), at=at)) == (
        at,
        "invalid",
    )
    assert refused(WantedObject("things", ALL, at=at)) == (
        (*at, "associated_records", "view"),
        "invalid",
    )
    for keys, code in ((["x"], "does_not_exist"), (["note", NOTE.uuid.upper()], "invalid")):
        fields = [WantedField(key, OPEN, (*at, "fields", place)) for place, key in enumerate(keys)]
        place = (*at, "fields", len(keys) - 1)
        assert refused(WantedObject("things", fields=fields)) == (place, code)


def test_a_switch_adds_nothing_that_its_own_grant_does_not_allow() -> None:
    hidden = RoleGrants({1: Grant(view="all")}, {NOTE.id: Switch()})
    without = RoleGrants({}, {NOTE.id: OPEN})
    own = RoleGrants({1: Grant(view="own", edit="own")})

    def both(*several: RoleGrants) -> tuple[Grant, Switch]:
        (sheet,) = merged([sheets_of([THINGS], each, is_admin=False) for each in several])
        return sheet.grant, sheet.switches[NOTE.id]

    assert both(hidden, without) == (Grant(view="all"), Switch())
    assert both(hidden, own) == (Grant(view="all", edit="own"), OPEN)


def test_live_objects_are_listed_with_the_fields_that_can_be_switched(workspace: Caller) -> None:
    make_object(workspace, "Makers")
    things = make_object(workspace, "Things", FieldDefinition("Note", "text"))
    make_relation(workspace, "things", "Maker", "makers", "primary", "Made")
    before = cost(list_granted, workspace.workspace.pk)

    def listed() -> dict[str, set[str]]:
        found = list_granted(workspace.workspace.pk)
        return {each.name: {row.name for row in each.fields} for each in found}

    assert list(listed()) == ["client_client", "makers", "things"]
    assert [each.is_contacts for each in list_granted(workspace.workspace.pk)] == [
        True,
        False,
        False,
    ]
    assert {"note", "maker", "name"} <= listed()["things"]
    field = things.fields.get(workspace=workspace.workspace, name="note")
    update_field(workspace.author, field, is_admin_only=True)
    archive_object(workspace.author, workspace.schema("makers").id)
    assert listed().keys() == {"client_client", "things"}
    assert not {"note", "maker"} & listed()["things"]
    assert cost(list_granted, workspace.workspace.pk) == before == 2
