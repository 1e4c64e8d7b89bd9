"""Changing records: what is answered, what is refused, and where the refusal stands."""

from __future__ import annotations

from typing import Any

import pytest

from records.models import Record
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .reading import codes_of, sent, uuid_of, values_of

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
    assert values_of(answer).keys() == {"name", "owner", "created", "updated", "display_name", "note"}
    assert values_of(api.get(f"{company}?include_hidden_fields=true"))["secret"] == "hush"


def test_put_names_the_required_field_that_is_missing(api: ApiClient, workspace: Caller, company: str) -> None:
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


def test_a_field_is_named_by_id_or_name_or_both(api: ApiClient, workspace: Caller, company: str) -> None:
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

    answer = api.patch(company, {"fields": [{"name": "tags", "add_values": ["c"], "remove_values": [tags[0]["id"]]}]})

    assert [tag["name"] for tag in values_of(answer)["tags"]] == ["b", "c"]


@pytest.mark.parametrize(
    ("fields", "places"),
    [
        (None, ["fields:"]),
        ({}, ["fields:"]),
        ("name", ["fields:"]),
        ([7, {"name": "note", "value": 1}, {"nme": "note"}, []], ["fields[0]", "fields[2]", "fields[3]"]),
    ],
)
def test_entries_that_are_none_are_named(api: ApiClient, company: str, fields: object, places: list[str]) -> None:
    answer = api.patch(company, {"fields": fields})

    assert codes_of(answer)
    messages = answer.json()["non_field_errors"]
    assert [message.partition(":")[0].rstrip(":") for message in messages] == [place.rstrip(":") for place in places]


def test_a_member_who_may_not_edit_is_told_so(api: ApiClient, workspace: Caller, company: str) -> None:
    grants = {"companies": {"view": "all", "edit": "all"}}
    reader = ApiClient(make_member(workspace, "r@example.com", {"companies": {"view": "all"}}))
    editor = ApiClient(make_member(workspace, "e@example.com", grants, locked=[("companies", "employees")]))

    for answer in (reader.patch(company, sent(note="x")), reader.put(company, sent(name="x")), reader.delete(company)):
        assert answer.status_code == 403
        assert answer.json()["code"] == "permission_required"
    assert codes_of(editor.patch(company, sent(employees=1))) == [{"value": ["permission_required"]}]
    assert reader.post("/api/records/companies/add", sent(name="New")).status_code == 403


# ---------------------------------------------------------------- names in use


def test_a_name_in_use_is_refused(api: ApiClient, workspace: Caller, company: str) -> None:
    make_record(workspace, "companies", name="Beta")

    assert codes_of(api.patch(company, sent(name=" BETA "))) == [{"value": ["unique"]}]


def test_an_archived_records_name_can_be_taken(api: ApiClient, workspace: Caller, company: str) -> None:
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
@pytest.mark.parametrize("value", ["sometimes", "", 1, ["overwrite"], {}])
def test_a_word_that_is_no_choice_is_refused(
    api: ApiClient, companies: str, company: str, method: str, path: str, key: str, value: object
) -> None:
    body = {**sent(name="x"), key: value}
    if path.endswith("upsert"):
        body["lookup_value"] = "x"

    answer = api.send(method, path.format(companies=companies, company=company), body)

    assert codes_of(answer) == ["invalid"]
    assert key in answer.json()["non_field_errors"][0]


# ---------------------------------------------------------------- archive, unarchive


def test_an_archived_record_is_gone_until_it_is_brought_back(api: ApiClient, companies: str, company: str) -> None:
    before = values_of(api.get(company))
    gone = api.delete(company)

    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (
        api.get(company),
        api.put(company, sent(name="x")),
        api.patch(company, sent(name="x")),
        api.delete(company),
        api.get(f"{companies}/lookup?identifier=acme"),
    ):
        assert answer.status_code == 404
    assert api.post(f"{companies}/search", {}).json()["count"] == 0
    assert api.get(f"{company}/history").json()["results"][0]["action"] == "archived"

    back = api.patch(f"{company}/unarchive")

    assert back.status_code == 200
    assert back.json()["action"] == "unarchived"
    assert {**values_of(back), "updated": None} == {**before, "updated": None}
    assert back.headers["ETag"] == '"3"'
    assert codes_of(api.patch(f"{company}/unarchive")) == ["invalid"]


