"""Many records in one request: what becomes of each, all or none of them, and reading them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from records.models import Record
from tests.api_client import ApiClient
from tests.factories import Caller, archive, make_field, make_record
from tests.services.acting import differences

from .reading import sent, values_of
from .test_query_counts import statements

BATCH, GET = "/api/records/companies/batch", "/api/records/companies/batch-get"


@pytest.fixture(autouse=True)
def _companies(companies: str, workspace: Caller) -> Iterator[None]:
    make_field(workspace, "companies", "Tax number", "text", is_unique=True)
    make_record(workspace, "companies", name="Acme", employees=1, tax_number="T1")
    make_record(workspace, "companies", name="Bolt", employees=2, tax_number="T2")
    yield
    assert not differences(workspace)


def item(**parts: Any) -> dict[str, Any]:
    """An item; what is no key of one is the value of a field."""
    names = {"id", "lookup_value", "external_id", "external_source", "member_id", "if_version"}
    values = {key: value for key, value in parts.items() if key not in names}
    return {key: value for key, value in parts.items() if key in names} | (
        sent(**values) if values else {}
    )


def batch(api: ApiClient, mode: str, *items: Any, status: int = 200, **more: str) -> Any:
    answer = api.post(BATCH, {"mode": mode, "items": list(items), **more})
    assert answer.status_code == status, answer.content
    return answer.json()


def done(answer: Any) -> list[tuple[int, str]]:
    return [(result["status"], result["action"]) for result in answer["results"]]


def employees(api: ApiClient) -> dict[str, Any]:
    rows = api.post("/api/records/companies/search", {}).json()["results"]
    return {row["name"]: values_of(row).get("employees") for row in rows}


def key_of(name: str) -> str:
    return str(Record.objects.get(display_name=name).uuid)


def test_records_are_created_in_one_operation(api: ApiClient, workspace: Caller) -> None:
    answer = batch(
        api, "create", item(name="Cog", employees=3), item(name="Dyn", external_id="D-1")
    )

    assert done(answer) == [(201, "created"), (201, "created")]
    assert [result["id"] for result in answer["results"]] == [key_of("Cog"), key_of("Dyn")]
    assert [result["version"] for result in answer["results"]] == [1, 1]
    assert (answer["created"], answer["updated"], answer["failed"]) == (2, 0, 0)
    assert Record.history.filter(operation_id=answer["operation_id"]).count() == 2
    assert api.get("/api/records/companies/lookup?external_id=D-1").json()["name"] == "Dyn"


@pytest.mark.parametrize(
    ("mode", "items", "expected", "left"),
    [
        (
            "upsert",
            [item(lookup_value="acme", employees=1), item(lookup_value="New", employees=9)],
            [(200, "unchanged"), (201, "created")],
            {"Acme": 1, "Bolt": 2, "New": 9},
        ),
        (
            "patch",
            [item(lookup_value="Acme", employees=5), item(lookup_value="BOLT", note="x")],
            [(200, "updated"), (200, "updated")],
            {"Acme": 5, "Bolt": 2},
        ),
        (
            "update",
            [item(lookup_value="Acme", name="Acme", note="x")],
            [(200, "updated")],
            {"Acme": None, "Bolt": 2},
        ),
        ("archive", [item(lookup_value="Acme")], [(200, "archived")], {"Bolt": 2}),
    ],
)
def test_each_mode_does_what_a_single_request_does(
    api: ApiClient,
    mode: str,
    items: list[Any],
    expected: list[tuple[int, str]],
    left: dict[str, Any],
) -> None:
    assert done(batch(api, mode, *items)) == expected
    assert employees(api) == left


@pytest.mark.parametrize("mode", ["patch", "update", "archive"])
def test_a_record_is_named_by_any_of_its_names(
    api: ApiClient, workspace: Caller, mode: str
) -> None:
    batch(api, "upsert", item(lookup_value="Cog", external_id="C-1", external_source="crm"))
    names: list[dict[str, str]] = [
        {"id": key_of("Acme")},
        {"lookup_value": "T2"},
        {"external_id": "C-1", "external_source": "crm"},
    ]
    for at, name in enumerate(names):
        values = {} if mode == "archive" else {"name": f"Now {at}"}
        body = {"mode": mode, "match_field": "tax_number", "items": [item(**name, **values)]}
        assert api.post(BATCH, body).json()["failed"] == 0
    assert len(employees(api)) == (0 if mode == "archive" else 3)
    assert not {"Acme", "Bolt", "Cog"} & employees(api).keys()


def test_repeated_names_behave_as_if_sent_one_after_the_other(api: ApiClient) -> None:
    upserts = batch(
        api,
        "upsert",
        item(lookup_value="Cog", employees=1),
        item(lookup_value="cog", employees=2),
        item(lookup_value="COG", employees=2),
    )
    assert done(upserts) == [(201, "created"), (200, "updated"), (200, "unchanged")]
    renamed = batch(
        api,
        "patch",
        item(lookup_value="Cog", name="Gear"),
        item(lookup_value="Gear", employees=7),
        item(lookup_value="Cog", employees=8),
        on_error="continue",
    )
    assert done(renamed) == [(200, "updated"), (200, "updated"), (404, "refused")]
    assert employees(api)["Gear"] == 7
    archived = batch(
        api,
        "archive",
        item(lookup_value="Gear"),
        item(lookup_value="Gear"),
        on_error="continue",
    )
    assert done(archived) == [(200, "archived"), (404, "refused")]


@pytest.mark.parametrize("mode", ["upsert", "patch"])
def test_an_external_id_that_names_a_record_leaves_the_member_to_be_given(
    api: ApiClient, workspace: Caller, mode: str
) -> None:
    batch(api, "create", item(name="Cog", external_id="C-1"))

    answer = batch(api, mode, item(external_id="C-1", member_id="is_me"))
    assert done(answer) == [(200, "updated")]
    kept = api.get("/api/records/companies/lookup?external_id=C-1").json()
    assert kept["member_id"] == str(workspace.member.uuid)


WRONG = [
    (item(lookup_value="Acme", employees="many"), 400, "invalid"),
    (item(lookup_value="Nobody", employees=3), 404, "not_found"),
    (item(lookup_value="Acme", employees=3, if_version=9), 412, "precondition_failed"),
    (item(employees=3), 400, "required"),
    (item(id="x", employees=3), 404, "not_found"),
    (item(lookup_value=[], employees=3), 400, "invalid"),
    ({"lookup_value": "Acme", "fields": 5}, 400, "invalid"),
    ({"lookup_value": "Acme", "fields": [5]}, 400, "invalid"),
    ({"lookup_value": "Acme", "values": {}}, 400, "invalid"),
    (item(lookup_value="Acme", if_version="1"), 400, "invalid"),
    (item(external_id=5, employees=1), 400, "invalid"),
    ("Acme", 400, "invalid"),
    (None, 400, "invalid"),
]


@pytest.mark.parametrize(("wrong", "status", "code"), WRONG)
def test_a_refused_item_stops_nothing_or_everything(
    api: ApiClient, wrong: Any, status: int, code: str
) -> None:
    good = item(lookup_value="Bolt", employees=20)
    refused = batch(api, "patch", good, wrong, status=400)

    assert refused["detail"] == "Nothing was stored: 1 of 2 items were refused."
    assert done(refused) == [(424, "not_stored"), (status, "refused")]
    assert refused["results"][1]["errors"]["code"] == code
    assert (refused["updated"], refused["failed"]) == (0, 1)
    assert employees(api) == {"Acme": 1, "Bolt": 2}
    went_on = batch(api, "patch", good, wrong, on_error="continue")
    assert done(went_on) == [(200, "updated"), (status, "refused")]
    assert went_on["results"][1] == refused["results"][1]
    assert employees(api) == {"Acme": 1, "Bolt": 20}


def test_all_problems_of_a_batch_are_told_at_once(api: ApiClient) -> None:
    wrong = [wrong for wrong, _, _ in WRONG]

    refused = batch(api, "patch", *wrong, status=400)
    assert [result["status"] for result in refused["results"]] == [each for _, each, _ in WRONG]
    assert refused["failed"] == len(WRONG)


@pytest.mark.parametrize(
    ("mode", "wrong", "place"),
    [
        ("create", item(id="x", name="New"), "id"),
        ("create", item(lookup_value="New"), "lookup_value"),
        ("create", item(name="New", if_version=1), "if_version"),
        ("upsert", item(id="x", name="New"), "id"),
        ("upsert", item(name="New"), "lookup_value"),
        ("update", item(lookup_value="Acme"), "fields"),
        ("archive", item(lookup_value="Acme", employees=1), "fields"),
        ("archive", item(lookup_value="Acme", external_id="A"), "external_id"),
        ("archive", item(lookup_value="Acme", member_id="is_me"), "member_id"),
        ("patch", item(lookup_value="Acme", employees=1, external_source="crm"), "external_source"),
    ],
)
def test_what_a_mode_does_not_take_is_refused(
    api: ApiClient, mode: str, wrong: Any, place: str
) -> None:
    (result,) = batch(api, mode, wrong, status=400)["results"]
    assert result["errors"]["detail"].startswith(f"{place}: ")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "mode: expected one of create, update, upsert, patch, archive."),
        ({"mode": "delete", "items": [{}]}, "mode: expected null or one of"),
        ({"mode": "create"}, "items: send at least one item."),
        ({"mode": "create", "items": []}, "items: send at least one item."),
        ({"mode": "create", "items": {}}, "items: expected a list."),
        ({"mode": "create", "items": [{}] * 1001}, "items: at most 1000 items."),
        ({"mode": "create", "items": [{}], "on_error": "skip"}, "on_error: expected"),
        ({"mode": "create", "items": [{}], "records": []}, "Unknown keys: 'records'."),
    ],
)
def test_a_batch_of_another_shape_is_refused_as_a_whole(
    api: ApiClient, body: Any, detail: str
) -> None:
    answer = api.post(BATCH, body)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)


def test_archived_records_are_met_as_a_single_request_meets_them(
    api: ApiClient, workspace: Caller
) -> None:
    archive(workspace, "companies", key_of("Acme"))

    refused = batch(api, "create", item(name="Acme"), status=400)["results"][0]
    assert refused["errors"]["code"] == "archived_conflict"
    back = batch(api, "create", item(name="Acme", employees=4), unarchive="unarchive")
    assert done(back) == [(200, "unarchived")]
    assert employees(api)["Acme"] == 4


def test_a_repeated_batch_with_a_key_is_stored_once(api: ApiClient) -> None:
    body = {"mode": "create", "items": [item(name="Cog")]}

    first, second = (api.post(BATCH, body, Idempotency_Key="batch-1") for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert list(employees(api)).count("Cog") == 1


# ---------------------------------------------------------------- reading


def test_records_are_read_by_all_their_names(api: ApiClient, workspace: Caller) -> None:
    batch(api, "create", item(name="Cog", external_id="C-1", external_source="crm"))
    archive(workspace, "companies", key_of("Bolt"))
    answer = api.post(
        GET,
        {
            "ids": [key_of("Acme"), "nonsense", key_of("Bolt")],
            "names": [" ACME ", "Nobody", ""],
            "external_ids": ["C-1", "C-2"],
            "external_source": "crm",
            "field_names": ["employees"],
        },
    ).json()

    assert [(row["name"], values_of(row)) for row in answer["results"]] == [
        ("Acme", {"employees": 1}),
        ("Cog", {}),
    ]
    assert answer["missing"] == {
        "ids": ["nonsense", key_of("Bolt")],
        "names": ["Nobody", ""],
        "external_ids": ["C-2"],
    }


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, "name records by ids, names, external_ids."),
        ({"ids": "x"}, "ids: expected a list."),
        ({"ids": [5]}, "ids[0]: expected a string."),
        ({"names": ["x"] * 1001}, "at most 1000 records."),
        ({"external_ids": ["ok", " "]}, "external_ids[1]: "),
        ({"names": ["Acme"], "field_names": ["nothing"]}, "field_names: unknown nothing."),
        ({"name": ["Acme"]}, "Unknown keys: 'name'."),
    ],
)
def test_a_question_of_another_shape_is_refused(api: ApiClient, body: Any, detail: str) -> None:
    answer = api.post(GET, body)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(detail)


def test_a_batch_takes_as_many_statements_for_two_hundred_as_for_a_hundred(api: ApiClient) -> None:
    numbers = iter(range(10_000))

    def upserts(count: int) -> int:
        def call() -> Any:
            items = [
                item(lookup_value=f"Company {at}", employees=next(numbers)) for at in range(count)
            ]
            return api.post(BATCH, {"mode": "upsert", "items": items})

        return len(statements(call))

    def reads(count: int) -> int:
        names = [f"Company {at}" for at in range(count)]
        return len(statements(lambda: api.post(GET, {"names": names})))

    # On PostgreSQL few identifiers are looked up, and few values written, along with the records.
    assert upserts(2) <= upserts(100) == upserts(200) <= 9
    assert reads(2) <= reads(100) == reads(200) <= 5
