"""Reading one record: its details, the choice of fields, and how it once was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records.models import (
    Activity,
    Address,
    EmailSuppression,
    LeadSource,
    Record,
    RecordMember,
)
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
)

from .reading import sent, values_of

DETAIL = {
    *("name", "display_name"),
    "id", "object_type", "fields", "access", "client_info", "num_upcoming_activities", "num_associated_team_members",
    "lead_source_types", "external_id", "external_source", "version", "cancelled", "member_id",
}  # fmt: skip


def test_a_record_has_all_the_keys_of_its_schema(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    content = api.get(company).json()

    assert set(content) == DETAIL
    assert content["object_type"] == "standard"
    assert content["access"] == {"view": True, "edit": True, "remove": True}
    assert content["client_info"] == {
        "num_addresses_v2": 0,
        "display_name": "Acme",
        "email_on_suppression_list": False,
    }
    spec = workspace.schema("companies").by_name["employees"]
    assert content["fields"][spec.uuid] == {
        "id": spec.uuid,
        "name": "employees",
        "field_type": "integer",
        "display_name": "Employees",
        "value": 7,
    }


def test_blank_and_hidden_values_are_left_out(api: ApiClient, company: str) -> None:
    assert values_of(api.get(company)).keys() == {
        "name", "owner", "created", "updated", "display_name", "industry", "employees",
    }  # fmt: skip


def test_times_are_in_the_workspaces_zone(api: ApiClient, company: str) -> None:
    created = datetime.fromisoformat(values_of(api.get(company))["created"])

    assert created.utcoffset() in (timedelta(hours=1), timedelta(hours=2))


def test_an_object_is_named_by_api_name_or_id(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    uuid = workspace.schema("companies").uuid
    by_id = company.replace("companies", uuid)

    assert api.get(by_id).content == api.get(company).content
    assert api.get(company.replace("companies", uuid.upper())).status_code == 200


def test_contacts_have_two_names_and_a_type_of_their_own(api: ApiClient, workspace: Caller) -> None:
    made = make_record(
        workspace, "contacts", first_name="Ada", last_name="Example", email="ada@example.com"
    ).record

    answers = [
        api.get(f"/api/records/{name}/{made.uuid}").json() for name in ("contacts", "client_client")
    ]

    assert answers[0] == answers[1]
    assert answers[0]["object_type"] == "contact"
    assert answers[0]["client_info"]["display_name"] == "Ada Example"


# ---------------------------------------------------------------- which fields


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("field_names=employees,industry", ["employees", "industry"]),
        ("field_names=employees&field_names=industry", ["employees", "industry"]),
        ("field_names=%20employees%20,,", ["employees"]),
        ("field_names=", ["name", "owner", "created", "updated", "display_name"]),
        ("field_ids=", ["name", "owner", "created", "updated", "display_name"]),
        ("field_names=secret", ["secret"]),
        ("field_names=note", []),
        ("field_names=name&unknown_parameter=1", ["name"]),
    ],
)
def test_fields_are_chosen_by_name(
    api: ApiClient, company: str, query: str, names: list[str]
) -> None:
    assert list(values_of(api.get(f"{company}?{query}"))) == names


def test_ids_win_over_names_and_names_over_categories(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    fields = workspace.schema("companies").by_name
    ids, category = fields["employees"].uuid, fields["note"].category_uuid
    change_record(workspace, "companies", company.rpartition("/")[2], note="A note")

    def names(query: str) -> list[str]:
        return list(values_of(api.get(f"{company}?{query}")))

    assert names(f"field_ids={ids}&field_names=name&field_category={category}") == ["employees"]
    assert names(f"field_ids={ids.upper()}") == ["employees"]
    assert names(f"field_names=name&field_category={category}") == ["name"]
    assert names(f"field_category={category}") == ["note"]


def test_hidden_fields_come_when_asked_for(api: ApiClient, company: str) -> None:
    shown = values_of(api.get(f"{company}?include_hidden_fields=true"))

    assert shown["secret"] == "hush"
    assert "secret" not in values_of(api.get(f"{company}?include_hidden_fields=0"))


@pytest.mark.parametrize(
    "query",
    [
        "field_names=name,nope",
        "field_ids=name",
        "field_ids=0190",
        "field_category=General",
        "field_names=NAME",
    ],
)
def test_unknown_fields_are_named(api: ApiClient, company: str, query: str) -> None:
    answer = api.get(f"{company}?{query}")

    assert answer.status_code == 400
    assert answer.json()["code"] == "does_not_exist"
    assert query.partition("=")[2].split(",")[-1].lower() in answer.json()["detail"].lower()


def test_a_field_hidden_from_the_role_is_as_unknown_as_any(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    caller = make_member(
        workspace,
        "m@example.com",
        {"companies": {"view": "all"}},
        hidden=[("companies", "employees")],
    )
    member = ApiClient(caller)

    hidden = member.get(f"{company}?field_names=employees").json()
    unknown = member.get(f"{company}?field_names=employers").json()

    assert "employees" not in values_of(member.get(f"{company}?include_hidden_fields=true"))
    assert hidden == {**unknown, "detail": unknown["detail"].replace("employers", "employees")}


@pytest.mark.parametrize("parameter", ["detail_summary", "include_hidden_fields"])
@pytest.mark.parametrize(
    ("text", "status"), [("TRUE", 200), ("0", 200), ("yes", 400), ("", 400), ("2", 400)]
)
def test_flags_are_true_or_false(
    api: ApiClient, company: str, parameter: str, text: str, status: int
) -> None:
    assert api.get(f"{company}?{parameter}={text}").status_code == status


# ---------------------------------------------------------------- figures


def test_the_figures_come_from_real_rows(api: ApiClient, workspace: Caller) -> None:
    made = make_record(workspace, "contacts", email="Ada@example.com").record
    record = Record.objects.get(uuid=made.uuid)
    colleague = make_member(workspace, "colleague@example.com")
    mine = {"workspace": workspace.workspace, "record": record}
    soon = datetime.now(UTC) + timedelta(days=1)
    Activity.objects.create(**mine, title="Call", due_at=soon)
    Activity.objects.create(**mine, title="Done", due_at=soon, completed_at=datetime.now(UTC))
    Activity.objects.create(**mine, title="Missed", due_at=datetime.now(UTC) - timedelta(days=1))
    Activity.objects.create(**mine, title="Some day")
    Address.objects.create(**mine, city="Paris")
    EmailSuppression.objects.create(workspace=workspace.workspace, email="ada@example.com")
    for member in (workspace.member, colleague.member):
        RecordMember.objects.create(**mine, member=member)
    LeadSource.objects.create(**mine, kind="utm")
    LeadSource.objects.create(**mine, kind="google_ads")

    content = api.get(f"/api/records/contacts/{made.uuid}").json()
    summary = api.get(f"/api/records/contacts/{made.uuid}?detail_summary=true").json()

    assert content["num_upcoming_activities"] == 1
    assert content["num_associated_team_members"] == 2
    assert content["client_info"]["num_addresses_v2"] == 1
    assert content["client_info"]["email_on_suppression_list"] is True
    assert content["lead_source_types"] == []
    assert summary["lead_source_types"] == [
        {"value": "google_ads", "label": "Google Ads"},
        {"value": "utm", "label": "UTM"},
    ]


# ---------------------------------------------------------------- relationships


def test_a_long_list_of_links_is_cut_and_counted(
    api: ApiClient, workspace: Caller, company: str
) -> None:
    make_object(workspace, "People")
    make_relation(workspace, "people", "Works for", "companies", "primary", "Staff")
    employer = {"id": company.rpartition("/")[2]}
    for number in range(101):
        make_record(workspace, "people", name=f"Person {number}", works_for=employer)

    content = api.get(company).json()
    staff = next(entry for entry in content["fields"].values() if entry["name"] == "staff")

    assert len(staff["value"]) == 100
    assert staff["value_summary"] == {"count": 101}
    assert set(staff["value"][0]) == {"id", "name", "display_name"}


# ---------------------------------------------------------------- which record


def test_what_cannot_be_seen_is_not_there(
    api: ApiClient, workspace: Caller, elsewhere: Caller, company: str
) -> None:
    archived = make_record(workspace, "companies", name="Old").record.uuid
    archive(workspace, "companies", archived)
    make_object(elsewhere, "Companies")
    foreign = make_record(elsewhere, "companies", name="Theirs").record.uuid
    make_object(workspace, "Others")
    wrong_object = company.replace("companies", "others")
    blind = ApiClient(make_member(workspace, "blind@example.com", {"companies": {"view": "own"}}))
    nothing = ApiClient(make_member(workspace, "nothing@example.com"))
    answers = [
        api.get("/api/records/companies/00000000-0000-7000-8000-000000000000"),
        api.get("/api/records/nowhere/00000000-0000-7000-8000-000000000000"),
        api.get(f"/api/records/companies/{archived}"),
        api.get(f"/api/records/companies/{foreign}"),
        api.get(f"/api/records/{elsewhere.schema('companies').uuid}/{foreign}"),
        api.get(wrong_object),
        api.get("/api/records/companies/not-a-uuid"),
        blind.get(company),
        nothing.get(company),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert {answer.content for answer in answers} == {b'{"detail":"Not found.","code":"not_found"}'}


# ---------------------------------------------------------------- as of


def moment_after(api: ApiClient, path: str) -> str:
    written: str = values_of(api.get(path))["updated"]
    return (datetime.fromisoformat(written) + timedelta(microseconds=1)).isoformat()


def test_a_record_is_shown_as_it_stood(api: ApiClient, company: str) -> None:
    then = moment_after(api, company)
    api.patch(company, sent(employees=8, industry=None))

    answer = api.get(f"{company}?as_of={then.replace('+', '%2B')}")

    assert values_of(answer)["employees"] == 7
    assert "industry" in values_of(answer)
    assert answer.headers["ETag"] == '"1"'
    assert values_of(api.get(company))["employees"] == 8


def test_a_plus_sign_that_was_not_escaped_is_understood(api: ApiClient, company: str) -> None:
    then = moment_after(api, company)

    assert "+" in then
    assert api.get(f"{company}?as_of={then}").status_code == 200


def test_a_time_without_offset_is_in_the_workspaces_zone(api: ApiClient, company: str) -> None:
    written = datetime.fromisoformat(values_of(api.get(company))["updated"])
    local = written.replace(tzinfo=None)

    after: Any = api.get(f"{company}?as_of={(local + timedelta(seconds=1)).isoformat()}")
    before = api.get(f"{company}?as_of={(local - timedelta(seconds=1)).isoformat()}")

    assert after.status_code == 200
    assert before.status_code == 404


@pytest.mark.parametrize(
    "text", ["yesterday", "", "2026-13-01", "0001-01-01T00:00:00+14:00", "2026", "12:00"]
)
def test_what_is_no_moment_is_refused(api: ApiClient, company: str, text: str) -> None:
    answer = api.get(f"{company}?as_of={text}")

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("as_of:")


@pytest.mark.parametrize(
    ("query", "everything"),
    [
        ("field_names=&all_fields=true", True),
        ("field_ids=&all_fields=true", True),
        ("field_ids=&field_names=&all_fields=true", True),
        ("all_fields=true", True),
        ("all_fields=false", True),
        ("field_names=", False),
        ("field_names=&all_fields=false", False),
        ("field_names=name&all_fields=true", False),
    ],
)
def test_all_fields_are_read_where_no_names_are_sent(
    api: ApiClient, company: str, query: str, everything: bool
) -> None:
    fields = api.get(f"{company}?{query}").json()["fields"].values()

    assert ("employees" in {field["name"] for field in fields}) is everything
    assert "secret" not in {field["name"] for field in fields}


def test_the_older_lookup_answers_as_the_newer_one(
    api: ApiClient, company: str, companies: str
) -> None:
    older = "/api/custom-objects/companies/entity-records/lookup"

    for more in ("", "&field_names=employees", "&all_fields=false", "&field_ids="):
        expected = api.get(f"{companies}/lookup?identifier=%20aCME{more}")
        found = api.get(f"{older}?name=%20aCME{more}")
        assert expected.status_code == 200
        assert (found.json(), found.headers["ETag"]) == (expected.json(), expected.headers["ETag"])
    assert api.get(f"{older}?name=Nobody").status_code == 404
    assert api.get(f"{older}?name=").status_code == 400
    assert api.get(f"{older}?identifier=Acme").status_code == 400
    assert api.get("/api/custom-objects/nothing/entity-records/lookup?name=x").status_code == 404
