"""The figures shown with a record: counted from real rows, in the query that reads the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    fetch,
    is_postgresql,
    moment_param,
)


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts around a record. `member_ids` are explicit associations; `lead_sources` is empty
    unless requested."""

    upcoming_activities: int = 0
    member_ids: tuple[int, ...] = ()
    addresses: int = 0
    email_suppressed: bool = False
    lead_sources: tuple[str, ...] = ()

    def team_members(self, schema: ObjectSchema, values: Mapping[str, Any]) -> int:
        """Distinct members linked to the record: owner, team-selector values, explicit
        associations."""
        linked = set(self.member_ids)
        linked.update(
            values[str(f.id)] for f in schema.team_fields if values.get(str(f.id)) is not None
        )
        return len(linked)


NO_SUMMARY = Summary()


def summary_columns(schema: ObjectSchema, alias: str, *, lead_sources: bool = False) -> Fragment:
    """Columns for a SELECT over records under `alias`, in the order `read_summary` takes them."""
    collect = "json_agg" if is_postgresql() else "json_group_array"
    mine = f"x.workspace_id = {alias}.workspace_id AND x.record_id = {alias}.id"
    columns = [
        (
            f"(SELECT count(*) FROM records_activity x WHERE {mine} AND x.due_at > %s AND "
            "x.completed_at IS NULL)"
        ),
        f"(SELECT {collect}(x.member_id) FROM records_recordmember x WHERE {mine})",
    ]
    if schema.is_contact:
        suppressed = f"x.workspace_id = {alias}.workspace_id AND x.email = {alias}.identifier"
        columns.append(f"(SELECT count(*) FROM records_address x WHERE {mine})")
        columns.append(f"EXISTS (SELECT 1 FROM records_emailsuppression x WHERE {suppressed})")
    else:
        # Every object has the same columns, so one function reads them all.
        columns += ["0", "FALSE"]
    columns.append(
        f"(SELECT {collect}(x.kind) FROM records_leadsource x WHERE {mine})"
        if lead_sources
        else "NULL"
    )
    return ", ".join(columns), [moment_param(datetime.now(UTC))]


def load_summary(schema: ObjectSchema, record_id: int) -> Summary:
    """The figures of one record that was read without them."""
    columns, params = summary_columns(schema, "r")
    (figures,) = fetch(
        f"SELECT {columns} FROM records_record r WHERE r.workspace_id = %s AND r.id = %s",
        [*params, schema.workspace_id, record_id],
    )
    return read_summary(figures)


def read_summary(columns: Sequence[Any]) -> Summary:
    """The figures from the columns `summary_columns` names."""
    upcoming, members, addresses, suppressed, sources = columns
    return Summary(
        upcoming,
        tuple(_items(members)),
        addresses,
        bool(suppressed),
        tuple(sorted(_items(sources))),
    )


def _items(raw: Any) -> list[Any]:
    if raw is None:  # not selected, or PostgreSQL's aggregate of no rows
        return []
    items: list[Any] = orjson.loads(raw) if isinstance(raw, (str, bytes)) else raw
    return items
