"""What is wrong around Records, said in one sentence each: settings, database, disk, permissions,
packages."""

from __future__ import annotations

import errno
import getpass
import os
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.executor import MigrationExecutor

from records.exceptions import RecordsError, Unavailable
from records_project.cli import not_installed
from records_project.environment import variables
from records_project.variables import Variables

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
SHORTEST_HIDDEN = 4  # shorter texts are found in innocent words
NOT_SET_UP = "no such table|no such column|42P01|42703"

# What SQLite says, by what it means.
SQLITE = {
    "is missing": "does not exist. Run `manage.py migrate` first",
    "was replaced by another file": "was replaced by another file. Stop Records before the file "
    "is exchanged",
    "database or disk is full": "cannot grow: no space is left on its disk. Free some space and "
    "run the command again",
    "unable to open database file": "cannot be opened by user {user}. Make it and its folder "
    "writable for that user",
    "readonly database": "cannot be written by user {user}. Make it and its folder writable for "
    "that user",
    "disk I/O error": "cannot be read or written. Check the space on its disk, and that user "
    "{user} may write there",
    "database is locked": "is locked by another program. Wait until that program has ended, or "
    "end it",
    "not a database": "is not a SQLite file. Correct DATABASE_URL, or restore the file from a "
    "backup",
    "malformed": "is damaged. Restore it from a backup",
}

# What PostgreSQL says of a statement, by SQLSTATE.
STATES = {
    "53100": "has no space left on its disk. Free some space there and run the command again",
    "53300": "has no connection left. Raise max_connections, or run fewer processes and threads",
    "42501": "does not allow this role what the command needs. Grant it, or make the role the "
    "owner of the database",
    "25006": "is read-only. Connect to the primary server, not to a standby",
    "57014": "stopped the statement, which took too long. Raise STATEMENT_SECONDS or set it to 0",
    "55P03": "is locked by another program. Wait until that program has ended, or end it",
    "55006": "is in use. End the programs that are connected to it",
}

# What libpq says where no connection is made: there is no SQLSTATE then.
CONNECTING = (
    ("role .* does not exist|authentication failed", ("Correct user and password in DATABASE_URL, "
        "or create that role")),
    ("no password supplied|pg_hba", ("Correct user and password in DATABASE_URL, or allow that "
        "role in pg_hba.conf")),
    ("database .* does not exist", "Create it with createdb, or correct its name in DATABASE_URL"),
    ("too many (clients|connections)|remaining connection slots", ("Raise max_connections, or run "
        "fewer processes")),
    ("starting up|shutting down|recovery", "Wait a moment and run the command again"),
    ("invalid connection option|invalid .* value|SSL", ("Correct the options after the ? in "
        "DATABASE_URL")),
    ("", "Start PostgreSQL, or correct host and port in DATABASE_URL"),
)  # fmt: skip


def explain(error: BaseException) -> str | None:
    """Say what happened and what to do, without any secret; None where only a traceback can
    tell."""
    for link in causes(error):
        for kind, say in EXPLANATIONS:
            if isinstance(link, kind) and (said := say(link)):
                return redacted(said)
    return None


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what caused it, and so on."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__


def redacted(text: str) -> str:
    """Hide what no message may show, in case that somebody else's message did."""
    hidden = [
        os.environ.get(variable.name, "") for variable in variables(Variables) if variable.secret
    ]
    if settings.configured:
        hidden += [settings.SECRET_KEY, settings.DATABASES["default"].get("PASSWORD") or ""]
        hidden += settings.EXTERNAL_SECRET_KEYS
    for secret in sorted(hidden, key=len, reverse=True):
        if len(secret) >= SHORTEST_HIDDEN:
            text = text.replace(secret, "***")
    return text


def of_settings(error: Any) -> str:
    """Name every setting that is wrong."""
    lines = str(error).splitlines()
    return "\n  ".join(["Records cannot start with these settings:", *lines])


def of_records(error: Any) -> str | None:
    """Say what refused the command; what is unavailable is said by its cause, which knows more."""
    return None if isinstance(error, Unavailable) and error.__cause__ else str(error.detail)


