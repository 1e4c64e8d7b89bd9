"""A database as an older version of Records left it, and the commands of today on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from django.conf import settings

from tests.serving import MANAGE


def run(environment: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False, timeout=120
    )


def manage(environment: Mapping[str, str], *command: str) -> str:
    done = run(environment, *MANAGE, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def old_database(url: str) -> tuple[dict[str, str], int]:
    """A database of the first schema with data in it: the environment of its commands, and the key of a record."""
    environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url}
    manage(environment, "migrate", "records", "0001", "--verbosity", "0")
    seeded = run(environment, sys.executable, "-m", "tests.management.upgrading", "seed")
    assert seeded.returncode == 0, seeded.stderr
    return environment, int(seeded.stdout)
