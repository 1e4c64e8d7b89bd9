"""A dry run of every operation of every interface foretells the answer of the operation, and leaves
every table, sequence and file as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.db import transaction

from records.services.catalogue.directory import forget_everything
from tests.trying import digests, trying

from .mcp import Mcp
from .needs import Interface, Operation
from .rest import Rest
from .workspace_api import WorkspaceApi
from .world import RoleCase, Target, World, make_world

INTERFACES: tuple[Interface, ...] = (Rest(), WorkspaceApi(), Mcp())
ROLES = (RoleCase("admin", admin=True), RoleCase("own", "own", "own", "own", secret="hidden"))
TARGETS = ("mine", "mine, archived", "another's")
# Of the answers: what dry runs say beside the write's own, and the name of what was changed.
TOLD = ("dry_run", "dryRun", "changes", "effects", "plan", "operation_id")
# What each world has of its own: ids of what is made, moments, signatures.
OWN = (
    re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE),
    re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d[\d:.]*([+-]\d\d:\d\d|Z)?"),
    re.compile(r'(?<="id":)\d+|(?<="jobId":)\d+|(?<=/jobs/)\d+'),
    re.compile(r'(?<="secret":)("whsec_[^"]+"|null)'),
    re.compile(r"[\w.-]{4,}:[\w-]{6}:[\w-]{43}"),
)
# A trial of a file is a job, which keeps the file and the rows that were refused for a while.
KEPT = {"import what is not there": {"records_job", "records_importupload", "sequences", "files"}}


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
@pytest.mark.parametrize("interface", INTERFACES, ids=lambda interface: interface.name)
def test_a_dry_run_foretells_the_answer_and_stores_nothing(
    interface: Interface, role: RoleCase
) -> None:
    world = replace(make_world(role), role=interface.role_of(role))
    wrong: list[str] = []
    for operation in interface.operations:
        # A read, with cursors that are sealed each time; and what sends a message, so has no dry run.
        if operation.name.startswith(("follow", "try a webhook")):
            continue
        for name in [name for name in operation.targets if name in TARGETS]:
            found = problems(operation, world, world.targets[name])
            wrong += [f"{operation.name}, {name}: {what}" for what in found]
    assert not wrong, "\n".join(wrong)


def problems(operation: Operation, world: World, target: Target) -> list[str]:
    """What is wrong with the dry run of one call, beside the call itself."""
    before = digests()
    with trying():
        dry = operation.ask(world.caller, world, target)
    after = digests()
    with transaction.atomic():
        real = operation.ask(world.caller, world, target)
        done = digests()
        transaction.set_rollback(True)
    # The version of the definitions is given again, to others.
    if done["records_workspace"] != before["records_workspace"]:
        forget_everything()
    kept = KEPT.get(operation.name, set())
    changed = {name for name in before if before[name] != after[name]}
    found = [f"{name} is another" for name in sorted(changed - kept)]
    foretold = dry.verdict == real.verdict and (
        operation.name == "undo" or told(dry.text) == told(real.text)  # it has words of its own
    )
    if not foretold:
        found.append(
            f"foretold {dry.verdict} {dry.text[:900]}\n  it was {real.verdict} {real.text}"
        )
    is_tried = any(f'"{name}":' in dry.text for name in ("dry_run", "dryRun"))
    # On PostgreSQL a refused write may have taken values from sequences.
    if after != {**done, "sequences": after["sequences"]} and not is_tried:
        found.append("it was no dry run")
    return found


def told(text: str) -> Any:
    """What an answer says, whatever has been made for it."""
    for own in OWN:
        text = own.sub("0", text)
    content = orjson.loads(text or "{}") if text[:1] in ("", "{", "[") else text
    if isinstance(content, dict):
        return {name: value for name, value in content.items() if name not in TOLD}
    return content
