"""Prepares the product's database: a workspace, and the companies through the import command."""

import json
import os
import resource
import secrets
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.companies import write_companies
from tests.bench.processes import cpu_milliseconds
from tests.bench.servers import PROJECT, manage_command

OBJECT_NAME = "companies"


class CommandFailed(Exception):
    """A management command did not do its work."""


@dataclass(frozen=True)
class Workspace:
    """Where the companies are, and who asks for them."""

    workspace_id: str
    member_id: str
    api_key: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-API-KEY": self.api_key,
            "X-BUSINESS-ID": self.workspace_id,
            "X-USER-ID": self.member_id,
        }


@dataclass(frozen=True)
class Import:
    """How long the import command took, from its start to its end."""

    records: int
    seconds: float
    cpu_command_ms: float
    cpu_postgresql_ms: float

    @property
    def records_per_second(self) -> float:
        return self.records / self.seconds


def production_environment(database_url: str, folder: Path) -> dict[str, str]:
    """Settings as in production, but for HTTPS, which ends at a proxy there."""
    return {
        "DATABASE_URL": database_url,
        "SECRET_KEY": secrets.token_urlsafe(64),
        "DEBUG": "false",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS_ONLY": "false",
        "MEDIA_ROOT": str(folder / "media"),
    }


def provision(
    environment: dict[str, str], folder: Path, records: int, postmaster: int
) -> tuple[Workspace, Import]:
    """Fill an empty database: tables, a workspace with an admin, the object and its records."""
    run_command(environment, "migrate", "--verbosity", "0")
    printed = run_command(
        environment, "create_workspace", "Bench", "--email", "admin@example.com", "--json"
    )
    created = json.loads(printed)
    workspace = Workspace(**{name: created[name] for name in Workspace.__dataclass_fields__})
    table = folder / f"companies-{records}.csv"
    write_companies(table, records)
    return workspace, import_companies(environment, workspace, table, records, postmaster)


def import_companies(
    environment: dict[str, str], workspace: Workspace, table: Path, records: int, postmaster: int
) -> Import:
    """Create the object from the file's columns, and its records from the rows; e-mail identifies
    them."""
    used_before, postgresql_before = _commands_cpu_milliseconds(), cpu_milliseconds(postmaster)
    started = time.perf_counter()
    options = ["--workspace", workspace.workspace_id, "--create-object", "--identifier", "email"]
    run_command(environment, "import_records", OBJECT_NAME, str(table), *options)
    return Import(
        records=records,
        seconds=time.perf_counter() - started,
        cpu_command_ms=_commands_cpu_milliseconds() - used_before,
        cpu_postgresql_ms=cpu_milliseconds(postmaster) - postgresql_before,
    )


def run_command(environment: dict[str, str], *arguments: str) -> str:
    """What `manage.py` printed; raises CommandFailed when it did not succeed."""
    finished = subprocess.run(
        manage_command(*arguments),
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        printed = f"{finished.stdout}{finished.stderr}"[-4000:]
        raise CommandFailed(
            f"manage.py {' '.join(arguments)} ended with {finished.returncode}:\n{printed}"
        )
    return finished.stdout


def _commands_cpu_milliseconds() -> float:
    """Processor time of all commands that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1000
