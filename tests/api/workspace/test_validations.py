"""Validations of fields, as callers of the Workspace API write and meet them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Caller, make_key, make_member

from .calling import WorkspaceClient, ok, refused

RULE = {"validation": "value <= record.data.high", "validationMessage": "Above the highest."}


@pytest.fixture
def spans(client: WorkspaceClient) -> dict[str, Any]:
    """A data type whose low is at most its high."""
    fields = [
        {"name": "Low", "fieldType": "integer", **RULE},
        {"name": "High", "fieldType": "integer"},
        {"name": "Secret", "fieldType": "integer", "isAdminOnly": True},
    ]
    made: dict[str, Any] = ok(client.post("/data-types", {"name": "Spans", "fields": fields}), 201)
    return made


def field(made: dict[str, Any], slug: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in made["fields"] if each["slug"] == slug)
    return found


def test_a_rule_is_told_as_it_was_saved(client: WorkspaceClient, spans: dict[str, Any]) -> None:
    path = f"/data-types/{spans['id']}"
    assert RULE.items() <= field(spans, "low").items()
    assert (field(spans, "high")["validation"], field(spans, "high")["validationMessage"]) == (
        None,
        None,
    )
    for sent in ({"validation_message": "Other."}, {"validation": " value < 5 "}):
        spans = ok(client.put(path, {"fields": [{"slug": "low", **sent}]}))
    low = field(spans, "low")
    assert (low["validation"], low["validationMessage"]) == ("value < 5", "Other.")
    # What was read can be sent back, null clears.
    sent_back = {key: value for key, value in low.items() if key != "readOnly"}
    assert field(ok(client.put(path, {"fields": [sent_back]})), "low") == low
    cleared = {"slug": "low", "validation": None, "validationMessage": None}
    assert field(ok(client.put(path, {"fields": [cleared]})), "low")["validation"] is None


def test_a_value_that_breaks_a_rule_is_refused_at_its_slug(
    client: WorkspaceClient, spans: dict[str, Any]
) -> None:
    path = f"/data-types/{spans['id']}/records"
    error = refused(client.post(path, {"fieldValues": {"low": 2, "high": 1}}), 400)
    assert error == {
        "code": "invalid",
        "message": "low: Above the highest.",
        "details": {"low": ["Above the highest."]},
    }
    made = ok(client.post(path, {"fieldValues": {"low": 1, "high": 1}}), 201)
    record = f"{path}/{made['id']}"
    error = refused(client.put(record, {"fieldValues": {"high": 0}}), 400)
    assert error["details"] == {"low": ["Above the highest."]}
    error = refused(client.put(record, {"fieldValues": {"high": None}}), 400)
    assert error["details"] == {
        "low": ["Above the highest. Its rule cannot be evaluated: it reads a field that is blank."]
    }
    ok(client.put(record, {"fieldValues": {"low": None, "high": None}}))
    bulk = {"records": [{"fieldValues": {"low": n, "high": 1}} for n in range(4)], "partial": True}
    answer = ok(client.post(f"{path}/bulk", bulk))
    assert (answer["importedCount"], [each["index"] for each in answer["errors"]]) == (2, [2, 3])


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"validation": "value +"}, "Not a CEL expression"),
        ({"validation": "value + 1"}, "It must be true or false"),
        ({"validation": "value > record.data.heigh"}, "character 21: there is no field 'heigh'"),
        ({"validation": "member.label_uuids == []"}, "character 8: member.label_uuids is not"),
        ({"validation": "x" * 1001}, "at most 1000 characters"),
        ({"validation": 5}, "expected a string"),
        ({"validationMessage": "x" * 256}, "at most 255 characters"),
    ],
)
def test_a_rule_that_is_none_is_refused_when_it_is_saved(
    client: WorkspaceClient, spans: dict[str, Any], sent: dict[str, Any], told: str
) -> None:
    body = {"fields": [{"slug": "high"}, {"slug": "low", **sent}]}
    for query in ({}, {"check": "true"}):
        if query and "validationMessage" in sent:
            continue
        error = refused(client.put(f"/data-types/{spans['id']}", body, query), 400)
        ((key, _),) = sent.items()
        assert f"fields[1].{key}: " in error["message"]
        assert told in error["message"]


def test_a_check_counts_and_saves_nothing(client: WorkspaceClient, spans: dict[str, Any]) -> None:
    path = f"/data-types/{spans['id']}"
    ids = [
        ok(client.post(f"{path}/records", {"fieldValues": {"low": n, "high": 9}}), 201)["id"]
        for n in range(4)
    ]
    body = {"fields": [{"slug": "low", "validation": "value < 2", "name": "Lowest"}]}
    assert ok(client.put(path, body, {"check": "true"})) == {"violations": 2, "sample": ids[2:]}
    assert ok(client.get(path)) == ok(client.put(path, {}))
    assert field(ok(client.get(path)), "low")["name"] == "Low"
    assert ok(client.put(path, {}, {"check": "true"})) == {"violations": 0, "sample": []}
    refused(client.put(path, body, {"check": "maybe"}), 400)
    of_field = f"{path}/fields/{field(spans, 'low')['id']}"
    sent = {"validation": "value < 2"}
    assert ok(client.put(of_field, sent, {"check": "true"})) == {
        "violations": 2,
        "sample": ids[2:],
    }
    error = refused(client.put(of_field, {"validation": "value"}, {"check": "true"}), 400)
    assert "validation: It must be true or false" in error["message"]
    # A rule that is saved is not held against the records that are there.
    ok(client.put(path, body))
    ok(client.put(f"{path}/records/{ids[3]}", {"fieldValues": {"high": 10}}))
    refused(client.put(f"{path}/records/{ids[3]}", {"fieldValues": {"low": 3}}), 400)


def test_a_check_takes_the_scopes_of_both(
    client: WorkspaceClient, spans: dict[str, Any], workspace: Caller, elsewhere: Caller
) -> None:
    path = f"/data-types/{spans['id']}"
    for scopes, status in (
        (["datatypes:write"], 403),
        (["records:read", "datatypes:read"], 403),
        (["records:read", "datatypes:write"], 200),
    ):
        secret = make_key(workspace.workspace, workspace.member, scopes=scopes)[1]
        narrow = WorkspaceClient(workspace, secret=secret)
        assert narrow.put(path, {}, {"check": "true"}).status_code == status
    refused(WorkspaceClient(elsewhere).put(path, {}, {"check": "true"}), 404)


def test_a_rule_that_names_a_hidden_field_is_told_to_admins_alone(
    client: WorkspaceClient, spans: dict[str, Any], workspace: Caller
) -> None:
    path = f"/data-types/{spans['id']}"
    rule = {"slug": "high", "validation": "value < record.data.secret"}
    assert field(ok(client.put(path, {"fields": [rule]})), "high")["validation"]
    grants = {"spans": {"view": "all", "create": True}}
    member = WorkspaceClient(make_member(workspace, "m@example.com", grants))
    told = ok(member.get(path))
    assert field(told, "high")["validation"] is None
    assert field(told, "low")["validation"] == RULE["validation"]
