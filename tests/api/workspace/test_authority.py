"""Who may do what: bearer keys, scopes, roles, one's own records, other workspaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.test import Client

from records.models import ApiKey
from records.services.people.workspaces import revoke_api_key
from tests.factories import Caller, FieldDefinition, make_key, make_member, make_object

from .calling import WorkspaceClient, ok, refused

OWN = {"create": True, "view": "own", "edit": "own"}
ROLES: Mapping[str, Mapping[str, Any]] = {
    "none": {},
    "create": {"create": True},
    "own": OWN,
    "own, may delete": {**OWN, "remove": "own"},
    "reader": {"view": "all"},
    "writer": {"create": True, "view": "all", "edit": "all"},
    "keeper": {"create": True, "view": "all", "edit": "all", "remove": "all"},
}
ALL_SCOPES: tuple[str, ...] = ()
ACTIONS = ("create", "create for another", "read", "update", "delete", "changes", "list")

# role, scopes of the key, whose record -> status of each action
TABLE: list[tuple[str, tuple[str, ...], str, dict[str, int]]] = [
    (
        "none",
        ALL_SCOPES,
        "own",
        {"create": 403, "read": 200, "update": 200, "delete": 200, "changes": 200, "list": 200},
    ),
    (
        "none",
        ALL_SCOPES,
        "other",
        {"create for another": 403, "read": 404, "update": 404, "delete": 404, "changes": 404},
    ),
    ("create", ALL_SCOPES, "own", {"create": 201, "read": 200, "update": 200, "delete": 200}),
    (
        "create",
        ALL_SCOPES,
        "other",
        {"create for another": 403, "read": 404, "update": 404, "delete": 404},
    ),
    (
        "own",
        ALL_SCOPES,
        "own",
        {"create": 201, "read": 200, "update": 200, "delete": 200, "changes": 200},
    ),
    (
        "own",
        ("datatypes:read",),
        "own",
        {"create": 403, "read": 200, "update": 403, "delete": 403, "changes": 200, "list": 403},
    ),
    (
        "own",
        ("datatypes:write",),
        "own",
        {"create": 201, "read": 200, "update": 200, "delete": 403, "changes": 200, "list": 403},
    ),
    ("own", ("records:write",), "own", {"create": 201, "update": 200, "delete": 403}),
    ("own", ("records:admin",), "own", {"create": 201, "update": 200, "delete": 200}),
    ("own", ALL_SCOPES, "other", {"create for another": 403, "read": 404, "update": 404}),
    ("own, may delete", ALL_SCOPES, "own", {"delete": 200}),
    ("own, may delete", ("records:read",), "own", {"delete": 403}),
    ("own, may delete", ALL_SCOPES, "other", {"delete": 404}),
    (
        "reader",
        ALL_SCOPES,
        "other",
        {"read": 200, "changes": 200, "update": 403, "delete": 403, "list": 200},
    ),
    ("reader", ("records:read",), "other", {"read": 200, "changes": 200, "update": 403}),
    (
        "reader",
        ("datatypes:read",),
        "other",
        {"read": 403, "changes": 403, "update": 403, "list": 403},
    ),
    (
        "writer",
        ALL_SCOPES,
        "other",
        {"create for another": 201, "read": 200, "update": 200, "delete": 403},
    ),
    (
        "writer",
        ("records:write",),
        "other",
        {"create for another": 201, "read": 200, "update": 200, "delete": 403},
    ),
    (
        "writer",
        ("records:read",),
        "other",
        {"create for another": 403, "create": 403, "read": 200, "update": 403},
    ),
    ("keeper", ("records:write",), "other", {"delete": 403}),
    ("keeper", ("records:admin",), "other", {"delete": 200}),
    ("keeper", ("records:read",), "other", {"delete": 403}),
    ("admin", ALL_SCOPES, "other", dict.fromkeys(("read", "update", "delete", "list"), 200)),
    (
        "admin",
        ("records:admin",),
        "other",
        dict.fromkeys(("read", "update", "delete", "list"), 200),
    ),
    (
        "admin",
        ("records:read",),
        "other",
        {"read": 200, "update": 403, "delete": 403, "create for another": 403},
    ),
]


def member_with(admin: Caller, role: str, email: str = "member@example.com") -> Caller:
    if role == "admin":
        return admin
    grants = ROLES[role]
    return make_member(admin, email, {"visits": grants} if grants else None)


def act(client: WorkspaceClient, action: str, visits: str, record: int, another: int) -> Any:
    path = f"{visits}/{record}"
    match action:
        case "create":
            return client.post(visits, {"fieldValues": {"reason": "New"}})
        case "create for another":
            return client.post(visits, {"memberId": another})
        case "read":
            return client.get(path)
        case "update":
            return client.put(path, {"fieldValues": {"steps": 1}})
        case "delete":
            return client.delete(path)
        case "changes":
            return client.get(f"{path}/changes")
    return client.get(visits)


@pytest.mark.parametrize(
    ("role", "scopes", "whose", "expected"),
    TABLE,
    ids=[f"{row[0]}-{'+'.join(row[1]) or 'all'}-{row[2]}" for row in TABLE],
)
def test_what_a_member_may_do(
    workspace: Caller,
    client: WorkspaceClient,
    visits: str,
    role: str,
    scopes: tuple[str, ...],
    whose: str,
    expected: Mapping[str, int],
) -> None:
    member = member_with(workspace, role)
    another = make_member(workspace, "another@example.com", {"visits": OWN})
    secret = make_key(workspace.workspace, member.member, scopes=scopes)[1]
    caller = WorkspaceClient(member, secret=secret)
    for action, status in expected.items():
        theirs = member if whose == "own" else another
        made = ok(
            client.post(
                visits, {"memberId": theirs.member.pk, "fieldValues": {"owner": theirs.member.pk}}
            ),
            201,
        )
        answer = act(caller, action, visits, made["id"], another.member.pk)
        assert answer.status_code == status, (action, answer.content)
        if status >= 400:
            refused(answer, status)
            after = client.get(f"{visits}/{made['id']}")
            assert ok(after)["version"] == 1


SELF_ACCESS: list[tuple[tuple[str, ...], bool, Mapping[str, int]]] = [
    (("records:read",), False, {"create": 403, "update": 403, "delete": 403}),
    (("records:read", "datatypes:read"), False, {"create": 403, "update": 403, "delete": 403}),
    (("records:read",), True, {"create": 201, "update": 200, "delete": 403}),
    (("datatypes:read",), True, {"create": 201, "update": 200, "delete": 403}),
    (("records:read", "webhooks:write"), False, {"create": 201, "update": 200, "delete": 403}),
]


@pytest.mark.parametrize(("scopes", "self_access", "expected"), SELF_ACCESS)
def test_a_key_with_read_scopes_alone_writes_ones_own_records_only_with_self_access(
    workspace: Caller,
    client: WorkspaceClient,
    visits: str,
    scopes: tuple[str, ...],
    self_access: bool,
    expected: Mapping[str, int],
) -> None:
    member = member_with(workspace, "own, may delete")
    made = ok(client.post(visits, {"memberId": member.member.pk}), 201)
    secret = make_key(workspace.workspace, member.member, scopes=scopes, self_access=self_access)[1]
    caller = WorkspaceClient(member, secret=secret)

    for action, status in expected.items():
        answer = act(caller, action, visits, made["id"], workspace.member.pk)
        assert answer.status_code == status, (action, answer.content)
    others = ok(client.post(visits, {}), 201)
    assert act(caller, "update", visits, others["id"], 0).status_code in (403, 404)


def test_a_read_only_key_may_neither_upsert_nor_change_in_bulk(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    secret = make_key(workspace.workspace, workspace.member, scopes=["records:read"])[1]
    caller = WorkspaceClient(workspace, secret=secret)
    path = visits.removesuffix("/records")

    refused(caller.post(f"{path}/upsert/k-1", {}), 403)
    refused(caller.post(f"{visits}/bulk", {"records": [{}]}), 403)
    assert ok(client.get(visits))["total"] == 0


def test_without_list_all_only_ones_own_are_listed(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    member = make_member(workspace, "member@example.com", {"visits": OWN})
    caller = WorkspaceClient(member)
    mine = ok(caller.post(visits, {}), 201)
    ok(client.post(visits, {}), 201)

    page = ok(caller.get(visits))

    assert ([item["id"] for item in page["items"]], page["total"]) == ([mine["id"]], 1)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic {}",
        "{}",
        "Bearer {} {}",
        "Bearer \u00e9",
    ],
    ids=["none", "empty", "bare", "blank", "unknown", "basic", "no scheme", "two", "not ascii"],
)
def test_without_a_key_nothing_is_answered(
    workspace: Caller, visits: str, header: str | None
) -> None:
    client = WorkspaceClient(workspace)
    client.headers = (
        {}
        if header is None
        else {"Authorization": header.format(workspace.secret, workspace.secret)}
    )

    answer = client.get(visits)

    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_key_and_one_of_nobody_are_not_known(
    workspace: Caller, client: WorkspaceClient, visits: str
) -> None:
    nobodys = WorkspaceClient(workspace, secret=make_key(workspace.workspace, None)[1])
    refused(nobodys.get(visits), 401)
    assert nobodys.get(visits, x_user_id=str(workspace.member.uuid)).status_code == 200
    revoke_api_key(ApiKey.objects.get(member=workspace.member))

    refused(client.get(visits), 401)


def test_another_workspace_is_as_unknown_as_none(
    workspace: Caller, elsewhere: Caller, client: WorkspaceClient, visits: str, visit: str
) -> None:
    theirs = make_object(
        elsewhere, "Visits", FieldDefinition("Reason", "text"), identifier_field=None
    )
    stranger = WorkspaceClient(elsewhere)
    kind = f"/data-types/{theirs.pk}"
    record = ok(stranger.post(f"{kind}/records", {}), 201)["id"]
    unknown = "01920000-0000-7000-8000-000000000001"
    missing = client.get(f"{visits}/987654321").content

    asked = [
        WorkspaceClient(workspace, workspace=str(elsewhere.workspace.uuid)).get("/data-types"),
        WorkspaceClient(workspace, workspace=unknown).get("/data-types"),
        WorkspaceClient(workspace, workspace="nonsense").get("/data-types"),
        client.get(kind),
        client.get(f"{kind}/records"),
        client.post(f"{kind}/records", {}),
        client.get(f"{kind}/records/{record}"),
        client.put(f"{kind}/records/{record}", {}),
        client.delete(f"{kind}/records/{record}"),
        client.get(f"{kind}/records/{record}/changes"),
        client.post(f"{kind}/upsert/x", {}),
        client.post(f"{kind}/records/bulk", {"records": [{}]}),
        client.get(f"{visits}/{record}"),
        client.put(f"{visits}/{record}", {}),
        client.delete(f"{visits}/{record}"),
        client.get("/data-types/member-record-counts", {"memberId": elsewhere.member.pk}),
        client.get("/data-types/987654321"),
        client.get("/nothing"),
    ]

    assert {answer.status_code for answer in asked} == {404}
    assert {answer.content for answer in asked} == {missing}
    refused(client.post(visits, {"memberId": elsewhere.member.pk}), 400)


@pytest.mark.parametrize(
    ("role", "scopes", "method", "path", "status"),
    [
        ("admin", ("datatypes:read",), "GET", "", 200),
        ("admin", ("records:admin",), "GET", "", 403),
        ("admin", ("datatypes:read",), "POST", "", 403),
        ("admin", ("datatypes:write",), "POST", "", 201),
        ("admin", ("datatypes:write",), "DELETE", "/{id}", 403),
        ("admin", ("datatypes:admin",), "DELETE", "/{id}", 200),
        ("admin", ("datatypes:read",), "POST", "/validate-slug", 200),
        ("admin", ("datatypes:read",), "GET", "/member-record-counts", 200),
        ("admin", ("records:read",), "GET", "/member-record-counts", 403),
        ("keeper", (), "POST", "", 403),
        ("keeper", (), "PUT", "/{id}", 403),
        ("keeper", (), "DELETE", "/{id}", 403),
        ("reader", (), "GET", "/{id}", 200),
        ("none", (), "GET", "/{id}", 404),
    ],
)
def test_who_may_shape_types(
    workspace: Caller,
    visits: str,
    role: str,
    scopes: tuple[str, ...],
    method: str,
    path: str,
    status: int,
) -> None:
    member = member_with(workspace, role)
    client = WorkspaceClient(
        member, secret=make_key(workspace.workspace, member.member, scopes=scopes)[1]
    )
    body = (
        {"name": "Notes", "slug": "notes"}
        if path == ""
        else {"slug": "x"}
        if "slug" in path
        else {"name": "Calls"}
    )

    answer = client.send(
        method,
        "/data-types" + path.format(id=workspace.schema("visits").id),
        body if method in ("POST", "PUT") else None,
    )

    assert answer.status_code == status, answer.content


def test_fields_for_admins_alone_are_not_there_for_others(
    workspace: Caller, client: WorkspaceClient
) -> None:
    kind = make_object(
        workspace,
        "Cases",
        FieldDefinition("Title", "text"),
        FieldDefinition("Margin", "integer", is_admin_only=True),
        identifier_field=None,
    )
    path = f"/data-types/{kind.pk}/records"
    member = WorkspaceClient(
        make_member(
            workspace, "m@example.com", {"cases": {"create": True, "view": "all", "edit": "all"}}
        )
    )
    made = ok(client.post(path, {"fieldValues": {"title": "T", "margin": 5}}), 201)

    seen = ok(member.get(f"{path}/{made['id']}"))

    assert made["fieldValues"]["margin"] == 5
    assert "margin" not in seen["fieldValues"]
    assert "margin" not in {
        field["slug"] for field in ok(member.get(f"/data-types/{kind.pk}"))["fields"]
    }
    assert all(
        "margin" not in item["changes"]
        for item in ok(member.get(f"{path}/{made['id']}/changes"))["items"]
    )
    refused(member.put(f"{path}/{made['id']}", {"fieldValues": {"margin": 6}}), 403)
    refused(member.post(path, {"fieldValues": {"margin": 6}}), 403)
    refused(member.post(f"{path}/bulk", {"records": [{"fieldValues": {"margin": 6}}]}), 403)
    refused(member.get(path, {"margin": 5}), 400)
    refused(member.get(path, {"sortBy": "margin"}), 400)
    ok(member.put(f"{path}/{made['id']}", {"fieldValues": {"title": "U"}}))
    assert ok(client.get(f"{path}/{made['id']}"))["fieldValues"]["margin"] == 5


def test_a_browser_session_works_with_a_token_of_ours(
    workspace: Caller, elsewhere: Caller, visits: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    user = workspace.member.user
    browser.force_login(user)
    base = f"/api/v2/w/{workspace.workspace.uuid}"

    assert browser.get(base + visits).status_code == 200
    assert browser.post(base + visits, {}, content_type="application/json").status_code == 403
    browser.get("/admin/")
    assert browser.get(f"/api/v2/w/{elsewhere.workspace.uuid}/data-types").status_code == 404
    assert Client().get(base + visits).status_code == 401
