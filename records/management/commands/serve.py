"""`manage.py serve`: run the production server."""

import errno
import logging
import os
import re
import resource
import signal
import socket
import sys
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from records.management.serving.web_server import (
    Listener,
    Respawns,
    WebServer,
    load_application,
)
from records.services.database import close_connections

logger = logging.getLogger(__name__)

# Of each process. A thread that waits for a client takes some 100 kB.
MOST_THREADS = 2048
MOST_CONNECTIONS = 8192
BUFFER_BYTES = 128 * 1024


class Command(BaseCommand):
    """Serves the APIs and the workbench over plain HTTP; TLS is the business of a proxy in
    front."""

    help = (
        "Serve Records with the production server. Ctrl-C stops it after the requests in progress."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--host", default="127.0.0.1", help="address to listen on (%(default)s)"
        )
        parser.add_argument(
            "--port", type=port, default=8000, help="port to listen on (%(default)s)"
        )
        parser.add_argument(
            "--workers", type=count, help="processes (1 on SQLite, one for each core on PostgreSQL)"
        )
        parser.add_argument(
            "--threads", type=count, default=8, help="threads of each process (%(default)s)"
        )
        parser.add_argument(
            "--no-worker",
            dest="worker",
            action="store_false",
            help="run no background jobs here; `worker` does",
        )
        parser.add_argument("--access-log", action="store_true", help="log each request")

    def handle(self, *args: Any, **options: Any) -> None:
        host, address_port, threads = options["host"], options["port"], options["threads"]
        workers = options["workers"] or default_workers()
        check_proxy()
        check_migrated()
        check_free(host, address_port)
        server = WebServer(
            Listener(host, address_port),
            "records_project.wsgi:application",
            address=host,
            port=address_port,
            interface=Interfaces.WSGI,
            workers=workers,
            # Most of them only ever wait for slow clients: see records/management/serving.
            blocking_threads=MOST_THREADS,
            blocking_threads_idle_timeout=600,
            backpressure=MOST_CONNECTIONS,
            http=HTTPModes.http1,
            http1_settings=HTTP1Settings(max_buffer_size=BUFFER_BYTES),
            websockets=False,
            respawn_failed_workers=True,
            workers_kill_timeout=30,
            log_level=LogLevels.error,
            log_dictconfig=logging_of_the_server(),
            log_access=options["access_log"],
        )
        processes = "1 process" if workers == 1 else f"{workers} processes"
        announcing = (host, address_port, f"{processes} of {threads} threads")
        announcer = threading.Thread(target=self.announce, args=announcing, daemon=True)
        server.on_started(announcer.start)
        close_connections()
        allow_connections()
        with background_worker(server) if options["worker"] else nullcontext():
            loader = partial(load_application, address_port, threads)
            server.serve(target_loader=loader, wrap_loader=False)
        for number in (
            signal.SIGINT,
            signal.SIGTERM,
        ):  # nothing is left to stop, and Python is about to forget granian's
            signal.signal(number, signal.SIG_IGN)

    def announce(self, host: str, address_port: int, capacity: str) -> None:
        """Print where we are once that answers, at once even into a pipe."""
        while not answers(host, address_port):
            time.sleep(0.1)
        shown_host = f"[{host}]" if ":" in host else host
        self.stdout.write(
            f"Serving Records at http://{shown_host}:{address_port}/ ({capacity}). Ctrl-C stops it."
        )
        self.stdout.flush()


def answers(host: str, address_port: int) -> bool:
    """Whether there is an answer; the listener keeps whoever asks waiting until a process can give
    one."""
    with closing(HTTPConnection(host, address_port, timeout=60)) as visitor:
        try:
            visitor.request("GET", "/healthz")
            visitor.getresponse().read()
        except (OSError, HTTPException):
            return False
    return True


@contextmanager
def background_worker(server: WebServer) -> Iterator[None]:
    """A process beside the web workers that runs background jobs, for as long as we serve; replaced
    if it dies."""
    keeper = WorkerKeeper()
    keeper.start()
    server.on_hurry(keeper.kill)
    try:
        yield
    finally:
        keeper.stop()


