"""Setting fields of a record to what they were, as an update like any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from records.exceptions import Conflict, EntryProblems, InvalidInput, InvalidValues, Problem
from records.field_types import FieldSpec, InvalidValue
from records.services.access import Author, may_write, visible_fields
from records.services.catalogue import ObjectSchema, check_kept_here
from records.services.database import document, fetch, moment_param
from records.services.reading import find_with_history, take_back
from records.services.storage import RecordRow
from records.services.writing import Change, Mode, SaveRequest, SaveResult, save_record

from .former_values import FormerValues, is_kept_by_callers


@dataclass(frozen=True, slots=True)
class Then:
    """When fields were as they are to be again: at a version, or at a moment."""

    version: int | None = None
    when: datetime | None = None


def restore_fields(
    author: Author,
    schema: ObjectSchema,
    record_uuid: UUID | str,
    then: Then,
    fields: Sequence[FieldSpec] | None = None,
    expected_version: int | None = None,
) -> SaveResult:
    """Set these fields, by default all that the caller may write, to what they were.

    InvalidInput when there is no such version, or there was no record at that moment; InvalidValues
    names the fields whose value would be refused today.
    """
    check_kept_here(schema, "versions")
    row = find_with_history(author, schema, record_uuid)
    if row.merged_into is not None:  # else its values would become its survivor's
        raise Conflict("The record was merged into another one.", "merged")
    values = _former(author, row, then)
    chosen = _chosen(author, schema, fields)
    wanted = [
        (spec, values.get(str(spec.id)))
        for spec in chosen
        if values.get(str(spec.id)) != row.values.get(str(spec.id))
    ]
    former = FormerValues(author, schema)
    former.load(wanted)
    changes: dict[int, Change] = {}
    problems = []
    for spec, stored in wanted:
        try:
            changes[spec.id] = former.change(spec, stored, row.values.get(str(spec.id)))
        except InvalidValue as problem:
            problems.append(_problem(spec, problem.code, problem.message))
    if problems:
        raise InvalidValues(problems)
    former.complete(changes, row.values)
    request = SaveRequest(
        Mode.UPDATE,
        row.uuid,
        changes=list(changes.values()),
        expected_version=expected_version,
    )
    return save_record(author, schema, request)


def _chosen(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec] | None
) -> Sequence[FieldSpec]:
    if fields is None:
        return [
            spec
            for spec in visible_fields(author, schema)
            if is_kept_by_callers(spec) and may_write(author, spec)
        ]
    refused = [
        _problem(spec, *_refusal(author, spec))
        for spec in fields
        if not (is_kept_by_callers(spec) and may_write(author, spec))
    ]
    if refused:
        raise InvalidValues(refused)
    return fields


def _refusal(author: Author, spec: FieldSpec) -> tuple[str, str]:
    if spec.id in author.role.locked_fields:
        return "permission_required", f"The field {spec.name!r} is read-only."
    if spec.mirror_of_id is not None:
        return "read_only", f"The links of {spec.name!r} are stored in the records it names."
    return "read_only", f"The field {spec.name!r} is read-only."


def _problem(spec: FieldSpec, code: str, message: str) -> EntryProblems:
    return EntryProblems(None, spec.uuid, spec.name, [Problem("value", code, message)])


def _former(author: Author, row: RecordRow, then: Then) -> dict[str, Any]:
    """The record's values then. The ledger is read up to the version that was read."""
    if then.version is not None and not 1 <= then.version <= row.version:
        raise InvalidInput(f"the record has the versions 1 to {row.version}.", at="version")
    after, param = (
        ("history_date > %s", moment_param(then.when))
        if then.when is not None
        else ("version > %s", then.version)
    )
    later = fetch(
        "SELECT version, changes FROM records_historicalrecord WHERE workspace_id = %s AND id = %s"
        f" AND version <= %s AND {after} ORDER BY version DESC",
        [author.workspace.id, row.id, row.version, param],
    )
    if later and later[-1][0] == 1:
        raise InvalidInput("the record did not exist then.", at="as_of")
    former = RecordRow(row.id, row.uuid, dict(row.values))
    for _, changes in later:
        take_back(former, document(changes))
    return former.values
