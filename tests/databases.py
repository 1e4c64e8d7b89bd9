"""Databases of a test's own: empty, or copies of some that are made once in a run, since migrating
takes five seconds."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
SUFFIX = ".sqlite3"
# Migrated; and with the workspace of tests/provision.py.
Content = Literal["tables", "workspace"]


@dataclass(frozen=True)
class Model:
    """A database that others are copied from: the path of an SQLite file, or a name in the
    PostgreSQL under test; and what was printed when it was made."""

    name: str
    printed: str


def environment_on(url: str, **variables: str) -> dict[str, str]:
    """The environment of processes on this database."""
    return {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url, **variables}


def migrate(url: str) -> str:
    """Give an empty database its tables."""
    command = [*MANAGE, "migrate", "--verbosity", "0"]
    return subprocess.run(
        command, env=environment_on(url), stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def provision(url: str) -> str:
    """Put a workspace into a migrated database; its ids and who may call."""
    return subprocess.run(
        [sys.executable, "-m", "tests.provision"],
        env=environment_on(url),
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout


@contextlib.contextmanager
def own_database(folder: Path, content: Content | None = None) -> Iterator[str]:
    """The URL of a database on the engine under test: a file in `folder`, or one in the PostgreSQL;
    empty unless it is to have some content."""
    if connection.vendor == "sqlite":
        file = folder / f"records{SUFFIX}"
        if content:
            copy_file(file, content)
        yield url_of_file(file)
        return
    name = f"{_under_test().path.strip('/')}_served_{secrets.token_hex(4)}"
    create_database(name, _in_postgres(content).name if content else "template0")
    try:
        yield _url_in_postgres(name)
    finally:
        drop_database(name)


def copy_file(file: Path, content: Content) -> None:
    """Make this SQLite file, whatever engine is under test."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_in_file(content).name, file)


def migrated_model() -> str:
    """The database on the engine under test that has its tables and no more: what copies it needs
    its name."""
    return (_in_file if connection.vendor == "sqlite" else _in_postgres)("tables").name


def provisioned() -> str:
    """What was printed when the model with a workspace was made."""
    return (_in_file if connection.vendor == "sqlite" else _in_postgres)("workspace").printed


def _in_file(content: Content) -> Model:
    file = run_folder() / f"{content}{SUFFIX}"

    def make() -> str:
        if content == "tables":
            return migrate(url_of_file(file))
        copy_file(file, "tables")
        return provision(url_of_file(file))

    return Model(str(file), once(f"sqlite_{content}", make))


def _in_postgres(content: Content) -> Model:
    name = f"{_under_test().path.strip('/')}_{run_folder().name}_{content}"

    def make() -> str:
        if content == "tables":
            create_database(name, "template0")
            return migrate(_url_in_postgres(name))
        create_database(name, _in_postgres("tables").name)
        return provision(_url_in_postgres(name))

    return Model(name, once(f"postgresql_{content}", make))


def run_folder() -> Path:
    """What the processes of one run of the tests share."""
    return Path(os.environ["RECORDS_TEST_RUN"])


def once(name: str, make: Callable[[], str]) -> str:
    """What the first process of a run that asked was given when it made this."""
    made = run_folder() / f"{name}.json"
    with (run_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            made.write_text(json.dumps(make()))
    printed: str = json.loads(made.read_text())
    return printed


def folder_made_once(name: str, make: Callable[[Path], str]) -> tuple[Path, str]:
    """A folder that the first process of a run that asked has filled, which nobody may change; and
    what that printed."""
    folder = run_folder() / name

    def fill() -> str:
        folder.mkdir()
        return make(folder)

    return folder, once(name, fill)


def forget_models(run: Path) -> None:
    """Remove what a run of the tests copied its databases from."""
    for content in ("tables", "workspace"):
        if (run / f"postgresql_{content}.lock").exists():
            drop_database(f"{_under_test().path.strip('/')}_{run.name}_{content}")
    shutil.rmtree(run)


def _under_test() -> SplitResult:
    return urlsplit(os.environ["DATABASE_URL"])


def url_of_file(file: Path) -> str:
    return f"sqlite:///{file}"


def _url_in_postgres(name: str) -> str:
    return _under_test()._replace(path=f"/{name}").geturl()


def create_database(name: str, model: str) -> None:
    """Create a database in the PostgreSQL under test."""
    with _administered() as cluster:
        cluster.execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(model)
            )
        )


def drop_database(name: str) -> None:
    """Drop a database of the PostgreSQL under test if it exists, whoever is connected to it."""
    with _administered() as cluster:
        cluster.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _administered() -> psycopg.Connection[Any]:
    return psycopg.connect(_url_in_postgres("postgres"), autocommit=True)
