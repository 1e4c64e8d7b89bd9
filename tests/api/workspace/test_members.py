"""Workspaces, members and their roles: read, added, changed, archived, acted for."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from records.models import Member, Role
from tests.factories import Caller, make_key, make_member

from .calling import WorkspaceClient, ok, refused

ROW = {
    *("id", "uuid", "email", "name", "firstName", "lastName", "phone", "externalId", "dateOfBirth"),
    *("locale", "labels", "memberRoleId", "roleName", "isActive", "createdAt", "updatedAt"),
}
MEMBERS = "/members"


@pytest.fixture
def plain(workspace: Caller) -> Caller:
    """A member whose role grants nothing."""
    return make_member(workspace, "plain@example.com")


def scoped(caller: Caller, *scopes: str) -> WorkspaceClient:
    secret = make_key(caller.workspace, caller.member, scopes=scopes)[1]
    return WorkspaceClient(caller, secret=secret)


def role_id(caller: Caller, *, is_admin: bool = False) -> int:
    roles = Role.objects.filter(workspace=caller.workspace, is_admin=is_admin)
    return int(roles.order_by("id")[0].pk)


def add(client: WorkspaceClient, **body: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(client.post(MEMBERS, body), 201)
    return made


# ---------------------------------------------------------------- workspaces


def bare(path: str, client: Client | None = None, **headers: str) -> Any:
    return (client or Client()).get(path, headers=headers)


def test_a_key_finds_its_one_workspace_whatever_its_scopes(
    workspace: Caller, plain: Caller
) -> None:
    secret = make_key(plain.workspace, plain.member, scopes=("records:read",))[1]
    (row,) = ok(bare("/api/v2/w", Authorization=f"Bearer {secret}"))

    assert row["uuid"] == str(workspace.workspace.uuid)
    assert row["memberId"] == plain.member.pk
    assert row["memberRoleId"] == plain.member.role_id
    assert set(row) == {
        *("id", "uuid", "name", "slug", "timeZone", "memberId", "memberRoleId", "createdAt"),
    }
    one = ok(bare(f"/api/v2/w/{row['uuid']}", Authorization=f"Bearer {secret}"))
    assert one == row
    assert refused(bare("/api/v2/w?x=1", Authorization=f"Bearer {secret}"), 400)
    assert refused(bare("/api/v2/w"), 401)
    assert refused(bare("/api/v2/w", Authorization="Bearer nonsense"), 401)


def test_a_session_finds_every_workspace_of_the_user(workspace: Caller, elsewhere: Caller) -> None:
    user = workspace.member.user
    Member.objects.create(
        workspace=elsewhere.workspace,
        user=user,
        role=elsewhere.member.role,
        email=workspace.member.email,
    )
    client = Client()
    client.force_login(user)

    rows = ok(bare("/api/v2/w", client))

    assert {row["uuid"] for row in rows} == {
        str(each.workspace.uuid) for each in (workspace, elsewhere)
    }


# ---------------------------------------------------------------- reading


def test_members_are_read_with_all_that_is_known(
    client: WorkspaceClient, workspace: Caller
) -> None:
    made = add(
        client,
        firstName="Ann",
        lastName="Ahn",
        email="ann@Example.COM",
        phone="(201) 555-0123",
        externalId="crm-1",
        dateOfBirth="1990-02-28",
        locale="pt_br",
        labels=["vip", "news-letter", "vip"],
    )

    assert set(made) == ROW
    assert (made["name"], made["email"], made["phone"]) == (
        "Ann Ahn",
        "ann@example.com",
        "+12015550123",
    )
    assert (made["locale"], made["labels"]) == ("pt-BR", ["vip", "news-letter"])
    assert (made["memberRoleId"], made["isActive"]) == (role_id(workspace), True)
    assert ok(client.get(f"{MEMBERS}/{made['id']}")) == made
    me = ok(client.get(f"{MEMBERS}/me"))
    assert (me["id"], me["phone"], me["labels"]) == (workspace.member.pk, None, [])
    assert refused(client.get(f"{MEMBERS}/999999"), 404)
    assert refused(client.get(f"{MEMBERS}/{made['id']}", {"x": "1"}), 400)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Ann Ahn", "Bea Oz", None]),
        ({"sortOrder": "desc"}, [None, "Bea Oz", "Ann Ahn"]),
        ({"sortBy": "email"}, [None, "Ann Ahn", "Bea Oz"]),
        ({"sort_by": "createdAt", "sort_order": "desc"}, ["Bea Oz", "Ann Ahn", None]),
        ({"search": "AHN"}, ["Ann Ahn"]),
        ({"search": "bea@"}, ["Bea Oz"]),
        ({"email": "ANN@example.com"}, ["Ann Ahn"]),
        ({"externalId": "crm-1"}, ["Ann Ahn"]),
        ({"external_id": "crm"}, []),
        ({"phone": "201 555 0123"}, ["Ann Ahn"]),
        ({"label": "vip"}, ["Ann Ahn"]),
        ({"label": "vi"}, []),
        ({"isActive": "all"}, ["Ann Ahn", "Bea Oz", "Cy", None]),
        ({"isActive": "false"}, ["Cy"]),
        ({"pageSize": "1", "page": "2"}, ["Ann Ahn"]),
        ({"search": "e", "pageSize": "1", "page": "2"}, ["Ann Ahn"]),
        ({"externalId": ""}, []),
    ],
    ids=str,
)
def test_members_are_found(
    client: WorkspaceClient, query: dict[str, str], names: list[str | None]
) -> None:
    add(
        client,
        name="Ann Ahn",
        email="ann@example.com",
        phone="+12015550123",
        externalId="crm-1",
        labels=["vip"],
    )
    add(client, name="Bea Oz", email="bea@example.com")
    gone = add(client, name="Cy", externalId="cy")
    ok(client.post(f"{MEMBERS}/{gone['id']}/archive"))

    found = ok(client.get(MEMBERS, query))

    # The admin has no name.
    assert sorted(map(str, (row["name"] for row in found["items"]))) == sorted(map(str, names))
    if "sortBy" in query or "sort_by" in query:
        assert [row["name"] for row in found["items"]] == names
    assert found["total"] == (3 if "pageSize" in query else len(names))


@pytest.mark.parametrize(
    "query",
    [
        {"nobody": "1"},
        {"isActive": "perhaps"},
        {"sortBy": "phone"},
        {"phone": "nonsense"},
        {"memberRoleId": "x"},
    ],
    ids=str,
)
def test_a_question_that_is_not_understood_is_refused(
    client: WorkspaceClient, query: dict[str, str]
) -> None:
    refused(client.get(MEMBERS, query), 400)


def test_without_the_scope_one_reads_oneself_alone(workspace: Caller, plain: Caller) -> None:
    client = scoped(plain, "records:read")

    found = ok(client.get(MEMBERS))

    assert ([row["id"] for row in found["items"]], found["total"]) == ([plain.member.pk], 1)
    assert ok(client.get(f"{MEMBERS}/{plain.member.pk}"))["email"] == "plain@example.com"
    assert ok(client.get(f"{MEMBERS}/me"))["id"] == plain.member.pk
    for key in (workspace.member.pk, 999_999):
        assert refused(client.get(f"{MEMBERS}/{key}"), 403)["code"] == "permission_required"


def test_roles_say_what_they_grant(client: WorkspaceClient, workspace: Caller) -> None:
    make_member(workspace, "own@example.com", {"client_client": {"create": True, "view": "own"}})

    roles = {row["name"]: row for row in ok(client.get("/member-roles"))}

    assert roles["Administrator"]["grantedScopes"] == [
        *("records:admin", "datatypes:admin", "members:admin", "webhooks:admin"),
    ]
    assert (roles["Member"]["isDefault"], roles["Member"]["grantedScopes"]) == (
        True,
        ["members:read"],
    )
    assert roles["own@example.com"]["grantedScopes"] == [
        *("datatypes:read", "members:read", "records:write"),
    ]
    one = roles["Member"]
    assert ok(client.get(f"/member-roles/{one['id']}")) == one
    assert refused(client.get("/member-roles/999999"), 404)


# ---------------------------------------------------------------- writing


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": 7}, "email"),
        ({"phone": "12"}, "phone"),
        ({"email": "a@example.com", "phone": ["x"]}, "phone"),
        ({"externalId": " "}, "externalId"),
        ({"externalId": "x" * 256}, "externalId"),
        ({"externalId": "x", "dateOfBirth": "2990-01-01"}, "dateOfBirth"),
        ({"externalId": "x", "dateOfBirth": "28.2.1990"}, "dateOfBirth"),
        ({"externalId": "x", "locale": "not a tag"}, "locale"),
        ({"externalId": "x", "labels": "vip"}, "labels"),
        ({"externalId": "x", "labels": ["a b"]}, "labels.0"),
        ({"externalId": "x", "labels": [f"l{at}" for at in range(51)]}, "labels"),
        ({"externalId": "x", "name": "A B", "firstName": "A"}, "name"),
        ({"externalId": "x", "firstName": "a\u0000"}, "firstName"),
        ({"externalId": "x", "memberRoleId": 999_999}, "memberRoleId"),
        ({"externalId": "x", "roleId": 999_999}, "roleId"),
    ],
    ids=str,
)
def test_details_that_will_not_do_are_named(
    client: WorkspaceClient, body: dict[str, Any], at: str
) -> None:
    assert set(refused(client.post(MEMBERS, body), 400)["details"]) == {at}


def test_all_problems_are_told_at_once(client: WorkspaceClient) -> None:
    body = {"email": "x", "phone": "y", "dateOfBirth": "z"}
    assert set(refused(client.post(MEMBERS, body), 400)["details"]) == set(body)
    assert refused(client.post(MEMBERS, {"email": "a@example.com", "x": 1}), 400)


def test_a_member_is_named_once(client: WorkspaceClient) -> None:
    first = add(client, email="ann@example.com", externalId="one", phone="+12015550123")
    second = add(client, externalId="two", phone="+12015550123")

    for method, path, body in (
        ("POST", MEMBERS, {"email": "ANN@example.com"}),
        ("POST", MEMBERS, {"externalId": "one"}),
        ("POST", MEMBERS, {"externalId": "one", "email": "ann@example.com"}),
        ("PUT", f"{MEMBERS}/{second['id']}", {"externalId": "one"}),
        ("PUT", f"{MEMBERS}/{second['id']}", {"email": "Ann@Example.com"}),
    ):
        error = refused(client.send(method, path, body), 409)
        assert error["code"] == "already_exists"
        words = {"email": "address", "externalId": "external id"}
        assert error["details"] == {
            key: [f"member {first['id']} has this {words[key]} already."] for key in body
        }
    ok(client.put(f"{MEMBERS}/{first['id']}", {"email": None, "externalId": None}))
    add(client, email="ann@example.com", externalId="one")


def test_put_merges_and_null_clears(client: WorkspaceClient, workspace: Caller) -> None:
    made = add(client, name="Ann Ahn", email="ann@example.com", phone="+12015550123")
    path = f"{MEMBERS}/{made['id']}"

    changed = ok(client.put(path, {"lastName": "Oz", "phone": None, "labels": ["vip"]}))

    assert (changed["name"], changed["phone"], changed["labels"]) == ("Ann Oz", None, ["vip"])
    assert changed["email"] == "ann@example.com"
    assert refused(client.put(path, {"email": None}), 400)["details"].keys() == {"email"}
    history = Member.history.filter(id=made["id"]).order_by("-history_id")
    assert [row.history_type for row in history] == ["~", "+"]
    assert history[0].history_user == workspace.member.user
    # What changes nothing leaves no trace.
    assert ok(client.put(path, {"lastName": "Oz"})) == changed
    assert history.count() == 2


def test_a_user_follows_the_address_until_they_have_logged_in(client: WorkspaceClient) -> None:
    made = add(client, externalId="one")
    user = Member.objects.get(id=made["id"]).user
    assert user.username.startswith("member-")

    ok(client.put(f"{MEMBERS}/{made['id']}", {"email": "ann@example.com"}))
    user.refresh_from_db()
    assert user.username == "ann@example.com"

    user.set_password("something")
    user.save()
    ok(client.put(f"{MEMBERS}/{made['id']}", {"email": "other@example.net"}))
    assert get_user_model().objects.get(id=user.pk).username == "ann@example.com"
    # Their log-in is another member's address by now.
    other = add(client, email="ann@example.com")
    assert Member.objects.get(id=other["id"]).user_id != user.pk


def test_archived_and_brought_back(client: WorkspaceClient, workspace: Caller) -> None:
    other = make_member(workspace, "other@example.com", {"client_client": {"create": True}})
    path, theirs = f"{MEMBERS}/{other.member.pk}", WorkspaceClient(other)
    records = f"/data-types/{workspace.schema('client_client').id}/records"
    record = ok(theirs.post(records, {"fieldValues": {"email": "x@example.com"}}), 201)

    assert ok(client.post(f"{path}/archive"))["isActive"] is False
    assert refused(theirs.get(f"{MEMBERS}/me"), 401)
    kept = f"{records}/{record['id']}"
    assert ok(client.get(kept))["memberId"] == other.member.pk
    ok(client.put(kept, {"fieldValues": {"first_name": "Still"}}))
    again = {"fieldValues": {}, "memberId": other.member.pk}
    assert refused(client.post(records, again), 400)["code"] == "does_not_exist"
    assert ok(client.post(f"{path}/unarchive"))["isActive"] is True
    assert ok(theirs.get(f"{MEMBERS}/me"))
    assert ok(client.delete(path)) == {"status": "archived"}
    assert Member.objects.get(id=other.member.pk).is_active is False


@pytest.mark.parametrize("call", ["archive", "delete", "role"])
def test_the_last_admin_stays(client: WorkspaceClient, workspace: Caller, call: str) -> None:
    path = f"{MEMBERS}/{workspace.member.pk}"
    answer = {
        "archive": lambda: client.post(f"{path}/archive"),
        "delete": lambda: client.delete(path),
        "role": lambda: client.put(path, {"memberRoleId": role_id(workspace)}),
    }[call]()

    assert refused(answer, 409)["code"] == "last_admin"
    assert Member.objects.get(id=workspace.member.pk).role.is_admin


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        ((), (201, 200, 201, 200, 200)),
        (("members:admin",), (201, 200, 201, 200, 200)),
        (("members:write",), (201, 200, 403, 403, 403)),
        (("members:read",), (403, 403, 403, 403, 403)),
        (("records:admin",), (403, 403, 403, 403, 403)),
    ],
    ids=str,
)
def test_what_admins_may_do_depends_on_the_scopes(
    workspace: Caller, plain: Caller, scopes: tuple[str, ...], statuses: tuple[int, ...]
) -> None:
    client = scoped(workspace, *scopes)
    path = f"{MEMBERS}/{plain.member.pk}"
    admin = role_id(workspace, is_admin=True)

    answers = (
        client.post(MEMBERS, {"externalId": "x"}),
        client.put(path, {"lastName": "X"}),
        client.post(MEMBERS, {"externalId": "y", "roleId": admin}),
        client.put(path, {"memberRoleId": admin}),
        client.post(f"{path}/archive"),
    )

    assert tuple(answer.status_code for answer in answers) == statuses


@pytest.mark.parametrize("scopes", [(), ("members:admin",)], ids=str)
def test_who_is_no_admin_changes_nobody(
    workspace: Caller, plain: Caller, scopes: tuple[str, ...]
) -> None:
    client = scoped(plain, *scopes)
    path = f"{MEMBERS}/{plain.member.pk}"

    for answer in (
        client.post(MEMBERS, {"externalId": "x"}),
        client.put(path, {"lastName": "X"}),
        client.post(f"{path}/archive"),
        client.delete(path),
        client.post("/create-signup", {"member": {"externalId": "x"}}),
    ):
        assert refused(answer, 403)["code"] == "permission_required"


def test_changing_an_admin_takes_the_scope_to_administer(workspace: Caller) -> None:
    second = add(
        WorkspaceClient(workspace), externalId="2", roleId=role_id(workspace, is_admin=True)
    )
    client = scoped(workspace, "members:write")

    path = f"{MEMBERS}/{second['id']}"
    for body in (
        {"memberRoleId": role_id(workspace)},
        {"lastName": "X"},
        {"email": "x@example.com"},
    ):
        assert refused(client.put(path, body), 403)["code"] == "permission_required"
    ok(client.put(path, {"externalId": "2"}))
    ok(scoped(workspace, "members:admin").put(path, {"lastName": "X"}))


def test_members_of_another_workspace_are_unknown(
    client: WorkspaceClient, elsewhere: Caller
) -> None:
    path = f"{MEMBERS}/{elsewhere.member.pk}"

    for answer in (
        client.get(path),
        client.put(path, {"lastName": "X"}),
        client.post(f"{path}/archive"),
        client.post(f"{path}/unarchive"),
        client.delete(path),
        client.get(f"/member-roles/{elsewhere.member.role_id}"),
    ):
        refused(answer, 404)
    body = {"externalId": "x", "roleId": elsewhere.member.role_id}
    assert refused(client.post(MEMBERS, body), 400)["details"].keys() == {"roleId"}
    add(client, email=elsewhere.member.email)


# ---------------------------------------------------------------- acting for others


def test_an_admins_key_acts_for_a_member(client: WorkspaceClient, workspace: Caller) -> None:
    other = make_member(
        workspace, "other@example.com", {"client_client": {"create": True, "view": "own"}}
    )
    acting = {"X_Acting_Member": str(other.member.uuid)}
    records = f"/data-types/{workspace.schema('client_client').id}/records"

    assert ok(client.get(f"{MEMBERS}/me", **acting))["id"] == other.member.pk
    made = ok(client.post(records, {"fieldValues": {"email": "x@example.com"}}, **acting), 201)
    (change,) = ok(client.get(f"{records}/{made['id']}/changes"))["items"]
    assert (made["memberId"], change["memberId"]) == (other.member.pk, other.member.pk)
    (told,) = (
        row for row in ok(client.get("/changes"))["changes"] if row["recordId"] == made["id"]
    )
    key = workspace.member.api_keys.get()
    assert (told["memberId"], told["apiKeyId"]) == (other.member.pk, key.pk)
    # Their role is what counts.
    refused(client.post(MEMBERS, {"externalId": "x"}, **acting), 403)


def test_nobody_else_acts_for_others(
    client: WorkspaceClient, workspace: Caller, plain: Caller, elsewhere: Caller
) -> None:
    admin = {"X_Acting_Member": str(workspace.member.uuid)}
    theirs = {"X_Acting_Member": str(plain.member.uuid)}
    path = f"{MEMBERS}/me"

    refused(WorkspaceClient(plain).get(path, **admin), 403)
    refused(scoped(plain, "members:admin").get(path, **admin), 403)
    refused(scoped(workspace, "members:write").get(path, **theirs), 403)
    ok(scoped(workspace, "members:admin").get(path, **theirs))
    refused(client.get(path, X_Acting_Member=str(elsewhere.member.uuid)), 403)
    refused(client.get(path, X_User_Id=str(workspace.member.uuid), **theirs), 403)
    refused(client.get(path, X_Acting_Member="x"), 400)
    session = Client()
    session.force_login(workspace.member.user)
    refused(
        session.get(client.base + path, headers={"X-Acting-Member": str(plain.member.uuid)}), 403
    )
    ok(client.post(f"{MEMBERS}/{plain.member.pk}/archive"))
    refused(client.get(path, **theirs), 403)


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        (("members:admin",), (403, 403, 403, 403, 403, 403)),
        (("members:admin", "records:read"), (200, 200, 403, 403, 403, 403)),
        (("members:admin", "records:write"), (200, 200, 200, 200, 201, 403)),
        (("members:admin", "records:admin"), (200, 200, 200, 200, 201, 200)),
    ],
    ids=str,
)
@pytest.mark.parametrize("is_admin", [False, True])
def test_a_key_reaches_no_more_records_for_others_than_its_scopes_say(
    workspace: Caller, scopes: tuple[str, ...], statuses: tuple[int, ...], *, is_admin: bool
) -> None:
    grants = {"create": True, "view": "own", "edit": "own", "remove": "own"}
    other = make_member(workspace, "other@example.com", {"client_client": grants})
    if is_admin:
        Member.objects.filter(id=other.member.pk).update(role_id=workspace.member.role_id)
        other = Caller(other.workspace, Member.objects.get(id=other.member.pk), other.secret)
    acting = {"X_Acting_Member": str(other.member.uuid)}
    data_type = f"/data-types/{workspace.schema('client_client').id}"
    records = f"{data_type}/records"
    body = {"fieldValues": {"email": "x@example.com"}, "externalId": "x"}
    path = f"{records}/{ok(WorkspaceClient(other).post(records, body), 201)['id']}"
    client = scoped(workspace, *scopes)

    answers = (
        client.get(path, **acting),
        client.get(f"{path}/changes", **acting),
        client.put(path, {"fieldValues": {"first_name": "X"}}, **acting),
        client.post(f"{data_type}/upsert/x", {"fieldValues": {"last_name": "X"}}, **acting),
        client.post(records, {"fieldValues": {"email": "y@example.com"}}, **acting),
        client.delete(path, **acting),
    )

    assert tuple(answer.status_code for answer in answers) == statuses


# ---------------------------------------------------------------- repeated, tried, counted


def test_a_key_makes_a_member_once(client: WorkspaceClient) -> None:
    body = {"externalId": "one"}
    first, again = (client.post(MEMBERS, body, Idempotency_Key="one") for _ in range(2))

    assert ok(first, 201) == ok(again, 201)
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_dry_run_adds_nobody_and_says_what_it_would_change(client: WorkspaceClient) -> None:
    made = add(client, externalId="one")
    ok(client.post(f"{MEMBERS}?dryRun=true", {"externalId": "two"}), 201)

    told = ok(client.put(f"{MEMBERS}/{made['id']}?dryRun=true", {"lastName": "Oz"}))

    assert told["changes"]["lastName"] == {"old": None, "new": "Oz"}
    assert ok(client.get(f"{MEMBERS}/{made['id']}")) == made
    assert ok(client.get(MEMBERS))["total"] == 2
    ok(client.put(f"{MEMBERS}/{made['id']}", {"lastName": "Oz"}, Apply_Plan=told["plan"]))


def test_a_page_costs_the_same_however_many_there_are(client: WorkspaceClient) -> None:
    def statements(query: dict[str, str]) -> int:
        ok(client.get(MEMBERS, query))
        with CaptureQueriesContext(connection) as captured:
            ok(client.get(MEMBERS, query))
        return len(captured)

    before = [statements(query) for query in ({}, {"search": "e"})]
    for at in range(10):
        add(client, externalId=str(at), name="Eve")
    assert [statements(query) for query in ({}, {"search": "e"})] == before == [3, 3]
