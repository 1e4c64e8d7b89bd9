"""What the services do with an object whose records live elsewhere. A home of records
(`operations.RecordHome`).

No member owns records of such an object, so a role limited to its own records may see, edit and
remove none.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn
from uuid import UUID

from records.exceptions import (
    InTransaction,
    InvalidInput,
    NotAllowed,
    NotFound,
    RecordsError,
)
from records.field_types import FieldSpec
from records.models import Extent, ExternalOperation
from records.services.access import Author, check_scope, check_writes, grant_of
from records.services.catalogue import ObjectSchema, not_offered
from records.services.database import canonical_uuid
from records.services.reading import (
    Address,
    FoundRecords,
    RecordNames,
    RecordView,
    view_records,
)
from records.services.storage import ExternalKey, RecordRow
from records.services.writing import (
    UNSET,
    FieldEntry,
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)

from .call_history import list_history
from .calls import Asked, Reply, call_source
from .error_reports import check_record
from .ids import external_id_of, uuid_of
from .json_mapping import (
    body_of,
    check_external_id,
    parse_written,
    put,
    row_of,
)
from .listing import aggregate_records, search_records
from .write_answers import check_done, ended_row, tells_only, written_row

__all__ = [
    "aggregate_records",
    "attach_file",
    "begin_upload",
    "delete_attachment",
    "find_uuid",
    "get_record",
    "get_record_as_of",
    "get_record_by_identifier",
    "get_record_by_key",
    "get_record_in_any_state",
    "get_records",
    "get_remaining",
    "get_url",
    "list_archived",
    "list_attachments",
    "list_history",
    "list_trash",
    "save_all_records",
    "save_record",
    "save_records",
    "search_records",
    "start_bulk_archive",
    "start_bulk_change",
    "start_import",
    "upsert_request",
]

# What a request's mode is at the source, what the caller's role needs for it, and what came of it.
MODES: Mapping[str, tuple[ExternalOperation, str, str]] = {
    "create": (ExternalOperation.CREATE, "create", "created"),
    "update": (ExternalOperation.PATCH, "edit", "updated"),
    "replace": (ExternalOperation.UPDATE, "edit", "updated"),
    "upsert": (ExternalOperation.UPDATE, "edit", "updated"),
    "archive": (ExternalOperation.DELETE, "remove", "archived"),
    "trash": (ExternalOperation.DELETE, "remove", "deleted"),
    "delete_permanently": (ExternalOperation.DELETE, "remove", "deleted"),
    "cancel": (ExternalOperation.CANCEL, "edit", "cancelled"),
}
MOST_AT_ONCE = 20
WITH_VALUES = frozenset(
    {ExternalOperation.CREATE, ExternalOperation.UPDATE, ExternalOperation.PATCH}
)


# ---------------------------------------------------------------- reading


def get_record(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    fields: Sequence[FieldSpec],
    *,
    lead_sources: bool = False,
) -> RecordView:
    return _get(author, schema, external_id_of(str(record_uuid)), fields)


def get_record_in_any_state(
    author: Author, schema: ObjectSchema, record_uuid: UUID | str, fields: Sequence[FieldSpec]
) -> RecordView:
    return _get(author, schema, external_id_of(str(record_uuid)), fields)


def get_remaining(
    author: Author, schema: ObjectSchema, where: Address, fields: Sequence[FieldSpec]
) -> RecordView:
    """By the record's UUID, or by the upstream's id."""
    named = _named(schema, where.external)
    return _get(
        author, schema, external_id_of(where.uuid or "") if named is None else named, fields
    )


def find_uuid(author: Author, schema: ObjectSchema, where: Address) -> str:
    """Spelt from the upstream's id, which is not asked."""
    named = _named(schema, where.external)
    if named is None:
        return where.uuid or ""
    spelt = uuid_of(named)
    if where.uuid not in (None, spelt):
        raise NotFound
    return spelt


def get_records(
    author: Author,
    schema: ObjectSchema,
    names: RecordNames,
    fields: Sequence[FieldSpec],
    *,
    states: frozenset[str] = frozenset(),
) -> FoundRecords:
    """One call of the upstream for each; it knows of no states."""
    if names.identifiers:
        raise not_offered(schema, "reading records by several names; use their ids")
    if len(names.uuids) + len(names.external) > MOST_AT_ONCE:
        raise not_offered(schema, f"more than {MOST_AT_ONCE} records in one request")

    def find(where: Address) -> RecordView | None:
        try:
            return get_remaining(author, schema, where, fields)
        except NotFound:
            return None

    by_uuid = [find(Address(canonical_uuid(uuid) or None)) for uuid in names.uuids]
    return FoundRecords(by_uuid, [], [find(Address(None, key)) for key in names.external])


