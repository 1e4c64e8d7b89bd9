"""Every id and every name of another workspace, in any place of any request, is one that never
existed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.api_client import ApiClient

from .furnished import Asked, Ids, requests
from .mutating import nodes
from .trying import attempt

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.+-]+")
# The link of a file, which has the second in which it was made.
SIGNED = re.compile(r"[\w-]+:[\w-]{6}:[\w-]{43}")
MADE_ANEW = {"X-Request-ID", "X-Operation-ID", "Content-Length"}
Put = Callable[[str], Asked]


def nobodys(theirs: Ids) -> Ids:
    """For each id of the other workspace, one of the same form that never existed."""
    return {
        kind: f"01900000-0000-7000-8000-{at:012x}"
        if UUID.fullmatch(key)
        else key.replace("them", "none")
        for at, (kind, key) in enumerate(theirs.items())
    }


def positions(asked: Asked, kinds: Ids) -> Iterator[tuple[str, str, Put]]:
    """(where, kind of id, the request with another in its place) for every id in a request."""
    for kind, key in kinds.items():
        pieces = asked.path.split(spelt(key))
        for at in range(1, len(pieces)):
            yield f"path, {kind} {at}", kind, _in_path(asked, pieces, at, spelt(key))
    for name, value in asked.headers.items():
        if kind := _kind(value, kinds):
            yield name, kind, _in_header(asked, name)
    for where, value, put in nodes(asked.body):
        if isinstance(value, str) and (kind := _kind(value, kinds)):
            yield where, kind, _in_body(asked, value, kinds[kind], put)


def spelt(key: str) -> str:
    """An id as it stands in a path."""
    return key.replace(" ", "%20")


def _in_path(asked: Asked, pieces: list[str], at: int, key: str) -> Put:
    before, after = key.join(pieces[:at]), key.join(pieces[at:])
    return lambda new: replace(asked, path=before + spelt(new) + after)


def _in_header(asked: Asked, name: str) -> Put:
    return lambda new: replace(asked, headers={**asked.headers, name: new})


def _in_body(asked: Asked, value: str, key: str, put: Callable[[Any], Any]) -> Put:
    return lambda new: replace(asked, body=put(value.replace(key, new)))


def _kind(text: str, kinds: Ids) -> str:
    return next((kind for kind, key in kinds.items() if key in text), "")


def answered(api: ApiClient, asked: Asked, sent: str, ours: Ids) -> Any:
    """All that an answer says, but for the id that was sent and for what is new with every call."""
    answer = attempt(api, asked)
    text = answer.content.decode().replace(sent, "<sent>")
    known = set(ours.values())
    text = UUID.sub(lambda found: found[0] if found[0] in known else "<new>", text)
    headers = {name: value for name, value in answer.headers.items() if name not in MADE_ANEW}
    text = SIGNED.sub("<signed>", MOMENT.sub("<moment>", text))
    return answer.status_code, headers, text


def test_the_requests_are_valid(api: ApiClient, ours: Ids) -> None:
    """Each id stands where one is read: otherwise the next test would prove nothing."""
    answers = {asked.name: attempt(api, asked) for asked in requests(ours)}
    refused = {
        name: answer.content[:150] for name, answer in answers.items() if answer.status_code >= 400
    }

    assert refused == {}


def test_an_id_of_another_workspace_never_existed(api: ApiClient, ours: Ids, theirs: Ids) -> None:
    nobody = nobodys(theirs)
    tried = 0
    for asked in requests(ours):
        for where, kind, put in positions(asked, ours):
            foreign, unknown = (
                answered(api, put(other[kind]), other[kind], ours) for other in (theirs, nobody)
            )
            assert foreign == unknown, (asked.name, where)
            tried += 1
    assert tried > 100


def test_no_kind_of_id_is_left_out(ours: Ids) -> None:
    placed = {kind for asked in requests(ours) for _, kind, _ in positions(asked, ours)}

    assert {kind for kind in ours if not kind.startswith(("field ", "option "))} <= placed
