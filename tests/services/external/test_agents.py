"""Records that live elsewhere, as agents read and write them."""

from __future__ import annotations

from typing import Any

from records.models import ExternalSource
from records.services.external.ids import uuid_of
from records.services.external.sources import update_source
from tests.factories import Caller
from tests.mcp.calling import Agent

from .upstream import Upstream


def call(caller: Caller, tool: str = "manage_record", **more: Any) -> tuple[bool, dict[str, Any]]:
    """Whether a call was refused, and its content."""
    arguments = {"base_id": str(caller.workspace.uuid), "record_type": "things", **more}
    result = Agent(caller).request("tools/call", {"name": tool, "arguments": arguments})["result"]
    return bool(result.get("isError")), result["structuredContent"]


def test_agents_read_write_and_find_elsewhere(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    refused, made = call(
        admin, action="upsert", data={"name": "Crate", "colour": "Red", "amount": 3}
    )
    assert not refused
    assert (made["external_id"], made["external_source"], made["version"]) == ("T-1", None, 0)
    assert made["data"] == {"name": "Crate", "colour": "Red", "amount": 3}

    call(admin, action="patch", record_id=made["id"], data={"amount": 4})
    assert upstream.things["T-1"]["figures"] == {"amount": 4}
    assert call(admin, action="get", record_id=made["id"])[1]["data"]["amount"] == 4

    found = call(admin, "query_records", filter={"field": "colour", "op": "eq", "value": "Red"})[1]
    assert [record["id"] for record in found["records"]] == [made["id"]]
    changes = call(admin, "record_history", record_id=made["id"])[1]["changes"]
    assert [change["action"] for change in changes] == ["get", "patch"]


def test_agents_name_records_by_the_upstreams_ids(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    long = "an id that is longer than a UUID can say"
    made = call(admin, action="upsert", external_id=long, data={"name": "Crate"})[1]
    assert (made["action"], made["external_id"], upstream.things[long]["title"]) == (
        "created",
        long,
        "Crate",
    )
    assert call(admin, action="get", external_id=long)[1]["data"] == {"name": "Crate"}
    assert call(admin, action="get", record_id=made["id"])[1]["error"]["code"] == "NOT_FOUND"
    assert (
        call(admin, action="get", external_id=long, external_source="crm")[1]["error"]["code"]
        == "NOT_FOUND"
    )

    cancelled = call(admin, action="cancel", external_id=long)[1]
    assert (cancelled["action"], cancelled["_cancelled"]) == ("cancelled", True)
    assert upstream.things[long]["cancelled"]
    refused, deleted = call(admin, action="delete", external_id=long)
    assert (refused, deleted["deleted"]) == (False, True)
    assert not upstream.things


def test_agents_walk_through_pages(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    for at in range(5):
        upstream.things[f"t{at}"] = {"id": f"t{at}", "title": f"Box {at}"}
    names: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = call(admin, "query_records", limit=2, **cursor)[1]
        names += [record["data"]["name"] for record in page["records"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert names == [f"Box {at}" for at in range(5)]


def test_agents_are_told_what_is_not_offered_and_what_failed(
    admin: Caller, source: ExternalSource, upstream: Upstream
) -> None:
    refused, content = call(
        admin, "query_records", filter={"field": "amount", "op": "gt", "value": 3}
    )
    assert (refused, content["error"]["code"]) == (True, "EXTERNAL_CONFIG")

    upstream.answer(502)
    content = call(admin, action="patch", record_id=uuid_of("a"), data={"amount": 4})[1]
    assert content["error"]["code"] == "EXTERNAL_ERROR"
    assert content["error"]["details"] == {
        "reason": "external_error",
        "status": 502,
        "outcome": "unknown",
        "retry_after": None,
    }
    assert "502" in content["error"]["message"]
    assert "unknown" in content["error"]["message"]

    update_source(admin.author, source, operations={})
    content = call(admin, action="patch", record_id=uuid_of("a"), data={"amount": 4})[1]
    assert content["error"]["code"] == "EXTERNAL_CONFIG"