def get_record_by_identifier(
    author: Author, schema: ObjectSchema, identifier: str, fields: Sequence[FieldSpec]
) -> RecordView:
    """By the upstream's id: what else tells its records apart is not known here."""
    return _get(author, schema, identifier, fields)


def get_record_by_key(
    author: Author, schema: ObjectSchema, record_id: int, fields: Sequence[FieldSpec]
) -> RecordView:
    """The upstream's id is the number."""
    return _get(author, schema, str(record_id), fields, plain=True)


def _get(
    author: Author,
    schema: ObjectSchema,
    external_id: str,
    fields: Sequence[FieldSpec],
    *,
    plain: bool = False,
) -> RecordView:
    if grant_of(author, schema).view != Extent.ALL:
        raise NotFound
    checked = check_external_id(external_id)
    mapped = schema.external.mapping if schema.external is not None else {}
    names = tuple(spec.name for spec in fields if spec.id in mapped)
    reply = call_source(author, schema, Asked(ExternalOperation.GET, checked, field_names=names))
    check_record(schema, checked, reply.content, reply.item, reply.status)
    return view_records(
        author, schema, [row_of(author, schema, checked, reply.item)], fields, plain=plain
    )[0]


# ---------------------------------------------------------------- writing


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
    """Records are matched by the upstream's id, and by nothing else."""
    if external_source:
        raise not_offered(schema, "sources of external ids")
    if match_field not in (None, "external_id"):
        raise not_offered(schema, "matching by a field; lookup_value is the upstream's id")
    # JSON callers send numeric ids as numbers; true is no id.
    if isinstance(lookup_value, int) and not isinstance(lookup_value, bool):
        lookup_value = str(lookup_value)
    if not isinstance(lookup_value, str) or not lookup_value.strip():
        raise InvalidInput("expected a non-empty string.", at="lookup_value")
    return SaveRequest(
        Mode.UPSERT, entries=entries, match_key=lookup_value, match_value=lookup_value
    )


def save_record(author: Author, schema: ObjectSchema, request: SaveRequest) -> SaveResult:
    known = MODES.get(request.mode.value)
    if known is None:
        raise not_offered(schema, request.mode.value)
    operation, right, action = known
    check_writes(author)
    if request.mode == Mode.DELETE_PERMANENTLY:
        check_scope(author, "records", "admin")
    _check_may(author, schema, right)
    # Ignoring it would promise protection from lost updates that the upstream does not give.
    if request.expected_version is not None:
        raise not_offered(schema, "versions; omit If-Match and expected_version")
    if request.must_exist or request.must_be_new:
        raise not_offered(schema, "conditions of an upsert; omit If-Match and If-None-Match")
    if request.kept or request.changes or not request.may_create:
        raise not_offered(schema, "bulk changes")
    given = request.attributes
    # None is accepted: it is what external records have.
    if given.member_id not in (UNSET, None) or given.assignment_task_id not in (UNSET, None):
        raise not_offered(schema, "members and tasks of records")
    external_id = _addressed(schema, request)
    if operation not in WITH_VALUES:
        reply = call_source(author, schema, Asked(operation, external_id))
        check_done(schema, external_id, reply)
        row = ended_row(author, schema, external_id, reply, operation)
        if operation == ExternalOperation.CANCEL:
            row = replace(_completed(author, schema, reply, row, []), cancelled_at=row.cancelled_at)
        return SaveResult(row, action, frozenset(), schema)
    return _write(author, schema, request, operation, external_id, action)


def save_records(
    author: Author,
    schema: ObjectSchema,
    requests: Sequence[SaveRequest],
    refused: Mapping[int, RecordsError] | None = None,
) -> list[Outcome]:
    """Write one record per call: upstreams have no batches, and the caller is waiting."""
    if len(requests) > MOST_AT_ONCE:
        raise not_offered(schema, f"more than {MOST_AT_ONCE} records in one request")
    outcomes: list[Outcome] = []
    for at, request in enumerate(requests):
        if refused and at in refused:
            outcomes.append(refused[at])
            continue
        try:
            outcomes.append(save_record(author, schema, request))
        except InTransaction:
            raise  # about the whole request: none of them was sent
        except RecordsError as error:
            # Outcomes are per record, as for local batches; records before it stay written.
            outcomes.append(error)
    return outcomes


