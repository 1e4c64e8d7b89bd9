"""`python -m tests.management.interrupted MOMENT BATCH import_records …`: an import that is killed
in the middle.

MOMENT: `before` or `after` the statement that notes the progress of the given batch, so that its
transaction is open, `committed` when it is not any more, or `parent` when it is the process that
shares the work out that is killed. `kept` is when the report is made and nothing says so,
`finished` when only the job does not know of it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django

PROGRESS = 'UPDATE "records_importpart"'
FINISHED = 'UPDATE "records_importrun"'


def kill(process: int) -> None:
    os.kill(process, signal.SIGKILL)


def main(moment: str, batch: int, command: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    from django.core.management import execute_from_command_line
    from django.db import connection

    from records.services.importing import processes

    if command[0] == "import_records":
        processes.WORTH_SHARING = 1
    progress = FINISHED if moment in ("kept", "finished") else PROGRESS
    moment = {"kept": "before", "finished": "committed"}.get(moment, moment)
    seen = 0

    def watch(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        nonlocal seen
        if moment == "committed" and seen == batch and not connection.in_atomic_block:
            kill(os.getpid())
        if not sql.startswith(progress):
            return execute(sql, params, many, context)
        seen += 1
        if seen == batch and moment == "before":
            kill(os.getpid())
        if seen == batch and moment == "parent":
            kill(os.getppid())
        done = execute(sql, params, many, context)
        if seen == batch and moment == "after":
            kill(os.getpid())
        return done

    with connection.execute_wrapper(watch):
        execute_from_command_line(["manage.py", *command])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
