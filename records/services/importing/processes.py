"""Sharing the parts of an import among processes, which takes both the parsing and the storing to every core."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper as PostgresConnection

from records.exceptions import RecordsError

from .parts import Work, import_part

WORTH_SHARING = 5000  # rows


def processes_for(rows: int, wanted: int | None) -> int:
    """How many processes import a file of so many rows; SQLite takes one writer at a time."""
    if connection.vendor == "sqlite" or connection.in_atomic_block or rows < WORTH_SHARING:
        return 1
    return wanted or len(os.sched_getaffinity(0))


def import_parts(work: Work, progress: Callable[[int], None]) -> None:
    """Import all parts, each in a process of its own where there are several.

    The processes end with this one, or when one of them cannot go on: the first problem is raised.
    """
    if work.parts == 1:
        import_part(work, 0, progress)
        return
    _close_connections()
    context = multiprocessing.get_context("fork")
    pipes: list[Connection] = []
    workers: list[ForkProcess] = []
    for number in range(work.parts):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(work, number, theirs, [*pipes, ours]), daemon=True)
        worker.start()
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    try:
        _listen(pipes, progress)
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _listen(pipes: list[Connection], progress: Callable[[int], None]) -> None:
    """Hear of every part's progress until all are done."""
    done = dict.fromkeys(pipes, 0)
    working = list(pipes)
    while working:
        for pipe in wait(working):
            assert isinstance(pipe, Connection)
            try:
                heard = pipe.recv()
            except EOFError:
                raise RecordsError("A process of the import ended before its time.", "interrupted") from None
            if heard is None:
                working.remove(pipe)
            elif isinstance(heard, Exception):
                raise heard
            else:
                done[pipe] = heard
                progress(sum(done.values()))


def _work(work: Work, number: int, pipe: Connection, inherited: list[Connection]) -> None:
    """What each process does. It ends with its parent: then nobody reads what it tells."""
    for other in inherited:
        other.close()
    try:
        import_part(work, number, pipe.send)
        pipe.send(None)
    except BrokenPipeError:
        pass
    except Exception as problem:  # noqa: BLE001 - the parent raises it
        pipe.send(problem)
    finally:
        _close_connections()


def _close_connections() -> None:
    """A connection belongs to one process."""
    for opened in connections.all(initialized_only=True):
        opened.close()
        if isinstance(opened, PostgresConnection):
            opened.close_pool()
