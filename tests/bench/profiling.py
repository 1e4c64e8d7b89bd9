"""Where the time of one operation goes: the product's WSGI program under cProfile, then its
statements.

Runs as a program of its own (`python -m tests.bench.profiling PREPARED.json`), in one thread and
without a server; `make bench ARGS="--profile patch"` prepares the file and starts it.
"""
# ruff: noqa: T201 - a command prints

import cProfile
import io
import json
import os
import pstats
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

TOP_FUNCTIONS = 45
WARM_UP_REQUESTS = 50
WsgiProgram = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Prepared:
    """The requests to profile; the last one has its statements shown."""

    headers: dict[str, str]
    requests: list[tuple[str, str, str | None]]
    statements: str
    explain: bool


def send(
    program: WsgiProgram, headers: dict[str, str], request: tuple[str, str, str | None]
) -> None:
    """One request through the program; anything but success ends the profile."""
    method, target, text = request
    path, _, query = target.partition("?")
    body = (text or "").encode()
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(path),
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT": "application/json",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    statuses: list[str] = []
    answer = program(environ, lambda status, *_: statuses.append(status))
    content = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    if not statuses[0].startswith("2"):
        raise SystemExit(
            f"{method} {target} answered {statuses[0]}: {content[:600].decode(errors='replace')}"
        )


def profile_functions(program: WsgiProgram, prepared: Prepared) -> None:
    """Print CPU per request without the profiler, then the costliest functions with it."""
    measured = prepared.requests[WARM_UP_REQUESTS:-1]
    half = len(measured) // 2
    for request in prepared.requests[:WARM_UP_REQUESTS]:
        send(program, prepared.headers, request)
    started = time.process_time()
    for request in measured[:half]:
        send(program, prepared.headers, request)
    print(
        f"{(time.process_time() - started) * 1000 / half:.3f} CPU ms a request in Python, "
        "PostgreSQL apart\n"
    )
    profile = cProfile.Profile()
    profile.enable()
    for request in measured[half:]:
        send(program, prepared.headers, request)
    profile.disable()
    print(f"{len(measured) - half} requests under the profiler:")
    for order in ("tottime", "cumulative"):
        pstats.Stats(profile).strip_dirs().sort_stats(order).print_stats(TOP_FUNCTIONS)


def show_statements(program: WsgiProgram, prepared: Prepared) -> None:
    """Print the statements of one request, and write them out as SQL that EXPLAIN takes as it
    is."""
    from django.db import connection

    connection.force_debug_cursor = True
    send(program, prepared.headers, prepared.requests[-1])
    connection.force_debug_cursor = False
    # Transaction control has no statement text of its own.
    statements = [
        (str(query["sql"]), float(query["time"])) for query in connection.queries if query["sql"]
    ]
    counted = Counter(statement.split(None, 1)[0].upper() for statement, _ in statements)
    print(
        f"{len(statements)} statements: "
        f"{', '.join(f'{count} {verb}' for verb, count in counted.items())}\n"
    )
    for number, (statement, seconds) in enumerate(statements, start=1):
        print(f"-- {number}: {seconds * 1000:.0f} ms\n{statement}\n")
    Path(prepared.statements).write_text(
        "".join(f"{statement};\n\n" for statement, _ in statements), encoding="utf-8"
    )
    if prepared.explain:
        _explain(statement for statement, _ in statements)


def _explain(statements: Iterable[str]) -> None:
    """Run each reading or changing statement again under EXPLAIN, and take its effect back."""
    from django.db import DatabaseError, connection, transaction

    for statement in statements:
        if not statement.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE", "DELETE")):
            continue
        print(f"{statement[:300]}\n")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}")
                print("\n".join(row[0] for row in cursor.fetchall()), "\n")
                transaction.set_rollback(True)
        except DatabaseError as problem:
            print(f"{problem}\n")


def main() -> None:
    prepared = Prepared(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    from django.core.wsgi import get_wsgi_application

    program = get_wsgi_application()
    profile_functions(program, prepared)
    show_statements(program, prepared)


if __name__ == "__main__":
    main()
