"""Signing up: a member and their first records in one call, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar
from uuid import uuid4

from django.db.models import Q

from records.exceptions import (
    Conflict,
    InvalidInput,
    InvalidValues,
    NotFound,
    Place,
    SeveralProblems,
    one_or_several,
)
from records.models import Member, Record, RecordState, Role
from records.services.access import (
    Author,
    Definer,
    check_scope,
    defining,
    get_schema,
    renewed,
)
from records.services.catalogue import ObjectSchema, check_kept_here, type_name
from records.services.reading import check_admin_fields, check_type_archived, with_holders
from records.services.storage import ExternalKey
from records.services.writing import (
    Attributes,
    Mode,
    Refused,
    SaveRequest,
    SaveResult,
    entries_of,
    save_all_records,
)

from .member_details import MemberDetails, check_label_count, checked_details, with_email
from .member_roles import default_member_role
from .members import add_member, change_member, hold_member
from .roles import LAST_ADMIN
from .workspaces import user_with

MAX_TYPES = 50
MAX_NAMED = 10  # members, in a message
KNOWN_BY_PHONE = Q(email="", external_id="")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SignupRecord:
    """A record that is signed up with: values by slug."""

    values: Mapping[str, Any]
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Signup:
    """Who signs up, and records by the slug of their type.

    `tos_accepted` None leaves what is known; `role` is a role's name.
    """

    details: MemberDetails
    role: str | None = None
    tos_accepted: bool | None = None
    records: Mapping[str, SignupRecord] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignedUp:
    """What became of a signup: the member, whether they are new, and what was done to each
    record."""

    member: Member
    was_created: bool
    records: Mapping[str, SaveResult]


def create_signup(author: Author, signup: Signup) -> SignedUp:
    """Add or change the member whom the details name, and their records.

    The external id says who it is, else the email, else the phone; beside one of the first two, a
    phone leads only to who has neither. Conflict: they are different members', or a record is
    another member's. InvalidInput has every problem at its place.
    """
    check_scope(author, "members", "write")
    check_scope(author, "records", "write")
    return _sign_up(author, author, signup)


@defining
def _sign_up(definer: Definer, author: Author, signup: Signup) -> SignedUp:
    problems: list[InvalidInput] = []
    done = _noted(problems, ("member",), lambda: _saved_member(author, signup))
    # Problems of the records are told with those of the member, all at once.
    owner = _stand_in(author) if done is None else done[0]
    current = renewed(author)
    records = {
        slug: _noted(problems, ("data", slug), partial(_saved_record, current, slug, sent, owner))
        for slug, sent in signup.records.items()
    }
    if problems or done is None:
        raise one_or_several(problems)
    saved = {slug: result for slug, result in records.items() if result is not None}
    return SignedUp(owner, done[1], saved)


def _noted(problems: list[InvalidInput], place: Place, work: Callable[[], T]) -> T | None:
    """What `work` makes; what refuses it is noted, at its place in the request."""
    try:
        return work()
    except InvalidValues as refused:
        for entry in refused.entries:
            at = (*place, entry.field_name) if entry.field_name else place
            problems.extend(InvalidInput(each.message, each.code, at=at) for each in entry.problems)
        problems.extend(InvalidInput(each.message, each.code, at=place) for each in refused.general)
    except Conflict as refused:
        refused.move(*place)
        raise
    except SeveralProblems as refused:
        problems.extend(InvalidInput.of(problem, *place) for problem in refused.problems)
    except InvalidInput as refused:
        if refused.code == LAST_ADMIN:
            raise
        problems.append(InvalidInput.of(refused, *place))
    return None


# ---------------------------------------------------------------- the member


def _saved_member(author: Author, signup: Signup) -> tuple[Member, bool]:
    problems: list[InvalidInput] = []
    details = _noted(problems, (), lambda: checked_details(author.workspace, signup.details))
    role = _noted(problems, (), lambda: _named_role(author, signup.role))
    if problems or details is None:
        raise one_or_several(problems)
    checked: Any = details
    if not any(checked.get(part) for part in ("email", "phone", "external_id")):
        raise InvalidInput("one of email, phone and externalId is needed.", "required", at="email")
    if signup.tos_accepted is not None:
        checked["tos_accepted_at"] = datetime.now(UTC) if signup.tos_accepted else None
    known = _find_member(author, checked)
    if known is None:
        member, _ = add_member(author, role, **checked)
        return member, True
    row = hold_member(author, known)
    if "labels" in signup.details and signup.details["labels"] is not None:
        checked["labels"] = list(dict.fromkeys([*row.labels, *checked["labels"]]))
        check_label_count(checked["labels"])
    if signup.tos_accepted and row.tos_accepted_at:
        del checked["tos_accepted_at"]  # what was accepted first counts
    change_member(author, row, checked, role=role, is_active=True)
    return row, False


def _named_role(author: Author, name: str | None) -> Role | None:
    if name is None:
        return None
    found = Role.objects.filter(workspace_id=author.workspace.id, name=name).first()
    if found is None:
        raise InvalidInput("there is no such role.", "does_not_exist", at="role")
    return found


def _find_member(author: Author, checked: Mapping[str, Any]) -> int | None:
    """The member whom the details name; Conflict when they name several."""
    rows = Member.objects.filter(workspace_id=author.workspace.id)
    external_id, email, phone = (
        checked.get(part) or None for part in ("external_id", "email", "phone")
    )
    leads = {
        "external_id": rows.filter(external_id=external_id) if external_id else rows.none(),
        "email": with_email(rows, email) if email else rows.none(),
    }
    led = {part: set(found.values_list("id", flat=True)) for part, found in leads.items()}
    named = set().union(*led.values())
    # A phone may be shared by a family: it decides only where nothing else does.
    holders = rows.filter(phone=phone)
    if not named and (external_id or email):
        # Those who go by a name of their own are somebody else.
        holders = holders.filter(KNOWN_BY_PHONE)
    phones = set(holders.values_list("id", flat=True)) if phone else set()
    if len(named) > 1 or (named and phones and not named & phones):
        raise _different({**led, "phone": set() if named & phones else phones})
    if not named and len(phones) > 1:
        message = f"{_members(phones)} have this phone; send an email or externalId, too."
        raise Conflict(message, at="phone")
    return next(iter(named or phones), None)


def _different(led: Mapping[str, set[int]]) -> Conflict:
    """What leads to whom. The caller changes members, and so may read them."""
    places: dict[Place, str] = {
        (part,): f"It leads to {_members(keys).lower()}." for part, keys in led.items() if keys
    }
    message = "externalId, email and phone lead to different members."
    return Conflict(message, at=next(iter(places)), places=places)


def _members(keys: set[int]) -> str:
    """Members by their numbers; of many, the first few."""
    shown = sorted(keys)
    more = f" and {len(shown) - MAX_NAMED} more" if len(shown) > MAX_NAMED else ""
    numbers = ", ".join(map(str, shown[:MAX_NAMED]))
    return f"{'Members' if len(shown) > 1 else 'Member'} {numbers}{more}"


def _stand_in(author: Author) -> Member:
    """A member for the time of a transaction that is going to be rolled back."""
    user, _ = user_with(author.workspace.id, "", None)
    return Member.objects.create(
        workspace_id=author.workspace.id,
        user=user,
        role=default_member_role(author.workspace.id) or Role.objects.get(id=author.role.id),
        external_id=str(uuid4()),
    )


# ---------------------------------------------------------------- the records


def _saved_record(author: Author, slug: str, sent: SignupRecord, member: Member) -> SaveResult:
    try:
        schema = get_schema(author, type_name(slug))
    except NotFound:
        check_type_archived(author, name=type_name(slug))
        raise InvalidInput("there is no such data type.", "does_not_exist") from None
    check_kept_here(schema, "signing up")
    check_admin_fields(author, schema, sent.values)
    request = _request(author, schema, sent, member)
    try:
        (saved,) = save_all_records(author, schema, [request])
    except Refused as refused:
        error = with_holders(author, schema, refused.outcomes[0], sent.values)
        raise _with_slugs(error, list(sent.values)) from None
    return saved


def _request(
    author: Author, schema: ObjectSchema, sent: SignupRecord, member: Member
) -> SaveRequest:
    entries = entries_of(author, schema, [sent.values])[0]
    attributes = Attributes(member_id=member.pk)
    live = Record.objects.select_for_update(no_key=True).filter(
        workspace_id=author.workspace.id, object_id=schema.id, state=RecordState.ACTIVE
    )
    if sent.external_id is not None:
        key = ExternalKey("", sent.external_id)
        held = live.filter(external_source="", external_id=key.id)
        for number, owner in held.values_list("id", "member_id"):
            if owner not in (None, member.pk):
                message = f"Record {number} has this external id, and is member {owner}'s."
                raise Conflict(message, "already_exists", at="external_id")
        return SaveRequest(Mode.UPSERT, external=key, entries=entries, attributes=attributes)
    if not schema.is_collection:
        # Locked before the record is looked for: of two signups the second finds what the first
        # made.
        hold_member(author, member.pk)
        own = live.filter(member_id=member.pk).order_by("id").values_list("id", flat=True)
        for record_id in own[:1]:
            return SaveRequest(Mode.UPDATE, record_id=record_id, entries=entries)
    return SaveRequest(Mode.CREATE, entries=entries, attributes=attributes)


def _with_slugs(error: Exception, slugs: list[str]) -> Exception:
    """Problems of values that were sent know their place; they get its slug."""
    if isinstance(error, InvalidValues):
        for entry in error.entries:
            if not entry.field_name and entry.position is not None:
                entry.field_name = slugs[entry.position]
    return error
