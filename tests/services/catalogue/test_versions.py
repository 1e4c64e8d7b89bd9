"""Versions of definitions count up with every change, and only those of what changed."""

from __future__ import annotations

from records.models import ObjectType, Workspace
from records.services.catalogue.versions import touch
from tests.factories import Caller, make_object, make_workspace


def versions(caller: Caller) -> tuple[int, dict[str, int]]:
    rows = ObjectType.objects.filter(workspace=caller.workspace, name__in=("boats", "ports"))
    known = Workspace.objects.get(id=caller.workspace.id).definitions_version
    return known, dict(rows.values_list("name", "schema_version"))


def test_only_what_changed_counts_up(workspace: Caller) -> None:
    boats = make_object(workspace, "Boats").pk
    make_object(workspace, "Ports")
    other = make_workspace("Other", "other@example.com")
    known, objects = versions(workspace)
    others = versions(other)
    touch(workspace.workspace.id, [boats])
    assert versions(workspace) == (known + 1, {**objects, "boats": objects["boats"] + 1})
    touch(workspace.workspace.id)
    assert versions(workspace) == (known + 2, {**objects, "boats": objects["boats"] + 1})
    touch(other.workspace.id, [boats])  # an object of another workspace
    assert versions(workspace) == (known + 2, {**objects, "boats": objects["boats"] + 1})
    assert versions(other) == (others[0] + 1, others[1])
