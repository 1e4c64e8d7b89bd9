"""Requests to the REST paths, as operations of the permission matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from records.models import Attachment, Record
from tests.api_client import ApiClient
from tests.factories import Caller

from .needs import CASES, ONCE, Answer, Need, Operation, Verdict
from .world import Target, World

VERDICTS = {200: Verdict.DONE, 201: Verdict.DONE, 204: Verdict.DONE, 400: Verdict.REFUSED}
VERDICTS |= {403: Verdict.FORBIDDEN, 404: Verdict.ABSENT, 409: Verdict.REFUSED}


def rest(
    name: str,
    covers: str,
    need: Need,
    method: str,
    path: str,
    body: Any = None,
    targets: Sequence[str] = CASES,
    text_is: str = "text/csv",
) -> Operation:
    """An operation that is one request; what stands in `<>` in the path, below /api, and the body
    is filled in.

    A body that is a text is sent as a table, or as `text_is`.
    """

    def send(caller: Caller, world: World, target: Target) -> Answer:
        filled, content = _filled(world, target, path), _filled(world, target, body)
        table = isinstance(content, str)
        sent = content.encode() if isinstance(content, str) else content
        kind = text_is if table else "application/json"
        answer = ApiClient(caller).send(method, f"/api/{filled}", sent, content_type=kind)
        text = answer.getvalue().decode()
        verdict = VERDICTS.get(answer.status_code)
        assert verdict is not None, (name, answer.status_code, text)
        return Answer(
            verdict, text, f"{filled} {orjson.dumps(content).decode()}", count_of(answer, text)
        )

    return Operation(name, covers, need, send, targets)


def count_of(answer: Any, text: str, key: str = "count") -> int | None:
    """How many things the answer says there are, under this key; of a table, its rows."""
    if answer.headers.get("Content-Type", "").startswith("text/csv"):
        return len(text.splitlines()) - 1
    if answer.headers.get("Content-Type") not in (None, "application/json"):
        return None
    found = orjson.loads(text) if text else None
    return found.get(key) if isinstance(found, dict) else None


def once(name: str, covers: str, need: Need, method: str, path: str, body: Any = None) -> Operation:
    """A request that is about no case in particular."""
    return rest(name, covers, need, method, path, body, ONCE)


def _filled(world: World, target: Target, part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _filled(world, target, value) for key, value in part.items()}
    if isinstance(part, list):
        return [_filled(world, target, value) for value in part]
    if isinstance(part, str) and "<" in part:
        for key, value in {
            **world.ids,
            **target.values,
            "uuid": target.uuid,
            "file": target.file,
        }.items():
            part = part.replace(f"<{key}>", value)
        if "<operation>" in part:
            part = part.replace("<operation>", creation_of(target))
        if "<file_id>" in part:
            part = part.replace("<file_id>", file_of(target))
    return part


def file_of(target: Target) -> str:
    """The id of the case's file; of one that is missing, none."""
    found = Attachment.objects.filter(record__uuid=target.uuid).values_list("uuid", flat=True)
    return str(found.first() or target.uuid)


def creation_of(target: Target) -> str:
    """The operation that created the case; of one that is missing, none."""
    row = Record.history.filter(uuid=target.uuid, version=1).first()
    return target.uuid if row is None else str(row.operation_id)


def fields(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def clauses(*found: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "filters": [
                dict(zip(("field", "condition", "value"), clause, strict=True)) for clause in found
            ]
        }
    ]
