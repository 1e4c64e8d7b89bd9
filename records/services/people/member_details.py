"""What a workspace knows of a member: each detail checked, and kept in one form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from records.exceptions import InvalidInput, one_or_several, problems_at, quoted
from records.field_types import InvalidValue, phone_in_e164, read_day
from records.models import Member
from records.services.catalogue import WorkspaceSpec

MAX_LABELS = 50
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8})*")
FIRST_DAY = date(1850, 1, 1)
TAKEN = "unique"  # the code of what another member has already


class MemberDetails(TypedDict, total=False):
    """Details as they are sent; None clears one. `name` is the first and the last name in one."""

    name: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    external_id: str | None
    date_of_birth: str | date | None
    locale: str | None
    labels: list[str] | None
    tos_accepted_at: datetime | None


def checked_details(workspace: WorkspaceSpec, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that these details are kept in; InvalidInput names each that will not do."""
    checked: dict[str, Any] = {}
    problems = []
    for part, value in _named(given).items():
        try:
            checked[part] = _CHECKS[part](workspace, value)
        except InvalidInput as problem:
            problems.append(InvalidInput(problem.reason, problem.code, at=(part, *problem.path)))
    if problems:
        raise one_or_several(problems)
    return checked


_LABELS = {"email": "address", "external_id": "external id"}


def check_member(row: Member) -> None:
    """InvalidInput unless something says who the member is, and nobody else has their email or
    external id."""
    if not (row.email or row.phone or row.external_id):
        raise InvalidInput("one of email, phone and external id is needed.", "required", at="email")
    others = Member.objects.filter(workspace_id=row.workspace_id).exclude(id=row.pk)
    known = {
        "email": with_email(others, row.email) if row.email else others.none(),
        "external_id": others.filter(external_id=row.external_id)
        if row.external_id
        else others.none(),
    }
    # Whoever changes members may read them.
    problems = [
        InvalidInput(f"member {key} has this {_LABELS[part]} already.", TAKEN, at=part)
        for part, rows in known.items()
        for key in rows.values_list("id", flat=True)[:1]
    ]
    if problems:
        raise one_or_several(problems)


def with_email(rows: Any, email: str) -> Any:
    """The members with this address, in any case."""
    # As the index has it.
    return rows.alias(folded=Lower("email")).filter(folded=email.lower())


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    """The details with the name in two parts."""
    parts = dict(given)
    if "name" not in parts:
        return parts
    if "first_name" in parts or "last_name" in parts:
        raise InvalidInput("send it in one or in two parts, not both.", at="name")
    with problems_at("name"):
        first, _, last = _text(parts.pop("name"), 301).partition(" ")
    return {**parts, "first_name": first, "last_name": last}


def _text(value: Any, most: int) -> str:
    """A line of text without white space around it; empty for None."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInput("expected a string.")
    text = " ".join(value.split())
    if len(text) > most:
        raise InvalidInput(f"at most {most} characters.", "limit_exceeded")
    if not text.isprintable():  # lone surrogates and null characters, too
        raise InvalidInput("control characters are not allowed.")
    return text


def _name(workspace: WorkspaceSpec, value: Any) -> str:
    return _text(value, 150)


def _email(workspace: WorkspaceSpec, value: Any) -> str:
    email = _text(value, 254)
    if not email:
        return ""
    try:
        validate_email(email)
    except ValidationError:
        raise InvalidInput("enter a valid email address.") from None
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain.lower()}"


def _phone(workspace: WorkspaceSpec, value: Any) -> str:
    text = _text(value, 64)
    try:
        return phone_in_e164(text, workspace.region) if text else ""
    except InvalidValue as problem:
        raise InvalidInput(problem.reason, problem.code) from None


def _external_id(workspace: WorkspaceSpec, value: Any) -> str:
    if isinstance(value, str) and value and not value.strip():
        raise InvalidInput("expected 1 to 255 characters.")
    return _text(value, 255)


def _day(workspace: WorkspaceSpec, value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        day = value if isinstance(value, date) else read_day(value)
    except InvalidValue as problem:
        raise InvalidInput(problem.reason, problem.code) from None
    if not FIRST_DAY <= day <= datetime.now(workspace.zone).date():
        raise InvalidInput(f"expected a day from {FIRST_DAY} to today.")
    return day


def _locale(workspace: WorkspaceSpec, value: Any) -> str:
    text = _text(value, 35)
    if not text:
        return ""
    if not LOCALE.fullmatch(text):
        raise InvalidInput(f"{quoted(text)} is not a language tag, such as en or pt-BR.")
    language, *rest = text.replace("_", "-").split("-")
    return "-".join([language.lower(), *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    """A region in capitals, a script with one, anything else as small letters."""
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()


def _labels(workspace: WorkspaceSpec, value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInput("expected a list of labels.")
    for at, label in enumerate(value):
        if not isinstance(label, str) or not LABEL.fullmatch(label):
            raise InvalidInput(
                "expected letters, digits, hyphens and underscores, at most 64.", at=at
            )
    labels = list(dict.fromkeys(value))
    check_label_count(labels)
    return labels


def check_label_count(labels: list[str]) -> None:
    if len(labels) > MAX_LABELS:
        raise InvalidInput(f"at most {MAX_LABELS} labels.", "limit_exceeded")


def _moment(workspace: WorkspaceSpec, value: Any) -> datetime | None:
    assert value is None or isinstance(value, datetime)  # callers decide when
    return value


_CHECKS: Mapping[str, Callable[[WorkspaceSpec, Any], Any]] = {
    "first_name": _name,
    "last_name": _name,
    "email": _email,
    "phone": _phone,
    "external_id": _external_id,
    "date_of_birth": _day,
    "locale": _locale,
    "labels": _labels,
    "tos_accepted_at": _moment,
}
