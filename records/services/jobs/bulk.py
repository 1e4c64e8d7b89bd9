"""Archiving many records, and changing one field of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from records.exceptions import InvalidInput, NotAllowed
from records.field_types import FieldSpec
from records.models import Job
from records.services.access import Author, find_field, get_schema, grant_of, may_write
from records.services.definitions import check_json
from records.services.external.forwarding import forwarded
from records.services.object_schema import ObjectSchema
from records.services.values import parse_entries
from records.services.write import FieldEntry, Mode, SaveRequest, save_records

from .running import MAX_RECORDS, JobView, start_job
from .steps import Step, kinds, outcomes_step

ARCHIVE, CHANGE = "bulk_archive", "bulk_change"
BATCH = 500


class Resolution(StrEnum):
    """What a bulk change does to the value a record has."""

    OVERWRITE = "overwrite"
    ONLY_UPDATE_BLANK = "only_update_blank"
    ADD_VALUES = "add_values"
    REMOVE_VALUES = "remove_values"
    CLEAR = "clear"


@forwarded
def start_bulk_archive(author: Author, schema: ObjectSchema, record_uuids: Sequence[str]) -> JobView:
    """Archive records; one that the author may not archive, or that is not there, is refused alone."""
    if grant_of(author, schema).remove == "none":
        raise NotAllowed("You may not archive records of this object.")
    records = _distinct(record_uuids)
    return start_job(author, ARCHIVE, schema.id, {"record_ids": records}, len(records))


@forwarded
def start_bulk_change(
    author: Author,
    schema: ObjectSchema,
    field_key: str,
    value: Any,
    resolution: str,
    record_uuids: Sequence[str],
) -> JobView:
    """Change a field of records. InvalidInput when the value, or what is to be done with it, suits no record."""
    if grant_of(author, schema).edit == "none":
        raise NotAllowed("You may not change records of this object.")
    spec = _checked_field(author, schema, field_key)
    try:
        how = Resolution(resolution)
    except ValueError:
        raise InvalidInput(f"field_resolution: expected one of {', '.join(Resolution)}.") from None
    if how in (Resolution.ADD_VALUES, Resolution.REMOVE_VALUES) and not spec.multiple:
        raise InvalidInput(f"field_resolution: {how} is for fields that hold lists; {spec.name} holds one value.")
    if how == Resolution.ONLY_UPDATE_BLANK and spec.mirror_of_id is not None:
        raise InvalidInput(f"field_resolution: the links of {spec.name} are stored on the other side; use overwrite.")
    if how == Resolution.CLEAR and spec.is_required:
        raise InvalidInput(f"field_resolution: {spec.name} is required, so it cannot be cleared.", "required")
    check_json("field_value", value)
    if how != Resolution.CLEAR:
        _check_value(author, schema, spec, _entry(spec, how, value))
    records = _distinct(record_uuids)
    parameters = {"record_ids": records, "field_id": spec.uuid, "field_value": value, "field_resolution": how.value}
    return start_job(author, CHANGE, schema.id, parameters, len(records))


def _distinct(record_uuids: Sequence[str]) -> list[str]:
    if not record_uuids:
        raise InvalidInput("record_ids: name at least one record.", "required")
    if len(record_uuids) > MAX_RECORDS:
        raise InvalidInput(f"record_ids: at most {MAX_RECORDS} records.", "limit_exceeded")
    return list(dict.fromkeys(record_uuids))


def _checked_field(author: Author, schema: ObjectSchema, key: str) -> FieldSpec:
    spec = find_field(author, schema, key)
    if spec is None:
        raise InvalidInput("field_id: the object has no such field.", "does_not_exist")
    if not may_write(author, spec):
        raise InvalidInput(f"field_id: you may not change the field {spec.name}.", "permission_required")
    return spec


def _check_value(author: Author, schema: ObjectSchema, spec: FieldSpec, entry: FieldEntry) -> None:
    """What is wrong with the value for every record is said at once; what it names is looked up with the records."""
    parsed = parse_entries(author, schema, [entry])
    for entry_problems in parsed.problems:
        for problem in entry_problems.problems:
            raise InvalidInput(f"field_value: {problem.message}", problem.code)


def _entry(spec: FieldSpec, how: Resolution, value: Any) -> FieldEntry:
    if how == Resolution.ADD_VALUES:
        return FieldEntry(id=spec.uuid, add_values=value)
    if how == Resolution.REMOVE_VALUES:
        return FieldEntry(id=spec.uuid, remove_values=value)
    return FieldEntry(id=spec.uuid, value=None if how == Resolution.CLEAR else value)


# ---------------------------------------------------------------- one batch


def _batch(job: Job) -> tuple[list[str], int | None]:
    """The records of the next batch, and where the one after it begins."""
    records: list[str] = job.parameters["record_ids"]
    after = job.position + BATCH
    return records[job.position : after], after if after < len(records) else None


def _schema(author: Author, job: Job) -> ObjectSchema:
    """The object, unless it was archived meanwhile or the author lost their rights on it: then the job ends."""
    return get_schema(author, str(job.object.uuid) if job.object is not None else "")


def _archive(author: Author, job: Job) -> Step:
    records, after = _batch(job)
    schema = _schema(author, job)
    requests = [SaveRequest(Mode.ARCHIVE, record) for record in records]
    return outcomes_step(after, records, save_records(author, schema, requests))


def _change(author: Author, job: Job) -> Step:
    records, after = _batch(job)
    schema = _schema(author, job)
    spec = _checked_field(author, schema, job.parameters["field_id"])
    how = Resolution(job.parameters["field_resolution"])
    entry = _entry(spec, how, job.parameters["field_value"])
    kept = frozenset({spec.id}) if how == Resolution.ONLY_UPDATE_BLANK else frozenset()
    requests = [SaveRequest(Mode.UPDATE, record, entries=[entry], kept=kept) for record in records]
    return outcomes_step(after, records, save_records(author, schema, requests))


_KINDS: dict[str, Callable[[Author, Job], Step]] = {ARCHIVE: _archive, CHANGE: _change}
for _name, _function in _KINDS.items():
    kinds.register(_name, _function)
