"""What expressions see of a record's member."""

from __future__ import annotations

from datetime import date, datetime

from records.field_types import NOBODY, Surroundings

from .directory import MemberSpec


def surroundings_of(member: MemberSpec | None, now: datetime) -> Surroundings:
    """What an expression sees at this moment, which is one of the workspace's clocks; without a
    member texts are empty, the id is 0 and the age -1."""
    if member is None:
        return Surroundings(now)
    known, born = member.json, member.date_of_birth
    facts = {
        "id": member.id,
        "name": member.name,
        "first_name": known.get("first_name") or member.name.partition(" ")[0],
        "last_name": known.get("last_name") or "",
        "email": known.get("email") or "",
        "phone": member.phone,
        "account_uuid": member.uuid,
        "external_id": member.external_id,
        "date_of_birth": "" if born is None else born.isoformat(),
        "labels": list(member.labels),
        "age": NOBODY["age"] if born is None else _age(born, now.date()),
    }
    return Surroundings(now, facts)


def _age(born: date, today: date) -> int:
    """Whole years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
