"""Sending requests that leave nothing behind, and what every answer has in common."""

from __future__ import annotations

from typing import Any

import orjson
from django.db import transaction

from records.models import Workspace
from records.services.catalogue.directory import forget_everything
from tests.api_client import ApiClient

from .furnished import Asked


def attempt(api: ApiClient, asked: Asked) -> Any:
    """The answer to a request whose effects are undone; checked for what all answers have."""
    before = _definitions()
    with transaction.atomic():
        answer = asked.send(api)
        after = _definitions()
        transaction.set_rollback(True)
    if after != before:  # the version is given again, to other definitions
        forget_everything()
    check_answer(answer, writes=asked.writes)
    return answer


def _definitions() -> list[int]:
    return list(Workspace.objects.order_by("id").values_list("definitions_version", flat=True))


def check_answer(answer: Any, *, writes: bool | None = False) -> None:
    """Below 500, with a request id, JSON in a documented shape. `writes` is None where it is not
    known."""
    assert answer.status_code < 500, answer.content
    assert answer.headers["X-Request-ID"]
    applied = answer.status_code == 200 and "/apply-to-" in answer.request["PATH_INFO"]
    if applied or answer.status_code in (204, 304) or answer.request["REQUEST_METHOD"] == "HEAD":
        assert answer.content == b""
        return
    assert answer.headers["Content-Type"] == "application/json"
    content = orjson.loads(answer.content)
    if answer.status_code < 400:
        shapes: tuple[set[str], ...] = (
            {"id", "fields", "access"},
            {"id", "fields", "version"},
            {"count", "results"},
            {"id", "name", "owner", "sharing_settings"},
            {"id", "name", "config", "tabs"},
        )
        assert any(shape <= content.keys() for shape in shapes)
    elif answer.status_code == 400 and ("fields" in content if writes is None else writes):
        check_refused_write(content)
    else:
        assert set(content) == {"detail", "code"}
        assert content["detail"]
        assert content["code"]


def check_refused_write(content: dict[str, Any]) -> None:
    """ErrorResponse: messages and codes in the same places."""
    assert content.keys() - {"archived_record_id"} == {
        *("detail", "code", "fields", "codes", "non_field_errors", "non_field_codes"),
    }
    assert content["detail"]
    assert content["code"]
    assert len(content["non_field_errors"]) == len(content["non_field_codes"])
    assert len(content["fields"]) == len(content["codes"])
    for messages, codes in zip(content["fields"], content["codes"], strict=True):
        assert (
            messages.keys()
            == codes.keys()
            <= {"id", "name", "value", "add_values", "remove_values", "lookup_value"}
        )
        assert all(len(messages[part]) == len(codes[part]) for part in messages)
    assert content["non_field_errors"] or any(content["fields"])


def seen(answer: Any) -> str:
    """The status and the stable code of an answer, in one word or two."""
    if answer.status_code < 400 or not answer.content:
        return str(answer.status_code)
    return f"{answer.status_code} {answer.json()['code']}"
