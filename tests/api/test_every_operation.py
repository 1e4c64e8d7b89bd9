"""Every operation of both documents is answered with each success that it documents."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from tests.api_client import ApiClient
from tests.clients.calling import Call, filled, kept
from tests.clients.calls import CALLS
from tests.documents import Operation, checked, operations
from tests.factories import Caller

FORM = "application/x-www-form-urlencoded"
# Needs a worker that has delivered something: see test_webhooks.py.
ELSEWHERE = {("webhooks_deliveries_replay_create", 200)}


@pytest.mark.parametrize("api", CALLS)
def test_every_success_is_in_the_table(api: str) -> None:
    documented = {(each.id, status) for each in operations(api) for status in each.successes()}

    assert {(call.operation, call.status) for call in CALLS[api]} == documented - ELSEWHERE


@pytest.mark.django_db(transaction=True)  # no other system is called in a transaction
@pytest.mark.parametrize("api", CALLS)
def test_every_success_is_answered_as_documented(
    api: str, workspace: Caller, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    headers = {**ApiClient(workspace).headers, "Authorization": f"Bearer {workspace.secret}"}
    named = {each.id: each for each in operations(api)}
    known: dict[str, Any] = {"workspace": str(workspace.workspace.uuid)}
    for call in CALLS[api]:
        answer = _answer(call, named[call.operation], known, headers)
        assert answer.status_code == call.status, (call, answer.content)
        for name, place in call.keeps.items():
            known[name] = kept(answer.json(), place)
        if answer.streaming:
            assert b"".join(answer.streaming_content)


def _answer(call: Call, operation: Operation, known: dict[str, Any], headers: Any) -> Any:
    """What is answered to a call, which the document describes."""

    def fill(name: str, _: bool) -> Any:
        return known[name]

    path = operation.path.format(**filled(call.path, fill))
    content, media_type = _sent(operation, filled(call.body, fill))
    query = {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in call.query.items()
    }
    answer = Client().generic(
        operation.method, path, content, media_type, headers=headers, query_params=query
    )
    return checked(operation.method, path, answer)


def _sent(operation: Operation, body: Any) -> tuple[bytes, str]:
    """A body as it is sent, and its media type: JSON, bytes, a form, or one with a file in it."""
    if FORM in operation.described.get("requestBody", {}).get("content", {}):
        return urlencode(body).encode(), FORM
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, dict) and any(isinstance(value, bytes) for value in body.values()):
        return _form(body), MULTIPART_CONTENT
    return (b"" if body is None else orjson.dumps(body)), "application/json"


def _form(body: dict[str, bytes]) -> bytes:
    files = {name: SimpleUploadedFile(f"{name}.csv", content) for name, content in body.items()}
    encoded: bytes = encode_multipart(BOUNDARY, files)
    return encoded
