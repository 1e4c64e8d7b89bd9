"""Choosing records of a list and doing something with all of them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from records.models import Record
from records.services.access.author import get_schema
from records.services.jobs.clearing import start_clearing
from tests.admin.pages import Workbench, form_of, let_in, messages_of
from tests.factories import (
    FieldDefinition,
    make_field,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import differences, read
from tests.working import work


@pytest.fixture
def ids(admin: Workbench, companies: str) -> list[str]:
    return [
        make_record(
            admin.caller, "companies", name=name, employees=employees, tags=["old"]
        ).record.uuid
        for name, employees in (("Acme", 30), ("Best", None), ("Core", 4))
    ]


def values(admin: Workbench, ids: list[str], field: str) -> list[Any]:
    return [read(admin.caller, "companies", uuid).get(field) for uuid in ids]


def change(admin: Workbench, path: str, chosen: str, field: str, **inputs: str | list[str]) -> Any:
    """Choose a field of the chosen records, fill in what is to become of it, and send it."""
    address = f"{path}bulk/change/?{chosen}&field={field}"
    sent = {f"change-{name}": value for name, value in inputs.items()}
    page = admin.read(address)
    return admin.client.post(f"{path}bulk/change/", {**form_of(page, "change-how"), **sent})


def chosen(*ids: str) -> str:
    return "&".join(f"records={uuid}" for uuid in ids)


def test_ticked_records_are_archived_once_it_is_confirmed(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    page = admin.read(f"{companies}bulk/archive/?{chosen(*ids[:2])}")
    assert "Archive 2 records" in page
    assert Record.objects.filter(state="active").count() == 3

    started = admin.send(f"{companies}bulk/archive/", form_of(page, "records"))

    job = admin.read(started.url)
    assert "Done" in job
    assert list(Record.objects.filter(state="active").values_list("display_name", flat=True)) == [
        "Core"
    ]
    assert "Archive records: Companies" in admin.read("/admin/records/jobs/")
    assert differences(admin.caller) == []


@pytest.mark.parametrize(
    ("field", "inputs", "expected"),
    [
        ("employees", {"how": "overwrite", "employees": "7"}, [7, 7, 4]),
        ("employees", {"how": "update_if_blank", "employees": "7"}, [30, 7, 4]),
        ("employees", {"how": "clear"}, [None, None, 4]),
        ("certified", {"how": "overwrite", "certified": "yes"}, [True, True, None]),
    ],
    ids=["overwrite", "fill", "clear", "choice"],
)
def test_a_field_of_ticked_records_is_changed(
    admin: Workbench,
    companies: str,
    ids: list[str],
    field: str,
    inputs: dict[str, str],
    expected: list[Any],
) -> None:
    started = change(admin, companies, chosen(*ids[:2]), field, **inputs)
    assert "Succeeded" in admin.read(started.url)
    assert values(admin, ids, field) == expected


def test_lists_are_added_to_and_taken_from(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    def tags() -> list[list[str]]:
        return [[tag["name"] for tag in value] for value in values(admin, ids, "tags")]

    change(admin, companies, chosen(*ids), "tags", how="add_only", tags="new; vip")
    assert tags() == [["old", "new", "vip"]] * 3
    change(admin, companies, chosen(ids[0]), "tags", how="remove_only", tags="old; vip")
    assert tags()[0] == ["new"]


def test_links_are_set_by_name(admin: Workbench, companies: str, ids: list[str]) -> None:
    make_object(admin.caller, "Groups")
    make_relation(admin.caller, "companies", "Group", "groups", "primary", "Companies")
    make_relation(admin.caller, "companies", "Clubs", "groups", "additional", "Members")
    group = make_record(admin.caller, "groups", name="North").record.uuid
    change(admin, companies, chosen(*ids), "group", how="overwrite", **{"group-add": "North"})
    change(
        admin, companies, chosen(*ids[:1]), "clubs", how="add_only", **{"clubs-add": f"{group}; "}
    )
    assert [value["name"] for value in values(admin, ids, "group")] == ["North"] * 3
    assert values(admin, ids, "clubs")[0] is not None

    path = f"/admin/records/objects/{admin.caller.schema('groups').uuid}/"
    page = admin.read(f"{path}bulk/change/?{chosen(group)}&field=companies")
    assert "update_if_blank" not in page  # links are stored on the other side


def test_all_records_that_a_list_finds_are_changed(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    for at in range(120):
        make_record(admin.caller, "companies", name=f"More {at}", employees=1)
    asked = "f=employees&c=%3D&v=1&q=more"
    found = admin.read(f"{companies}?{asked}")
    assert "all 120, on every page" in found
    page = admin.read(f"{companies}bulk/change/?all=1&{asked}&field=employees")
    assert "120 records" in page
    assert "Employees is 1" in page

    started = change(
        admin, companies, f"all=1&{asked}", "employees", how="overwrite", employees="2"
    )

    waiting = admin.read(started.url)
    assert "Waiting" in waiting
    assert 'data-again="2000"' in waiting
    work()
    assert "Done" in admin.read(started.url)
    assert values(admin, ids, "employees") == [30, None, 4]
    schema = get_schema(admin.caller.author, "companies")
    key = str(schema.by_name["employees"].id)
    assert sum(record.values.get(key) == 2 for record in Record.objects.all()) == 120


def test_a_job_is_cancelled_and_says_so(admin: Workbench, companies: str, ids: list[str]) -> None:
    for at in range(120):
        make_record(admin.caller, "companies", name=f"More {at}")
    started = change(admin, companies, "all=1", "employees", how="overwrite", employees="2")
    path = started.url

    assert messages_of(admin.send(f"{path}cancel/")) == ["The job was cancelled."]
    assert "Cancelled" in admin.read(path)
    assert messages_of(admin.send(f"{path}cancel/"))[-1] == "The job has already ended."
    work()
    assert values(admin, ids, "employees") == [30, None, 4]


def test_what_suits_no_record_is_said_in_the_form(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    for inputs, problem in (
        ({"how": "overwrite", "employees": "many"}, "Expected a whole number."),
        ({"how": "overwrite", "employees": " "}, "to empty the field, choose Clear"),
        ({"how": "nonsense", "employees": "1"}, "Select a valid choice"),
    ):
        answer = change(admin, companies, chosen(*ids), "employees", **inputs)
        assert problem in unescape(answer.content.decode())
    answer = change(
        admin, companies, chosen(*ids), "industry", how="overwrite", industry="nonsense"
    )
    assert "Select a valid choice" in answer.content.decode()
    assert values(admin, ids, "employees") == [30, None, 4]


def test_what_is_refused_is_listed_with_its_record(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    make_field(admin.caller, "companies", "Code", "text", is_unique=True)
    started = change(admin, companies, chosen(*ids[:2], "01920000-0000-7000-8000-000000000001"), "code",
                     how="overwrite", code="same")  # fmt: skip
    job = admin.read(started.url)
    assert len(re.findall(rf'href="{companies}({ids[1]})/"', job)) == 1
    assert "01920000-0000-7000-8000-000000000001" in job
    assert values(admin, ids, "code") == ["same", None, None]


@pytest.mark.parametrize("sent", ["", "records=", "records=nonsense", "all=1&q=nothing+like+it"])
@pytest.mark.parametrize("what", ["archive", "change"])
def test_nothing_chosen_is_nothing_done(
    admin: Workbench, companies: str, ids: list[str], what: str, sent: str
) -> None:
    answer = admin.get(f"{companies}bulk/{what}/?{sent}")
    assert answer.url == companies
    assert "Tick records" in messages_of(answer)[0]


def test_a_filter_that_makes_no_sense_chooses_nothing(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    answer = admin.get(f"{companies}bulk/archive/?all=1&f=employees&c=%3D&v=many")
    assert answer.url == companies
    assert messages_of(answer) == ["Employees: Expected a number."]


def test_only_those_who_may_are_offered_bulk_changes(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    grants = {"companies": {"view": "all", "edit": "own"}}
    clerk = let_in(
        make_member(admin.caller, "clerk@example.com", grants, locked=[("companies", "employees")])
    )
    reader = let_in(make_member(admin.caller, "reader@example.com", {"companies": {"view": "all"}}))
    assert "Change a field" in admin.read(companies)
    assert f"{companies}bulk/archive/" not in clerk.read(companies)
    assert clerk.get(f"{companies}bulk/archive/?{chosen(*ids)}").status_code == 403
    assert (
        'value="employees"'
        not in clerk.read(f"{companies}bulk/change/?{chosen(*ids)}").split("</select>")[0]
    )
    assert "change-how" not in clerk.read(f"{companies}bulk/change/?{chosen(*ids)}&field=employees")
    assert (
        clerk.send(f"{companies}bulk/change/", {"records": ids, "field": "employees"}).status_code
        == 200
    )
    assert 'name="records"' not in reader.read(companies)
    assert reader.get(f"{companies}bulk/change/?{chosen(*ids)}").status_code == 403

    started = change(clerk, companies, chosen(*ids), "note", how="overwrite", note="mine")
    job = clerk.read(started.url)
    assert "You may not edit this record." in job
    assert values(admin, ids, "note") == [None, None, None]


def test_jobs_are_seen_by_those_who_asked_for_them_and_by_admins(
    admin: Workbench, operator: Workbench, companies: str, ids: list[str]
) -> None:
    grants = {"companies": {"view": "all", "edit": "all"}}
    clerk = let_in(make_member(admin.caller, "clerk@example.com", grants))
    other = let_in(make_member(admin.caller, "other@example.com", grants))
    path = change(clerk, companies, chosen(*ids), "note", how="overwrite", note="mine").url
    assert "Change a field: Companies" in admin.read(path)
    for stranger in (other, operator):
        assert stranger.get(path).status_code == 404
        assert stranger.send(f"{path}cancel/").status_code == 404
        assert "Companies" not in stranger.read("/admin/records/jobs/").split("<tbody>")[1]


def test_a_field_that_is_cleared_after_its_deletion_is_a_job_too(
    admin: Workbench, companies: str
) -> None:
    make_object(admin.caller, "Crates", FieldDefinition("Weight", "integer"))
    make_record(admin.caller, "crates", name="One", weight=3)
    start_clearing(admin.caller.author, [admin.caller.schema("crates").by_name["weight"].id])
    assert "Clear a deleted field: Crates" in admin.read("/admin/records/jobs/?page=0")


def test_jobs_have_pages(admin: Workbench, companies: str, ids: list[str]) -> None:
    for _ in range(51):
        change(admin, companies, chosen(ids[0]), "note", how="overwrite", note="x")
    first = admin.read("/admin/records/jobs/")
    assert "?page=2" in first
    assert admin.read("/admin/records/jobs/?page=2").count("Change a field: Companies") == 1
