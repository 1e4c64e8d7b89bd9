"""The records a batch holds: read and locked once, in the order of their keys, and found again by every name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.field_types import FieldSpec
from records.models import RecordState

from .naming import identifier_key, identifier_of
from .object_schema import ObjectSchema
from .probing import IDENTIFIER, PROBED_FROM, UNIQUE, find_external, find_identifiers, probe
from .record_rows import Definition, OutdatedSchema, RecordRow, lock_definition, lock_records, lock_with_definition
from .save_requests import ExternalKey, Mode, SaveRequest
from .sql import Fragment, Row, fetch, for_update, in_ids, in_texts, in_uuids, is_postgresql
from .values import UNSET, Parsed


class LockedRecords:
    """A batch's records by key, UUID, identifier and external id, and who holds the values that must stay unique.

    Of the records with one external id the active one is in `by_external`; the newest archived one stands aside.
    `version` is the one that the object's definition must have; not given, nobody asks. `spare_key` is for a record
    that the batch adds, if it is one.
    """

    def __init__(self, schema: ObjectSchema, version: int | None = None) -> None:
        self.schema = schema
        self.version = version
        self.spare_key: int | None = None
        self.by_uuid: dict[str, RecordRow] = {}
        self.by_id: dict[int, RecordRow] = {}
        self.by_identifier: dict[str, RecordRow] = {}
        self.by_external: dict[ExternalKey, RecordRow] = {}
        self.archived_external: dict[ExternalKey, RecordRow] = {}
        self.unique_holders: dict[tuple[int, str], RecordRow | int] = {}

    def load(self, requests: Sequence[SaveRequest], writes: Sequence[Parsed]) -> None:
        """Lock every record that the requests address, match, or take a name from.

        OutdatedSchema when the object's definition has changed since it was compiled. From here to the end of the
        transaction it stays as it is.
        """
        conditions = []
        uuids = [request.uuid for request in requests if request.uuid]
        ids = {request.record_id for request in requests if request.record_id}
        identifiers = self._identifiers(requests, writes)
        if len(identifiers) >= PROBED_FROM and is_postgresql():
            ids |= {key for _, key in probe(IDENTIFIER, self.schema, self.schema.id, identifiers)}
            identifiers = []
        ids |= self._find_unique_holders(requests, writes)
        named = (key for request in requests for key in (request.external, request.attributes.named))
        ids |= find_external(self.schema, {key for key in named if key is not None})
        if uuids:
            conditions.append(in_uuids("r.uuid", uuids))
        if ids:
            conditions.append(in_ids("r.id", ids))
        if identifiers:
            conditions.append(in_texts("r.identifier", identifiers))
        spare = len(requests) == 1 and requests[0].mode == Mode.CREATE
        if not conditions:
            if self.version is not None:
                self._check(lock_definition(self.schema, spare=spare))
            return
        either = " OR ".join(sql for sql, _ in conditions)
        params = [param for _, given in conditions for param in given]
        self._lock_linked((either, params), writes)
        summary = len(requests) == 1
        if self.version is None:
            rows = lock_records(self.schema, (either, params), summary=summary)
        else:
            definition, rows = lock_with_definition(self.schema, (either, params), summary=summary, spare=spare)
            self._check(definition)
        for row in rows:
            self.remember(row)
        if any(request.mode in RETURNING or request.on_archived == "unarchive" for request in requests):
            self._load_successors()

    def _check(self, definition: Definition) -> None:
        if definition.version != self.version:
            raise OutdatedSchema
        self.spare_key = definition.spare_key

    def _load_successors(self) -> None:
        """Lock the records that hold by now what these held before they were archived or thrown away."""
        aside = [row for row in self.by_id.values() if row.state != RecordState.ACTIVE]
        trashed = [row for row in aside if row.state == RecordState.DELETED]
        holders = find_external(self.schema, {key for row in aside if (key := external_of(row)) is not None})
        names = {name for row in trashed if (name := identifier_of(self.schema, row.values)) is not None}
        holders |= find_identifiers(self.schema, names)
        if missing := holders - self.by_id.keys():
            for row in lock_records(self.schema, in_ids("r.id", missing)):
                self.remember(row)
        wanted: dict[int, set[str]] = {}
        for spec in self.schema.kept_apart:
            rows = aside if spec.relation_kind else trashed  # an archived record keeps its values but no partner
            given = [row.values[str(spec.id)] for row in rows if str(spec.id) in row.values]
            if given:
                wanted[spec.id] = {key for value in given for key in unique_keys(spec, value)}
        if wanted:
            for field, key, holder in self._holders(wanted):
                self.unique_holders.setdefault((field, key), holder)

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
        if row.external_id is not None and row.state != RecordState.DELETED:
            self._remember_external(row, ExternalKey(row.external_source, row.external_id))

    def _remember_external(self, row: RecordRow, key: ExternalKey) -> None:
        if row.state == RecordState.ACTIVE:
            self.by_external[key] = row
        elif key not in self.archived_external or self.archived_external[key].id < row.id:
            self.archived_external[key] = row

    def forget_names(self, row: RecordRow) -> None:
        """The record is about to change or give up its names; `remember` notes what they are afterwards."""
        if row.identifier is not None and self.by_identifier.get(row.identifier) is row:
            del self.by_identifier[row.identifier]
        key = external_of(row)
        for names in (self.by_external, self.archived_external):
            if key is not None and names.get(key) is row:
                del names[key]

    def forget(self, row: RecordRow) -> None:
        """The record is gone."""
        self.forget_names(row)
        self.by_uuid.pop(row.uuid, None)
        self.by_id.pop(row.id, None)

    def refresh(self, row: RecordRow) -> None:
        """Another batch of the transaction has changed one of these records."""
        known = self.by_uuid.get(row.uuid)
        if known is not None:
            known.values, known.version, known.updated_at = row.values, row.version, row.updated_at
            known.display_name = row.display_name

    def find(self, request: SaveRequest) -> RecordRow | None:
        """The record a request addresses; by external id the active one, or else the newest archived one."""
        if request.uuid:
            return self.by_uuid.get(request.uuid)
        if request.record_id or request.external is None:
            return self.by_id.get(request.record_id or 0)
        return self.by_external.get(request.external) or self.archived_external.get(request.external)

    def match(self, request: SaveRequest) -> RecordRow | None:
        """The record an upsert matches."""
        if request.matches_external:
            return self.by_external.get(request.external) if request.external is not None else None
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

    def is_named(self, row: RecordRow | None, key: ExternalKey) -> bool:
        """Whether another active record has this external id."""
        return self.by_external.get(key, row) is not row

    def is_taken(self, row: RecordRow, spec: FieldSpec, value: Any) -> bool:
        """Whether another record holds this value of a unique field."""
        holders = (self.unique_holders.get((spec.id, key)) for key in unique_keys(spec, value))
        return any(holder is not None and holder is not row and holder != row.id for holder in holders)

    def lost_partners(self, row: RecordRow) -> list[FieldSpec]:
        """The one-to-one links of a record out of sight that others have by now."""
        linked = [(spec, row.values.get(str(spec.id))) for spec in self.schema.partners]
        return [spec for spec, value in linked if value is not None and self.is_taken(row, spec, value)]

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


RETURNING = frozenset({Mode.UNARCHIVE, Mode.RESTORE})


def external_of(row: RecordRow) -> ExternalKey | None:
    """A record's external id."""
    return None if row.external_id is None else ExternalKey(row.external_source, row.external_id)


def unique_keys(spec: FieldSpec, value: Any) -> list[str]:
    """The forms in which the values of a unique field are kept apart."""
    return [str(item) for item in spec.type.index_values(spec, value)]
