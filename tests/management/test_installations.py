"""Where the code is, nothing is written: installations share their jobs, and the code may be
somebody else's."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection

from tests.calling import Address
from tests.databases import own_database
from tests.serving import free_port, serving

CODE = ("records", "records_project", "templates", "manage.py")
LEASE = 1  # second
IMPORTS = "/custom-objects/companies/imports"
TURNS = (
    60  # of a worker, until the lease of the one that was killed has run out and the job is done
)


@dataclass(frozen=True)
class Installation:
    """A folder with the code, and what runs there."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def manage(self) -> list[str]:
        return [sys.executable, str(self.folder / "manage.py")]

    def run(self, *command: str, prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, *command],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def work(self) -> None:
        """Take up lost jobs, and do what waits."""
        done = self.run("manage.py", "worker", "--batch")
        assert done.returncode == 0, done.stderr

    def die(self, moment: str, batch: int) -> int:
        """Work until killed; the exit status. One process at a time has the work, so that the
        moment is exact."""
        alone = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
        command = ("-m", "tests.management.interrupted", moment, str(batch), "worker", "--batch")
        return self.run(*command, prefix=() if moment == "parent" else alone).returncode

    def files(self) -> set[str]:
        """What is in the folder, compiled code aside."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {str(path) for path in found if "__pycache__" not in path.parts}


def install(folder: Path, **environment: str) -> Installation:
    """A copy of the code, with its own folder for data."""
    for name in CODE:
        source = Path(settings.BASE_DIR) / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    common = {
        "RECORDS_ENV": "test",
        "SECRET_KEY": "shared by all installations of one site",
        "PYTHONPATH": str(
            settings.BASE_DIR
        ),  # for the tests' modules; the code of the folder comes first
        "JOB_LEASE_SECONDS": str(LEASE),
    }
    kept = {
        name: value for name, value in os.environ.items() if name not in ("DATA_DIR", "MEDIA_ROOT")
    }
    return Installation(folder, {**kept, **common, **environment})


@dataclass(frozen=True)
class Twins:
    """Two installations of one site: one database, one folder of shared files, a server of the
    second."""

    first: Installation
    second: Installation
    media: Path
    api: httpx.Client

    def start(self, rows: int, bad: int) -> str:
        """Ask for an import of rows of which some are refused, evenly spread; the job's id."""
        every, file = rows // bad, len(list(self.media.rglob("*.csv")))
        lines = [f"{file}-{at},{'many' if at % every == 0 else at}" for at in range(rows)]
        table = "\n".join(["name,counter", *lines, ""])
        sent = self.api.post(IMPORTS, files={"file": ("rows.csv", table)}).raise_for_status().json()
        started = self.api.post(f"{IMPORTS}/{sent['id']}/start", json={})
        assert started.status_code == 200, started.text
        assert started.json()["status"] == "pending"
        job: str = started.json()["id"]
        return job

    def finished(self, job: str) -> dict[str, Any]:
        """The job, once a worker of the second installation has done what is left."""
        for _ in range(TURNS):
            self.second.work()
            seen: dict[str, Any] = self.api.get(f"/bulk-action-progress/{job}").json()
            if seen["status"] not in ("pending", "running"):
                return seen
        raise AssertionError(f"the job does not get on: {seen}")


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("site")
    media = folder / "media"
    with own_database(folder, "tables") as url:
        shared = {"DATABASE_URL": url, "MEDIA_ROOT": str(media)}
        first, second = (
            install(folder / name, DATA_DIR=str(folder / f"{name}-data"), **shared)
            for name in ("first", "second")
        )
        made = second.run("-m", "tests.provision")
        assert made.returncode == 0, made.stderr
        address = Address(
            "127.0.0.1", free_port(), tuple(json.loads(made.stdout)["headers"].items())
        )
        with (
            serving(
                second.environment, address, "--no-worker", "--workers", "1", manage=second.manage
            ),
            httpx.Client(
                base_url=f"http://{address.host}:{address.port}/api",
                headers=dict(address.headers),
                timeout=60,
            ) as api,
        ):
            yield Twins(first, second, media, api)