def test_unarchive_takes_no_body(api: ApiClient, company: str) -> None:
    api.delete(company)

    assert codes_of(api.patch(f"{company}/unarchive", sent(name="x"))) == ["invalid"]
    assert api.patch(f"{company}/unarchive", {}).status_code == 200


# ---------------------------------------------------------------- add


def test_add_answers_the_whole_record(api: ApiClient, workspace: Caller, companies: str) -> None:
    answer = api.post(f"{companies}/add", sent(name="New", employees=3))

    assert answer.status_code == 200
    assert answer.json()["action"] == "created"
    assert answer.headers["ETag"] == '"1"'
    assert values_of(answer) == values_of(api.get(f"{companies}/{uuid_of(answer)}"))
    assert values_of(answer)["owner"]["id"] == str(workspace.member.uuid)


def test_add_never_changes_a_live_record(api: ApiClient, companies: str, company: str) -> None:
    for choice in (None, "prompt", "unarchive", "overwrite"):
        body = {**sent(name="acme", employees=1), "unarchive": choice}
        assert codes_of(api.post(f"{companies}/add", body))[0] == {"value": ["unique"]}
    assert values_of(api.get(company))["employees"] == 7


def test_add_asks_what_to_do_with_an_archived_record(api: ApiClient, companies: str, company: str) -> None:
    old = company.rpartition("/")[2]
    api.delete(company)

    for choice in (None, "prompt"):
        answer = api.post(f"{companies}/add", {**sent(name="Acme"), "unarchive": choice})
        assert codes_of(answer) == [{"value": ["archived_conflict"]}]
        assert answer.json()["archived_record_id"] == old

    back = api.post(f"{companies}/add", {**sent(name="Acme", employees=1), "unarchive": "unarchive"})
    assert (uuid_of(back), back.json()["action"]) == (old, "unarchived")
    assert values_of(back)["employees"] == 1
    assert values_of(back)["industry"]["name"] == "Air"

    api.delete(company)
    new = api.post(f"{companies}/add", {**sent(name="Acme"), "unarchive": "overwrite"})
    assert new.json()["action"] == "created"
    assert uuid_of(new) != old


def test_add_needs_the_required_fields(api: ApiClient, companies: str) -> None:
    assert codes_of(api.post(f"{companies}/add", {})) == ["required"]
    assert codes_of(api.post(f"{companies}/add", {"fields": []}))[0]["value"] == ["required"]


# ---------------------------------------------------------------- upsert


def test_upsert_creates_then_updates_then_leaves_alone(api: ApiClient, companies: str) -> None:
    def upsert(**values: Any) -> Any:
        return api.post(f"{companies}/upsert", {"lookup_value": " New  one ", **sent(**values)})

    created, updated, unchanged = upsert(employees=1), upsert(employees=2), upsert(employees=2)

    assert [answer.status_code for answer in (created, updated, unchanged)] == [201, 200, 200]
    actions = [answer.json()["action"] for answer in (created, updated, unchanged)]
    assert actions == ["created", "updated", "unchanged"]
    assert len({uuid_of(answer) for answer in (created, updated, unchanged)}) == 1
    assert values_of(created)["name"] == "New  one" or values_of(created)["name"].split() == ["New", "one"]
    assert values_of(updated).keys() == {"employees", "updated"}
    assert values_of(unchanged).keys() == {"updated"}


def test_upsert_answers_all_fields_when_asked(api: ApiClient, companies: str, company: str) -> None:
    answer = api.post(f"{companies}/upsert?return_all_fields=1", {"lookup_value": "acme", **sent(employees=9)})

    assert values_of(answer) == values_of(api.get(company))


def test_upsert_brings_an_archived_record_back_when_told_to(api: ApiClient, companies: str, company: str) -> None:
    api.delete(company)
    body = {"lookup_value": "Acme", **sent(employees=9)}

    prompted = api.post(f"{companies}/upsert", body)
    brought_back = api.post(f"{companies}/upsert", {**body, "oncreate_unarchive": "unarchive"})

    assert prompted.json()["code"] == "archived_conflict"
    assert prompted.json()["archived_record_id"] == company.rpartition("/")[2]
    assert brought_back.status_code == 201
    assert brought_back.json()["action"] == "unarchived"
    assert values_of(brought_back)["industry"]["name"] == "Air"


