"""A cursor is followed as long as the database has the history it was made in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from uuid import uuid4

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from records.exceptions import Gone, Unavailable
from records.models import FeedEpoch
from records.services.database import execute, fetch_column, is_postgresql, uuid_param
from records.services.feed.epochs import _whole, renew_feed
from records.services.feed.feed_pages import list_changes
from records.services.feed.told_changes import Change
from records.services.operations.lifecycle import trash_record
from records.services.operations.purging import purge_record
from records.services.reading.record_address import address
from tests.factories import Caller, change_record, make_object, make_record, make_workspace

from .reading import actions, end, told

on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL alone")


def refused(caller: Caller, after: str) -> str:
    with pytest.raises(Gone) as gone:
        list_changes(caller.author, after=after)
    return gone.value.code


def test_after_a_restore_cursors_have_expired_and_the_beginning_is_whole(cases: Caller) -> None:
    make_record(cases, "cases", name="A")
    after, whole = end(cases), list_changes(cases.author, limit=1000).changes
    FeedEpoch.objects.all().delete()  # as no backup has it
    assert refused(cases, after) == "cursor_expired"
    assert list_changes(cases.author, limit=1000).changes == whole
    assert refused(cases, after) == "cursor_expired"
    assert told(cases, end(cases)) == []


def test_a_database_that_was_put_back_without_a_command_is_noticed(cases: Caller) -> None:
    uuid = make_record(cases, "cases", name="A").record.uuid
    before = end(cases)
    change_record(cases, "cases", uuid, note="lost")
    after = end(cases)
    lost = (
        "DELETE FROM records_historicalrecord WHERE workspace_id = %s AND version = 2 AND id IN"
        " (SELECT r.id FROM records_record r WHERE r.uuid = %s)"
    )
    execute(lost, [cases.workspace.pk, uuid_param(uuid)])
    assert refused(cases, after) == "cursor_expired"
    assert told(cases, before) == []


def test_another_write_at_the_same_place_is_noticed(cases: Caller) -> None:
    uuid = make_record(cases, "cases", name="A").record.uuid
    after = end(cases)
    execute(
        "UPDATE records_historicalrecord SET operation_id = %s WHERE workspace_id = %s",
        [uuid_param(uuid4()), cases.workspace.pk],
    )
    assert refused(cases, after) == "cursor_expired"
    assert uuid


def test_a_cursor_at_a_record_that_was_deleted_for_good_is_followed(cases: Caller) -> None:
    make_record(cases, "cases", name="A")
    uuid = make_record(cases, "cases", name="B").record.uuid
    after = end(cases)
    trash_record(cases.author, cases.schema("cases"), address(uuid))
    purge_record(cases.author, cases.schema("cases"), uuid)
    assert actions(told(cases, after)) == [("deleted", 3)]


@pytest.mark.parametrize(
    ("number", "near", "expected"),
    [
        (5, 7, 5),
        (5, 2**32 + 3, 2**32 + 5),
        (2**32 - 1, 2**32 + 3, 2**32 - 1),
        (3, 2**33 - 2, 2**33 + 3),
        (2**31 + 9, 2**32 + 2**31, 2**32 + 2**31 + 9),
    ],
)
def test_low_bits_become_the_nearest_number(number: int, near: int, expected: int) -> None:
    assert _whole(number, near) == expected


# ---------------------------------------------------------------- writers under way


@pytest.fixture
def committed(transactional_db: None) -> Caller:
    """A workspace whose writes are committed."""
    admin = make_workspace()
    make_object(admin, "Cases")
    return admin


@pytest.fixture
def other(committed: Caller) -> Iterator[psycopg.Connection]:
    """Another connection to the same database."""
    given = connection.get_connection_params()
    wanted = {
        key: given[key] for key in ("dbname", "host", "port", "user", "password") if key in given
    }
    with psycopg.connect(**wanted) as opened:
        yield opened
        opened.rollback()


def touched(other: psycopg.Connection, workspace: int) -> None:
    """A writer under way: a further version of every record, not committed yet."""
    columns = [
        name
        for name in fetch_column(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'records_historicalrecord'"
        )
        if name not in ("history_id", "version", "feed_position", "transaction_id")
    ]
    listed = ", ".join(f'"{name}"' for name in columns)
    other.execute("SELECT txid_current()")  # as a writer that has locked the records
    other.execute(
        f"INSERT INTO records_historicalrecord (version, {listed})"
        f" SELECT version + 1, {listed} FROM records_historicalrecord WHERE workspace_id = %s",
        [workspace],
    )


@on_postgresql
def test_nothing_is_served_behind_a_writer_under_way_and_nothing_is_lost(
    committed: Caller, other: psycopg.Connection
) -> None:
    assert is_postgresql()
    make_record(committed, "cases", name="A")
    after = end(committed)
    touched(other, committed.workspace.pk)
    make_record(committed, "cases", name="B")
    page = list_changes(committed.author, after=after)
    assert page.changes == []
    assert list_changes(committed.author, after="now").changes == []
    other.commit()
    found = told(committed, page.cursor)
    assert sorted(actions(found)) == [("created", 1), ("created", 2)]


@on_postgresql
def test_transactions_that_write_elsewhere_hold_nothing_back(
    committed: Caller, other: psycopg.Connection
) -> None:
    after = end(committed)
    other.execute("SELECT txid_current()")
    other.execute("CREATE TEMPORARY TABLE elsewhere (id int)")
    make_record(committed, "cases", name="A")
    assert actions(told(committed, after)) == [("created", 1)]


@on_postgresql
def test_a_writer_with_a_low_number_that_writes_late_comes_after(
    committed: Caller, other: psycopg.Connection
) -> None:
    """Its transaction is older, but the version it writes is newer."""
    other.execute("SELECT txid_current()")
    make_record(committed, "cases", name="A")
    touched(other, committed.workspace.pk)
    other.commit()
    assert [change.version for change in told(committed)] == [1, 2]


@on_postgresql
def test_a_copy_on_another_cluster_is_put_in_order(committed: Caller) -> None:
    make_record(committed, "cases", name="A")
    after, whole = end(committed), list_changes(committed.author, limit=1000).changes
    assert not renew_feed()
    FeedEpoch.objects.update(system="4711")  # the cluster that the copy came from
    # Its numbers were far ahead of those of this one.
    execute(
        "UPDATE records_historicalrecord SET feed_position = feed_position + 1000000000"
        " WHERE workspace_id = %s",
        [committed.workspace.pk],
    )
    with pytest.raises(Unavailable) as not_ready:
        list_changes(committed.author)
    assert (not_ready.value.code, "manage.py migrate" in not_ready.value.detail) == (
        "feed_not_ready",
        True,
    )
    for only_looking in ("plan", "check_unapplied"):
        call_command("migrate", verbosity=0, **{only_looking: True})
        assert FeedEpoch.objects.get().system == "4711"
    assert renew_feed()
    make_record(committed, "cases", name="B")
    found = list_changes(committed.author, limit=1000).changes
    # Where they stand is all that is different.
    assert sorted(map(repr, _anywhere(found[:-1]))) == sorted(map(repr, _anywhere(whole)))
    assert found[-1].fields["name"]["new"] == "B"
    assert refused(committed, after) == "cursor_expired"


def _anywhere(changes: Iterable[Change]) -> list[Change]:
    return [replace(change, position=0) for change in changes]
