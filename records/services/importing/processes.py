"""Sharing the parts of an import among processes, which takes both the parsing and the storing to
every core."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from django.db import connection

from records.exceptions import RecordsError
from records.services.database import close_connections

from .chunks import Work, import_part

WORTH_SHARING = 5000  # rows


def processes_for(rows: int, wanted: int | None) -> int:
    """The number of processes that import this many rows; SQLite allows one writer at a time."""
    # Other processes would not see what this transaction has made, such as the object itself.
    if connection.vendor == "sqlite" or connection.in_atomic_block or rows < WORTH_SHARING:
        return 1
    return wanted or len(os.sched_getaffinity(0))


def import_parts(work: Work, progress: Callable[[int], None]) -> None:
    """Import all parts, each in its own process if there are several.

    The processes end with this one, or when one of them fails: the first error is raised.
    """
    if work.parts == 1:
        import_part(work, 0, progress)
        return
    close_connections()
    # Fork keeps the compiled schema and the table without pickling them.
    context = multiprocessing.get_context("fork")
    pipes: list[Connection] = []
    workers: list[ForkProcess] = []
    for number in range(work.parts):
        ours, theirs = context.Pipe(duplex=False)
        worker = context.Process(
            target=_work, args=(work, number, theirs, [*pipes, ours]), daemon=True
        )
        worker.start()
        # While this process holds the sending end too, a killed worker is never seen as EOF.
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    try:
        _listen(pipes, progress)
    finally:
        for worker in workers:
            # Also after a failure: the others stop at their last stored batch and can be resumed.
            worker.terminate()
            worker.join()


def _listen(pipes: list[Connection], progress: Callable[[int], None]) -> None:
    """Receive the progress of every part until all are done."""
    done = dict.fromkeys(pipes, 0)
    working = list(pipes)
    while working:
        for pipe in wait(working):
            assert isinstance(pipe, Connection)
            try:
                heard = pipe.recv()
            except EOFError:
                raise RecordsError(
                    "A process of the import ended unexpectedly.", "interrupted"
                ) from None
            if heard is None:
                working.remove(pipe)
            elif isinstance(heard, Exception):
                raise heard
            else:
                done[pipe] = heard
                progress(sum(done.values()))


def _work(work: Work, number: int, pipe: Connection, inherited: list[Connection]) -> None:
    """The work of each process. It ends with its parent, when its pipe breaks."""
    # A fork inherits the pipes of its elder siblings, which would keep them open.
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
        close_connections()
