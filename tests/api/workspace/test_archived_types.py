"""Archived data types: out of lists and counts, readable by admins, and back as they were."""

from __future__ import annotations

from json import loads
from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, make_key, make_member, make_object, make_relation
from tests.mcp.calling import Agent

from .calling import WorkspaceClient, ok, refused


@pytest.fixture
def trips(workspace: Caller) -> dict[str, str]:
    """The path of a type whose records link to those of a type, and the path of that one."""
    make_object(workspace, "Ports")
    make_object(workspace, "Trips")
    make_relation(workspace, "trips", "Port", "ports", kind="primary", mirror="Trips")
    make_relation(workspace, "trips", "Stops", "ports", kind="additional", mirror="Passing")
    make_relation(workspace, "trips", "Way back", "trips", kind="primary", mirror="Ways")
    return {name: f"/data-types/{workspace.schema(name).id}" for name in ("trips", "ports")}


@pytest.fixture
def linked(client: WorkspaceClient, trips: dict[str, str]) -> dict[str, Any]:
    """A trip that links to a port, twice."""
    port = ok(
        client.post(
            f"{trips['ports']}/records", {"fieldValues": {"name": "Brest"}, "externalId": "p-1"}
        ),
        201,
    )
    made: dict[str, Any] = ok(
        client.post(
            f"{trips['trips']}/records",
            {"fieldValues": {"name": "Out", "port": port["id"], "stops": [port["id"]]}},
        ),
        201,
    )
    return {"trip": made, "port": port}


CSV = {"content-type": "text/csv"}


def exported(client: WorkspaceClient, records: str, query: dict[str, str]) -> str:
    """The file that an export answers."""
    answer = client.get(f"{records}/export", query)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content).decode()


def archive(client: WorkspaceClient, path: str) -> Any:
    return ok(client.post(f"{path}/archive?force=true"))


def test_a_type_is_archived_and_brought_back_by_calls_of_their_own(
    client: WorkspaceClient, trips: dict[str, str], linked: dict[str, Any]
) -> None:
    path = trips["ports"]
    before = ok(client.get(path))

    assert refused(client.post(f"{path}/archive"), 409)["code"] == "in_use"
    archived = archive(client, path)
    again = ok(client.post(f"{path}/archive"))

    assert archived["archived"] is True
    assert again == archived == ok(client.get(path)) == ok(client.get("/data-types/slug/ports"))
    refused(client.post(f"{path}/archive", {"surplus": 1}), 400)
    assert before["id"] not in {row["id"] for row in ok(client.get("/data-types"))}
    shown = ok(client.get("/data-types", {"archived": "true"}))
    assert [row["slug"] for row in shown] == ["ports"]
    counts = ok(client.get("/data-types/member-record-counts"))["counts"]
    assert str(before["id"]) not in counts

    back = ok(client.post(f"{path}/unarchive"))
    assert back["archived"] is False
    assert back["recordCount"] == 1
    assert back["fields"] == before["fields"]
    assert ok(client.post(f"{path}/unarchive")) == back


def test_links_to_records_of_an_archived_type_are_null_until_it_is_back(
    client: WorkspaceClient, trips: dict[str, str], linked: dict[str, Any]
) -> None:
    trip = f"{trips['trips']}/records/{linked['trip']['id']}"
    before = ok(client.get(trip))["fieldValues"]
    archive(client, trips["ports"])

    hidden = {**before, "port": None, "stops": None}
    assert ok(client.get(trip))["fieldValues"] == hidden
    assert ok(client.get(f"{trips['trips']}/records"))["items"][0]["fieldValues"] == hidden
    named = ok(client.get(trip, {"fieldNames": "name,port"}))["fieldValues"]
    assert named == {"name": "Out", "port": None}
    # What was read can be sent back, and takes no link away.
    writable = {slug: hidden[slug] for slug in ("name", "port", "stops")}
    assert ok(client.put(trip, {"fieldValues": writable}))["fieldValues"]["port"] is None
    changed = ok(client.put(trip, {"fieldValues": {"name": "Home"}}))
    assert changed["fieldValues"]["stops"] is None
    problem = refused(client.put(trip, {"fieldValues": {"port": linked["port"]["id"]}}), 400)
    assert set(problem["details"]) == {"port"}

    ok(client.post(f"{trips['ports']}/unarchive"))
    after = ok(client.get(trip))["fieldValues"]
    assert (after["port"], after["stops"]) == (before["port"], before["stops"])