class WorkerKeeper(threading.Thread):
    """Keeps one `manage.py worker` running."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopping = threading.Event()
        self.pid = 0
        self.respawns = Respawns()

    def run(self) -> None:
        command = [sys.executable, "-m", "records_project", "worker", "--parent", str(os.getpid())]
        # From a checkout, the code may be in another folder than the current one.
        code = os.pathsep.join(filter(None, [str(settings.BASE_DIR), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": code}
        while not self.stopping.is_set():
            # Not subprocess: it reads a pipe that a web worker forked at the same moment would keep
            # open.
            born = time.monotonic()
            # Ctrl-C goes to all processes of a terminal; this one is told by us.
            self.pid = os.posix_spawn(
                sys.executable, command, environment, setsigmask=[signal.SIGINT]
            )
            if self.stopping.is_set():  # by somebody who did not know the process yet
                self.send(signal.SIGTERM)
            _, status = os.waitpid(self.pid, 0)
            self.pid = 0
            if not self.stopping.is_set():
                pause = self.respawns.note_death(0, born, time.monotonic())
                exit_code = os.waitstatus_to_exitcode(status)
                logger.error(
                    "The worker for jobs ended with status %d. It is replaced in %.1f s.",
                    exit_code,
                    pause,
                )
                self.stopping.wait(pause)

    def stop(self) -> None:
        """End the worker, after the batch it is at."""
        self.stopping.set()
        self.send(signal.SIGTERM)
        self.join(timeout=30)

    def kill(self) -> None:
        """End the worker where it is; another one takes its job up later."""
        self.stopping.set()
        self.send(signal.SIGKILL)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the worker, if there is one just now."""
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def port(text: str) -> int:
    """Parse a TCP port."""
    number = count(text)
    if number > 65535:
        raise ArgumentTypeError(f"{text} is not a port")
    return number


def count(text: str) -> int:
    """Parse a positive whole number, of few enough digits for whoever counts with it."""
    if not (re.fullmatch("[0-9]{1,9}", text) and int(text)):
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1 to 999,999,999")
    return int(text)


def default_workers() -> int:
    """Return one for SQLite, which takes one writer at a time, and the number of our cores for
    PostgreSQL."""
    return 1 if connection.vendor == "sqlite" else len(os.sched_getaffinity(0))


def check_proxy() -> None:
    """Refuse to redirect every request to itself: we speak plain HTTP, and would never see that TLS
    was used."""
    if settings.HTTPS_ONLY and not settings.TRUST_PROXY_HEADERS:
        raise CommandError(
            "HTTPS_ONLY is on and TRUST_PROXY_HEADERS is false, but `serve` speaks plain "
            "HTTP: it would redirect every"
            " request to itself forever. Behind a proxy that speaks TLS and sets "
            "X-Forwarded-Proto, set TRUST_PROXY_HEADERS=true; without TLS, set HTTPS_ONLY=false."
        )


def check_migrated() -> None:
    """Refuse to serve a database whose tables are not those of this version."""
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        behind = (
            f"{len(pending)} migration(s) behind" if executor.loader.applied_migrations else "empty"
        )
        raise CommandError(f"The database is {behind}. Run `manage.py migrate` first.")


def check_free(host: str, address_port: int) -> None:
    """Refuse an address that is taken: listeners share ports, so two servers would answer in
    turns."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, address_port))
        except OSError as problem:
            advice = (
                " Choose another port with --port (make: PORT=)."
                if problem.errno == errno.EADDRINUSE
                else ""
            )
            said = f"Cannot listen on {host} port {address_port}: {problem.strerror}.{advice}"
            raise CommandError(said) from problem


def allow_connections() -> None:
    """Let this process and its children have as many files open as the system allows them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def logging_of_the_server() -> dict[str, Any]:
    """Return our logging with the server's loggers in it, which would otherwise print to standard
    output."""
    logging: dict[str, Any] = settings.LOGGING
    loggers = {**logging["loggers"], "_granian": {}, "granian.access": {"level": "INFO"}}
    return {**logging, "loggers": loggers}
