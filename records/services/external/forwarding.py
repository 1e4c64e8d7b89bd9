"""The one seam between the services and objects whose records live elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any, Concatenate, ParamSpec, TypeVar

from records.exceptions import ExternalConfig
from records.services.access import Author
from records.services.object_schema import ObjectSchema

P = ParamSpec("P")
T = TypeVar("T")
Service = Callable[Concatenate[Author, ObjectSchema, P], T]


def forwarded(service: Service[P, T]) -> Service[P, T]:
    """A service on the records of an object; where they live elsewhere, `operations` has one of the same name.

    ExternalConfig where it has none: what is not forwarded is refused, and never done locally.
    """

    @wraps(service)
    def dispatched(author: Author, schema: ObjectSchema, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if schema.external is None:
            return service(author, schema, *args, **kwargs)
        elsewhere: Any = getattr(import_module("records.services.external.operations"), service.__name__, None)
        if elsewhere is None:
            raise not_offered(schema, service.__name__.replace("_", " "))
        result: T = elsewhere(author, schema, *args, **kwargs)
        return result

    return dispatched


def check_kept_here(schema: ObjectSchema, what: str) -> None:
    """ExternalConfig for an object whose records live elsewhere, for what is done here alone."""
    if schema.external is not None:
        raise not_offered(schema, what)


def not_offered(schema: ObjectSchema, what: str) -> ExternalConfig:
    """What refuses an operation that the source of an object cannot carry out."""
    source = schema.external.name if schema.external is not None else ""
    return ExternalConfig(f"The records of {schema.name!r} live in {source!r}, which does not offer this: {what}.")
