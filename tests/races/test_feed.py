"""A consumer of the change feed that is killed again and again, while many processes write, ends
with the same records as the server.

FEED_WRITERS and FEED_WRITES make the race longer: 8 and 12500 take some ten minutes.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from tests.calling import Line, play
from tests.docs.pages import ROOT
from tests.serving import Site

from . import parts
from .parts import COMPANIES, values

PROGRAM = ROOT / "docs" / "follow.py"
WRITERS = int(os.environ.get("FEED_WRITERS", "6"))
WRITES = int(os.environ.get("FEED_WRITES", "60"))
COMPARED = ("name", "counter", "labels", *(f"column_{at}" for at in range(4)))


def environment(site: Site) -> dict[str, str]:
    headers = dict(site.address.headers)
    return {
        **os.environ,
        "RECORDS_URL": f"http://{site.address.host}:{site.address.port}",
        "RECORDS_KEY": headers["X-API-KEY"],
        "RECORDS_WORKSPACE": headers["X-BUSINESS-ID"],
        "RECORDS_MEMBER": headers["X-USER-ID"],
    }


def follow_and_die(site: Site, copy: Path, ended: threading.Event) -> int:
    """Run the program, and kill it after a while, until the writers have ended; how often."""
    choose, kills = random.Random(7), 0
    while not ended.is_set():
        with subprocess.Popen([sys.executable, PROGRAM, copy], env=environment(site)) as process:
            try:
                process.wait(timeout=choose.uniform(0.2, 1.2))
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            else:
                raise AssertionError("the program ended by itself")
    return kills


def held(line: Line, *, archived: bool) -> dict[str, Any]:
    """Every company that the server has, in one state: its version's fields by name."""
    found: dict[str, Any] = {}
    cursor: str | None = ""
    while cursor is not None:
        answer = line.send(
            "POST",
            f"{COMPANIES}/search?page_size=1000",
            {"archived": archived, "cursor": cursor, "field_names": list(COMPARED)},
        )
        for row in answer.content["results"]:
            fields = {entry["name"]: entry["value"] for entry in row["fields"].values()}
            found[row["id"]] = {
                name: value for name, value in fields.items() if value not in (None, [])
            }
        cursor = answer.content["next_cursor"]
    return found


def copied(copy: Path, state: str) -> dict[str, Any]:
    with sqlite3.connect(copy) as opened:
        rows = opened.execute(
            "SELECT id, fields FROM record WHERE object = 'companies' AND state = ?", [state]
        )
        return {
            key: {name: value for name, value in json.loads(raw).items() if name in COMPARED}
            for key, raw in rows
        }


def test_a_killed_consumer_ends_with_an_identical_copy(
    raced: Site, line: Line, tmp_path: Path
) -> None:
    shared = [
        f"{COMPANIES}/{line.send('POST', f'{COMPANIES}/add', values(name=f'Shared {at}')).content['id']}"
        for at in range(5)
    ]
    copy, ended, kills = tmp_path / "copy.sqlite3", threading.Event(), []
    consumer = threading.Thread(
        target=lambda: kills.append(follow_and_die(raced, copy, ended)), daemon=True
    )
    consumer.start()
    try:
        made = play(
            raced.address,
            WRITERS,
            parts.write_anything,
            shared,
            WRITES,
            seconds=60 + WRITES,
        )
    finally:
        ended.set()
        consumer.join()

    line.close()  # the server ends connections that are idle for so long
    assert sum(made) == WRITERS * WRITES
    assert kills
    assert kills[0] > 0
    subprocess.run(
        [sys.executable, PROGRAM, copy, "--once"],
        env=environment(raced),
        check=True,
        timeout=120 + WRITES,
    )
    assert copied(copy, "active") == held(line, archived=False)
    assert copied(copy, "archived") == held(line, archived=True)


def test_requests_that_wait_hold_nobody_up_and_all_hear_of_the_next_change(
    raced: Site, line: Line
) -> None:
    """More of them than the server has threads at work."""
    cursor = line.send("GET", "/api/changes?after=now").content["cursor"]
    heard: list[Any] = []

    def wait() -> None:
        opened = Line(raced.address)
        path = f"/api/changes?after={cursor}&wait=30&objects="
        heard.append(opened.send("GET", path))
        opened.close()

    waiting = [threading.Thread(target=wait, daemon=True) for _ in range(40)]
    for thread in waiting:
        thread.start()
    began = time.monotonic()
    for _ in range(20):
        assert line.send("GET", f"{COMPANIES}/lookup?identifier=nobody").status == 404
    made = line.send("POST", f"{COMPANIES}/add", values(name="Heard by all"))
    assert made.status == 200
    for thread in waiting:
        thread.join(30)
    assert time.monotonic() - began < 25
    assert len(heard) == len(waiting)
    for answer in heard:
        assert answer.status == 200
        assert made.content["id"] in [change["record_id"] for change in answer.content["changes"]]
