"""Real faults around Records: full disks, folders of others, a PostgreSQL that is away or
refuses."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.conf import settings

from tests.databases import MANAGE, copy_file, url_of_file
from tests.own_postgres import Cluster, own_cluster
from tests.serving import free_port

ROOT = settings.BASE_DIR
WORD = "canary-word-7351"  # a password that nothing may print


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Broken:
    """Where a fault is: the environment of the commands, and what each is started by."""

    variables: Mapping[str, str]
    before: Sequence[str] = field(default_factory=list)

    def run(self, commands: Sequence[Sequence[str]]) -> list[Outcome]:
        """Run commands there."""
        done = subprocess.run(
            [*self.before, sys.executable, "-W", "ignore", "-m", "tests.faults.run_commands"],
            input=json.dumps(commands),
            env=clean_environment() | {"RECORDS_ENV": "demo", **self.variables},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [Outcome(**each) for each in json.loads(done.stdout)]


def clean_environment() -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "API_KEY": "rec_nothing"
    }


def as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "-n", "-E", f"PATH={os.environ['PATH']}"]


def without_power() -> list[str]:
    """Root may write everywhere; take that away from it."""
    if os.geteuid() != 0:
        return []
    return [
        "setpriv",
        "--bounding-set",
        "-dac_override,-dac_read_search,-fowner",
        "--inh-caps",
        "-all",
    ]


def on_small_disk(folder: Path, size: str, *, owner: str = "root") -> list[str]:
    """What runs a command where `folder` is a disk of this size; the mount is seen by that command
    alone."""
    mount = f'mount -t tmpfs -o size={size},uid={owner} tmpfs "{folder}" && exec "$@"'
    return [*as_root(), "unshare", "--mount", "sh", "-c", mount, "sh"]


def fill(url: str, data: Path) -> None:
    """Put a workspace into a migrated database."""
    environment = clean_environment() | {
        "RECORDS_ENV": "demo",
        "DATABASE_URL": url,
        "DATA_DIR": str(data),
    }
    made = [*MANAGE, "create_workspace", "Acme", "--email", "me@example.com"]
    subprocess.run(made, env=environment, check=True, stdout=subprocess.DEVNULL)


# ---------------------------------------------------------------- SQLite


@contextlib.contextmanager
def sqlite_empty(folder: Path) -> Iterator[Broken]:
    yield Broken({"DATA_DIR": str(folder)})


def _make_file(folder: Path) -> None:
    copy_file(folder / "records.sqlite3", "tables")
    fill(url_of_file(folder / "records.sqlite3"), folder)


@contextlib.contextmanager
def sqlite_full(folder: Path) -> Iterator[Broken]:
    """A migrated database, on a disk that has no room left."""
    made, disk = folder / "made", folder / "disk"
    disk.mkdir()
    _make_file(made)
    kib = sum(path.stat().st_size for path in made.iterdir() if path.is_file()) // 1024 + 40
    fill = (
        f'cp -r "{made}/." "{disk}" && {{ dd if=/dev/zero of="{disk}/filler" 2>/dev/null || '
        'true; } && exec "$@"'
    )
    yield Broken({"DATA_DIR": str(disk)}, [*on_small_disk(disk, f"{kib}k"), "sh", "-c", fill, "sh"])


@contextlib.contextmanager
def sqlite_read_only(folder: Path) -> Iterator[Broken]:
    data = folder / "data"
    _make_file(data)
    with of_somebody_else(data):
        yield Broken({"DATA_DIR": str(data)}, without_power())


@contextlib.contextmanager
def sqlite_nowhere(folder: Path) -> Iterator[Broken]:
    """A data folder that cannot be made, since the one around it is somebody else's."""
    with of_somebody_else(folder):
        yield Broken({"DATA_DIR": str(folder / "data"), "SECRET_KEY": "given"}, without_power())


@contextlib.contextmanager
def sqlite_rubbish(folder: Path) -> Iterator[Broken]:
    (folder / "records.sqlite3").write_bytes(b"This is no database. " * 1000)
    yield Broken({"DATA_DIR": str(folder)})


