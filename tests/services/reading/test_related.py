"""What a page of records refers to: in one statement, and nothing that is out of sight."""

from __future__ import annotations

import pytest

from records.services.reading.related import load_related
from records.services.storage.rows import RecordRow, lock_records
from tests.factories import Caller, archive, make_member, make_object, make_record, make_relation
from tests.services.acting import statements


@pytest.fixture
def boats(workspace: Caller) -> Caller:
    """Two boats in one port, which one of them only passes."""
    make_object(workspace, "Ports")
    make_object(workspace, "Boats")
    make_relation(workspace, "boats", "Port", "ports", "primary", "Boats")
    make_relation(workspace, "boats", "Passes", "ports", "additional", "Passed by")
    rome, oslo = (
        make_record(workspace, "ports", name=name).record.uuid for name in ("Rome", "Oslo")
    )
    make_record(workspace, "boats", name="A", port=rome, passes=[oslo])
    make_record(workspace, "boats", name="B", port=rome)
    return workspace


def rows(caller: Caller, object_name: str) -> list[RecordRow]:
    return lock_records(caller.schema(object_name), ("TRUE", []))


def test_near_and_far_sides_are_found_in_one_statement(boats: Caller) -> None:
    schema, ports = boats.schema("boats"), boats.schema("ports")
    author, found = boats.author, rows(boats, "boats")
    with statements() as seen:
        near = load_related(author, schema, found, schema.fields)
    assert {shown["name"] for shown in near.references.records.values()} == {"Rome", "Oslo"}
    assert len([sql for sql in seen if "records_record" in sql]) == 1
    rome, oslo = rows(boats, "ports")
    far = load_related(author, ports, [rome, oslo], ports.mirrors)
    at, by = ports.by_name["boats"].id, ports.by_name["passed_by"].id
    first, second = found
    assert far.links == {(rome.id, at): [first.id, second.id], (oslo.id, by): [first.id]}
    assert far.totals == {(rome.id, at): 2, (oslo.id, by): 1}


def test_nothing_is_asked_where_nothing_is_referred_to(boats: Caller) -> None:
    schema = boats.schema("boats")
    author, found = boats.author, rows(boats, "boats")
    with statements() as seen:
        assert (
            load_related(author, schema, found, [schema.by_name["name"]]).references.records == {}
        )
        assert load_related(author, schema, [], [schema.by_name["port"]]).references.records == {}
    assert seen == []


def test_records_out_of_sight_are_absent(boats: Caller) -> None:
    schema, found = boats.schema("boats"), rows(boats, "boats")
    _, oslo = rows(boats, "ports")
    archive(boats, "ports", oslo.uuid)
    shown = load_related(boats.author, schema, found, schema.fields).references.records
    assert {record["name"] for record in shown.values()} == {"Rome"}
    clerk = make_member(boats, "clerk@example.com", {"boats": {"view": "all"}})
    assert load_related(clerk.author, schema, found, schema.fields).references.records == {}
