"""Bulk archive and bulk change: what they do, whom they refuse, and what is said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from records.models import Job
from records.services.members import update_member
from tests.api.reading import values_of
from tests.api_client import ApiClient
from tests.factories import Caller, make_member, make_record, make_relation, make_workspace
from tests.services.acting import differences
from tests.working import work

PROGRESS = "/api/bulk-action-progress"
OBJECT = "/api/custom-objects/companies"


@pytest.fixture
def records(workspace: Caller, companies: str) -> list[str]:
    """Three companies: one with employees and tags, one with tags, one with neither."""
    return [
        make_record(workspace, "companies", name="A", employees=7, tags=["x", "y"]).record.uuid,
        make_record(workspace, "companies", name="B", tags=["x"]).record.uuid,
        make_record(workspace, "companies", name="C").record.uuid,
    ]


def change(api: ApiClient, field: str, resolution: str, value: Any, records: list[str]) -> Any:
    body = {"field_id": field, "field_value": value, "field_resolution": resolution, "record_ids": records}
    return api.post(f"{OBJECT}/bulk-change-field-value", body)


def counts(answer: Any) -> tuple[str, int, int, int]:
    assert answer.status_code == 200, answer.content
    content = answer.json()
    return content["status"], content["success_count"], content["failed_count"], content["pending_count"]


def test_records_are_archived_and_the_rest_is_reported(api: ApiClient, workspace: Caller, records: list[str]) -> None:
    unknown = str(uuid4())
    foreign = make_workspace("Elsewhere", "other@example.com")
    theirs = make_record(foreign, "client_client", email="a@example.com").record.uuid

    answer = api.post(f"{OBJECT}/bulk-archive-entity-record", {"record_ids": [records[0], unknown, theirs, records[1]]})

    assert counts(answer) == ("done", 2, 2, 0)
    report = answer.json()["failure_report"]
    assert [(entry["record_id"], entry["code"]) for entry in report] == [(unknown, "not_found"), (theirs, "not_found")]
    assert report[0]["detail"] == report[1]["detail"]
    assert [api.get(f"/api/records/companies/{key}").status_code for key in records] == [404, 404, 200]
    assert api.get(f"{PROGRESS}/{answer.json()['id']}").json() == answer.json()
    assert [row["id"] for row in api.get(PROGRESS).json()["results"]] == [answer.json()["id"]]
    assert differences(workspace) == []


CHANGES: dict[str, tuple[str, str, Any, list[Any]]] = {
    "overwrite": ("employees", "overwrite", 9, [9, 9, 9]),
    "only_update_blank": ("employees", "only_update_blank", 9, [7, 9, 9]),
    "clear": ("employees", "clear", None, [None, None, None]),
    "add_values": ("tags", "add_values", ["z"], [["x", "y", "z"], ["x", "z"], ["z"]]),
    "remove_values": ("tags", "remove_values", ["x"], [["y"], None, None]),
    "overwrite a list": ("tags", "overwrite", ["q"], [["q"], ["q"], ["q"]]),
}


@pytest.mark.parametrize(("field", "resolution", "value", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_a_field_is_changed_in_five_ways(
    api: ApiClient, workspace: Caller, records: list[str], field: str, resolution: str, value: Any, after: list[Any]
) -> None:
    assert counts(change(api, field, resolution, value, records)) == ("done", 3, 0, 0)

    found = [values_of(api.get(f"/api/records/companies/{key}")).get(field) for key in records]
    if field == "tags":
        found = [[tag["name"] for tag in tags] if tags else None for tags in found]
    assert found == after
    assert differences(workspace) == []


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no records": ({"record_ids": []}, "record_ids"),
    "records of another kind": ({"record_ids": "all"}, "record_ids"),
    "ids that are none": ({"record_ids": ["x", 1, None]}, "record_ids: no ids at 0, 1, 2"),
    "an unknown field": ({"field_id": "nothing"}, "field_id"),
    "no field": ({"field_id": None}, "field_id"),
    "a field of a wrong type": ({"field_id": {}}, "field_id"),
    "a read-only field": ({"field_id": "created"}, "field_id"),
    "an unknown resolution": ({"field_resolution": "merge"}, "field_resolution"),
    "a wrong value": ({"field_value": "many"}, "field_value"),
    "values added to one": ({"field_resolution": "add_values"}, "field_resolution"),
    "a required field cleared": ({"field_id": "name", "field_resolution": "clear"}, "field_resolution"),
}


@pytest.mark.parametrize(("wrong", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_suits_no_record_is_said_at_once(
    api: ApiClient, records: list[str], wrong: dict[str, Any], says: str
) -> None:
    body = {"field_id": "employees", "field_value": 1, "field_resolution": "overwrite", "record_ids": records}

    answer = api.post(f"{OBJECT}/bulk-change-field-value", {**body, **wrong})

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(says)
    assert not Job.objects.exists()


def test_links_seen_from_the_far_side_are_not_filled_where_blank(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_relation(workspace, "client_client", "Employer", "companies", "primary", "Staff")
    record = make_record(workspace, "companies", name="A").record.uuid
    assert change(api, "staff", "only_update_blank", [], [record]).status_code == 400


def test_a_member_changes_only_what_they_may(workspace: Caller, companies: str) -> None:
    clerk = make_member(workspace, "clerk@example.com", {"companies": {"view": "all", "edit": "own", "remove": "own"}})
    mine = make_record(workspace, "companies", name="Mine", owner=str(clerk.member.uuid)).record.uuid
    theirs = make_record(workspace, "companies", name="Theirs", owner=None).record.uuid
    api = ApiClient(clerk)

    answer = change(api, "employees", "overwrite", 3, [mine, theirs])
    assert counts(answer) == ("done", 1, 1, 0)
    assert answer.json()["failure_report"][0]["code"] == "permission_required"
    archived = api.post(f"{OBJECT}/bulk-archive-entity-record", {"record_ids": [theirs, mine]})
    assert counts(archived) == ("done", 1, 1, 0)

    assert [row["id"] for row in api.get(PROGRESS).json()["results"]] == [archived.json()["id"], answer.json()["id"]]
    other = ApiClient(make_member(workspace, "other@example.com", {"companies": {"view": "all"}}))
    assert other.get(f"{PROGRESS}/{answer.json()['id']}").status_code == 404
    assert other.get(PROGRESS).json()["count"] == 0
    refused = other.post(f"{OBJECT}/bulk-archive-entity-record", {"record_ids": [theirs]})
    assert refused.status_code == 403


def test_everything_a_job_changes_is_one_operation(api: ApiClient, workspace: Caller, records: list[str]) -> None:
    change(api, "employees", "overwrite", 5, records)
    rows = [api.get(f"/api/records/companies/{key}/history").json()["results"][0] for key in records]
    assert len({row["operation_id"] for row in rows}) == 1
    assert {row["source"] for row in rows} == {"records_api"}


def test_a_big_job_waits_for_a_worker(api: ApiClient, workspace: Caller, companies: str) -> None:
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]

    answer = change(api, "employees", "overwrite", 5, records)
    assert counts(answer) == ("pending", 0, 0, 101)

    work()
    assert counts(api.get(f"{PROGRESS}/{answer.json()['id']}")) == ("done", 101, 0, 0)
    assert Job.objects.get().parameters == {}  # what it was asked may be erased by now
    assert api.post(f"{PROGRESS}/{answer.json()['id']}/cancel").status_code == 400


def test_a_job_is_cancelled(api: ApiClient, workspace: Caller, companies: str) -> None:
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]
    job = change(api, "employees", "overwrite", 5, records).json()["id"]

    assert api.post(f"{PROGRESS}/{job}/cancel").json()["status"] == "cancelled"

    work()
    assert counts(api.get(f"{PROGRESS}/{job}")) == ("cancelled", 0, 0, 0)
    assert Job.objects.get().parameters == {}


def test_a_job_ends_when_its_member_may_no_more(api: ApiClient, workspace: Caller, companies: str) -> None:
    clerk = make_member(workspace, "clerk@example.com", {"companies": {"view": "all", "edit": "all", "create": True}})
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]
    job = change(ApiClient(clerk), "employees", "overwrite", 5, records).json()["id"]
    update_member(workspace.author, clerk.member, first_name="", last_name="", role=clerk.member.role, is_active=False)

    work()

    ended = api.get(f"{PROGRESS}/{job}").json()
    assert (ended["status"], ended["success_count"]) == ("failed", 0)
    assert ended["failure_report"][0]["code"] == "job_failed"


def test_a_lost_job_is_taken_up_where_it_was(api: ApiClient, workspace: Caller, companies: str) -> None:
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]
    job = change(api, "employees", "overwrite", 5, records).json()["id"]
    DBTaskResult.objects.all().delete()  # the worker that had taken it was killed
    Job.objects.filter(uuid=job).update(
        status="running", lease=uuid4(), leased_until=timezone.now() - timedelta(seconds=1)
    )

    work()

    assert counts(api.get(f"{PROGRESS}/{job}")) == ("done", 101, 0, 0)
