"""Bulk archive and bulk change: what they do, whom they refuse, and what is said of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from records.models import Job
from records.services.people.members import update_member
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
    body = {
        "field_id": field,
        "field_value": value,
        "field_resolution": resolution,
        "record_ids": records,
    }
    return api.post(f"{OBJECT}/bulk-change-field-value", body)


def counts(answer: Any) -> tuple[str, int, int, int]:
    assert answer.status_code == 200, answer.content
    content = answer.json()
    return (
        content["status"],
        content["success_count"],
        content["failed_count"],
        content["pending_count"],
    )


def test_records_are_archived_and_the_rest_is_reported(
    api: ApiClient, workspace: Caller, records: list[str]
) -> None:
    unknown = str(uuid4())
    foreign = make_workspace("Elsewhere", "other@example.com")
    theirs = make_record(foreign, "client_client", email="a@example.com").record.uuid

    answer = api.post(
        f"{OBJECT}/bulk-archive-entity-record",
        {"record_ids": [records[0], unknown, theirs, records[1]]},
    )

    assert counts(answer) == ("completed", 2, 2, 0)
    report = answer.json()["failure_report"]
    assert [(entry["record_id"], entry["code"]) for entry in report] == [
        (unknown, "not_found"),
        (theirs, "not_found"),
    ]
    assert report[0]["detail"] == report[1]["detail"]
    assert [api.get(f"/api/records/companies/{key}").status_code for key in records] == [
        404,
        404,
        200,
    ]
    progress = api.get(f"{PROGRESS}/{answer.json()['id']}").json()
    assert {**progress, "number_archived": 4, "async": True} == answer.json()
    assert [row["id"] for row in api.get(PROGRESS).json()["results"]] == [answer.json()["id"]]
    assert differences(workspace) == []


CHANGES: dict[str, tuple[str, str, Any, list[Any]]] = {
    "overwrite": ("employees", "overwrite", 9, [9, 9, 9]),
    "overwrite_except_null": ("employees", "overwrite_except_null", 9, [9, 9, 9]),
    "nothing except null": ("employees", "overwrite_except_null", None, [7, None, None]),
    "update_if_blank": ("employees", "update_if_blank", 9, [7, 9, 9]),
    "only_update_blank": ("employees", "only_update_blank", 9, [7, 9, 9]),
    "clear": ("employees", "clear", None, [None, None, None]),
    "add_only": ("tags", "add_only", ["z", "z"], [["x", "y", "z"], ["x", "z"], ["z"]]),
    "nothing is added": ("tags", "add_only", None, [["x", "y"], ["x"], None]),
    "remove_only": ("tags", "remove_only", ["x", "q"], [["y"], None, None]),
    "nothing is removed": ("tags", "remove_only", [], [["x", "y"], ["x"], None]),
    "null clears": ("employees", "overwrite", None, [None, None, None]),
    "an empty list clears": ("tags", "overwrite", [], [None, None, None]),
    "add_values": ("tags", "add_values", ["z"], [["x", "y", "z"], ["x", "z"], ["z"]]),
    "remove_values": ("tags", "remove_values", ["x"], [["y"], None, None]),
    "overwrite a list": ("tags", "overwrite", ["q"], [["q"], ["q"], ["q"]]),
}


DOCUMENTED = {
    "only_update_blank": "update_if_blank",
    "add_values": "add_only",
    "remove_values": "remove_only",
}


def shown(api: ApiClient, record: str, field: str) -> Any:
    """The value of the field; tags by their names."""
    value = values_of(api.get(f"/api/records/companies/{record}")).get(field)
    return [tag["name"] for tag in value] if value and field == "tags" else value


@pytest.mark.parametrize(
    ("field", "resolution", "value", "after"), CHANGES.values(), ids=CHANGES.keys()
)
def test_a_field_is_changed_in_each_way(
    api: ApiClient,
    workspace: Caller,
    records: list[str],
    field: str,
    resolution: str,
    value: Any,
    after: list[Any],
) -> None:
    before = [shown(api, key, field) for key in records]
    answer = change(api, field, resolution, value, records)
    assert counts(answer) == ("completed", 3, 0, 0)
    row = api.get(f"{PROGRESS}/{answer.json()['id']}").json()
    assert row["field_resolution"] == DOCUMENTED.get(resolution, resolution)
    assert [shown(api, key, field) for key in records] == after
    same = sum(old == new for old, new in zip(before, after, strict=True))
    assert row["result"] == {"unchanged": same}
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
    "a required field cleared": (
        {"field_id": "name", "field_resolution": "clear"},
        "field_resolution",
    ),
}


@pytest.mark.parametrize(("wrong", "says"), WRONG.values(), ids=WRONG.keys())
def test_what_suits_no_record_is_said_at_once(
    api: ApiClient, records: list[str], wrong: dict[str, Any], says: str
) -> None:
    body = {
        "field_id": "employees",
        "field_value": 1,
        "field_resolution": "overwrite",
        "record_ids": records,
    }

    answer = api.post(f"{OBJECT}/bulk-change-field-value", {**body, **wrong})

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(says)
    assert not Job.objects.exists()


def change_tags(api: ApiClient, records: list[str], **sent: Any) -> Any:
    body = {"field_id": "tags", "record_ids": records, **sent}
    return api.post(f"{OBJECT}/bulk-change-field-value", body)


TAGGED: dict[str, tuple[dict[str, Any], list[list[str] | None]]] = {
    "added": ({"tags_to_add": ["z", "x"]}, [["x", "y", "z"], ["x", "z"], ["z", "x"]]),
    "added by names": ({"tags_to_add": {"names": ["z"]}}, [["x", "y", "z"], ["x", "z"], ["z"]]),
    "removed": ({"tags_to_remove": ["x"]}, [["y"], None, None]),
    "both": ({"tags_to_add": ["z"], "tags_to_remove": ["x"]}, [["y", "z"], ["z"], ["z"]]),
    "neither": ({"tags_to_add": [], "tags_to_remove": {}}, [["x", "y"], ["x"], None]),
}


@pytest.mark.parametrize(("sent", "after"), TAGGED.values(), ids=TAGGED.keys())
def test_tags_are_added_and_removed_in_one_write(
    api: ApiClient, records: list[str], sent: dict[str, Any], after: list[list[str] | None]
) -> None:
    def versions() -> list[int]:
        read = [api.get(f"/api/records/companies/{key}") for key in records]
        return [int(answer.headers["ETag"].strip('"')) for answer in read]

    before = versions()

    assert counts(change_tags(api, records, **sent)) == ("completed", 3, 0, 0)

    answers = [api.get(f"/api/records/companies/{key}") for key in records]
    held = [values_of(answer).get("tags") for answer in answers]
    assert [[tag["name"] for tag in tags] if tags else None for tags in held] == after
    assert all(now - then <= 1 for now, then in zip(versions(), before, strict=True))


def test_tags_are_removed_by_their_ids(api: ApiClient, records: list[str]) -> None:
    (first, _) = values_of(api.get(f"/api/records/companies/{records[0]}"))["tags"]

    change_tags(api, records, tags_to_remove=[first["id"]])

    held = values_of(api.get(f"/api/records/companies/{records[0]}"))["tags"]
    assert [tag["name"] for tag in held] == ["y"]


@pytest.mark.parametrize(
    ("sent", "place"),
    [
        ({"tags_to_add": ["z"], "field_value": ["q"]}, "tags_to_add"),
        ({"tags_to_remove": ["z"], "field_resolution": "clear"}, "tags_to_remove"),
        ({"tags_to_add": "z"}, "tags_to_add"),
        ({"tags_to_add": {"names": "z"}}, "tags_to_add"),
        ({"entity_records_set_key": "k", "field_value": ["q"]}, "entity_records_set_key"),
        ({"bytes_start_index": 0}, "bytes_start_index"),
    ],
)
def test_what_tags_cannot_be_sent_with_is_refused(
    api: ApiClient, records: list[str], sent: dict[str, Any], place: str
) -> None:
    answer = change_tags(api, records, **sent)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(f"{place}: ")


MISSPELT: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "the value": (
        "bulk-change-field-value",
        {"field_id": "employees", "field_vaule": 7},
        "Unknown keys: 'field_vaule'. Known are field_id, field_value, ",
        "invalid",
    ),
    "several keys of a change": (
        "bulk-change-field-value",
        {"field_id": "employees", "field_value": 7, "odd": 1, "resolution": "clear"},
        "Unknown keys: 'odd', 'resolution'. ",
        "invalid",
    ),
    "a key of an archive": (
        "bulk-archive-entity-record",
        {"dry_run": True},
        "Unknown keys: 'dry_run'. Known are record_ids, ",
        "invalid",
    ),
    "no value": (
        "bulk-change-field-value",
        {"field_id": "employees"},
        "field_value: this key is required; send null",
        "required",
    ),
    "no value for a list": (
        "bulk-change-field-value",
        {"field_id": "tags", "field_resolution": "remove_only"},
        "field_value: this key is required",
        "required",
    ),
}


@pytest.mark.parametrize(("path", "sent", "says", "code"), MISSPELT.values(), ids=MISSPELT.keys())
def test_what_was_not_meant_changes_nothing(
    api: ApiClient, records: list[str], path: str, sent: dict[str, Any], says: str, code: str
) -> None:
    answer = api.post(f"{OBJECT}/{path}", {**sent, "record_ids": records})

    assert answer.status_code == 400
    content = answer.json()
    assert (content["detail"][: len(says)], content["code"]) == (says, code)
    assert not Job.objects.exists()
    held = values_of(api.get(f"/api/records/companies/{records[0]}"))
    assert (held["employees"], len(held["tags"])) == (7, 2)


@pytest.mark.parametrize(
    "sent",
    [
        {"field_value": None, "send_email_notification": False},
        {"field_resolution": "clear", "entity_records_set_key": None},
    ],
)
def test_a_field_is_emptied_by_asking_for_it(
    api: ApiClient, records: list[str], sent: dict[str, Any]
) -> None:
    body = {"field_id": "employees", "record_ids": records, **sent}

    assert counts(api.post(f"{OBJECT}/bulk-change-field-value", body)) == ("completed", 3, 0, 0)

    assert "employees" not in values_of(api.get(f"/api/records/companies/{records[0]}"))


def test_a_change_overwrites_unless_told_otherwise(api: ApiClient, records: list[str]) -> None:
    body = {"field_id": "employees", "field_value": 9, "record_ids": records[:1]}

    api.post(f"{OBJECT}/bulk-change-field-value", body)

    assert values_of(api.get(f"/api/records/companies/{records[0]}"))["employees"] == 9


def test_jobs_are_listed_by_object_kind_end_and_start(
    api: ApiClient, workspace: Caller, records: list[str]
) -> None:
    archived = api.post(f"{OBJECT}/bulk-archive-entity-record", {"record_ids": records[2:] * 2})
    changed = change(api, "employees", "overwrite", 1, records[:1]).json()
    assert (archived.json()["number_archived"], archived.json()["async"]) == (1, True)
    of_object = archived.json()["custom_object_id"]
    listed = {
        "": 2,
        f"?custom_object_id={of_object}": 2,
        f"?custom_object_id={uuid4()}": 0,
        "?action=bulk_archive": 1,
        "?action=custom_object_archive": 1,
        "?action=custom_object_upload": 0,
        "?completed=true": 2,
        "?completed=false": 0,
        f"?started_after={changed['started_at'].replace('+', '%2B')}": 1,
    }

    assert {query: api.get(f"{PROGRESS}{query}").json()["count"] for query in listed} == listed
    assert api.get(f"{PROGRESS}?custom_object_id=x").status_code == 400


def test_links_seen_from_the_far_side_are_not_filled_where_blank(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_relation(workspace, "client_client", "Employer", "companies", "primary", "Staff")
    record = make_record(workspace, "companies", name="A").record.uuid
    assert change(api, "staff", "only_update_blank", [], [record]).status_code == 400


def test_a_member_changes_only_what_they_may(workspace: Caller, companies: str) -> None:
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"companies": {"view": "all", "edit": "own", "remove": "own"}},
    )
    mine = make_record(
        workspace, "companies", name="Mine", owner=str(clerk.member.uuid)
    ).record.uuid
    theirs = make_record(workspace, "companies", name="Theirs", owner=None).record.uuid
    api = ApiClient(clerk)

    answer = change(api, "employees", "overwrite", 3, [mine, theirs])
    assert counts(answer) == ("completed", 1, 1, 0)
    assert answer.json()["failure_report"][0]["code"] == "permission_required"
    archived = api.post(f"{OBJECT}/bulk-archive-entity-record", {"record_ids": [theirs, mine]})
    assert counts(archived) == ("completed", 1, 1, 0)

    assert [row["id"] for row in api.get(PROGRESS).json()["results"]] == [
        archived.json()["id"],
        answer.json()["id"],
    ]
    other = ApiClient(make_member(workspace, "other@example.com", {"companies": {"view": "all"}}))
    assert other.get(f"{PROGRESS}/{answer.json()['id']}").status_code == 404
    assert other.get(PROGRESS).json()["count"] == 0
    refused = other.post(f"{OBJECT}/bulk-archive-entity-record", {"record_ids": [theirs]})
    assert refused.status_code == 403


def test_everything_a_job_changes_is_one_operation(
    api: ApiClient, workspace: Caller, records: list[str]
) -> None:
    change(api, "employees", "overwrite", 5, records)
    rows = [
        api.get(f"/api/records/companies/{key}/history").json()["results"][0] for key in records
    ]
    assert len({row["operation_id"] for row in rows}) == 1
    assert {row["source"] for row in rows} == {"records_api"}


def test_a_big_job_waits_for_a_worker(api: ApiClient, workspace: Caller, companies: str) -> None:
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]

    answer = change(api, "employees", "overwrite", 5, records)
    assert counts(answer) == ("pending", 0, 0, 101)

    work()
    assert counts(api.get(f"{PROGRESS}/{answer.json()['id']}")) == ("completed", 101, 0, 0)
    assert Job.objects.get().parameters == {}  # what it was asked may be erased by now
    assert api.post(f"{PROGRESS}/{answer.json()['id']}/cancel").status_code == 400


def test_a_job_is_cancelled(api: ApiClient, workspace: Caller, companies: str) -> None:
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]
    job = change(api, "employees", "overwrite", 5, records).json()["id"]

    assert api.post(f"{PROGRESS}/{job}/cancel").json()["status"] == "cancelled"

    work()
    assert counts(api.get(f"{PROGRESS}/{job}")) == ("cancelled", 0, 0, 0)
    assert Job.objects.get().parameters == {}


def test_a_job_ends_when_its_member_may_no_more(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    clerk = make_member(
        workspace,
        "clerk@example.com",
        {"companies": {"view": "all", "edit": "all", "create": True}},
    )
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]
    job = change(ApiClient(clerk), "employees", "overwrite", 5, records).json()["id"]
    update_member(
        workspace.author,
        clerk.member,
        first_name="",
        last_name="",
        role=clerk.member.role,
        is_active=False,
    )

    work()

    ended = api.get(f"{PROGRESS}/{job}").json()
    assert (ended["status"], ended["success_count"]) == ("failed", 0)
    assert ended["failure_report"][0]["code"] == "job_failed"


def test_a_lost_job_is_taken_up_where_it_was(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    records = [make_record(workspace, "companies", name=str(at)).record.uuid for at in range(101)]
    job = change(api, "employees", "overwrite", 5, records).json()["id"]
    DBTaskResult.objects.all().delete()  # the worker that had taken it was killed
    Job.objects.filter(uuid=job).update(
        status="running", lease=uuid4(), leased_until=timezone.now() - timedelta(seconds=1)
    )

    work()

    assert counts(api.get(f"{PROGRESS}/{job}")) == ("completed", 101, 0, 0)