def test_admins_read_what_an_archived_type_holds_and_write_nothing(
    client: WorkspaceClient, trips: dict[str, str], linked: dict[str, Any]
) -> None:
    path = trips["trips"]
    records = f"{path}/records"
    record = f"{records}/{linked['trip']['id']}"
    before = ok(client.get(record))
    archive(client, path)

    assert ok(client.get(record)) == before
    assert ok(client.get(records))["items"] == [before]
    assert ok(client.get(records, {"name": "Out", "sortBy": "name"}))["total"] == 1
    assert ok(client.get(records, {"search": "out", "cursor": ""}))["items"] == [before]
    figures = ok(client.get(f"{records}/aggregate", {"groupBy": "name"}))["items"]
    assert figures == [{"group": {"name": "Out"}, "aggregates": {"count": 1}}]
    (change,) = ok(client.get(f"{record}/changes"))["items"]
    assert change["action"] == "created"
    lines = exported(client, records, {"format": "jsonl"}).splitlines()
    assert [loads(line)["id"] for line in lines] == [before["id"]]
    assert exported(client, records, {"name": "Out", "format": "csv"}).splitlines()[1:] != []

    values = {"fieldValues": {"name": "New"}}
    for answer in (
        client.post(records, values),
        client.put(record, values),
        client.put(records, values, {"externalId": "t-1"}),
        client.delete(record),
        client.post(f"{path}/upsert/t-1", values),
        client.post(f"{path}/upsert", {"matchField": "name", **values}),
        client.post(f"{records}/bulk", {"records": [values]}),
        client.send("POST", f"{records}/import", b"name\nNew\n", **CSV),
        client.put(path, {"name": "New"}),
        client.put(f"{path}?check=true", {"fields": []}),
    ):
        assert refused(answer, 409)["code"] == "archived"
    assert ok(client.get(record)) == before
    signed_up = client.post(
        "/create-signup", {"member": {"externalId": "m"}, "data": {"trips": {"values": {}}}}
    )
    assert refused(signed_up, 409)["code"] == "archived"
    assert ok(client.get("/members"))["total"] == 1


def test_to_all_others_an_archived_type_is_missing(
    workspace: Caller, client: WorkspaceClient, elsewhere: Caller, trips: dict[str, str]
) -> None:
    granted = {"create": True, "view": "all", "edit": "all", "remove": "all"}
    member = make_member(workspace, "m@example.com", {"trips": granted})
    path = trips["trips"]
    values = {"fieldValues": {"name": "New"}}
    own = ok(WorkspaceClient(member).post(f"{path}/records", values), 201)
    record = f"{path}/records/{own['id']}"
    ok(client.post(f"{path}/archive?force=true"))

    for other in (WorkspaceClient(member), WorkspaceClient(elsewhere)):
        for method, where, body in (
            ("GET", path, None),
            ("GET", "/data-types/slug/trips", None),
            ("GET", f"{path}/records", None),
            ("GET", record, None),
            ("GET", f"{record}/changes", None),
            ("GET", f"{path}/records/aggregate", None),
            ("GET", f"{path}/records/export", None),
            ("POST", f"{path}/records", values),
            ("PUT", record, values),
            ("DELETE", record, None),
            ("POST", f"{path}/upsert/t-1", values),
            ("POST", f"{path}/archive", None),
            ("POST", f"{path}/unarchive", None),
        ):
            refused(other.send(method, where, body), 404)
        assert ok(other.get("/data-types", {"archived": "true"})) == []


def test_external_ids_stay_taken(
    client: WorkspaceClient, trips: dict[str, str], linked: dict[str, Any]
) -> None:
    path = trips["ports"]
    body = {"fieldValues": {"name": "Nice"}, "externalId": "p-1"}
    archive(client, path)
    ok(client.post(f"{path}/unarchive"))

    assert refused(client.post(f"{path}/records", body), 409)["code"] == "already_exists"


def test_archiving_takes_the_scope_of_deleting(
    workspace: Caller, client: WorkspaceClient, trips: dict[str, str]
) -> None:
    _, secret = make_key(workspace.workspace, workspace.member, scopes=["datatypes:write"])
    writer = WorkspaceClient(workspace, secret=secret)
    path = trips["ports"]

    refused(writer.post(f"{path}/archive"), 403)
    refused(writer.put(path, {"archived": True}), 403)
    archive(client, path)
    refused(writer.post(f"{path}/unarchive"), 403)
    refused(writer.put(path, {"archived": False}), 403)
    assert ok(client.get(path))["archived"] is True


def test_every_api_and_the_admin_agree(
    workspace: Caller, client: WorkspaceClient, trips: dict[str, str], linked: dict[str, Any]
) -> None:
    records, agent = ApiClient(workspace), Agent(workspace)
    trip = f"/api/records/trips/{linked['trip']['uuid']}"

    def known() -> list[bool]:
        """Whether the type is there, to each of them."""
        listed = [row["name"] for row in records.get("/api/custom-objects").json()["results"]]
        types = agent.call("list_record_types")["record_types"]
        return [
            "ports" in listed,
            any(row["name"] == "ports" for row in types),
            records.post("/api/records/ports/search", {}).status_code == 200,
        ]

    assert known() == [True, True, True]
    shown = records.get(trip).json()["fields"]
    archive(client, trips["ports"])
    assert known() == [False, False, False]
    assert len(records.get(trip).json()["fields"]) == len(shown) - 2
    assert records.patch("/api/custom-objects/ports/unarchive").status_code == 200
    assert ok(client.get(trips["ports"]))["archived"] is False
    assert known() == [True, True, True]
    assert records.get(trip).json()["fields"] == shown
