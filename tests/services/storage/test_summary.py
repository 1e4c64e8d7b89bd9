"""The figures beside a record, counted from rows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from records.models import Activity, EmailSuppression, LeadSource, RecordMember
from records.services.database.sql import fetch
from records.services.storage.summary import (
    Summary,
    load_summary,
    read_summary,
    summary_columns,
)
from tests.factories import Caller, make_member, make_record


def test_nothing_beside_a_record_counts_as_nothing(workspace: Caller) -> None:
    record = make_record(workspace, "contacts", email="ann@example.com").record
    assert load_summary(workspace.schema("contacts"), record.id) == Summary()


def test_each_figure_counts_its_rows(workspace: Caller) -> None:
    record = make_record(workspace, "contacts", email="Ann@example.com").record
    other = make_record(workspace, "contacts", email="bob@example.com").record
    now, tenant = timezone.now(), {"workspace": workspace.workspace, "record_id": record.id}
    for due, done in ((1, None), (2, None), (-1, None), (3, now)):
        Activity.objects.create(
            **tenant, title="Call", due_at=now + timedelta(hours=due), completed_at=done
        )
    member = make_member(workspace, "clerk@example.com").member
    RecordMember.objects.create(**tenant, member=member)
    EmailSuppression.objects.create(workspace=workspace.workspace, email="ann@example.com")
    for kind in ("utm", "custom"):
        LeadSource.objects.create(**tenant, kind=kind)
    schema = workspace.schema("contacts")
    assert load_summary(schema, record.id) == Summary(2, (member.pk,), 0, True)
    assert load_summary(schema, other.id) == Summary()
    columns, params = summary_columns(schema, "r", lead_sources=True)
    scope = "FROM records_record r WHERE r.workspace_id = %s AND r.id = %s"
    (row,) = fetch(f"SELECT {columns} {scope}", [*params, workspace.workspace.id, record.id])
    assert read_summary(row).lead_sources == ("custom", "utm")


TEAMS = [({}, (), 0), ({"owner": 1}, (), 1), ({"owner": 1}, (1, 2), 2), ({}, (3,), 1)]


@pytest.mark.parametrize(("values", "members", "expected"), TEAMS)
def test_a_member_is_counted_once_however_often_they_are_linked(
    workspace: Caller, values: dict[str, int], members: tuple[int, ...], expected: int
) -> None:
    schema = workspace.schema("contacts")
    stored = {str(schema.by_name[name].id): value for name, value in values.items()}
    assert Summary(member_ids=members).team_members(schema, stored) == expected
