"""The people of a workspace: who they are, what role they have, whether they may log in."""

from __future__ import annotations

import secrets

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from records.exceptions import InvalidInput
from records.models import Member, Role

from .definers import Definer, Operator, defining
from .definition_versions import touch
from .dependents import holding, rename_records
from .directory import read_uncommitted
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
    """Add a person; the member, and the password of their new user, which is never again to be had.

    A user who has this email joins with the account and password they have; the password is then empty.
    """
    email = _checked_email(author, email)
    _check_role(author, role)
    existed = get_user_model().objects.filter(username__iexact=email).exists()
    password = "" if existed else secrets.token_urlsafe(12)
    member = create_member(role.workspace, email, role, first_name=first_name, last_name=last_name, password=password)
    if may_log_in:
        _let_log_in(author, member, True)
    return member, password


def _checked_email(author: Definer, email: str) -> str:
    email = email.strip()
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput("email: enter a valid e-mail address.") from None
    if Member.objects.filter(workspace_id=author.workspace.id, email__iexact=email).exists():
        raise InvalidInput("email: there is a member with this address already.", "unique")
    return email


def _check_role(author: Definer, role: Role) -> None:
    if role.workspace_id != author.workspace.id:
        raise InvalidInput("role: there is no such role.", "does_not_exist")


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
    """Change a member. One who is not active can neither log in here nor be called for; what they wrote stays theirs.

    Records whose display name shows them are renamed. InvalidInput when no active admin would be left.
    """
    _check_role(author, role)
    row = Member.objects.select_for_update().get(workspace_id=author.workspace.id, id=member.id)
    name = str(row)
    row.first_name, row.last_name = first_name.strip()[:150], last_name.strip()[:150]
    row.role, row.is_active = role, is_active
    row.save()
    check_an_admin_is_left(row.workspace_id)
    if may_log_in is not None and may_log_in != row.user.is_staff:
        _let_log_in(author, row, may_log_in)
    renamed = str(row) != name
    touch(row.workspace_id, _objects_showing_members(row) if renamed else ())
    if renamed:
        _rename_holders(row)
    return row


def _let_log_in(author: Definer, member: Member, allowed: bool) -> None:
    """Let the member's user into the workbench, or not; what other workspaces have a say in is for operators."""
    elsewhere = Member.objects.filter(user_id=member.user_id).exclude(workspace_id=author.workspace.id).exists()
    if (elsewhere or member.user.is_superuser) and not isinstance(author, Operator):
        raise InvalidInput("may_log_in: more than this workspace depends on this user; ask an operator.")
    member.user.is_staff = allowed
    member.user.save(update_fields=["is_staff"])


def _objects_showing_members(member: Member) -> list[int]:
    """The objects in whose display names members may occur."""
    directory = read_uncommitted(member.workspace_id)
    schemas = map(directory.schema, directory.objects)
    return [schema.id for schema in schemas if any(spec.type.column == "member" for spec in schema.pattern_fields)]


def _rename_holders(member: Member) -> None:
    showing = _objects_showing_members(member)
    directory = read_uncommitted(member.workspace_id)
    for schema in map(directory.schema, showing):
        rename_records(directory, schema, holding(schema, "member", member.id))
