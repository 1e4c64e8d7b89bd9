"""Dry runs: a write that is only tried, and what its answer says beside the write's own.

A dry run gives a plan, with which the same call can be carried out if it still does just that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

import orjson
from django.http import HttpRequest, HttpResponse

from records.exceptions import InvalidInput, NotFound, quoted
from records.http import read_bytes
from records.services.access import Author
from records.services.operations import (
    Effects,
    Pairs,
    RecordChange,
    read_plan,
    rehearsed,
    sign_plan,
    watched,
)

from .answers import json_answer
from .idempotency import answer_once, check_key
from .parameters import FLAGS

PLAN = "Apply-Plan"
_FOLDED = "dryrun"


@dataclass(frozen=True)
class DryRunForm:
    """How an API speaks of dry runs: its names of the query parameter, the first of which is also
    the key of the answer; other keys; a write to a record; and whether values are plain."""

    parameters: tuple[str, ...]
    words: Mapping[str, str]
    record_row: Callable[[RecordChange], dict[str, Any]]
    plain: bool

    @property
    def key(self) -> str:
        return self.parameters[0]


class Writing(Protocol):
    """A view that carries a write out."""

    author: Author
    action: str
    dry_runs: ClassVar[DryRunForm]
    defines: ClassVar[bool]
    unforetold: ClassVar[frozenset[str]]

    def shown(self, request: HttpRequest, path: Mapping[str, Any]) -> dict[str, Any]: ...

    def renew(self) -> None: ...

    def named(self, response: HttpResponse) -> HttpResponse: ...


@dataclass(frozen=True, slots=True)
class _Done:
    """A response, and the properties of a definition that differ afterwards, before and after."""

    response: HttpResponse
    definition: Pairs


def is_dry_run(request: HttpRequest, form: DryRunForm) -> bool:
    """Whether the call is a dry run; InvalidInput for a value that leaves it open, and for what
    looks like a slip of the parameter's name: the write would be meant."""
    if not request.META.get("QUERY_STRING"):
        return False
    sent: list[str] = []
    for name, texts in request.GET.lists():
        if name in form.parameters:
            sent += texts
        elif name.replace("_", "").replace("-", "").casefold() == _FOLDED:
            raise InvalidInput(f"unknown parameter {quoted(name)}; send {form.key}.", at=form.key)
    if not sent:
        return False
    if len(sent) > 1 or sent[0].lower() not in FLAGS:
        raise InvalidInput("expected true or false, once.", at=form.key)
    return FLAGS[sent[0].lower()]


def foretold_answer(view: Writing, request: HttpRequest, sent: Mapping[str, Any]) -> HttpResponse:
    """What the write would answer, and do."""
    if PLAN in request.headers:
        raise InvalidInput("it is for the write itself; omit it.", at=PLAN)
    check_key(request)
    # Read before the transaction, in which it would hold others up.
    asked, form, author = _asked(request, view.dry_runs), view.dry_runs, view.author
    done, effects = rehearsed(author, _work(view, request, sent), plain=form.plain)
    status = done.response.status_code
    plan = sign_plan(author, asked, status, effects, done.definition)
    content = orjson.loads(done.response.content) if done.response.content else {}
    told = dry_run_content(form, effects, done.definition, plan)
    return json_answer({**content, **told}, 200 if status == 204 else status)


def planned_answer(view: Writing, request: HttpRequest, sent: Mapping[str, Any]) -> HttpResponse:
    """The answer of the write, if it does what the plan in the header says; PlanOutdated, and
    nothing is stored, if it does anything else. A plan is carried out once."""
    author, form = view.author, view.dry_runs
    plan = read_plan(author, _asked(request, form), request.headers[PLAN])

    def check(done: _Done, effects: Effects) -> None:
        plan.check(done.response.status_code, effects, done.definition)

    def work() -> HttpResponse:
        done = watched(author, _work(view, request, sent), check, plain=form.plain)
        return view.named(done.response)

    return answer_once(author, request, work, plan=f"plan:{plan.key}")


def dry_run_content(
    form: DryRunForm, effects: Effects, definition: Pairs, plan: str | None
) -> dict[str, Any]:
    """What the answer to a dry run says beside the write's own."""
    changes = {name: {"old": old, "new": new} for name, (old, new) in definition.items()}
    if effects.named is not None:
        changes |= changes_content(effects.named)
    return {
        form.key: True,
        "changes": changes,
        "effects": {
            "records": list(map(form.record_row, effects.records)),
            form.words["record_count"]: effects.record_count,
            "jobs": [
                {"action": kind, form.words["total_count"]: total} for kind, total in effects.jobs
            ],
        },
        "plan": plan,
    }


def changes_content(change: RecordChange) -> dict[str, Any]:
    """What a write did to the fields of a record, by API name."""
    return {each.field.name: {"old": each.old, "new": each.new} for each in change.fields}


def _work(
    view: Writing, request: HttpRequest, sent: Mapping[str, Any]
) -> Callable[[Author], _Done]:
    """The view's work, and what it does to a definition."""

    def work(author: Author) -> _Done:
        view.author = author
        before = _shown(view, request, sent)
        response: HttpResponse = getattr(view, view.action)(request, **sent)
        after = _after(view, request, sent, response)
        return _Done(response, _differing(before, after, view.unforetold))

    return work


def _shown(view: Writing, request: HttpRequest, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What the path leads to, if that is a definition; empty where there is none."""
    try:
        return view.shown(request, sent) if view.defines else {}
    except NotFound:
        return {}


def _after(
    view: Writing, request: HttpRequest, sent: Mapping[str, Any], response: HttpResponse
) -> dict[str, Any]:
    if not view.defines:
        return {}
    content: dict[str, Any] = orjson.loads(response.content) if response.content else {}
    if "id" in content:
        return content
    view.renew()
    return _shown(view, request, sent)


def _differing(
    before: Mapping[str, Any], after: Mapping[str, Any], unforetold: frozenset[str]
) -> Pairs:
    names = [name for name in dict.fromkeys((*before, *after)) if name not in unforetold]
    pairs = {name: (before.get(name), after.get(name)) for name in names}
    return {name: (old, new) for name, (old, new) in pairs.items() if old != new}


def _asked(request: HttpRequest, form: DryRunForm) -> str:
    """The call, as it is sent with a plan again."""
    query: Sequence[tuple[str, list[str]]] = sorted(request.GET.lists())
    rest = urlencode([pair for pair in query if pair[0] not in form.parameters], doseq=True)
    body = hashlib.sha256(read_bytes(request)).hexdigest()
    return f"{request.method} {request.path}?{rest} {body}"


RECORDS_FORM = DryRunForm(
    ("dry_run",),
    {"record_count": "record_count", "total_count": "total_count"},
    lambda change: {
        "object": change.schema.name,
        "record_id": change.uuid,
        "action": change.action,
        "version": change.version,
        "fields": changes_content(change),
    },
    plain=False,
)
WORKSPACE_FORM = DryRunForm(
    ("dryRun", "dry_run"),
    {"record_count": "recordCount", "total_count": "totalCount"},
    lambda change: {
        "dataTypeId": change.schema.id,
        "recordId": change.key,
        "action": change.action,
        "version": change.version,
        "fields": changes_content(change),
    },
    plain=True,
)
