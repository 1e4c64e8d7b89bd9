"""The tools for agents in the permission matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from tests.factories import Caller
from tests.mcp.calling import Agent

from . import needs
from .needs import CASES, FORBIDDEN, ONCE, REFUSED, Answer, Expected, Need, Operation, Verdict
from .requests import creation_of
from .rest_operations import undo_creation
from .world import RoleCase, Target, World

VERDICTS = {"FORBIDDEN": Verdict.FORBIDDEN, "NOT_FOUND": Verdict.ABSENT}
VERDICTS |= {"VALIDATION_ERROR": Verdict.REFUSED, "CONFLICT": Verdict.REFUSED}
WITH_ACTIONS = ("manage_record", "manage_attachment")
BY_SECRET = {"field": "secret", "op": "neq", "value": "x"}


def _tool(
    name: str,
    tool: str,
    need: Need,
    targets: Sequence[str] = CASES,
    *,
    what: str = "cases",
    **arguments: Any,
) -> Operation:
    """An operation that is one call of a tool; what stands in `<>` in its arguments is filled
    in."""

    def call(caller: Caller, world: World, target: Target) -> Answer:
        about = {"record_type": what} if what else {}
        text = orjson.dumps({**about, **arguments}).decode()
        known = {"uuid": target.uuid, "file": target.file, "mine": world.ids["mine"]}
        for key, value in {**target.values, **known}.items():
            text = text.replace(f"<{key}>", value)
        text = text.replace("<operation>", creation_of(target))
        result = Agent(caller).result(tool, **orjson.loads(text))
        content = result["structuredContent"]
        verdict = VERDICTS[content["error"]["code"]] if result["isError"] else Verdict.DONE
        listed = content.get(
            "attachments", content.get("records") if "missing" in content else None
        )
        count = content.get("total") if listed is None else len(listed)
        return Answer(verdict, orjson.dumps(content).decode(), text, count)

    covers = f"{tool} {arguments['action']}" if tool in WITH_ACTIONS else tool
    return Operation(name, covers, need, call, targets)


def _record(name: str, action: str, need: Need, **arguments: Any) -> Operation:
    return _tool(name, "manage_record", need, action=action, record_id="<uuid>", **arguments)


def _file(name: str, action: str, need: Need, **arguments: Any) -> Operation:
    return _tool(name, "manage_attachment", need, action=action, record_id="<uuid>", **arguments)


def _unless_archived(right: str) -> Need:
    """Archived records are seen, and are told to be archived to who may not change them, too."""

    def need(world: World, target: Target) -> Expected:
        if not world.sees(target):
            return needs.nothing(Verdict.ABSENT)
        if not target.live:
            return needs.nothing(REFUSED)
        allowed = world.role.reaches(right, own=target.own)
        return Expected(Verdict.DONE, changed=True) if allowed else needs.nothing(FORBIDDEN)

    return need


def _patch_many(world: World, target: Target) -> Expected:
    """What refuses one item refuses them all."""
    if not world.role.known:
        return needs.nothing(Verdict.ABSENT)
    found = needs.edit(world, target)
    return found if found.verdict == Verdict.DONE else needs.nothing(REFUSED)


def _cancel(world: World, target: Target) -> Expected:
    """An archived record can be cancelled."""
    if not world.sees(target):
        return needs.nothing(Verdict.ABSENT)
    allowed = world.role.reaches("edit", own=target.own)
    return Expected(Verdict.DONE, changed=True) if allowed else needs.nothing(FORBIDDEN)


def _edit_secret(world: World, target: Target) -> Expected:
    found = _unless_archived("edit")(world, target)
    hidden_or_locked = found.verdict == Verdict.DONE and world.role.secret != "open"
    return needs.nothing(REFUSED) if hidden_or_locked else found


def _read_by_id(world: World, target: Target) -> Expected:
    """A record that the caller may not see is missing, like one that is not there."""
    if not world.role.known:
        return needs.nothing(Verdict.ABSENT)
    return Expected(Verdict.DONE, count=int(world.sees(target)))


def _known_to_all(world: World, target: Target) -> Expected:
    return needs.nothing(Verdict.DONE)


def _archived(world: World, target: Target) -> Expected:
    seen = [case for case in world.targets.values() if not case.live and world.sees(case)]
    return (
        Expected(Verdict.DONE, count=len(seen))
        if world.role.known
        else needs.nothing(Verdict.ABSENT)
    )


def _merge(name: str, need: Need, into: str, merged: str) -> Operation:
    arguments: dict[str, Any] = {"into": into, "from": [merged]}
    return _tool(name, "merge_records", need, **arguments)


OPERATIONS = (
    _record("get", "get", needs.view_history),
    _record("patch", "patch", _unless_archived("edit"), data={"note": "n"}),
    _record("patch the secret", "patch", _edit_secret, data={"secret": "s"}),
    _record("replace", "upsert", _unless_archived("edit"), data={"name": "Another name"}),
    _tool(
        "create",
        "manage_record",
        needs.create,
        ONCE,
        action="upsert",
        external_id="new",
        data={"name": "Quite new"},
    ),
    _tool(
        "create with its name",
        "manage_record",
        needs.create_or_overwrite,
        action="upsert",
        external_id="new",
        data={"name": "<name>"},
    ),
    _record("cancel", "cancel", _cancel),
    _record("delete", "delete", _unless_archived("remove")),
    _file("list its files", "list", needs.list_files),
    _file("a link to its file", "get_url", needs.view_history, filename="<file>"),
    _file(
        "send a file",
        "upload",
        needs.ask_to_edit_files,
        filename="new.txt",
        content_type="text/plain",
    ),
    _file("delete its file", "delete", needs.edit_files, filename="<file>"),
    _tool(
        "patch many",
        "manage_records",
        _patch_many,
        mode="patch",
        items=[{"record_id": "<uuid>", "data": {"note": "n"}}],
    ),
    _tool("query", "query_records", needs.listed, ONCE),
    _tool(
        "query one",
        "query_records",
        needs.listed_one,
        filter={"field": "note", "op": "eq", "value": "<note>"},
    ),
    _tool("query by the secret", "query_records", needs.listed_by_secret, ONCE, filter=BY_SECRET),
    _tool("sort by the secret", "query_records", needs.listed_by_secret, ONCE, sort=["secret"]),
    _tool(
        "search the secrets",
        "query_records",
        needs.found_in_secrets,
        ONCE,
        filter={"search": "hush-"},
    ),
    _tool(
        "query archived ones",
        "query_records",
        _archived,
        ONCE,
        filter={"field": "archived", "op": "eq", "value": True},
    ),
    _tool("count each", "aggregate_records", needs.listed, ONCE, group_by=["name", "client.name"]),
    _tool(
        "count by the secret",
        "aggregate_records",
        needs.listed_by_secret,
        ONCE,
        group_by=["name", "secret"],
    ),
    _tool("describe the type", "list_record_types", needs.read_definitions, ONCE),
    _tool("describe another type", "list_record_types", needs.admins_only, ONCE, what="vaults"),
    _tool("history", "record_history", needs.view_history, record_id="<uuid>"),
    _tool("read by id", "get_records", _read_by_id, record_ids=["<uuid>"]),
    _tool("list members", "list_members", _known_to_all, ONCE, what=""),
    _tool("follow", "list_changes", _known_to_all, ONCE, what="", limit=1000),
    _tool("unarchive", "unarchive_record", needs.restore, record_id="<uuid>"),
    _merge("merge into it", needs.merge_into_it, "<uuid>", "<mine>"),
    _merge("merge it", needs.merge_it, "<mine>", "<uuid>"),
    _tool("find duplicates", "find_duplicates", needs.duplicates, ONCE, fields=["kind"]),
    _tool("undo", "undo_operation", undo_creation, what="", operation_id="<operation>"),
)


class Mcp:
    """What a key without scopes may do through the tools."""

    name = "mcp"
    operations = OPERATIONS

    def role_of(self, role: RoleCase) -> RoleCase:
        return role

    def documented(self, caller: Caller) -> set[str]:
        tools = Agent(caller).request("tools/list")["result"]["tools"]
        named = {
            tool["name"]: tool["inputSchema"]["properties"].get("action", {}).get("enum")
            for tool in tools
        }
        return {
            f"{name} {action}" if action else name
            for name, actions in named.items()
            for action in actions or [""]
        }
