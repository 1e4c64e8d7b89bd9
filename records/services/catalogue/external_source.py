"""A source as the schema of its object carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from records.field_types import FieldSpec
from records.models import ExternalSource

PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Operation:
    """One request that the upstream understands; `path` is a template below the base URL."""

    method: str
    path: str
    response_path: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SourceSpec:
    """An external source. `mapping` is the path of each mapped field's value, by the field's
    key."""

    id: int
    uuid: str
    name: str
    scheme: str
    host: str
    port: int
    prefix: str
    auth_header: str
    sealed_secret: str = field(repr=False)
    timeout: float
    id_path: tuple[str, ...]
    total_path: tuple[str, ...]
    operations: Mapping[str, Operation]
    mapping: Mapping[int, tuple[str, ...]]


def port_of(parts: SplitResult) -> int:
    """The port that a URL leads to, 0 for none; ValueError for one that nothing can connect to."""
    if parts.port == 0 or parts.netloc.endswith(":"):
        raise ValueError("not a port")
    return parts.port or PORTS.get(parts.scheme, 0)


def split_path(text: str) -> tuple[str, ...]:
    """The steps of a dotted path; none for the whole."""
    return tuple(step for step in text.split(".") if step)


def may_be_mapped(spec: FieldSpec) -> bool:
    """Whether a field's values can be kept by a source: they refer to nothing stored here, and are
    not computed."""
    return not spec.type.refers_to and not spec.computed


def compile_source(row: ExternalSource, fields: Iterable[FieldSpec]) -> SourceSpec:
    """The source of an object with these fields."""
    parts = urlsplit(row.base_url)
    # Without a mapping, every field is found under its API name.
    mapping = {
        spec.id: split_path(spec.name if row.mapping is None else row.mapping[spec.name])
        for spec in fields
        if may_be_mapped(spec) and (row.mapping is None or row.mapping.get(spec.name))
    }
    operations = {
        name: Operation(given["method"], given["path"], split_path(given.get("response_path", "")))
        for name, given in row.operations.items()
    }
    return SourceSpec(
        row.id,
        str(row.uuid),
        row.name,
        parts.scheme,
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        parts.path.rstrip("/"),
        row.auth_header,
        row.secret,
        row.timeout_seconds,
        split_path(row.id_path),
        split_path(row.total_path),
        operations,
        mapping,
    )
