"""What the processes of the races do. Kept apart from the tests, whose modules take long to
import."""

from __future__ import annotations

import http.client
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from multiprocessing.synchronize import Event
from typing import Any

from tests.calling import Answer, Player

COMPANIES = "/api/records/companies"
PEOPLE = "/api/records/people"
Call = tuple[str, str, Any]
NO_HEADERS: Mapping[str, str] = {}


def values(**sent: Any) -> dict[str, Any]:
    """The body of a write that gives these values."""
    return {"fields": [{"name": name, "value": value} for name, value in sent.items()]}


def rounds(
    player: Player, calls: Sequence[Sequence[Call]], headers: Mapping[str, str] = NO_HEADERS
) -> list[Answer]:
    """One call in each round, at the same moment as the others: `calls[round][number of the
    process]`.

    A round with fewer calls than there are processes is played in turns.
    """
    answers = []
    for of_the_round in calls:
        method, path, body = of_the_round[player.number % len(of_the_round)]
        player.together()
        answers.append(player.line.send(method, path, body, **headers))
    return answers


def write_column(player: Player, record: str, times: int) -> list[int]:
    """Write one column of the record, this process's own, again and again."""
    player.together()
    return [
        player.line.send(
            "PATCH", record, values(**{f"column_{player.number}": f"value {at}"})
        ).status
        for at in range(times)
    ]


def increment(player: Player, record: str, times: int) -> Counter[int]:
    """Add one to the counter so many times, each time to the value that is there then; the statuses
    met."""
    met: Counter[int] = Counter()
    player.together()
    for _ in range(times):
        while True:
            read = player.line.send("GET", f"{record}?field_names=counter")
            (held,) = read.content["fields"].values()
            written = player.line.send(
                "PATCH", record, values(counter=held["value"] + 1), If_Match=read.headers["etag"]
            )
            met[written.status] += 1
            if written.status != 412:
                break
            assert int(written.headers["etag"].strip('"')) > int(read.headers["etag"].strip('"'))
    return met


def same_key(player: Player, times: int) -> list[Answer]:
    """Add a record in each round, all processes under the round's one Idempotency-Key."""
    answers = []
    for at in range(times):
        player.together()
        answers.append(
            player.line.send(
                "POST", f"{COMPANIES}/add", values(name=f"Once {at}"), Idempotency_Key=f"once-{at}"
            )
        )
    return answers


def storm(player: Player, records: Mapping[str, str], times: int) -> Counter[int]:
    """Archive, bring back, rename, change, and take the names of a few records, in a random order
    of its own."""
    choose = random.Random(player.number)
    met: Counter[int] = Counter()
    player.together()
    for at in range(times):
        name, record = choose.choice(list(records.items()))
        taken = choose.choice(list(records))
        path = f"{COMPANIES}/{record}"
        changed = values(column_0=f"{player.number} {at}")
        answer = player.line.send(
            *choose.choice(
                [
                    ("DELETE", path, None),
                    ("PATCH", f"{path}/unarchive", None),
                    ("PATCH", path, changed),
                    (
                        "PATCH",
                        path,
                        {**values(name=taken, code=taken), "archived_conflict": "overwrite"},
                    ),
                    ("PUT", path, values(name=name, counter=at, code=name)),
                    ("POST", f"{COMPANIES}/upsert", {"lookup_value": name, **changed}),
                    (
                        "POST",
                        f"{COMPANIES}/upsert",
                        {"lookup_value": name, "oncreate_unarchive": "unarchive"},
                    ),
                    (
                        "POST",
                        f"{COMPANIES}/upsert",
                        {"lookup_value": name, "oncreate_unarchive": "overwrite"},
                    ),
                    (
                        "POST",
                        f"{COMPANIES}/upsert",
                        {"lookup_value": name, "match_field": "code", **changed},
                    ),
                    ("POST", f"{COMPANIES}/add", {**values(name=name), "unarchive": "overwrite"}),
                    # Whatever the others do, some write makes a record and is answered with 201.
                    ("POST", f"{COMPANIES}/add", values(name=f"{player.number} {at}")),
                ]
            )
        )
        met[answer.status] += 1
    return met


