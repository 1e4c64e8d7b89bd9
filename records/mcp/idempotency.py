"""Writes that may be repeated: a call that carries an `idempotency_key` is carried out once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson

from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.writing import Answer, run_once

from .tools import Tool
from .tools.base import IDEMPOTENCY_KEY, Arguments

Content = dict[str, Any]
Work = Callable[[], Content]


def content_once(
    author: Author, tool: Tool, arguments: Arguments, work: Work, plan: str | None = None
) -> Content:
    """What `work` answers, or what an earlier call with the same key was answered; or, with a plan,
    the call that has carried the plan out, whatever its key."""
    key = arguments.get(IDEMPOTENCY_KEY)
    if key is not None and (not key.isascii() or " " in key):
        raise InvalidInput("expected 1 to 255 visible ASCII characters.", at=IDEMPOTENCY_KEY)
    for claimed in (plan, key):
        if claimed is not None:
            work = partial(_content_under, author, claimed, fingerprint(tool, arguments), work)
    return work()


def _content_under(author: Author, key: str, asked: str, work: Work) -> Content:
    def work_and_keep() -> Answer:
        return Answer(200, {}, orjson.dumps(work()))

    answer, _ = run_once(author, key, asked, work_and_keep)
    content: Content = orjson.loads(answer.body)
    return content


def fingerprint(tool: Tool, arguments: Arguments) -> str:
    """What was asked, under whatever key: another tool, or other arguments, are another call."""
    sent = {name: value for name, value in arguments.items() if name != IDEMPOTENCY_KEY}
    asked = orjson.dumps([tool.name, sent], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(asked).hexdigest()
