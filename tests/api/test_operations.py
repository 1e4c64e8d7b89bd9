"""Operations over the API: what there is, what was changed, taking it back."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Job, LeftOut, Record
from tests.api_client import ApiClient
from tests.factories import Caller, make_member
from tests.working import work

from .reading import sent, uuid_of, values_of

OPERATIONS = "/api/operations"
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def _statements_name_their_workspace() -> None:
    """Not those of workers."""


def operation_of(answer: Any) -> str:
    assert answer.status_code in (200, 201, 204), answer.content
    return str(answer.headers["X-Operation-ID"])


def undo(api: ApiClient, operation: str, **body: Any) -> dict[str, Any]:
    answer = api.post(f"{OPERATIONS}/{operation}/undo", body)
    assert answer.status_code == 200, answer.content
    content: dict[str, Any] = answer.json()
    return content


def listed(api: ApiClient, query: str = "") -> list[dict[str, Any]]:
    answer = api.get(f"{OPERATIONS}{query}")
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_operations_are_listed_newest_first(api: ApiClient, companies: str) -> None:
    made = [api.post(f"{companies}/add", sent(name=name)) for name in ("a", "b")]
    path = f"{companies}/{uuid_of(made[0])}"
    changed = api.patch(path, sent(employees=3), x_reason="a census")
    rows = listed(api)
    assert [row["id"] for row in rows] == list(map(operation_of, (changed, made[1], made[0])))
    newest = rows[0]
    assert (newest["kind"], newest["source"], newest["reason"]) == (
        "request",
        "records_api",
        "a census",
    )
    assert newest["counts"] == {"updated": 1}
    assert newest["record_id"] == uuid_of(made[0])
    assert [row["name"] for row in newest["objects"]] == ["companies"]
    assert newest["member"]["email"] == "admin@example.com"


def test_pages_lead_on(api: ApiClient, companies: str) -> None:
    made = [operation_of(api.post(f"{companies}/add", sent(name=str(at)))) for at in range(5)]
    seen, path = [], f"{OPERATIONS}?page_size=2"
    while path:
        answer = api.get(path).json()
        seen.append([row["id"] for row in answer["results"]])
        path = answer["next"] and answer["next"].removeprefix("http://testserver")
    assert seen == [[made[4], made[3]], [made[2], made[1]], [made[0]]]


def test_operations_are_filtered(
    api: ApiClient, company: str, deals: str, workspace: Caller
) -> None:
    deal = operation_of(api.post(f"{deals}/add", sent(name="d")))
    bulk = api.post(
        "/api/custom-objects/companies/bulk-archive-entity-record",
        {"record_ids": [company.rpartition("/")[2]]},
    )
    archived = operation_of(bulk)
    undone = undo(api, deal)["operation_id"]
    member = workspace.member.uuid
    for query, wanted in {
        "?object=deals": [undone, deal],
        "?kind=request&object=deals": [deal],
        "?kind=bulk_archive": [archived],
        "?kind=undo": [undone],
        "?kind=import": [],
        "?source=records_api": [undone, archived, deal],
        "?source=mcp": [],
        "?member=is_me": [undone, archived, deal],
        f"?member={member}&until=2001-01-01T00:00:00Z": [],
        "?since=2101-01-01T00:00:00Z": [],
        "?since=2001-01-01T00:00:00Z&object=deals": [undone, deal],
    }.items():
        found = [row["id"] for row in listed(api, query)]
        assert [key for key in found if key in (undone, archived, deal)] == wanted, query


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?kind=x", "kind: expected one of request, import"),
        ("?source=x", "source: expected one of records_api"),
        ("?cursor=x", "cursor: expected the next_cursor of a page."),
        ("?since=x", "since: expected a date and time"),
        ("?member=x", "member"),
        ("?page_size=0", "page_size: expected a number"),
    ],
)
def test_what_no_filter_is_is_refused(api: ApiClient, query: str, said: str) -> None:
    answer = api.get(f"{OPERATIONS}{query}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_an_operation_shows_its_changes(api: ApiClient, company: str) -> None:
    operation = operation_of(api.patch(company, sent(employees=8, note="x")))
    content = api.get(f"{OPERATIONS}/{operation}?page_size=1").json()
    assert content["count"] == 1
    assert content["operation"]["counts"] == {"updated": 1}
    (change,) = content["results"]
    assert change["record_id"] == company.rpartition("/")[2]
    assert {each["name"]: (each["old"], each["new"]) for each in change["changes"]} == {
        "employees": (7, 8),
        "note": (None, "x"),
    }
    assert api.get(f"{OPERATIONS}/{NOBODY}").status_code == 404


def test_a_change_is_undone_and_redone(api: ApiClient, company: str) -> None:
    operation = operation_of(api.patch(company, sent(employees=8)))
    answer = undo(api, operation)
    assert (answer["records"], answer["counts"], answer["left"]) == (1, {"updated": 1}, [])
    assert values_of(api.get(company))["employees"] == 7
    newest = api.get(f"{company}/history").json()["results"][0]
    assert newest["reason"] == f"Undo of operation {operation}"
    assert newest["operation_id"] == answer["operation_id"]
    first = api.get(f"{OPERATIONS}/{operation}").json()["operation"]
    assert first["undone_by"] == answer["operation_id"]
    assert listed(api)[0]["undoes"] == operation

    again = api.post(f"{OPERATIONS}/{operation}/undo", {})
    assert (again.status_code, again.json()["code"]) == (409, "already_undone")
    redone = undo(api, answer["operation_id"])
    assert values_of(api.get(company))["employees"] == 8
    assert listed(api)[0]["undoes"] == answer["operation_id"]
    assert api.get(f"{OPERATIONS}/{operation}").json()["operation"]["undone_by"] is None
    assert redone["undoes"] == answer["operation_id"]


@pytest.mark.parametrize(("query", "body"), [("?dry_run=true", {}), ("", {"dry_run": True})])
def test_a_dry_run_names_no_operation_and_uses_up_no_key(
    api: ApiClient, company: str, query: str, body: Any
) -> None:
    operation = operation_of(api.patch(company, sent(employees=8)))
    tried = api.post(f"{OPERATIONS}/{operation}/undo{query}", body, idempotency_key="k")
    assert (tried.json()["dry_run"], "X-Operation-ID" in tried.headers) == (True, False)
    undone = api.post(f"{OPERATIONS}/{operation}/undo", {}, idempotency_key="k")
    assert (undone.status_code, undone.json()["records"]) == (200, 1)
    assert undone.headers["X-Operation-ID"] == undone.json()["operation_id"]


def test_what_was_changed_since_is_named(api: ApiClient, company: str) -> None:
    operation = operation_of(api.patch(company, sent(employees=8, note="x")))
    api.patch(company, sent(employees=9))
    tried = undo(api, operation, dry_run=True)
    assert (tried["operation_id"], tried["job_id"]) == (None, None)
    assert not Job.objects.exists()
    assert not LeftOut.objects.exists()
    assert values_of(api.get(company))["employees"] == 9
    answer = undo(api, operation)
    assert {key: tried[key] for key in ("records", "counts", "left_count", "left")} == {
        key: answer[key] for key in ("records", "counts", "left_count", "left")
    }
    (left,) = answer["left"]
    assert (left["code"], left["value"], left["field"]["name"]) == ("changed_since", 9, "employees")
    assert left["since"]["version"] == 3
    assert left["since"]["member"]["email"] == "admin@example.com"
    assert "note" not in values_of(api.get(company))
    page = api.get(f"{OPERATIONS}/{answer['operation_id']}/left").json()
    assert page["count"] == 1
    # What was left can be undone after all.
    undo(api, operation, mode="force")
    assert values_of(api.get(company))["employees"] == 7


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"mode": "x"}, "mode: expected one of safe, force."),
        ({"mode": None}, "mode: expected one of safe, force."),
        ({"dry_run": "yes"}, "dry_run: expected true or false."),
        ({"what": 1}, "what"),
    ],
)
def test_what_is_no_undo_is_refused(api: ApiClient, company: str, body: Any, said: str) -> None:
    operation = operation_of(api.patch(company, sent(employees=8)))
    answer = api.post(f"{OPERATIONS}/{operation}/undo", body)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_big_operation_is_undone_by_a_worker(api: ApiClient, companies: str) -> None:
    items = [{"fields": [{"name": "name", "value": f"n {at}"}]} for at in range(150)]
    made = api.post(f"{companies}/batch", {"mode": "create", "items": items})
    answer = api.post(f"{OPERATIONS}/{operation_of(made)}/undo", {}, x_reason="a mistake")
    assert answer.status_code == 202
    job = answer.json()["job_id"]
    work()
    done = api.get(f"/api/bulk-action-progress/{job}").json()
    assert (done["status"], done["result"]["counts"]) == ("completed", {"archived": 150})
    assert set(Record.objects.values_list("state", flat=True)) == {"archived"}
    (newest, first) = listed(api)
    assert (newest["kind"], newest["counts"], newest["undoes"]) == (
        "undo",
        {"archived": 150},
        first["id"],
    )
    assert newest["reason"] == f"Undo of operation {first['id']}: a mistake"


def test_nobody_learns_of_what_is_out_of_sight(
    api: ApiClient, companies: str, deals: str, workspace: Caller
) -> None:
    grants = {"companies": {"view": "own", "edit": "own", "create": True, "remove": "own"}}
    member = make_member(workspace, "m@example.com", grants, hidden=[("companies", "note")])
    theirs = ApiClient(member)
    mine = operation_of(theirs.post(f"{companies}/add", sent(name="mine")))
    other = operation_of(api.post(f"{companies}/add", sent(name="other"), x_reason="secret"))
    deal = operation_of(api.post(f"{deals}/add", sent(name="deal")))
    own = Record.objects.get(identifier="mine")
    others = Record.objects.get(identifier="other")
    batch = api.post(
        f"{companies}/batch",
        {
            "mode": "patch",
            "items": [
                {"id": str(row.uuid), "fields": [{"name": "note", "value": "secret"}]}
                for row in (own, others)
            ],
        },
        x_reason="secret",
    )
    both = operation_of(batch)
    rows = listed(theirs)
    assert [row["id"] for row in rows] == [both, mine]
    assert [row["counts"] for row in rows] == [{"updated": 1}, {"created": 1}]
    assert rows[0]["reason"] == ""
    content = theirs.get(f"{OPERATIONS}/{both}").json()
    assert (content["count"], content["results"][0]["changes"]) == (1, [])
    for hidden in (other, deal, NOBODY):
        assert theirs.get(f"{OPERATIONS}/{hidden}").status_code == 404
        assert theirs.post(f"{OPERATIONS}/{hidden}/undo", {}).status_code == 404
    undone = undo(theirs, both)
    assert (undone["records"], undone["left"], undone["total"]) == (0, [], 1)
    assert Record.objects.get(pk=own.pk).values == own.values | dict.fromkeys(
        Record.objects.get(pk=own.pk).values.keys() - own.values.keys(), "secret"
    )