def link(
    player: Player, companies: Sequence[str], people: Sequence[str], times: int
) -> Counter[int]:
    """Half of the processes lock companies first and then people, the other half the other way
    round."""
    choose = random.Random(player.number)
    met: Counter[int] = Counter()
    for _ in range(times):
        company, person = choose.choice(companies), choose.choice(people)
        player.together()
        if player.number % 2:
            body = values(staff=choose.sample(people, 2), note=str(choose.random()))
            answer = player.line.send("PATCH", f"{COMPANIES}/{company}", body)
        else:
            body = values(advises=choose.sample(companies, 2), name=f"{person} {choose.random()}")
            answer = player.line.send("PATCH", f"{PEOPLE}/{person}", body)
        met[answer.status] += 1
    return met


def write_through_a_crash(player: Player, times: int, reached: Event) -> dict[str, int]:
    """Write until so many writes are confirmed; the highest version confirmed, by name. Half-way,
    say so.

    A connection that breaks is opened again, and its call is repeated: nobody knows whether it was
    carried out.
    """
    confirmed: dict[str, int] = {}
    player.together()
    for at in range(times):
        name = f"Crash {player.number}-{at % 5}"
        body = {
            "lookup_value": name,
            **values(column_1=f"{player.number}-{at}", labels=[f"label {at % 7}"]),
        }
        answer = send_until_answered(player, body)
        assert answer.status in (200, 201), answer
        confirmed[name] = int(answer.headers["etag"].strip('"'))
        if at == times // 2:
            reached.set()
    return confirmed


def send_until_answered(player: Player, body: Any) -> Answer:
    while True:
        try:
            return player.line.send("POST", f"{COMPANIES}/upsert", body)
        except (OSError, http.client.HTTPException):
            player.line.close()


def define_or_write(player: Player, name: str, fields: Sequence[str], times: int) -> Counter[int]:
    """The first two change the definition of an object, the others write its records meanwhile."""
    choose, met = random.Random(player.number), Counter[int]()
    player.together()
    for at in range(times):
        calls = (
            definition_changes(choose, name, fields, at)
            if player.number < 2
            else record_writes(choose, name)
        )
        for call in calls:
            met[player.line.send(*call).status] += 1
    return met


def definition_changes(
    choose: random.Random, name: str, fields: Sequence[str], at: int
) -> list[Call]:
    path = f"/api/custom-objects/{name}"
    return choose.choice(
        [
            [
                (
                    "PATCH",
                    f"{path}/fields/{choose.choice(fields)}",
                    {"is_unique": choose.random() < 0.7},
                )
            ],
            [
                (
                    "PATCH",
                    f"{path}/fields/{choose.choice(fields)}",
                    {"is_required": choose.random() < 0.3},
                )
            ],
            [
                (
                    "PATCH",
                    path,
                    {
                        "entity_display_name_pattern_text": choose.choice(
                            ["", "{name} {a}", "{b}: {name}"]
                        )
                    },
                )
            ],
            [
                (
                    "POST",
                    f"{path}/fields",
                    {"category": "General", "display_name": "Passing", "field_type": "text"},
                ),
                ("DELETE", f"{path}/fields/passing", None),
            ],
        ]
    )


def record_writes(choose: random.Random, name: str) -> list[Call]:
    path, record = f"/api/records/{name}", choose.choice("klmnop")
    value = {field: str(choose.randrange(40)) for field in choose.sample("abc", 2)}
    passing = {"passing": str(choose.randrange(40))} if choose.random() < 0.3 else {}
    tags = {"tags": [str(choose.randrange(40))]} if choose.random() < 0.2 else {}
    return [
        ("POST", f"{path}/upsert", {"lookup_value": record, **values(**value, **passing, **tags)})
    ]


def rename_or_link(
    player: Player, boats: Sequence[str], sailors: Sequence[Sequence[str]]
) -> Counter[int]:
    """In each round one process renames a boat, and the others put sailors aboard, whose names show
    it."""
    met: Counter[int] = Counter()
    for boat, mates in zip(boats, sailors, strict=True):
        call = ("PATCH", f"/api/records/sailors/{mates[player.number]}", values(boat=boat))
        if player.number == 0:
            call = ("PATCH", f"/api/records/boats/{boat}", values(name=f"Renamed {boat}"))
        player.together()
        met[player.line.send(*call).status] += 1
    return met


def external_rounds(player: Player, calls: Sequence[Call], bearer: str) -> list[Answer]:
    """One call of the Workspace API in each round, at the same moment as the others."""
    answers = []
    for method, path, body in calls:
        player.together()
        answers.append(player.line.send(method, path, body, Authorization=bearer))
    return answers


