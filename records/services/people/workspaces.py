"""Workspaces, their members and keys."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.text import slugify
from phonenumbers import SUPPORTED_REGIONS

from records.exceptions import InvalidInput, quoted
from records.field_types import check_language, known_time_zones
from records.models import (
    ApiKey,
    Member,
    ObjectKind,
    ObjectType,
    Role,
    Source,
    Workspace,
    new_uuid,
)
from records.rehearsal import rehearsal
from records.services.access import (
    Author,
    Definer,
    defining,
    key_digest,
    member_author,
)
from records.services.catalogue import (
    CONTACTS,
    check_label,
    load_workspace,
    read_uncommitted,
    touch,
)
from records.services.shaping import create_object
from records.services.storage import rewrite_texts

ADMIN_ROLE = "Administrator"
MEMBER_ROLE = "Member"
MAX_USERNAME = 150  # characters, of Django


@dataclass(frozen=True, slots=True)
class NewWorkspace:
    """A workspace just made, with its first member's password and key, which are shown once."""

    workspace: Workspace
    member: Member
    password: str
    api_key: str


@transaction.atomic
def create_workspace(
    name: str, email: str, *, time_zone: str = "UTC", region: str = "US", language: str = ""
) -> NewWorkspace:
    """Create a workspace with its contacts object, an admin user and member, and an API key.

    A user who has this email keeps the password they have (`password` is then empty).
    """
    if time_zone not in known_time_zones():
        raise InvalidInput(f"{time_zone!r} is not an IANA time zone.", at="time_zone")
    workspace = Workspace.objects.create(
        name=name,
        slug=_free_slug(name),
        time_zone=time_zone,
        region=region.upper(),
        language=_checked_language(language),
    )
    admin_role = Role.objects.create(workspace=workspace, name=ADMIN_ROLE, is_admin=True)
    Role.objects.create(workspace=workspace, name=MEMBER_ROLE, is_default=True)
    # Drawn even if the user exists: whether they do is found out below, in one place.
    password = secrets.token_urlsafe(12)
    user, existed = user_with(workspace.pk, email, password)
    _let_in(user)
    member = Member.objects.create(workspace=workspace, user=user, role=admin_role, email=email)
    author = command_author(workspace, member)
    create_object(
        author,
        "Contacts",
        "Contact",
        name=CONTACTS,
        object_type=ObjectKind.CONTACT,
        is_custom=False,
        display_pattern="{full_name}",
        identifier_field="email",
    )
    _, secret = create_api_key(workspace, "First key", member=member)
    return NewWorkspace(workspace, member, "" if existed else password, secret)


@defining
def update_workspace(
    author: Definer, *, name: str, time_zone: str, region: str, language: str | None = None
) -> Workspace:
    """Change what a workspace is called, how its people write times and phone numbers, and by which
    alphabet texts are sorted.

    Another language rewrites the texts of the workspace in the index, in this transaction: writes
    wait for it, searches go on with the old order.
    """
    if time_zone not in known_time_zones():
        raise InvalidInput(f"{quoted(time_zone)} is not an IANA time zone.", at="time_zone")
    if region.upper() not in SUPPORTED_REGIONS:
        raise InvalidInput(f"{quoted(region)} is not a known country code.", at="region")
    workspace = Workspace.objects.select_for_update().get(id=author.workspace.id)
    workspace.name = check_label("name", name)
    workspace.time_zone, workspace.region = time_zone, region.upper()
    before = workspace.language
    workspace.language = before if language is None else _checked_language(language)
    workspace.save()
    if workspace.language == before:
        touch(workspace.id)
        return workspace
    touch(workspace.id, ObjectType.objects.filter(workspace=workspace).values_list("id", flat=True))
    rewrite_texts(read_uncommitted(workspace.id))
    return workspace


def _checked_language(code: str) -> str:
    try:
        return check_language(code)
    except ValueError:
        raise InvalidInput(
            f"{quoted(code)} is not the code of a known language, such as sv or pt-BR.",
            at="language",
        ) from None


def _free_slug(name: str) -> str:
    wanted = slugify(name)[:70] or "workspace"
    slug, number = wanted, 2
    while Workspace.objects.filter(slug=slug).exists():
        slug, number = f"{wanted}-{number}", number + 1
    return slug


