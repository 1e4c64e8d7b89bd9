"""A member of the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import (
    CALLER,
    JSON,
    FieldSpec,
    FieldType,
    References,
    Stored,
    field_types,
    member_ref,
)
from .conditions import single_conditions


class TeamSelector(FieldType):
    """The primary key of one member."""

    name = "team_selector"
    label = "Member"
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
