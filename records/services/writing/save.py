"""The entry points for what callers ask of records, one at a time or in batches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection

from records.exceptions import InvalidInput, RecordsError
from records.field_types import FieldSpec, InvalidValue
from records.rehearsal import notes
from records.services.access import Author, find_field, visible_identifier
from records.services.catalogue import (
    ObjectSchema,
    get_directory,
    load_workspace,
    read_uncommitted,
)
from records.services.database import in_one_transaction
from records.services.reading import external_key
from records.services.storage import load_summary, unique_keys

from .attempts import run_batch
from .batch import Refused
from .save_requests import (
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)
from .values import FieldEntry

EXTERNAL_ID = "external_id"

__all__ = [
    "FieldEntry",
    "Mode",
    "Refused",
    "SaveRequest",
    "SaveResult",
    "save_all_records",
    "save_record",
    "save_records",
    "upsert_request",
]


def save_records(
    author: Author,
    schema: ObjectSchema,
    requests: Sequence[SaveRequest],
    refused: Mapping[int, RecordsError] | None = None,
) -> list[Outcome]:
    """Write a batch, in order, in one transaction: one outcome per request, a SaveResult or what
    refused it.

    Refused requests change nothing and do not stop the others, nor do those at the places of
    `refused`, which the caller has refused already. Requests for the same record see each other.
    """
    known = dict(refused or {})

    def work() -> tuple[list[Outcome], bool]:
        return run_batch(author, schema, requests, known)

    # A request refused after something was stored for it: roll back, and run the others again.
    while True:
        try:
            outcomes, made_tags = in_one_transaction(work)
            break
        except Refused as late:
            known |= late.outcomes
    return _with_current_schema(author, outcomes) if made_tags else outcomes


def save_all_records(
    author: Author,
    schema: ObjectSchema,
    requests: Sequence[SaveRequest],
    refused: Mapping[int, RecordsError] | None = None,
) -> list[SaveResult]:
    """Write all of a batch or nothing of it: Refused says which requests were refused, and why;
    `refused` are those that the caller has refused already."""

    def work() -> tuple[list[Outcome], bool]:
        outcomes, made_tags = run_batch(author, schema, requests, refused)
        found = {
            at: outcome for at, outcome in enumerate(outcomes) if isinstance(outcome, RecordsError)
        }
        if found:
            raise Refused(found)
        return outcomes, made_tags

    outcomes, made_tags = in_one_transaction(work)
    stored = _with_current_schema(author, outcomes) if made_tags else outcomes
    return [outcome for outcome in stored if isinstance(outcome, SaveResult)]


def _with_current_schema(author: Author, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes with the schema to read them with: the one they were written with lacks the new
    tags."""
    workspace_id = author.workspace.id
    # In an open transaction the shared cache must not learn of what may be rolled back.
    committed = not connection.in_atomic_block
    current = (
        get_directory(load_workspace(workspace_id)) if committed else read_uncommitted(workspace_id)
    )
    return [
        replace(outcome, schema=current.schema(outcome.schema.id))
        if isinstance(outcome, SaveResult)
        else outcome
        for outcome in outcomes
    ]


def save_record(author: Author, schema: ObjectSchema, request: SaveRequest) -> SaveResult:
    """Write one record; raises what refuses it, and then nothing is stored."""

    def work() -> tuple[list[Outcome], bool]:
        try:
            outcomes, made_tags = run_batch(author, schema, [request])
        except Refused as late:
            raise late.outcomes[0] from None
        # Raised inside the transaction, which rolls back what was stored for the request.
        if isinstance(outcomes[0], RecordsError):
            raise outcomes[0]
        return outcomes, made_tags

    outcomes, made_tags = in_one_transaction(work)
    result = _with_current_schema(author, outcomes)[0] if made_tags else outcomes[0]
    if isinstance(result, RecordsError):
        raise result
    address = schema.identifier if schema.is_contact else None
    if address is not None and address.id in result.changed:
        # The figures that were read with the lock are those of the former address.
        result.record.summary = load_summary(schema, result.record.id)
    if (taken := notes()) is not None:
        taken.named = result.record.uuid
    return result


