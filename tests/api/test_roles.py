"""Roles over the Records API: listing, reading and changing them, and whose right that is."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from records.models import Role
from tests.api_client import ApiClient
from tests.factories import Caller, make_key, make_member, make_object

from .test_query_counts import statements

ROLES, GROUPS = "/api/role", "/api/permission-group"
UNKNOWN = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def clerk(workspace: Caller) -> ApiClient:
    """A member who is no admin."""
    return ApiClient(make_member(workspace, "clerk@example.com"))


def scoped(caller: Caller, *scopes: str) -> ApiClient:
    _, secret = make_key(caller.workspace, caller.member, scopes=scopes)
    return ApiClient(Caller(caller.workspace, caller.member, secret))


def role_ids(api: ApiClient, query: str = "") -> dict[str, str]:
    return {row["name"]: row["id"] for row in api.get(f"{ROLES}{query}").json()["results"]}


def test_a_role_is_made_read_changed_and_deleted(api: ApiClient) -> None:
    made = api.post(ROLES, {"name": " Clerks ", "permissions": [], "unknown": 1})
    assert made.status_code == 201
    role = made.json()
    assert role == {
        "id": role["id"],
        "name": "Clerks",
        "user_count": 0,
        "permission_groups": [role["id"]],
        "default_for_new_users": False,
        "permissions": [],
    }
    path = f"{ROLES}/{role['id']}"
    assert api.get(path).json() == role
    changes = {"name": "Desk", "permissions": ["workspace_admin"], "default_for_new_users": True}
    assert api.patch(path, changes).json() == {**role, **changes}
    assert api.patch(path, role).json() == role
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404


def test_what_was_read_changes_nothing(api: ApiClient, workspace: Caller) -> None:
    for role_id in role_ids(api).values():
        read = api.get(f"{ROLES}/{role_id}").json()
        before = workspace.author.workspace.definitions_version

        assert api.patch(f"{ROLES}/{role_id}", read).json() == read
        assert workspace.author.workspace.definitions_version == before
        assert Role.objects.get(uuid=role_id).history.count() == 1


def test_roles_come_in_pages_by_name(api: ApiClient, workspace: Caller) -> None:
    make_member(workspace, "clerk@example.com")

    page = api.get(f"{ROLES}?page=2&page_size=1").json()
    assert (page["count"], [row["name"] for row in page["results"]]) == (3, ["clerk@example.com"])
    assert page["results"][0]["user_count"] == 1
    assert "page=3" in page["next"]
    assert page["results"][0].keys() == {
        *("id", "name", "user_count", "permission_groups", "default_for_new_users"),
    }
    assert list(role_ids(api, "?search=MEMB&page_size=200")) == ["Member"]
    for path in (ROLES, GROUPS):
        assert api.get(f"{path}?page_size=1000").status_code == 200
        assert api.get(f"{path}?page_size=1001").status_code == 400


def test_a_workspace_has_one_default_role(api: ApiClient) -> None:
    def default() -> list[str]:
        rows = api.get(ROLES).json()["results"]
        return [row["name"] for row in rows if row["default_for_new_users"]]

    assert default() == ["Member"]
    made = api.post(ROLES, {"name": "Clerks", "default_for_new_users": True}).json()
    assert default() == ["Clerks"]
    api.patch(f"{ROLES}/{role_ids(api)['Member']}", {"default_for_new_users": True})
    assert default() == ["Member"]
    api.delete(f"{ROLES}/{made['id']}")
    assert default() == ["Member"]


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ({}, "required", "name"),
        ({"name": "Member"}, "unique", "name"),
        ({"name": "x" * 101}, "limit_exceeded", "name"),
        ({"name": "A", "permissions": ["everything"]}, "invalid", "permissions[0]"),
        ({"name": "A", "permissions": "workspace_admin"}, "invalid", "permissions"),
        ({"name": "A", "permission_groups": [UNKNOWN]}, "does_not_exist", "permission_groups[0]"),
        ({"name": "A", "permission_groups": [{"id": 1}]}, "invalid", "permission_groups"),
        ({"name": "A", "permission_groups": ["x"] * 1001}, "limit_exceeded", "permission_groups"),
        ({"name": "A", "default_for_new_users": "yes"}, "invalid", "default_for_new_users"),
    ],
)
def test_what_will_not_do_is_refused(
    api: ApiClient, body: dict[str, Any], code: str, place: str
) -> None:
    answer = api.post(ROLES, body)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"].startswith(f"{place}: ")
    assert role_ids(api).keys() == {"Administrator", "Member"}


def test_a_role_with_members_and_the_last_of_admins_stay(
    api: ApiClient, workspace: Caller, clerk: ApiClient
) -> None:
    ids = role_ids(api)
    for path in (ROLES, GROUPS):
        for name, told in (("clerk@example.com", "1 member has"), ("Administrator", "1 member")):
            answer = api.delete(f"{path}/{ids[name]}")
            assert answer.status_code == 400
            assert told in answer.json()["detail"]
    patched = api.patch(f"{ROLES}/{ids['Administrator']}", {"permissions": []})
    assert (patched.status_code, role_ids(api)) == (400, ids)


def test_names_are_for_members_and_changes_for_admins(
    api: ApiClient, workspace: Caller, clerk: ApiClient
) -> None:
    member = role_ids(api)["Member"]
    assert role_ids(clerk) == role_ids(api)
    assert clerk.get(f"{ROLES}/{member}").json() == api.get(f"{ROLES}/{member}").json()
    assert [row["id"] for row in clerk.get(GROUPS).json()["results"]] == list(
        role_ids(api).values()
    )
    assert clerk.get("/api/permissions/meta-data").status_code == 200

    refused = [
        clerk.get(f"{GROUPS}/{member}"),
        clerk.post(ROLES, {"name": "Mine"}),
        clerk.patch(f"{ROLES}/{member}", {"permissions": ["workspace_admin"]}),
        clerk.delete(f"{ROLES}/{member}"),
        clerk.post(GROUPS, {"name": "Mine"}),
        clerk.put(f"{GROUPS}/{member}", {"name": "Mine"}),
        clerk.patch(f"{GROUPS}/{member}", {"name": "Mine"}),
        clerk.delete(f"{GROUPS}/{member}"),
        clerk.post(f"{GROUPS}/{member}/duplicate", {"name": "Mine"}),
        clerk.patch(
            f"{GROUPS}/{member}/object-update",
            {"custom_object": {"id": "client_client"}, "permission_level": 3},
        ),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)


def test_keys_reach_as_far_as_their_scopes(api: ApiClient, workspace: Caller) -> None:
    member = role_ids(api)["Member"]
    reading, writing, administering, other = (
        scoped(workspace, *scopes)
        for scopes in (
            ["members:read", "records:write"],
            ["members:write"],
            ["members:admin"],
            ["datatypes:admin"],
        )
    )

    assert reading.get(f"{GROUPS}/{member}").status_code == 200
    assert other.get(ROLES).status_code == 403
    for key, status in ((reading, 403), (writing, 403), (other, 403), (administering, 200)):
        assert key.patch(f"{ROLES}/{member}", {"name": "Members"}).status_code == status


def test_roles_of_other_workspaces_are_not_there(
    api: ApiClient, workspace: Caller, elsewhere: Caller
) -> None:
    theirs = role_ids(ApiClient(elsewhere))
    assert not set(theirs.values()) & set(role_ids(api).values())

    for role_id in (theirs["Member"], UNKNOWN):
        body = {"name": "Ours"}
        level = {"custom_object": {"id": "client_client"}, "permission_level": 1}
        answers = [
            api.get(f"{ROLES}/{role_id}"),
            api.patch(f"{ROLES}/{role_id}", body),
            api.delete(f"{ROLES}/{role_id}"),
            api.get(f"{GROUPS}/{role_id}"),
            api.put(f"{GROUPS}/{role_id}", body),
            api.patch(f"{GROUPS}/{role_id}", body),
            api.delete(f"{GROUPS}/{role_id}"),
            api.post(f"{GROUPS}/{role_id}/duplicate", body),
            api.patch(f"{GROUPS}/{role_id}/object-update", level),
        ]
        assert {(answer.status_code, answer.content) for answer in answers} == {
            (404, answers[0].content)
        }
    refused = api.post(ROLES, {"name": "A", "permission_groups": [theirs["Administrator"]]})
    assert refused.json()["code"] == "does_not_exist"
    assert role_ids(ApiClient(elsewhere)) == theirs


def test_a_change_is_signed_with_its_reason(api: ApiClient, workspace: Caller) -> None:
    member = role_ids(api)["Member"]

    api.patch(f"{ROLES}/{member}", {"name": "Members"}, X_Reason="Ticket 7")

    row = Role.objects.get(uuid=member).history.first()
    assert (row.history_user_id, row.history_change_reason) == (
        workspace.member.user_id,
        "Ticket 7",
    )


def test_the_number_of_statements_does_not_grow(api: ApiClient, workspace: Caller) -> None:
    member = role_ids(api)["Member"]
    paths = (ROLES, f"{ROLES}/{member}", GROUPS, f"{GROUPS}/{member}")
    for path in paths:
        api.get(path)

    def costs() -> list[int]:
        return [len(statements(partial(api.get, path))) for path in paths]

    before = costs()
    for label in ("Apples", "Pears", "Plums"):
        make_object(workspace, label)
        make_member(workspace, f"{label}@example.com")
    api.get(ROLES)  # what it knows is compiled again
    assert costs() == before
    assert max(before) <= 6


# ---------------------------------------------------------------- the team


def test_the_team_has_an_older_name(api: ApiClient, workspace: Caller) -> None:
    one = workspace.member.uuid
    for path in ("", f"/{one}", "/typeahead?search=a"):
        team, employee = api.get(f"/api/team{path}"), api.get(f"/api/employee{path}")
        assert team.status_code == employee.status_code == 200
        assert team.content == employee.content


def test_choices_of_members_come_in_the_number_asked_for(api: ApiClient, workspace: Caller) -> None:
    for at in range(22):
        make_member(workspace, f"clerk{at:02}@example.com")

    def found(query: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = api.get(f"/api/team/typeahead?search=clerk{query}").json()
        return rows

    assert (len(found("")), len(found("&page_size=100"))) == (20, 22)
    assert found("&page_size=1") == [
        {
            **api.get("/api/team?search=clerk00").json()["results"][0],
            "display_name": "clerk00@example.com",
            "full_name": "clerk00@example.com",
            "title": None,
        }
    ]
    assert api.get("/api/team/typeahead?page_size=101").status_code == 400


@pytest.mark.parametrize("path", ["/api/team/search", "/api/employee/search"])
def test_the_team_is_searched_in_pages(api: ApiClient, workspace: Caller, path: str) -> None:
    for at in range(3):
        make_member(workspace, f"clerk{at}@example.com")

    page = api.post(path, {"search": "CLERK", "page": 2, "page_size": 2}).json()

    assert (page["count"], [row["email"] for row in page["results"]]) == (3, ["clerk2@example.com"])
    assert api.post(path).json()["count"] == 4
    assert api.post(path, {"serach": "x"}).status_code == 400
    reader = scoped(workspace, "members:read")
    assert reader.post(path, {}).status_code == 200