def keyed(player: Player, calls: Sequence[tuple[str, str, Any, str]]) -> Answer:
    """This process's own call of the Workspace API, with a key of its own."""
    method, path, body, key = calls[player.number]
    player.together()
    return player.line.send(method, path, body, Authorization=f"Bearer {key}")


def erase_or_link(
    player: Player, companies: Sequence[str], people: Sequence[str], bearer: str
) -> Counter[int]:
    """In each round one process deletes a company for good, while the others make people work
    there."""
    met: Counter[int] = Counter()
    for at, company in enumerate(companies):
        player.together()
        if player.number == 0:
            answer = player.line.send("DELETE", company, Authorization=bearer)
        else:
            body = values(employer={"name": f"Doomed {at}"}, name=f"Worker {player.number} of {at}")
            answer = player.line.send("PATCH", f"{PEOPLE}/{people[player.number]}", body)
        met[answer.status] += 1
    return met


COLOURS = ("race red", "race blue", "race green")


def count_between_writes(
    player: Player, records: Sequence[str], times: int
) -> list[tuple[int, int]]:
    """In each round half of the processes write while the others count; then all count what nobody
    is changing.

    Gives what was counted then beside what was found.
    """
    choose = random.Random(player.number)
    seen = []
    for _ in range(times):
        player.together()
        for _ in range(4):
            if player.number % 2:
                player.line.send(*_recolouring(choose, choose.choice(records)))
            else:
                _counted(player, choose.choice(COLOURS))
        player.together()
        seen += [_counted(player, colour) for colour in COLOURS for _ in range(2)]
    return seen


def _recolouring(choose: random.Random, record: str) -> Call:
    path = f"{COMPANIES}/{record}"
    colour = choose.choice(COLOURS)
    return choose.choice(
        [
            ("PATCH", path, values(column_1=colour)),
            ("PATCH", path, values(column_1=colour)),
            ("DELETE", path, None),
            ("PATCH", f"{path}/unarchive", None),
            (
                "POST",
                f"{COMPANIES}/add",
                values(name=f"Counted {choose.random()}", column_1=colour),
            ),
        ]
    )


def _counted(player: Player, colour: str) -> tuple[int, int]:
    query = [{"filters": [{"field": "column_1", "condition": "=", "value": colour}]}]
    found = player.line.send(
        "POST", f"{COMPANIES}/search", {"query": query, "page_size": 1000}
    ).content
    return found["count"], len(found["results"])


def repeat(
    player: Player, method: str, path: str, body: Any, key: str
) -> tuple[int, bool, set[int]]:
    """Send a call under a key until it is answered: the status, whether it is a replay, and how it
    was put off."""
    put_off: set[int] = set()
    player.together()
    for _ in range(600):
        try:
            answer = player.line.send(method, path, body, Idempotency_Key=key)
        except (OSError, http.client.HTTPException):  # the worker is being begun anew
            player.line.close()
            time.sleep(0.05)
            continue
        if answer.status not in (409, 503):
            return answer.status, "idempotent-replayed" in answer.headers, put_off
        assert answer.headers["retry-after"] == "1"
        put_off.add(answer.status)
        time.sleep(0.05)
    raise AssertionError("the call is never answered")


def write_anything(player: Player, shared: Sequence[str], times: int) -> int:
    """Write records of this process's own, and some that all processes write; the number of writes
    that were made."""
    choose, made = random.Random(player.number), 0
    own: list[str] = []
    player.together()
    for at in range(times):
        record = choose.choice(own if own and choose.random() < 0.4 else shared)
        kind = choose.random()
        if kind < 0.3:
            body = values(name=f"Follow {player.number} {at}", counter=at)
            answer = player.line.send("POST", f"{COMPANIES}/add", body)
            own.append(f"{COMPANIES}/{answer.content['id']}")
        elif kind < 0.85:
            column = f"column_{choose.randrange(4)}"
            body = values(**{column: f"{player.number} {at}", "labels": [f"L{at % 7}"]})
            answer = player.line.send("PATCH", record, body)
        elif kind < 0.93 or record not in own:
            answer = player.line.send("PATCH", record, values(column_0=None, counter=at))
        else:
            answer = player.line.send("DELETE", record)
            if choose.random() < 0.5:
                answer = player.line.send("PATCH", f"{record}/unarchive", {})
            else:
                own.remove(record)
        made += answer.status in (200, 201, 204)
    return made
