"""Whose a record is: set, shown, found and limited by the same rules through every API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from records.services.shaping import update_object
from records.services.shaping.creation import get_object
from tests.api.workspace.calling import WorkspaceClient
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_key, make_member, make_object
from tests.mcp.calling import Agent

NOBODY = "01920000-0000-7000-8000-000000000001"
# Statuses of the tools, as those of the other APIs.
CODES = {"FORBIDDEN": 403, "NOT_FOUND": 404, "CONFLICT": 409, "VALIDATION_ERROR": 400}
Door = Callable[[Caller, str, dict[str, Any], Any], tuple[int, dict[str, Any]]]


def records_api(caller: Caller, uuid: str, data: dict[str, Any], member: Any) -> Any:
    fields = [{"name": name, "value": value} for name, value in data.items()]
    body = {"fields": fields} | ({"member_id": str(member.uuid)} if member else {})
    path = f"/api/records/cases/{uuid}" if uuid else "/api/records/cases/add"
    answer = (ApiClient(caller).patch if uuid else ApiClient(caller).post)(path, body)
    return answer.status_code, answer.json()


def workspace_api(caller: Caller, uuid: str, data: dict[str, Any], member: Any) -> Any:
    client, path = WorkspaceClient(caller), f"/data-types/{caller.schema('cases').id}/records"
    body = {"fieldValues": data} | ({"memberId": member.pk} if member else {})
    if not uuid:
        answer = client.post(path, body)
        return 200 if answer.status_code == 201 else answer.status_code, answer.json()
    known = {row["uuid"]: row["id"] for row in client.get(path).json()["items"]}
    answer = client.put(f"{path}/{known.get(uuid, 10**9)}", body)
    return answer.status_code, answer.json()


def tools(caller: Caller, uuid: str, data: dict[str, Any], member: Any) -> Any:
    named = {"record_id": uuid} if uuid else {}
    named |= {"member_id": str(member.uuid)} if member else {}
    action = "patch" if uuid else "upsert"
    result = Agent(caller).result(
        "manage_record", action=action, record_type="cases", data=data, **named
    )
    content = result["structuredContent"]
    return CODES[content["error"]["code"]] if result["isError"] else 200, content


DOORS: dict[str, Door] = {
    "records": records_api,
    "workspace": workspace_api,
    "tools": tools,
}


@pytest.fixture(params=DOORS)
def write(request: pytest.FixtureRequest) -> Door:
    return DOORS[request.param]


@pytest.fixture
def clerk(workspace: Caller) -> Caller:
    """A member who sees all cases, and changes only their own."""
    make_object(workspace, "Cases", FieldDefinition("Margin", "integer", is_admin_only=True))
    rights = {"create": True, "view": "all", "edit": "own"}
    return make_member(workspace, "clerk@example.com", {"cases": rights})


def shown(caller: Caller, uuid: str) -> list[Any]:
    """Whose the record is, as every API shows it."""
    path = f"/data-types/{caller.schema('cases').id}/records"
    rows = WorkspaceClient(caller).get(path).json()["items"]
    number = next(row["memberId"] for row in rows if row["uuid"] == uuid)
    plain = ApiClient(caller).get(f"/api/records/cases/{uuid}").json()["member_id"]
    (record,) = Agent(caller).call("get_records", record_type="cases", record_ids=[uuid])["records"]
    return [plain, number, record.get("member_id")]


def add(caller: Caller, write: Door, name: str, member: Any) -> str:
    status, content = write(caller, "", {"name": name}, member)
    assert status == 200, content
    return str(content.get("uuid", content["id"]))


def test_it_is_set_and_shown_and_taken_by_who_may_edit_all(
    workspace: Caller, clerk: Caller, write: Door
) -> None:
    uuid = add(workspace, write, "A", clerk.member)
    theirs = str(clerk.member.uuid)
    assert shown(workspace, uuid) == [theirs, clerk.member.pk, theirs]
    assert write(workspace, uuid, {}, workspace.member)[0] == 200
    assert shown(workspace, uuid)[0] == str(workspace.member.uuid)


def test_others_may_only_write_for_themselves(
    workspace: Caller, clerk: Caller, write: Door
) -> None:
    assert write(clerk, "", {"name": "A"}, workspace.member)[0] == 403
    uuid = add(clerk, write, "B", clerk.member)
    assert write(clerk, uuid, {"name": "C"}, clerk.member)[0] == 200
    assert write(clerk, uuid, {}, workspace.member)[0] == 403
    assert shown(workspace, uuid)[0] == str(clerk.member.uuid)


def test_one_per_member_holds_for_a_member_that_is_named(
    workspace: Caller, clerk: Caller, write: Door
) -> None:
    update_object(workspace.author, get_object(workspace.author, "cases"), is_collection=False)
    add(workspace, write, "A", clerk.member)
    assert write(workspace, "", {"name": "B"}, clerk.member)[0] == 409
    mine = add(workspace, write, "C", None)  # the caller's
    assert write(workspace, "", {"name": "D"}, None)[0] == 409
    assert write(workspace, mine, {}, clerk.member)[0] == 409
    assert shown(workspace, mine)[0] == str(workspace.member.uuid)
    described = Agent(workspace).call("list_record_types", record_type="cases")["record_types"][0]
    assert described["one_per_member"] is True


def test_fields_for_admins_are_set_by_admins_alone(
    workspace: Caller, clerk: Caller, write: Door
) -> None:
    assert write(workspace, "", {"name": "A", "margin": 5}, None)[0] == 200
    status, _ = write(clerk, "", {"name": "B", "margin": 5}, None)
    # Such a field is none for others; the Workspace API says by its contract that it is an admin's.
    assert status == (403 if write is workspace_api else 400)


def test_ones_own_records_are_found_by_the_member(workspace: Caller, clerk: Caller) -> None:
    uuid = add(clerk, records_api, "A", clerk.member)
    other = add(workspace, tools, "B", workspace.member)
    for caller, asked, expected in (
        (clerk, "is_me", uuid),
        (clerk, str(workspace.member.uuid), other),
        (workspace, str(clerk.member.uuid), uuid),
    ):
        api = ApiClient(caller)
        page = api.post("/api/records/cases/search", {"member_id": asked}).json()
        assert [row["id"] for row in page["results"]] == [expected]
        condition = {"field": "member_id", "op": "eq", "value": asked}
        found = Agent(caller).call("query_records", record_type="cases", filter=condition)
        assert [record["id"] for record in found["records"]] == [expected]
    more: list[tuple[str, Any, int]] = [
        ("neq", "is_me", 1),
        ("in", ["is_me", NOBODY], 1),
        ("eq", None, 0),
    ]
    for op, value, count in more:
        condition = {"field": "member_id", "op": op, "value": value}
        found = Agent(clerk).call("query_records", record_type="cases", filter=condition)
        assert found["total"] == count


def test_it_is_taken_away_and_wrong_names_are_refused(workspace: Caller, clerk: Caller) -> None:
    uuid = add(workspace, records_api, "A", clerk.member)
    api = ApiClient(workspace)
    path = f"/api/records/cases/{uuid}"
    assert api.patch(path, {"member_id": None}).json()["member_id"] is None
    assert shown(workspace, uuid) == [None, None, None]
    assert api.patch(path, {"member_id": "is_me"}).json()["member_id"] == str(workspace.member.uuid)
    wrongs: list[Any] = [NOBODY, "nobody", 5, []]
    for wrong in wrongs:
        answer = api.patch(path, {"member_id": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "does_not_exist")
        asked = api.post("/api/records/cases/search", {"member_id": wrong})
        assert asked.status_code == 400
    error = Agent(workspace).refusal(
        "manage_record",
        action="patch",
        record_type="cases",
        record_id=uuid,
        data={},
        member_id=NOBODY,
    )
    assert error["message"].startswith("member_id: there is no such member")


def test_a_key_that_may_not_write_writes_for_nobody_else(workspace: Caller, clerk: Caller) -> None:
    secret = make_key(workspace.workspace, workspace.member, scopes=["members:write"])[1]
    limited = Caller(workspace.workspace, workspace.member, secret)
    path = f"/data-types/{workspace.schema('cases').id}/records"
    body = {"fieldValues": {"name": "A"}, "memberId": clerk.member.pk}
    assert WorkspaceClient(limited).post(path, body).status_code == 403
    assert (
        WorkspaceClient(limited).post(path, body | {"memberId": workspace.member.pk}).status_code
        == 201
    )
