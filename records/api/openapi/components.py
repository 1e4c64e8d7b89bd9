"""Schemas, as the documents write them, and the names they have there."""

from __future__ import annotations

from collections.abc import Mapping

from records.api.pagination import MAX_PAGE, MAX_SIZE

from .documents import RECORDS, Document, Schema


def component(name: str, schema: Schema, document: Document = RECORDS) -> None:
    """Give a schema a name, by which operations and other components refer to it."""
    document.components.register(name, schema)


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def obj(required: Mapping[str, Schema], /, **optional: Schema) -> Schema:
    """An object whose `required` properties are always there."""
    schema: Schema = {"type": "object", "properties": {**required, **optional}}
    if required:
        schema["required"] = sorted(required)
    return schema


def array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def one_of(*choices: Schema) -> Schema:
    return {"oneOf": list(choices)}


def nullable(schema: Schema) -> Schema:
    """A schema with one type, or null; this version of OpenAPI wants null among the `enum` too."""
    values = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, **values, "nullable": True}


def or_null(*choices: Schema) -> Schema:
    """One of these, which may be components, or null: beside a `$ref`, `nullable` says nothing."""
    return one_of(*choices, ref("NullEnum"))


PAGE: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_PAGE}
PAGE_SIZE: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE}


def page_of(results: Schema, **more: Schema) -> Schema:
    """A page of results."""
    address = nullable({"type": "string", "format": "uri"})
    page = obj(
        {"count": {"type": "integer"}, "results": array(results)}, next=address, previous=address
    )
    page["properties"]["errors"] = nullable(array({"type": "string"}))
    page["properties"].update(more)
    return page