def create_member(
    workspace: Workspace,
    email: str,
    role: Role,
    *,
    password: str | None = None,
    **details: Any,
) -> Member:
    """Add a person to a workspace; a user who has this email joins with the account they have.

    A new user without a password cannot log in until they get one. `details` are columns, checked
    by the caller.
    """
    user, _ = user_with(workspace.pk, email, password)
    member = Member.objects.create(
        workspace=workspace, user=user, role=role, email=email, **details
    )
    touch(workspace.pk)
    return member


def user_with(workspace_id: int, email: str, password: str | None) -> tuple[Any, bool]:
    """The user who logs in by this email, unless they are another member here, else a new one; and
    whether they existed."""
    users = get_user_model()
    # Log-in names are compared in any case, as people write their addresses.
    found = users.objects.filter(username__iexact=email).first() if email else None
    members = Member.objects.filter(workspace_id=workspace_id)
    if found is not None and not members.filter(user=found).exists():
        return found, True
    # Whoever cannot be called by an email is nobody who logs in, until an address is free.
    is_free = found is None and 0 < len(email) <= MAX_USERNAME
    name = email if is_free else f"member-{new_uuid()}"
    # A sequence would not be rolled back: a rehearsed user gets a key from here.
    rehearsed = rehearsal()
    key = {} if rehearsed is None else {"id": next(rehearsed.small_keys)}
    return users.objects.create_user(username=name, email=email, password=password, **key), False


def _let_in(user: Any) -> None:
    """Let the first user of a workspace into the workbench."""
    users = get_user_model()
    user.is_staff = True
    # Members of one workspace have no say in another: only the first user of an installation is its
    # operator.
    if not users.objects.filter(is_superuser=True).exists():
        user.is_superuser = True
    user.save()


def reset_password(member: Member) -> str:
    """A new password for the member's user; it is returned and cannot be retrieved later."""
    password = secrets.token_urlsafe(12)
    user = get_user_model().objects.get(id=member.user_id)
    user.set_password(password)
    user.save(update_fields=["password"])
    return password


def create_api_key(
    workspace: Workspace,
    name: str,
    *,
    member: Member | None = None,
    scopes: Sequence[str] = (),
    self_access: bool = False,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Create an API key; the secret is returned and cannot be retrieved later. No member: for any
    active member.

    A key with read scopes alone writes nothing, but with `self_access` its member's own records.
    """
    prefix = secrets.token_hex(4)
    secret = f"rec_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        workspace=workspace,
        member=member,
        name=name,
        prefix=f"rec_{prefix}",
        digest=key_digest(secret),
        scopes=list(scopes),
        self_access=self_access,
        expires_at=expires_at,
    )
    return key, secret


def revoke_api_key(key: ApiKey) -> None:
    """The key stops working with the next request."""
    ApiKey.objects.filter(workspace_id=key.workspace_id, id=key.id).update(
        revoked_at=datetime.now(UTC)
    )


def command_author(
    workspace: Workspace, member: Member | None = None, source: Source = Source.COMMAND
) -> Author:
    """The author of a command's writes: this member, else the workspace's first active admin."""
    if member is None:
        # Commands may change anything, so they act with an admin's rights.
        admins = Member.objects.filter(workspace=workspace, is_active=True, role__is_admin=True)
        member = admins.order_by("id").first()
    if member is None:
        raise InvalidInput("The workspace has no active admin to act for.")
    return member_author(load_workspace(workspace.id), member.id, source)


def list_memberships(user_id: int) -> list[Member]:
    """What a user is in each workspace, with the workspace; where they are active alone."""
    rows = Member.objects.select_related("workspace").filter(user_id=user_id, is_active=True)
    return list(rows.order_by("workspace_id"))


def get_membership(author: Author) -> Member:
    """The caller as a member, with the workspace."""
    return Member.objects.select_related("workspace").get(
        workspace_id=author.workspace.id, id=author.member.id
    )


def get_workspace(identifier: str) -> Workspace:
    """A workspace by UUID, slug or name; InvalidInput when there is none."""

    try:
        found = Workspace.objects.filter(uuid=UUID(identifier)).first()
    except ValueError:
        found = (
            # Slugs are unique and names are not, so the slug decides.
            Workspace.objects.filter(slug=identifier).first()
            or Workspace.objects.filter(name=identifier).first()
        )
    if found is None:
        raise InvalidInput(f"There is no workspace {identifier!r}.")
    return found


def list_workspaces(identifier: str | None = None) -> list[Workspace]:
    """The workspace with this UUID, slug or name, or all of them; InvalidInput when there is
    none."""
    return [get_workspace(identifier)] if identifier else list(Workspace.objects.order_by("id"))
