"""Operations as callers read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.jobs import UndoView
from records.services.reading import local_time
from records.services.undoing import LeftView, OperationChange, OperationView


def operation_row(view: OperationView, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": view.uuid,
        "kind": view.kind,
        "created": local_time(view.created, zone),
        "member": view.member,
        "source": view.source,
        "api_key_id": view.api_key_id,
        "request_id": view.request_id,
        "reason": view.reason,
        "record_id": view.record_uuid,
        "counts": view.totals,
        "more": view.more,
        "objects": [
            {**_object(view.schemas[key]), "counts": counts} for key, counts in view.counts.items()
        ],
        "undoes": view.undoes,
        "undone_by": view.undone_by,
    }


def change_row(change: OperationChange, zone: ZoneInfo) -> dict[str, Any]:
    """One write of an operation."""
    entry = change.entry
    return {
        "object": _object(change.schema),
        "record_id": change.record_uuid,
        "version": entry.version,
        "action": entry.action,
        "created": local_time(entry.created, zone),
        "changes": [
            {**_field(each.field), "old": each.old, "new": each.new} for each in entry.changes
        ],
    }


def undo_row(view: UndoView, zone: ZoneInfo) -> dict[str, Any]:
    """What an undo did, or its job, which does it."""
    job, result = view.job, view.job.result
    unstored = view.dry_run and job.finished is not None
    return {
        "operation_id": None if view.dry_run else str(view.operation_id),
        "undoes": str(view.undoes),
        "mode": view.mode,
        "dry_run": view.dry_run,
        # A dry run that is over has left nothing, not even its job.
        "job_id": None if unstored else job.uuid,
        "status": job.status,
        "total": job.total,
        "records": result.get("records", 0),
        "counts": result.get("counts", {}),
        "left_count": result.get("left", 0),
        "left": [left_row(each, zone) for each in view.left],
    }


def left_row(left: LeftView, zone: ZoneInfo) -> dict[str, Any]:
    """A field, or a record, that an undo has left; what it is now, and who made it so."""
    since = left.since
    return {
        "object": _object(left.schema),
        "record_id": left.record_uuid,
        "display_name": left.name,
        "field": None if left.field is None else _field(left.field),
        "code": left.code,
        "detail": left.detail,
        "value": left.value,
        "since": None
        if since is None
        else {
            "created": local_time(since.created, zone),
            "version": since.version,
            "member": since.member,
            "source": since.source,
            "operation_id": since.operation_id,
        },
    }


def _object(schema: ObjectSchema) -> Mapping[str, str]:
    return {"id": schema.uuid, "name": schema.name, "display_name": schema.object_name}


def _field(spec: FieldSpec) -> Mapping[str, str]:
    return {
        "id": spec.uuid,
        "name": spec.name,
        "field_type": spec.type.name,
        "display_name": spec.display_name,
    }
