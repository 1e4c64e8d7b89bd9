"""A page of the feed: everything once, in order, in pages of any size."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.exceptions import Gone, InvalidInput
from records.models import ObjectPermission
from records.services.catalogue.versions import touch
from records.services.feed.feed_pages import list_changes
from records.services.operations.lifecycle import upsert_record
from records.services.reading.record_address import Address
from records.services.storage.rows import ExternalKey
from records.services.writing.save import save_record
from records.services.writing.save_requests import Attributes, Mode, SaveRequest
from records.services.writing.values import FieldEntry
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_field,
    make_object,
    make_record,
    make_workspace,
)

from .reading import actions, end, told, walked


def test_writes_are_told_in_order_with_old_and_new_values(cases: Caller) -> None:
    after = end(cases)
    uuid = make_record(cases, "cases", name="A", note="x").record.uuid
    change_record(cases, "cases", uuid, note="y")
    archive(cases, "cases", uuid)
    created, updated, archived = told(cases, after)
    assert actions([created, updated, archived]) == [
        ("created", 1),
        ("updated", 2),
        ("archived", 3),
    ]
    assert created.fields["note"] == {"old": None, "new": "x"}
    assert updated.fields == {"note": {"old": "x", "new": "y"}}
    assert archived.fields == {}
    assert {(change.object_name, change.record_uuid) for change in (created, updated)} == {
        ("cases", uuid)
    }
    assert updated.member is not None
    assert updated.member.id == cases.member.pk
    assert len(updated.operation_id or "") == 36
    assert updated.source == "command"


def test_a_cursor_tells_only_what_is_behind_it(cases: Caller) -> None:
    make_record(cases, "cases", name="before")
    after = end(cases)
    page = list_changes(cases.author, after=after)
    assert (page.changes, page.more) == ([], False)
    make_record(cases, "cases", name="behind")
    page = list_changes(cases.author, after=page.cursor)
    assert [change.fields["name"]["new"] for change in page.changes] == ["behind"]
    assert list_changes(cases.author, after=page.cursor).changes == []


@pytest.mark.parametrize("limit", [1, 2, 7])
def test_pages_of_any_size_have_the_same_changes(cases: Caller, limit: int) -> None:
    for at in range(5):
        uuid = make_record(cases, "cases", name=f"A{at}", tags=[f"tag {at}"]).record.uuid
        make_field(cases, "cases", f"More {at}", "text")
        change_record(cases, "cases", uuid, note="x")
    whole = list_changes(cases.author, limit=1000)
    assert not whole.more
    assert walked(cases.author, limit) == whole.changes
    assert [change.version for change in whole.changes if change.version] == [1, 2] * 5


def test_some_objects_are_followed_alone(cases: Caller) -> None:
    make_record(cases, "vaults", name="V")
    uuid = make_record(cases, "cases", name="A").record.uuid
    make_record(cases, "vaults", name="W")
    assert {change.object_name for change in walked(cases.author, 1, objects=["vaults"])} == {
        "vaults"
    }
    changes = told(cases, objects=["cases"])
    assert [change.record_uuid for change in changes] == [uuid]


def test_unknown_objects_and_foreign_cursors_are_refused(cases: Caller) -> None:
    with pytest.raises(InvalidInput, match=r"there is no object 'case'\. Did you mean 'cases'"):
        list_changes(cases.author, objects=["case"])
    with pytest.raises(InvalidInput, match="made for other objects"):
        list_changes(cases.author, after=end(cases), objects=["cases"])
    other = make_workspace("Other", "other@example.com")
    with pytest.raises(InvalidInput, match="or another workspace"):
        list_changes(other.author, after=end(cases))


def test_a_cursor_ends_with_the_rights_it_was_made_under(cases: Caller, reader: Caller) -> None:
    after = end(reader)
    make_object(cases, "Later ones", FieldDefinition("Note", "text"))
    make_field(cases, "cases", "For admins", "text", is_admin_only=True)
    make_field(cases, "cases", "For all", "text")
    (new,) = list_changes(reader.author, after=after).changes  # what is new changes no rights
    assert new.definition is not None
    assert new.definition.name == "for_all"
    role = reader.member.role
    ObjectPermission.objects.filter(workspace=cases.workspace, role=role).update(view="own")
    touch(cases.workspace.pk)
    with pytest.raises(Gone) as refused:
        list_changes(reader.author, after=after)
    assert refused.value.code == "rights_changed"
    assert "Start again without a cursor" in refused.value.detail


def test_the_number_of_statements_does_not_grow(cases: Caller, owner: Caller) -> None:
    def spent(caller: Caller) -> int:
        list_changes(caller.author)  # what is compiled is kept
        author = caller.author
        with CaptureQueriesContext(
            connection,
        ) as queries:
            list_changes(author, limit=1000)
        return len(queries)

    member = {"id": str(owner.member.uuid)}
    make_record(cases, "cases", name="0", owner=member, tester=member, tags=["x"])
    few = [spent(caller) for caller in (cases, owner)]
    for at in range(1, 12):
        uuid = make_record(cases, "cases", name=str(at), owner=member, tags=[str(at)]).record.uuid
        change_record(cases, "cases", uuid, owner=None)
    assert [spent(caller) for caller in (cases, owner)] == few
    assert max(few) <= 8


def test_external_ids_are_told_as_they_are_then(cases: Caller) -> None:
    after = end(cases)
    where = Address(None, ExternalKey("erp", "7"))
    values = [FieldEntry(name="name", value="A")]
    uuid = upsert_record(cases.author, cases.schema("cases"), where, values).record.uuid
    clear = SaveRequest(Mode.UPDATE, uuid, attributes=Attributes(external=None))
    save_record(cases.author, cases.schema("cases"), clear)
    archive(cases, "cases", uuid)
    found = [(change.external_source, change.external_id) for change in told(cases, after)]
    assert found == [("erp", "7"), ("", None), ("", None)]
