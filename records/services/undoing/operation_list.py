"""Operations as their readers see them: what one request, job or import changed.

Nothing is stored of an operation but its rows in the ledger. Its id begins with the time, so the
index of operations lists them newest first: one probe leads from each to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from records.models import Extent, Job, Source
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import (
    Fragment,
    fetch,
    in_ids,
    is_postgresql,
    moment,
    uuid_param,
    uuid_text,
)

from .operation_rows import LEDGER, Sight, sight_of
from .operation_walk import EXAMINED, OperationKind, SoughtOperations, walk_operations
from .undo_relations import undone_by

_KINDS = frozenset(kind.value for kind in OperationKind)
COUNTED = 1000  # rows of an operation that a list counts


@dataclass(slots=True)
class OperationView:
    """An operation, as far as its reader sees the records. `records` is the number of its writes by
    object and action; `more`: at least so many. `record_uuid` is the record, where it is one."""

    uuid: str
    kind: OperationKind
    created: datetime | None
    source: str
    member: Mapping[str, Any] | None
    api_key_id: int | None
    request_id: str
    reason: str
    record_uuid: str | None
    counts: dict[int, dict[str, int]] = field(default_factory=dict)
    schemas: dict[int, ObjectSchema] = field(default_factory=dict)
    more: bool = False
    undoes: str | None = None
    undone_by: str | None = None

    @property
    def totals(self) -> dict[str, int]:
        """The number of writes, by what they did."""
        found: dict[str, int] = {}
        for counts in self.counts.values():
            for action, count in counts.items():
                found[action] = found.get(action, 0) + count
        return found


class OperationPage(NamedTuple):
    """Operations, newest first, and the one after which the list goes on, if it does."""

    operations: list[OperationView]
    after: str | None


def list_operations(author: Author, sought: SoughtOperations, *, limit: int) -> OperationPage:
    """The operations that the author sees something of. A filter that few operations meet makes a
    page short, or empty, before the list has ended: `after` leads on."""
    sight = sight_of(author, sought.schema)
    walked = walk_operations(sight, sought, limit + 1)
    found = [operation for operation, matched, _ in walked if matched]
    views = describe_operations(sight, found[:limit], COUNTED)
    if len(found) > limit:
        return OperationPage(views, found[limit - 1])
    # The walk ended at its own bound, which may have been anywhere.
    ended = walked[-1] if walked and walked[-1][2] >= EXAMINED else None
    return OperationPage(views, None if ended is None else ended[0])


def find_operation(author: Author, operation: UUID) -> OperationView | None:
    """An operation that the author sees something of, with exact counts."""
    views = describe_operations(sight_of(author), [str(operation)], None)
    return views[0] if views else None


# ---------------------------------------------------------------- what is said of them


class _Head(NamedTuple):
    """What the first row of an operation says of all of them."""

    history_id: int
    uuid: Any
    history_date: Any
    source: str
    author: int | None
    api_key: int | None
    request_id: str
    history_change_reason: str | None


_HEAD = ", ".join(f"h.{name}" for name in _Head._fields)


def describe_operations(
    sight: Sight, operations: Sequence[str], counted: int | None
) -> list[OperationView]:
    """What the reader sees of these operations, in this order; those out of sight are left out.

    Five queries for any number, and one for each time that something was undone and redone.
    """
    if not operations:
        return []
    tallies = _tallies(sight, operations, counted)
    heads = _heads(sight.author.workspace.id, [tally.first for tally in tallies.values()])
    members = sight.author.directory.members(
        head.author for head in heads.values() if head.author is not None
    )
    jobs = {
        str(job.operation_id): job
        for job in Job.objects.filter(
            workspace_id=sight.author.workspace.id, operation_id__in=list(tallies)
        )
    }
    undone = undone_by(sight.author.workspace.id, tallies)
    told = _tells_reasons(sight)
    views = []
    for operation in operations:
        tally = tallies.get(operation)
        if tally is None:
            continue
        head, job = heads[tally.first], jobs.get(operation)
        own = head.author == sight.author.member.id
        member = members.get(head.author) if head.author is not None else None
        views.append(
            OperationView(
                operation,
                _kind_of(head.source, job),
                moment(head.history_date),
                head.source,
                None if member is None else member.json,
                head.api_key,
                head.request_id,
                (head.history_change_reason or "") if own or told else "",
                uuid_text(head.uuid) if tally.is_one_record else None,
                tally.counts,
                {key: sight.schemas[key] for key in tally.counts},
                tally.more,
                None if job is None or job.undoes is None else str(job.undoes),
                undone.get(operation),
            )
        )
    return views


def _tells_reasons(sight: Sight) -> bool:
    """Whether the reader may hear the reasons of others: one may name what was changed, so only who
    sees all records and fields does."""
    role = sight.author.role
    if role.is_admin:
        return True
    everything = all(role.grant(key).view == Extent.ALL for key in sight.author.directory.objects)
    return everything and not role.hidden_fields


def _kind_of(source: str, job: Job | None) -> OperationKind:
    if source == Source.IMPORT:
        return OperationKind.IMPORT
    if job is None or job.kind not in _KINDS:
        return OperationKind.REQUEST
    return OperationKind(job.kind)


@dataclass(slots=True)
class _Tally:
    """The rows of one operation, counted."""

    first: int
    lowest: int
    highest: int
    counts: dict[int, dict[str, int]] = field(default_factory=dict)
    more: bool = False

    @property
    def is_one_record(self) -> bool:
        return self.lowest == self.highest and not self.more


def _tallies(sight: Sight, operations: Sequence[str], counted: int | None) -> dict[str, _Tally]:
    """The rows in sight, counted by object and action, at most `counted` of each operation."""
    rows = fetch(*_counting(sight, operations, counted))
    found: dict[str, _Tally] = {}
    for at, object_id, action, count, first, lowest, highest in rows:
        tally = found.setdefault(operations[at], _Tally(first, lowest, highest))
        tally.first = min(tally.first, first)
        tally.lowest, tally.highest = min(tally.lowest, lowest), max(tally.highest, highest)
        tally.counts.setdefault(object_id, {})[action] = count
    for tally in found.values():
        _bound(tally, counted)
    return found


def _counting(sight: Sight, operations: Sequence[str], counted: int | None) -> Fragment:
    """The statement that counts: place of the operation, object, action, number, and the lowest and
    highest keys."""
    seen, params = sight.condition("h")
    limit = "" if counted is None else f" LIMIT {counted + 1:d}"
    tallied = "c.object_id, c.action, count(*), min(c.history_id), min(c.id), max(c.id)"
    # In the order of the index: the first rows are those of the lowest object.
    rows = (
        f"(SELECT h.object_id, h.action, h.history_id, h.id FROM {LEDGER} h"
        f" WHERE h.workspace_id = %s AND h.operation_id = {{operation}} AND {seen}"
        f" ORDER BY h.operation_id, h.object_id, h.history_id{limit}) c"
    )
    workspace_id = sight.author.workspace.id
    if is_postgresql():  # it would plan each of the parts below by itself
        return (
            f"SELECT o.place - 1, {tallied} FROM unnest(%s::uuid[]) WITH ORDINALITY o(key, place)"
            f" CROSS JOIN LATERAL {rows.format(operation='o.key')}"
            " GROUP BY o.place, c.object_id, c.action"
        ), [list(map(UUID, operations)), workspace_id, *params]
    part = f"SELECT {{at}}, {tallied} FROM {rows} GROUP BY c.object_id, c.action"
    parts = [part.format(at=at, operation="%s") for at in range(len(operations))]
    return " UNION ALL ".join(parts), [
        param
        for operation in operations
        for param in (workspace_id, uuid_param(operation), *params)
    ]


def _bound(tally: _Tally, counted: int | None) -> None:
    """Take the one row back that was counted to see whether there are more."""
    counts = [count for each in tally.counts.values() for count in each.values()]
    if counted is None or sum(counts) <= counted:
        return
    tally.more = True
    last = tally.counts[max(tally.counts)]
    last[max(last, key=lambda action: last[action])] -= 1


def _heads(workspace_id: int, keys: Iterable[int]) -> dict[int, _Head]:
    chosen, params = in_ids("h.history_id", keys)
    rows = fetch(
        f"SELECT {_HEAD} FROM {LEDGER} h WHERE h.workspace_id = %s AND {chosen}",
        [workspace_id, *params],
    )
    return {row[0]: _Head._make(row) for row in rows}
