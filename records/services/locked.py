"""The records a batch holds: read and locked once, in the order of their keys, and found again by every name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from records.field_types import FieldSpec

from .naming import identifier_key
from .object_schema import ObjectSchema
from .record_rows import RecordRow, lock_records
from .save_requests import SaveRequest
from .sql import Fragment, Row, fetch, for_update, in_ids, in_texts, in_uuids, is_postgresql
from .values import UNSET, Parsed


class LockedRecords:
    """A batch's records by key, UUID and identifier, and who holds the values that must stay unique."""

    def __init__(self, schema: ObjectSchema) -> None:
        self.schema = schema
        self.by_uuid: dict[str, RecordRow] = {}
        self.by_id: dict[int, RecordRow] = {}
        self.by_identifier: dict[str, RecordRow] = {}
        self.unique_holders: dict[tuple[int, str], RecordRow | int] = {}

    def load(self, requests: Sequence[SaveRequest], writes: Sequence[Parsed]) -> None:
        """Lock every record that the requests address, match, or take a name from."""
        conditions = []
        uuids = [request.uuid for request in requests if request.uuid]
        ids = {request.record_id for request in requests if request.record_id}
        identifiers = self._identifiers(requests, writes)
        if len(identifiers) >= PROBED_FROM and is_postgresql():
            ids |= {key for _, key in probe(IDENTIFIER, self.schema, self.schema.id, identifiers)}
            identifiers = []
        ids |= self._find_unique_holders(requests, writes)
        if uuids:
            conditions.append(in_uuids("r.uuid", uuids))
        if ids:
            conditions.append(in_ids("r.id", ids))
        if identifiers:
            conditions.append(in_texts("r.identifier", identifiers))
        if not conditions:
            return
        either = " OR ".join(sql for sql, _ in conditions)
        params = [param for _, given in conditions for param in given]
        self._lock_linked((either, params), writes)
        for row in lock_records(self.schema, (either, params), summary=len(requests) == 1):
            self.remember(row)

    def _lock_linked(self, addressed: Fragment, writes: Sequence[Parsed]) -> None:
        """Where mirror fields are written, lock both sides at once, in the order of all their keys.

        Writers who begin at opposite ends of a link would otherwise each hold what the other waits for.
        """
        sides = {spec.id: spec.mirror_of_id or 0 for spec in self.schema.mirrors}
        changes = [change for parsed in writes for key, change in parsed.changes.items() if key in sides]
        if not changes or not is_postgresql():  # SQLite has one writer at a time
            return
        mirrored, keys = in_ids("v.field_id", {sides[change.field.id] for change in changes})
        named = {key for change in changes for key in (*change.given, *change.add, *change.remove) if key is not None}
        tenant = self.schema.workspace_id
        fetch(
            "WITH addressed AS (SELECT r.id FROM records_record r"
            f" WHERE r.workspace_id = %s AND r.object_id = %s AND ({addressed[0]}))"
            " SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.id IN ("
            "SELECT id FROM addressed UNION SELECT unnest(%s::bigint[]) UNION SELECT v.record_id"
            f" FROM records_fieldvalue v WHERE v.workspace_id = %s AND {mirrored} AND v.live"
            " AND v.related_record IN (SELECT id FROM addressed)) ORDER BY r.id" + for_update("r"),
            [tenant, self.schema.id, *addressed[1], tenant, list(named), tenant, *keys],
        )

    def remember(self, row: RecordRow) -> None:
        """Note a record under its names, for the requests that follow."""
        self.by_uuid[row.uuid] = row
        if row.id:
            self.by_id[row.id] = row
        if row.identifier is not None:
            self.by_identifier[row.identifier] = row

    def refresh(self, row: RecordRow) -> None:
        """Another batch of the transaction has changed one of these records."""
        known = self.by_uuid.get(row.uuid)
        if known is not None:
            known.values, known.version, known.updated_at = row.values, row.version, row.updated_at
            known.display_name = row.display_name

    def find(self, request: SaveRequest) -> RecordRow | None:
        """The record a request addresses."""
        return self.by_uuid.get(request.uuid) if request.uuid else self.by_id.get(request.record_id or 0)

    def match(self, request: SaveRequest) -> RecordRow | None:
        """The record an upsert matches."""
        key = request.match_key or ""
        if request.match_field is None:
            return self.by_identifier.get(identifier_key(key))
        holder = self.unique_holders.get((request.match_field.id, key))
        return self.by_id.get(holder) if isinstance(holder, int) else holder

    def holder_of_identifier(self, parsed: Parsed) -> RecordRow | None:
        """The record that has the identifier a write gives."""
        identifier = self.schema.identifier
        change = parsed.changes.get(identifier.id) if identifier is not None else None
        if change is None or not isinstance(change.value, str):
            return None
        return self.by_identifier.get(identifier_key(change.value))

    def is_taken(self, row: RecordRow, spec: FieldSpec, value: Any) -> bool:
        """Whether another record holds this value of a unique field."""
        holders = (self.unique_holders.get((spec.id, key)) for key in unique_keys(spec, value))
        return any(holder is not None and holder is not row and holder != row.id for holder in holders)

    def give_up(self, row: RecordRow, spec: FieldSpec, value: Any) -> None:
        """The record no longer holds this value of a unique field."""
        for key in unique_keys(spec, value):
            if self.unique_holders.get((spec.id, key)) in (row, row.id):
                self.unique_holders.pop((spec.id, key), None)

    def _identifiers(self, requests: Sequence[SaveRequest], writes: Sequence[Parsed]) -> list[str]:
        """Every identifier the requests look for or give."""
        identifier = self.schema.identifier
        if identifier is None:
            return []
        keys = {
            identifier_key(request.match_key)
            for request in requests
            if request.match_key is not None and request.match_field is None
        }
        for parsed in writes:
            change = parsed.changes.get(identifier.id)
            if change is not None and isinstance(change.value, str):
                keys.add(identifier_key(change.value))
        return sorted(keys - {""})

    def _find_unique_holders(self, requests: Sequence[SaveRequest], writes: Sequence[Parsed]) -> set[int]:
        """Note who holds the unique values that are given or matched on; the keys of those matched on."""
        wanted: dict[int, set[str]] = {}
        for spec in self.schema.unique:
            for parsed in writes:
                change = parsed.changes.get(spec.id)
                if change is not None and change.value is not UNSET and change.value is not None:
                    wanted.setdefault(spec.id, set()).update(unique_keys(spec, change.value))
        for request in requests:
            if request.match_field is not None and request.match_key is not None:
                wanted.setdefault(request.match_field.id, set()).add(request.match_key)
        if not wanted:
            return set()
        rows = self._holders(wanted)
        self.unique_holders.update(((row[0], row[1]), row[2]) for row in rows)
        matched = {request.match_field.id for request in requests if request.match_field is not None}
        return {row[2] for row in rows if row[0] in matched}

    def _holders(self, wanted: Mapping[int, set[str]]) -> list[Row]:
        """(field, unique value, record) of those that are held."""
        if max(map(len, wanted.values())) >= PROBED_FROM and is_postgresql():
            return [(field, *row) for field, keys in wanted.items() for row in probe(UNIQUE, self.schema, field, keys)]
        fields, field_params = in_ids("field_id", wanted)
        keys, key_params = in_texts("unique_key", {key for keys in wanted.values() for key in keys})
        return fetch(
            "SELECT field_id, unique_key, record_id FROM records_fieldvalue"
            f" WHERE workspace_id = %s AND {fields} AND {keys}",
            [self.schema.workspace_id, *field_params, *key_params],
        )


PROBED_FROM = 20
# One look into the unique index for each key, whatever the planner thinks of a table that grew since its statistics.
_PROBE = "SELECT k.key, p.id FROM unnest(%s::text[]) AS k(key), LATERAL ({found}) p"
IDENTIFIER = _PROBE.format(
    found="SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND identifier = k.key LIMIT 1"
)
UNIQUE = _PROBE.format(
    found="SELECT record_id AS id FROM records_fieldvalue"
    " WHERE workspace_id = %s AND field_id = %s AND unique_key = k.key LIMIT 1"
)


def probe(statement: str, schema: ObjectSchema, scope: int, keys: Iterable[str]) -> list[Row]:
    """(key, record) of the keys that a record has, among many on PostgreSQL. `scope`: the object or the field."""
    return fetch(statement, [list(keys), schema.workspace_id, scope])


def unique_keys(spec: FieldSpec, value: Any) -> list[str]:
    """The forms in which the values of a unique field are kept apart."""
    return [str(item) for item in spec.type.index_values(spec, value)]
