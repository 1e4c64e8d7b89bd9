"""A database as an older version of Records left it, and the commands of today on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping

from django.conf import settings

AGREED = "Documents, index, ledger and files agree.\n"


def run_module(
    environment: Mapping[str, str], module: str, *arguments: str, given: str = ""
) -> str:
    """What `python -m module` prints; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env=environment,
        cwd=settings.BASE_DIR,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def manage(environment: Mapping[str, str], *commands: list[str]) -> list[str]:
    """What commands print, each in a process of its own; all must succeed."""
    ended = json.loads(
        run_module(environment, "tests.faults.run_commands", given=json.dumps(commands))
    )
    assert [each["status"] for each in ended] == [0] * len(commands), ended
    return [each["out"] for each in ended]


def old_database(url: str) -> tuple[dict[str, str], int]:
    """A database of the first schema with data in it: the environment of its commands, and the key
    of a record."""
    environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url}
    return environment, int(upgrading(environment, "seed"))


def upgrading(environment: Mapping[str, str], *arguments: str) -> str:
    return run_module(environment, "tests.management.upgrading", *arguments)
