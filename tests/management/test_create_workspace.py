"""`manage.py create_workspace` and `create_api_key` make what the APIs let in."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

from records.models import ApiKey, Source, Workspace
from records.services.access.credentials import authenticate_key
from tests.factories import Caller, make_member


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command(*arguments)
    return capsys.readouterr().out


def test_what_it_prints_for_programs_lets_them_in(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    made: dict[str, str] = json.loads(
        printed(capsys, "create_workspace", "Example", "--email", "admin@example.com", "--json")
    )

    assert list(made) == ["workspace_id", "member_id", "email", "password", "api_key"]
    author = authenticate_key(
        made["api_key"], UUID(made["workspace_id"]), UUID(made["member_id"]), Source.RECORDS_API
    )
    assert author.role.is_admin
    user: Any = get_user_model().objects.get(email="admin@example.com")
    assert user.check_password(made["password"])
    assert user.is_staff


def test_people_read_the_same(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(
        capsys,
        "create_workspace",
        "Example",
        "--email",
        "admin@example.com",
        "--time-zone",
        "Europe/Paris",
        "--language",
        "sv",
    )

    made = Workspace.objects.get()
    assert (made.time_zone, made.region, made.language) == ("Europe/Paris", "US", "sv")
    for part in ("'Example'", str(made.uuid), "admin@example.com", "rec_", "Password"):
        assert part in text


def test_somebody_who_has_a_password_keeps_it(
    workspace: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "unchanged: the user already has one" in printed(
        capsys, "create_workspace", "Second", "--email", "admin@example.com"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--email", "nobody"], "'nobody' is not an email address"),
        (["--email", "a@example.com", "--time-zone", "Nowhere"], "is not an IANA time zone"),
    ],
)
def test_a_workspace_that_makes_no_sense_is_refused(
    db: None, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command("create_workspace", "Example", *options)
    assert not Workspace.objects.exists()


def test_a_key_can_be_for_any_member(workspace: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "create_api_key", "--workspace", "Example workspace", "--name", "Report")

    secret, notice = text.splitlines()
    assert notice == "It is not shown again."
    author = authenticate_key(
        secret, workspace.workspace.uuid, workspace.member.uuid, Source.RECORDS_API
    )
    assert author.member.id == workspace.member.id


def test_a_key_can_be_for_one_member_and_an_hour(
    workspace: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    clerk = make_member(workspace, "clerk@example.com")
    identifier = str(workspace.workspace.uuid)
    options = [
        "--member",
        "CLERK@example.com",
        "--scopes",
        "records:read",
        "--expires",
        "2999-01-01T10:00+02:00",
    ]
    made = json.loads(
        printed(
            capsys,
            "create_api_key",
            "--workspace",
            identifier,
            "--name",
            "Till",
            *options,
            "--json",
        )
    )

    assert made["member_id"] == str(clerk.member.uuid)
    assert made["expires"] == "2999-01-01T10:00:00+02:00"
    key = ApiKey.objects.get(name="Till")
    assert (key.member_id, key.scopes) == (clerk.member.id, ["records:read"])
    assert key.expires_at is not None
    assert key.expires_at.isoformat() == "2999-01-01T08:00:00+00:00"


@pytest.mark.parametrize("options", [[], ["--self-access"]])
def test_a_key_with_read_scopes_writes_only_where_it_is_said(
    workspace: Caller, options: list[str]
) -> None:
    slug = workspace.workspace.slug
    named = ["--workspace", slug, "--name", "Reader", "--scopes", "records:read"]
    call_command("create_api_key", *named, *options)

    assert ApiKey.objects.get(name="Reader").self_access == bool(options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workspace", "elsewhere"], "There is no workspace 'elsewhere'"),
        (
            ["--member", "nobody@example.com"],
            "No active member of 'Example workspace' has the email",
        ),
        (["--scopes", "records.read"], "'records.read' is not a scope"),
        (
            ["--scopes", "record:write"],
            "'record:write' is not a scope; .* records, datatypes, members or webhooks",
        ),
        (["--expires", "soon"], "'soon' is not a date"),
        (["--expires", "2001-01-01"], "2001-01-01 has passed"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    workspace: Caller, options: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        call_command(
            "create_api_key", "--workspace", workspace.workspace.slug, "--name", "Key", *options
        )
    assert ApiKey.objects.count() == 1
