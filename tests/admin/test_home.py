"""The start page, and what Ctrl-K finds."""

from __future__ import annotations

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from records.models import Job
from records.services.jobs import start_bulk_archive
from tests.admin.pages import Workbench, let_in
from tests.factories import Caller, make_member, make_object, make_record

HOME = "/admin/"


def text_of(page: str) -> str:
    return " ".join(strip_tags(page).split())


def found(workbench: Workbench, term: str) -> list[tuple[str, str]]:
    answer = workbench.client.get("/admin/search/", {"s": term})
    assert "no-store" in answer.headers["Cache-Control"]
    return [(hit["title"], hit["description"]) for hit in answer.json()["found"]]


def test_objects_have_their_counts_and_a_way_to_the_trash(admin: Workbench, companies: str) -> None:
    make_record(admin.caller, "companies", name="Acme")
    page = text_of(admin.read(HOME))
    assert "Companies 1 record" in page
    assert "in the trash" not in page
    gone = make_record(admin.caller, "companies", name="Gone").record.uuid
    admin.client.post(f"{companies}{gone}/trash/")
    page = admin.read(HOME)
    assert "1 record · 1 in the trash" in text_of(page)
    assert f'href="{companies}trash/"' in page


def test_the_changes_of_the_last_days_are_drawn_and_told(admin: Workbench, companies: str) -> None:
    assert "Changes of the last" not in admin.read(HOME)
    for name in ("Acme", "Basalt"):
        make_record(admin.caller, "companies", name=name)
    page = admin.read(HOME)
    assert "Changes of the last 14 days" in page
    assert len(re.findall(r"<rect ", page)) == 1
    assert len(re.findall(r'<th scope="row">\d{4}-\d\d-\d\d</th>', page)) == 14
    assert re.search(r"2 through [A-Z]", page)


def test_jobs_that_have_not_ended_are_shown(admin: Workbench, companies: str) -> None:
    caller = admin.caller
    made = [make_record(caller, "companies", name=name).record.uuid for name in "ab"]
    job = start_bulk_archive(caller.author, caller.schema("companies"), made)
    assert "Running jobs" not in admin.read(HOME)
    Job.objects.filter(uuid=job.uuid).update(finished_at=None, status="running")
    page = text_of(admin.read(HOME))
    assert "Running jobs Archive records: Companies Running, 2 of 2 done" in page


def test_the_start_page_takes_a_constant_number_of_queries(
    admin: Workbench, companies: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            admin.read(HOME)
        return len(captured)

    make_record(admin.caller, "companies", name="Acme")
    queries()
    before = queries()
    assert before <= 24
    for name in ("Vessels", "Yards", "Docks"):
        make_object(admin.caller, name)
    for name in ("Basalt", "Cobalt"):
        make_record(admin.caller, "companies", name=name)
    queries()
    assert queries() == before


def test_ctrl_k_finds_objects_records_and_pages(admin: Workbench, companies: str) -> None:
    make_record(admin.caller, "companies", name="Compass Works")
    assert found(admin, "comp") == [("Companies", "Records"), ("Compass Works", "Companie")]
    assert found(admin, "role") == [("Roles", "Page")]
    assert found(admin, "") == found(admin, "x" * 5000) == []


def test_ctrl_k_finds_nothing_out_of_sight(admin: Workbench, companies: str) -> None:
    make_record(admin.caller, "companies", name="Compass Works")
    member = let_in(
        make_member(admin.caller, "ann@example.com", {"client_client": {"view": "all"}})
    )
    assert found(member, "comp") == []
    assert found(member, "role") == []
    assert found(member, "jobs") == [("Jobs", "Page")]


def test_ctrl_k_finds_what_is_in_the_chosen_workspace(
    admin: Workbench, companies: str, elsewhere: Caller
) -> None:
    make_object(elsewhere, "Compounds")
    assert found(admin, "comp") == [("Companies", "Records")]
