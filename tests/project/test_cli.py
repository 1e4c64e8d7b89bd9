"""The command line without a command: what there is, whatever the settings are."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = [path.stem for path in (ROOT / "records/management/commands").glob("[a-z]*.py")]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "RECORDS_ENV": "production"}  # without a SECRET_KEY
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
def test_every_command_is_listed_with_what_it_does(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    listed = dict(
        line.split(maxsplit=1) for line in done.stdout.splitlines() if line.startswith("  ")
    )
    assert sorted(listed) == sorted(COMMANDS)
    assert all(summary.endswith(".") for summary in listed.values())


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_the_version_is_that_of_records(argument: str) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    done = run(argument)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"Records {declared}\n", "")


def test_a_start_loads_no_page_of_the_admin_and_no_driver_of_another_engine(tmp_path: Path) -> None:
    started = """
import sys, django
django.setup()
print([name for name in ("records.admin.setup", "openpyxl", "psycopg") if name in sys.modules])
from django.urls import get_resolver
assert get_resolver().url_patterns
print("records.admin.setup" in sys.modules)
"""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "records_project.settings",
        "RECORDS_ENV": "test",
        "DATABASE_URL": f"sqlite:///{tmp_path}/records.sqlite3",
    }
    done = subprocess.run(
        [sys.executable, "-c", started],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\nTrue\n", "")
