"""Every operation of every interface, by every role, on records in every state: nothing works that
is not granted, and nothing is shown that is not for the caller."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction

from records.services.catalogue.directory import forget_everything
from tests.factories import Caller

from .mcp import Mcp
from .needs import Answer, Expected, Interface, Operation, Verdict
from .rest import Rest
from .workspace_api import WorkspaceApi
from .world import ROLES, RoleCase, Target, World, make_world

INTERFACES: tuple[Interface, ...] = (Rest(), WorkspaceApi(), Mcp())


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: interface.name)
def test_a_role_does_what_it_is_granted_and_nothing_else(
    interface: Interface, role: RoleCase
) -> None:
    world = replace(make_world(role), role=interface.role_of(role))
    before = world.state()  # and after each call, which is taken back
    wrong: list[str] = []
    for operation in interface.operations:
        for name in operation.targets:
            found = problems(operation, world, world.targets[name], before)
            wrong += [f"{operation.name}, {name}: {what}" for what in found]
    assert not wrong, "\n".join(wrong)
    assert world.state() == before


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: interface.name)
def test_every_operation_is_in_the_matrix(workspace: Caller, interface: Interface) -> None:
    assert {operation.covers for operation in interface.operations} == interface.documented(
        workspace
    )
    names = [operation.name for operation in interface.operations]
    assert len(names) == len(set(names))


def problems(
    operation: Operation, world: World, target: Target, before: tuple[Any, ...]
) -> list[str]:
    """What is wrong with the answer to one call, or with what it left behind."""
    with transaction.atomic():
        answer = operation.ask(world.caller, world, target)
        after = world.state()
        transaction.set_rollback(True)
    if before[-1] != after[-1]:  # the version is given again, to other definitions
        forget_everything()
    expected = operation.needs(world, target)
    return [*judged(answer, expected, changed=before != after), *leaks(answer, world)]


def judged(answer: Answer, expected: Expected, *, changed: bool) -> list[str]:
    found = []
    if answer.verdict != expected.verdict:
        found.append(f"{answer.verdict} instead of {expected.verdict}: {answer.text[:300]}")
    elif changed != expected.changed:
        found.append("something was changed" if changed else "nothing was changed")
    if (
        expected.verdict == Verdict.DONE
        and expected.count is not None
        and answer.count != expected.count
    ):
        found.append(f"counts {answer.count} instead of {expected.count}")
    return found


def leaks(answer: Answer, world: World) -> list[str]:
    return [
        f"shows {what}: {answer.text[:600]}"
        for what, text in world.secrets(answer.sent).items()
        if text in answer.text
    ]
