"""Pages of other sites may call the APIs with a key where a setting says so, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as all_settings
from django.test import Client
from pytest_django import Settings

from tests.api_client import ApiClient
from tests.documents import document_named
from tests.factories import Caller

APP = "https://app.example.com"
ORIGIN = "Access-Control-Allow-Origin"
pytestmark = pytest.mark.django_db


@pytest.fixture
def allowing(settings: Settings) -> Settings:
    """What the setting CORS_ORIGINS=https://app.example.com switches on."""
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *all_settings.MIDDLEWARE]
    settings.CORS_ALLOWED_ORIGINS = [APP]
    return settings


def ask_first(address: str, origin: str, method: str, headers: str = "") -> Any:
    sent = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        sent["Access-Control-Request-Headers"] = headers
    return Client().options(address, headers=sent)


@pytest.mark.parametrize("address", ["/api/limits", "/api/v2/w/x/data-types", "/mcp"])
def test_a_browser_may_send_what_the_apis_read(allowing: Settings, address: str) -> None:
    wanted = "x-api-key, x-business-id, x-user-id, authorization, if-match, idempotency-key"
    response = ask_first(address, APP, "PATCH", wanted)
    assert response.status_code == 200
    assert response.headers[ORIGIN] == APP
    allowed = response.headers["Access-Control-Allow-Headers"]
    assert set(wanted.split(", ")) <= set(allowed.split(", "))
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("name", ["records", "workspace"])
def test_a_browser_may_send_every_documented_header(allowing: Settings, name: str) -> None:
    parameters = document_named(name)["components"]["parameters"].values()
    headers = {part["name"].lower() for part in parameters if part["in"] == "header"}
    assert "apply-plan" in headers
    response = ask_first("/api/limits", APP, "PATCH", ", ".join(headers))
    assert headers <= set(response.headers["Access-Control-Allow-Headers"].split(", "))


def test_pages_read_what_responses_tell(allowing: Settings, workspace: Caller) -> None:
    response = ApiClient(workspace).get("/api/limits", origin=APP)
    assert response.headers[ORIGIN] == APP
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "https://app.example.com.evil.example"])
def test_other_origins_are_told_nothing(allowing: Settings, origin: str) -> None:
    assert ORIGIN not in ask_first("/api/limits", origin, "GET").headers


@pytest.mark.parametrize("address", ["/admin/login/", "/", "/healthz", "/mcp/x", "/static/x.css"])
def test_pages_of_ours_are_not_for_others(allowing: Settings, address: str) -> None:
    assert ORIGIN not in ask_first(address, APP, "GET").headers


def test_it_is_off_by_default() -> None:
    assert "corsheaders.middleware.CorsMiddleware" not in all_settings.MIDDLEWARE
    assert ORIGIN not in ask_first("/api/limits", APP, "GET").headers


def test_tools_take_calls_from_there(allowing: Settings, workspace: Caller) -> None:
    sent = {"Authorization": f"Bearer {workspace.secret}", "Accept": "application/json"}
    ping = '{"jsonrpc": "2.0", "id": 1, "method": "ping"}'
    for origin, status in ((APP, 200), ("https://evil.example", 403)):
        response = Client().post(
            "/mcp", ping, content_type="application/json", headers={**sent, "Origin": origin}
        )
        assert response.status_code == status, response.content
