"""The receiver of docs/webhooks.md, with a server that sends to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx

from tests.serving import free_port, site

from .pages import ROOT

PROGRAM = ROOT / "docs" / "receive.py"


def test_the_receiver_prints_what_a_webhook_sends(tmp_path: Path) -> None:
    port = free_port()
    with site(tmp_path, EXTERNAL_ALLOWED_HOSTS=f"127.0.0.1:{port}") as started:
        base = f"http://{started.address.host}:{started.address.port}/api"
        with httpx.Client(base_url=base, headers=dict(started.address.headers)) as api:
            url = f"http://127.0.0.1:{port}/"
            made = api.post("/webhooks", json={"name": "Docs", "url": url}).json()
            with subprocess.Popen(
                [sys.executable, PROGRAM, str(port)],
                env={**os.environ, "WEBHOOK_SECRET": made["secret"]},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            ) as receiver:
                try:
                    tested = None
                    while tested != 204:  # until it listens
                        tested = api.post(f"/webhooks/{made['id']}/test").json()["status"]
                    names = {"object_name": "Told things", "entity_name": "Told thing"}
                    api.post("/custom-objects", json=names).raise_for_status()
                    assert receiver.stdout is not None
                    printed = [receiver.stdout.readline() for _ in range(2)]
                finally:
                    receiver.kill()
    assert "webhook.test" in printed[0]
    assert "definition.changed" in printed[1]


def test_the_page_shows_the_program() -> None:
    page, program = (ROOT / "docs" / "webhooks.md").read_text(), PROGRAM.read_text()
    shown = page.split("```python")[1].split("\n", 1)[1].split("```")[0]
    assert shown in program