def upsert_request(
    author: Author,
    schema: ObjectSchema,
    lookup_value: object,
    entries: Sequence[FieldEntry],
    *,
    match_field: str | None = None,
    external_source: str = "",
    on_archived: str | None = None,
    archived_conflict: str | None = None,
) -> SaveRequest:
    """A request that creates or changes the record that `lookup_value` names.

    It matches the object's identifier, or `match_field`: the API name of a unique field, or
    `external_id`, the record's external id of `external_source`, unless a field has that name.
    InvalidInput when the object has no identifier and no field is named, or the field cannot hold
    the value.
    """
    if match_field is not None and _means_external_id(author, schema, match_field):
        try:
            external = external_key(_lookup_text(lookup_value), external_source)
        except InvalidInput as problem:
            place = problem.path if "external_source" in problem.path else "lookup_value"
            raise InvalidInput(problem.reason, problem.code, at=place) from None
        return SaveRequest(
            Mode.UPSERT,
            external=external,
            entries=entries,
            on_archived=on_archived,
            archived_conflict=archived_conflict,
        )
    identifier = visible_identifier(author, schema)
    spec = _matched_field(author, schema, match_field, identifier)
    # Named in match_field or not, the identifier is matched in its own folded form.
    by_identifier = spec is identifier
    match_value = _lookup_text(lookup_value)
    return SaveRequest(
        Mode.UPSERT,
        entries=entries,
        match_field=None if by_identifier else spec,
        match_key=_match_key(spec, match_value, by_identifier=by_identifier),
        match_value=match_value,
        on_archived=on_archived,
        archived_conflict=archived_conflict,
    )


def _means_external_id(author: Author, schema: ObjectSchema, match_field: str) -> bool:
    """Whether an upsert matches on the record's external id: by its own name, or by the field that
    holds it."""
    spec = find_field(author, schema, match_field)
    if spec is None:
        return match_field == EXTERNAL_ID
    return spec is schema.external_id_field


def _matched_field(
    author: Author, schema: ObjectSchema, match_field: str | None, identifier: FieldSpec | None
) -> FieldSpec:
    """The field whose value says which record an upsert means."""
    if match_field is None:
        if identifier is None:
            raise InvalidInput(
                f"The object {schema.name!r} has no identifier; name a unique field in match_field."
            )
        return identifier
    spec = find_field(author, schema, match_field)
    if spec is None or not (spec.is_unique or spec is identifier):
        raise InvalidInput(
            f"{match_field!r} is not a unique field of {schema.name!r}.", at="match_field"
        )
    return spec


def _lookup_text(sent: object) -> str:
    """A lookup value as text. Clients send numbers where the field holds digits."""
    if isinstance(sent, (int, float)) and not isinstance(sent, bool):
        sent = str(sent)
    if not isinstance(sent, str) or not sent.strip():
        raise InvalidInput("expected a non-empty string.", at="lookup_value")
    return sent


def _match_key(spec: FieldSpec, match_value: str, *, by_identifier: bool) -> str:
    """The form in which the lookup value is compared; of the identifier, what its field stores,
    which `LockedRecords` folds."""
    try:
        stored = spec.type.parse(spec, match_value)
    except InvalidValue as problem:
        raise InvalidInput.of(problem, "lookup_value") from None
    if by_identifier:
        # As stored: a phone number, say, is written in many ways.
        return stored if isinstance(stored, str) else match_value
    # Unique values are compared in the form that the index holds.
    return next(iter(unique_keys(spec, stored)))


def archive_record(
    author: Author, schema: ObjectSchema, record_uuid: UUID, expected_version: int | None = None
) -> SaveResult:
    """Take a record out of sight; its data and history stay."""
    return save_record(
        author,
        schema,
        SaveRequest(Mode.ARCHIVE, str(record_uuid), expected_version=expected_version),
    )


def unarchive_record(author: Author, schema: ObjectSchema, record_uuid: UUID) -> SaveResult:
    """Bring an archived record back under the same id; InvalidValues when it is not archived."""
    return save_record(author, schema, SaveRequest(Mode.UNARCHIVE, str(record_uuid)))
