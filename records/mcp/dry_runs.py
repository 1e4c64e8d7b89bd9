"""Dry runs: a tool's write that is only tried, and a write that does just what was tried."""

from __future__ import annotations

from typing import Any

from records.exceptions import InvalidInput
from records.services.access import Author
from records.services.operations import (
    Effects,
    RecordChange,
    read_plan,
    rehearsed,
    sign_plan,
    watched,
)

from .idempotency import content_once, fingerprint
from .rendering import plain_value
from .tools import Tool
from .tools.base import DRY_RUN, OPERATION_ID, PLAN, Arguments

Content = dict[str, Any]
MOST_LISTED = 20  # writes to records in one answer, which agents have to read
DONE = 200
UNCHANGED = "unchanged"


def written_content(author: Author, tool: Tool, arguments: Arguments) -> Content:
    """What a call that may change something answers."""
    if DRY_RUN in tool.properties:  # it says by itself what it would do
        if arguments[DRY_RUN]:
            return tool.run(author, arguments)
        return content_once(author, tool, arguments, lambda: _change(author, tool, arguments))
    rest = {name: value for name, value in arguments.items() if name not in (DRY_RUN, PLAN)}
    tried, token = arguments.get(DRY_RUN, False), arguments.get(PLAN)
    if tried and token is not None:
        raise InvalidInput("it is for the write itself; omit it, or dry_run.", at=PLAN)
    if tried:
        return _foretold(author, tool, rest)
    if token is None:
        return content_once(author, tool, rest, lambda: _change(author, tool, rest))
    plan = read_plan(author, fingerprint(tool, rest), token)

    def check(content: Content, effects: Effects) -> None:
        plan.check(DONE, effects, {})

    def work() -> Content:
        return watched(author, lambda known: _change(known, tool, rest), check, plain=False)

    return content_once(author, tool, rest, work, plan=f"plan:{plan.key}")


def _change(author: Author, tool: Tool, arguments: Arguments) -> Content:
    """What a call answers that may change something; and under which operation it did, where the
    documented answer has room for that."""
    content = tool.run(author, arguments)
    if OPERATION_ID not in tool.output or content.get("action") == UNCHANGED:
        return content
    return {**content, OPERATION_ID: str(author.operation_id)}


def check_reading(arguments: Arguments) -> None:
    """InvalidInput for what a call that changes nothing does not take."""
    for name in (DRY_RUN, PLAN):
        if name in arguments:
            raise InvalidInput("this call changes nothing; omit it.", at=name)


def _foretold(author: Author, tool: Tool, arguments: Arguments) -> Content:
    content, effects = rehearsed(author, lambda known: tool.run(known, arguments))
    plan = sign_plan(author, fingerprint(tool, arguments), DONE, effects, {})
    return content | {
        DRY_RUN: True,
        "changes": {} if effects.named is None else _changes(effects.named),
        "effects": {
            "records": [
                {
                    "record_type": change.schema.name,
                    "record_id": change.uuid,
                    "action": change.action,
                    "version": change.version,
                    "fields": _changes(change),
                }
                for change in effects.records[:MOST_LISTED]
            ],
            "record_count": effects.record_count,
            "jobs": [{"action": kind, "total_count": total} for kind, total in effects.jobs],
        },
        PLAN: plan,
    }


def _changes(change: RecordChange) -> Content:
    return {
        each.field.name: {
            "old": plain_value(each.field, each.old),
            "new": plain_value(each.field, each.new),
        }
        for each in change.fields
    }