def test_upsert_matches_on_any_unique_field(api: ApiClient, workspace: Caller, companies: str) -> None:
    make_field(workspace, "companies", "Code", "text", is_unique=True)
    body = {"lookup_value": "C-1", "match_field": "code", **sent(name="First")}

    first = api.post(f"{companies}/upsert", body)
    second = api.post(f"{companies}/upsert", {**body, **sent(name="Renamed")})

    assert (first.status_code, second.status_code) == (201, 200)
    assert values_of(first)["code"] == "C-1"
    assert values_of(second)["name"] == "Renamed"
    for field in ("note", "nope", "created"):
        assert codes_of(api.post(f"{companies}/upsert", {**body, "match_field": field}))[0] in (
            "invalid",
            "does_not_exist",
        )


@pytest.mark.parametrize("value", [None, "", "  ", "\x00", [], {}, True])
def test_upsert_needs_something_to_look_up(api: ApiClient, companies: str, value: object) -> None:
    assert codes_of(api.post(f"{companies}/upsert", {"lookup_value": value, **sent(employees=1)}))
    assert codes_of(api.post(f"{companies}/upsert", sent(name="x")))[0] == "required"


def test_an_object_without_identifier_is_matched_on_named_fields_only(api: ApiClient, workspace: Caller) -> None:
    make_object(workspace, "Reports", FieldDefinition("Text", "longtext"), identifier_field=None)

    assert codes_of(api.post("/api/records/reports/upsert", {"lookup_value": "x"})) == ["invalid"]
    assert api.get("/api/records/reports/lookup?identifier=x").status_code == 400
    assert api.post("/api/records/reports/add", sent(text="x")).status_code == 200


# ---------------------------------------------------------------- move


def test_a_record_moves_to_another_stage(api: ApiClient, workspace: Caller, deals: str) -> None:
    path = f"{deals}/{make_record(workspace, 'deals', name='Deal').record.uuid}"
    schema = workspace.schema("deals")
    stages = {option.name: option.uuid for option in schema.by_name["stage"].options.values()}

    answer = api.patch(f"{path}/move", {"stage_id": stages["Won"]})

    assert answer.status_code == 200
    assert answer.json()["action"] == "updated"
    assert values_of(answer)["stage"]["name"] == "Won"
    assert values_of(answer)["actual_close_date"]
    assert api.patch(f"{path}/move", {"stage_id": stages["Won"]}).json()["action"] == "unchanged"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"stage_id": None}, "required"),
        ({"stage_id": 7}, "invalid"),
        ({"stage_id": "Won"}, "does_not_exist"),
        ({"stage_id": UNKNOWN}, "does_not_exist"),
        ({"stage_id": UNKNOWN, "stage": "x"}, "invalid"),
    ],
)
def test_a_stage_that_is_none_is_refused(
    api: ApiClient, workspace: Caller, deals: str, body: dict[str, Any], code: str
) -> None:
    path = f"{deals}/{make_record(workspace, 'deals', name='Deal').record.uuid}"

    assert codes_of(api.patch(f"{path}/move", body)) == [code]


def test_only_pipeline_records_have_stages(api: ApiClient, company: str) -> None:
    assert codes_of(api.patch(f"{company}/move", {"stage_id": UNKNOWN})) == ["invalid"]


# ---------------------------------------------------------------- other workspaces


def test_ids_of_another_workspace_are_as_unknown_as_any(
    api: ApiClient, workspace: Caller, elsewhere: Caller, company: str
) -> None:
    for caller in (workspace, elsewhere):
        make_object(caller, "People")
    make_relation(workspace, "companies", "Boss", "people", "primary", "Boss of")
    foreign = make_record(elsewhere, "people", name="Theirs").record.uuid
    member = str(elsewhere.member.uuid)
    field = elsewhere.schema("people").by_name["name"].uuid
    unknown = UNKNOWN

    def compare(*bodies: dict[str, Any]) -> None:
        answers = [api.patch(company, {"fields": [body]}) for body in bodies]
        assert {answer.status_code for answer in answers} == {400}
        texts = {answer.content.replace(foreign.encode(), b"?").replace(member.encode(), b"?") for answer in answers}
        assert len({text.replace(field.encode(), b"?").replace(unknown.encode(), b"?") for text in texts}) == 1

    compare({"name": "boss", "value": foreign}, {"name": "boss", "value": unknown})
    compare({"name": "owner", "value": member}, {"name": "owner", "value": unknown})
    compare({"id": field, "value": "x"}, {"id": unknown, "value": "x"})
    assert codes_of(api.patch(company, sent(boss={"name": "Theirs"}))) == [{"value": ["does_not_exist"]}]
