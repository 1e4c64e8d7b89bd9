"""Whatever is wrong around Records, every command says so in a sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.db import connection

from tests.databases import copy_file
from tests.serving import free_port

from . import breaking
from .breaking import ROOT, WORD, Broken, Outcome, clean_environment

# How each command is called. What is ours must be here, what Django and its apps bring is here
# where it reaches for the database or for files.
COMMANDS: dict[str, list[str]] = {
    "backup": ["backup.zip"],
    "check_records": [],
    "clear_orphan_files": [],
    "create_api_key": ["--workspace", "acme", "--name", "a key"],
    "create_workspace": ["Beta", "--email", "me@example.com"],
    "demo": ["--no-serve"],
    "diffsettings": [],
    "doctor": [],
    "import_records": ["things", "things.csv", "--workspace", "acme", "--create-object"],
    "mcp": ["--workspace", "acme", "--api-key-env", "API_KEY"],
    "purge_trash": [],
    "reindex": [],
    "reseal_secrets": [],
    "restore": ["whole.zip"],
    "serve": ["--no-worker"],
    "worker": ["--batch"],
    "changepassword": ["me@example.com"],
    "check": ["--database", "default"],
    "clean_duplicate_history": ["--auto"],
    "clean_old_history": ["--auto"],
    "clearsessions": [],
    "createcachetable": [],
    "createsuperuser": ["--noinput", "--username", "root", "--email", "root@example.com"],
    "db_worker": ["--batch"],
    "dumpdata": ["records"],
    "flush": ["--noinput"],
    "inspectdb": [],
    "loaddata": [str(ROOT / "tests/faults/nothing.json")],
    "makemigrations": ["--check"],
    "migrate": [],
    "populate_history": ["--auto"],
    "prune_db_task_results": [],
    "remove_stale_contenttypes": ["--noinput"],
    "runserver": ["--noreload"],
    "showmigrations": [],
    "sqlflush": [],
    "sqlmigrate": ["records", "0001"],
    "sqlsequencereset": ["records"],
}
# These reach for neither, or start an editor, a client or a test run of their own.
OTHERS = {
    "collectstatic", "compilemessages", "dbshell", "findstatic", "generateschema", "makemessages",
    "optimizemigration", "sendtestemail", "shell", "spectacular", "squashmigrations", "startapp", "startproject",
    "test", "testserver",
}  # fmt: skip
FILES = {"things.csv", "backup.zip", "whole.zip"}  # in the folder of the test
SERVING = {"serve", "runserver"}
MIGRATING = {"migrate", "demo", "restore"}
# What needs the tables of Records, so that it must fail where they cannot be reached.
NEEDING = {
    "backup", "check_records", "create_api_key", "create_workspace", "doctor", "import_records", "mcp", "purge_trash",
    "reindex", "reseal_secrets", "serve", "worker",
}  # fmt: skip
WRITING = {"create_api_key", "create_workspace", "doctor", "import_records"}

Fault = Callable[[Path], AbstractContextManager[Broken]]
SQLITE: list[tuple[Fault, set[str], str]] = [
    (breaking.sqlite_empty, NEEDING, "Run `manage.py migrate` first."),
    (breaking.sqlite_full, WRITING, "space"),
    (breaking.sqlite_read_only, WRITING | {"restore"}, "by user"),
    (breaking.sqlite_nowhere, NEEDING | MIGRATING, "DATA_DIR leads to"),
    (breaking.sqlite_rubbish, NEEDING | MIGRATING, "is not a SQLite file"),
]
POSTGRES: list[tuple[Fault, set[str], str]] = [
    (
        breaking.postgres_down,
        NEEDING | MIGRATING,
        "Start PostgreSQL, or correct host and port in DATABASE_URL.",
    ),
    (breaking.postgres_unknown_host, NEEDING | MIGRATING, "correct host and port in DATABASE_URL."),
    (breaking.postgres_wrong_role, NEEDING | MIGRATING, 'role "nobody_we_know" does not exist'),
    (
        breaking.postgres_wrong_password,
        NEEDING | MIGRATING,
        "Correct user and password in DATABASE_URL",
    ),
    (breaking.postgres_wrong_database, NEEDING | MIGRATING, "Create it with createdb"),
    (breaking.postgres_empty, NEEDING, "Run `manage.py migrate` first."),
    (breaking.postgres_not_ours, NEEDING - {"doctor"} | {"restore"}, "does not allow this role"),
    (breaking.postgres_full, {"import_records"}, "no space left on its disk"),
]
FAULTS = SQLITE if connection.vendor == "sqlite" else POSTGRES


def test_the_table_has_every_command() -> None:
    assert {*COMMANDS, *OTHERS} == get_commands().keys()
    assert {name for name, app in get_commands().items() if app == "records"} <= COMMANDS.keys()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup that can be restored."""
    folder = tmp_path_factory.mktemp("whole")
    file = folder / "whole.zip"
    copy_file(folder / "data" / "records.sqlite3", "tables")
    (done,) = Broken({"DATA_DIR": str(folder / "data")}).run([["backup", str(file)]])
    assert done.status == 0, done
    return file


