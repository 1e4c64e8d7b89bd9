"""Figures and fields of linked records in the Workspace API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_object,
    make_record,
    make_relation,
)

from .calling import WorkspaceClient, ok


@pytest.fixture
def jobs(workspace: Caller) -> str:
    """The path of the records of a type: three jobs at two sites."""
    make_object(workspace, "Sites", FieldDefinition("City", "text"))
    make_object(
        workspace,
        "Jobs",
        FieldDefinition("Hours", "decimal"),
        FieldDefinition("Opened", "datetime"),
        FieldDefinition("Stage", "dropdown", options=(OptionDefinition("New"),)),
    )
    make_relation(workspace, "jobs", "Site", "sites", "primary", "Jobs")
    for name, city in (("North", "Oslo"), ("South", "Rome")):
        make_record(workspace, "sites", name=name, city=city)
    for at, site in enumerate(("North", "North", "South")):
        make_record(
            workspace,
            "jobs",
            name=f"Job {at}",
            hours=at + 0.1,
            opened=f"2026-0{at + 1}-01T12:00:00Z",
            site={"name": site},
            **({"stage": {"name": "New"}} if at else {}),
        )
    return f"/data-types/{workspace.schema('jobs').id}/records"


def items(client: WorkspaceClient, path: str) -> list[Any]:
    return list(ok(client.get(path))["items"])


@pytest.fixture
def client(workspace: Caller) -> WorkspaceClient:
    return WorkspaceClient(workspace)


def test_figures_by_groups(client: WorkspaceClient, jobs: str) -> None:
    assert items(client, f"{jobs}/aggregate") == [{"group": {}, "aggregates": {"count": 3}}]
    path = f"{jobs}/aggregate?aggregate=count,sum:hours&groupBy=site.city,stage&sortBy=sum:hours"
    assert items(client, path) == [
        {
            "group": {"site.city": "Oslo", "stage": None},
            "aggregates": {"count": 1, "sum:hours": 0.1},
        },
        {
            "group": {"site.city": "Oslo", "stage": "New"},
            "aggregates": {"count": 1, "sum:hours": 1.1},
        },
        {
            "group": {"site.city": "Rome", "stage": "New"},
            "aggregates": {"count": 1, "sum:hours": 2.1},
        },
    ]


def test_filters_pages_and_either_spelling(client: WorkspaceClient, jobs: str) -> None:
    path = (
        f"{jobs}/aggregate?group_by=opened:month&hours__gt=1&sort_order=desc&sort_by=opened:month"
    )
    page = ok(client.get(f"{path}&pageSize=1&page=2"))

    assert page == {
        "items": [{"group": {"opened:month": "2026-02-01"}, "aggregates": {"count": 1}}],
        "total": 2,
        "page": 2,
        "pageSize": 1,
    }
    (one,) = items(client, f"{jobs}/aggregate?groupBy=createdAt:year&aggregate=max:hours")
    assert one["aggregates"] == {"max:hours": 2.1}


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("aggregate=sum:stage&groupBy=hours:day,x", "groupBy[1].field: there is no field 'x'."),
        ("aggregate=sum:stage", "aggregate[0].function: 'stage' (dropdown) takes count, distinct."),
        ("sortBy=hours", "sortBy: 'hours' is not one of count."),
        ("sortBy=-count&sortBy=count", "sortBy: it is sent more than once."),
        ("cursor=", "Unknown query key 'cursor'"),
        ("fieldNames=name", "Unknown query key 'fieldNames'"),
        ("site.city=Oslo", "Unknown query key 'site.city'"),
        ("aggregate=", "aggregate: ask for at least one."),
    ],
)
def test_refusals(client: WorkspaceClient, jobs: str, query: str, message: str) -> None:
    answer = client.get(f"{jobs}/aggregate?{query}")

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


def test_field_names_choose_values_also_of_linked_records(
    client: WorkspaceClient, jobs: str
) -> None:
    path = f"{jobs}?fieldNames=name,site.city&sortBy=name"
    rows = items(client, path)
    one = ok(client.get(f"{jobs}/{rows[0]['id']}?field_names=site.city,site"))

    assert [row["fieldValues"] for row in rows] == [
        {"name": "Job 0", "site.city": "Oslo"},
        {"name": "Job 1", "site.city": "Oslo"},
        {"name": "Job 2", "site.city": "Rome"},
    ]
    assert one["fieldValues"]["site.city"] == "Oslo"
    assert one["fieldValues"]["site"]["name"] == "North"
    refused = client.get(f"{jobs}?fieldNames=site.town")
    assert refused.json()["error"]["message"] == "fieldNames: unknown site.town."
    again = client.get(f"{jobs}/{rows[0]['id']}?fieldNames=site.city", if_none_match='"1"')
    assert again.status_code == 200
