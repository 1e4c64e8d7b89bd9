"""Reading and locking the records that a batch's requests mean: once, in the order of their
keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from records.models import RecordState
from records.services.catalogue import ObjectSchema, identifier_key, identifier_of
from records.services.database import (
    Fragment,
    Row,
    fetch,
    for_delete,
    for_update,
    in_ids,
    in_texts,
    in_uuids,
    is_postgresql,
)
from records.services.storage import (
    PROBED_FROM,
    UNIQUE,
    Definition,
    OutdatedSchema,
    RecordRow,
    find_external,
    find_identifiers,
    find_merged,
    lock_definition,
    lock_records,
    lock_with_definition,
    probe,
    unique_keys,
)

from .locked_records import (
    LockedRecords,
    external_of,
    given_identifier,
)
from .save_requests import Mode, SaveRequest
from .values import UNSET, Change, Parsed

_RETURNING = frozenset({Mode.UNARCHIVE, Mode.RESTORE})


def lock_against_links(workspace_id: int, record_ids: Collection[int]) -> None:
    """Wait for transactions that are linking to these records; later ones wait, and then find what
    has become of them.

    Before the records change: PostgreSQL hands out a row that was not locked so as it was before
    the change, even to who has waited for its end.
    """
    chosen, params = in_ids("r.id", record_ids)
    fetch(
        f"SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND {chosen} ORDER BY "
        f"r.id{for_delete('r')}",
        [workspace_id, *params],
    )


class Locking:
    """Fills `locked` with the records of a batch.

    `version` is the one that the object's definition must have; None skips the check, for a batch
    that follows from another one, which has made it.
    """

    def __init__(
        self,
        locked: LockedRecords,
        requests: Sequence[SaveRequest],
        writes: Sequence[Parsed],
        version: int | None,
    ) -> None:
        self.schema: ObjectSchema = locked.schema
        self.locked = locked
        self.requests = requests
        self.writes = writes
        self.version = version
        self.alone = len(requests) == 1

    def lock(self) -> None:
        """Lock every record that the requests address, match, or take a name from.

        OutdatedSchema when the object's definition has changed since it was compiled. From here to
        the end of the transaction it stays as it is.
        """
        meant = self._meant()
        # New records without names: there is nothing to lock but the definition.
        if meant is None:
            self._lock_definition()
            return
        # Before the records: the two sides are locked in one order of keys.
        self._lock_both_sides(meant)
        self._remember(self._lock_records(meant))
        self._lock_what_merges()
        self._lock_merged_holders()
        self._lock_survivors()
        self._lock_what_was_merged()
        # Other records may have taken what these held before they were archived or deleted.
        if any(
            request.mode in _RETURNING or request.on_archived == "unarchive"
            for request in self.requests
        ):
            self._lock_successors()

    def _meant(self) -> Fragment | None:
        """A condition on alias `r` that selects the records the requests name; None when they name
        none."""
        uuids = [request.uuid for request in self.requests if request.uuid]
        identifiers = self._identifiers()
        ids: set[int] = set()
        if len(identifiers) >= PROBED_FROM and is_postgresql():
            # Its planner would rather scan the table than look so many up in the index.
            ids |= find_identifiers(self.schema, identifiers)
            identifiers = []
        ids |= self._note_unique_holders()
        ids |= self._addressed_ids()
        conditions = []
        if uuids:
            conditions.append(in_uuids("r.uuid", uuids))
        if ids:
            conditions.append(in_ids("r.id", ids))
        if identifiers:
            conditions.append(in_texts("r.identifier", identifiers))
        return _either(conditions) if conditions else None

    def _addressed_ids(self) -> set[int]:
        """The records that requests address by primary key or external id, or that have an external
        id they give, or that others are merged into."""
        named = (
            key for request in self.requests for key in (request.external, request.attributes.named)
        )
        by_name = find_external(self.schema, {key for key in named if key is not None})
        keys = {
            key for request in self.requests for key in (request.record_id, request.merged_into)
        }
        return by_name | {key for key in keys if key}

    def _lock_what_merges(self) -> None:
        """Lock the records that are to be merged into others against new links to them."""
        merging = [request for request in self.requests if request.mode == Mode.MERGE]
        found = filter(None, map(self.locked.find, merging))
        if ids := [row.id for row in found]:
            lock_against_links(self.schema.workspace_id, ids)

    def _lock_merged_holders(self) -> None:
        """Lock the merged records that hold unique values which are given: these give them up to
        their survivors."""
        holders = self.locked.unique_holders
        others = {
            holder
            for holder in holders.values()
            if isinstance(holder, int) and holder not in self.locked.by_id
        }
        if others and self.locked.by_id:  # among which the survivor would be
            chosen, params = in_ids("r.id", others)
            self._remember(
                lock_records(self.schema, (f"{chosen} AND r.merged_into IS NOT NULL", params))
            )
        for place, holder in holders.items():
            if isinstance(holder, int) and holder in self.locked.by_id:
                holders[place] = self.locked.by_id[holder]

    def _lock_survivors(self) -> None:
        """Lock the records that stand for merged ones; a statement for each time they were merged
        on."""
        while True:
            missing = {
                row.merged_into
                for row in self.locked.by_id.values()
                if row.merged_into is not None and row.merged_into not in self.locked.by_id
            }
            rows = missing and lock_records(
                self.schema, in_ids("r.id", missing), summary=self.alone
            )
            if not rows:
                return
            self._remember(rows)

    def _lock_what_was_merged(self) -> None:
        """Lock what was merged into the records that are deleted for good, and goes with them; two
        statements for each time they were merged on."""
        new = {
            row.id
            for request in self.requests
            if request.mode == Mode.DELETE_PERMANENTLY
            and (row := self.locked.find(request)) is not None
        }
        while new:
            found = find_merged(self.schema, new)
            for key, survivor in found:
                self.locked.merged_ids.setdefault(survivor, []).append(key)
            new = {key for key, _ in found}
            missing = new - self.locked.by_id.keys()
            if missing:
                self._remember(lock_records(self.schema, in_ids("r.id", missing)))

    def _lock_definition(self) -> None:
        if self.version is not None:
            self._check(lock_definition(self.schema, spare=self._needs_key))

    def _lock_records(self, meant: Fragment) -> list[RecordRow]:
        # The answer to a single request shows figures with the record, that to a batch does not.
        if self.version is None:
            return lock_records(self.schema, meant, summary=self.alone)
        definition, rows = lock_with_definition(
            self.schema, meant, summary=self.alone, spare=self._needs_key
        )
        self._check(definition)
        return rows

    @property
    def _needs_key(self) -> bool:
        """Whether the batch is one new record: its key then comes with the lock, which saves a
        round trip."""
        return self.alone and self.requests[0].mode == Mode.CREATE

    def _check(self, definition: Definition) -> None:
        if definition.version != self.version:
            raise OutdatedSchema
        self.locked.spare_key = definition.spare_key

    def _remember(self, rows: Iterable[RecordRow]) -> None:
        for row in rows:
            self.locked.remember(row)

    def _lock_both_sides(self, meant: Fragment) -> None:
        """Where mirror fields are written, lock both sides at once, in the order of all their keys.

        Writers who begin at opposite ends of a link would otherwise each hold what the other waits
        for.
        """
        changes = self._mirror_changes()
        if not changes or not is_postgresql():  # SQLite has one writer at a time
            return
        condition, params = meant
        near = {
            change.field.mirror_of_id for change in changes if change.field.mirror_of_id is not None
        }
        mirrored, keys = in_ids("v.field_id", near)
        named = {
            key
            for change in changes
            for key in (*change.given, *change.add, *change.remove)
            if key is not None
        }
        tenant = self.schema.workspace_id
        # One statement, because one ORDER BY decides the order of all these locks.
        fetch(
            "WITH addressed AS (SELECT r.id FROM records_record r"
            f" WHERE r.workspace_id = %s AND r.object_id = %s AND ({condition}))"
            " SELECT r.id FROM records_record r WHERE r.workspace_id = %s AND r.id IN ("
            "SELECT id FROM addressed UNION SELECT unnest(%s::bigint[]) UNION SELECT v.record_id"
            f" FROM records_fieldvalue v WHERE v.workspace_id = %s AND {mirrored} AND v.live"
            " AND v.related_record IN (SELECT id FROM addressed)) ORDER BY r.id" + for_update("r"),
            [tenant, self.schema.id, *params, tenant, list(named), tenant, *keys],
        )

    def _mirror_changes(self) -> list[Change]:
        mirrors = {spec.id for spec in self.schema.mirrors}
        # Most objects have no mirror field, and every batch comes through here.
        if not mirrors:
            return []
        return [
            change
            for parsed in self.writes
            for key, change in parsed.changes.items()
            if key in mirrors
        ]

    def _identifiers(self) -> list[str]:
        """Every identifier that the requests look for or give."""
        if self.schema.identifier is None:
            return []
        # A match on another field is looked up among the unique values instead.
        sought = {
            identifier_key(request.match_key)
            for request in self.requests
            if request.match_key is not None and request.match_field is None
        }
        given = {
            key
            for parsed in self.writes
            if (key := given_identifier(self.schema, parsed)) is not None
        }
        # A blank text is no identifier.
        return sorted((sought | given) - {""})

    # ------------------------------------------------------------ unique values

    def _note_unique_holders(self) -> set[int]:
        """Note the holders of the unique values that are given or matched on; the keys of the
        matched ones."""
        matched: dict[int, set[str]] = {}
        for request in self.requests:
            if request.match_field is not None and request.match_key is not None:
                matched.setdefault(request.match_field.id, set()).add(request.match_key)
        wanted = _merged(self._given_unique_keys(), matched)
        if not wanted:
            return set()
        held = self._holders(wanted)
        self.locked.unique_holders.update(
            ((field_id, key), record_id) for field_id, key, record_id in held
        )
        # Other holders are not locked: refusing a value takes no more than the holder's key.
        return {record_id for field_id, _, record_id in held if field_id in matched}

    def _given_unique_keys(self) -> dict[int, set[str]]:
        """The unique values that the writes give, by field."""
        given: dict[int, set[str]] = {}
        for spec in self.schema.unique:
            for parsed in self.writes:
                change = parsed.changes.get(spec.id)
                if change is not None and change.value is not UNSET and change.value is not None:
                    given.setdefault(spec.id, set()).update(unique_keys(spec, change.value))
        return given

    def _holders(self, wanted: Mapping[int, set[str]]) -> list[Row]:
        """(field, unique value, record) for each value that a record holds."""
        # As for identifiers: its planner would rather scan.
        if max(map(len, wanted.values())) >= PROBED_FROM and is_postgresql():
            return [
                (field, *row)
                for field, keys in wanted.items()
                for row in probe(UNIQUE, self.schema, field, keys)
            ]
        # Finds a value under another of the fields too; holders are noted with their field, so it
        # is harmless.
        fields, field_params = in_ids("field_id", wanted)
        keys, key_params = in_texts("unique_key", {key for keys in wanted.values() for key in keys})
        return fetch(
            "SELECT field_id, unique_key, record_id FROM records_fieldvalue"
            f" WHERE workspace_id = %s AND {fields} AND {keys}",
            [self.schema.workspace_id, *field_params, *key_params],
        )

    # ------------------------------------------------------------ records that come back

    def _lock_successors(self) -> None:
        """Lock the records that now hold what these held before they were archived or deleted."""
        aside = [row for row in self.locked.by_id.values() if row.state != RecordState.ACTIVE]
        trashed = [row for row in aside if row.state == RecordState.DELETED]
        missing = self._holders_of_names(aside, trashed) - self.locked.by_id.keys()
        if missing:
            self._remember(lock_records(self.schema, in_ids("r.id", missing)))
        wanted = self._former_unique_keys(aside, trashed)
        if wanted:
            for field_id, key, record_id in self._holders(wanted):
                self.locked.unique_holders.setdefault((field_id, key), record_id)

    def _holders_of_names(
        self, aside: Sequence[RecordRow], trashed: Sequence[RecordRow]
    ) -> set[int]:
        """The records with the external ids of these, or with the identifiers of those in the
        trash."""
        holders = find_external(
            self.schema, {key for row in aside if (key := external_of(row)) is not None}
        )
        names = {
            name for row in trashed if (name := identifier_of(self.schema, row.values)) is not None
        }
        return holders | find_identifiers(self.schema, names)

    def _former_unique_keys(
        self, aside: Sequence[RecordRow], trashed: Sequence[RecordRow]
    ) -> dict[int, set[str]]:
        """The unique values that these gave up, by field."""
        former: dict[int, set[str]] = {}
        for spec in self.schema.kept_apart:
            # An archived record keeps its values but no partner; one in the trash keeps nothing.
            rows = aside if spec.is_link else trashed
            given = [row.values[str(spec.id)] for row in rows if str(spec.id) in row.values]
            if given:
                former[spec.id] = {key for value in given for key in unique_keys(spec, value)}
        return former


def _either(conditions: Iterable[Fragment]) -> Fragment:
    """A condition that is met if one of these is."""
    statements, params = zip(*conditions, strict=True)
    return " OR ".join(statements), [param for given in params for param in given]


def _merged(given: Mapping[int, set[str]], matched: Mapping[int, set[str]]) -> dict[int, set[str]]:
    return {
        field_id: given.get(field_id, set()) | matched.get(field_id, set())
        for field_id in {**given, **matched}
    }
