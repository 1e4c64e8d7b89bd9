"""Links of other records to merged ones: pointed at the survivor, and taken back.

Records that link are changed by the system, as where a record is deleted: whoever may merge two
records need not see, or be allowed to change, everything that links to them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from records.services.access import Author
from records.services.catalogue import ObjectSchema, schema_in_any_state
from records.services.database import document, fetch, in_ids, uuid_param
from records.services.storage import RecordRow
from records.services.writing import (
    find_linking,
    is_other,
    linking_fields,
    rewrite_values,
)

RELINKED = "relinked"  # what the ledger calls it
BATCH = 1000
_ROWS = (
    "SELECT h.history_id, h.id, h.changes FROM records_historicalrecord h WHERE h.workspace_id = %s"
    " AND h.operation_id = %s AND h.object_id = %s AND h.action = 'relinked' AND h.history_id > %s"
    f" ORDER BY h.history_id LIMIT {BATCH}"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A link that stays as it is, and why."""

    object_id: int
    record_id: int
    field_id: int
    code: str


def relink(author: Author, schema: ObjectSchema, merged: Sequence[int], survivor: int) -> int:
    """Point every link to merged records at their survivor, in records of whatever state: of how
    many.

    Of one-to-one links to several of them the survivor's own stays, else the first in the order of
    `merged`; the others are removed. The links that these records have among themselves are theirs:
    `rules` sees to them. Who was linking to them has been waited for where they were merged.
    """
    own = {survivor, *merged}
    changed = 0
    for object_id, field_ids in linking_fields(schema).items():
        linking = schema_in_any_state(author.directory, object_id)
        keepers = _keepers(linking, field_ids, [survivor, *merged])
        move = partial(
            _moved, fields=field_ids, merged=set(merged), survivor=survivor, keepers=keepers
        )
        last = 0
        while found := find_linking(linking, field_ids, set(merged), last):
            others = [key for key in found if key not in own]
            changed += len(rewrite_values(author, linking, others, move, RELINKED))
            last = found[-1]
    return changed


def _keepers(
    linking: ObjectSchema, field_ids: Iterable[int], targets: Sequence[int]
) -> dict[int, int]:
    """For each one-to-one link the record that keeps it."""
    exclusive = [key for key in field_ids if linking.all_fields[key].is_exclusive]
    if not exclusive:
        return {}
    fields, params = in_ids("v.field_id", exclusive)
    chosen, more = in_ids("v.related_record", targets)
    rows = fetch(
        "SELECT v.field_id, v.related_record, v.record_id FROM records_fieldvalue v"
        f" WHERE v.workspace_id = %s AND {fields} AND {chosen} AND v.live",
        [linking.workspace_id, *params, *more],
    )
    place = {key: at for at, key in enumerate(targets)}
    keepers: dict[int, int] = {}
    for field_id, _, record in sorted(rows, key=lambda row: place[row[1]]):
        keepers.setdefault(field_id, record)
    return keepers


def _moved(
    row: RecordRow,
    *,
    fields: Iterable[int],
    merged: Collection[int],
    survivor: int,
    keepers: Mapping[int, int],
) -> dict[str, Any]:
    """The record's values with its links at the survivor."""
    values = dict(row.values)
    for field_id in fields:
        key = str(field_id)
        links = values.get(key)
        if isinstance(links, list):
            values[key] = list(dict.fromkeys(survivor if key in merged else key for key in links))
        elif links in merged:
            # An archived record keeps its partner until it comes back: then it is compared.
            if row.state == "active" and keepers.get(field_id, row.id) != row.id:
                del values[key]
            else:
                values[key] = survivor
    return values


# ---------------------------------------------------------------- and back


def take_links_back(
    author: Author,
    operation: UUID,
    restored: Mapping[int, int],
    *,
    schema: ObjectSchema,
    force: bool,
    kept: list[Kept],
) -> int:
    """Point the links that a merge moved at the records that have come back; `restored` has each
    one's survivor. Of how many records; what was left is added to `kept`.

    What has been changed since stays unless `force`.
    """
    changed = 0
    for object_id in linking_fields(schema):
        linking = schema_in_any_state(author.directory, object_id)
        for noted in _noted(linking, operation):
            put_back = partial(
                _put_back,
                linking=linking,
                noted=noted,
                restored=restored,
                force=force,
                kept=kept,
            )
            found = rewrite_values(author, linking, list(noted), put_back, RELINKED)
            changed += len(found)
    return changed


_Changes = Mapping[str, Sequence[Any]]


def _noted(linking: ObjectSchema, operation: UUID) -> Iterator[dict[int, _Changes]]:
    """What an operation did to the links of an object's records, by record, a batch at a time."""
    last = 0
    while True:
        rows = fetch(_ROWS, [linking.workspace_id, uuid_param(operation), linking.id, last])
        if rows:
            yield {record: document(changes) for _, record, changes in rows}
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


def _put_back(
    row: RecordRow,
    *,
    linking: ObjectSchema,
    noted: Mapping[int, _Changes],
    restored: Mapping[int, int],
    force: bool,
    kept: list[Kept],
) -> dict[str, Any]:
    values = dict(row.values)
    for key, (old, new) in noted[row.id].items():
        former = _former(old, new, restored)
        current = values.get(key)
        if former is None or not is_other(current, former):
            continue
        if int(key) not in linking.indexed:
            kept.append(Kept(linking.id, row.id, int(key), "field_deleted"))
        elif is_other(current, new) and not force:
            kept.append(Kept(linking.id, row.id, int(key), "changed_since"))
        else:
            values[key] = former
    return values


def _former(old: Any, new: Any, restored: Mapping[int, int]) -> Any:
    """What the field held, as far as that has come back; None where nothing of it has."""
    if not isinstance(old, list):
        return old if old in restored else None
    if restored.keys().isdisjoint(old):
        return None
    survivor = next(iter(restored.values()))
    there = set(new or ())
    return list(dict.fromkeys(key if key in there or key in restored else survivor for key in old))
