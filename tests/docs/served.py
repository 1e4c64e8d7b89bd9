"""The demo that the commands and pictures of the documentation are about, served as `make demo`
serves it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from .pages import ROOT
from .running import Demo, clean_environment

STOP_SECONDS = 40
VARIABLES = re.compile(r"^(?:AUTH=\(.*?\)|API=\S+)$", re.MULTILINE | re.DOTALL)
LOG_IN = re.compile(r"(\S+@\S+)\s+(\S+)")


@dataclass(frozen=True)
class ServedDemo(Demo):
    """A demo, and who may log in to its admin."""

    email: str
    password: str


@contextmanager
def serve_demo(folder: Path, database: str, port: int) -> Iterator[ServedDemo]:
    """A demo whose data is in `folder` and at the URL `database`; it ends with the block."""
    environment = clean_environment(
        RECORDS_ENV="demo",
        DATABASE_URL=database,
        DATA_DIR=str(folder / "data"),
        MEDIA_ROOT=str(folder / "media"),
    )
    command = [sys.executable, str(ROOT / "manage.py"), "demo", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            printed = _printed(process)
            log_in = LOG_IN.search(printed)
            assert log_in is not None, printed
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as visitor:
                visitor.get(f"{url}/healthz").raise_for_status()
            yield ServedDemo(url, environment, _variables(printed), log_in[1], log_in[2])
        finally:
            process.terminate()
            try:
                process.wait(timeout=STOP_SECONDS)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


def _printed(process: subprocess.Popen[str]) -> str:
    """What the demo says until its server answers."""
    assert process.stdout is not None
    printed = ""
    line: str
    for line in process.stdout:
        printed += line
        if line.startswith("Serving Records at "):
            return printed
    raise AssertionError(f"The demo ended before it served anything:\n{printed}")


def _variables(printed: str) -> str:
    """The lines to paste into a shell."""
    found = VARIABLES.findall(printed)
    assert len(found) == 2, printed
    return "\n".join(found)
