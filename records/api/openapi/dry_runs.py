"""What the documents say of dry runs, at every operation that changes something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from records.api.answers import JSON
from records.api.dry_runs import RECORDS_FORM, WORKSPACE_FORM, DryRunForm

from .components import array, component, nullable, obj, ref
from .documents import RECORDS, WORKSPACE, Document, Schema

PARAMETER = "DryRun"
ANSWER = "DryRunAnswer"
FORMS = {RECORDS.title: RECORDS_FORM, WORKSPACE.title: WORKSPACE_FORM}

_ANYTHING: Schema = {}
_INTEGER: Schema = {"type": "integer"}
_TEXT: Schema = {"type": "string"}
_CHANGES = {
    "type": "object",
    "additionalProperties": ref("DryRunChange"),
    "description": "What the write would change, by property.",
}
_RECORD = {
    RECORDS.title: {"object": _TEXT, "record_id": {"type": "string", "format": "uuid"}},
    WORKSPACE.title: {"dataTypeId": _INTEGER, "recordId": _INTEGER},
}


def parameter_of(document: Document) -> Schema:
    """The parameter, among the components."""
    return {
        "name": FORMS[document.title].key,
        "in": "query",
        "description": "Try the request: its answer, and what it would change. Nothing is stored.",
        "schema": {"type": "boolean", "default": False},
    }


def _properties(form: DryRunForm) -> dict[str, Schema]:
    return {
        form.key: {"type": "boolean", "description": "True for a dry run: nothing was stored."},
        "changes": _CHANGES,
        "effects": ref("DryRunEffects"),
        "plan": nullable(
            {
                "type": "string",
                "description": "For the header `Apply-Plan`. Null for writes to too many records.",
            }
        ),
    }


def _register(document: Document) -> None:
    form = FORMS[document.title]
    component(
        "DryRunChange",
        obj({"old": _ANYTHING, "new": _ANYTHING}),
        document,
    )
    component(
        "DryRunRecord",
        obj(
            {
                **_RECORD[document.title],
                "action": _TEXT,
                "version": _INTEGER,
                "fields": _CHANGES,
            }
        ),
        document,
    )
    component("DryRunJob", obj({"action": _TEXT, form.words["total_count"]: _INTEGER}), document)
    component(
        "DryRunEffects",
        obj(
            {
                "records": {
                    **array(ref("DryRunRecord")),
                    "description": "The first 1,000 writes to records.",
                },
                form.words["record_count"]: {**_INTEGER, "description": "Of all such writes."},
                "jobs": {
                    **array(ref("DryRunJob")),
                    "description": "Jobs that it would start; small ones are tried, too.",
                },
            }
        ),
        document,
    )
    component(ANSWER, obj(_properties(form)), document)


for _document in (RECORDS, WORKSPACE):
    _register(_document)


def add_dry_runs(result: Schema, document: Document) -> None:
    """Add what the answers to dry runs say to the answers of all operations that have them."""
    properties = _properties(FORMS[document.title])
    for schema in list(_answers(result)):
        shown = _resolved(result, schema)
        if shown.get("type") == "object" and FORMS[document.title].key not in shown["properties"]:
            shown["properties"] = {**shown["properties"], **properties}


def _answers(result: Schema) -> Iterator[Schema]:
    """The schemas of what changes answer."""
    asked = {"$ref": f"#/components/parameters/{PARAMETER}"}
    for methods in result["paths"].values():
        for described in methods.values():
            if asked not in described.get("parameters", ()):
                continue
            for status, response in described["responses"].items():
                if status.startswith("2") and JSON in response.get("content", {}):
                    yield response["content"][JSON]["schema"]


def _resolved(result: Schema, schema: Schema) -> dict[str, Any]:
    """The schema, of which other documents see nothing: components are copied before they are
    changed."""
    if "$ref" not in schema:
        return schema
    schemas, name = result["components"]["schemas"], schema["$ref"].rsplit("/", 1)[-1]
    schemas[name] = dict(schemas[name])
    copied: dict[str, Any] = schemas[name]
    return copied
