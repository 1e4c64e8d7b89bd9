"""Every API refuses requests beyond a limit in its own form, and says where a caller stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from records.models import RateCount
from tests.factories import Caller, make_key, make_object, make_workspace

DOORS = ("records", "workspace", "mcp")
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
WRONG = "not-a-key-that-anybody-has"
LISTING = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}'


@dataclass(frozen=True)
class Door:
    """One of the APIs, called by a program."""

    name: str
    caller: Caller

    def call(self, secret: str = "", address: str = "192.0.2.7", **headers: str) -> Any:
        """A request that changes nothing, with the caller's key or another one."""
        key, workspace = secret or self.caller.secret, str(self.caller.workspace.uuid)
        client = Client(REMOTE_ADDR=address)
        bearer = {"Authorization": f"Bearer {key}", **headers}
        if self.name == "mcp":
            accepted = {"Accept": "application/json, text/event-stream", **bearer}
            sent: dict[str, Any] = {"content_type": "application/json", "headers": accepted}
            return client.post("/mcp", LISTING, **sent)
        if self.name == "workspace":
            return client.get(f"/api/v2/w/{workspace}/data-types", headers=bearer)
        named = {"X-BUSINESS-ID": workspace, "X-USER-ID": str(self.caller.member.uuid)}
        return client.get(
            "/api/team",
            headers={"X-API-KEY": key, **named, **headers},
        )

    def statuses(self, times: int, **how: str) -> list[int]:
        return [self.call(**how).status_code for _ in range(times)]


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, workspace: Caller) -> Door:
    make_object(workspace, "Companies")
    return Door(request.param, workspace)


def code_of(door: Door, answer: Any) -> tuple[str, str]:
    """What a refusal says, for programs and for people."""
    content = answer.json()
    if door.name == "records":
        assert content.keys() == {"detail", "code"}
        return content["code"], content["detail"]
    if door.name == "workspace":
        assert content.keys() == {"error"}
        return content["error"]["code"], content["error"]["message"]
    assert (content["jsonrpc"], content["id"], content["error"]["code"]) == ("2.0", None, -32603)
    return content["error"]["data"]["reason"], content["error"]["message"]