def _check_whole(twins: Twins, job: str, rows: int, bad: int) -> None:
    """The job is done, and tells of each refused row once, in its answer and in its report."""
    done = twins.finished(job)
    assert (done["status"], done["failed_count"], done["success_count"]) == (
        "completed",
        bad,
        rows - bad,
    ), done
    assert (done["result"]["created"], done["result"]["failed"]) == (rows - bad, bad)
    assert "imported_before" not in done["result"]
    expected = [at * (rows // bad) + 2 for at in range(bad)]
    assert [row["line"] for row in done["failure_report"]] == expected[:1000]
    report = twins.api.get(f"/bulk-action-progress/{job}/report")
    assert report.status_code == 200
    assert [int(row["line"]) for row in csv.DictReader(report.text.splitlines())] == expected


def test_what_one_installation_was_killed_at_another_finishes_with_the_whole_report(
    twins: Twins,
) -> None:
    job = twins.start(12_000, 1_200)
    assert twins.first.die("committed", 2) == -9
    assert (
        2_000
        <= twins.api.get(f"/bulk-action-progress/{job}").json()["success_count"] + 1_000
        <= 3_000
    )

    _check_whole(twins, job, 12_000, 1_200)


# What several processes share, they share on PostgreSQL alone.
MOMENTS = [
    ("before", 1),
    ("after", 2),
    ("committed", 1),
    ("committed", 3),
    ("kept", 1),
    ("finished", 1),
    *([] if connection.vendor == "sqlite" else [("parent", 3)]),
]


@pytest.mark.parametrize(("moment", "batch"), MOMENTS)
def test_whatever_it_was_killed_at(twins: Twins, moment: str, batch: int) -> None:
    rows = 6_000 if moment == "parent" else 3_000
    job = twins.start(rows, 300)
    assert twins.first.die(moment, batch) == -9

    _check_whole(twins, job, rows, 300)


def test_neither_writes_beside_its_code(twins: Twins) -> None:
    _check_whole(twins, twins.start(500, 50), 500, 50)
    assert twins.first.files() == twins.second.files()


# ---------------------------------------------------------------- code that belongs to somebody
# else


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[tuple[Installation, tuple[str, ...]]]:
    """Code that those who run it cannot write to, and what begins their commands."""
    folder = Path(tempfile.mkdtemp(prefix="records-code-", dir=tmp_path))
    with own_database(tmp_path, "tables") as url:
        made = install(folder, DATABASE_URL=url, MEDIA_ROOT=str(tmp_path / "media"))
        prefix: tuple[str, ...] = ()
        if os.geteuid() == 0:  # root writes anywhere unless it gives that up
            prefix = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--")
        _hand_over(folder)
        try:
            yield made, prefix
        finally:
            subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)


def _hand_over(folder: Path) -> None:
    subprocess.run(["chmod", "-R", "a-w,a+rX", str(folder)], check=True)
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "nobody", str(folder)], check=True)


def test_code_that_cannot_be_written_to_serves_and_imports(
    foreign: tuple[Installation, tuple[str, ...]],
) -> None:
    code, prefix = foreign
    before = code.files()
    refused = code.run("-c", "open('manage.py', 'a')", prefix=prefix)
    assert "PermissionError" in refused.stderr
    made = code.run("-m", "tests.provision", prefix=prefix)
    assert made.returncode == 0, made.stderr
    address = Address("127.0.0.1", free_port(), tuple(json.loads(made.stdout)["headers"].items()))
    base = f"http://{address.host}:{address.port}/api"
    with (
        serving(code.environment, address, "--no-worker", manage=[*prefix, *code.manage]),
        httpx.Client(base_url=base, headers=dict(address.headers), timeout=60) as api,
    ):
        for table in (
            "name\nAcme\na,b\n",
            "name\n" + "".join(f"{at}\n" for at in range(200)) + "1,2\n",
        ):
            sent = api.post(IMPORTS, files={"file": ("rows.csv", table)}).raise_for_status().json()
            started = api.post(f"{IMPORTS}/{sent['id']}/start", json={})
            assert started.status_code == 200, started.text
            worked = code.run("manage.py", "worker", "--batch", prefix=prefix)
            assert worked.returncode == 0, worked.stderr
            job = api.get(f"/bulk-action-progress/{started.json()['id']}").json()
            assert (job["status"], job["failed_count"]) == ("completed", 1), job
            assert api.get(f"/bulk-action-progress/{job['id']}/report").status_code == 200
    assert code.files() == before
