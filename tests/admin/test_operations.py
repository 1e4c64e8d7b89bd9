"""Changes at the workbench: who changed what, looked through, previewed and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from tests.admin.pages import Workbench, let_in
from tests.factories import Caller, change_record, make_member, make_record
from tests.services.acting import differences

CHANGES = "/admin/records/changes/"


@pytest.fixture
def acme(admin: Workbench, companies: str) -> str:
    """The address of a record's page; the record was changed once since it was made."""
    made = make_record(admin.caller, "companies", name="Acme", employees=5).record.uuid
    change_record(admin.caller, "companies", made, employees=7)
    return f"{companies}{made}/"


def newest(workbench: Workbench, query: str = "") -> str:
    """The address of the newest of the listed operations."""
    return links(workbench, query)[0]


def links(workbench: Workbench, query: str = "") -> list[str]:
    return re.findall(rf'href="({CHANGES}[0-9a-f-]+/)"', workbench.read(CHANGES + query))


def uuid_of(page: str) -> str:
    return page.rstrip("/").rpartition("/")[2]


def undo(workbench: Workbench, operation: str, **sent: str) -> Any:
    return workbench.client.post(f"{operation}undo/", sent, follow=True)


def employees(workbench: Workbench, page: str) -> str:
    found = re.search(r"<dt>\s*Employees\s*</dt>\s*<dd.*?</dd>", workbench.read(page), re.DOTALL)
    assert found is not None
    return strip_tags(found.group(0)).split()[-1]


def test_a_change_is_listed_looked_through_and_taken_back(
    admin: Workbench, companies: str, acme: str
) -> None:
    page = admin.read(operation := newest(admin))
    for text in ("Companies", "1 updated", "Acme", "<td>5</td>", "<td>7</td>", f'href="{acme}"'):
        assert text in page
    answer = undo(admin, operation)
    assert "1 record was changed back." in answer.content.decode()
    assert employees(admin, acme) == "5"
    assert "Undone by" in admin.read(operation)

    undo(admin, newest(admin))  # redo
    assert employees(admin, acme) == "7"
    assert differences(admin.caller) == []


def test_a_preview_says_what_an_undo_would_do_and_stores_nothing(
    admin: Workbench, companies: str, acme: str
) -> None:
    operation = newest(admin)
    answer = undo(admin, operation, preview="1", mode="safe")
    assert "an undo changes 1 record back." in " ".join(answer.content.decode().split())
    assert employees(admin, acme) == "7"
    assert newest(admin) == operation


def test_what_was_changed_since_is_left_until_it_is_forced(
    admin: Workbench, companies: str, acme: str
) -> None:
    operation = newest(admin)
    change_record(admin.caller, "companies", uuid_of(acme), employees=9)
    preview = undo(admin, operation, preview="1").content.decode()
    for text in ("It has been changed since", "Employees", "Undo, also what was changed since"):
        assert text in preview

    refused = undo(admin, operation, mode="safe").content.decode()
    assert "Nothing could be undone" in refused
    assert employees(admin, acme) == "9"
    undo(admin, operation, mode="force")
    assert employees(admin, acme) == "5"


def test_a_created_record_is_archived_by_its_undo(
    admin: Workbench, companies: str, acme: str
) -> None:
    make_record(admin.caller, "companies", name="Beta")
    undo(admin, newest(admin))
    assert "Beta" in admin.read(f"{companies}archived/")
    assert "Beta" not in admin.read(companies)


def test_what_is_done_at_the_workbench_offers_its_undo(
    admin: Workbench, companies: str, acme: str
) -> None:
    answer = admin.client.post(f"{acme}archive/", follow=True)
    offered = re.search(rf'href="({CHANGES}[^"]+)">Review or undo', answer.content.decode())
    assert offered is not None
    undo(admin, offered.group(1))
    assert "Acme" in admin.read(companies)


def test_the_start_page_shows_the_newest_changes(
    admin: Workbench, companies: str, acme: str
) -> None:
    page = admin.read("/admin/")
    assert "Recent changes" in page
    assert newest(admin) in page


FILTERS = {
    "": 2,
    "?object=companies": 2,
    "?object=contacts": 0,
    "?kind=request": 2,
    "?kind=import": 0,
    "?source=records_api": 0,
    "?who=me": 2,
    # What an address cannot mean is no filter.
    "?object=nothing&kind=x&source=y&who=z&before=w": 2,
    "?object=%00&kind=%00&before=%00": 2,
}


@pytest.mark.parametrize("query", FILTERS)
def test_changes_are_filtered(admin: Workbench, companies: str, acme: str, query: str) -> None:
    assert len(set(links(admin, query))) == FILTERS[query]


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "9999999", "99999999999", "%00", "²"])
def test_pages_that_are_not_there_are_empty_or_the_first(
    admin: Workbench, companies: str, acme: str, page: str
) -> None:
    assert admin.get(f"{newest(admin)}?page={page}").status_code == 200


def test_a_list_goes_on_after_its_last(
    admin: Workbench, companies: str, acme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.admin.workbench.operations.PAGE_SIZE", 1)
    first, second = newest(admin), newest(admin, f"?before={uuid_of(newest(admin))}")
    assert first != second
    assert "Older" in admin.read(CHANGES)
    assert "Older" not in admin.read(f"{CHANGES}?before={uuid_of(first)}")


def test_changes_out_of_sight_are_not_there(
    admin: Workbench, elsewhere: Caller, companies: str, acme: str
) -> None:
    """Of another workspace, of others' records, and of an object without a grant."""
    own = {"companies": {"create": True, "view": "own", "edit": "own"}}
    outsiders = [
        Workbench(elsewhere),
        let_in(make_member(admin.caller, "own@example.com", own)),
        let_in(make_member(admin.caller, "none@example.com")),
    ]
    operation = newest(admin)
    for outsider in outsiders:
        assert operation not in outsider.read(CHANGES)
        assert outsider.get(operation).status_code == 404
        assert outsider.send(f"{operation}undo/").status_code == 404
    assert employees(admin, acme) == "7"


def test_who_may_see_but_not_change_undoes_nothing(
    admin: Workbench, companies: str, acme: str
) -> None:
    seer = let_in(make_member(admin.caller, "see@example.com", {"companies": {"view": "all"}}))
    answer = undo(seer, newest(seer)).content.decode()
    assert "You may not change this." in answer
    assert employees(admin, acme) == "7"


def test_an_operation_undone_already_says_so(admin: Workbench, companies: str, acme: str) -> None:
    operation = newest(admin)
    undo(admin, operation)
    assert "has been undone by" in undo(admin, operation).content.decode()


def test_the_pages_cost_the_same_for_one_change_and_for_many(
    admin: Workbench, companies: str, acme: str
) -> None:
    def statements(path: str) -> int:
        admin.read(path)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            admin.read(path)
        return len(asked)

    few = [statements(CHANGES), statements("/admin/"), statements(newest(admin))]
    for at in range(5):
        made = make_record(admin.caller, "companies", name=f"Company {at}").record.uuid
        change_record(admin.caller, "companies", made, employees=at)
    assert [statements(CHANGES), statements("/admin/"), statements(newest(admin))] == few
    assert max(few) <= 20
