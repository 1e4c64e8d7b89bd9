"""A server of its own with a workspace in it, and a browser."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True)
class Installation:
    """A running server, and the log-in and key of its first workspace."""

    url: str
    email: str
    password: str
    headers: dict[str, str]

    def add(self, **values: Any) -> str:
        """A contact, made through the API; returns its id."""
        fields = [{"name": name, "value": value} for name, value in values.items()]
        answer = httpx.post(f"{self.url}/api/records/contacts", json={"fields": fields}, headers=self.headers)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installation")
    environment = {**os.environ, "RECORDS_ENV": "demo", "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}"}
    subprocess.run([*MANAGE, "migrate", "--verbosity", "0"], env=environment, check=True)
    made = subprocess.run(
        [*MANAGE, "create_workspace", "Northern Freight", "--email", "admin@example.com", "--json"],
        env=environment,
        check=True,
        capture_output=True,
    )
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    with (folder / "server.log").open("w") as log:
        yield from _serving(port, environment, log, json.loads(made.stdout))


def _serving(port: int, environment: dict[str, str], log: Any, made: dict[str, str]) -> Iterator[Installation]:
    """The server, which does not outlive the tests."""
    command = [*MANAGE, "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True) as server:
        url = f"http://127.0.0.1:{port}"
        try:
            with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as visitor:
                assert visitor.get(f"{url}/healthz").text == "ok"
            headers = {
                "X-API-KEY": made["api_key"],
                "X-BUSINESS-ID": made["workspace_id"],
                "X-USER-ID": made["member_id"],
            }
            yield Installation(url, made["email"], made["password"], headers)
        finally:
            os.killpg(server.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    assert Path(CHROMIUM).exists(), "The browser tests need Chromium; CHROMIUM says where it is."
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window whose console stays clean: no script fails, nothing is refused by the content security policy."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert said == []
