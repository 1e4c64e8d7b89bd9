"""Objects with an external source: refusing what works only on local records."""

from __future__ import annotations

from records.exceptions import ExternalConfig

from .object_schema import ObjectSchema


def check_kept_here(schema: ObjectSchema, what: str) -> None:
    """ExternalConfig for an object with an external source, for what works only on local
    records."""
    if schema.external is not None:
        raise not_offered(schema, what)


def not_offered(schema: ObjectSchema, what: str) -> ExternalConfig:
    """The error for an operation that the source of an object cannot carry out."""
    source = schema.external.name if schema.external is not None else ""
    return ExternalConfig(
        f"The records of {schema.name!r} live in {source!r}, which does not support {what}."
    )
