"""What the tools say of themselves."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import orjson
import pytest

from records.mcp.tools import tools

from .calling import Agent

READING = (
    "list_record_types",
    "list_changes",
    "query_records",
    "aggregate_records",
    "get_records",
    "list_members",
    "record_history",
    "find_duplicates",
)
DESTRUCTIVE = (
    "manage_record",
    "manage_records",
    "manage_attachment",
    "merge_records",
    "undo_operation",
)
PARAMETERS = (
    "action",
    "base_id",
    "record_type",
    "record_id",
    "external_id",
    "external_source",
    "data",
    "expected_version",
    "member_id",
    "idempotency_key",
    "dry_run",
    "plan",
    "reason",
)


@pytest.fixture
def published(either: Agent) -> dict[str, Any]:
    """The tools as clients see them, by name."""
    return {tool["name"]: tool for tool in either.request("tools/list")["result"]["tools"]}


def test_every_tool_is_published_with_a_schema_that_describes_each_argument(
    published: dict[str, Any],
) -> None:
    assert sorted(published) == sorted(tools)
    for tool in published.values():
        jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
        assert tool["inputSchema"]["additionalProperties"] is False
        assert all(schema["description"] for schema in tool["inputSchema"]["properties"].values())
        assert 200 < len(tool["description"]) < 1500
        assert tool["title"]
        jsonschema.Draft202012Validator.check_schema(tool["outputSchema"])
        assert tool["outputSchema"]["type"] == "object"


def test_every_tool_says_which_base_the_key_belongs_to(
    either: Agent, published: dict[str, Any]
) -> None:
    base_id = str(either.caller.workspace.uuid)
    assert all(
        base_id in tool["inputSchema"]["properties"]["base_id"]["description"]
        for tool in published.values()
    )
    assert base_id in either.refusal("list_record_types", base_id=None)["message"]


def test_manage_record_has_the_documented_parameters(published: dict[str, Any]) -> None:
    schema = published["manage_record"]["inputSchema"]
    assert tuple(schema["properties"]) == PARAMETERS
    assert schema["required"] == ["action", "base_id", "record_type"]
    assert schema["properties"]["action"]["enum"] == ["upsert", "patch", "get", "delete", "cancel"]


def test_the_hints_tell_the_truth(published: dict[str, Any]) -> None:
    for name, tool in published.items():
        hints = tool["annotations"]
        assert hints["readOnlyHint"] is (name in READING), name
        assert hints["destructiveHint"] is (name in DESTRUCTIVE), name
        assert hints["openWorldHint"] is False


@pytest.mark.parametrize("name", [*tools])
@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"base": "x"}, "'base': there is no such argument; the arguments are"),
        ({"base_id": None}, "base_id: this argument is required: The base"),
        ({"base_id": 5}, "base_id: expected a string, not an integer."),
        ({"base_id": ["x"]}, "base_id: expected a string, not an array."),
        ({"base_id": True}, "base_id: expected a string, not a boolean."),
        ({"base_id": 1.5}, "base_id: expected a string, not a number."),
        ({"base_id": ""}, "base_id: expected 1 to 255 characters."),
        ({"base_id": "a\x00"}, "base_id: expected printable characters."),
        ({"base_id": "x" * 256}, "base_id: expected 1 to 255 characters."),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, dict) else "",
)
def test_a_wrong_argument_is_named(
    agent: Agent, name: str, changed: dict[str, Any], told: str
) -> None:
    error = agent.refusal(name, **changed)
    assert error["code"] == "VALIDATION_ERROR"
    assert told in error["message"]


@pytest.mark.parametrize(
    ("tool", "changed", "told"),
    [
        (
            "manage_record",
            {"action": "read"},
            "action: 'read' is not one of upsert, patch, get, delete, cancel.",
        ),
        ("manage_record", {"expected_version": 0}, "expected_version: expected 1 to"),
        (
            "manage_record",
            {"expected_version": True},
            "expected_version: expected an integer, not a boolean.",
        ),
        ("manage_record", {"data": "{"}, "data: expected an object, not a string."),
        ("manage_record", {"data": "[1]"}, "data: expected an object, not a string."),
        ("manage_record", {"data": "5"}, "data: expected an object, not a string."),
        ("get_records", {"record_ids": "x"}, "record_ids: expected an array, not a string."),
        ("get_records", {"record_ids": [5]}, "record_ids: expected a list of strings."),
        ("get_records", {}, "record_ids: name the records by record_ids or external_ids."),
        ("get_records", {"external_source": "s"}, "external_source: says where external_ids come"),
        ("get_records", {"external_ids": [" "]}, "external_id: expected a non-empty string."),
        ("unarchive_record", {}, "record_id: name the record by record_id or external_id."),
        ("query_records", {"limit": 1001}, "limit: expected 1 to 1000."),
        ("query_records", {"fields": [5]}, "fields: expected a list of strings."),
        ("query_records", {"fields": ["x"] * 501}, "fields: at most 500 entries."),
        ("query_records", {"sort": 5}, "sort: expected an array or a string, not an integer."),
        ("record_history", {"offset": -1}, "offset: expected 0 to"),
        (
            "manage_attachment",
            {"action": "copy"},
            "action: 'copy' is not one of upload, get_url, list, delete.",
        ),
    ],
)
def test_an_argument_out_of_bounds_is_told_them(
    agent: Agent, tool: str, changed: dict[str, Any], told: str
) -> None:
    arguments: dict[str, Any] = {"record_type": "companies"}
    if tool == "manage_record":
        arguments["action"] = "get"
    if tool in ("record_history", "manage_attachment"):
        arguments["record_id"] = "x"
    assert told in agent.refusal(tool, **{**arguments, **changed})["message"]


# ---------------------------------------------------------------- arguments sent as JSON text


def test_objects_and_lists_may_be_sent_as_json_text(agent: Agent) -> None:
    made = agent.call(
        "manage_record",
        action="upsert",
        record_type="companies",
        data=orjson.dumps({"name": "Acme", "extra": {"a": ["{}", 1]}}).decode(),
    )
    assert made["data"]["extra"] == {"a": ["{}", 1]}
    found = agent.call(
        "query_records",
        record_type="companies",
        filter='{"field": "name", "op": "eq", "value": "acme"}',
        fields='["name"]',
        sort='["-name"]',
    )
    assert [record["data"] for record in found["records"]] == [{"name": "Acme"}]
    again = agent.call("query_records", record_type="companies", sort="name")
    assert again["total"] == 1
    ids = orjson.dumps([made["id"]]).decode()
    assert agent.call("get_records", record_type="companies", record_ids=ids)["missing"] == []


def test_properties_that_are_objects_or_lists_may_be_json_text_too(agent: Agent) -> None:
    sent = {"extra": '{"a": [1]}', "labels": ' ["vip"]', "note": '{"a": 1}', "name": '["Acme"]'}
    kept = {"extra": {"a": [1]}, "labels": ["vip"], "note": '{"a": 1}', "name": '["Acme"]'}
    about = {"record_type": "companies"}
    made = agent.call("manage_record", action="upsert", data=sent, **about)
    assert {name: made["data"][name] for name in kept} == kept
    many = [
        orjson.dumps({"record_id": made["id"], "data": {"labels": '["new"]'}}).decode(),
        {"record_id": made["id"], "data": '{"extra": "[2]"}'},
    ]
    agent.call("manage_records", mode="patch", items=many, **about)
    read = agent.call("manage_record", action="get", record_id=made["id"], **about)["data"]
    assert (read["labels"], read["extra"]) == (["new"], [2])
    for wrong in ({"labels": "[1"}, {"extra": "5"}, {"extra": "x"}):
        assert agent.refusal("manage_record", action="upsert", data=wrong, **about)["code"]


def test_json_text_is_nested_no_deeper_than_a_message(agent: Agent) -> None:
    data = '{"a":' * 100 + "1" + "}" * 100
    error = agent.refusal("manage_record", action="upsert", record_type="companies", data=data)
    assert "data: the text is nested more than 64 levels deep" in error["message"]


def test_an_unknown_tool_is_told_the_nearest(agent: Agent) -> None:
    answer = agent.request("tools/call", {"name": "manage_recordz", "arguments": {}})
    assert "Did you mean 'manage_record'" in answer["error"]["message"]
