"""Operations at random, undone and redone: what nothing was left of is as before, and then as
after."""

from __future__ import annotations

from collections import Counter

import pytest

from records.models import RecordState
from records.services.undoing.undo_plans import UndoMode
from tests.factories import Caller
from tests.services.acting import differences, write_all
from tests.services.writing.test_random_writes import Writer, world  # noqa: F401 - a fixture

from .acting import anew, state, undo


@pytest.mark.parametrize("seed", range(3))
def test_undone_and_redone_at_random(world: list[Caller], seed: int) -> None:  # noqa: F811
    writer, told = Writer(seed), Counter[str]()
    admin = world[0]
    for step in range(60):
        doing = anew(admin)
        object_name = writer.choose.choice(["people", "people", "clubs"])
        before = state(admin)
        size = writer.choose.choice([1, 2, 4, 8])
        requests = [writer.request(doing, object_name) for _ in range(size)]
        writer.note(object_name, write_all(doing, object_name, *requests))
        after = state(admin)
        if after == before or writer.choose.random() < 0.4:
            continue
        mode = writer.choose.choice(list(UndoMode))
        tried, _ = undo(admin, doing.operation, mode, dry_run=True)
        assert state(admin) == after, step
        undone, undoing = undo(admin, doing.operation, mode)
        assert (tried.left, tried.counts) == (undone.left, undone.counts), step
        told.update(left.code for left in undone.left)
        now = state(admin)
        if not undone.left:
            told["undone"] += 1
            assert {key: now[key] for key in now if key in before} == before, step
            assert {now[key][6] for key in now.keys() - before.keys()} <= {RecordState.ARCHIVED}
            redone, _ = undo(admin, undoing, mode)
            if not redone.left:
                told["redone"] += 1
                assert state(admin) == after, step
        if step % 10 == 9:
            assert differences(admin) == [], step
    assert min(told["undone"], told["redone"]) > 5, told
