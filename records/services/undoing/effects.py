"""What an operation did to one record, all in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from records.services.database import uuid_text
from records.services.reading import take_back
from records.services.storage import RecordRow, value_changes
from records.services.writing import is_other

from .operation_rows import LedgerRow, rows_at, rows_since

OldAndNew = tuple[Any, Any]


@dataclass(slots=True)
class Effect:
    """The rows that an operation has of one record, the row before them, and those after, oldest
    first. Without a row before them the operation has created the record."""

    rows: list[LedgerRow] = field(default_factory=list)
    later: list[LedgerRow] = field(default_factory=list)
    before: LedgerRow | None = None

    @property
    def after(self) -> LedgerRow:
        """The record as the operation left it."""
        return self.rows[-1]

    @property
    def created(self) -> bool:
        return self.before is None

    @property
    def erased(self) -> bool:
        """Whether the record was deleted permanently."""
        return any(row.action == "deleted" for row in self.rows)

    @property
    def touched_files(self) -> bool:
        return any(row.action in ("attached", "detached") for row in self.rows)

    @property
    def merged(self) -> bool:
        """Whether the operation merged the record into another."""
        return self.after.merged_into is not None and (
            self.before is None or self.before.merged_into is None
        )

    @property
    def unmerged(self) -> bool:
        """Whether the operation brought a merged record back."""
        return self.before is not None and (
            self.before.merged_into is not None and self.after.merged_into is None
        )

    def changes(self) -> dict[str, OldAndNew]:
        """The fields that the operation changed, before and after.

        What another operation wrote in between stays: only what followed that is taken back.
        """
        net: dict[str, OldAndNew] = {}
        ended: set[str] = set()
        for row in reversed(self.rows):
            for key, (old, new) in value_changes(row.action, row.changes).items():
                if key not in net:
                    net[key] = old, new
                elif key not in ended and not is_other(net[key][0], new):
                    net[key] = old, net[key][1]
                else:
                    ended.add(key)
        return {key: (old, new) for key, (old, new) in net.items() if is_other(old, new)}

    @property
    def absorbed_later(self) -> bool:
        """Whether others were merged into the record since."""
        return any(row.action == "merged" for row in self.later)

    def values_left(self, row: RecordRow) -> dict[str, Any]:
        """The values that the operation left in a record."""
        left = RecordRow(row.id, row.uuid, dict(row.values))
        for write in reversed(self.later):
            take_back(left, value_changes(write.action, write.changes))
        return left.values

    def changed_since(self, row: RecordRow, ignored: Iterable[str]) -> list[str]:
        """The fields whose value differs from what the operation left."""
        left = self.values_left(row)
        keys = (left.keys() | row.values.keys()) - set(ignored)
        return sorted(key for key in keys if is_other(left.get(key), row.values.get(key)))


def load_effects(
    workspace_id: int, operation: str, records: Iterable[int], first: int
) -> dict[int, Effect]:
    """What an operation did to these records; two queries. `first` is the key of its first row."""
    found: dict[int, Effect] = {}
    for row in rows_since(workspace_id, records, first):
        if uuid_text(row.operation_id) == operation:
            effect = found.setdefault(row.id, Effect())
            # Rows of others in between are no longer later ones.
            effect.later.clear()
            effect.rows.append(row)
        elif row.id in found:
            found[row.id].later.append(row)
    before = rows_at(
        workspace_id,
        {key: effect.rows[0].version - 1 for key, effect in found.items()},
    )
    for key, effect in found.items():
        effect.before = before.get(key)
    return found
