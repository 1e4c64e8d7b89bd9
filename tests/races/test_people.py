"""Calls about members at the same moment: a workspace keeps an admin, one person is one member."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.calling import Address, Line, play
from tests.databases import MANAGE
from tests.serving import Site

from . import parts

ROUNDS = 12


def command(raced: Site, *words: str) -> dict[str, str]:
    """What a command of the site prints as JSON."""
    done = subprocess.run(
        [*MANAGE, *words, "--json"],
        env=raced.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    printed: dict[str, str] = json.loads(done.stdout)
    return printed


@pytest.fixture
def address(raced: Site) -> Address:
    """The server, to callers who say themselves who they are."""
    return Address(raced.address.host, raced.address.port)


@pytest.fixture
def line(address: Address) -> Iterator[Line]:
    opened = Line(address)
    yield opened
    opened.close()


@pytest.fixture
def workspace(raced: Site) -> dict[str, str]:
    """A workspace of the test's own, with one admin and their key."""
    name = f"Crowd {secrets.token_hex(4)}"
    return command(
        raced, "create_workspace", name, "--email", f"{secrets.token_hex(4)}@example.com"
    )


def test_two_admins_who_archive_each_other_leave_one(
    raced: Site, address: Address, line: Line, workspace: dict[str, str]
) -> None:
    path = f"/api/v2/w/{workspace['workspace_id']}"

    def send(method: str, where: str, key: str, body: Any = None) -> Any:
        return line.send(method, path + where, body, Authorization=f"Bearer {key}")

    first_key = workspace["api_key"]
    me = send("GET", "/members/me", first_key).content
    email = f"{secrets.token_hex(4)}@example.com"
    made = send("POST", "/members", first_key, {"email": email, "roleId": me["memberRoleId"]})
    assert made.status == 201, made
    second_key = command(
        raced, "create_api_key", "--workspace", workspace["workspace_id"], "--name", "Second",
        "--member", email,
    )["api_key"]  # fmt: skip
    admins = {first_key: me["id"], second_key: made.content["id"]}
    plain = next(
        role["id"] for role in send("GET", "/member-roles", first_key).content if role["isDefault"]
    )
    for at in range(ROUNDS):
        bodies = ("/archive", None) if at % 2 else ("", {"memberRoleId": plain})
        method, (end, body) = ("POST" if at % 2 else "PUT"), bodies
        calls = [
            (method, f"{path}/members/{admins[second_key]}{end}", body, first_key),
            (method, f"{path}/members/{admins[first_key]}{end}", body, second_key),
        ]

        answers = play(address, 2, parts.keyed, calls)

        met = sorted(answer.status for answer in answers)
        # Whoever came second was the last admin's, or has lost what the call takes.
        assert met[0] == 200, answers
        assert met[1] in (401, 403, 409), answers
        winner, loser = (
            (first_key, second_key) if answers[0].status == 200 else (second_key, first_key)
        )
        ok = send("POST", f"/members/{admins[loser]}/unarchive", winner)
        assert ok.status == 200, ok
        role = {"memberRoleId": me["memberRoleId"]}
        assert send("PUT", f"/members/{admins[loser]}", winner, role).status == 200


def test_one_person_who_signs_up_many_times_at_once_is_one_member(
    raced: Site, address: Address, line: Line, workspace: dict[str, str]
) -> None:
    path, key = f"/api/v2/w/{workspace['workspace_id']}", workspace["api_key"]
    types: dict[str, dict[str, Any]] = {
        "profiles": {"name": "Profiles", "slug": "profiles", "isCollection": False},
        "orders": {"name": "Orders", "slug": "orders"},
    }
    for body in types.values():
        body["fields"] = [{"name": "Note", "fieldType": "text"}]
        made = line.send("POST", f"{path}/data-types", body, Authorization=f"Bearer {key}")
        assert made.status == 201, made
    calls = []
    for at in range(ROUNDS):
        names = (
            {"email": f"p{at}@example.com"},
            {"externalId": f"p{at}"},
            {"phone": f"+120155501{at:02}"},
        )
        data = {
            "profiles": {"values": {"note": "one"}},
            "orders": {"externalId": f"o-{at}", "values": {"note": "one"}},
        }
        calls.append(("POST", f"{path}/create-signup", {"member": names[at % 3], "data": data}))

    answers = play(address, 16, parts.external_rounds, calls, f"Bearer {key}")

    for of_the_round in zip(*answers, strict=True):
        met = Counter(answer.status for answer in of_the_round)
        assert met == {201: 1, 200: 15}, of_the_round
        assert len({answer.content["member"]["id"] for answer in of_the_round}) == 1
        for slug in types:
            assert len({answer.content["records"][slug]["id"] for answer in of_the_round}) == 1
    found = line.send("GET", f"{path}/members?pageSize=100", Authorization=f"Bearer {key}").content
    assert found["total"] == ROUNDS + 1
    assert raced.differences() == ""
