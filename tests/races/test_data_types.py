"""Data types, fields and options that go while records are written."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

from tests.calling import Answer, Line, play
from tests.serving import Site

from . import parts

ROUNDS = 15


def workspace_headers(raced: Site) -> dict[str, str]:
    """The headers by which the Workspace API knows the site's admin."""
    return {"Authorization": f"Bearer {dict(raced.address.headers)['X-API-KEY']}"}


def workspace_path(raced: Site) -> str:
    return f"/api/v2/w/{dict(raced.address.headers)['X-BUSINESS-ID']}"


def sent(raced: Site, method: str, path: str, body: Any = None) -> Answer:
    """The answer to one call on a connection of its own: races last longer than one is kept."""
    line = Line(raced.address)
    answer = line.send(method, workspace_path(raced) + path, body, **workspace_headers(raced))
    line.close()
    return answer


def test_a_record_is_written_before_its_type_is_archived_or_not_at_all(raced: Site) -> None:
    base, headers = workspace_path(raced), workspace_headers(raced)

    send = partial(sent, raced)
    made = send("POST", "/data-types", {"name": "Moved", "fields": []})
    assert made.status == 201, made
    path = f"/data-types/{made.content['id']}"
    written: dict[str, Any] = {"fieldValues": {}}
    signup = {"member": {"email": "demo@example.com"}, "data": {"moved": {"values": {}}}}
    calls: list[list[parts.Call]] = [
        [
            ("POST", f"{base}{path}/{'unarchive' if at % 2 else 'archive?force=true'}", None),
            *[("POST", f"{base}{path}/records", written)] * 2,
            ("POST", f"{base}{path}/records/bulk", {"records": [written]}),
            ("POST", f"{base}{path}/upsert/new-{at}", written),
            ("POST", f"{base}/create-signup", signup),
        ]
        for at in range(2 * ROUNDS)
    ]

    answers = play(raced.address, 6, parts.rounds, calls, headers)

    assert {answer.status for answer in answers[0]} == {200}
    met = Counter(answer.status for of_one in answers[1:] for answer in of_one)
    # Whoever may know that the type is there is told what became of it.
    assert set(met) == {200, 201, 409}
    codes = {
        answer.content["error"]["code"]
        for of_one in answers[1:]
        for answer in of_one
        if answer.status == 409
    }
    assert codes <= {"archived", "conflict"}
    listed = send("GET", f"{path}/records?pageSize=1000").content
    assert listed["total"] == met[200] + met[201]
    assert raced.differences() == ""


def test_the_fields_of_a_type_change_before_it_is_archived_or_not_at_all(raced: Site) -> None:
    base, headers = workspace_path(raced), workspace_headers(raced)
    send = partial(sent, raced)
    made = send("POST", "/data-types", {"name": "Reshaped", "fields": []}).content
    path = f"/data-types/{made['id']}"
    field = send("POST", f"{path}/fields", {"name": "Kept", "fieldType": "text"}).content["id"]
    calls: list[list[parts.Call]] = [
        [
            ("POST", f"{base}{path}/{'unarchive' if at % 2 else 'archive?force=true'}", None),
            ("POST", f"{base}{path}/fields", {"name": f"New {at}", "fieldType": "text"}),
            ("PUT", f"{base}{path}/fields/{field}", {"description": f"{at}"}),
            ("PUT", f"{base}{path}", {"description": f"{at}"}),
            ("GET", f"{base}{path}/records", None),
        ]
        for at in range(2 * ROUNDS)
    ]

    answers = play(raced.address, 5, parts.rounds, calls, headers)

    assert {answer.status for answer in (*answers[0], *answers[4])} == {200}
    met = Counter(answer.status for of_one in answers[1:4] for answer in of_one)
    assert set(met) <= {200, 201, 409}
    found = send("GET", path).content["fields"]
    assert sum(row["name"].startswith("New") for row in found) == met[201]
    assert raced.differences() == ""


def test_an_option_goes_while_records_get_it(raced: Site) -> None:
    base, headers = workspace_path(raced), workspace_headers(raced)

    def send(method: str, path: str, body: Any = None) -> Any:
        answer = sent(raced, method, path, body)
        assert answer.status < 300, answer
        return answer.content

    field = {"name": "Kind", "fieldType": "dropdown", "options": ["Kept", "Last"]}
    made = send("POST", "/data-types", {"name": "Chosen", "fields": [field]})
    path = f"/data-types/{made['id']}"
    kind = next(row["id"] for row in made["fields"] if row["slug"] == "kind")
    options = f"{path}/fields/{kind}/options"
    written = [
        ("POST", f"{base}{path}/records", {"fieldValues": {"kind": name}})
        for name in ("Going", "Going", "Kept", "Going")
    ]
    ends = ("replaceWith=Kept", "force=true")
    for at in range(ROUNDS):
        send("PUT", f"{path}/fields/{kind}", {"options": ["Going"]})
        send("POST", f"{path}/records", {"fieldValues": {"kind": "Going"}})
        calls: list[list[parts.Call]] = [
            [("DELETE", f"{base}{options}/Going?{ends[at % 2]}", None), *written]
        ]

        answers = play(raced.address, 5, parts.rounds, calls, headers)

        assert answers[0][0].status == 200, answers[0]
        met = {answer.status for of_one in answers[1:] for answer in of_one}
        assert met <= {201, 400, 409}, answers
        found = send("GET", f"{path}/records?pageSize=1000")["items"]
        assert {row["fieldValues"]["kind"] for row in found} <= {"Kept", None}
    assert raced.differences() == ""


def test_a_field_goes_while_records_get_values(raced: Site) -> None:
    base, headers = workspace_path(raced), workspace_headers(raced)

    send = partial(sent, raced)
    path = f"/data-types/{send('POST', '/data-types', {'name': 'Emptied'}).content['id']}"
    for at in range(ROUNDS):
        made = send("POST", f"{path}/fields", {"name": f"F {at}", "fieldType": "text"})
        assert made.status == 201, made
        slug = made.content["slug"]
        calls: list[list[parts.Call]] = [
            [
                ("DELETE", f"{base}{path}/fields/{made.content['id']}", None),
                *[("POST", f"{base}{path}/records", {"fieldValues": {slug: "x"}})] * 3,
            ]
        ]

        (deleted,), *others = play(raced.address, 4, parts.rounds, calls, headers)

        written = [answer.status for (answer,) in others]
        assert set(written) <= {201, 400, 409}, written
        # It is deleted before there is a value, or not at all.
        assert (deleted.status, 201 in written) in ((200, False), (409, True)), (deleted, written)
    assert raced.differences() == ""
