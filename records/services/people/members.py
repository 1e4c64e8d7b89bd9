"""The people of a workspace: who they are, what role they have, whether they may log in."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Unpack

from django.contrib.auth import get_user_model
from django.utils import timezone

from records.exceptions import InvalidInput
from records.models import Member, Role
from records.services.access import Author, Definer, Operator, check_scope, defining
from records.services.catalogue import read_uncommitted, touch
from records.services.storage import holding, rename_records

from .member_details import MemberDetails, check_member, checked_details
from .member_formulas import follow_ups, objects_telling, told_facts
from .member_roles import default_member_role
from .roles import check_an_admin_is_left
from .workspaces import MAX_USERNAME, user_with


@defining
def add_member(
    author: Definer,
    role: Role | None = None,
    *,
    with_password: bool = False,
    may_log_in: bool = False,
    **details: Unpack[MemberDetails],
) -> tuple[Member, str]:
    """Add a person, by default with the workspace's default role: the member, and the password of
    their new user, which cannot be retrieved later.

    A user who has this email joins with the account and password they have; the password is then
    empty, as it is unless `with_password`: then the user cannot log in yet.
    """
    _check_scope(author, "write")
    role = _given_role(author, role)
    row = Member(workspace_id=author.workspace.id, role=role)
    for name, value in checked_details(author.workspace, details).items():
        setattr(row, name, value)
    check_member(row)
    # Otherwise adding an existing user to a workspace would take over their account.
    password = secrets.token_urlsafe(12) if with_password else None
    row.user, existed = user_with(author.workspace.id, row.email, password)
    row.save()
    touch(author.workspace.id)
    if may_log_in:
        _let_log_in(author, row, True)
    return row, "" if existed or password is None else password


def _check_scope(author: Definer, level: str) -> None:
    """NotAllowed unless the caller's key may change members that far."""
    if isinstance(author, Author):
        check_scope(author, "members", level)


def _given_role(author: Definer, role: Role | None) -> Role:
    """The role that somebody is given; an admin's takes the scope to administer members."""
    found = role or default_member_role(author.workspace.id)
    if found is None:
        raise InvalidInput("the workspace has no default role; name one.", "required", at="role")
    # Looked up again: the role may have been deleted since a form showed it.
    if not Role.objects.filter(workspace_id=author.workspace.id, id=found.id).exists():
        raise InvalidInput("there is no such role.", "does_not_exist", at="role")
    if found.is_admin:
        _check_scope(author, "admin")
    return found


@defining
def update_member(
    author: Definer,
    member: Member,
    *,
    role: Role | None = None,
    is_active: bool | None = None,
    may_log_in: bool | None = None,
    **details: Unpack[MemberDetails],
) -> Member:
    """Change what is given of a member. An inactive member can neither log in here nor be acted
    for; they stay the author of what they wrote.

    Records whose display name shows them are renamed. InvalidInput (`last_admin`) when no active
    admin would be left.
    """
    _check_scope(author, "write")
    # Read under a lock: `member` is what a form showed, maybe long ago.
    row = hold_member(author, member.pk)
    change_member(author, row, details, role=role, is_active=is_active)
    if may_log_in is not None and may_log_in != row.user.is_staff:
        _let_log_in(author, row, may_log_in)
    return row


@defining
def archive_member(author: Definer, member: Member) -> Member:
    """Take a member's rights; what they wrote stays theirs. InvalidInput for the last admin."""
    _check_scope(author, "admin")
    row = hold_member(author, member.pk)
    change_member(author, row, {}, is_active=False)
    return row


@defining
def unarchive_member(author: Definer, member: Member) -> Member:
    """Bring a member back, with the role they had."""
    _check_scope(author, "admin")
    row = hold_member(author, member.pk)
    change_member(author, row, {}, is_active=True)
    return row


def hold_member(author: Definer, member_id: int) -> Member:
    """A member, locked until the transaction ends."""
    rows = Member.objects.select_for_update(of=("self",)).select_related("role", "user")
    return rows.get(workspace_id=author.workspace.id, id=member_id)


def change_member(
    author: Definer,
    row: Member,
    details: Mapping[str, Any],
    *,
    role: Role | None = None,
    is_active: bool | None = None,
) -> bool:
    """Store what differs of a locked member, and what follows from it; whether anything does.

    To change an admin, to archive somebody or to bring them back takes the scope to administer.
    """
    before, name, former_role = _columns(row), str(row), row.role
    told = told_facts(row)
    for column, value in checked_details(author.workspace, details).items():
        setattr(row, column, value)
    if role is not None and role.pk != former_role.pk:
        row.role = _given_role(author, role)
    row.is_active = row.is_active if is_active is None else is_active
    if _columns(row) == before:
        return False
    if former_role.is_admin or row.is_active != before["is_active"]:
        _check_scope(author, "admin")
    check_member(row)
    if row.email != before["email"]:
        _follow_email(row)
    row.updated_at = timezone.now()
    row.save()
    # After saving, inside the transaction: it looks at the rows as they would be.
    check_an_admin_is_left(row.workspace_id)
    renamed = str(row) != name
    telling = objects_telling(row, told)
    # Objects that show no member keep their compiled schemas. Writers of the others that began
    # before this have to begin again, with the member as they are now.
    showing = _objects_showing_members(row) if renamed else ()
    touch(row.workspace_id, {*showing, *telling})
    if telling:
        for follow_up in follow_ups.values():
            follow_up(author, row, telling)
    if renamed:
        _rename_holders(row)
    return True


def _columns(row: Member) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _follow_email(row: Member) -> None:
    """Call the member's user by the new address, if they are nobody else's and never logged in."""
    user = row.user
    users = get_user_model().objects
    if (
        not 0 < len(row.email) <= MAX_USERNAME
        or user.has_usable_password()
        or Member.objects.filter(user_id=user.pk).exclude(id=row.pk).exists()
        or users.filter(username__iexact=row.email).exclude(id=user.pk).exists()
    ):
        return
    user.username = user.email = row.email
    user.save(update_fields=["username", "email"])


def _let_log_in(author: Definer, member: Member, allowed: bool) -> None:
    """Let the member's user into the workbench, or not; only an operator may change a user of
    several workspaces."""
    # One user can be a member of several workspaces, and logs in once for all of them.
    elsewhere = (
        Member.objects.filter(user_id=member.user_id)
        .exclude(workspace_id=author.workspace.id)
        .exists()
    )
    if (elsewhere or member.user.is_superuser) and not isinstance(author, Operator):
        raise InvalidInput(
            "other workspaces depend on this user; ask an operator.", at="may_log_in"
        )
    member.user.is_staff = allowed
    member.user.save(update_fields=["is_staff"])


def _objects_showing_members(member: Member) -> list[int]:
    """The objects in whose display names members may occur."""
    directory = read_uncommitted(member.workspace_id)
    schemas = map(directory.schema, directory.objects)
    return [
        schema.id
        for schema in schemas
        if any(spec.type.refers_to == "member" for spec in schema.pattern_fields)
    ]


def _rename_holders(member: Member) -> None:
    showing = _objects_showing_members(member)
    directory = read_uncommitted(member.workspace_id)
    for schema in map(directory.schema, showing):
        rename_records(directory, schema, holding(schema, "member", member.id))
