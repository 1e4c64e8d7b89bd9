"""Workspaces: what a new one has, who acts in it for commands, and the keys that let programs
in."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model

from records.exceptions import NotAuthenticated
from records.models import ApiKey, Member, Role, Source, Workspace
from records.services.access.credentials import authenticate_key
from records.services.people.workspaces import (
    command_author,
    create_api_key,
    create_workspace,
    get_workspace,
    list_workspaces,
    reset_password,
    revoke_api_key,
    update_workspace,
)
from tests.factories import Caller
from tests.services.acting import invalid_at, refusal


def test_a_new_workspace_has_its_admin_a_role_for_members_and_contacts(db: None) -> None:
    made = create_workspace("Northern Freight", "ann@example.com", region="fr")

    assert (made.workspace.slug, made.workspace.region, made.workspace.time_zone) == (
        "northern-freight",
        "FR",
        "UTC",
    )
    roles = Role.objects.filter(workspace=made.workspace).values_list("name", "is_admin")
    assert set(roles) == {("Administrator", True), ("Member", False)}
    assert made.member.user.check_password(made.password)
    author = command_author(made.workspace)
    contacts = author.directory.find_object("contacts")
    assert contacts is not None
    identifier = author.directory.schema(contacts.id).identifier
    assert identifier is not None
    assert identifier.name == "email"


def test_only_the_first_user_of_an_installation_is_its_operator(db: None) -> None:
    first = create_workspace("One", "ann@example.com")
    second = create_workspace("One", "bob@example.com")
    again = create_workspace("One", "ANN@example.com")

    assert [made.member.user.is_superuser for made in (first, second)] == [True, False]
    assert [made.workspace.slug for made in (first, second, again)] == ["one", "one-2", "one-3"]
    assert (again.member.user, again.password) == (first.member.user, "")


def test_zones_and_regions_are_known_ones(workspace: Caller) -> None:
    good = {"name": "A", "time_zone": "UTC", "region": "US"}
    for part, value in (
        ("time_zone", "Here"),
        ("time_zone", ""),
        ("region", "XX"),
        ("language", "xx"),
        ("language", "<b>"),
    ):
        assert invalid_at(update_workspace, workspace.author, **{**good, part: value}) == (
            (part,),
            "invalid",
        )
    assert invalid_at(update_workspace, workspace.author, **{**good, "name": " "}) == (
        ("name",),
        "required",
    )
    assert invalid_at(create_workspace, "A", "a@example.com", time_zone="Here") == (
        ("time_zone",),
        "invalid",
    )
    assert invalid_at(create_workspace, "A", "a@example.com", language="Swedish?") == (
        ("language",),
        "invalid",
    )
    assert update_workspace(workspace.author, **{**good, "region": "fr"}).region == "FR"
    assert update_workspace(workspace.author, **good, language="SV").language == "sv"
    # Left as it is where it is not said.
    assert update_workspace(workspace.author, **good).language == "sv"


def test_a_workspace_is_found_by_its_uuid_slug_or_name(workspace: Caller) -> None:
    row = workspace.workspace

    for identifier in (str(row.uuid), row.slug, row.name):
        assert get_workspace(identifier) == row
        assert list_workspaces(identifier) == [row]
    assert list_workspaces() == list(Workspace.objects.order_by("id"))
    for identifier in ("nowhere", "01920000-0000-7000-8000-000000000001"):
        assert invalid_at(get_workspace, identifier) == ((), "invalid")


def test_commands_act_for_the_first_active_admin(workspace: Caller) -> None:
    assert command_author(workspace.workspace).member.id == workspace.member.pk

    Member.objects.filter(workspace=workspace.workspace).update(is_active=False)
    assert invalid_at(command_author, workspace.workspace) == ((), "invalid")


def test_a_key_lets_in_until_it_is_revoked(workspace: Caller) -> None:
    key, secret = create_api_key(
        workspace.workspace, "A key", member=workspace.member, scopes=["records:read"]
    )
    asked = (
        secret,
        UUID(str(workspace.workspace.uuid)),
        UUID(str(workspace.member.uuid)),
        Source.RECORDS_API,
    )

    assert authenticate_key(*asked).member.id == workspace.member.pk
    assert secret not in str(ApiKey.objects.filter(workspace=workspace.workspace).values())
    assert secret.startswith(key.prefix)

    revoke_api_key(key)
    assert isinstance(refusal(authenticate_key, *asked), NotAuthenticated)


def test_a_key_ends_on_its_day(workspace: Caller) -> None:
    _, secret = create_api_key(
        workspace.workspace,
        "Old",
        member=workspace.member,
        expires_at=datetime(2020, 1, 1, tzinfo=UTC),
    )
    asked = (
        secret,
        UUID(str(workspace.workspace.uuid)),
        UUID(str(workspace.member.uuid)),
        Source.RECORDS_API,
    )

    assert isinstance(refusal(authenticate_key, *asked), NotAuthenticated)


@pytest.mark.django_db
def test_a_new_password_takes_the_place_of_the_old(workspace: Caller) -> None:
    first = reset_password(workspace.member)
    second = reset_password(workspace.member)

    user = get_user_model().objects.get(id=workspace.member.user_id)
    assert (user.check_password(first), user.check_password(second)) == (False, True)
