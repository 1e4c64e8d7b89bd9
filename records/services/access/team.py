"""The members of a workspace as other members see them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models.functions import Lower

from records.exceptions import InvalidInput, NotFound
from records.field_types.base import CALLER
from records.models import Member
from records.services.catalogue import MemberSpec
from records.services.database import canonical_uuid

from .author import Author


def list_members(
    author: Author, *, search: str = "", active: bool = False, offset: int = 0, limit: int = 100
) -> tuple[int, list[MemberSpec]]:
    """How many members a search finds, and a page of them, by name. `search` is part of a name or
    email."""
    rows = Member.objects.filter(workspace_id=author.workspace.id)
    if active:
        rows = rows.filter(is_active=True)
    sought = " ".join(search.split()).casefold()
    # Not compared by the database: engines fold case differently, and a workspace has few members.
    found = [
        row for row in rows.order_by("first_name", "last_name", "email", "id") if _has(row, sought)
    ]
    page = [row.pk for row in found[offset : offset + limit]]
    members = author.directory.members(page)
    # A member may be gone between the two queries.
    return len(found), [members[key] for key in page if key in members]


def _has(row: Member, sought: str) -> bool:
    return (
        sought in f"{row.first_name} {row.last_name}".casefold() or sought in row.email.casefold()
    )


def get_member(author: Author, member_uuid: str) -> MemberSpec:
    """A member by UUID; NotFound when the workspace does not have it."""
    found = author.directory.find_members([member_uuid.lower()])
    if not found:
        raise NotFound
    return next(iter(found.values()))


def named_member(author: Author, sent: object) -> int | None:
    """The primary key of the member that a caller names by UUID, or `is_me`; None for None."""
    if sent is None:
        return None
    if sent == CALLER:
        return author.member.id
    found = author.directory.find_members([uuid]) if (uuid := canonical_uuid(sent)) else {}
    if not found:
        raise InvalidInput(
            f'there is no such member; send the id of one, or "{CALLER}".',
            "does_not_exist",
            at="member_id",
        )
    return next(iter(found.values())).id


def find_active_by_email(workspace_id: int, emails: Collection[str]) -> dict[str, int]:
    """The primary keys of the active members with these addresses, both in lower case."""
    if not emails:
        return {}
    rows = Member.objects.annotate(key=Lower("email")).filter(
        workspace_id=workspace_id, is_active=True, key__in=emails
    )
    return dict(rows.values_list("key", "id"))
