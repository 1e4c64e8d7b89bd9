"""Merging the ticked records of a list."""

from __future__ import annotations

import pytest

from records.models import Record
from tests.admin.pages import Workbench, form_of, let_in, messages_of
from tests.factories import make_member, make_record
from tests.services.acting import differences, read
from tests.services.merging.acting import merge


@pytest.fixture
def ids(admin: Workbench, companies: str) -> list[str]:
    return [
        make_record(admin.caller, "companies", name=name, employees=employees).record.uuid
        for name, employees in (("Acme", 30), ("Acne", 4), ("<b>Core", None))
    ]


def chosen(*ids: str) -> str:
    return "&".join(f"records={uuid}" for uuid in ids)


def test_the_survivor_and_its_values_are_chosen(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    assert f"{companies}bulk/merge/" in admin.read(companies)
    page = admin.read(f"{companies}bulk/merge/?{chosen(*ids)}")
    assert "Merge 3 records" in page
    assert "&lt;b&gt;Core" in page
    form = form_of(page, "into")
    assert form["records"] == ids
    sent = {**form, "into": ids[1], "rule-employees": ids[0]}
    answer = admin.client.post(f"{companies}bulk/merge/", sent)
    assert answer.status_code == 302, answer.content
    assert answer.headers["Location"] == f"{companies}{ids[1]}/"
    assert "2 records were merged into this one." in messages_of(answer)
    values = read(admin.caller, "companies", ids[1])
    assert (values["name"], values["employees"]) == ("Acne", 30)
    assert differences(admin.caller) == []


def test_what_is_refused_is_said_on_the_page(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    form = form_of(admin.read(f"{companies}bulk/merge/?{chosen(*ids[:2])}"), "into")
    answer = admin.client.post(f"{companies}bulk/merge/", {**form, "into": "x"})
    assert b"Choose the record that survives." in answer.content
    for few in ([], ids[:1], ["x"]):
        assert admin.get(f"{companies}bulk/merge/?{chosen(*few)}").status_code == 302


def test_who_may_not_merge_is_not_offered_it(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    grants = {"companies": {"view": "all", "edit": "all"}}
    clerk = let_in(make_member(admin.caller, "clerk@example.com", grants))
    assert f"{companies}bulk/merge/" not in clerk.read(companies)
    assert clerk.get(f"{companies}bulk/merge/?{chosen(*ids)}").status_code == 403


@pytest.mark.parametrize("name", ["", "edit/"])
def test_pages_of_a_merged_record_lead_to_the_survivor(
    admin: Workbench, companies: str, ids: list[str], name: str
) -> None:
    into, loser, _ = ids
    merge(admin.caller, into, loser, object_name="companies")
    answer = admin.get(f"{companies}{loser}/{name}")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{companies}{into}/")
    assert "merged into this one" in " ".join(messages_of(answer))


def test_a_form_of_a_merged_record_writes_nothing_to_the_survivor(
    admin: Workbench, companies: str, ids: list[str]
) -> None:
    into, loser, _ = ids
    form = form_of(admin.read(f"{companies}{loser}/edit/"), "field-name")
    merge(admin.caller, into, loser, object_name="companies")
    before = Record.objects.get(uuid=into).version
    sent = {**form, "field-name": "Other"}
    for name in ("edit/", "archive/", "trash/", "unarchive/"):
        answer = admin.client.post(f"{companies}{loser}/{name}", sent)
        assert answer.status_code in (302, 404), name
    assert Record.objects.get(uuid=into).version == before
