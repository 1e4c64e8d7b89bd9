"""Writes that may be repeated: a call that carries an `idempotency_key` is carried out once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import orjson

from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.writing import Answer, run_once

from .tools import Tool
from .tools.base import IDEMPOTENCY_KEY, Arguments

Content = dict[str, Any]


def content_once(
    author: Author, tool: Tool, arguments: Arguments, work: Callable[[], Content]
) -> Content:
    """What `work` answers, or what an earlier call with the same key was answered."""
    key = arguments.get(IDEMPOTENCY_KEY)
    if key is None:
        return work()
    if not key.isascii() or " " in key:
        raise InvalidInput("expected 1 to 255 visible ASCII characters.", at=IDEMPOTENCY_KEY)

    def work_and_keep() -> Answer:
        return Answer(200, {}, orjson.dumps(work()))

    answer, _ = run_once(author, key, _fingerprint(tool, arguments), work_and_keep)
    content: Content = orjson.loads(answer.body)
    return content


def _fingerprint(tool: Tool, arguments: Arguments) -> str:
    """What was asked: another tool, or other arguments, are another call."""
    asked = orjson.dumps([tool.name, dict(arguments)], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(asked).hexdigest()
