"""A member of the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import (
    JSON,
    FieldSpec,
    FieldType,
    MemberRef,
    References,
    Stored,
    check_id,
    check_text,
    field_types,
)
from .conditions import single_conditions

CALLER = "is_me"
MAX_EMAIL = 254


def member_ref(field: FieldSpec, raw: JSON) -> MemberRef:
    """The member that `raw` names: an id, bare or in an object, `{"email"}`, or the caller."""
    if raw == CALLER:
        return MemberRef(is_me=True)
    if isinstance(raw, dict) and raw.get("id") is None and isinstance(raw.get("email"), str):
        return MemberRef(email=check_text(raw["email"], MAX_EMAIL).strip().lower())
    return MemberRef(uuid=check_id(raw, f'a member, or "{CALLER}"'))


class TeamSelector(FieldType):
    """The primary key of one member."""

    name = "team_selector"
    column = "member"
    refers_to = "member"
    plain = False
    few_values = True
    sent_by = "id"
    conditions = single_conditions(member_ref)

    def parse(self, field: FieldSpec, raw: JSON) -> Stored:
        return None if raw == "" else member_ref(field, raw)

    def from_text(self, field: FieldSpec, text: str) -> JSON:
        cell = text.strip()
        return {"email": cell} if "@" in cell else cell

    def to_json(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        return references.members.get(stored)

    def to_plain(self, field: FieldSpec, stored: Stored, references: References) -> JSON:
        return stored

    def name_part(
        self, field: FieldSpec, stored: Stored, names: Mapping[int, str], members: Mapping[int, str]
    ) -> str:
        return members.get(stored, "")

    def json_schema(self, field: FieldSpec) -> dict[str, Any]:
        ids = {"type": "string", "format": "uuid", "description": "A member's id"}
        return {"anyOf": [ids, {"const": CALLER, "description": "The caller"}]}

    def example(self, field: FieldSpec) -> JSON:
        return CALLER


field_types.register(TeamSelector.name, TeamSelector())
