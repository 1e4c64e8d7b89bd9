"""Archiving many records, and changing one field of many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from records.exceptions import InvalidInput, NotAllowed
from records.field_types import FieldSpec
from records.models import Job
from records.services.access import (
    Author,
    find_field,
    get_schema,
    grant_of,
    may_write,
)
from records.services.catalogue import ObjectSchema, check_json
from records.services.writing import (
    FieldEntry,
    Mode,
    SaveRequest,
    parse_entries,
    save_records,
)

from .job_runs import MAX_RECORDS, JobView, start_job
from .steps import Step, kinds, outcomes_step

ARCHIVE, CHANGE = "bulk_archive", "bulk_change"
BATCH = 500


class Resolution(StrEnum):
    """What a bulk change does to the current value of a record, in the documented words; other
    words for them are understood too."""

    OVERWRITE = "overwrite"
    OVERWRITE_EXCEPT_NULL = "overwrite_except_null"
    UPDATE_IF_BLANK = "update_if_blank"
    ADD_ONLY = "add_only"
    REMOVE_ONLY = "remove_only"
    CLEAR = "clear"

    @classmethod
    def _missing_(cls, value: object) -> Resolution | None:
        return _SYNONYMS.get(value) if isinstance(value, str) else None


# Jobs of earlier releases are stored with these, and callers may still send them.
_SYNONYMS = {
    "only_update_blank": Resolution.UPDATE_IF_BLANK,
    "add_values": Resolution.ADD_ONLY,
    "remove_values": Resolution.REMOVE_ONLY,
}
OF_LISTS = (Resolution.ADD_ONLY, Resolution.REMOVE_ONLY)
# What leaves records as they are, where it does not clear them.
NOTHING: tuple[Any, ...] = (None, "", [])


def start_bulk_archive(
    author: Author, schema: ObjectSchema, record_uuids: Sequence[str]
) -> JobView:
    """Archive records; one that the author may not archive, or that is not there, is refused
    alone."""
    if grant_of(author, schema).remove == "none":
        raise NotAllowed("You may not archive records of this object.")
    records = _distinct(record_uuids)
    return start_job(author, ARCHIVE, schema.id, {"record_ids": records}, len(records))


def start_bulk_change(
    author: Author,
    schema: ObjectSchema,
    field_key: str,
    value: Any,
    resolution: str,
    record_uuids: Sequence[str],
    *,
    removed: Sequence[Any] = (),
) -> JobView:
    """Change a field of records. InvalidInput when the value, or what is to be done with it, suits
    no record.

    `removed` are entries of a list that go in the write that adds those in `value`.
    """
    if grant_of(author, schema).edit == "none":
        raise NotAllowed("You may not change records of this object.")
    spec = _checked_field(author, schema, field_key)
    how = _checked_resolution(spec, resolution)
    check_json("field_value", [value, *removed])
    entry = _entry(spec, how, value, removed)
    if how != Resolution.CLEAR and entry is not None:
        _check_value(author, schema, spec, entry)
    records = _distinct(record_uuids)
    parameters = {
        "record_ids": records,
        "field_id": spec.uuid,
        "field_value": value,
        "field_resolution": how.value,
        "removed": list(removed),
    }
    # Shown when the job has ended, too, and its parameters are gone.
    shown = {"field_resolution": how.value}
    return start_job(author, CHANGE, schema.id, parameters, len(records), result=shown)


def _checked_resolution(spec: FieldSpec, resolution: str) -> Resolution:
    """What is to be done. Refused now rather than per record: the job would fail 100,000 times for
    the same reason."""
    try:
        how = Resolution(resolution)
    except ValueError:
        raise InvalidInput(
            f"expected one of {', '.join(Resolution)}.", at="field_resolution"
        ) from None
    if how in OF_LISTS and not spec.multiple:
        others = ", ".join(other for other in Resolution if other not in OF_LISTS)
        raise InvalidInput(
            f"{how} is for fields that hold lists; {spec.name} holds one value. Use one of "
            f"{others}.",
            at="field_resolution",
        )
    if how == Resolution.UPDATE_IF_BLANK and spec.mirror_of_id is not None:
        raise InvalidInput(
            f"the links of {spec.name} are stored on the other side; use overwrite.",
            at="field_resolution",
        )
    if how == Resolution.CLEAR and spec.is_required:
        raise InvalidInput(
            f"{spec.name} is required, so it cannot be cleared.", "required", at="field_resolution"
        )
    return how


def _distinct(record_uuids: Sequence[str]) -> list[str]:
    if not record_uuids:
        raise InvalidInput("name at least one record.", "required", at="record_ids")
    if len(record_uuids) > MAX_RECORDS:
        raise InvalidInput(f"at most {MAX_RECORDS} records.", "limit_exceeded", at="record_ids")
    # A record named twice counts once in the job's totals.
    return list(dict.fromkeys(record_uuids))


def _checked_field(author: Author, schema: ObjectSchema, key: str) -> FieldSpec:
    spec = find_field(author, schema, key)
    if spec is None:
        raise InvalidInput("the object has no such field.", "does_not_exist", at="field_id")
    if not may_write(author, spec):
        raise InvalidInput(
            f"you may not change the field {spec.name}.", "permission_required", at="field_id"
        )
    return spec


def _check_value(author: Author, schema: ObjectSchema, spec: FieldSpec, entry: FieldEntry) -> None:
    """Refuse a value that is invalid for every record. The records and members that it names are
    looked up later, with each batch."""
    parsed = parse_entries(author, schema, [entry])
    for entry_problems in parsed.problems:
        for problem in entry_problems.problems:
            raise InvalidInput(problem.message, problem.code, at="field_value")


def _entry(
    spec: FieldSpec, how: Resolution, value: Any, removed: Sequence[Any]
) -> FieldEntry | None:
    """The field entry that is written to each record; None where every record stays as it is."""
    if how in OF_LISTS:
        add, remove = (value, removed) if how == Resolution.ADD_ONLY else (None, value)
        if add in NOTHING and not remove:
            return None
        return FieldEntry(id=spec.uuid, add_values=add, remove_values=remove or None)
    if how == Resolution.OVERWRITE_EXCEPT_NULL and value in NOTHING:
        return None
    # A value sent along with `clear` is ignored.
    return FieldEntry(id=spec.uuid, value=None if how == Resolution.CLEAR else value)


# ---------------------------------------------------------------- one batch


def _batch(job: Job) -> tuple[list[str], int | None]:
    """The records of the next batch, and where the one after it begins."""
    records: list[str] = job.parameters["record_ids"]
    after = job.position + BATCH
    return records[job.position : after], after if after < len(records) else None


def _schema(author: Author, job: Job) -> ObjectSchema:
    """The object. The job ends if it has been archived in the meantime, or the author has lost
    their rights on it."""
    return get_schema(author, str(job.object.uuid) if job.object is not None else "")


def _archive(author: Author, job: Job) -> Step:
    records, after = _batch(job)
    schema = _schema(author, job)
    requests = [SaveRequest(Mode.ARCHIVE, record) for record in records]
    return outcomes_step(job, after, records, save_records(author, schema, requests))


def _change(author: Author, job: Job) -> Step:
    records, after = _batch(job)
    schema = _schema(author, job)
    # The author may have lost their right to the field since the job began.
    spec = _checked_field(author, schema, job.parameters["field_id"])
    how = Resolution(job.parameters["field_resolution"])
    # Jobs of earlier releases have nothing to remove.
    removed = job.parameters.get("removed", ())
    entry = _entry(spec, how, job.parameters["field_value"], removed)
    kept = frozenset({spec.id}) if how == Resolution.UPDATE_IF_BLANK else frozenset()
    entries = [entry] if entry is not None else []
    requests = [SaveRequest(Mode.UPDATE, record, entries=entries, kept=kept) for record in records]
    return outcomes_step(job, after, records, save_records(author, schema, requests))


_KINDS: dict[str, Callable[[Author, Job], Step]] = {ARCHIVE: _archive, CHANGE: _change}
for _name, _function in _KINDS.items():
    kinds.register(_name, _function)