@pytest.mark.parametrize("limit", ["LIMIT_ADDRESS", "LIMIT_KEY", "LIMIT_WORKSPACE"])
def test_a_limit_is_refused_in_the_form_of_the_api(
    door: Door, settings: Settings, limit: str
) -> None:
    setattr(settings, limit, "3/minute")
    with time_machine.travel(1_000_000.0, tick=False):
        answers = [door.call() for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    told = [tuple(answer.headers[name] for name in RATE) for answer in answers]
    assert told == [
        ("3", "2", "60"), ("3", "1", "60"), ("3", "0", "60"), ("3", "0", "60"), ("3", "0", "60")
    ]  # fmt: skip
    assert answers[3].headers["Retry-After"] == "60"
    assert "Retry-After" not in answers[2].headers
    assert answers[3].headers["X-Request-ID"]
    code, message = code_of(door, answers[3])
    assert code == "rate_limited"
    assert message.endswith("reached the limit of 3 requests per minute. Try again in 60 seconds.")


def test_a_limit_is_over_when_its_time_is(door: Door, settings: Settings) -> None:
    settings.LIMIT_KEY = "2/minute"
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        assert door.statuses(3) == [200, 200, 429]
        clock.shift(59)
        assert door.statuses(1) == [429]
        clock.shift(1)
        assert door.statuses(3) == [200, 200, 429]


def test_others_have_limits_of_their_own(door: Door, settings: Settings) -> None:
    settings.LIMIT_KEY = "2/minute"
    settings.LIMIT_WORKSPACE = "5/minute"
    settings.LIMIT_ADDRESS = "7/minute"
    _, second = make_key(door.caller.workspace, door.caller.member)
    _, third = make_key(door.caller.workspace, door.caller.member)
    assert door.statuses(3) == [200, 200, 429]
    assert door.statuses(3, secret=second) == [200, 200, 429]
    assert door.statuses(1, secret=third) == [200]
    assert door.statuses(1, secret=third) == [429]  # the address
    assert door.statuses(1, secret=third, address="192.0.2.8") == [429]  # the workspace
    elsewhere = make_workspace("Another workspace", "other@example.com")
    make_object(elsewhere, "Companies")
    assert Door(door.name, elsewhere).statuses(1, address="192.0.2.8") == [200]


def test_nobody_is_told_of_limits_that_are_not_set(door: Door) -> None:
    answer = door.call()
    assert answer.status_code == 200
    assert not set(RATE) & set(answer.headers)
    assert not RateCount.objects.exists()


def test_wrong_keys_are_limited_and_right_ones_stay_good(door: Door, settings: Settings) -> None:
    settings.LIMIT_WRONG_KEYS = "3/minute"
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        assert door.statuses(1) == [200]
        assert door.statuses(3, secret=WRONG) == [401] * 3
        refused = door.call(secret=WRONG)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert code_of(door, refused) == (
            "rate_limited",
            "Too many wrong API keys came from this address. Try again in 60 seconds.",
        )
        assert door.statuses(1) == [200]
        assert door.statuses(1, secret=WRONG, address="192.0.2.8") == [401]
        clock.shift(60)
        assert door.statuses(1, secret=WRONG) == [401]


def test_refusals_cost_no_statement(door: Door, settings: Settings) -> None:
    settings.LIMIT_KEY = "3/minute"
    door.statuses(4)
    with CaptureQueriesContext(connection) as asked:
        assert door.statuses(3) == [429] * 3
    assert len(asked) == 0


@pytest.mark.parametrize("limits", [{}, {"LIMIT_WRONG_KEYS": "300/minute"}])
def test_a_request_asks_no_more_than_without_limits(
    door: Door, settings: Settings, limits: dict[str, str]
) -> None:
    def asked() -> int:
        assert door.statuses(2) == [200, 200]
        with CaptureQueriesContext(connection) as captured:
            assert door.statuses(1) == [200]
        return len(captured)

    before = asked()
    for name, limit in limits.items():
        setattr(settings, name, limit)
    assert asked() == before
    settings.LIMIT_KEY = settings.LIMIT_WORKSPACE = settings.LIMIT_ADDRESS = "10000/minute"
    assert asked() == before


def test_ipv6_addresses_count_by_their_network(door: Door, settings: Settings) -> None:
    settings.LIMIT_ADDRESS = "2/minute"
    assert door.statuses(1, address="2001:db8:1:2::1") == [200]
    assert door.statuses(2, address="2001:db8:1:2:ffff::9") == [200, 429]
    assert door.statuses(1, address="2001:db8:1:3::1") == [200]
    assert door.statuses(2, address="::ffff:192.0.2.7") == [200, 200]
    assert door.statuses(1, address="192.0.2.7") == [429]


def test_what_a_client_says_of_its_address_counts_only_behind_a_proxy(
    door: Door, settings: Settings
) -> None:
    settings.LIMIT_ADDRESS = "2/minute"

    def sent(forwarded: str, address: str = "10.0.0.1") -> int:
        status: int = door.call(address=address, **{"X-Forwarded-For": forwarded}).status_code
        return status

    assert [sent(f"192.0.2.{at}") for at in range(3)] == [200, 200, 429]
    settings.TRUST_PROXY_HEADERS = True
    assert [sent(f"198.51.100.{at}, 192.0.2.7") for at in range(3)] == [200, 200, 429]
    assert sent("192.0.2.7, 192.0.2.8") == 200
    # A proxy that does not say: its own address stands for everybody.
    assert [sent(said) for said in ("", "unknown", "192.0.2.7, ") for _ in range(3)] == [200] * 9


def test_a_session_is_counted_by_user_and_workspace(workspace: Caller, settings: Settings) -> None:
    make_object(workspace, "Companies")
    settings.LIMIT_ACCOUNT = "4/minute"
    settings.LIMIT_WORKSPACE = "2/minute"
    client = Client()
    client.force_login(workspace.member.user)
    path = f"/api/v2/w/{workspace.workspace.uuid}/data-types"
    get: Callable[[str], Any] = client.get
    answers = [get(path) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429]
    messages = [answer.json()["error"]["message"].partition(" has ")[0] for answer in answers[2:]]
    assert messages[2] == "This user"
    assert "clients of this workspace" in messages[0]
    assert get("/admin/").status_code == 429
