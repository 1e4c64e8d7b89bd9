"""The people of a workspace: who they are, what role they have, whether they may log in."""

from __future__ import annotations

import secrets

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from records.exceptions import InvalidInput
from records.models import Member, Role
from records.services.access import Definer, Operator, defining
from records.services.catalogue import read_uncommitted, touch
from records.services.storage import holding, rename_records

from .roles import check_an_admin_is_left
from .workspaces import create_member


@defining
def add_member(
    author: Definer,
    email: str,
    role: Role,
    *,
    first_name: str = "",
    last_name: str = "",
    may_log_in: bool = False,
) -> tuple[Member, str]:
    """Add a person: the member, and the password of their new user, which cannot be retrieved
    later.

    A user who has this email joins with the account and password they have; the password is then
    empty.
    """
    email = _checked_email(author, email)
    _check_role(author, role)
    existed = get_user_model().objects.filter(username__iexact=email).exists()
    # Otherwise adding an existing user to a workspace would take over their account.
    password = "" if existed else secrets.token_urlsafe(12)
    member = create_member(
        role.workspace, email, role, first_name=first_name, last_name=last_name, password=password
    )
    if may_log_in:
        _let_log_in(author, member, True)
    return member, password


def _checked_email(author: Definer, email: str) -> str:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput("enter a valid email address.", at="email") from None
    if Member.objects.filter(workspace_id=author.workspace.id, email__iexact=email).exists():
        raise InvalidInput("a member with this address already exists.", "unique", at="email")
    return email


def _check_role(author: Definer, role: Role) -> None:
    # Looked up again: the role may have been deleted since a form showed it.
    if not Role.objects.filter(workspace_id=author.workspace.id, id=role.id).exists():
        raise InvalidInput("there is no such role.", "does_not_exist", at="role")


@defining
def update_member(
    author: Definer,
    member: Member,
    *,
    first_name: str,
    last_name: str,
    role: Role,
    is_active: bool,
    may_log_in: bool | None = None,
) -> Member:
    """Change a member. An inactive member can neither log in here nor be acted for; they stay the
    author of what they wrote.

    Records whose display name shows them are renamed. InvalidInput when no active admin would be
    left.
    """
    _check_role(author, role)
    # Read under a lock: `member` is what a form showed, maybe long ago.
    row = Member.objects.select_for_update().get(workspace_id=author.workspace.id, id=member.id)
    name = str(row)
    row.first_name, row.last_name = first_name.strip()[:150], last_name.strip()[:150]
    row.role, row.is_active = role, is_active
    row.save()
    # After saving, inside the transaction: it looks at the rows as they would be.
    check_an_admin_is_left(row.workspace_id)
    if may_log_in is not None and may_log_in != row.user.is_staff:
        _let_log_in(author, row, may_log_in)
    renamed = str(row) != name
    # Objects that show no member keep their compiled schemas.
    touch(row.workspace_id, _objects_showing_members(row) if renamed else ())
    if renamed:
        _rename_holders(row)
    return row


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
