"""Sending a message: every outcome is an answer."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from records.services.webhooks.posting import Letter, post
from records.services.webhooks.signing import new_secret
from tests.receiving import Receiver
from tests.serving import free_port


def letter(url: str) -> Letter:
    return Letter(url, "msg_1", b"{}", [new_secret()], for_workspace=False)


@pytest.mark.parametrize(
    ("status", "problem"),
    [(200, ""), (204, ""), (301, "redirects"), (410, "410"), (500, "500")],
)
def test_what_was_answered_is_told(receiver: Receiver, status: int, problem: str) -> None:
    receiver.always(status, {"Retry-After": "7", "Location": receiver.url})
    sent = post(letter(receiver.url))
    assert sent.status == status
    assert (problem in sent.problem) if problem else not sent.problem
    assert not sent.silent
    assert len(receiver.messages) == 1


def test_no_answer_is_told_without_what_was_sent(settings: Settings) -> None:
    port = free_port()
    settings.EXTERNAL_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
    sent = post(letter(f"http://127.0.0.1:{port}/"))
    assert (sent.status, sent.silent) == (None, True)
    settings.EXTERNAL_ALLOWED_HOSTS = []
    assert "not allowed" in post(letter(f"http://127.0.0.1:{port}/")).problem
    assert "whsec" not in repr(letter("https://shop.example.com/"))
