"""Requests that wait for news."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext

import pytest

from records.services.feed.feed_pages import list_changes
from records.services.feed.waiting import MOST_SEATED, Waited, _room, newest_rows, wait_for_changes
from tests.factories import Caller, make_field, make_object, make_record


def test_what_is_there_already_is_news_at_once(cases: Caller) -> None:
    workspace = cases.workspace.pk
    mark = list_changes(cases.author, limit=1000).mark
    assert newest_rows([workspace]) == {workspace: mark}
    make_record(cases, "cases", name="A")
    left = []

    @contextmanager
    def leave() -> Iterator[None]:
        left.append(True)
        yield

    until = time.monotonic() + 60
    assert wait_for_changes(workspace, mark, until, leave) == Waited.NEWS
    assert left
    mark = list_changes(cases.author, limit=1000).mark
    make_field(cases, "cases", "More", "text")
    assert wait_for_changes(workspace, mark, until) == Waited.NEWS
    assert not _room.waiting


def test_without_news_the_time_is_up(cases: Caller) -> None:
    mark = list_changes(cases.author, limit=1000).mark
    until = time.monotonic() + 0.1
    assert wait_for_changes(cases.workspace.pk, mark, until) == Waited.TIME_UP


def test_definitions_of_other_objects_are_no_news_for_ever(cases: Caller) -> None:
    make_field(cases, "cases", "Before", "text")
    page = list_changes(cases.author, objects=["cases"], limit=1000)
    while page.more:
        page = list_changes(cases.author, after=page.cursor, objects=["cases"], limit=1000)
    make_object(cases, "others")
    make_field(cases, "others", "More", "text")
    page = list_changes(cases.author, after=page.cursor, objects=["cases"])
    assert not page.changes
    assert newest_rows([cases.workspace.pk])[cases.workspace.pk] == page.mark


def test_the_time_is_up_whatever_news_there_is(cases: Caller) -> None:
    mark = list_changes(cases.author, limit=1000).mark
    make_record(cases, "cases", name="A")
    assert wait_for_changes(cases.workspace.pk, mark, time.monotonic()) == Waited.TIME_UP


@pytest.mark.parametrize("given", [0, 1])
def test_few_wait_where_that_keeps_others_waiting(cases: Caller, given: int) -> None:
    """`given`: one has left its seat, and so takes no place from those who have not."""
    until = time.monotonic()
    with ExitStack() as stack:
        for _ in range(MOST_SEATED):
            assert stack.enter_context(_room.place(1, seated=True))
        mark = list_changes(cases.author, limit=1000).mark
        expected = Waited.TIME_UP if given else Waited.FULL
        leave = nullcontext if given else None
        assert wait_for_changes(cases.workspace.pk, mark, until, leave) == expected
    assert not _room.waiting
