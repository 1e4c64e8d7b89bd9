"""Processes forked from the one that has everything imported."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

BROKEN = 4
Told = tuple[int, Path]  # a process, and the file that it writes to
Tell = Callable[[Any], NoReturn]


def fork_and_tell(work: Callable[[Tell], int]) -> Told:
    """Do the work in another process, in silence. What it tells ends it."""
    file = Path(tempfile.mkstemp(prefix="mutate_")[1])
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _work_and_exit(work, file)
    return pid, file


def hear(told: Told) -> Any:
    """What a process has told; None when it ended before."""
    pid, file = told
    os.waitpid(pid, 0)
    written = file.read_text()
    file.unlink()
    return json.loads(written) if written else None


def _work_and_exit(work: Callable[[Tell], int], file: Path) -> NoReturn:
    def tell(what: Any) -> NoReturn:
        file.write_text(json.dumps(what))
        os._exit(0)

    code = BROKEN
    try:
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        code = work(tell)
    finally:
        os._exit(code)


def wait(pid: int) -> int:
    """A mutant's exit code; below zero when its time was over. What its tests have started ends."""
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(status)
