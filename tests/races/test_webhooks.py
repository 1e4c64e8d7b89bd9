"""Webhooks whose workers are killed while they deliver: nothing is lost, and what comes twice has
the same id.

WEBHOOK_EVENTS and WEBHOOK_KILLS make the race longer: 10000 and 200 take some ten minutes.
"""

from __future__ import annotations

import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from standardwebhooks import WebhookVerificationError

from tests.databases import MANAGE
from tests.receiving import Message, Receiver, receiving
from tests.serving import Site, site

EVENTS = int(os.environ.get("WEBHOOK_EVENTS", "300"))
KILLS = int(os.environ.get("WEBHOOK_KILLS", "6"))
WORKERS = 2
RECORDS = max(1, EVENTS // 3)  # each is created and changed twice
BATCH = 500
PATIENCE = 60 + EVENTS / 10 + 10 * KILLS  # seconds


@contextmanager
def client(started: Site) -> Iterator[httpx.Client]:
    base = f"http://{started.address.host}:{started.address.port}/api"
    with httpx.Client(base_url=base, headers=dict(started.address.headers), timeout=60) as opened:
        yield opened


class Workers:
    """Workers that are killed and replaced."""

    def __init__(self, started: Site, log: Path) -> None:
        self.environment = started.environment
        self.log = log
        self.running = [self._start() for _ in range(WORKERS)]
        self.kills = 0

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*MANAGE, "worker", "--interval", "0.2"],
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def kill(self, at: int) -> None:
        self.running[at].kill()
        self.running[at].wait()
        self.running[at] = self._start()
        self.kills += 1

    def end(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()


def write(api: httpx.Client, names: list[str]) -> None:
    """Create records, and change each of them twice."""
    for start in range(0, len(names), BATCH):
        items = [
            {"fields": [{"name": "name", "value": name}]} for name in names[start : start + BATCH]
        ]
        made = api.post("/records/rows/batch", json={"mode": "create", "items": items})
        made.raise_for_status()
        keys = [result["id"] for result in made.json()["results"]]
        for size in (1, 2):
            changed = [{"id": key, "fields": [{"name": "size", "value": size}]} for key in keys]
            api.post(
                "/records/rows/batch", json={"mode": "patch", "items": changed}
            ).raise_for_status()


def kill_in_the_middle(workers: Workers, receiver: Receiver, expected: int) -> None:
    """Kill a worker each time that so many more messages came."""
    choose = random.Random(11)
    share = max(1, expected // (KILLS + 1))
    for at in range(KILLS):
        receiver.wait_for(min(expected, (at + 1) * share), PATIENCE)
        time.sleep(choose.uniform(0, 0.02))
        workers.kill(choose.randrange(WORKERS))


def test_workers_that_are_killed_lose_nothing_and_repeat_little(tmp_path: Path) -> None:
    expected = RECORDS * 3
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        started = stack.enter_context(
            site(
                tmp_path,
                "--no-worker",
                JOB_LEASE_SECONDS="1",
                EXTERNAL_ALLOWED_HOSTS=receiver.host,
            )
        )
        api = stack.enter_context(client(started))
        api.post(
            "/custom-objects", json={"object_name": "Rows", "entity_name": "Row"}
        ).raise_for_status()
        category = api.get("/custom-objects/rows/categories").json()[0]["id"]
        field = {"display_name": "Size", "field_type": "integer", "category": category}
        api.post("/custom-objects/rows/fields", json=field).raise_for_status()
        made = api.post(
            "/webhooks",
            json={
                "name": "Race",
                "url": receiver.url,
                "objects": ["rows"],
                "events": ["record.created", "record.updated"],
            },
        )
        secret = made.raise_for_status().json()["secret"]
        forged: list[str] = []

        def verify(message: Message) -> tuple[int, dict[str, str]]:
            # Now: what is five minutes old is refused.
            try:
                message.verified(secret)
            except WebhookVerificationError as error:
                forged.append(str(error))
            return 204, {}

        receiver.answer = verify
        workers = Workers(started, tmp_path / "workers.log")
        stack.callback(workers.end)
        names = [f"Row {at}" for at in range(RECORDS)]
        writer = threading.Thread(target=write, args=(api, names), daemon=True)
        begun = time.monotonic()
        writer.start()
        kill_in_the_middle(workers, receiver, expected)
        writer.join()
        _wait_for_all(receiver, expected)
        seconds = time.monotonic() - begun

    assert not forged
    told: dict[tuple[str, int], str] = {}
    repeated: Counter[str] = Counter()
    for message in receiver.messages:
        change = message.content["data"]
        place = (change["record_id"], change["version"])
        if place in told:
            repeated[message.id] += 1
            assert told[place] == message.id
            continue
        # In order per record: every earlier version has come.
        assert change["version"] == 1 or (place[0], place[1] - 1) in told
        told[place] = message.id
    assert len(told) == expected
    assert len(set(told.values())) == expected
    assert workers.kills == KILLS
    print(  # noqa: T201 - with -s, the figures
        f"{expected} events, {KILLS} kills, {sum(repeated.values())} repeated, {seconds:.0f} s"
    )
    assert sum(repeated.values()) <= max(KILLS, expected // 100)


def _wait_for_all(receiver: Receiver, expected: int) -> None:
    end = time.monotonic() + PATIENCE
    while len({message.id for message in receiver.messages}) < expected:
        assert time.monotonic() < end, f"{len(receiver.messages)} of {expected} messages came"
        with receiver.came:
            receiver.came.wait(0.2)