@contextlib.contextmanager
def of_somebody_else(folder: Path) -> Iterator[None]:
    """A folder that belongs to another user, where we are root; else one of ours that may not be
    written."""
    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
        if os.geteuid() == 0:
            shutil.chown(path, "nobody")
    try:
        yield
    finally:
        for path in paths:
            path.chmod(0o755)
            if os.geteuid() == 0:
                shutil.chown(path, "root")


# ---------------------------------------------------------------- PostgreSQL


def at(cluster: Cluster, folder: Path, **parts: str) -> Broken:
    user = {"user": "postgres", "password": WORD, "name": "postgres", **parts}
    url = f"postgres://{user['user']}:{user['password']}@127.0.0.1:{cluster.port}/{user['name']}"
    return Broken({"DATABASE_URL": url, "DATA_DIR": str(folder)})


@contextlib.contextmanager
def postgres_down(folder: Path) -> Iterator[Broken]:
    yield Broken(
        {
            "DATABASE_URL": f"postgres://me:{WORD}@127.0.0.1:{free_port()}/records",
            "DATA_DIR": str(folder),
        }
    )


@contextlib.contextmanager
def postgres_unknown_host(folder: Path) -> Iterator[Broken]:
    yield Broken(
        {"DATABASE_URL": f"postgres://me:{WORD}@nowhere.invalid/records", "DATA_DIR": str(folder)}
    )


@contextlib.contextmanager
def postgres_wrong_role(folder: Path) -> Iterator[Broken]:
    with own_cluster() as cluster:
        yield at(cluster, folder, user="nobody_we_know")


@contextlib.contextmanager
def postgres_wrong_database(folder: Path) -> Iterator[Broken]:
    with own_cluster() as cluster:
        yield at(cluster, folder, name="no_such_database")


@contextlib.contextmanager
def postgres_wrong_password(folder: Path) -> Iterator[Broken]:
    with own_cluster() as cluster:
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE me LOGIN SUPERUSER PASSWORD 'another word'")
        cluster.stop()
        rules = "host all me 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\n"
        (cluster.folder / "data" / "pg_hba.conf").write_text(rules)
        cluster.start()
        yield at(cluster, folder, user="me")


@contextlib.contextmanager
def postgres_empty(folder: Path) -> Iterator[Broken]:
    with own_cluster() as cluster:
        yield at(cluster, folder)


@contextlib.contextmanager
def postgres_not_ours(folder: Path) -> Iterator[Broken]:
    """A migrated database whose tables belong to another role."""
    with own_cluster(migrated=True) as cluster:
        fill(cluster.url, folder)
        with psycopg.connect(cluster.url, autocommit=True) as connection:
            connection.execute("CREATE ROLE guest LOGIN")
        yield at(cluster, folder, user="guest")


@contextlib.contextmanager
def postgres_full(folder: Path) -> Iterator[Broken]:
    """A migrated database in a tablespace on a small disk that something else has filled up.

    Pages that are there already have some room left: only what needs many more of them fails.
    """
    with own_cluster(migrated=True) as cluster:
        disk = cluster.folder / "disk"
        disk.mkdir()
        cluster.stop()
        # A vacuum would give the end of the filler back.
        cluster.start(
            "-c autovacuum=off",
            before=on_small_disk(
                disk, "40m", owner="postgres" if os.geteuid() == 0 else str(os.getuid())
            ),
        )
        server = cluster.url.removesuffix("postgres")
        with psycopg.connect(f"{server}template1", autocommit=True) as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
            connection.execute("CREATE DATABASE small TABLESPACE small TEMPLATE postgres")
        url = f"{server}small"
        fill(url, folder)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE filler (text text)")
            for rows in (1000, 10, 1):
                with contextlib.suppress(psycopg.errors.DiskFull):
                    while True:
                        connection.execute(
                            "INSERT INTO filler SELECT repeat('x', 2000) FROM "
                            "generate_series(1, %s)",
                            [rows],
                        )
        yield at(cluster, folder, name="small")
