"""What an agent is told of a base."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from tests.factories import (
    Caller,
    FieldDefinition,
    make_key,
    make_member,
    make_object,
    make_workspace,
)

from .calling import Agent


def described(agent: Agent, record_type: str) -> dict[str, Any]:
    (found,) = agent.call("list_record_types", record_type=record_type)["record_types"]
    assert isinstance(found, dict)
    return found


def test_a_type_is_named_described_and_given_a_schema(agent: Agent) -> None:
    companies = described(agent, "companies")
    assert {key: companies[key] for key in ("name", "label", "description", "open")} == {
        "name": "companies",
        "label": "Companies",
        "description": "Whom we sell to.",
        "open": False,
    }
    assert companies["permissions"] == {
        "create": True,
        "view": "all",
        "edit": "all",
        "delete": "all",
    }
    fields = {field["name"]: field for field in companies["fields"]}
    assert fields["name"] == {"name": "name", "label": "Name", "type": "text", "required": True}
    assert fields["code"]["unique"] is True
    assert fields["staff"]["record_type"] == "people"
    assert companies["schema"]["required"] == ["name"]
    assert companies["schema"]["additionalProperties"] is False


def test_data_that_was_read_meets_the_schema_and_can_be_sent_back(agent: Agent) -> None:
    person = agent.call(
        "manage_record", action="upsert", record_type="people", data={"name": "Someone"}
    )["id"]
    data = {
        "name": "Acme",
        "city": "Oslo",
        "size": "Large",
        "labels": ["old", "new"],
        "revenue": 12.5,
        "customer": True,
        "founded": "2001-02-03",
        "note": "Two\nlines",
        "extra": {"a": [1, {"b": None}]},
        "staff": [person],
    }
    made = agent.call("manage_record", action="upsert", record_type="companies", data=data)
    assert made["data"] == data | {"owner": str(agent.caller.member.uuid)}
    jsonschema.validate(made["data"], described(agent, "companies")["schema"])
    again = agent.call(
        "manage_record",
        action="upsert",
        record_type="companies",
        record_id=made["id"],
        data=made["data"],
    )
    assert (again["action"], again["version"], again["data"]) == ("unchanged", 1, made["data"])


def test_all_types_are_listed_by_name(agent: Agent) -> None:
    answer = agent.call("list_record_types")
    assert answer["base_id"] == str(agent.caller.workspace.uuid)
    assert [found["name"] for found in answer["record_types"]] == [
        "client_client",
        "companies",
        "people",
    ]


def test_what_a_role_may_not_see_or_change_is_not_listed_or_marked(agent: Agent) -> None:
    member = make_member(
        agent.caller,
        "member@example.com",
        {"companies": {"view": "own", "create": True}},
        hidden=[("companies", "revenue")],
        locked=[("companies", "city")],
    )
    guest = Agent(member)
    assert [found["name"] for found in guest.call("list_record_types")["record_types"]] == [
        "companies"
    ]
    found = described(guest, "companies")
    fields = {field["name"]: field for field in found["fields"]}
    assert "revenue" not in fields
    assert fields["city"]["read_only"] is True
    assert "revenue" not in found["schema"]["properties"]
    assert found["schema"]["properties"]["city"]["readOnly"] is True
    assert found["permissions"] == {"create": True, "view": "own", "edit": "none", "delete": "none"}
    assert guest.refusal("list_record_types", record_type="people")["code"] == "NOT_FOUND"


def test_an_unknown_and_a_foreign_base_are_answered_alike(agent: Agent) -> None:
    stranger = make_workspace("Other", "other@example.com")
    make_object(stranger, "Secrets", FieldDefinition("City", "text"))
    answers = [
        agent.refusal("list_record_types", base_id=base)
        for base in (
            str(stranger.workspace.uuid),
            stranger.workspace.slug,
            str(agent.caller.member.uuid),
            "nowhere",
        )
    ]
    own = str(agent.caller.workspace.uuid)
    for base, answer in zip(
        (
            str(stranger.workspace.uuid),
            stranger.workspace.slug,
            str(agent.caller.member.uuid),
            "nowhere",
        ),
        answers,
        strict=True,
    ):
        assert answer["code"] == "NOT_FOUND"
        assert (
            answer["message"]
            == f"base_id: there is no base {base!r} for this API key; its base is {own}."
        )
    assert agent.refusal("list_record_types", record_type="secrets")["code"] == "NOT_FOUND"


@pytest.mark.parametrize("form", ["upper", "slug"])
def test_a_base_is_known_by_its_uuid_in_any_case_and_by_its_slug(agent: Agent, form: str) -> None:
    workspace = agent.caller.workspace
    named = str(workspace.uuid).upper() if form == "upper" else workspace.slug
    assert agent.call("list_record_types", base_id=named)["base_id"] == str(workspace.uuid)


def test_a_key_that_only_reads_writes_nothing(agent: Agent) -> None:
    secret = make_key(agent.caller.workspace, agent.caller.member, scopes=["records:read"])[1]
    reader = Agent(type(agent.caller)(agent.caller.workspace, agent.caller.member, secret))
    made = agent.call("manage_record", action="upsert", record_type="people", data={"name": "A"})
    about = {"record_type": "people", "record_id": made["id"]}
    assert reader.call("manage_record", action="get", **about)["id"] == made["id"]
    for action in ("upsert", "patch", "cancel", "delete"):
        data = {"data": {"name": "B"}} if action in ("upsert", "patch") else {}
        error = reader.refusal("manage_record", action=action, **about, **data)
        assert error["code"] == "FORBIDDEN"
        assert "records:write" in error["message"]


def test_types_are_named_and_no_more_until_one_is_asked_for(agent: Agent) -> None:
    answer = agent.call("list_record_types")
    assert answer["record_types"][1] == {"name": "companies", "label": "Companies"}
    assert (answer["total"], answer["next_offset"]) == (3, None)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("COMP", ["companies"]),
        ("sell to", ["companies"]),
        ("revenue", ["companies"]),
        ("employer", ["people"]),
        (" ", ["client_client", "companies", "people"]),
        ("nothing", []),
    ],
)
def test_types_are_searched(agent: Agent, search: str, names: list[str]) -> None:
    answer = agent.call("list_record_types", search=search)
    assert [found["name"] for found in answer["record_types"]] == names
    assert answer["total"] == len(names)


def test_a_search_looks_into_nothing_that_is_hidden(agent: Agent) -> None:
    grants = {"companies": {"view": "all"}}
    guest = Agent(
        make_member(agent.caller, "m@example.com", grants, hidden=[("companies", "revenue")])
    )
    assert guest.call("list_record_types", search="revenue")["total"] == 0


def test_many_types_are_listed_briefly_and_page_by_page(workspace: Caller) -> None:
    for at in range(52):
        fields = [FieldDefinition(f"Field {n}", "text") for n in range(40)] if at == 0 else []
        make_object(workspace, f"Delivery note type {at:02}", *fields)
    agent = Agent(workspace)
    result = agent.result("list_record_types")
    assert len(result["content"][0]["text"]) <= 4000
    first = result["structuredContent"]
    assert (len(first["record_types"]), first["total"], first["next_offset"]) == (50, 53, 50)
    rest = agent.call("list_record_types", offset=50)
    assert (len(rest["record_types"]), rest["next_offset"]) == (3, None)
    names = [found["name"] for page in (first, rest) for found in page["record_types"]]
    assert len(set(names)) == 53


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("query_records", {"record_type": "companys"}, "Did you mean 'companies'?"),
        ("query_records", {"sort": "reveneu"}, "Did you mean 'revenue'?"),
        ("query_records", {"fields": ["citty"]}, "Did you mean 'city'?"),
        ("query_records", {"filter": {"field": "fonded", "value": "x"}}, "mean 'founded'?"),
        ("query_records", {"filter": {"field": "externalid", "value": "x"}}, "'external_id'"),
        ("query_records", {"filter": {"field": "size", "value": "smal"}}, "mean 'Small'?"),
        ("manage_record", {"data": {"name": "A", "Citty": "x"}}, "Did you mean 'city'?"),
        ("manage_record", {"data": {"name": "A", "size": "Larg"}}, "Did you mean 'Large'?"),
    ],
)
def test_a_slip_is_told_the_nearest_names(
    agent: Agent, tool: str, arguments: dict[str, Any], told: str
) -> None:
    action = {"action": "upsert"} if tool == "manage_record" else {}
    error = agent.refusal(tool, **{"record_type": "companies", **action, **arguments})
    assert told in error["message"]
