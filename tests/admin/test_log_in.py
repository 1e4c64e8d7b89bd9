"""Too many wrong passwords lock a user out at their address, whoever asks and whether they exist."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from tests.factories import Caller

RIGHT = "a long password"
LOG_IN = "/admin/login/"
SAID = "Too many failed attempts to log in. Try again in 15 minutes."


@pytest.fixture
def email(workspace: Caller, settings: Settings) -> str:
    settings.LIMIT_LOG_IN = "10/15minutes"
    user = workspace.member.user
    user.set_password(RIGHT)
    user.save()
    return str(user.username)


def log_in(email: str, password: str, address: str = "192.0.2.7") -> Any:
    return Client(REMOTE_ADDR=address).post(LOG_IN, {"username": email, "password": password})


def test_the_right_password_after_ten_wrong_ones_is_refused_until_the_time_is_over(
    email: str,
) -> None:
    with time_machine.travel(1_000_000.0, tick=False) as clock:
        assert {log_in(email, "wrong").status_code for _ in range(10)} == {200}
        for password in ("wrong", RIGHT):
            refused = log_in(email, password)
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
            assert SAID in refused.content.decode()
            assert "sessionid" not in refused.cookies
        assert log_in(email, RIGHT, "192.0.2.8").status_code == 302
        clock.shift(899)
        assert log_in(email, RIGHT).status_code == 429
        clock.shift(1)
        assert log_in(email, RIGHT).status_code == 302


def test_nothing_tells_whether_there_is_such_a_user(email: str) -> None:
    with time_machine.travel(1_000_000.0, tick=False):
        pages = {
            who: [log_in(who, "wrong") for _ in range(11)] for who in (email, "nobody@example.com")
        }
    told = {
        who: [
            (page.status_code, page.headers.get("Retry-After"), SAID in page.content.decode())
            for page in answers
        ]
        for who, answers in pages.items()
    }
    assert told[email] == told["nobody@example.com"]
    assert told[email][-2:] == [(200, None, False), (429, "900", True)]


def test_log_ins_that_succeed_do_not_count(email: str) -> None:
    assert {log_in(email, "wrong").status_code for _ in range(9)} == {200}
    assert {log_in(email, RIGHT).status_code for _ in range(12)} == {302}
    assert [log_in(email, "wrong").status_code for _ in range(2)] == [200, 429]


def test_an_empty_form_is_no_attempt(email: str) -> None:
    assert {log_in(email, "").status_code for _ in range(12)} == {200}
    assert log_in(email, RIGHT).status_code == 302


def test_an_open_session_is_no_way_to_guess_the_password(email: str, workspace: Caller) -> None:
    visitor = Client(REMOTE_ADDR="192.0.2.7")
    visitor.force_login(workspace.member.user)

    def change(old: str) -> Any:
        new = {"new_password1": "a longer password", "new_password2": "a longer password"}
        return visitor.post("/admin/password_change/", {"old_password": old, **new})

    with time_machine.travel(1_000_000.0, tick=False) as clock:
        assert {change("wrong").status_code for _ in range(10)} == {200}
        refused = change(RIGHT)
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
        assert SAID in refused.content.decode()
        # Both pages count the same attempts.
        assert log_in(email, RIGHT).status_code == 429
        clock.shift(900)
        assert change(RIGHT).status_code == 302
        assert log_in(email, "a longer password").status_code == 302
