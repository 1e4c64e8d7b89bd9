"""`manage.py mcp`: which key it takes (what it serves is tested with the official client)."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from tests.factories import Caller, make_key, make_workspace


def start(workspace: str) -> str:
    """What it says when it does not start."""
    with pytest.raises(CommandError) as refused:
        call_command("mcp", workspace=workspace, api_key_env="RECORDS_TEST_KEY")
    return str(refused.value)


def test_the_key_is_read_from_the_environment(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECORDS_TEST_KEY", raising=False)
    assert "RECORDS_TEST_KEY is not set" in start(workspace.workspace.slug)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("rec_unknown", "The API key is not valid."),
        ("of nobody", "The API key is not bound to a member"),
        ("of another", "is not one of the workspace 'Example workspace'"),
    ],
)
def test_the_key_is_a_members_of_the_workspace(
    workspace: Caller, monkeypatch: pytest.MonkeyPatch, key: str, told: str
) -> None:
    secrets = {
        "of nobody": make_key(workspace.workspace, None)[1],
        "of another": make_workspace("Other", "other@example.com").secret,
    }
    monkeypatch.setenv("RECORDS_TEST_KEY", secrets.get(key, key))
    said = start(str(workspace.workspace.uuid))
    assert told in said
    assert "rec_" not in said


def test_an_unknown_workspace_is_told(workspace: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECORDS_TEST_KEY", workspace.secret)
    assert "There is no workspace 'nowhere'." in start("nowhere")
