"""The ledger behind a place: rows in order, at most so many, and where the next page starts."""

from __future__ import annotations

from records.services.feed.cursors import Place
from records.services.feed.epochs import EVERYTHING, mark_of
from records.services.feed.ledger_rows import read_entries, read_newest
from tests.factories import Caller, change_record, make_record


def test_rows_are_read_in_order_and_end_at_the_last_one_looked_at(cases: Caller) -> None:
    workspace, vaults = cases.workspace.pk, cases.schema("vaults").id
    assert read_newest(workspace, EVERYTHING) == (Place(), 0, bytes(4))
    nothing = read_entries(workspace, Place(), EVERYTHING, 5, None, members=True)
    assert (nothing.entries, nothing.end, nothing.more) == ([], Place(), False)
    uuid = make_record(cases, "cases", name="A").record.uuid
    change_record(cases, "cases", uuid, note="x")
    make_record(cases, "vaults", name="V")
    whole = read_entries(workspace, Place(), EVERYTHING, 5, None, members=True)
    assert [entry.version for entry in whole.entries] == [1, 2, 1]
    assert whole.entries[1].member_before is None
    assert not whole.more
    last = whole.entries[-1]
    newest = last.place, last.record_id, mark_of(last.operation_id)
    assert (whole.end, whole.record, whole.operation) == newest
    assert read_newest(workspace, EVERYTHING) == newest
    two = read_entries(workspace, Place(), EVERYTHING, 2, None, members=False)
    assert (two.entries, two.end, two.more) == (
        whole.entries[:2],
        whole.entries[1].place,
        True,
    )
    some = read_entries(workspace, Place(), EVERYTHING, 5, [vaults], members=False)
    assert [entry.object_id for entry in some.entries] == [vaults]
    none = read_entries(workspace, Place(), EVERYTHING, 5, [], members=False)
    # What was looked at is done with.
    assert (none.entries, none.end, none.more) == ([], whole.end, False)
