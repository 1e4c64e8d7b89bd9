"""`manage.py worker`: runs the jobs that are too big to wait for."""

from __future__ import annotations

import logging
import math
import os
import signal
import socket
import threading
import time
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, OperationalError, close_old_connections
from django.utils.crypto import get_random_string
from django_tasks_db.management.commands.db_worker import Worker

from records.management.commands.serve import check_migrated
from records.services.jobs import beat, forget_beats, recover_jobs, stop_working
from records.services.storage import refresh_outdated_statistics
from records.services.stores import sweep_stores

SWEEP_SECONDS = 3600
STATISTICS_SECONDS = 15

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Runs tasks as they come, one at a time, takes up the jobs of workers that were killed, and sweeps."""

    help = "Run background jobs. Any number of workers may run; `serve` starts one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between looks (%(default)s)")
        parser.add_argument("--parent", type=int, help="end when this process has ended")
        parser.add_argument("--batch", action="store_true", help="end when there is nothing left to do")

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
            self.stdout.write("Runs jobs as they come. Ctrl-C stops it.")
        name = f"{socket.gethostname()}:{os.getpid()}"
        recovered = swept = analyzed = -math.inf
        while not stopping.is_set():
            if time.monotonic() - recovered > settings.JOB_LEASE_SECONDS / 4:
                try_to_recover(name)
                recovered = time.monotonic()
            run_tasks()
            if time.monotonic() - analyzed > STATISTICS_SECONDS:
                try_to_refresh_statistics()
                analyzed = time.monotonic()
            if time.monotonic() - swept > SWEEP_SECONDS:
                try_to_sweep()
                swept = time.monotonic()
            if options["batch"] or (options["parent"] and os.getppid() != options["parent"]):
                break
            stopping.wait(options["interval"])
        with suppress(DatabaseError):
            forget_beats(name)


def try_to_recover(name: str) -> None:
    """Say that we live, and look for lost jobs; a database that is busy or away is asked again at the next look."""
    try:
        beat(name)
        recover_jobs()
    except OperationalError as error:
        logger.warning("The database cannot be used just now: %s", str(error).partition("\n")[0])
        close_old_connections()


def try_to_sweep() -> None:
    """Remove what stores have kept for long enough."""
    try:
        sweep_stores()
    except OperationalError:
        close_old_connections()


def try_to_refresh_statistics() -> None:
    """Let the database know what has been stored since the last look, one by one."""
    try:
        refresh_outdated_statistics()
    except OperationalError:
        close_old_connections()


def run_tasks() -> None:
    """Run the tasks that wait, until none is left."""
    worker = Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=1000,
        worker_id=get_random_string(32),
        excluded_queue_names=[],
    )
    try:
        worker.run()
    except OperationalError:
        close_old_connections()