def of_database(error: Any) -> str | None:
    """Say what is wrong with the database, its disk, or the way to it."""
    state = getattr(error.__cause__, "sqlstate", None)
    if re.search(NOT_SET_UP, state or str(error)):
        return of_tables()
    if connection.vendor == "sqlite":
        said = next((said for words, said in SQLITE.items() if words in str(error)), None)
        return (
            said
            and f"The database {settings.DATABASES['default']['NAME']} {said.format(user=user())}."
        )
    if state in STATES:
        return f"The PostgreSQL database {where()} {STATES[state]}."
    return of_connecting(error) if is_away(error) else None


def is_away(error: Any) -> bool:
    """Whether there was no connection, or none any more: libpq says that without a SQLSTATE, or
    with one of its own."""
    state = getattr(error.__cause__, "sqlstate", None)
    if state is not None:
        return str(state).startswith(("08", "57P", "28", "3D"))
    module = type(error.__cause__).__module__
    return module.startswith("psycopg") and type(error.__cause__).__name__ in (
        "OperationalError",
        "ConnectionTimeout",
        "PoolTimeout",
        "InterfaceError",
        "ProgrammingError",
    )


def of_connecting(error: Any) -> str:
    """Say why no connection to PostgreSQL is made, in its own words."""
    first = str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else "no answer"
    reason = re.sub(r"^.*failed: +(?:FATAL: +)?", "", first)
    advice = next(advice for pattern, advice in CONNECTING if re.search(pattern, reason))
    return f"The PostgreSQL database {where()} cannot be used: {reason}. {advice}."


def of_tables() -> str | None:
    """Say how many migrations are missing; nothing where none is, since then the mistake is
    ours."""
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return None
    if not pending:
        return None
    if not executor.loader.applied_migrations:
        return "The database is empty. Run `manage.py migrate` first."
    return f"The database is {len(pending)} migration(s) behind. Run `manage.py migrate` first."


def of_files(error: Any) -> str | None:
    """Say which file or folder cannot be used, and why."""
    name = repr(os.fspath(error.filename)) if error.filename else ""
    if error.errno in FULL:
        return (
            f"No space is left for {name or 'the output'}: {error.strerror}. Free some space and "
            "run the command again."
        )
    if error.errno in FORBIDDEN and name:
        return (
            f"User {user()} cannot use {name}: {error.strerror}. Change its owner or mode, or "
            "choose another folder."
        )
    return f"{name} cannot be used: {error.strerror}." if name and error.strerror else None


def of_text(error: Any) -> str | None:
    """Say that an argument is no text; Python keeps its bytes as surrogates, which a database does
    not take."""
    if not re.search("[\\udc80-\\udcff]", str(error.object)):
        return None
    return f"The argument {error.object!r} holds bytes that are not UTF-8. Write it in UTF-8."


def of_storage(error: Any) -> str | None:
    """Say that S3 refuses or does not answer."""
    if not type(error).__module__.startswith("botocore"):
        return None
    return (
        f"The file storage cannot be used: {str(error).splitlines()[0]} Check the AWS_… settings."
    )


def where() -> str:
    """Name the database as an operator knows it."""
    database = settings.DATABASES["default"]
    port = f":{database['PORT']}" if database["PORT"] else ""
    address = f"{database['HOST'] or 'the local socket'}{port}"
    return f"{database['NAME']!r} at {address}"


def user() -> str:
    """Name the user that this process runs as."""
    try:
        return repr(getpass.getuser())
    except (KeyError, OSError):
        return str(os.getuid())


EXPLANATIONS: tuple[tuple[type[BaseException], Callable[[Any], str | None]], ...] = (
    (ImproperlyConfigured, of_settings),
    (RecordsError, of_records),
    (
        InconsistentMigrationHistory,
        lambda error: f"The database does not fit this version of Records: {error}",
    ),
    (DatabaseError, of_database),
    (InterfaceError, of_database),
    (ModuleNotFoundError, not_installed),
    (
        EOFError,
        lambda _: (
            "This command asks questions, and there is nobody to answer. Run it in a terminal."
        ),
    ),
    (OSError, of_files),
    (UnicodeEncodeError, of_text),
    (Exception, of_storage),
)
