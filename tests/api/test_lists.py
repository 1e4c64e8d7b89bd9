"""Lists about one record: its field values, its history, the pipeline records that point at it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    archive,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .reading import names_of, sent

UNKNOWN = "01900000-0000-7000-8000-000000000000"


def field_id(caller: Caller, object_name: str, name: str) -> str:
    return caller.schema(object_name).by_name[name].uuid


@pytest.fixture
def staff(workspace: Caller, company: str) -> list[str]:
    """Three contacts who work for the company; their ids."""
    make_relation(workspace, "companies", "Staff", "contacts", "additional", "Employers")
    people = [("Ada", "ada@example.com"), ("Bob", "bob@example.org"), ("Cleo", "cleo@example.com")]
    ids = [
        make_record(workspace, "contacts", first_name=name, email=email).record.uuid
        for name, email in people
    ]
    ApiClient(workspace).patch(company, sent(staff=[{"id": uuid} for uuid in ids]))
    return ids


def values_path(company: str, field: str) -> str:
    return f"/api/records/{company.rpartition('/')[2]}/field-values/{field}"


# ---------------------------------------------------------------- field values


def test_linked_contacts_are_paged_and_searched(
    api: ApiClient, workspace: Caller, company: str, staff: list[str]
) -> None:
    path = values_path(company, field_id(workspace, "companies", "staff"))

    first = api.get(f"{path}?page_size=2").json()
    second = api.get(first["next"]).json()

    assert first["count"] == 3
    assert [row["id"] for row in first["results"] + second["results"]] == staff
    assert first["results"][0] == {
        "id": staff[0],
        "first_name": "Ada",
        "last_name": "",
        "full_name": "Ada",
        "email": "ada@example.com",
        "display_name": "Ada",
    }
    assert (second["next"], second["errors"]) == (None, None)
    assert "page=1" in second["previous"]
    assert [
        row["first_name"] for row in api.get(f"{path}?search=EXAMPLE.COM").json()["results"]
    ] == ["Ada", "Cleo"]
    assert [row["first_name"] for row in api.get(f"{path}?search=bo").json()["results"]] == ["Bob"]


def test_links_are_seen_from_the_other_side(
    api: ApiClient, workspace: Caller, company: str, staff: list[str]
) -> None:
    field = field_id(workspace, "contacts", "employers")

    content = api.get(f"/api/records/{staff[0]}/field-values/{field}").json()

    assert content["results"] == [
        {"id": company.rpartition("/")[2], "name": "Acme", "display_name": "Acme"}
    ]


@pytest.mark.parametrize(
    ("field", "names"), [("industry", ["Air"]), ("employees", ["7"]), ("note", []), ("tags", [])]
)
def test_a_field_that_links_nothing_lists_its_values(
    api: ApiClient, workspace: Caller, company: str, field: str, names: list[str]
) -> None:
    content = api.get(values_path(company, field_id(workspace, "companies", field))).json()

    assert [row["name"] for row in content["results"]] == names
    assert all(row.keys() == {"id", "name", "display_name"} for row in content["results"])


def test_values_of_what_cannot_be_seen_are_not_there(
    api: ApiClient, workspace: Caller, elsewhere: Caller, company: str
) -> None:
    field = field_id(workspace, "companies", "employees")
    archived = make_record(workspace, "companies", name="Old").record.uuid
    archive(workspace, "companies", archived)
    half_blind = make_member(
        workspace,
        "h@example.com",
        {"companies": {"view": "all"}},
        hidden=[("companies", "employees")],
    )
    answers = [
        api.get(values_path(company, UNKNOWN)),
        api.get(values_path(company, field_id(workspace, "contacts", "email"))),
        api.get(values_path(company, field_id(elsewhere, "contacts", "email"))),
        api.get(values_path(UNKNOWN, field)),
        api.get(values_path(archived, field)),
        api.get(values_path(company, "employees")),
        ApiClient(half_blind).get(values_path(company, field)),
        ApiClient(make_member(workspace, "b@example.com")).get(values_path(company, field)),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


# ---------------------------------------------------------------- pipeline records


@pytest.fixture
def related(workspace: Caller, company: str) -> dict[str, Any]:
    """Two pipelines whose records point at the company: the ids of their fields."""
    company_id = {"id": company.rpartition("/")[2]}
    fields = {}
    for label in ("Deals", "Tenders"):
        make_object(workspace, label, object_type="pipeline")
        fields[label] = make_relation(
            workspace, label.lower(), "Company", "companies", "primary", label
        )
        make_record(workspace, label.lower(), name=f"{label} 1", company=company_id)
    make_record(workspace, "deals", name="Deals 2", company=company_id)
    make_record(workspace, "deals", name="Elsewhere")
    archive(
        workspace,
        "deals",
        make_record(workspace, "deals", name="Old", company=company_id).record.uuid,
    )
    return fields


def test_pipeline_records_that_point_here_are_listed(
    api: ApiClient, workspace: Caller, company: str, related: dict[str, str]
) -> None:
    path = f"/api/records/{company.rpartition('/')[2]}/related-pipeline-records"
    tenders = workspace.schema("tenders").uuid

    assert names_of(api.post(path)) == ["Deals 2", "Tenders 1", "Deals 1"]
    assert names_of(api.post(path, {"object_ids": [tenders]})) == ["Tenders 1"]
    assert names_of(api.post(path, {"object_ids": ["deals"], "field_ids": [related["Deals"]]})) == [
        "Deals 2",
        "Deals 1",
    ]
    assert (
        names_of(api.post(path, {"object_ids": ["deals"], "field_ids": [related["Tenders"]]})) == []
    )
    page = api.post(path, {"page_size": 2}).json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert names_of(api.post(f"{path}?page=2", {"page_size": 2, "page": 1})) == ["Deals 1"]
    assert page["results"][0]["object_type"] == "pipeline"
    shown = [(row["name"], row["object_name"], row["stage"]["name"]) for row in page["results"]]
    assert shown == [("Deals 2", "Deals", "New"), ("Tenders 1", "Tenders", "New")]
    (new,) = (
        stage for stage in api.get("/api/pipelines/deals/stages").json() if stage["name"] == "New"
    )
    assert page["results"][0]["stage"] == {
        key: new[key] for key in ("id", "name", "status", "order")
    }


def test_a_hidden_stage_is_null_among_the_pipeline_records(
    workspace: Caller, company: str, related: dict[str, str]
) -> None:
    grants = {"companies": {"view": "all"}, "deals": {"view": "all"}}
    clerk = make_member(workspace, "clerk@example.com", grants, hidden=[("deals", "stage")])
    api = ApiClient(clerk)

    page = api.post(f"/api/records/{company.rpartition('/')[2]}/related-pipeline-records").json()

    assert [row["stage"] for row in page["results"]] == [None, None]


@pytest.mark.parametrize("key", ["object_ids", "field_ids"])
@pytest.mark.parametrize("value", ["deals", 7, [7], ["nope"], [UNKNOWN], [None], [[]]])
def test_unknown_pipelines_are_named(
    api: ApiClient, company: str, related: dict[str, str], key: str, value: object
) -> None:
    answer = api.post(
        f"/api/records/{company.rpartition('/')[2]}/related-pipeline-records", {key: value}
    )

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(key)


# ---------------------------------------------------------------- history


def test_history_tells_who_did_what(api: ApiClient, workspace: Caller, company: str) -> None:
    api.patch(company, sent(employees=8, industry={"name": "Sea"}))

    content = api.get(f"{company}/history?page_size=1").json()
    entry = content["results"][0]
    changes = {change["name"]: (change["old"], change["new"]) for change in entry["changes"]}

    assert content["count"] == 2
    assert "page=2" in content["next"]
    assert (entry["version"], entry["action"], entry["source"]) == (2, "updated", "records_api")
    assert entry["member"]["id"] == str(workspace.member.uuid)
    assert changes["employees"] == (7, 8)
    assert [side["name"] for side in changes["industry"]] == ["Air", "Sea"]
    assert entry["created"].endswith(("+01:00", "+02:00"))
    assert entry["api_key_id"]


def test_history_leaves_out_what_the_role_may_not_see(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    api.patch(company, sent(employees=8))
    caller = make_member(
        workspace,
        "m@example.com",
        {"companies": {"view": "all"}},
        hidden=[("companies", "employees")],
    )

    history = ApiClient(caller).get(f"{company}/history").json()

    assert history["results"][0]["changes"] == []
    assert (
        ApiClient(make_member(workspace, "b@example.com")).get(f"{company}/history").status_code
        == 404
    )


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page_size=0", "page_size=1001", "page=-1", "page=1.5"]
)
def test_a_page_that_is_none_is_refused(api: ApiClient, company: str, query: str) -> None:
    answer = api.get(f"{company}/history?{query}")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(query.partition("=")[0])


@pytest.mark.parametrize(
    "body",
    [
        {"search": {}},
        {"cursor": 7},
        {"ordering": 7},
        {"count": "some"},
        {"page": 0},
        {"page_size": 0},
        {"field_names": [None]},
        {"search_within_field_names": [7]},
    ],
)
def test_a_body_must_be_right_even_where_the_query_string_wins(
    api: ApiClient, companies: str, body: dict[str, object]
) -> None:
    ids: dict[str, object] = {"field_ids": [], "search_within_field_ids": []}
    query = "search=a&cursor=&ordering=name&count=none&page=1&page_size=1"

    assert api.post(f"{companies}/search?{query}", ids).status_code == 200
    assert api.post(f"{companies}/search?{query}", {**ids, **body}).status_code == 400
