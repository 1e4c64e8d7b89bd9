"""What was merged into records."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.services.storage.merges import find_merged
from tests.factories import Caller
from tests.services.merging.acting import key_of, make_people, merge, person
from tests.services.undoing.acting import undo


def test_what_is_merged_into_records_is_found_until_it_is_taken_back(workspace: Caller) -> None:
    people = make_people(workspace)
    schema = people.schema("persons")
    first, second, third, apart = (person(people, name) for name in "ABCD")
    merge(people, second, third)
    _, operation = merge(people, first, second)
    keys = [key_of(each) for each in (first, second, third, apart)]
    expected = {(keys[1], keys[0]), (keys[2], keys[1])}
    assert set(find_merged(schema, keys)) == expected
    assert find_merged(schema, keys[:1]) == [(keys[1], keys[0])]
    assert find_merged(schema, keys[3:]) == []
    undo(people, operation)
    assert find_merged(schema, keys) == [(keys[2], keys[1])]
    with CaptureQueriesContext(connection) as queries:
        assert find_merged(schema, []) == []
    assert not queries.captured_queries
