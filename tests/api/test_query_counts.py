"""How many statements a request costs, however much it reads or writes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .reading import sent


@pytest.fixture
def linked(workspace: Caller, companies: str) -> list[str]:
    """Companies with links to others: the ids of twelve."""
    make_object(workspace, "People")
    make_relation(workspace, "companies", "Boss", "people", "primary", "Boss of")
    make_relation(workspace, "companies", "Parent", "companies", "primary", "Subsidiaries")
    boss = {"id": make_record(workspace, "people", name="Ada").record.uuid}
    ids: list[str] = []
    for number in range(12):
        parent = {"parent": {"id": ids[0]}} if ids else {}
        values = {"employees": number, "industry": {"name": "Air"}, "boss": boss, **parent}
        ids.append(
            make_record(workspace, "companies", name=f"Company {number}", **values).record.uuid
        )
    return ids


def statements(call: Callable[[], Any]) -> list[str]:
    """What a call that succeeds asks of the database, once everything is compiled."""
    call()
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = call()
    assert answer.status_code < 300, answer.content
    return [
        query["sql"]
        for query in captured
        if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]


def test_reading_a_record_takes_two_and_one_for_what_it_refers_to(
    api: ApiClient, companies: str, linked: list[str]
) -> None:
    path = f"{companies}/{linked[0]}"

    assert (
        len(statements(lambda: api.get(f"{path}?field_names=name,employees,industry,owner"))) == 2
    )
    assert len(statements(lambda: api.get(path))) == 3
    assert len(statements(lambda: api.get(f"{companies}/lookup?identifier=company%201"))) == 3


def test_changing_a_field_takes_at_most_six(
    api: ApiClient, companies: str, linked: list[str]
) -> None:
    values = iter(range(1000, 2000))

    def change() -> Any:
        return api.patch(f"{companies}/{linked[1]}", sent(employees=next(values)))

    assert len(statements(change)) <= 6


def test_changing_a_unique_field_takes_at_most_six(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    make_field(workspace, "companies", "Tax number", "text", is_unique=True)
    made = api.post(f"{companies}/add", sent(name="Unique Example", tax_number="1")).json()
    numbers = map(str, range(2, 100))

    def change() -> Any:
        return api.patch(f"{companies}/{made['id']}", sent(tax_number=next(numbers)))

    assert len(statements(change)) <= 6
    assert len(statements(change)) <= 6


@pytest.mark.parametrize("size", [1, 3, 12])
def test_searching_takes_at_most_five_whatever_the_size_of_the_page(
    api: ApiClient, companies: str, linked: list[str], size: int
) -> None:
    body = {
        "query": [{"filters": [{"field": "industry", "condition": "=", "value": "Air"}]}],
        "ordering": "-employees",
        "page_size": size,
    }

    assert len(statements(lambda: api.post(f"{companies}/search", body))) <= 5


DEALS = "/api/custom-objects/deals"
LISTS = (
    "/api/auth/access",
    "/api/team",
    "/api/employee",
    "/api/team/typeahead?page_size=100",
    "/api/role",
    "/api/permission-group",
    "/api/permissions/meta-data",
    "/api/custom-objects?custom_only=false",
    "/api/custom-objects/settings-search",
    "/api/bulk-action-progress",
    "/api/pipelines/deals/stages",
    "/api/pipelines/deals/fields/labels/tags",
    DEALS,
    f"{DEALS}/detail",
    f"{DEALS}/fields",
    f"{DEALS}/fields/settings-search",
    f"{DEALS}/fields/kind",
    f"{DEALS}/fields/kind/options",
    f"{DEALS}/fields/kind/references",
    f"{DEALS}/categories",
    f"{DEALS}/schema",
    f"{DEALS}/filter-groups",
    f"{DEALS}/layouts",
    "/api/v2/w",
    "{workspace}/members",
    "{workspace}/member-roles",
    "{workspace}/data-types",
    "{workspace}/data-types?archived=true",
    "{workspace}/data-types/slug/deals",
    "{workspace}/data-types/member-record-counts",
    "{workspace}/data-types/{deals}",
    "{workspace}/data-types/{deals}/records",
    "{workspace}/webhooks",
)


def _more(api: ApiClient, workspace: Caller, times: int) -> None:
    """More of everything that is listed."""
    for at in (f"{times}{letter}" for letter in "abc"):
        make_member(workspace, f"{at}@example.com", {"deals": {"view": "all"}})
        make_object(workspace, f"More {at}")
        make_field(workspace, "deals", f"Text {at}", "text")
        record = make_record(workspace, "deals", name=f"Deal {at}", labels=[f"Label {at}"])
        hook = {"url": f"https://{at}.example.com", "events": ["data_record:created"]}
        name = {"name": f"More {at}"}
        for path, body in (
            ("/api/role", name),
            (f"{DEALS}/categories", name),
            (f"{DEALS}/fields/kind/options", name),
            ("/api/pipelines/deals/stages", {**name, "status": "open"}),
            (f"{DEALS}/filter-groups", {**name, "config": {}}),
            (f"{DEALS}/bulk-archive-entity-record", {"record_ids": [record.record.uuid]}),
            (f"/api/v2/w/{workspace.workspace.uuid}/webhooks", {**name, **hook}),
        ):
            assert api.post(path, body).status_code < 300, path


def test_lists_take_as_many_however_long_they_are(api: ApiClient, workspace: Caller) -> None:
    kinds = (OptionDefinition("One"),)
    make_object(
        workspace,
        "Deals",
        FieldDefinition("Kind", "dropdown", options=kinds),
        FieldDefinition("Labels", "dynamictags"),
        object_type="pipeline",
    )
    places = {
        "workspace": f"/api/v2/w/{workspace.workspace.uuid}",
        "deals": workspace.schema("deals").id,
    }
    api.headers["Authorization"] = f"Bearer {workspace.secret}"

    def taken() -> dict[str, int]:
        return {path: len(statements(partial(api.get, path.format(**places)))) for path in LISTS}

    _more(api, workspace, 1)
    before = taken()
    _more(api, workspace, 2)

    assert taken() == before
