"""A record as it was at a moment, and its fields set to what they were."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from records.services.access import get_schema
from records.services.merging import Merge, merge_records
from records.services.operations import home_of
from records.services.reading import select_fields
from records.services.writing import archive_record
from tests.admin.pages import Workbench, let_in, messages_of
from tests.factories import change_record, make_member, make_record
from tests.services.acting import differences


@pytest.fixture
def acme(admin: Workbench, companies: str) -> str:
    """The address of the page of a record with three versions."""
    made = make_record(admin.caller, "companies", name="Acme", employees=5, note="old").record.uuid
    change_record(admin.caller, "companies", made, employees=7)
    change_record(admin.caller, "companies", made, employees=9, note="new")
    return f"{companies}{made}/"


def uuid_of(page: str) -> UUID:
    return UUID(page.rstrip("/").rpartition("/")[2])


def moments(workbench: Workbench, page: str) -> list[str]:
    """The addresses of the record as it was, by its history, newest first."""
    return [
        link.replace("&amp;", "&")
        for link in re.findall(r'href="([^"]+/then/\?at=[^"]+)"', workbench.read(page))
    ]


def words(page: str) -> str:
    return " ".join(strip_tags(page).split())


def restore(workbench: Workbench, then: str, **sent: Any) -> Any:
    page = workbench.read(then)
    hidden = dict(re.findall(r'type="hidden" name="(at|version)" value="([^"]*)"', page))
    fields = re.findall(r'name="field" value="([^"]+)"', page)
    return workbench.send(then.partition("?")[0] + "restore/", {**hidden, "field": fields, **sent})


def values(workbench: Workbench, page: str) -> dict[str, Any]:
    author = workbench.caller.author
    schema = get_schema(author, "companies")
    view = home_of(schema).get_record(author, schema, uuid_of(page), select_fields(author, schema))
    return {spec.name: view.values.get(spec.id) for spec in schema.fields}


def test_each_version_is_shown_beside_what_the_record_is_now(admin: Workbench, acme: str) -> None:
    newest, middle, first = moments(admin, acme)

    assert "All values are the same now." in words(admin.read(newest))
    page = words(admin.read(middle))
    assert "when it was at version 2. It is at version 3 now." in page
    assert "Employees 7 9" in page
    assert "Note old new" in page
    assert "Employees 5 9" in words(admin.read(first))


def test_ticked_fields_are_set_to_what_they_were_and_that_is_undone(
    admin: Workbench, acme: str
) -> None:
    first = moments(admin, acme)[-1]
    employees = admin.caller.schema("companies").by_name["employees"].uuid

    assert restore(admin, first, field=[employees]).url == acme
    assert (values(admin, acme)["employees"], values(admin, acme)["note"]) == (5, "new")
    answer = restore(admin, first)
    assert "as they were" in messages_of(answer)[0]
    assert values(admin, acme)["note"] == "old"
    assert differences(admin.caller) == []


def test_nothing_is_restored_over_a_change_that_was_not_shown(admin: Workbench, acme: str) -> None:
    answer = restore(admin, moments(admin, acme)[-1], version="2")
    assert "version" in messages_of(answer)[0]
    assert values(admin, acme)["employees"] == 9


@pytest.mark.parametrize("at", ["", "soon", "0001-01-01T00:00", "2026-13-01", "\0"])
def test_what_is_no_moment_of_the_record_leads_back(admin: Workbench, acme: str, at: str) -> None:
    answer = admin.get(f"{acme}then/?at={quote(at)}")
    assert (answer.status_code, answer.url) == (302, acme)
    assert len(messages_of(answer)) == 1
    sent = admin.send(f"{acme}then/restore/", {"at": at, "field": ["x"]})
    assert (sent.status_code, values(admin, acme)["employees"]) == (302, 9)


def test_a_day_means_its_end_by_the_clocks_of_the_workspace(admin: Workbench, acme: str) -> None:
    today = datetime.now(UTC).astimezone(admin.caller.author.workspace.zone).date()
    assert "It is at version 3 now." in words(admin.read(f"{acme}then/?at={today}"))
    assert "9999" not in admin.read(f"{acme}then/?at=9999-12-30T00:00")
    before = admin.get(f"{acme}then/?at={today - timedelta(days=1)}")
    assert "did not exist yet" in messages_of(before)[0]


def test_readers_see_no_hidden_field_and_restore_none(admin: Workbench, acme: str) -> None:
    grants = {"companies": {"view": "all"}}
    reader = let_in(
        make_member(admin.caller, "reader@example.com", grants, hidden=[("companies", "note")])
    )
    first = moments(reader, acme)[-1]
    page = reader.read(first)
    assert "Employees 5 9" in words(page)
    assert "old" not in words(page).split()
    assert 'name="field"' not in page
    employees = admin.caller.schema("companies").by_name["employees"].uuid
    assert restore(reader, first, field=[employees]).status_code in (302, 403)
    assert values(admin, acme)["employees"] == 9


def test_an_archived_record_is_looked_at_and_left(admin: Workbench, acme: str) -> None:
    first = moments(admin, acme)[-1]
    archive_record(admin.caller.author, admin.caller.schema("companies"), uuid_of(acme))
    assert 'name="field"' not in admin.read(first)
    assert "archived" in messages_of(admin.get(moments(admin, acme)[0]))[0]


def test_a_page_takes_as_many_queries_however_many_versions_there_are(
    admin: Workbench, acme: str
) -> None:
    first = moments(admin, acme)[-1]
    with CaptureQueriesContext(
        connection,
    ) as few:
        admin.read(first)
    for at in range(5):
        change_record(admin.caller, "companies", str(uuid_of(acme)), employees=at)
    with CaptureQueriesContext(connection) as many:
        admin.read(first)
    assert len(many) == len(few)


def test_a_record_that_was_merged_leads_on_to_its_survivor(
    admin: Workbench, companies: str, acme: str
) -> None:
    first = moments(admin, acme)[-1]
    author, schema = admin.caller.author, admin.caller.schema("companies")
    into = make_record(admin.caller, "companies", name="Best").record.uuid
    merge_records(author, schema, Merge(into, [str(uuid_of(acme))]))
    for answer in (admin.get(first), admin.send(f"{acme}then/restore/", {"at": "2026-01-01"})):
        assert (answer.status_code, answer.url) == (302, f"{companies}{into}/")
        assert "merged" in messages_of(answer)[0]
