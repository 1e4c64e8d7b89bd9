"""From operation to operation, newest first, by one index of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from records.models import Source
from records.services.catalogue import ObjectSchema
from records.services.database import Fragment, fetch, uuid_param, uuid_text

from .operation_rows import LEDGER, Sight

EXAMINED = 5000  # operations that one request looks at


class OperationKind(StrEnum):
    """How something was changed."""

    REQUEST = "request"
    IMPORT = "import"
    BULK_CHANGE = "bulk_change"
    BULK_ARCHIVE = "bulk_archive"
    CLEAR_FIELD = "clear_field"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class SoughtOperations:
    """Which operations to list; None and empty: whichever. `member_id` is a primary key, `before`
    the operation that the list goes on after."""

    schema: ObjectSchema | None = None
    member_id: int | None = None
    source: str = ""
    kind: OperationKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: UUID | None = None


def walk_operations(
    sight: Sight, sought: SoughtOperations, limit: int
) -> list[tuple[str, bool, int]]:
    """(operation, whether it is sought, its place) from the newest on: those that are sought, and
    the last one that was looked at if the walk has reached its bound."""
    workspace_id = sight.author.workspace.id
    bound, bounds = _bounds(sought)
    matched, params = _condition(sight, sought)
    newest = f"SELECT b.operation_id FROM {LEDGER} b WHERE b.workspace_id = %s{bound}"
    rows = fetch(
        "WITH RECURSIVE w(op, place) AS ("
        f"SELECT ({newest} ORDER BY b.operation_id DESC LIMIT 1), 1 UNION ALL SELECT ({newest}"
        " AND b.operation_id < w.op ORDER BY b.operation_id DESC LIMIT 1), w.place + 1 FROM w"
        " WHERE w.op IS NOT NULL AND w.place < %s), seen AS ("
        f"SELECT w.op, w.place, {matched} AS matched FROM w WHERE w.op IS NOT NULL)"
        " SELECT op, matched, place FROM seen WHERE matched OR place = %s LIMIT %s",
        [
            *(workspace_id, *bounds),
            *(workspace_id, *bounds),
            EXAMINED,
            *params,
            EXAMINED,
            limit,
        ],
    )
    return [(uuid_text(operation), bool(matched), place) for operation, matched, place in rows]


def _bounds(sought: SoughtOperations) -> Fragment:
    """Between which ids the operations are: an id begins with the milliseconds of its time."""
    bound, params = "", list[Any]()
    if sought.before is not None:
        bound += " AND b.operation_id < %s"
        params.append(uuid_param(sought.before))
    if sought.until is not None:
        bound += " AND b.operation_id < %s"
        params.append(uuid_param(first_id(sought.until)))
    if sought.since is not None:
        bound += " AND b.operation_id >= %s"
        params.append(uuid_param(first_id(sought.since)))
    return bound, params


def first_id(when: datetime) -> UUID:
    """The lowest id of a moment."""
    milliseconds = max(0, min(int(when.timestamp() * 1000), 2**48 - 1))
    return UUID(int=milliseconds << 80)


def _condition(sight: Sight, sought: SoughtOperations) -> Fragment:
    """SQL that says whether the operation `w.op` is sought."""
    workspace_id = sight.author.workspace.id
    of_op = f"FROM {LEDGER} h WHERE h.workspace_id = %s AND h.operation_id = w.op"
    conditions, params = list[str](), list[Any]()
    # All rows of an operation have one author, and one source.
    for column, wanted in (("author", sought.member_id), ("source", sought.source or None)):
        if wanted is not None:
            conditions.append(f"(SELECT h.{column} {of_op} LIMIT 1) = %s")
            params += [workspace_id, wanted]
    if sought.kind is not None:
        condition, more = _of_kind(workspace_id, sought.kind, of_op)
        conditions.append(condition)
        params += more
    seen, more = sight.condition("h")
    conditions.append(f"EXISTS (SELECT 1 {of_op} AND {seen})")
    params += [workspace_id, *more]
    return f"({' AND '.join(conditions)})", params


def _of_kind(workspace_id: int, kind: OperationKind, of_op: str) -> Fragment:
    if kind == OperationKind.IMPORT:
        return f"(SELECT h.source {of_op} LIMIT 1) = %s", [workspace_id, Source.IMPORT.value]
    job = (
        "EXISTS (SELECT 1 FROM records_job j WHERE j.workspace_id = %s AND j.operation_id = w.op"
        " AND j.kind = %s)"
    )
    if kind != OperationKind.REQUEST:
        return job, [workspace_id, kind.value]
    others = [
        each.value
        for each in OperationKind
        if each not in (OperationKind.REQUEST, OperationKind.IMPORT)
    ]
    marks = ", ".join(["%s"] * len(others))
    return (
        f"(SELECT h.source {of_op} LIMIT 1) <> %s AND NOT EXISTS (SELECT 1 FROM records_job j"
        f" WHERE j.workspace_id = %s AND j.operation_id = w.op AND j.kind IN ({marks}))"
    ), [workspace_id, Source.IMPORT.value, workspace_id, *others]
