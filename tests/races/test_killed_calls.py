"""Calls with an Idempotency-Key whose process is killed: a repeat is carried out as soon as the
first is dead, once."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from tests.calling import Line, play
from tests.serving import Site, site

from .parts import COMPANIES, repeat, values

PLAYERS = 4
SOON = 15  # seconds; the claim of a call that was killed used to last for 120
DIES = """
import os, signal, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "records_project.settings"
django.setup()
from uuid import UUID
from records.models import Source
from records.services.access import authenticate_key
from records.services.writing.idempotency import run_once
secret, workspace, member, fingerprint = sys.argv[1:]
author = authenticate_key(secret, UUID(workspace), UUID(member), Source.RECORDS_API)
run_once(author, "killed", fingerprint, lambda: os.kill(os.getpid(), signal.SIGKILL))
"""


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Site]:
    """A server of this test alone, whose processes may be killed."""
    with site(tmp_path, "--workers", "1") as started:
        yield started


def add(line: Line, number: int) -> list[str]:
    made = [
        line.send("POST", f"{COMPANIES}/add", values(name=f"Company {at}")) for at in range(number)
    ]
    return [answer.content["id"] for answer in made]


def repeated(own: Site, path: str, body: Any) -> None:
    """Many send the call again at once: one of them carries it out, and soon."""
    started = time.monotonic()
    answers = play(own.address, PLAYERS, repeat, "POST", path, body, "killed")

    assert {status for status, _, _ in answers} == {200}
    assert sorted(replayed for _, replayed, _ in answers) == [False] + [True] * (PLAYERS - 1)
    assert time.monotonic() - started < SOON
    assert own.differences() == ""


def test_a_process_that_is_killed_at_work_leaves_its_key_to_a_repeat(own: Site) -> None:
    path, body = f"{COMPANIES}/add", values(name="Once")
    headers = dict(own.address.headers)
    fingerprint = hashlib.sha256(f"POST {path}\n".encode() + json.dumps(body).encode()).hexdigest()
    who = [headers[name] for name in ("X-API-KEY", "X-BUSINESS-ID", "X-USER-ID")]
    died = subprocess.run(
        [sys.executable, "-c", DIES, *who, fingerprint],
        env=own.environment,
        cwd=settings.BASE_DIR,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL

    repeated(own, path, body)

    line = Line(own.address)
    assert line.send("POST", f"{COMPANIES}/search", {"page_size": 1}).content["count"] == 1
    line.close()


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="a call that waits cannot be seen in SQLite"
)
def test_a_bulk_call_whose_server_is_killed_is_repeated_soon(own: Site) -> None:
    line = Line(own.address)
    records = add(line, 20)
    path, body = "/api/custom-objects/companies/bulk-archive-entity-record", {"record_ids": records}
    with psycopg.connect(own.environment["DATABASE_URL"]) as other:
        other.execute("SELECT 1 FROM records_record WHERE uuid = %s FOR UPDATE", [records[-1]])
        caller = threading.Thread(target=send_and_forget, args=(own, path, body))
        caller.start()
        wait_until_it_waits(own)
        refused = line.send("POST", path, body, Idempotency_Key="killed")
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (
            409,
            "conflict",
            "1",
        )
        (worker,) = own.workers()
        os.kill(worker, signal.SIGKILL)
        caller.join()
    line.close()

    repeated(own, path, body)

    with psycopg.connect(own.environment["DATABASE_URL"]) as other:
        archived = "SELECT count(*) FROM records_historicalrecord WHERE action = 'archived'"
        assert other.execute(archived).fetchone() == (len(records),)


def send_and_forget(own: Site, path: str, body: Any) -> None:
    line = Line(own.address)
    with contextlib.suppress(Exception):
        line.send("POST", path, body, Idempotency_Key="killed")
    line.close()


def wait_until_it_waits(own: Site) -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
        "wait_event_type = 'Lock'"
    )
    end = time.monotonic() + 30
    with psycopg.connect(own.environment["DATABASE_URL"], autocommit=True) as watcher:
        while watcher.execute(waiting).fetchone() == (0,):
            assert time.monotonic() < end
            time.sleep(0.02)
