"""Every operation of both documents is answered with each success that it documents, and knows no id
of another workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from records.services.catalogue.directory import forget_everything
from tests.api_client import ApiClient
from tests.clients.calling import Call, filled, kept, marks
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
    caller = _Playing(api, workspace)
    for call in CALLS[api]:
        caller.make(call)


ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PARAMETER = re.compile(r"{(\w+)}")
UNKNOWN: dict[type, Any] = {str: "01900000-0000-7000-8000-000000000000", int: 987654321}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("api", CALLS)
def test_ids_of_another_workspace_are_as_unknown_as_any(
    api: str, workspace: Caller, elsewhere: Caller, settings: Any, tmp_path: Any
) -> None:
    """Each call is tried with each id of what the other workspace has just then."""
    settings.MEDIA_ROOT = str(tmp_path)
    ours, theirs = _Playing(api, workspace), _Playing(api, elsewhere)
    tried: set[tuple[str, str]] = set()
    for call in CALLS[api]:
        tried |= {(call.operation, part) for part in _named(call, theirs.known)}
        for probe, name, foreign in _probes(call, theirs.known):
            answers = [
                ours.try_out(probe, {name: key}) for key in (foreign, UNKNOWN[type(foreign)])
            ]
            assert answers[0] == answers[1], (call, name)
        theirs.make(call)
        ours.make(call)

    assert tried >= {
        (each.id, part)
        for each in operations(api)
        for part in PARAMETER.findall(each.path)
        if part.endswith(("_id", "_uuid")) and part != "external_id"
        if not {(each.id, status) for status in each.successes()} <= ELSEWHERE
    }


def _named(call: Call, known: Mapping[str, Any]) -> set[str]:
    """The parameters of the path that hold an id, or the name of an object whose id is known."""
    return {
        part
        for part, value in call.path.items()
        if value in known or any(_is_id(known.get(name)) for name, _ in marks(value))
    }


def _probes(call: Call, known: Mapping[str, Any]) -> Iterator[tuple[Call, str, Any]]:
    """The call as it names one thing by its id, and what that is; an object by its name, too."""
    named = {name for name, _ in marks([call.path, call.body])}
    for parameter, value in call.path.items():
        if value in known:
            yield replace(call, path={**call.path, parameter: f"<{value}>"}), value, known[value]
    for name in named & known.keys():
        if _is_id(known[name]):
            yield call, name, known[name]


def _is_id(value: Any) -> bool:
    return type(value) is int or (isinstance(value, str) and bool(ID.fullmatch(value)))


@dataclass
class _Playing:
    """Who makes the calls of an API one after the other, and what their answers told."""

    api: str
    caller: Caller
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.known["workspace"] = str(self.caller.workspace.uuid)
        self.named = {each.id: each for each in operations(self.api)}
        bearer = {"Authorization": f"Bearer {self.caller.secret}"}
        self.headers = {**ApiClient(self.caller).headers, **bearer}

    def make(self, call: Call) -> None:
        """Make the call, and keep what later ones need."""
        answer = _answer(call, self.named[call.operation], self.known, self.headers)
        assert answer.status_code == call.status, (call, answer.content)
        for name, place in call.keeps.items():
            self.known[name] = kept(answer.json(), place)
        if answer.streaming:
            assert b"".join(answer.streaming_content)

    def try_out(self, call: Call, instead: Mapping[str, Any]) -> tuple[int, bytes]:
        """What is answered where something else is named, without the ids in it. Nothing is left
        behind."""
        with transaction.atomic():
            answer = _answer(
                call, self.named[call.operation], {**self.known, **instead}, self.headers
            )
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            transaction.set_rollback(True)
        if answer.status_code < 400:
            forget_everything()  # the version is given again, to other definitions
        for key in instead.values():
            content = content.replace(str(key).encode(), b"?")
        # What is made anew, such as a job, has ids and times of its own.
        content = re.sub(ID.pattern.encode(), b"<id>", content)
        return answer.status_code, re.sub(rb"\d+", b"#", content)


def _answer(call: Call, operation: Operation, known: dict[str, Any], headers: Any) -> Any:
    """What is answered to a call, which the document describes."""

    def fill(name: str, _: bool) -> Any:
        return known[name]

    path = operation.path.format(**filled(call.path, fill))
    content, media_type = as_sent(operation, filled(call.body, fill))
    query = {
        key: str(value).lower() if isinstance(value, bool) else value
        for key, value in call.query.items()
    }
    answer = Client().generic(
        operation.method, path, content, media_type, headers=headers, query_params=query
    )
    return checked(operation.method, path, answer)


def as_sent(operation: Operation, body: Any) -> tuple[bytes, str]:
    """A body as it is sent, and its media type: JSON, bytes, a form, or one with a file in it."""
    if FORM in operation.described.get("requestBody", {}).get("content", {}):
        return urlencode(body).encode(), FORM
    if isinstance(body, bytes):
        return body, "application/octet-stream"
    if isinstance(body, dict) and any(isinstance(value, bytes) for value in body.values()):
        return _form(body), MULTIPART_CONTENT
    return (b"" if body is None else orjson.dumps(body)), "application/json"


def _form(body: dict[str, str | bytes]) -> bytes:
    parts = {
        name: value if isinstance(value, str) else SimpleUploadedFile(f"{name}.csv", value)
        for name, value in body.items()
    }
    encoded: bytes = encode_multipart(BOUNDARY, parts)
    return encoded