def _check_may(author: Author, schema: ObjectSchema, right: str) -> None:
    grant = grant_of(author, schema)
    if right == "create":
        # A member may always make records of their own where there are any; here there are none.
        granted = author.directory.role(author.role.id).grant(schema.id)
        if not (granted.create and grant.create) or author.role.reaches != Extent.ALL:
            raise NotAllowed("You may not create records of this object.")
        return
    # Callers must not be able to tell invisible records from missing ones.
    if grant.view != Extent.ALL:
        raise NotFound
    if getattr(grant, right) != Extent.ALL:
        raise NotAllowed(f"You may not {right} this record.")


def _addressed(schema: ObjectSchema, request: SaveRequest) -> str:
    """The upstream's id of the record that a request is about; empty for a new one whose id is not
    given."""
    found = _named(schema, request.external or request.attributes.named)
    if request.uuid is not None:
        named = check_external_id(external_id_of(request.uuid))
        # Two ids that name different records: none is the right one.
        if found not in (None, named):
            raise NotFound
        return named
    if request.record_id is not None:
        found = str(request.record_id)
    found = found or request.match_value
    if found is None and request.mode != Mode.CREATE:
        raise NotFound
    return "" if found is None else check_external_id(found)


def _named(schema: ObjectSchema, key: ExternalKey | None) -> str | None:
    """The upstream's id in an external id; ids of other sources name no record here."""
    if key is None:
        return None
    if key.source:
        raise NotFound(
            f"The records of {schema.name!r} have no external source; use their ids alone."
        )
    return check_external_id(key.id)


def _write(
    author: Author,
    schema: ObjectSchema,
    request: SaveRequest,
    operation: ExternalOperation,
    external_id: str,
    action: str,
) -> SaveResult:
    if operation == ExternalOperation.UPDATE:
        _check_sees_all(author, schema)
    values = parse_written(author, schema, request.entries)
    body = body_of(schema, values)
    # Upstreams that let the caller choose the id take it in the body.
    if operation == ExternalOperation.CREATE and external_id and schema.external is not None:
        put(body, schema.external.id_path, external_id)
    names = tuple(spec.name for spec in values)
    reply = call_source(author, schema, Asked(operation, external_id, field_names=names, body=body))
    row = written_row(author, schema, operation, external_id, reply, values)
    if operation == ExternalOperation.PATCH:
        row = _completed(author, schema, reply, row, values)
    # PUT creates or replaces; only the upstream knows which it did.
    action = "created" if reply.status == 201 else action
    return SaveResult(row, action, frozenset(spec.id for spec in values), schema)


def _completed(
    author: Author,
    schema: ObjectSchema,
    reply: Reply,
    row: RecordRow,
    sent: Collection[FieldSpec],
) -> RecordRow:
    """The record after a write of a part of it: read again where the answer tells no more than what
    was sent, as long as the source can read it. The write is done, whatever comes of that."""
    source = schema.external
    unknown = source is not None and source.mapping.keys() - {spec.id for spec in sent}
    if not unknown or not tells_only(schema, reply, sent):
        return row
    asked = Asked(ExternalOperation.GET, row.external_id or "")
    try:
        now = call_source(author, schema, asked)
        check_record(schema, asked.external_id, now.content, now.item, now.status)
        return row_of(author, schema, asked.external_id, now.item)
    except RecordsError:
        return row


def _check_sees_all(author: Author, schema: ObjectSchema) -> None:
    """Callers who may not write a field must not replace the record: the field would be missing."""
    source, role = schema.external, author.role
    if source is not None and source.mapping.keys() & (role.hidden_fields | role.locked_fields):
        raise NotAllowed(
            "You may not write all fields of the record, so you may not replace it; change "
            "individual fields instead."
        )


# ---------------------------------------------------------------- what no upstream offers


def _refused(what: str) -> Callable[..., NoReturn]:
    def refuse(author: Author, schema: ObjectSchema, *_: Any, **__: Any) -> NoReturn:
        raise not_offered(schema, what)

    return refuse


get_record_as_of = _refused("reading a record as of a time")
list_archived = _refused("listing archived records")
list_trash = _refused("the trash")
save_all_records = _refused("writing all records or none")
begin_upload = _refused("files")
get_url = _refused("files")
list_attachments = _refused("files")
delete_attachment = _refused("files")
attach_file = _refused("files")
start_bulk_archive = _refused("bulk archiving")
start_bulk_change = _refused("bulk changes")
start_import = _refused("imports")
