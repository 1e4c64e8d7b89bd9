"""The documentation is open to everyone and asks nobody else for anything."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client


def test_the_document_is_json(client: Client) -> None:
    answer = client.get("/api/docs/schema")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["openapi"] == "3.0.3"


@pytest.mark.parametrize("path", ["/api/docs", "/api/docs/", "/api/docs/redoc"])
def test_pages_obey_their_own_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    page = answer.content.decode()

    assert answer.status_code == 200
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"<script(?![^>]*src=)", page) == []
    assert re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page) == []
    assert "X-Request-ID" in answer.headers


@pytest.mark.parametrize("path", ["/api/docs/", "/api/docs/redoc"])
def test_their_assets_are_ours(client: Client, path: str) -> None:
    page = client.get(path).content.decode()
    assets = re.findall(r"""(?:src|href)="/static/([^"]+)""", page)

    assert assets
    assert all(finders.find(asset) for asset in assets)


def test_swagger_ui_gets_its_script_apart(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()
    script = client.get("/api/docs/?script=")

    assert "/api/docs/?script=" in page
    assert script.headers["Content-Type"].startswith("application/javascript")
    assert "/api/docs/schema" in script.content.decode()
    assert "X-CSRFTOKEN" in script.content.decode().upper()
