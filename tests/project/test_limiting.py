"""The limits of addresses and users hold for everything but probes and assets."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import Caller

pytestmark = pytest.mark.django_db
FREE = ["/healthz", "/readyz", "/static/records/workbench.css"]
COUNTED: dict[str, str] = {
    "/admin/login/": "text/html",
    "/nothing": "text/html",
    "/api/nothing": "application/json",
    "/api/files/download/nothing": "application/json",
    "/api/v2/w/nothing": "application/json",
    "/mcp": "application/json",
}


def get(client: Client, path: str) -> Any:
    return client.get(path)


@pytest.mark.parametrize("path", COUNTED)
def test_an_address_is_limited_at_every_path(settings: Settings, path: str) -> None:
    settings.LIMIT_ADDRESS = "2/minute"
    client = Client()
    for _ in range(2):
        assert get(client, path).status_code != 429
    refused = get(client, path)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers["RateLimit-Limit"] == "2"
    assert refused.headers["Content-Type"].startswith(COUNTED[path])
    assert b"This address has reached the limit of 2 requests per minute." in refused.content


@pytest.mark.parametrize("path", FREE)
def test_probes_and_assets_are_never_limited(settings: Settings, path: str) -> None:
    settings.LIMIT_ADDRESS = "1/minute"
    client = Client()
    assert [get(client, "/nothing").status_code for _ in range(2)] == [404, 429]
    for _ in range(3):
        answer = get(client, path)
        b"".join(answer)  # which closes an asset's file
        assert answer.status_code == 200


def test_a_user_is_limited_at_any_address(workspace: Caller, settings: Settings) -> None:
    settings.LIMIT_ACCOUNT = "3/minute"
    client = Client()
    client.force_login(workspace.member.user)
    statuses = [client.get("/admin/", REMOTE_ADDR=f"192.0.2.{at}").status_code for at in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    assert Client().get("/admin/login/").status_code == 200
    page = client.get("/admin/")
    assert b"<h1>Too many requests</h1>" in page.content
    assert b"This user has reached the limit of 3 requests per minute." in page.content


def test_pages_say_where_a_visitor_stands(settings: Settings) -> None:
    settings.LIMIT_ADDRESS = "5/minute"
    page = Client().get("/admin/login/")
    assert (page.headers["RateLimit-Limit"], page.headers["RateLimit-Remaining"]) == ("5", "4")
