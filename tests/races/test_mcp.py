"""Many agents write at once, through a server: nothing is lost, doubled or failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.calling import Address, Answer, play
from tests.serving import Site

from . import parts

ROUNDS = 20
Round = list[dict[str, Any]]


def agents(raced: Site) -> Address:
    """The server, as agents call it."""
    sent = dict(raced.address.headers)
    headers = {"Authorization": f"Bearer {sent['X-API-KEY']}", "Accept": "application/json"}
    return Address(raced.address.host, raced.address.port, tuple(headers.items()))


def play_rounds(raced: Site, players: int, rounds: list[Round]) -> list[list[dict[str, Any]]]:
    """What `manage_record` answered each player, round by round; `rounds` are the arguments of each
    player's call."""
    base = dict(raced.address.headers)["X-BUSINESS-ID"]
    calls = [
        [("POST", "/mcp", message({"base_id": base} | sent)) for sent in of_the_round]
        for of_the_round in rounds
    ]
    answers: list[list[Answer]] = play(agents(raced), players, parts.rounds, calls)
    return [
        [content(answer) for answer in of_the_round] for of_the_round in zip(*answers, strict=True)
    ]


def message(arguments: dict[str, Any]) -> dict[str, Any]:
    params = {"name": "manage_record", "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def content(answer: Answer) -> dict[str, Any]:
    assert answer.status == 200, answer
    result = answer.content["result"]
    assert not result["isError"], result
    found: dict[str, Any] = result["structuredContent"]
    return found


def test_64_processes_upsert_one_new_external_id_a_round(raced: Site) -> None:
    about = {"action": "upsert", "record_type": "companies", "external_source": "race"}
    rounds: list[Round] = []
    for at in range(ROUNDS):
        columns = ["same" if at % 5 else f"from {number}" for number in range(64)]
        data = [{"name": f"Agents {at}", "column_0": column} for column in columns]
        rounds.append([about | {"external_id": f"key-{at}", "data": sent} for sent in data])

    answers = play_rounds(raced, 64, rounds)

    for at, of_the_round in enumerate(answers):
        actions = Counter(answer["action"] for answer in of_the_round)
        assert actions == {"created": 1, "unchanged" if at % 5 else "updated": 63}
        assert len({answer["id"] for answer in of_the_round}) == 1
        assert max(answer["version"] for answer in of_the_round) == (1 if at % 5 else 64)
    assert raced.differences() == ""


def test_16_processes_write_one_new_property_a_round(raced: Site) -> None:
    """Half of them at records of their own, the others all at one."""
    shared = {"action": "upsert", "record_type": "notes"}
    (made,) = play_rounds(raced, 1, [[shared | {"data": {"name": "Shared"}}]])
    rounds: list[Round] = []
    for at in range(ROUNDS):
        own = [
            {"data": {"name": f"Note {at} {number}", f"new_{at}": number}} for number in range(8)
        ]
        same = [
            {"action": "patch", "record_id": made[0]["id"], "data": {f"new_{at}": number}}
            for number in range(8)
        ]
        rounds.append([shared | sent for sent in [*own, *same]])

    answers = play_rounds(raced, 16, rounds)

    for at, of_the_round in enumerate(answers):
        assert all(answer["data"][f"new_{at}"] in range(8) for answer in of_the_round)
        assert Counter(answer["action"] for answer in of_the_round)["created"] == 8
    assert raced.differences() == ""
