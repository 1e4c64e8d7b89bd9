"""Members as those who may read them see them: found, listed, read one by one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from records.exceptions import InvalidInput, NotAllowed, NotFound
from records.field_types import InvalidValue, phone_in_e164
from records.models import Member
from records.services.access import Author, has_scope

from .member_details import with_email

SORTS = {
    "name": ("first_name", "last_name", "email"),
    "email": ("email",),
    "createdAt": ("created_at",),
}


@dataclass(frozen=True, slots=True)
class MemberSearch:
    """Which members are asked for, all that is given must hold, and which page of them.

    `search` is part of a name or email; email, external id, phone and label are whole ones.
    `is_active` None: both.
    """

    search: str = ""
    email: str | None = None
    external_id: str | None = None
    phone: str | None = None
    label: str | None = None
    role_id: int | None = None
    is_active: bool | None = True
    sort: str = "name"
    descending: bool = False
    offset: int = 0
    limit: int = 100


def search_members(author: Author, asked: MemberSearch) -> tuple[int, list[Member]]:
    """How many members a search finds, and a page of them; of a caller without the scope to read
    members, themselves alone."""
    rows = _matching(author, asked)
    order = [("-" if asked.descending else "") + column for column in (*SORTS[asked.sort], "id")]
    rows = rows.order_by(*order)
    end = asked.offset + asked.limit
    if not asked.search and asked.label is None:
        return rows.count(), list(rows.select_related("role")[asked.offset : end])
    # Not compared by the database: engines fold case and look into lists differently.
    columns = rows.values_list("id", "first_name", "last_name", "email", "labels")
    sought = " ".join(asked.search.split()).casefold()
    found = [
        key
        for key, first, last, email, labels in columns.iterator()
        if (sought in f"{first} {last}".casefold() or sought in email.casefold())
        and (asked.label is None or asked.label in labels)
    ]
    page = found[asked.offset : end]
    by_key = rows.select_related("role").in_bulk(page)
    # A member may be gone between the two queries.
    return len(found), [by_key[key] for key in page if key in by_key]


def _matching(author: Author, asked: MemberSearch) -> QuerySet[Member]:
    rows = Member.objects.filter(workspace_id=author.workspace.id)
    if not has_scope(author, "members", "read"):
        rows = rows.filter(id=author.member.id)
    if asked.is_active is not None:
        rows = rows.filter(is_active=asked.is_active)
    if asked.role_id is not None:
        rows = rows.filter(role_id=asked.role_id)
    if asked.email is not None:
        rows = with_email(rows, asked.email.strip())
    if asked.external_id is not None:
        rows = rows.filter(external_id=asked.external_id)
    if asked.phone is not None:
        rows = rows.filter(phone=_sought_phone(author, asked.phone))
    # Blank details are no values that could be asked for.
    if "" in (asked.email, asked.external_id, asked.phone):
        return rows.none()
    return rows


def _sought_phone(author: Author, text: str) -> str:
    try:
        return phone_in_e164(text.strip(), author.workspace.region)
    except InvalidValue as problem:
        raise InvalidInput(problem.reason, problem.code, at="phone") from None


def get_member_row(author: Author, member_id: int) -> Member:
    """A member by primary key; NotAllowed for others than oneself without the scope to read
    members, whether they are there or not."""
    if member_id != author.member.id and not has_scope(author, "members", "read"):
        raise NotAllowed("The API key lacks the scope members:read; use a key that has it.")
    rows = Member.objects.select_related("role").filter(workspace_id=author.workspace.id)
    found = rows.filter(id=member_id).first()
    if found is None:
        raise NotFound
    return found
