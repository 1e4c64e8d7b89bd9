"""Every id and every name of another workspace, in any place of any request, is one that never existed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.api_client import ApiClient

from .furnished import Asked, Ids, requests
from .trying import attempt

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[0-9:.+-]+")
MADE_ANEW = {"X-Request-ID", "Content-Length"}
Put = Callable[[str], Asked]


def nobodys(theirs: Ids) -> Ids:
    """For each id of the other workspace, one of the same form that never existed."""
    return {
        kind: f"01900000-0000-7000-8000-{at:012x}" if UUID.fullmatch(key) else key.replace("them", "none")
        for at, (kind, key) in enumerate(theirs.items())
    }


def positions(asked: Asked, kinds: dict[str, str]) -> Iterator[tuple[str, str, str, Put]]:
    """(where, kind of id, its text there, the request with another in its place) for every id in a request."""
    for kind, key in kinds.items():
        for spelt in {key, key.replace(" ", "%20")}:
            for part in range(asked.path.count(spelt)):
                pieces = asked.path.split(spelt)
                before, after = spelt.join(pieces[: part + 1]), spelt.join(pieces[part + 1 :])
                yield (
                    f"path, {kind} {part}",
                    kind,
                    spelt,
                    lambda new, before=before, after=after: replace(  # type: ignore[misc]
                        asked, path=before + new.replace(" ", "%20") + after
                    ),
                )
    for name, value in asked.headers.items():
        if kind := _kind(value, kinds):
            yield name, kind, value, lambda new, name=name: replace(asked, headers={**asked.headers, name: new})  # type: ignore[misc]
    for where, value, put in nodes(asked.body, "body"):
        if isinstance(value, str) and (kind := _kind(value, kinds)):
            key = kinds[kind]
            yield (
                where,
                kind,
                value,
                lambda new, put=put, value=value, key=key: replace(asked, body=put(value.replace(key, new))),  # type: ignore[misc]
            )


def _kind(text: str, kinds: dict[str, str]) -> str:
    return next((kind for kind, key in kinds.items() if key in text), "")


def nodes(body: Any, where: str) -> Iterator[tuple[str, Any, Callable[[Any], Any]]]:
    """(where, value, the body with another value there) for every value in a body, the body itself first."""
    yield where, body, lambda new: new
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, item in items:
        for inner, value, put in nodes(item, f"{where}[{key}]" if isinstance(body, list) else f"{where}.{key}"):
            yield inner, value, lambda new, key=key, put=put: _with(body, key, put(new))  # type: ignore[misc]


def _with(body: Any, key: Any, item: Any) -> Any:
    changed: Any = body.copy()
    changed[key] = item
    return changed


def answered(api: ApiClient, asked: Asked, sent: str, ours: Ids) -> Any:
    """All that an answer says, but for the id that was sent and for what is new with every call."""
    answer = attempt(api, asked)
    text = answer.content.decode().replace(sent, "<sent>")
    known = set(ours.values())
    text = UUID.sub(lambda found: found[0] if found[0] in known else "<new>", text)
    headers = {name: value for name, value in answer.headers.items() if name not in MADE_ANEW}
    return answer.status_code, headers, MOMENT.sub("<moment>", text)


def test_the_requests_are_valid(api: ApiClient, ours: Ids) -> None:
    """Each id stands where one is read: otherwise the next test would prove nothing."""
    answers = {asked.name: attempt(api, asked) for asked in requests(ours)}
    refused = {name: answer.content for name, answer in answers.items() if answer.status_code >= 400}

    assert refused == {}


def test_an_id_of_another_workspace_never_existed(api: ApiClient, ours: Ids, theirs: Ids) -> None:
    nobody = nobodys(theirs)
    tried = 0
    for asked in requests(ours):
        for where, kind, _, put in positions(asked, dict(ours)):
            foreign, unknown = (
                answered(api, put(other[kind]), other[kind], ours) for other in (theirs, nobody)
            )
            assert foreign == unknown, (asked.name, where)
            tried += 1
    assert tried > 100


def test_no_kind_of_id_is_left_out(ours: Ids) -> None:
    placed = {kind for asked in requests(ours) for _, kind, _, _ in positions(asked, dict(ours))}

    assert {kind for kind in ours if not kind.startswith(("field ", "option "))} <= placed