@pytest.mark.parametrize(
    ("fault", "failing", "words"), FAULTS, ids=lambda each: getattr(each, "__name__", "")
)
def test_a_command_says_it_in_a_sentence(
    tmp_path: Path, whole: Path, fault: Fault, failing: set[str], words: str
) -> None:
    shutil.copy(whole, tmp_path / whole.name)
    things = tmp_path / "things.csv"
    things.write_text(
        "name,text\n" + "".join(f"{number},{'x' * 200}\n" for number in range(3000)),
        encoding="utf-8",
    )
    names = [name for name in COMMANDS if name in failing or name not in MIGRATING | SERVING]
    with fault(tmp_path) as broken:
        outcomes = dict(zip(names, broken.run([call(name, things) for name in names]), strict=True))

    assert {name: why for name, each in outcomes.items() if (why := untold(name, each))} == {}
    assert {name: outcomes[name] for name in failing if outcomes[name].status == 0} == {}
    said = {name: outcomes[name].err + outcomes[name].out for name in failing}
    assert {name: text for name, text in said.items() if words not in text} == {}


def call(name: str, things: Path) -> list[str]:
    port = {"serve": ["--port", str(free_port())], "runserver": [f"127.0.0.1:{free_port()}"]}
    given = [str(things.with_name(each)) if each in FILES else each for each in COMMANDS[name]]
    return [name, *given, *port.get(name, [])]


def untold(name: str, outcome: Outcome) -> str:
    """What makes this no good ending: a traceback, an essay, silence, or a secret."""
    text = outcome.out + outcome.err
    if "Traceback" in text or WORD in text or outcome.status < 0:
        return text or f"status {outcome.status}"
    if outcome.status == 0:
        return ""
    longest = (
        3 if get_commands()[name] == "records" else 8
    )  # Django's own answers may list what it might have been
    return (
        ""
        if text.strip() and len(outcome.err.strip().splitlines()) <= longest
        else f"unclear: {text!r}"
    )


@pytest.mark.parametrize(
    "name", ["migrate", "serve", "check_records", "doctor", "help", "no_such_command"]
)
def test_a_python_without_packages_says_what_to_do(name: str) -> None:
    # -S leaves out site-packages, as a Python outside of the virtual environment has none of ours.
    command = [sys.executable, "-S", str(ROOT / "manage.py"), name]

    done = subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert done.stderr.startswith("The Python package 'django' is not installed for ")
    assert "make install" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_output_that_cannot_be_written_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "version"],
            env=clean_environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode != 0
    assert "No space is left for the output" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_is_no_fault() -> None:
    done = subprocess.run(
        f'"{sys.executable}" "{ROOT / "manage.py"}" diffsettings --all | head -n 1',
        shell=True,
        env={**clean_environment(), "RECORDS_ENV": "test"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""


def test_a_traceback_is_shown_to_those_who_ask() -> None:
    environment = {
        **clean_environment(),
        "RECORDS_ENV": "demo",
        "DATABASE_URL": "postgres://127.0.0.1:1/records",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "check_records", "--traceback"]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert "Traceback" in done.stderr


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """A database with which nothing is wrong."""
    folder = tmp_path_factory.mktemp("sound")
    os.mkfifo(folder / "fifo")
    (folder / "things.csv").write_text("name\na\n", encoding="utf-8")
    broken = Broken({"DATA_DIR": str(folder)})
    copy_file(folder / "records.sqlite3", "tables")
    (done,) = broken.run([["create_workspace", "Acme", "--email", "me@example.com"]])
    assert done.status == 0, done
    return broken


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (
            ["import_records", "things", "{}/fifo", "--workspace", "acme"],
            "is not a file that can be read more than",
        ),
        (
            ["import_records", "things", "/dev/zero", "--workspace", "acme"],
            "is not a file that can be read more than",
        ),
        (
            [
                "import_records",
                "things",
                "{}/things.csv",
                "--workspace",
                "acme",
                "--batch-size",
                "9" * 30,
            ],
            "is not a whole number from 1 to 999,999,999",
        ),
        (["restore", "{}/fifo"], "is not a file. Nothing was restored."),
        (["restore", "/dev/zero"], "is not a file. Nothing was restored."),
        (
            ["create_workspace", "Beta \udcff", "--email", "me@example.com"],
            "holds bytes that are not UTF-8",
        ),
        (
            ["create_api_key", "--workspace", "acme", "--name", "a \udcff"],
            "holds bytes that are not UTF-8",
        ),
    ],
)
def test_an_argument_that_no_command_can_use_is_refused(
    sound: Broken, command: list[str], words: str
) -> None:
    (done,) = sound.run([[each.format(sound.variables["DATA_DIR"]) for each in command]])

    assert done.status > 0, done
    assert "Traceback" not in done.err
    assert words in done.err
