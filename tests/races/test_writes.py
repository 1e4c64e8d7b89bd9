"""Many processes write at once, through a server: nothing is lost, doubled or failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.calling import Answer, Line, play
from tests.serving import Site

from . import parts
from .parts import COMPANIES, values

ROUNDS = 50


def make(line: Line, name: str, **more: Any) -> str:
    """A new company's id."""
    answer = line.send("POST", f"{COMPANIES}/add", values(name=name, **more))
    assert answer.status == 200, answer
    return str(answer.content["id"])


def ledger(line: Line, record: str) -> list[dict[str, Any]]:
    """Every write to a company, oldest first."""
    page = line.send("GET", f"{COMPANIES}/{record}/history?page_size=1000").content
    assert page["count"] == len(page["results"])
    return list(reversed(page["results"]))


def columns(answer: Answer) -> dict[str, Any]:
    return {entry["name"]: entry["value"] for entry in answer.content["fields"].values()}


def test_64_processes_upsert_one_new_key_a_round(raced: Site, line: Line) -> None:
    """In most rounds all send the same, so that one write is left; in every fifth each sends
    something else."""
    same = [values(column_0="same")] * 64
    different = [values(column_0=f"from {number}") for number in range(64)]
    versions = [1 if at % 5 else 64 for at in range(ROUNDS)]
    calls = [
        [("POST", f"{COMPANIES}/upsert", {"lookup_value": f"Key {at}", **body}) for body in sent]
        for at, sent in enumerate(different if version == 64 else same for version in versions)
    ]

    answers = play(raced.address, 64, parts.rounds, calls)

    for version, of_the_round in zip(versions, zip(*answers, strict=True), strict=True):
        assert Counter(answer.status for answer in of_the_round) == {201: 1, 200: 63}
        actions = Counter(answer.content["action"] for answer in of_the_round)
        assert actions == {"created": 1, "updated" if version == 64 else "unchanged": 63}
        (record,) = {answer.content["id"] for answer in of_the_round}
        assert line.send("GET", f"{COMPANIES}/{record}").headers["etag"] == f'"{version}"'
        assert [row["version"] for row in ledger(line, record)] == list(range(1, version + 1))
    query = [{"filters": [{"field": "name", "condition": "starts_with", "value": "Key "}]}]
    assert line.send("POST", f"{COMPANIES}/search", {"query": query}).content["count"] == ROUNDS
    assert raced.differences() == ""


def test_16_processes_write_16_fields_of_one_record(raced: Site, line: Line) -> None:
    record = make(line, "Sixteen fields")

    statuses = play(raced.address, 16, parts.write_column, f"{COMPANIES}/{record}", ROUNDS)

    assert {status for of_one in statuses for status in of_one} == {200}
    found = line.send("GET", f"{COMPANIES}/{record}")
    held = columns(found)
    assert {held[f"column_{at}"] for at in range(16)} == {f"value {ROUNDS - 1}"}
    assert found.headers["etag"] == f'"{1 + 16 * ROUNDS}"'
    replayed: dict[str, Any] = {}
    for row in ledger(line, record):
        for change in row["changes"]:
            assert replayed.get(change["name"]) == change["old"]
            replayed[change["name"]] = change["new"]
    assert replayed == {name: value for name, value in held.items() if name in replayed}
    assert raced.differences() == ""


def test_if_match_counts_exactly(raced: Site, line: Line) -> None:
    record = make(line, "Counted", counter=0)

    met = sum(play(raced.address, 8, parts.increment, f"{COMPANIES}/{record}", 20), Counter[int]())

    assert set(met) == {200, 412}
    assert met[200] == 160
    found = line.send("GET", f"{COMPANIES}/{record}")
    assert columns(found)["counter"] == 160
    assert found.headers["etag"] == '"161"'


def test_32_processes_add_one_name(raced: Site) -> None:
    calls = [[("POST", f"{COMPANIES}/add", values(name=f"Added {at}"))] for at in range(10)]

    answers = play(raced.address, 32, parts.rounds, calls)

    for of_the_round in zip(*answers, strict=True):
        refused = [answer for answer in of_the_round if answer.status != 200]
        assert len(refused) == 31
        assert {answer.status for answer in refused} == {400}
        assert all(answer.content["codes"] == [{"value": ["unique"]}] for answer in refused)


def test_a_unique_field_is_given_once(raced: Site, line: Line) -> None:
    records = [make(line, f"Coded {number}") for number in range(16)]
    calls = [
        [("PATCH", f"{COMPANIES}/{record}", values(code=f"Code {at}")) for record in records]
        for at in range(10)
    ]

    answers = play(raced.address, 16, parts.rounds, calls)

    for of_the_round in zip(*answers, strict=True):
        assert Counter(answer.status for answer in of_the_round) == {200: 1, 400: 15}
        assert {answer.code for answer in of_the_round if answer.status == 400} == {"unique"}
    assert raced.differences() == ""


def test_one_idempotency_key_is_carried_out_once(raced: Site, line: Line) -> None:
    answers = play(raced.address, 16, parts.same_key, 20)

    for at, of_the_round in enumerate(zip(*answers, strict=True)):
        carried_out = [
            a for a in of_the_round if a.status == 200 and "idempotent-replayed" not in a.headers
        ]
        replayed = [a for a in of_the_round if "idempotent-replayed" in a.headers]
        refused = [a for a in of_the_round if a.status == 409]
        assert len(carried_out) == 1
        assert len(replayed) + len(refused) == 15
        later = line.send(
            "POST", f"{COMPANIES}/add", values(name=f"Once {at}"), Idempotency_Key=f"once-{at}"
        )
        for answer in (*replayed, later):
            assert (answer.status, answer.content) == (200, carried_out[0].content)
            assert answer.headers["idempotent-replayed"] == "true"
        assert len(ledger(line, carried_out[0].content["id"])) == 1


def test_a_new_tag_is_made_once(raced: Site, line: Line) -> None:
    records = [make(line, f"Tagged {number}") for number in range(16)]
    spelt = ("New tag {}", "new  TAG {}")
    calls = [
        [
            (
                "PATCH",
                f"{COMPANIES}/{record}",
                values(labels=[spelt[number % 2].format(at), f"Own {number} {at}"]),
            )
            for number, record in enumerate(records)
        ]
        for at in range(5)
    ]

    answers = play(raced.address, 16, parts.rounds, calls)

    for of_the_round in zip(*answers, strict=True):
        assert {answer.status for answer in of_the_round} == {200}
        tags = [tag for answer in of_the_round for tag in columns(answer)["labels"]]
        assert len({tag["id"] for tag in tags}) == len({tag["name"] for tag in tags}) == 17
    assert raced.differences() == ""
