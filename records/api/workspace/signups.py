"""Signing up: a member with records in one call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse

from records.api.answers import json_answer
from records.exceptions import InvalidInput, SeveralProblems, one_or_several, problems_at
from records.services.access import Author
from records.services.people import (
    MAX_TYPES,
    SignedUp,
    Signup,
    SignupRecord,
    create_signup,
)

from . import people_documentation as documentation
from .members import DETAILS, conflicts, details_of_body, member_row
from .requests import Body, Query, check_external_id, read_body
from .viewsets import WorkspaceViewSet

MEMBER = (
    *(key for key in DETAILS if key not in ("firstName", "lastName")),
    *("role", "tosAccepted"),
)
WORDS = {core: sent for sent, core in DETAILS.items()}
RECORD = ("externalId", "values", "fieldValues")


class SignupViewSet(WorkspaceViewSet):
    """For keys that may write members and records."""

    area = ""

    @documentation.create_signup
    def create(self, request: HttpRequest) -> HttpResponse:
        Query(request).only()
        body = read_body(request, "member", "data")
        asked = _signup(body)
        with conflicts(), _in_words():
            done = create_signup(self.author, asked)
        return json_answer(_content(self.author, done), 201 if done.was_created else 200)


@contextmanager
def _in_words() -> Iterator[None]:
    """What is refused of the member is refused in the words of this API; slugs are the caller's
    own."""
    try:
        yield
    except InvalidInput as problem:
        several = problem.problems if isinstance(problem, SeveralProblems) else [problem]
        raise one_or_several(
            [each.renamed(WORDS) if each.path[:1] == ("member",) else each for each in several]
        ) from None


def _signup(body: Body) -> Signup:
    if not body.given("member"):
        raise InvalidInput("this key is required.", "required", at="member")
    member = Body(body.content["member"], MEMBER, ("member",))
    data = body.content.get("data")
    data = {} if data is None else data
    if not isinstance(data, dict):
        raise body.wrong("expected an object, slug to record", "data")
    if len(data) > MAX_TYPES:
        raise InvalidInput(f"at most {MAX_TYPES} data types.", "limit_exceeded", at="data")
    return Signup(
        details_of_body(member),
        role=_text(member, "role"),
        tos_accepted=member.flag("tosAccepted") if member.given("tosAccepted") else None,
        records={slug: _record(slug, sent) for slug, sent in data.items()},
    )


def _text(body: Body, key: str) -> str | None:
    value = body.content.get(key)
    if value is not None and not isinstance(value, str):
        raise body.wrong("expected a string", key)
    return value


def _record(slug: str, sent: Any) -> SignupRecord:
    body = Body(sent, RECORD, ("data", slug))
    if "values" in body and "fieldValues" in body:
        raise InvalidInput("it is the same as values; send one of them.", at=body.where)
    key = "values" if "values" in body else "fieldValues"
    values = Body({"fieldValues": body.content.get(key)}, ("fieldValues",), body.where).values()
    external_id = _text(body, "externalId")
    if external_id is not None:
        with problems_at(*body.where):
            check_external_id(external_id)
    return SignupRecord(values, external_id)


def _content(author: Author, done: SignedUp) -> dict[str, Any]:
    """What became of the signup. No credential is ever issued here."""
    row = member_row(author, done.member)
    return {
        "token": None,
        "account": {key: row[key] for key in ("uuid", "email", "phone", "name")},
        "member": {key: row[key] for key in ("id", "email", "memberRoleId")},
        "wasCreated": done.was_created,
        "records": {
            slug: {
                "id": saved.record.id,
                "externalId": saved.record.external_id,
                "action": saved.action,
            }
            for slug, saved in done.records.items()
        },
    }
