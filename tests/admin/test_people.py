"""Members, roles, users and workspaces at the workbench."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from records.models import FieldPermission, Member, ObjectPermission, Role, Workspace
from records.services.catalogue import Grant
from records.services.catalogue.directory import load_workspace
from records.services.people import (
    GrantChanges,
    Switch,
    change_grants,
    create_role,
    update_member,
)
from tests.admin.pages import Workbench, form_of, let_in, messages_of
from tests.factories import (
    Caller,
    FieldDefinition,
    make_key,
    make_member,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.acting import view

MEMBERS, ROLES, WORKSPACES = (f"/admin/records/{name}/" for name in ("member", "role", "workspace"))


def version(caller: Caller) -> int:
    return load_workspace(caller.workspace.pk).definitions_version


def role_of(caller: Caller, *, is_admin: bool = False) -> Role:
    return Role.objects.get(workspace=caller.workspace, is_admin=is_admin)


def add(bench: Workbench, email: str, **more: str) -> str:
    answer = bench.fill(
        f"{MEMBERS}add/", "email", {"email": email, "role": str(role_of(bench.caller).pk), **more}
    )
    if answer.status_code == 302:
        return messages_of(answer)[-1]
    text: str = answer.content.decode()
    return text


# ---------------------------------------------------------------- members


def test_a_new_member_gets_a_password_that_is_shown_once(admin: Workbench) -> None:
    before = version(admin.caller)

    page = add(admin, "clerk@example.com", first_name="Front", last_name="Desk", may_log_in="on")

    member = Member.objects.get(email="clerk@example.com")
    password = re.findall(r"<code data-secret>([^<]+)</code>", page)[1]
    assert member.user.check_password(password)
    assert member.user.is_staff
    assert not member.user.is_superuser
    assert str(member) == "Front Desk"
    assert version(admin.caller) > before
    assert password not in admin.read(f"{MEMBERS}{member.pk}/change/")
    assert member.history.first().history_user == admin.caller.member.user


def test_a_member_for_the_apis_alone_needs_no_password(admin: Workbench) -> None:
    assert "was added successfully" in add(admin, "program@example.com")
    assert not Member.objects.get(email="program@example.com").user.is_staff


def test_a_user_joins_with_the_account_they_have(admin: Workbench, elsewhere: Caller) -> None:
    password = User.objects.get(pk=elsewhere.member.user_id).password

    assert "was added successfully" in add(admin, "other@example.com")
    assert Member.objects.filter(user=elsewhere.member.user).count() == 2
    assert User.objects.get(pk=elsewhere.member.user_id).password == password


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        ("NORTHERN@example.com", "has this address already."),
        ("x", "Enter a valid email address."),
    ],
)
def test_a_member_who_cannot_be_is_refused_beside_the_field(
    admin: Workbench, email: str, problem: str
) -> None:
    page = add(admin, email)

    assert problem.lower() in page.lower()
    assert "successfully" not in page


def test_a_role_of_another_workspace_is_no_choice(admin: Workbench, elsewhere: Caller) -> None:
    assert "Select a valid choice" in add(admin, "x@example.com", role=str(role_of(elsewhere).pk))


def test_a_member_is_changed_and_the_records_that_show_them_are_renamed(admin: Workbench) -> None:
    make_object(
        admin.caller,
        "Visits",
        FieldDefinition("Clerk", "team_selector"),
        display_pattern="{name} by {clerk}",
    )
    member = make_member(admin.caller, "clerk@example.com").member
    uuid = make_record(admin.caller, "visits", name="Visit", clerk=str(member.uuid)).record.uuid
    before = version(admin.caller)

    answer = admin.fill(
        f"{MEMBERS}{member.pk}/change/", "first_name", {"first_name": "Front", "last_name": "Desk"}
    )

    assert answer.status_code == 302
    assert version(admin.caller) > before
    assert view(admin.caller, "visits", uuid).display_name == "Visit by Front Desk"


def test_a_member_is_known_by_more_than_an_address(admin: Workbench) -> None:
    page = add(admin, "", phone="(201) 555-0123", labels="vip, new", date_of_birth="1990-02-28")
    assert "was added successfully" in page
    member = Member.objects.get(phone="+12015550123")
    path = f"{MEMBERS}{member.pk}/change/"

    refused = admin.fill(path, "first_name", {"locale": "no tag", "external_id": " "})
    answer = admin.fill(path, "first_name", {"locale": "pt_br", "external_id": "crm-1"})

    assert "is not a language tag" in refused.content.decode()
    assert answer.status_code == 302
    member.refresh_from_db()
    assert (member.email, member.locale, member.external_id) == ("", "pt-BR", "crm-1")
    assert (member.labels, str(member.date_of_birth)) == (["vip", "new"], "1990-02-28")
    assert "vip, new" in admin.read(path)
    assert "one of email, phone and external id is needed" in add(admin, "").lower()


def test_a_workspace_keeps_an_active_admin(admin: Workbench) -> None:
    path = f"{MEMBERS}{admin.caller.member.pk}/change/"

    for change in ({"is_active": None}, {"role": str(role_of(admin.caller).pk)}):
        page = admin.fill(path, "first_name", change).content.decode()
        assert "at least one active member" in page
        assert "successfully" not in page
    role_page = f"{ROLES}{role_of(admin.caller, is_admin=True).pk}/change/"
    assert (
        "at least one active member"
        in admin.fill(role_page, "name", {"is_admin": None}).content.decode()
    )
    assert admin.caller.author.role.is_admin


def test_who_belongs_to_other_workspaces_too_keeps_their_log_in(
    admin: Workbench, elsewhere: Caller
) -> None:
    add(admin, "other@example.com")
    member = Member.objects.get(workspace=admin.caller.workspace, email="other@example.com")

    page = admin.fill(
        f"{MEMBERS}{member.pk}/change/", "first_name", {"may_log_in": None}
    ).content.decode()

    assert "ask an operator" in page
    assert User.objects.get(pk=elsewhere.member.user_id).is_staff


def test_an_operator_lets_anyone_in_and_out(operator: Workbench) -> None:
    member = make_member(operator.caller, "clerk@example.com").member
    path = f"{MEMBERS}{member.pk}/change/"

    operator.fill(path, "first_name", {"may_log_in": "on"})
    assert User.objects.get(pk=member.user_id).is_staff
    operator.fill(path, "first_name", {"may_log_in": None})
    assert not User.objects.get(pk=member.user_id).is_staff


# ---------------------------------------------------------------- roles


def test_a_role_is_made_granted_something_and_loses_it_again(
    admin: Workbench, companies: str
) -> None:
    made = admin.fill(f"{ROLES}add/", "name", {"name": "Clerks"})
    role = Role.objects.get(workspace=admin.caller.workspace, name="Clerks")
    path = f"{ROLES}{role.pk}/change/"
    assert made.headers["Location"] == path
    before = version(admin.caller)

    admin.fill(
        path, "name", {"object_permissions-0-view": "all", "object_permissions-0-create": "on"}
    )

    grant = ObjectPermission.objects.get(role=role)
    assert (grant.object.name, grant.view, grant.create, grant.edit) == (
        "companies",
        "all",
        True,
        "none",
    )
    assert version(admin.caller) > before
    assert grant.history.get().history_user == admin.caller.member.user

    admin.fill(path, "name", {"object_permissions-0-edit": "own"})
    assert ObjectPermission.objects.get(role=role).edit == "own"

    contacts = admin.caller.schema("client_client").id
    admin.fill(path, "name", {"object_permissions-0-object": str(contacts)})
    assert ObjectPermission.objects.get(role=role).object_id == contacts

    admin.fill(path, "name", {"object_permissions-0-DELETE": "on"})
    assert not ObjectPermission.objects.filter(role=role).exists()


def test_a_grant_holds_on_the_next_page(admin: Workbench, companies: str) -> None:
    caller = make_member(admin.caller, "clerk@example.com")
    bench = let_in(caller)
    assert bench.get(companies).status_code == 404

    admin.fill(
        f"{ROLES}{caller.member.role_id}/change/", "name", {"object_permissions-0-view": "all"}
    )

    assert bench.get(companies).status_code == 200


def test_a_field_is_taken_away_from_a_role_and_given_back(admin: Workbench, companies: str) -> None:
    role = role_of(admin.caller)
    path = f"{ROLES}{role.pk}/change/"
    schema = admin.caller.schema("companies")
    fields = [schema.by_name[name].id for name in ("employees", "revenue")]

    added = {"field_permissions-TOTAL_FORMS": "1", "field_permissions-0-field": str(fields[0])}
    admin.fill(
        path, "name", {**added, "field_permissions-0-view": None, "field_permissions-0-edit": "on"}
    )
    switch = FieldPermission.objects.get(role=role)
    assert (switch.field_id, switch.view, switch.edit) == (fields[0], False, True)

    admin.fill(path, "name", {"field_permissions-0-field": str(fields[1])})
    assert FieldPermission.objects.get(role=role).field_id == fields[1]

    admin.fill(path, "name", {"field_permissions-0-DELETE": "on"})
    assert not FieldPermission.objects.filter(role=role).exists()


def test_a_stale_page_changes_only_what_its_sender_changed(
    admin: Workbench, companies: str
) -> None:
    make_object(admin.caller, "Aircraft")
    make_object(admin.caller, "Boats")
    role = role_of(admin.caller)
    path = f"{ROLES}{role.pk}/change/"
    aircraft, boats, firms = (
        admin.caller.schema(name).id for name in ("aircraft", "boats", "companies")
    )
    employees = admin.caller.schema("companies").by_name["employees"].id

    def store(*objects: tuple[int, Grant], switch: Switch) -> None:
        changes = GrantChanges(objects=dict(objects), switches={employees: switch})
        change_grants(admin.caller.author, role, changes)

    def stored() -> dict[int, str]:
        return dict(ObjectPermission.objects.filter(role=role).values_list("object_id", "view"))

    store((firms, Grant(view="all")), switch=Switch(view=False, edit=False))
    stale = admin.read(path)
    store(
        (firms, Grant(view="own")),
        (aircraft, Grant(view="all")),
        switch=Switch(view=True, edit=False),
    )
    now = {firms: "own", aircraft: "all"}

    assert admin.fill(path, "name", {}, stale).status_code == 302
    assert stored() == now
    assert FieldPermission.objects.get(role=role).view is True

    sent = form_of(stale, "name")
    (row,) = (
        key.removesuffix("-object")
        for key, value in sent.items()
        if key.startswith("object_permissions-") and value == [str(boats)]
    )
    assert admin.fill(path, "name", {f"{row}-view": "own"}, stale).status_code == 302
    assert stored() == {**now, boats: "own"}

    # What both have changed is for the second of them to decide.
    refused = admin.fill(path, "name", {"object_permissions-0-view": "none"}, stale)
    assert (refused.status_code, stored()[firms]) == (200, "own")
    assert "Somebody else" in refused.content.decode()


def test_a_new_member_is_offered_the_default_role(admin: Workbench) -> None:
    def offered() -> str:
        page = admin.read(f"{MEMBERS}add/")
        (chosen,) = re.findall(r'<option value="(\d+)" selected', page)
        return Role.objects.get(pk=chosen).name

    def defaults() -> list[Role]:
        return list(Role.objects.filter(workspace=admin.caller.workspace, is_default=True))

    assert offered() == "Member"
    made = admin.fill(f"{ROLES}add/", "name", {"name": "Clerks", "is_default": "on"})
    assert offered() == "Clerks"
    assert [role.name for role in defaults()] == ["Clerks"]
    admin.fill(made.headers["Location"], "name", {"is_default": None})
    assert not defaults()
    assert '<option value="" selected>' in admin.read(f"{MEMBERS}add/")


def test_an_object_has_one_row_in_a_role(admin: Workbench, companies: str) -> None:
    path = f"{ROLES}{role_of(admin.caller).pk}/change/"
    companies_id = str(admin.caller.schema("companies").id)
    twice = {
        f"object_permissions-{at}-{part}": value
        for at in (0, 1)
        for part, value in (("object", companies_id), ("view", "all"))
    }

    page = admin.fill(path, "name", twice).content.decode()

    assert "already has a row" in page


@pytest.mark.parametrize(
    ("name", "problem"), [("Administrator", "already exists"), (" ", "This field is required")]
)
def test_a_role_needs_a_name_of_its_own(admin: Workbench, name: str, problem: str) -> None:
    assert problem in admin.fill(f"{ROLES}add/", "name", {"name": name}).content.decode()


def test_roles_are_counted_and_found(admin: Workbench) -> None:
    assert "Administrator" in admin.read(f"{ROLES}?q=admin&o=3")


# ---------------------------------------------------------------- workspaces and users


def test_an_operator_makes_a_workspace_and_sees_its_first_log_in_once(operator: Workbench) -> None:
    page = operator.fill(
        f"{WORKSPACES}add/",
        "name",
        {"name": "Harbour", "email": "harbour@example.com", "time_zone": "Europe/Lisbon"},
    ).content.decode()

    made = Workspace.objects.get(name="Harbour")
    user, password, key = re.findall(r"<code data-secret>([^<]+)</code>", page)
    assert User.objects.get(username=user).check_password(password)
    assert key.startswith("rec_")
    assert not User.objects.get(username=user).is_superuser
    assert made.time_zone == "Europe/Lisbon"


def test_an_admin_changes_their_workspace_but_makes_none(admin: Workbench) -> None:
    path = f"{WORKSPACES}{admin.caller.workspace.pk}/change/"
    before = version(admin.caller)

    admin.fill(path, "name", {"name": "Southern Freight", "region": "fr"})

    changed = Workspace.objects.get(pk=admin.caller.workspace.pk)
    assert (changed.name, changed.region) == ("Southern Freight", "FR")
    assert version(admin.caller) > before
    assert admin.get(f"{WORKSPACES}add/").status_code == 403
    admin.fill(path, "name", {"language": "sv"})
    changed.refresh_from_db()
    assert (changed.language, changed.region) == ("sv", "FR")
    assert "Swedish" in admin.get(path).content.decode()
    assert "Select a valid choice" in admin.fill(path, "name", {"language": "xx"}).content.decode()
    assert "not a known country code" in admin.fill(path, "name", {"region": "XX"}).content.decode()


def test_an_operator_changes_any_workspace(operator: Workbench, elsewhere: Caller) -> None:
    operator.fill(f"{WORKSPACES}{elsewhere.workspace.pk}/change/", "name", {"name": "Renamed"})

    assert Workspace.objects.get(pk=elsewhere.workspace.pk).name == "Renamed"


def test_only_the_first_user_of_an_installation_is_its_operator(workspace: Caller) -> None:
    second = make_workspace("Second", "second@example.com")

    assert workspace.member.user.is_superuser
    assert second.member.user.is_staff
    assert not second.member.user.is_superuser


def test_operators_see_users_and_delete_none(operator: Workbench) -> None:
    key = operator.caller.member.user_id

    assert operator.get(f"/admin/auth/user/{key}/change/").status_code == 200
    assert operator.get(f"/admin/auth/user/{key}/password/").status_code == 200
    assert operator.get(f"/admin/auth/user/{key}/delete/").status_code == 403


def test_names_written_by_the_workbench_are_signed(admin: Workbench) -> None:
    role = role_of(admin.caller)

    admin.fill(f"{ROLES}{role.pk}/change/", "name", {"name": "Clerks"})

    assert role.history.first().history_user == admin.caller.member.user
    assert "northern@example.com" in admin.read(f"{ROLES}{role.pk}/history/")


def test_the_history_of_a_member_names_the_key(admin: Workbench) -> None:
    caller = admin.caller
    row = make_member(caller, "ada@example.com").member
    key, secret = make_key(caller.workspace, caller.member)
    path = f"/api/v2/w/{caller.workspace.uuid}/members/{row.pk}"
    answer = Client().put(
        path,
        {"firstName": "Ada"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 200, answer.content
    update_member(caller.author, row, last_name="Lovelace")

    kept = row.history.order_by("history_id").values_list("api_key", flat=True)
    assert list(kept)[-2:] == [key.pk, None]
    assert key.name in admin.read(f"/admin/records/member/{row.pk}/history/")


def test_the_history_of_a_role_has_its_grants(admin: Workbench) -> None:
    caller = admin.caller
    made = make_object(caller, "Boxes")
    role = create_role(caller.author, "Packers")
    change_grants(caller.author, role, GrantChanges(objects={made.pk: Grant(True, "all")}))
    page = admin.read(f"{ROLES}{role.pk}/history/")
    assert "create, view all, edit none, remove none" in page
    assert "nothing set" in page
