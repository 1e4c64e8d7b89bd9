"""The one write path: every change of a record, through every interface, command and job, goes through here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import connection

from records.exceptions import InvalidInput, RecordsError
from records.field_types import InvalidValue

from .access import Author, find_field, visible_identifier
from .attempts import run_batch
from .batch import Refused
from .directory import get_directory, load_workspace, read_uncommitted
from .external.forwarding import forwarded
from .naming import identifier_key
from .object_schema import ObjectSchema
from .save_requests import Mode, Outcome, SaveRequest, SaveResult
from .summary import load_summary
from .transactions import in_one_transaction
from .values import FieldEntry

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


@forwarded
def save_records(author: Author, schema: ObjectSchema, requests: Sequence[SaveRequest]) -> list[Outcome]:
    """Write a batch, in order, in one transaction: one outcome per request, a SaveResult or what refused it.

    Refused requests change nothing and do not stop the others. Requests for the same record see each other.
    """

    refused: dict[int, RecordsError] = {}

    def work() -> tuple[list[Outcome], bool]:
        return run_batch(author, schema, requests, refused)

    while True:
        try:
            outcomes, made_tags = in_one_transaction(work)
            break
        except Refused as late:
            refused |= late.outcomes
    return _with_current_schema(author, outcomes) if made_tags else outcomes


@forwarded
def save_all_records(author: Author, schema: ObjectSchema, requests: Sequence[SaveRequest]) -> list[SaveResult]:
    """Write a batch as `save_records` does, all of it or nothing: Refused says which requests would not do, and why."""

    def work() -> tuple[list[Outcome], bool]:
        outcomes, made_tags = run_batch(author, schema, requests)
        refused = {at: outcome for at, outcome in enumerate(outcomes) if isinstance(outcome, RecordsError)}
        if refused:
            raise Refused(refused)
        return outcomes, made_tags

    outcomes, made_tags = in_one_transaction(work)
    stored = _with_current_schema(author, outcomes) if made_tags else outcomes
    return [outcome for outcome in stored if isinstance(outcome, SaveResult)]


def _with_current_schema(author: Author, outcomes: list[Outcome]) -> list[Outcome]:
    """The outcomes, readable: their values name tags that the schema they were written with lacks."""
    workspace_id = author.workspace.id
    committed = not connection.in_atomic_block
    current = get_directory(load_workspace(workspace_id)) if committed else read_uncommitted(workspace_id)
    return [
        replace(outcome, schema=current.schema(outcome.schema.id)) if isinstance(outcome, SaveResult) else outcome
        for outcome in outcomes
    ]


@forwarded
def save_record(author: Author, schema: ObjectSchema, request: SaveRequest) -> SaveResult:
    """Write one record; raises what refuses it, and then nothing is stored."""

    def work() -> tuple[list[Outcome], bool]:
        try:
            outcomes, made_tags = run_batch(author, schema, [request])
        except Refused as late:
            raise late.outcomes[0] from None
        if isinstance(outcomes[0], RecordsError):
            raise outcomes[0]
        return outcomes, made_tags

    outcomes, made_tags = in_one_transaction(work)
    result = _with_current_schema(author, outcomes)[0] if made_tags else outcomes[0]
    if isinstance(result, RecordsError):
        raise result
    if schema.is_contact and schema.identifier is not None and schema.identifier.id in result.changed:
        result.record.summary = load_summary(schema, result.record.id)  # another address, other figures
    return result


@forwarded
def upsert_request(
    author: Author,
    schema: ObjectSchema,
    lookup_value: object,
    entries: Sequence[FieldEntry],
    *,
    match_field: str | None = None,
    on_archived: str | None = None,
    archived_conflict: str | None = None,
) -> SaveRequest:
    """A request that creates or changes the record `lookup_value` names.

    It matches the object's identifier as a lookup does, or `match_field`, the API name of a unique field.
    InvalidInput when the object has no identifier and none is named, or the value cannot be one.
    """
    spec, identifier = None, visible_identifier(author, schema)
    if match_field is not None:
        spec = find_field(author, schema, match_field)
        if spec is None or not (spec.is_unique or spec is identifier):
            raise InvalidInput(f"match_field: {match_field!r} is not a unique field of {schema.name!r}.")
        spec = None if spec is identifier else spec
    if spec is None and identifier is None:
        raise InvalidInput(f"The object {schema.name!r} has no identifier; name a unique field in match_field.")
    key_field = spec or identifier
    if isinstance(lookup_value, (int, float)) and not isinstance(lookup_value, bool):
        lookup_value = str(lookup_value)
    if not isinstance(lookup_value, str) or not lookup_value.strip() or key_field is None:
        raise InvalidInput("lookup_value: expected a non-empty string.")
    try:
        stored = key_field.type.parse(key_field, lookup_value)
    except InvalidValue as problem:
        raise InvalidInput(f"lookup_value: {problem.message}", problem.code) from None
    match_key = lookup_value
    if spec is not None:
        match_key = str(next(iter(spec.type.index_values(spec, stored))))
    elif not identifier_key(lookup_value):
        raise InvalidInput("lookup_value: expected a non-empty string.")
    return SaveRequest(
        Mode.UPSERT,
        entries=entries,
        match_field=spec,
        match_key=match_key,
        match_value=lookup_value,
        on_archived=on_archived,
        archived_conflict=archived_conflict,
    )


def archive_record(
    author: Author, schema: ObjectSchema, record_uuid: UUID, expected_version: int | None = None
) -> SaveResult:
    """Take a record out of sight; its data and history stay."""
    return save_record(author, schema, SaveRequest(Mode.ARCHIVE, str(record_uuid), expected_version=expected_version))


def unarchive_record(author: Author, schema: ObjectSchema, record_uuid: UUID) -> SaveResult:
    """Bring an archived record back under the same id; InvalidValues when it is not archived."""
    return save_record(author, schema, SaveRequest(Mode.UNARCHIVE, str(record_uuid)))
