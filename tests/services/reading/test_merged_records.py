"""Ids of records that were merged."""

from __future__ import annotations

import pytest

from records.exceptions import NotFound
from records.services.operations.home import home_of
from records.services.reading.merged_records import REMAINING
from records.services.reading.record_views import get_record, get_record_by_external_id
from records.services.reading.records_by_name import RecordNames, get_records
from records.services.storage import ExternalKey
from tests.factories import Caller, archive
from tests.services.merging.acting import make_people, merge, person


@pytest.fixture
def people(workspace: Caller) -> Caller:
    return make_people(workspace)


def test_ids_of_a_chain_lead_to_its_end(people: Caller) -> None:
    last, middle, first = (
        person(people, "C", "c"),
        person(people, "B", "b"),
        person(people, "A", "a"),
    )
    merge(people, middle, first)
    merge(people, last, middle)
    author, schema = people.author, people.schema("persons")
    for uuid, key in ((first, "a"), (middle, "b"), (last, "c")):
        assert get_record(author, schema, uuid, ()).uuid == last
        assert get_record_by_external_id(author, schema, key, (), source="crm").uuid == last
        assert home_of(schema).get_record_in_any_state(author, schema, uuid, ()).uuid == last
    names = RecordNames([first, last], (), [ExternalKey("crm", "b")])
    for states in (frozenset({"active"}), REMAINING):
        uuids, _, external = get_records(author, schema, names, (), states=states)
        assert [view and view.uuid for view in (*uuids, *external)] == [last] * 3
    archive(people, "persons", last)
    with pytest.raises(NotFound):
        get_record(author, schema, first, ())
    remaining = home_of(schema).get_record_in_any_state(author, schema, first, ())
    assert (remaining.uuid, remaining.row.state) == (last, "archived")
