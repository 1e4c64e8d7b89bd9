"""`manage.py worker`: run the jobs that take longer than a request."""

from __future__ import annotations

import math
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from records.management.commands.serve import check_migrated
from records.services.database import refusal_of
from records.services.jobs import (
    beat,
    forget_beats,
    recover_jobs,
    stop_working,
)
from records.services.retention import sweep_stores
from records.services.storage import refresh_outdated_statistics
from records.services.webhooks import Courier

SWEEP_SECONDS = 3600
STATISTICS_SECONDS = 15


class Command(BaseCommand):
    """Runs tasks as they come, one at a time, takes up the jobs of workers that were killed,
    delivers what webhooks tell, and sweeps."""

    help = "Run background jobs. Any number of workers may run; `serve` starts one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--interval",
            type=float,
            default=1.0,
            help="seconds between checks for jobs (%(default)s)",
        )
        parser.add_argument("--parent", type=int, help="exit when this process has exited")
        parser.add_argument("--batch", action="store_true", help="exit when no job is left")

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()

        def stop(*_: Any) -> None:
            stopping.set()
            stop_working()

        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, stop)
            signal.signal(signal.SIGTERM, stop)
        check_migrated()
        if not options["batch"] and not options["parent"]:
            self.stdout.write("Waiting for jobs. Ctrl-C stops the worker.")
        name = f"{socket.gethostname()}:{os.getpid()}"
        recovered = swept = analyzed = -math.inf
        courier = None if options["batch"] else delivering(stopping)
        while not stopping.is_set():
            if time.monotonic() - recovered > settings.JOB_LEASE_SECONDS / 4:
                attempt(partial(recover, name))
                recovered = time.monotonic()
            attempt(run_tasks)
            if time.monotonic() - analyzed > STATISTICS_SECONDS:
                attempt(refresh_outdated_statistics)
                analyzed = time.monotonic()
            if time.monotonic() - swept > SWEEP_SECONDS:
                attempt(sweep_stores)
                swept = time.monotonic()
            if options["batch"] or (options["parent"] and os.getppid() != options["parent"]):
                break
            stopping.wait(options["interval"])
        if courier is None:
            attempt(Courier().drain)
        else:
            stopping.set()
            courier.join()
        with suppress(DatabaseError):
            forget_beats(name)


def delivering(stopping: threading.Event) -> threading.Thread:
    """Deliver what webhooks tell, beside the jobs, which may take long."""

    def deliver() -> None:
        Courier().run(stopping)
        # Django closes connections at the end of requests, and this thread has none.
        connection.close()

    thread = threading.Thread(target=deliver, daemon=True, name="webhooks")
    thread.start()
    return thread


def recover(name: str) -> None:
    """Report that this process lives, and look for lost jobs."""
    beat(name)
    recover_jobs()


def attempt(work: Callable[[], object]) -> None:
    """Do a part of the work; a database that is away, busy or full is logged, and asked again at
    the next look."""
    try:
        work()
    except Exception as error:
        if refusal_of(error) is None:
            raise


def run_tasks() -> None:
    """Run the tasks that wait, until none is left."""
    Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1000,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    ).run()
