"""What a record has besides its values: its external id, and the member it belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from records.exceptions import Conflict, InvalidInput, NotAllowed
from records.field_types import FieldSpec, InvalidValue, field_types
from records.models import Extent, Field, Record, RecordState, Source
from records.services.access import grant_of
from records.services.catalogue import ObjectSchema
from records.services.database import fetch, fetch_column, for_update
from records.services.storage import ExternalKey, RecordRow

from .save_requests import NO_ATTRIBUTES, Attributes, SaveRequest
from .unit_of_work import UnitOfWork
from .values import UNSET, Change, Parsed


def checked_attributes(
    work: UnitOfWork, request: SaveRequest, row: RecordRow | None, parsed: Parsed
) -> Attributes:
    """What the request sets besides the values; `row` is None for a new record.

    Conflict for an external id that another active record has, or that leads to one, or a member
    who may have no other record; NotAllowed or InvalidInput for a member that the caller may not
    name.
    """
    attributes = _asked_attributes(work, request, row, parsed)
    if attributes is NO_ATTRIBUTES:
        return attributes
    key = attributes.named
    if key is not None and (
        work.locked.is_named(row, key) or work.locked.leads_elsewhere(row, key)
    ):
        raise named_already()
    held = None if row is None else row.member_id
    # A member who stays is not checked: they may have become inactive since.
    if attributes.member_id is not UNSET and attributes.member_id != held:
        _check_member(work, attributes)
        check_single(work, attributes.member_id)
    return attributes


def _asked_attributes(
    work: UnitOfWork, request: SaveRequest, row: RecordRow | None, parsed: Parsed
) -> Attributes:
    """The attributes that the request gives, and those that follow from its other parts."""
    attributes = request.attributes
    if row is None and attributes.member_id is UNSET:
        member_id = attributes.new_member_id or _only_member(work)
        if member_id is not None:
            attributes = replace(attributes, member_id=member_id)
    if _clears_external_field(work.schema, parsed):
        attributes = replace(attributes, external=None)
    # A record that an upsert by external id creates, or brings back, gets that id. A live one has
    # it, or was matched by that of a record that was merged into it.
    is_live = row is not None and row.state == RecordState.ACTIVE
    if request.matches_external and attributes.external is UNSET and not is_live:
        attributes = replace(attributes, external=request.external)
    return attributes


def _only_member(work: UnitOfWork) -> int | None:
    """Whose a new record is that names nobody: the caller's, where members have one record each.

    Files and commands write the records of many, and name no caller that they could belong to.
    """
    if work.schema.is_collection or work.author.source in (Source.IMPORT, Source.COMMAND):
        return None
    return work.author.member.id


def _clears_external_field(schema: ObjectSchema, parsed: Parsed) -> bool:
    """Whether the field that stands for the external id becomes blank."""
    spec = schema.external_id_field
    change = None if spec is None else parsed.changes.get(spec.id)
    return change is not None and change.value is None


def named_already() -> Conflict:
    """Another active record has the external id."""
    message = "Another record has this external id."
    return Conflict(message, "already_exists", at="external_id")


# ---------------------------------------------------------------- the member


def _check_member(work: UnitOfWork, attributes: Attributes) -> None:
    """The caller may make this the record's member, who is an active one."""
    author, chosen = work.author, attributes.member_id
    # One rule for every interface: what makes a record another member's is changing theirs.
    if chosen != author.member.id and grant_of(author, work.schema).edit != Extent.ALL:
        raise NotAllowed("You may not write records of other members.")
    if chosen is None:
        return
    member = author.directory.members([chosen]).get(chosen)
    if member is None or not member.is_active:
        raise InvalidInput("The member does not exist.", "does_not_exist", at="member_id")


def check_single(work: UnitOfWork, member_id: int | None) -> None:
    """Conflict when the member has a live record of an object that allows one per member.

    For a record that is not, or not yet, the member's live one.
    The member's row is locked first: of two writers that come at once, the second sees what the
    first made.
    """
    schema = work.schema
    if schema.is_collection or member_id is None:
        return
    fetch(
        "SELECT m.id FROM records_member m WHERE m.workspace_id = %s AND m.id = %s"
        + for_update("m"),
        [schema.workspace_id, member_id],
    )
    stored = fetch_column(
        "SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND "
        "member_id = %s AND state = 'active'",
        [schema.workspace_id, schema.id, member_id],
    )
    # Those that this batch has read or made are as it leaves them, which is not stored yet.
    read = work.locked.by_id
    known = [*read.values(), *work.changes.created]
    if set(stored) - read.keys() or any(_holds(other, member_id) for other in known):
        raise Conflict(
            "The member already has a record of this type, and can have only one.",
            "already_exists",
            at="member_id",
        )


def _holds(row: RecordRow, member_id: int) -> bool:
    """Whether the record is the member's, and live."""
    return row.member_id == member_id and row.state == RecordState.ACTIVE


# ---------------------------------------------------------------- the external id as a field


def with_external_field(spec: FieldSpec, request: SaveRequest, parsed: Parsed) -> SaveRequest:
    """The request, with the external id both in its attributes and, in `parsed`, in `spec`, the
    field that stands for it.

    What is written to one of the two is written to both. The field holds the ids without a source.
    """
    given = _given_external(request)
    change = parsed.changes.get(spec.id)
    if change is None:
        if given is not UNSET:
            _fill_external_field(spec, given, parsed)
        return request
    key = None if change.value is None else ExternalKey("", str(change.value))
    if given is not UNSET and given != key:
        message = "The field holds the external id, and the two values sent differ."
        parsed.refuse(spec, change.position, "value", "invalid", message)
        return request
    return replace(request, attributes=replace(request.attributes, external=key))


def _given_external(request: SaveRequest) -> Any:
    """The external id that the request gives or matches on: a key, None to take it away, or
    UNSET."""
    given = request.attributes.external
    return request.external if given is UNSET and request.matches_external else given


def _fill_external_field(spec: FieldSpec, given: ExternalKey | None, parsed: Parsed) -> None:
    if given is not None and given.source:  # the field does not hold ids of a named source
        return
    try:
        value = None if given is None else spec.type.parse(spec, given.id)
    except InvalidValue as problem:
        parsed.refuse(spec, None, "value", problem.code, problem.message)
        return
    parsed.changes[spec.id] = Change(spec, None, value)


def check_external_field(row: Field) -> None:
    """InvalidInput unless the field may stand for the external id: a short text, and the only such
    field of its object.

    Refused once the object has records: their external ids would have to change.
    """
    kind = field_types.get(row.field_type)
    if not (kind.text_like and kind.may_be_unique) or row.computed:
        raise InvalidInput(
            f"a {row.field_type} field cannot be the external id.", at="is_external_id"
        )
    others = Field.objects.filter(
        workspace_id=row.workspace_id, object_id=row.object_id, deleted_at=None
    )
    if others.filter(is_external_id=True).exists():
        raise InvalidInput("the object already has such a field.", "unique", at="is_external_id")
    live = Record.objects.filter(
        workspace_id=row.workspace_id, object_id=row.object_id, state=RecordState.ACTIVE
    )
    if live.exists():
        raise InvalidInput("the object already has records.", "in_use", at="is_external_id")
