"""Paging through what a field holds, the pipeline records that point at a record, and the figures
beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from records.exceptions import InvalidInput, NotFound
from records.models import (
    Activity,
    Address,
    Attachment,
    EmailSuppression,
    LeadSource,
    Record,
    RecordMember,
)
from records.services.operations.field_values import list_field_values, related_pipeline_records
from records.services.reading.field_selection import select_fields
from records.services.reading.record_views import (
    get_record,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
)
from tests.services.acting import invalid_at, refusal, values_of, view


def test_a_field_that_is_no_relationship_holds_its_options_or_its_value(workspace: Caller) -> None:
    make_object(
        workspace,
        "Things",
        FieldDefinition("Colour", "dropdown", options=[OptionDefinition("Red")]),
        FieldDefinition(
            "Sizes", "checkboxes", options=[OptionDefinition("S"), OptionDefinition("XS")]
        ),
        FieldDefinition("Price", "money"),
        FieldDefinition("Ticked", "checkbox"),
        FieldDefinition("Papers", "files"),
        FieldDefinition("Note", "text"),
    )
    paper = Attachment.objects.create(
        workspace=workspace.workspace, name="p.txt", file="p.txt", size=5
    )
    values = {
        "colour": "Red",
        "sizes": ["S", "XS"],
        "price": 0,
        "ticked": False,
        "papers": [str(paper.uuid)],
    }
    uuid = make_record(workspace, "things", name="A", **values).record.uuid
    schema = workspace.schema("things")
    for name, expected in {
        "colour": ["Red"],
        "sizes": ["S", "XS"],
        "price": ["0"],
        "ticked": ["False"],
        "papers": ["p.txt"],
        "owner": ["admin@example.com"],
        "note": [],
        "name": ["A"],
    }.items():
        assert values_of(workspace, uuid, schema.by_name[name].uuid) == expected, name
    assert values_of(workspace, uuid, schema.by_name["sizes"].uuid, "x") == ["XS"]
    assert list_field_values(workspace.author, uuid, schema.by_name["sizes"].uuid, "", 1, 5)[0] == 2
    shown = view(workspace, "things", uuid).values[schema.by_name["papers"].id][0]
    assert (shown["id"], shown["name"], shown["size"]) == (str(paper.uuid), "p.txt", 5)


def test_the_values_of_what_is_not_there_are_not_found(workspace: Caller) -> None:
    uuid = make_record(workspace, "contacts", email="a@example.com").record.uuid
    unknown = "01920000-0000-7000-8000-000000000001"
    schema = workspace.schema("contacts")
    email = schema.by_name["email"].uuid
    for record, field in ((unknown, email), (uuid, unknown)):
        error = refusal(values_of, workspace, record, field)
        assert isinstance(error, NotFound)
    archive(workspace, "contacts", uuid)
    assert isinstance(refusal(values_of, workspace, uuid, email), NotFound)


def test_pipeline_records_that_point_at_a_record_are_listed_newest_first(workspace: Caller) -> None:
    make_object(workspace, "Deals", object_type="pipeline")
    make_object(workspace, "Leads", object_type="pipeline")
    make_object(workspace, "Notes")
    first = make_relation(workspace, "deals", "Buyer", "contacts", "primary", "Bought")
    second = make_relation(workspace, "deals", "Advisers", "contacts", "additional", "Advised")
    make_relation(workspace, "leads", "Person", "contacts", "primary", "Leads")
    make_relation(workspace, "notes", "Person", "contacts", "primary", "Notes")
    uuid = make_record(workspace, "contacts", email="a@example.com").record.uuid
    for object_name, name, values in (
        ("deals", "both", {"buyer": uuid, "advisers": [uuid]}),
        ("deals", "adviser", {"advisers": [uuid]}),
        ("leads", "lead", {"person": uuid}),
        ("deals", "gone", {"buyer": uuid}),
        ("notes", "note", {"person": uuid}),
        ("deals", "neither", {}),
    ):
        made = make_record(workspace, object_name, name=name, **values)
        if name == "gone":
            archive(workspace, object_name, made.record.uuid)

    def listed(
        objects: Any = None, fields: Any = None, offset: int = 0, limit: int = 10
    ) -> tuple[int, list[str]]:
        count, rows = related_pipeline_records(
            workspace.author, uuid, objects, fields, offset, limit
        )
        return count, [row.display_name for row in rows]

    assert listed() == (3, ["lead", "adviser", "both"])
    assert listed(offset=1, limit=1) == (3, ["adviser"])
    assert listed(["deals"]) == (2, ["adviser", "both"])
    assert listed([workspace.schema("leads").uuid]) == (1, ["lead"])
    assert listed(None, [first]) == (1, ["both"])
    assert listed(["deals"], [second]) == (2, ["adviser", "both"])
    assert listed(["leads"], [second]) == (0, [])
    assert listed([]) == (3, ["lead", "adviser", "both"]) or listed([]) == (0, [])
    for objects in (["nothing"], [5]):
        assert invalid_at(listed, objects) == (("object_ids",), "does_not_exist")
    unknown: list[Any] = [["nothing"], [{}]]
    for fields in unknown:
        assert invalid_at(listed, None, fields) == (("field_ids",), "does_not_exist")


def test_pipeline_records_point_with_links_that_are_stored_on_the_other_side(
    workspace: Caller,
) -> None:
    make_object(workspace, "Deals", object_type="pipeline")
    make_relation(workspace, "contacts", "Deal", "deals", "primary", "Buyers")
    make_relation(workspace, "contacts", "Watched", "deals", "additional", "Watchers")
    make_relation(workspace, "deals", "Next deal", "deals", "one_to_one", "Deal before")
    deals = {
        name: make_record(workspace, "deals", name=name).record.uuid
        for name in ("one", "two", "gone")
    }
    uuid = make_record(workspace, "contacts", email="a@example.com", deal=deals["one"]).record.uuid
    change_record(workspace, "contacts", uuid, watched=[deals["two"], deals["gone"], deals["one"]])
    change_record(workspace, "deals", deals["one"], next_deal=deals["two"])
    archive(workspace, "deals", deals["gone"])

    def listed(anchor: str, *fields: str) -> list[str]:
        schema = workspace.schema("deals")
        field_ids = [schema.by_name[name].uuid for name in fields] or None
        count, rows = related_pipeline_records(workspace.author, anchor, None, field_ids, 0, 10)
        assert count == len(rows)
        return [row.display_name for row in rows]

    assert listed(uuid) == ["two", "one"]
    assert listed(uuid, "buyers") == ["one"]
    assert listed(uuid, "watchers") == ["two", "one"]
    assert listed(deals["one"]) == ["two"]
    assert listed(deals["two"]) == ["one"]
    assert listed(deals["two"], "deal_before") == []
    assert listed(deals["one"], "deal_before") == ["two"]


def test_the_figures_beside_a_record_are_counted(workspace: Caller) -> None:
    other = make_member(workspace, "other@example.com")
    uuid = make_record(workspace, "contacts", email="A@example.com").record.uuid
    schema, tenant = workspace.schema("contacts"), workspace.workspace
    row = Record.objects.get(workspace_id=tenant.id, uuid=uuid)
    now = datetime.now(UTC)
    due = {"future": now + timedelta(days=1), "past": now - timedelta(days=1), "never": None}
    for when in due.values():
        for done in (None, now):
            Activity.objects.create(
                workspace=tenant, record=row, title="Call", due_at=when, completed_at=done
            )
    Address.objects.create(workspace=tenant, record=row, city="Oslo")
    Address.objects.create(workspace=tenant, record=row, city="Rome")
    EmailSuppression.objects.create(workspace=tenant, email="a@example.com")
    for kind in ("social", "custom"):
        LeadSource.objects.create(workspace=tenant, record=row, kind=kind)
    for member in (workspace.member, other.member):
        RecordMember.objects.create(workspace=tenant, record=row, member=member)
    author = workspace.author
    for lead_sources in (True, False):
        found = get_record(
            author, schema, uuid, select_fields(author, schema), lead_sources=lead_sources
        )
        summary = found.row.summary
        assert (summary.upcoming_activities, summary.addresses, summary.email_suppressed) == (
            1,
            2,
            True,
        )
        assert summary.lead_sources == (("custom", "social") if lead_sources else ())
        assert found.num_associated_team_members == 2
    change_record(workspace, "contacts", uuid, email="b@example.com", owner=str(other.member.uuid))
    assert view(workspace, "contacts", uuid).row.summary.email_suppressed is False


@pytest.mark.parametrize("asked", [{"field_names": ["email", "\ud800"]}, {"field_ids": ["email"]}])
def test_unknown_fields_are_named(workspace: Caller, asked: dict[str, list[str]]) -> None:
    error = refusal(select_fields, workspace.author, workspace.schema("contacts"), **asked)
    assert (type(error), error.code) == (InvalidInput, "does_not_exist")
    error.detail.encode()


def test_which_fields_are_read_is_the_callers_choice(workspace: Caller) -> None:
    make_object(
        workspace,
        "Things",
        FieldDefinition("Note", "text", category="Notes"),
        FieldDefinition("Secret", "text", is_hidden=True, category="Notes"),
    )
    author, schema = workspace.author, workspace.schema("things")

    def chosen(**asked: Any) -> list[str]:
        return [field.name for field in select_fields(author, schema, **asked)]

    note, secret = schema.by_name["note"], schema.by_name["secret"]
    defaults = [field.name for field in schema.fields if field.is_default]
    assert chosen() == [*defaults, "note"]
    assert chosen(include_hidden=True) == [*defaults, "note", "secret"]
    assert chosen(field_names=[]) == chosen(field_ids=[]) == defaults
    assert chosen(field_ids=[note.uuid.upper()], field_names=["name"]) == ["note"]
    assert chosen(field_names=["secret"], categories=["x"]) == ["secret"]
    assert chosen(categories=[note.category_uuid]) == ["note"]
    assert chosen(categories=[note.category_uuid.upper()], include_hidden=True) == [
        "note",
        secret.name,
    ]
    unknown = ["01920000-0000-7000-8000-000000000001"]
    assert invalid_at(chosen, categories=unknown) == (("field_category",), "does_not_exist")
