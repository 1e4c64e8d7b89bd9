"""Workspaces that an earlier release made have a default role after the upgrade."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps

from records.models import Role
from tests.factories import Caller, make_workspace

migration: Any = import_module("records.migrations.0025_default_role")


def test_the_upgrade_chooses_the_role_that_was_made_for_members(workspace: Caller) -> None:
    second = make_workspace("Second", "second@example.com")
    Role.objects.update(is_default=False)
    Role.objects.filter(workspace=second.workspace, name="Member").update(is_admin=True)

    migration.choose(apps, None)

    chosen = Role.objects.filter(is_default=True).values_list("workspace", "name")
    assert list(chosen) == [(workspace.workspace.pk, "Member")]
