"""The components of the OpenAPI document that operations are described in."""

from __future__ import annotations

from typing import Any

from records.api.openapi import array, component, nullable, obj, or_null, page_of, ref
from records.services.access import Source
from records.services.jobs import STATUSES
from records.services.undoing import OperationKind, UndoMode

STRING: dict[str, Any] = {"type": "string"}
UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
INTEGER: dict[str, Any] = {"type": "integer"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
MOMENT: dict[str, Any] = {"type": "string", "format": "date-time"}
ANYTHING: dict[str, Any] = {}
KIND: dict[str, Any] = {"type": "string", "enum": [kind.value for kind in OperationKind]}
SOURCE: dict[str, Any] = {"type": "string", "enum": list(Source.values)}
MODE: dict[str, Any] = {"type": "string", "enum": [mode.value for mode in UndoMode]}
COUNTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": INTEGER,
    "description": "The number of writes by what they did: created, updated, archived …",
}
_OBJECT = {"id": UUID, "name": STRING, "display_name": STRING}
_FIELD = {"id": UUID, "name": STRING, "field_type": STRING, "display_name": STRING}

component("OperationObject", obj(_OBJECT))
component("OperationField", obj(_FIELD))
component(
    "Operation",
    obj(
        {
            "id": UUID,
            "kind": KIND,
            "created": MOMENT,
            "member": or_null(ref("Author")),
            "source": STRING,
            "api_key_id": nullable(INTEGER),
            "request_id": STRING,
            "reason": STRING,
            "record_id": nullable({**UUID, "description": "The record, if it is one."}),
            "counts": COUNTS,
            "more": {**BOOLEAN, "description": "The counts say how many there are at least."},
            "objects": array(obj({**_OBJECT, "counts": COUNTS})),
            "undoes": nullable({**UUID, "description": "The operation that this one took back."}),
            "undone_by": nullable({**UUID, "description": "The undo that is in effect."}),
        }
    ),
)
_LIST = page_of(ref("Operation"), count=nullable(INTEGER), next_cursor=nullable(UUID))
component("OperationPage", _LIST)
component(
    "OperationChange",
    obj(
        {
            "object": ref("OperationObject"),
            "record_id": UUID,
            "version": INTEGER,
            "action": STRING,
            "created": MOMENT,
            "changes": array(ref("FieldChange")),
        }
    ),
)
component("OperationDetail", page_of(ref("OperationChange"), operation=ref("Operation")))
component("UndoRequest", obj({}, mode={**MODE, "description": "Safe by default."}, dry_run=BOOLEAN))
component(
    "UndoSince",
    obj(
        {
            "created": MOMENT,
            "version": INTEGER,
            "member": or_null(ref("Author")),
            "source": STRING,
            "operation_id": UUID,
        }
    ),
)
component(
    "UndoLeft",
    obj(
        {
            "object": ref("OperationObject"),
            "record_id": STRING,
            "display_name": STRING,
            "field": or_null(ref("OperationField")),
            "code": STRING,
            "detail": STRING,
            "value": {**ANYTHING, "description": "What the field holds now."},
            "since": or_null(ref("UndoSince")),
        }
    ),
)
component("PaginatedUndoLeftList", page_of(ref("UndoLeft")))
component(
    "Undo",
    obj(
        {
            "operation_id": nullable({**UUID, "description": "The undo, as an operation."}),
            "undoes": UUID,
            "mode": MODE,
            "dry_run": BOOLEAN,
            "job_id": nullable({**UUID, "description": "See bulk-action-progress."}),
            "status": {"type": "string", "enum": list(STATUSES)},
            "total": {**INTEGER, "description": "The number of writes to take back."},
            "records": {**INTEGER, "description": "The number of records that were changed."},
            "counts": COUNTS,
            "left_count": {**INTEGER, "description": "How much was left as it is."},
            "left": {**array(ref("UndoLeft")), "description": "The first 100 of that."},
        }
    ),
)
