"""Changing records: what is answered, what is refused, and where the refusal stands."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Record
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    archive,
    make_member,
    make_record,
)

from .reading import codes_of, sent, values_of

UNKNOWN = "01900000-0000-7000-8000-000000000000"


def stored(path: str) -> Record:
    return Record.objects.get(uuid=path.rpartition("/")[2])


# ---------------------------------------------------------------- PATCH, PUT


def test_patch_answers_what_changed_and_when(api: ApiClient, company: str) -> None:
    answer = api.patch(company, sent(employees=8, industry={"name": "Air"}, note="Hello"))

    assert answer.status_code == 200
    assert values_of(answer).keys() == {"employees", "note", "updated"}
    assert answer.json()["action"] == "updated"
    assert answer.json()["display_name"] == "Acme"
    assert answer.headers["ETag"] == '"2"'


def test_patch_answers_all_fields_when_asked(api: ApiClient, company: str) -> None:
    answer = api.patch(f"{company}?return_all_fields=true", sent(employees=8))

    assert values_of(answer) == values_of(api.get(company))


@pytest.mark.parametrize("body", [{}, {"fields": []}, sent(employees=7), None])
def test_a_patch_that_changes_nothing_leaves_no_trace(
    api: ApiClient, company: str, body: dict[str, Any] | None
) -> None:
    answer = api.patch(company, body)

    assert answer.status_code == 200
    assert answer.json()["action"] == "unchanged"
    assert values_of(answer).keys() == {"updated"}
    assert answer.headers["ETag"] == '"1"'
    assert api.get(f"{company}/history").json()["count"] == 1


def test_put_clears_what_it_does_not_list(api: ApiClient, company: str) -> None:
    answer = api.put(company, sent(name="Acme Ltd", note="New"))

    assert answer.status_code == 200
    assert answer.json()["action"] == "updated"
    assert values_of(answer).keys() == {
        "name",
        "owner",
        "created",
        "updated",
        "display_name",
        "note",
    }
    assert values_of(api.get(f"{company}?include_hidden_fields=true"))["secret"] == "hush"


def test_put_names_the_required_field_that_is_missing(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    spec = workspace.schema("companies").by_name["name"]

    answer = api.put(company, sent(employees="many"))

    assert codes_of(answer) == [
        {"value": ["invalid"]},
        {"id": [spec.uuid], "name": ["name"], "value": ["required"]},
    ]
    assert stored(company).version == 1


def test_put_needs_fields(api: ApiClient, company: str) -> None:
    assert codes_of(api.put(company, {})) == ["required"]
    assert codes_of(api.put(company, None)) == ["required"]


def test_null_clears(api: ApiClient, company: str) -> None:
    api.patch(company, sent(employees=None))

    assert "employees" not in values_of(api.get(company))
    assert codes_of(api.patch(company, sent(name=None))) == [{"value": ["required"]}]


def test_a_field_is_named_by_id_or_name_or_both(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    fields = workspace.schema("companies").by_name
    note, employees = fields["note"].uuid, fields["employees"].uuid

    def entry(**more: Any) -> dict[str, Any]:
        return {"fields": [{"value": "A", **more}]}

    assert values_of(api.patch(company, entry(id=note)))["note"] == "A"
    assert api.patch(company, entry(id=note.upper(), name="note")).json()["action"] == "unchanged"
    assert api.patch(company, entry(id=None, name="note", add_values=None)).status_code == 200
    assert codes_of(api.patch(company, entry(id=employees, name="note"))) == [{"name": ["invalid"]}]
    assert codes_of(api.patch(company, entry())) == [{"id": ["required"]}]
    assert codes_of(api.patch(company, entry(id=UNKNOWN))) == [{"id": ["does_not_exist"]}]
    assert codes_of(api.patch(company, entry(id="note"))) == [{"id": ["does_not_exist"]}]
    assert codes_of(api.patch(company, entry(name=note))) == [{"name": ["does_not_exist"]}]


def test_problems_stand_where_their_entries_do(api: ApiClient, company: str) -> None:
    answer = api.patch(
        company,
        {
            "fields": [
                {"name": "note", "value": "fine"},
                {"name": "employees", "value": "x"},
                {"name": "nope", "value": 1},
                {"name": "industry", "value": {"name": "Rail"}},
                {"name": "created", "value": "2026-01-01"},
                {"name": "note", "value": "again"},
                {"name": "tags", "value": ["a"], "add_values": ["b"]},
                {"name": "employees", "add_values": [1]},
                {"name": "tags"},
            ]
        },
    )

    codes = codes_of(answer)
    assert len(codes) == 9
    assert codes[0] == {}
    assert codes[1] == {"value": ["invalid"]}
    assert codes[2] == {"name": ["does_not_exist"]}
    assert codes[3] == {"value": ["does_not_exist"]}
    assert codes[4] == {"value": ["read_only"]}
    assert codes[5] == {"id": ["invalid"]}
    assert all(codes[6:])
    assert set(answer.json()) == {
        "detail", "code", "fields", "codes", "non_field_errors", "non_field_codes",
    }  # fmt: skip
    assert stored(company).version == 1


def test_lists_grow_and_shrink(api: ApiClient, company: str) -> None:
    api.patch(company, sent(tags=["a", "b"]))
    tags = values_of(api.get(company))["tags"]

    answer = api.patch(
        company,
        {"fields": [{"name": "tags", "add_values": ["c"], "remove_values": [tags[0]["id"]]}]},
    )

    assert [tag["name"] for tag in values_of(answer)["tags"]] == ["b", "c"]


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        (None, ["fields:"]),
        ({}, ["fields:"]),
        ("name", ["fields:"]),
        (
            [7, {"name": "note", "value": 1}, {"nme": "note"}, []],
            ["fields[0]", "fields[2]", "fields[3]"],
        ),
    ],
)
def test_entries_that_are_none_are_named(
    api: ApiClient, company: str, fields: object, places: list[str]
) -> None:
    answer = api.patch(company, {"fields": fields})

    assert codes_of(answer)
    messages = answer.json()["non_field_errors"]
    assert [message.partition(":")[0].rstrip(":") for message in messages] == [
        place.rstrip(":") for place in places
    ]


def test_a_member_who_may_not_edit_is_told_so(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    grants = {"companies": {"view": "all", "edit": "all"}}
    reader = ApiClient(make_member(workspace, "r@example.com", {"companies": {"view": "all"}}))
    editor = ApiClient(
        make_member(workspace, "e@example.com", grants, locked=[("companies", "employees")])
    )

    for answer in (
        reader.patch(company, sent(note="x")),
        reader.put(company, sent(name="x")),
        reader.delete(company),
    ):
        assert answer.status_code == 403
        assert answer.json()["code"] == "permission_required"
    assert codes_of(editor.patch(company, sent(employees=1))) == [
        {"value": ["permission_required"]}
    ]
    assert reader.post("/api/records/companies/add", sent(name="New")).status_code == 403


# ---------------------------------------------------------------- names in use


def test_a_name_in_use_is_refused(api: ApiClient, workspace: Caller, company: str) -> None:
    make_record(workspace, "companies", name="Beta")

    assert codes_of(api.patch(company, sent(name=" BETA "))) == [{"value": ["unique"]}]


def test_an_archived_records_name_can_be_taken(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    old = make_record(workspace, "companies", name="Beta").record.uuid
    archive(workspace, "companies", old)

    refused = api.patch(company, {**sent(name="Beta"), "archived_conflict": None})
    taken = api.patch(company, {**sent(name="Beta"), "archived_conflict": "overwrite"})

    assert codes_of(refused) == [{"value": ["archived_conflict"]}]
    assert refused.json()["archived_record_id"] == old
    assert taken.status_code == 200
    history = api.get(f"/api/records/companies/{old}/history").json()
    assert history["results"][0]["changes"][0]["new"].startswith("Beta (archived ")


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("PATCH", "{company}", "archived_conflict"),
        ("PUT", "{company}", "archived_conflict"),
        ("POST", "{companies}/add", "unarchive"),
        ("POST", "{companies}/upsert", "oncreate_unarchive"),
        ("POST", "{companies}/upsert", "onupdate_archived_conflict"),
    ],
)
def test_a_word_that_is_no_choice_is_refused(
    api: ApiClient, companies: str, company: str, method: str, path: str, key: str
) -> None:
    body: dict[str, Any] = sent(name="x")
    if path.endswith("upsert"):
        body["lookup_value"] = "x"
    words: list[Any] = ["sometimes", "", 1, ["overwrite"], {}]
    for value in words:
        answer = api.send(
            method, path.format(companies=companies, company=company), {**body, key: value}
        )
        assert codes_of(answer) == ["invalid"]
        assert key in answer.json()["non_field_errors"][0]
