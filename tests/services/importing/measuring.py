"""Reads files as an upload does, each in a fresh process, and tells what that took.

Run as a program: each line of its input names what to do with a file, each line of its output is
the measured answer, as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from .hostile_files import MOST_ROWS

CPU_CAP = 60  # seconds; what takes longer is killed, and fails its test
MEMORY_CAP = 4 << 30  # bytes of address space


@dataclass(frozen=True)
class Measured:
    """What became of a file: how it was refused, if it was, and what reading it took."""

    code: str
    message: str
    cpu: float  # seconds
    peak: float  # MB of the whole process


class Reader:
    """A process that has loaded Records, and forks once for each file."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def read(self, path: Path, step: str) -> Measured:
        """Read a file: `upload` does what a web thread does with it, `job` what a worker does."""
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(json.dumps([str(path), step]) + "\n")
        to.flush()
        answer = back.readline()
        assert answer, "the reading process has died"
        return Measured(**json.loads(answer))


@contextmanager
def reader() -> Iterator[Reader]:
    """A reading process, until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"RECORDS_ENV": "test", "IMPORT_MAX_ROWS": str(MOST_ROWS)},
    ) as process:
        yield Reader(process)
        assert process.stdin is not None
        process.stdin.close()


def _read(path: str, step: str) -> None:
    """What this process is measured at."""
    from records.services.importing.uploads import FOUND, keep_converted, survey
    from records.services.storage import SpooledFile

    name = Path(path).name
    with SpooledFile(name) as raw, SpooledFile(name) as kept:
        with Path(path).open("rb") as file:
            while chunk := file.read(1 << 16):
                raw.write(chunk)
        if step == "upload":
            survey(raw, FOUND, name)
        else:
            keep_converted(raw, kept, FOUND, name)


def _measured(path: str, step: str) -> dict[str, Any]:
    """Read in a fork, under caps."""
    with tempfile.TemporaryFile("w+") as told:
        child = os.fork()
        if not child:
            _child(path, step, told)
        _, status, used = os.wait4(child, 0)
        told.seek(0)
        code, message = json.loads(told.read() or f'["killed", "by signal {status & 127}"]')
    return {
        "code": code,
        "message": message,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss / 1024,
    }


def _child(path: str, step: str, told: IO[str]) -> None:
    from records.exceptions import RecordsError

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_CAP, CPU_CAP))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CAP, MEMORY_CAP))
    try:
        _read(path, step)
        json.dump(["", ""], told)
    except RecordsError as refusal:
        json.dump([refusal.code, refusal.detail], told)
    except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
        json.dump(["error", traceback.format_exc()], told)
    told.flush()
    os._exit(0)


def main() -> None:
    """Answer line by line."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    import records.services.importing.uploads  # noqa: F401 - loaded before anything is measured

    for line in sys.stdin:
        sys.stdout.write(json.dumps(_measured(*json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
