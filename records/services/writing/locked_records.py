"""The records a batch holds, found again by every name, and who holds the values that must stay
unique.

Nothing here touches the database: `locking` reads the records and locks them.
"""

from __future__ import annotations

from typing import Any

from records.field_types import FieldSpec
from records.models import RecordState
from records.services.catalogue import ObjectSchema, identifier_key
from records.services.storage import ExternalKey, RecordRow, unique_keys

from .save_requests import SaveRequest
from .values import Parsed


class LockedRecords:
    """A batch's records by key, UUID, identifier and external id, as the requests carried out so
    far leave them.

    Of the records with one external id the active one is in `by_external`, the newest archived one
    in `archived_external`. `unique_holders` is by field and unique key; a holder that was not read
    is its primary key. `spare_key` is a primary key for the only record that the batch creates.
    """

    def __init__(self, schema: ObjectSchema) -> None:
        self.schema = schema
        self.spare_key: int | None = None
        self.by_uuid: dict[str, RecordRow] = {}
        self.by_id: dict[int, RecordRow] = {}
        self.by_identifier: dict[str, RecordRow] = {}
        self.by_external: dict[ExternalKey, RecordRow] = {}
        self.archived_external: dict[ExternalKey, RecordRow] = {}
        self.merged_ids: dict[int, list[int]] = {}
        self.unique_holders: dict[tuple[int, str], RecordRow | int] = {}

    # ------------------------------------------------------------ what they are called

    def remember(self, row: RecordRow) -> None:
        """Note a record under its names, for the requests that follow."""
        self.by_uuid[row.uuid] = row
        if row.id:  # a new record has its key once it is stored
            self.by_id[row.id] = row
        if row.identifier is not None:
            self.by_identifier[row.identifier] = row
        key = external_of(row)
        # In the trash a record has given up its names.
        if key is not None and row.state != RecordState.DELETED:
            self._remember_external(row, key)

    def _remember_external(self, row: RecordRow, key: ExternalKey) -> None:
        if row.state == RecordState.ACTIVE:
            self.by_external[key] = row
        # Archived records may share an external id; the newest is meant.
        elif key not in self.archived_external or self.archived_external[key].id < row.id:
            self.archived_external[key] = row

    def forget_names(self, row: RecordRow) -> None:
        """Forget a record's names before they change; `remember` notes the new ones."""
        # Another record may have taken the name in the meantime: its entry stays.
        if row.identifier is not None and self.by_identifier.get(row.identifier) is row:
            del self.by_identifier[row.identifier]
        key = external_of(row)
        if key is None:
            return
        for names in (self.by_external, self.archived_external):
            if names.get(key) is row:
                del names[key]

    def forget(self, row: RecordRow) -> None:
        """The record is gone."""
        self.forget_names(row)
        self.by_uuid.pop(row.uuid, None)
        self.by_id.pop(row.id, None)

    def refresh(self, row: RecordRow) -> None:
        """Another batch of the transaction has changed a record, which may be one of these."""
        known = self.by_uuid.get(row.uuid)
        if known is not None:
            # Copied into the known row, which the rest of the batch refers to.
            known.values, known.version, known.updated_at = row.values, row.version, row.updated_at
            known.display_name = row.display_name

    def find(self, request: SaveRequest) -> RecordRow | None:
        """The record a request addresses; by external id the active one, or else the newest
        archived one; by a value as an upsert would match it."""
        # The id leads; whether the external id agrees is checked once the record is seen.
        if request.uuid:
            return self.by_uuid.get(request.uuid)
        if request.record_id:
            return self.by_id.get(request.record_id)
        if request.external is None:
            return self._by_value(request)
        return self.by_external.get(request.external) or self.archived_external.get(
            request.external
        )

    def match(self, request: SaveRequest) -> RecordRow | None:
        """The record an upsert matches; a merged one stands for its survivor."""
        if request.external is not None and request.matches_external:
            # An archived record does not block its external id: the upsert creates a new record.
            live = self.by_external.get(request.external)
            return live or self._merged_external(request.external)
        return self._by_value(request)

    def _merged_external(self, key: ExternalKey) -> RecordRow | None:
        """The merged record that has the external id."""
        row = self.archived_external.get(key)
        return row if row is not None and row.merged_into is not None else None

    def survivor(self, row: RecordRow) -> RecordRow | None:
        """The record that a merged one was merged into, at the end of the chain; other records
        stand for themselves. None where that is gone."""
        found: RecordRow | None = row
        while found is not None and found.merged_into is not None:
            found = self.by_id.get(found.merged_into)
        return found

    def stands_in(self, row: RecordRow) -> bool:
        """Whether a live record stands for this merged one."""
        survivor = self.survivor(row)
        return survivor is not None and survivor.state == RecordState.ACTIVE

    def archived_holder(self, row: RecordRow) -> RecordRow:
        """Whose the names of an archived record are: those of a merged one are its archived
        survivor's. Where that is in the trash, they are its own."""
        survivor = self.survivor(row)
        if survivor is not None and survivor.state == RecordState.ARCHIVED:
            return survivor
        return row

    def led_to(self, row: RecordRow) -> list[RecordRow]:
        """The records that were merged into this one, and into those; known of records that are
        deleted for good."""
        found: list[RecordRow] = []
        for key in self.merged_ids.get(row.id, ()):
            merged = self.by_id.get(key)
            if merged is not None:
                found += (merged, *self.led_to(merged))
        return found

    def _by_value(self, request: SaveRequest) -> RecordRow | None:
        if request.match_key is None:
            return None
        if request.match_field is None:
            return self.by_identifier.get(identifier_key(request.match_key))
        holder = self.unique_holders.get((request.match_field.id, request.match_key))
        # What a request matches on was locked, so the key leads to a row.
        return self.by_id.get(holder) if isinstance(holder, int) else holder

    def holder_of_identifier(self, parsed: Parsed) -> RecordRow | None:
        """The record that has the identifier a write gives."""
        key = given_identifier(self.schema, parsed)
        return None if key is None else self.by_identifier.get(key)

    def is_named(self, row: RecordRow | None, key: ExternalKey) -> bool:
        """Whether another active record than this one has the external id."""
        return self.by_external.get(key, row) is not row

    def leads_elsewhere(self, row: RecordRow | None, key: ExternalKey) -> bool:
        """Whether the external id is that of a merged record, and leads to another live record than
        this one."""
        merged = self._merged_external(key)
        return merged is not None and self.survivor(merged) is not row and self.stands_in(merged)

    # ------------------------------------------------------------ unique values

    def hold(self, row: RecordRow, spec: FieldSpec, value: Any) -> None:
        """The record holds this value of a unique field from now on."""
        self.unique_holders.update(((spec.id, key), row) for key in unique_keys(spec, value))

    def give_up(self, row: RecordRow, spec: FieldSpec, value: Any) -> None:
        """The record no longer holds this value of a unique field."""
        for key in unique_keys(spec, value):
            # A holder that was not read is noted by its key.
            if self.unique_holders.get((spec.id, key)) in (row, row.id):
                self.unique_holders.pop((spec.id, key), None)

    def is_taken(self, row: RecordRow, spec: FieldSpec, value: Any) -> bool:
        """Whether another record holds this value of a unique field."""
        holders = (self.unique_holders.get((spec.id, key)) for key in unique_keys(spec, value))
        return any(holder not in (None, row, row.id) for holder in holders)

    def lost_partners(self, row: RecordRow) -> list[FieldSpec]:
        """The one-to-one links of an inactive record that other records now have."""
        linked = [(spec, row.values.get(str(spec.id))) for spec in self.schema.partners]
        return [
            spec for spec, value in linked if value is not None and self.is_taken(row, spec, value)
        ]


def external_of(row: RecordRow) -> ExternalKey | None:
    """A record's external id."""
    return None if row.external_id is None else ExternalKey(row.external_source, row.external_id)


def given_identifier(schema: ObjectSchema, parsed: Parsed) -> str | None:
    """The identifier that a write gives, as identifiers are compared."""
    change = None if schema.identifier is None else parsed.changes.get(schema.identifier.id)
    if change is None or not isinstance(change.value, str):
        return None
    return identifier_key(change.value)
