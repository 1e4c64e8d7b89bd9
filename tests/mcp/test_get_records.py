"""Reading records by their ids, finding them by what they are called, and bringing them back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import Caller, archive, make_key, make_member

from .calling import Agent

NOBODY = "01920000-0000-7000-8000-000000000001"
HERE: dict[str, Any] = {"record_type": "companies"}


@pytest.fixture
def ids(agent: Agent) -> dict[str, str]:
    """Records by name; each has the external id of its name."""
    made = {}
    for name in ("live", "ended", "stored"):
        record = agent.call(
            "manage_record", action="upsert", external_id=name, data={"name": name}, **HERE
        )
        made[name] = record["id"]
    agent.call("manage_record", action="cancel", record_id=made["ended"], **HERE)
    archive(agent.caller, "companies", made["stored"])
    return made


def test_records_are_read_in_any_state_and_in_the_order_asked(
    either: Agent, ids: dict[str, str]
) -> None:
    asked = [ids["stored"], NOBODY, "no id", ids["live"]]
    answer = either.call(
        "get_records", record_ids=asked, external_ids=["ended", "live", "gone"], **HERE
    )
    names = [record["data"]["name"] for record in answer["records"]]
    assert names == ["stored", "live", "ended"]
    assert answer["missing"] == [NOBODY, "no id", "gone"]
    marks = [(record.get("_archived"), record.get("_cancelled")) for record in answer["records"]]
    assert marks == [(True, None), (None, None), (None, True)]
    one = either.call("manage_record", action="get", record_id=ids["ended"], **HERE)
    assert answer["records"][2] == {key: one[key] for key in one if key != "action"}


def test_of_records_with_one_external_id_the_live_one_is_read(
    agent: Agent, ids: dict[str, str]
) -> None:
    again = agent.call(
        "manage_record", action="upsert", external_id="stored", data={"name": "new"}, **HERE
    )
    (found,) = agent.call("get_records", external_ids=["stored"], **HERE)["records"]
    assert found["id"] == again["id"] != ids["stored"]
    other = agent.call("get_records", external_ids=["live"], external_source="erp", **HERE)
    assert other["missing"] == ["live"]


def test_what_the_caller_may_not_see_is_missing(agent: Agent, ids: dict[str, str]) -> None:
    grant = {"companies": {"view": "own", "create": True}}
    guest = Agent(make_member(agent.caller, "guest@example.com", grant))
    answer = guest.call("get_records", record_ids=[*ids.values()], external_ids=["live"], **HERE)
    assert answer["records"] == []
    assert answer["missing"] == [*ids.values(), "live"]


def test_the_number_of_queries_does_not_grow(agent: Agent, ids: dict[str, str]) -> None:
    counts = []
    for asked in ([ids["live"]], [*ids.values()]):
        with CaptureQueriesContext(
            connection,
        ) as counted:
            agent.call("get_records", record_ids=asked, external_ids=["ended"], **HERE)
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_fields_limit_the_data(agent: Agent, ids: dict[str, str]) -> None:
    asked = {"record_ids": [ids["live"]], "fields": ["city"]}
    (found,) = agent.call("get_records", **asked, **HERE)["records"]
    assert found["data"] == {}


# ---------------------------------------------------------------- by what they are called


FOUND: list[tuple[dict[str, Any], str]] = [
    ({"field": "external_id", "op": "eq", "value": "live"}, "live"),
    ({"field": "external_id", "op": "eq", "value": "LIVE"}, ""),
    ({"field": "external_id", "op": "in", "value": ["live", "ended", "x"]}, "ended live"),
    ({"field": "external_id", "op": "neq", "value": "live"}, "bare ended"),
    ({"field": "external_id", "op": "not_in", "value": ["live"]}, "bare ended"),
    ({"field": "external_id", "op": "is_null", "value": True}, "bare"),
    ({"field": "external_id", "op": "eq", "value": None}, "bare"),
    ({"field": "external_source", "op": "eq", "value": "erp"}, "other"),
    ({"field": "version", "op": "eq", "value": 2}, "ended"),
    ({"field": "version", "op": "gt", "value": 1}, "ended"),
    ({"field": "version", "op": "in", "value": [2, 3]}, "ended"),
    ({"field": "version", "op": "neq", "value": 1}, "ended"),
    ({"field": "cancelled", "op": "eq", "value": True}, "ended"),
    ({"field": "cancelled", "op": "eq", "value": False}, "bare live"),
    (
        {"or": [{"field": "version", "value": 2}, {"field": "external_id", "value": "live"}]},
        "ended live",
    ),
]


@pytest.mark.parametrize(("asked", "names"), FOUND, ids=lambda value: str(value)[:60])
def test_records_are_found_by_what_stands_beside_their_data(
    agent: Agent, ids: dict[str, str], asked: dict[str, Any], names: str
) -> None:
    external = {"external_id": "other", "external_source": "erp"} if names == "other" else {}
    name = "other" if external else "bare"
    agent.call("manage_record", action="upsert", data={"name": name}, **external, **HERE)
    answer = agent.call("query_records", filter=asked, sort="name", **HERE)
    assert " ".join(record["data"]["name"] for record in answer["records"]) == names
    assert answer["total"] == len(names.split())


def test_records_are_found_by_id_archived_ones_too(agent: Agent, ids: dict[str, str]) -> None:
    def find(op: str, value: Any, *more: Any) -> list[str]:
        asked = {"and": [{"field": "id", "op": op, "value": value}, *more]}
        found = agent.call("query_records", filter=asked, sort="name", **HERE)["records"]
        return [record["data"]["name"] for record in found]

    assert find("eq", ids["live"].upper()) == ["live"]
    assert find("in", [ids["live"], NOBODY, ids["ended"]]) == ["ended", "live"]
    assert find("neq", ids["live"]) == ["ended"]
    assert find("eq", ids["stored"]) == []
    assert find("eq", ids["stored"], {"field": "archived", "value": True}) == ["stored"]


@pytest.mark.parametrize(
    ("field", "op", "value", "told"),
    [
        ("id", "eq", "live", "filter.value: Expected the UUID of a record; your own ids"),
        ("id", "gt", NOBODY, "'gt' does not work on 'id', which takes eq, neq, in, not_in."),
        ("version", "eq", "1", "filter.value: Expected a whole number."),
        ("version", "eq", 2**63, "filter.value: Expected a whole number."),
        ("external_id", "contains", "x", "'contains' does not work on 'external_id'"),
        ("external_id", "eq", 5, "filter.value: Expected a string."),
    ],
)
def test_what_does_not_fit_is_told(
    agent: Agent, field: str, op: str, value: Any, told: str
) -> None:
    asked = {"field": field, "op": op, "value": value}
    assert told in agent.refusal("query_records", filter=asked, **HERE)["message"]


# ---------------------------------------------------------------- by external id, everywhere


def test_history_and_files_take_an_external_id(agent: Agent, ids: dict[str, str]) -> None:
    for name, uuid in ids.items():
        told = agent.call("record_history", external_id=name, **HERE)
        assert told["record_id"] == uuid
        files = agent.call("manage_attachment", action="list", external_id=name, **HERE)
        assert files == {"attachments": []}
    about = {"external_id": "live", "filename": "a.txt", **HERE}
    assert agent.call("manage_attachment", action="upload", **about)["method"] == "PUT"
    for tool, more in (("record_history", {}), ("manage_attachment", {"action": "list"})):
        error = agent.refusal(tool, external_id="gone", **more, **HERE)
        assert error["code"] == "NOT_FOUND"
        assert "external_id: there is no companies record 'gone'" in error["message"]
        assert agent.refusal(tool, **more, **HERE)["code"] == "VALIDATION_ERROR"


# ---------------------------------------------------------------- bringing back


def test_an_archived_record_names_the_tool_that_brings_it_back(
    agent: Agent, ids: dict[str, str]
) -> None:
    about = {"record_id": ids["stored"], **HERE}
    refused = agent.refusal("manage_record", action="patch", data={"city": "Oslo"}, **about)
    assert refused["code"] == "CONFLICT"
    assert "unarchive_record" in refused["message"]
    by_own_id = {"external_id": "stored", **HERE}
    missing = agent.refusal("manage_record", action="patch", data={"city": "Oslo"}, **by_own_id)
    assert missing["code"] == "NOT_FOUND"
    assert missing["message"] == (
        "external_id: there is no live companies record 'stored' without external_source, but an "
        "archived one; unarchive_record brings it back."
    )
    back = agent.call("unarchive_record", external_id="stored", **HERE)
    assert (back["id"], back["action"]) == (ids["stored"], "unarchived")
    agent.call("manage_record", action="patch", data={"city": "Oslo"}, **about)
    again = agent.refusal("unarchive_record", **about)
    assert "not archived" in again["message"]
    assert agent.refusal("unarchive_record", record_id=NOBODY, **HERE)["code"] == "NOT_FOUND"


def test_a_name_that_is_taken_is_not_brought_back(agent: Agent, ids: dict[str, str]) -> None:
    agent.call("manage_record", action="upsert", external_id="stored", data={"name": "n"}, **HERE)
    error = agent.refusal("unarchive_record", record_id=ids["stored"], **HERE)
    assert "external id" in error["message"]


# ---------------------------------------------------------------- members


def test_members_are_listed_searched_and_marked(agent: Agent) -> None:
    make_member(agent.caller, "second@example.com")
    answer = agent.call("list_members")
    assert answer["total"] == 2
    assert [found["email"] for found in answer["members"] if found.get("me")] == [
        "admin@example.com"
    ]
    (found,) = agent.call("list_members", search="SECOND")["members"]
    assert set(found) == {"id", "name", "email", "active"}
    first = agent.call("list_members", limit=1)
    assert first["next_offset"] == 1
    assert agent.call("list_members", limit=1, offset=1)["next_offset"] is None


def test_members_need_their_scope(agent: Agent) -> None:
    for scopes, allowed in ((["records:read"], False), (["records:read", "members:read"], True)):
        secret = make_key(agent.caller.workspace, agent.caller.member, scopes=scopes)[1]
        reader = Agent(Caller(agent.caller.workspace, agent.caller.member, secret))
        result = reader.result("list_members")
        assert result["isError"] is not allowed
