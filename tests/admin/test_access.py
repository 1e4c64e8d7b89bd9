"""Who may open which page of the workbench."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from records.models import ApiKey, Field, Member, ObjectType, Role
from tests.admin.pages import Workbench, let_in
from tests.factories import Caller, make_member, make_object, make_record, make_relation

MODELS = ("objecttype", "field", "workspace", "member", "role", "apikey")
SET_UP = ["/admin/", "/admin/records/", *(f"/admin/records/{name}/" for name in MODELS)]
ADDING = [f"/admin/records/{name}/add/" for name in MODELS if name != "workspace"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*SET_UP, *ADDING, "/admin/auth/user/"])
def test_nothing_is_shown_before_log_in(path: str) -> None:
    response = Client().get(path)

    assert response.status_code == 302
    assert response.headers["Location"].startswith("/admin/login/")


def test_the_record_pages_ask_for_log_in_too(companies: str) -> None:
    for path in (companies, f"{companies}add/", f"{companies}archived/"):
        assert Client().get(path).status_code == 302
    assert Client().post("/admin/records/workspace/choose/").status_code == 302


def test_a_member_logs_in_with_their_password(admin: Workbench) -> None:
    user = admin.caller.member.user
    user.set_password("a long password")
    user.save()
    page = Client()

    refused = page.post(
        "/admin/login/", {"username": user.username, "password": "another password"}
    )
    entered = page.post("/admin/login/", {"username": user.username, "password": "a long password"})

    assert refused.status_code == 200
    assert entered.status_code == 302
    assert entered.headers["Location"] == "/admin/"
    assert "Northern Freight" in page.get("/admin/").content.decode()


@pytest.mark.django_db
def test_people_log_in_with_what_they_know_as_their_email() -> None:
    shown = Client().get("/admin/login/").content.decode()
    refused = (
        Client()
        .post("/admin/login/", {"username": "a@example.com", "password": "x"})
        .content.decode()
    )

    assert "Email" in shown
    assert "Username" not in shown
    assert "Unknown email or wrong password" in refused


@pytest.mark.parametrize(
    ("name", "heading"),
    [("objecttype", "objects"), ("apikey", "API keys"), ("role", "roles"), ("member", "members")],
)
def test_lists_are_headed_by_what_people_call_the_things(
    admin: Workbench, name: str, heading: str
) -> None:
    shown = admin.read(f"/admin/records/{name}/").casefold()

    assert heading.casefold() in shown
    assert "object types" not in shown
    assert "Api key" not in admin.read(f"/admin/records/{name}/")


def test_the_start_page_begins_with_the_pinned_objects(admin: Workbench, companies: str) -> None:
    def shown() -> list[str]:
        cards = re.findall(r"<strong>([^<]+)</strong>", admin.read("/admin/"))
        return [name for name in cards if name in ("Companies", "Contacts", "Vessels", "Yards")]

    make_object(admin.caller, "Vessels")
    make_object(admin.caller, "Yards")
    assert shown() == ["Companies", "Contacts", "Vessels", "Yards"]
    ObjectType.objects.filter(name__in=("yards", "vessels")).update(is_pinned=True)
    assert shown() == ["Vessels", "Yards", "Companies", "Contacts"]


def test_a_member_who_may_not_log_in_stays_outside(admin: Workbench) -> None:
    member = make_member(admin.caller, "program@example.com", {"client_client": {"view": "all"}})

    assert Workbench(member).get("/admin/").status_code == 302


@pytest.mark.parametrize("path", [*SET_UP, *ADDING])
def test_an_admin_opens_every_set_up_page(admin: Workbench, companies: str, path: str) -> None:
    assert admin.get(path).status_code == 200


@pytest.mark.parametrize(
    "path", [*SET_UP, *ADDING, "/admin/records/workspace/add/", "/admin/auth/user/"]
)
def test_an_operator_opens_every_set_up_page(operator: Workbench, path: str) -> None:
    assert operator.get(path).status_code == 200


def rows_of(caller: Caller) -> dict[str, int]:
    """A row of each kind of definition."""
    scope = {"workspace": caller.workspace}
    return {
        "objecttype": ObjectType.objects.filter(**scope)[0].pk,
        "field": Field.objects.filter(**scope)[0].pk,
        "workspace": caller.workspace.pk,
        "member": Member.objects.filter(**scope)[0].pk,
        "role": Role.objects.filter(**scope, is_admin=False)[0].pk,
        "apikey": ApiKey.objects.filter(**scope)[0].pk,
    }


def test_an_admin_opens_every_row_of_their_workspace_and_its_history(admin: Workbench) -> None:
    for name, key in rows_of(admin.caller).items():
        assert admin.get(f"/admin/records/{name}/{key}/change/").status_code == 200
        assert admin.get(f"/admin/records/{name}/{key}/history/").status_code == 200


@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_a_row_of_another_workspace_is_nowhere(
    admin: Workbench, elsewhere: Caller, page: str
) -> None:
    for name, key in rows_of(elsewhere).items():
        answers = (
            admin.get(f"/admin/records/{name}/{key}/{page}/"),
            admin.get(f"/admin/records/{name}/99999999/{page}/"),
        )
        assert [answer.status_code for answer in answers] in ([404, 404], [403, 403]), (name, page)


def test_a_version_of_another_workspaces_row_is_nowhere(
    admin: Workbench, elsewhere: Caller
) -> None:
    def version(caller: Caller) -> str:
        row = Role.objects.get(workspace=caller.workspace, is_admin=False)
        return f"/admin/records/role/{row.pk}/history/{row.history.get().history_id}/"

    assert admin.get(version(admin.caller)).status_code == 200
    assert admin.get(version(elsewhere)).status_code == 404
    assert admin.send(version(admin.caller)).status_code == 403


def test_lists_hold_rows_of_the_chosen_workspace_alone(admin: Workbench, elsewhere: Caller) -> None:
    make_object(elsewhere, "Vessels")

    assert "Vessels" not in admin.read("/admin/records/objecttype/")
    assert "Vessels" not in admin.read("/admin/records/field/")
    assert "Vessels" not in admin.read("/admin/records/field/add/")
    assert "other@example.com" not in admin.read("/admin/records/member/")
    assert "other@example.com" not in admin.read("/admin/records/apikey/add/")
    assert "Another workspace" not in admin.read("/admin/records/workspace/")


def test_the_search_for_fields_finds_those_of_the_workspace_alone(
    admin: Workbench, elsewhere: Caller
) -> None:
    make_object(elsewhere, "Vessels")
    path = (
        "/admin/autocomplete/?app_label=records&model_name=fieldpermission&field_name=field&term="
    )

    assert admin.get(f"{path}vessels").json()["results"] == []
    (found,) = admin.get(f"{path}email status").json()["results"]
    assert found["text"] == "Email status (Contacts)"


def test_records_of_another_workspace_are_nowhere(
    admin: Workbench, companies: str, elsewhere: Caller
) -> None:
    vessels = make_object(elsewhere, "Vessels")
    ship = make_record(elsewhere, "vessels", name="Ship").record.uuid
    theirs = f"/admin/records/objects/{vessels.uuid}/"

    for path in (
        theirs,
        f"{theirs}add/",
        f"{theirs}archived/",
        f"{theirs}{ship}/",
        f"{theirs}{ship}/edit/",
    ):
        assert admin.get(path).status_code == 404
    for path in (f"{companies}{ship}/", f"{companies}{ship}/edit/"):
        assert admin.get(path).status_code == 404
    for path in (
        f"{theirs}{ship}/archive/",
        f"{companies}{ship}/archive/",
        f"{companies}{ship}/unarchive/",
    ):
        assert admin.send(path).status_code == 404


def test_a_member_without_grants_sees_nothing(admin: Workbench, companies: str) -> None:
    record = make_record(admin.caller, "companies", name="Acme").record.uuid
    stranger = let_in(make_member(admin.caller, "stranger@example.com"))

    assert "does not give you access to anything" in stranger.read("/admin/")
    assert "Companies" not in stranger.read("/admin/")
    for path in (companies, f"{companies}{record}/", f"{companies}archived/"):
        assert stranger.get(path).status_code == 404
    for name, key in rows_of(admin.caller).items():
        assert stranger.get(f"/admin/records/{name}/").status_code == 403
        assert stranger.get(f"/admin/records/{name}/add/").status_code == 403
        assert stranger.get(f"/admin/records/{name}/{key}/change/").status_code in (403, 404)
    assert stranger.get("/admin/auth/user/").status_code == 403


def test_a_member_sees_and_does_what_their_role_grants(admin: Workbench, companies: str) -> None:
    record = make_record(admin.caller, "companies", name="Acme", employees=7).record.uuid
    grants = {"companies": {"view": "all"}}
    reader = let_in(
        make_member(admin.caller, "reader@example.com", grants, hidden=[("companies", "employees")])
    )

    page = reader.read(f"{companies}{record}/")

    assert "Acme" in reader.read(companies)
    assert "Employees" not in page
    assert "Employees" not in reader.read(companies)
    assert not re.search(r"/(edit|archive)/", page)
    refused = reader.get(f"{companies}{record}/edit/")
    assert refused.status_code == 403
    assert "You may not edit this record" in refused.content.decode()
    assert 'href="/admin/"' in refused.content.decode()
    assert reader.get(f"{companies}add/").status_code == 403
    assert reader.send(f"{companies}{record}/archive/").status_code == 403


def test_a_member_sees_their_own_archived_records_where_the_role_says_own(
    admin: Workbench, companies: str
) -> None:
    grants = {"companies": {"view": "own", "remove": "own", "create": True}}
    member = make_member(admin.caller, "own@example.com", grants)
    make_record(admin.caller, "companies", name="Theirs")
    mine = make_record(member, "companies", name="Mine").record.uuid
    other = make_record(admin.caller, "companies", name="Not mine").record.uuid
    bench = let_in(member)

    bench.send(f"{companies}{mine}/archive/")
    admin.send(f"{companies}{other}/archive/")
    archived = bench.read(f"{companies}archived/")

    assert "Mine" in archived
    assert "Not mine" not in archived
    assert bench.get(f"{companies}{other}/").status_code == 404


def test_a_link_leads_to_related_records_only_where_the_role_reaches(
    admin: Workbench, companies: str
) -> None:
    make_object(admin.caller, "Ports")
    make_relation(admin.caller, "companies", "Port", "ports", "primary", "Companies there")
    port = make_record(admin.caller, "ports", name="Harbour").record.uuid
    make_record(admin.caller, "companies", name="Acme", port={"id": port})
    reader = let_in(make_member(admin.caller, "reader@example.com", {"companies": {"view": "all"}}))

    assert f"/{port}/" in admin.read(f"{companies}?columns=port")
    assert "Harbour" not in reader.read(f"{companies}?columns=port")


# ---------------------------------------------------------------- choosing the workspace


def test_an_operator_sets_up_any_workspace_but_sees_records_as_a_member_alone(
    operator: Workbench, admin: Workbench, companies: str
) -> None:
    assert operator.get(companies).status_code == 404

    operator.send(
        "/admin/records/workspace/choose/", {"workspace": str(admin.caller.workspace.uuid)}
    )

    assert "Companies" in operator.read("/admin/records/objecttype/")
    assert "not a member and cannot see" in operator.read("/admin/")
    assert operator.get(companies).status_code == 404


def test_a_member_of_two_workspaces_chooses(
    admin: Workbench, companies: str, elsewhere: Caller
) -> None:
    from records.services.people.workspaces import create_member

    role = Role.objects.get(workspace=elsewhere.workspace, is_admin=False)
    create_member(elsewhere.workspace, admin.caller.member.email, role)
    assert admin.get(companies).status_code == 200

    chosen = admin.send(
        "/admin/records/workspace/choose/", {"workspace": str(elsewhere.workspace.uuid)}
    )

    assert chosen.headers["Location"] == "/admin/"
    assert admin.get(companies).status_code == 404
    assert admin.get("/admin/records/objecttype/").status_code == 403


@pytest.mark.parametrize(
    "wanted", [lambda other: str(other.workspace.uuid), lambda _: "", lambda _: "x"]
)
def test_nobody_chooses_a_workspace_that_is_not_theirs(
    admin: Workbench, elsewhere: Caller, wanted: Callable[[Any], str]
) -> None:
    answer = admin.send("/admin/records/workspace/choose/", {"workspace": wanted(elsewhere)})

    assert answer.status_code == 404
    assert admin.get("/admin/records/workspace/choose/").status_code == 405


def test_an_inactive_member_is_nobody(admin: Workbench, companies: str) -> None:
    member = make_member(admin.caller, "leaver@example.com", {"companies": {"view": "all"}})
    bench = let_in(member)
    assert bench.get(companies).status_code == 200

    Member.objects.filter(pk=member.member.pk).update(is_active=False)

    assert bench.get(companies).status_code == 404
    assert "not an active member of any workspace" in bench.read("/admin/")


def test_labels_are_shown_as_text(admin: Workbench) -> None:
    made = make_object(admin.caller, "<b x-data x-init=alert()>Odd</b>", name="odd")

    for path in ("/admin/", "/admin/records/objecttype/", f"/admin/records/objects/{made.uuid}/"):
        assert "<b x-data" not in admin.read(path)
        assert "&lt;b x-data" in admin.read(path)


def test_pages_have_no_inline_scripts_and_nothing_from_elsewhere(
    admin: Workbench, companies: str
) -> None:
    record = make_record(admin.caller, "companies", name="Acme").record.uuid

    for path in (
        "/admin/",
        companies,
        f"{companies}{record}/",
        f"{companies}{record}/edit/",
        *SET_UP,
        *ADDING,
    ):
        content = admin.read(path)
        scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", content)
        assert not scripts, (path, scripts)
        assert not re.search(
            r"""\son(click|change|submit|load)=|(src|href)=["'](https?:)?//""", content
        ), path
