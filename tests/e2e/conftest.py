"""A server of its own with a workspace in it, and a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.calling import Address
from tests.databases import MANAGE, own_database
from tests.serving import free_port, serving

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
        answer = httpx.post(
            f"{self.url}/api/records/contacts/add", json={"fields": fields}, headers=self.headers
        )
        assert answer.is_success, answer.text
        made: str = answer.json()["id"]
        return made


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with own_database(tmp_path_factory.mktemp("installation"), "tables") as database:
        environment = {**os.environ, "RECORDS_ENV": "demo", "DATABASE_URL": database}
        command = [
            *MANAGE,
            "create_workspace",
            "Northern Freight",
            "--email",
            "admin@example.com",
            "--json",
        ]
        made = json.loads(
            subprocess.run(command, env=environment, check=True, capture_output=True).stdout
        )
        headers = {
            "X-API-KEY": made["api_key"],
            "X-BUSINESS-ID": made["workspace_id"],
            "X-USER-ID": made["member_id"],
        }
        address = Address("127.0.0.1", free_port(), tuple(headers.items()))
        with serving(environment, address):
            url = f"http://{address.host}:{address.port}"
            yield Installation(url, made["email"], made["password"], headers)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as player:
        opened = player.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window whose console stays clean: no script fails, nothing is refused by the content
    security policy."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    said: list[str] = []
    opened.on(
        "console",
        lambda message: said.append(message.text) if message.type in ("error", "warning") else None,
    )
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    context.close()
    assert said == []
