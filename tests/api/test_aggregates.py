"""Figures of what a search finds, and fields of linked records, in the Records API."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    change_record,
    make_object,
    make_record,
    make_relation,
)


@pytest.fixture
def deals(workspace: Caller) -> str:
    """The path of an object with five deals of two ports."""
    make_object(workspace, "Ports", FieldDefinition("City", "text"))
    make_object(
        workspace,
        "Offers",
        FieldDefinition("Amount", "money"),
        FieldDefinition("Pieces", "integer"),
        FieldDefinition("Opened", "date"),
        FieldDefinition(
            "State", "dropdown", options=(OptionDefinition("Won"), OptionDefinition("Lost"))
        ),
    )
    make_relation(workspace, "offers", "Port", "ports", "primary", "Offers")
    for name, city in (("OSL", "Oslo"), ("CIA", "Rome")):
        make_record(workspace, "ports", name=name, city=city)
    for at, (amount, state, port, day) in enumerate(
        [
            (0.1, "Won", "OSL", "2026-01-31"),
            (0.2, "Won", "OSL", "2026-02-01"),
            (5, "Lost", "CIA", "2026-02-28"),
            (None, "Lost", None, None),
            (1, None, "CIA", "2026-04-01"),
        ]
    ):
        values = {
            "amount": amount,
            "state": state and {"name": state},
            "port": port and {"name": port},
            "opened": day,
        }
        kept = {name: value for name, value in values.items() if value is not None}
        make_record(workspace, "offers", name=f"Offer {at}", pieces=2**62, **kept)
    return "/api/records/offers"


def figures(api: ApiClient, path: str, **body: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.post(f"{path}/aggregate", body).json()["results"]
    return rows


def money(amount: float) -> dict[str, Any]:
    return {"currency": "USD", "symbol": "$", "amount": amount}


def test_nothing_asked_counts_every_record(api: ApiClient, deals: str) -> None:
    bodies: list[dict[str, Any] | None] = [None, {}]
    for body in bodies:
        assert api.post(f"{deals}/aggregate", body).json() == {
            "count": 1,
            "next": None,
            "previous": None,
            "results": [{"group": {}, "count": 5}],
            "errors": None,
        }


def test_groups_of_choices_and_months(api: ApiClient, deals: str) -> None:
    rows = figures(
        api,
        deals,
        aggregate=[{"function": "sum", "field": "amount"}, {"function": "count", "as": "n"}],
        group_by=["state", {"field": "opened", "by": "month"}],
        ordering="-state,opened",
    )

    assert [
        (row["group"]["state"] and row["group"]["state"]["name"], row["group"]["opened"], row["n"])
        for row in rows
    ] == [
        ("Lost", "2026-02-01", 1),
        ("Lost", None, 1),
        ("Won", "2026-01-01", 1),
        ("Won", "2026-02-01", 1),
        (None, "2026-04-01", 1),
    ]
    assert set(rows[0]["group"]["state"]) == {"id", "name", "code"}
    assert [row["sum_amount"] for row in rows] == [
        *(money(5), None, money(0.1), money(0.2)),
        money(1),
    ]


def test_sums_are_exact_and_averages_have_ten_places(api: ApiClient, deals: str) -> None:
    body = {
        "aggregate": [
            {"function": function, "field": field}
            for field in ("pieces", "amount")
            for function in ("sum", "avg", "min", "max")
        ],
        "query": [{"filters": [{"field": "state", "condition": "is_blank", "value": False}]}],
    }
    answer = api.post(f"{deals}/aggregate", body)

    assert f'"sum_pieces":{4 * 2**62},'.encode() in answer.content
    (row,) = answer.json()["results"]
    assert row["avg_pieces"] == 2**62
    assert row["sum_amount"] == money(5.3)
    assert row["avg_amount"] == money(1.7666666667)
    assert (row["min_amount"], row["max_amount"]) == (money(0.1), money(5))


def test_groups_of_links_and_of_what_they_lead_to(api: ApiClient, deals: str) -> None:
    rows = figures(api, deals, group_by=["port", "port.city"])

    assert [(row["group"]["port.city"], row["count"]) for row in rows] == [
        ("Rome", 2),
        ("Oslo", 2),
        (None, 1),
    ]
    assert [row["group"]["port"] and row["group"]["port"]["display_name"] for row in rows] == [
        *("CIA", "OSL"),
        None,
    ]


def test_pages_and_words_of_the_query_string(api: ApiClient, deals: str) -> None:
    first = api.post(f"{deals}/aggregate?page_size=1&ordering=-count", {"group_by": ["port.city"]})
    second = api.send(
        "POST", first.json()["next"].partition("testserver")[2], {"group_by": ["port.city"]}
    )

    assert (first.json()["count"], second.json()["count"]) == (3, 3)
    assert first.json()["results"][0]["group"] == {"port.city": "Oslo"}
    assert second.json()["results"][0]["group"] == {"port.city": "Rome"}
    assert second.json()["previous"]
    found = api.post(f"{deals}/aggregate?search=Offer 1", {}).json()
    assert found["results"] == [{"group": {}, "count": 1}]


def test_everything_wrong_is_one_refusal(api: ApiClient, deals: str) -> None:
    body = {
        "aggregate": [{"function": "sum", "field": "opened"}, {"function": "median"}],
        "group_by": ["amount.x", {"field": "state", "by": "month"}],
    }
    answer = api.post(f"{deals}/aggregate", body)

    assert answer.status_code == 400
    assert answer.json() == {
        "detail": "group_by[0].field: there is no field 'amount.x'. Did you mean 'amount'? "
        "group_by[1].by: 'state' (dropdown) is not grouped by periods. "
        "aggregate[0].function: 'opened' (date) takes count, distinct, min, max. "
        "aggregate[1].function: expected one of count, distinct, sum, avg, min, max.",
        "code": "does_not_exist",
    }


@pytest.mark.parametrize(
    "body",
    [
        {"field_names": ["name"]},
        {"cursor": ""},
        {"count": "none"},
        {"having": []},
        {"aggregate": {"function": "count"}},
        {"group_by": "state"},
        {"page_size": 1001},
        {"ordering": "amount", "group_by": ["state"]},
    ],
)
def test_other_keys_and_forms_are_refused(api: ApiClient, deals: str, body: dict[str, Any]) -> None:
    assert api.post(f"{deals}/aggregate", body).status_code == 400


# ---------------------------------------------------------------- fields of linked records


def values(row: dict[str, Any]) -> dict[str, Any]:
    return {field["name"]: field["value"] for field in row["fields"].values()}


def test_searches_and_reads_show_fields_of_linked_records(api: ApiClient, deals: str) -> None:
    names = ["name", "port.city", "port.offers"]
    rows = api.post(f"{deals}/search", {"field_names": names, "ordering": "name"}).json()["results"]
    one = api.get(f"{deals}/{rows[0]['id']}?field_names=port.city,amount").json()
    batch = api.post(f"{deals}/batch-get", {"ids": [rows[2]["id"]], "field_names": ["port.city"]})
    looked_up = api.get(f"{deals}/lookup?identifier=offer 0&field_names=port.city").json()

    assert [values(row).get("port.city") for row in rows] == ["Oslo", "Oslo", "Rome", None, "Rome"]
    assert len(values(rows[0])["port.offers"]) == 2
    entry = one["fields"]["port.city"]
    assert entry == {
        "id": entry["id"],
        "name": "port.city",
        "field_type": "text",
        "display_name": "City",
        "value": "Oslo",
    }
    assert values(batch.json()["results"][0]) == {"port.city": "Rome"}
    assert values(looked_up) == {"port.city": "Oslo"}


def test_what_others_records_hold_is_not_answered_as_unchanged(
    api: ApiClient, workspace: Caller, deals: str
) -> None:
    row = api.post(f"{deals}/search", {"ordering": "name", "page_size": 1}).json()["results"][0]
    path = f"{deals}/{row['id']}?field_names=port.city"
    tag = api.get(path).headers["ETag"]
    port = api.post("/api/records/ports/search", {"search": "OSL"}).json()["results"][0]["id"]
    change_record(workspace, "ports", port, city="Bergen")

    answer = api.get(path, if_none_match=tag)
    assert (answer.status_code, values(answer.json())) == (200, {"port.city": "Bergen"})
    assert api.get(f"{deals}/{row['id']}", if_none_match=tag).status_code == 304


def test_linked_fields_are_neither_searched_nor_sorted_nor_shown_of_the_past(
    api: ApiClient, deals: str
) -> None:
    clause = {"field": "port.city", "condition": "=", "value": "Oslo"}
    row = api.post(f"{deals}/search", {"page_size": 1}).json()["results"][0]
    path = f"{deals}/{row['id']}?field_names=port.city&as_of=2099-01-01T00:00:00Z"

    for answer, place in (
        (api.post(f"{deals}/search", {"ordering": "port.city"}), "ordering"),
        (api.post(f"{deals}/search", {"query": [{"filters": [clause]}]}), "query[0].filters[0]"),
        (api.get(path), "field_names"),
        (api.post(f"{deals}/search", {"field_names": ["port.town", "prt.city"]}), "field_names"),
    ):
        assert answer.status_code == 400
        assert place in answer.json()["detail"]


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_exports_have_them_where_they_are_named(api: ApiClient, deals: str, form: str) -> None:
    body = {"field_names": ["name", "port.city"], "ordering": "name"}
    answer = api.post(f"/api/custom-objects/offers/exports?format={form}", body)
    content = b"".join(answer.streaming_content)

    assert answer.status_code == 200
    if form == "csv":
        assert content.decode().splitlines()[:2] == ["name,port.city", "Offer 0,Oslo"]
    if form == "jsonl":
        assert orjson.loads(content.splitlines()[0])["fields"] == {
            "name": "Offer 0",
            "port.city": "Oslo",
        }
    ports = {"field_names": ["offers.amount", "offers", "city"], "ordering": "name"}
    answer = api.post(f"/api/custom-objects/ports/exports?format={form}", ports)
    content = b"".join(answer.streaming_content)
    if form == "csv":
        assert content.decode().splitlines()[1] == "5; 1,Offer 2; Offer 4,Rome"
