"""`list_members`: the people whom properties and records can name."""

from __future__ import annotations

from typing import Any

from records.mcp.answers import FLAG, NEXT_OFFSET, NUMBER, TEXT, listed, said, shaped
from records.services.access import Author, check_scope, list_members
from records.services.catalogue import MemberSpec

from .base import BASE_ID, OFFSET, Arguments, Tool, check_base, tools

DEFAULT_LIMIT, MAX_LIMIT = 50, 200
DESCRIPTION = """\
Lists the members of a base, by name: id (UUID), name, email, active, and me for the member your \
key speaks for. Use the ids where a property takes a member, in filters, and as member_id of \
manage_record. Members who are not active can be found in records, but no longer be chosen.

search narrows the list to members whose name or email contains a text. total counts all that \
match; pass next_offset as offset to continue, it is null on the last page. A key with scopes \
needs members:read."""


def run(author: Author, arguments: Arguments) -> dict[str, Any]:
    check_base(author, arguments["base_id"])
    check_scope(author, "members", "read")
    offset, limit = arguments["offset"], arguments["limit"]
    total, members = list_members(
        author, search=arguments.get("search", ""), offset=offset, limit=limit
    )
    beyond = offset + len(members)
    return {
        "base_id": author.workspace.uuid,
        "total": total,
        "members": [_member(author, member) for member in members],
        "next_offset": beyond if members and beyond < total else None,
    }


def _member(author: Author, member: MemberSpec) -> dict[str, Any]:
    shown = {
        "id": member.uuid,
        "name": member.name,
        "email": member.json["email"],
        "active": member.is_active,
    }
    return shown | {"me": True} if member.id == author.member.id else shown


tools.register(
    "list_members",
    Tool(
        name="list_members",
        title="List members",
        description=DESCRIPTION,
        properties={
            "base_id": BASE_ID,
            "search": {
                "type": "string",
                "maxLength": 255,
                "description": "Only members whose name or email contains this.",
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MAX_LIMIT,
                "default": DEFAULT_LIMIT,
                "description": "How many members to return.",
            },
            "offset": OFFSET,
        },
        required=("base_id",),
        run=run,
        read_only=True,
        idempotent=True,
        output={
            "base_id": TEXT,
            "total": said(NUMBER, "How many members match."),
            "members": listed(
                shaped(
                    {"id": TEXT, "name": TEXT, "email": TEXT, "active": FLAG, "me": FLAG}, ("me",)
                )
            ),
            "next_offset": NEXT_OFFSET,
        },
        answers=(("base_id", "total", "members", "next_offset"),),
    ),
)
