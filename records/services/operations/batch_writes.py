"""Many writes of one kind in one request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from records.exceptions import InvalidInput, NotFound, RecordsError
from records.services.access import Author
from records.services.catalogue import ObjectSchema
from records.services.database import canonical_uuid
from records.services.storage import ExternalKey
from records.services.writing import (
    NO_ATTRIBUTES,
    UNSET,
    Attributes,
    FieldEntry,
    Mode,
    Outcome,
    SaveRequest,
)

from .home import home_of


class BatchMode(StrEnum):
    """What is done with every record of a batch."""

    CREATE = "create"
    UPDATE = "update"  # what is not listed is cleared
    UPSERT = "upsert"
    PATCH = "patch"  # only what is listed changes
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One record of a batch, and what is written.

    Its UUID names the record, else `lookup_value`, a value of the matched field, else the external
    id among its `attributes`; otherwise that is given to the record.
    """

    entries: Sequence[FieldEntry] = ()
    uuid: str | None = None
    lookup_value: object = None
    attributes: Attributes = NO_ATTRIBUTES
    expected_version: int | None = None

    @property
    def key(self) -> ExternalKey | None:
        """The external id, if it names the record."""
        return self.attributes.named if self.uuid is None and self.lookup_value is None else None

    @property
    def given(self) -> Attributes:
        """What is given to the record besides its fields."""
        return self.attributes if self.key is None else replace(self.attributes, external=UNSET)


@dataclass(frozen=True, slots=True)
class BatchRules:
    """What holds for every record: the field that lookup values are of (None: the identifier), and
    what is done about archived records with the same identifier, as in `SaveRequest`."""

    match_field: str | None = None
    on_archived: str | None = None
    archived_conflict: str | None = None


def save_batch(
    author: Author,
    schema: ObjectSchema,
    mode: BatchMode,
    items: Sequence[BatchItem | RecordsError],
    rules: BatchRules,
    *,
    all_or_none: bool,
) -> Sequence[Outcome]:
    """Write every item, in order, in one transaction: one outcome for each. Items that could not be
    read are refused for what is in their place.

    Refused, with every problem by place, when `all_or_none` and one is refused; nothing is stored
    then.
    """
    requests, refused = [], {}
    for at, item in enumerate(items):
        try:
            if isinstance(item, RecordsError):
                raise item
            requests.append(_REQUESTS[mode](author, schema, item, rules))
        except RecordsError as error:
            refused[at] = error
            requests.append(SaveRequest(Mode.CREATE))  # keeps the place
    home = home_of(schema)
    if all_or_none:
        return home.save_all_records(author, schema, requests, refused)
    return home.save_records(author, schema, requests, refused)


def _create(
    author: Author, schema: ObjectSchema, item: BatchItem, rules: BatchRules
) -> SaveRequest:
    for part, sent in (("id", item.uuid), ("lookup_value", item.lookup_value)):
        if sent is not None:
            raise InvalidInput("names a record that there is; create makes new ones.", at=part)
    if item.expected_version is not None:
        raise InvalidInput("a new record has no version.", at="if_version")
    return SaveRequest(
        Mode.CREATE,
        entries=item.entries,
        attributes=item.attributes,
        on_archived=rules.on_archived,
    )


def _upsert(
    author: Author, schema: ObjectSchema, item: BatchItem, rules: BatchRules
) -> SaveRequest:
    if item.uuid is not None:
        raise InvalidInput("upsert goes by lookup_value or external_id.", at="id")
    request = _by_name(author, schema, item, rules)
    request.entries = item.entries
    return request


def _change(mode: Mode) -> Callable[[Author, ObjectSchema, BatchItem, BatchRules], SaveRequest]:
    def request(
        author: Author, schema: ObjectSchema, item: BatchItem, rules: BatchRules
    ) -> SaveRequest:
        if mode == Mode.REPLACE and not item.entries:
            raise InvalidInput("this key is required; patch keeps what is not listed.", at="fields")
        if item.uuid is not None:
            uuid = canonical_uuid(item.uuid)
            if uuid is None:  # which no record has
                raise NotFound
            return SaveRequest(
                mode,
                uuid,
                entries=item.entries,
                attributes=item.given,
                archived_conflict=rules.archived_conflict,
                expected_version=item.expected_version,
            )
        named = _by_name(author, schema, item, rules)
        return replace(named, mode=mode, entries=item.entries, on_archived=None)

    return request


def _archive(
    author: Author, schema: ObjectSchema, item: BatchItem, rules: BatchRules
) -> SaveRequest:
    if item.entries:
        raise InvalidInput("archive writes no fields.", at="fields")
    if item.given.external is not UNSET:
        raise InvalidInput("name the record by one of its names.", at="external_id")
    if item.given.member_id is not UNSET:
        raise InvalidInput("archive gives a record to nobody.", at="member_id")
    return _change(Mode.ARCHIVE)(author, schema, item, rules)


def _by_name(
    author: Author, schema: ObjectSchema, item: BatchItem, rules: BatchRules
) -> SaveRequest:
    """An upsert of the record that the item names by a value or by its external id."""
    if item.key is not None:
        named = SaveRequest(Mode.UPSERT, external=item.key)
    elif item.lookup_value is None:
        raise InvalidInput(
            "name the record by id, lookup_value or external_id.", "required", at="lookup_value"
        )
    else:
        named = home_of(schema).upsert_request(
            author, schema, item.lookup_value, (), match_field=rules.match_field
        )
    named.attributes = item.given
    named.on_archived, named.archived_conflict = rules.on_archived, rules.archived_conflict
    named.expected_version = item.expected_version
    return named


_REQUESTS: Mapping[
    BatchMode, Callable[[Author, ObjectSchema, BatchItem, BatchRules], SaveRequest]
] = {
    BatchMode.CREATE: _create,
    BatchMode.UPDATE: _change(Mode.REPLACE),
    BatchMode.UPSERT: _upsert,
    BatchMode.PATCH: _change(Mode.UPDATE),
    BatchMode.ARCHIVE: _archive,
}
