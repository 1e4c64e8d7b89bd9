"""Between records and the upstream's JSON."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from records.exceptions import ExternalError, InvalidValues, NotFound, quoted
from records.field_types import FieldSpec, InvalidValue, References
from records.field_types.base import check_text
from records.services.access import Author
from records.services.catalogue import ObjectSchema, SourceSpec, display_name
from records.services.storage import RecordRow
from records.services.writing import (
    REFERENCES,
    UNSET,
    FieldEntry,
    Parsed,
    parse_entries,
)

from .ids import MAX_ID, integer_of, uuid_of

MISSING: Any = object()
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
STEPS = {".", ".."}


# ---------------------------------------------------------------- addresses


def placeholders(template: str) -> set[str]:
    """What is filled into a template."""
    return set(PLACEHOLDER.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled in, each as one percent-encoded piece of text.

    A parameter of the query is left out when nothing is known for it.
    """
    path, mark, query = template.partition("?")
    # An empty parameter could mean "is blank" to the upstream.
    pairs = [pair for pair in query.split("&") if placeholders(pair) <= values.keys()]
    filled = _filled(path, values)
    return (
        filled + mark + "&".join(_filled(pair, values) for pair in pairs)
        # No question mark without parameters.
        if pairs and mark
        else filled
    )


def _filled(piece: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: quote(values[found[1]], safe=""), piece)


def check_external_id(text: str) -> str:
    """An id that can stand in an address; NotFound for what no record has."""
    try:
        checked = check_text(text, MAX_ID)
    except InvalidValue:
        raise NotFound from None
    # `.` and `..` are not percent-encoded: they would lead to another path.
    if not checked or checked in STEPS:
        raise NotFound
    return checked


# ---------------------------------------------------------------- what is sent


def parse_written(
    author: Author, schema: ObjectSchema, entries: Sequence[FieldEntry]
) -> dict[FieldSpec, Any]:
    """The values of a write, as they would be stored; InvalidValues with every problem there is.

    Required and unique fields are left to the upstream.
    """
    parsed = parse_entries(author, schema, entries)
    for change in parsed.changes.values():
        if change.field.id not in _source(schema).mapping:
            _refuse(
                parsed,
                change.field,
                change.position,
                f"The field {change.field.name!r} is not mapped to the external source.",
            )
        # Adding to a list needs the current one, which may change between reading and writing.
        elif change.value is UNSET:
            _refuse(
                parsed,
                change.field,
                change.position,
                "Send `value`: the external source takes whole lists only.",
            )
        # Options that do not exist yet are created by local writes only.
        for part, reference in change.references():
            shown = getattr(reference, "name", None)
            message = f"The option {quoted(str(shown))} does not exist."
            parsed.refuse(change.field, change.position, part, "does_not_exist", message)
    if parsed.problems:
        raise InvalidValues(parsed.problems, size=parsed.size)
    return {change.field: change.value for change in parsed.changes.values()}


def _refuse(parsed: Parsed, spec: FieldSpec, position: int | None, message: str) -> None:
    parsed.refuse(spec, position, "value", "external_config", message)


def body_of(schema: ObjectSchema, values: Mapping[FieldSpec, Any]) -> dict[str, Any]:
    """Values as the upstream takes them: choices by name, amounts alone, each at its path; null for
    a blank."""
    body: dict[str, Any] = {}
    for spec, stored in values.items():
        put(
            body,
            _source(schema).mapping[spec.id],
            None if stored is None else sent_value(spec, stored),
        )
    return body


def sent_value(spec: FieldSpec, stored: Any) -> Any:
    """A stored value in a form that the upstream understands."""
    if spec.type.plain:
        return stored
    shown = spec.type.to_json(spec, stored, References())
    return [_plain(item) for item in shown] if isinstance(shown, list) else _plain(shown)


def _plain(shown: Any) -> Any:
    if not isinstance(shown, dict):
        return shown
    # Money is sent as its amount; options and tags by name.
    return shown["amount"] if "amount" in shown else shown.get("name")


def put(body: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set a value at a path, creating the objects that lead to it; other values on the way are
    replaced."""
    for step in path[:-1]:
        inner = body.get(step)
        # Paths can overlap, `a` and `a.b`: the longer one wins where it comes later.
        if not isinstance(inner, dict):
            inner = body[step] = {}
        body = inner
    body[path[-1]] = value


# ---------------------------------------------------------------- what came


def follow(content: Any, path: Sequence[str]) -> Any:
    """What is at a path; MISSING when it leads nowhere. Steps into lists are numbers."""
    for step in path:
        if isinstance(content, dict) and step in content:
            content = content[step]
        # `isdigit` alone accepts digits of other scripts, and int() of a superscript fails.
        elif (
            isinstance(content, list)
            and step.isascii()
            and step.isdigit()
            and int(step) < len(content)
        ):
            content = content[int(step)]
        else:
            return MISSING
    return content


def id_in(schema: ObjectSchema, content: Any) -> str | None:
    """The id that an answer gives its record, if it gives one that records can have."""
    found = follow(content, _source(schema).id_path)
    # JSON's true is an int to Python, and no id.
    if isinstance(found, bool) or not isinstance(found, (str, int)):
        return None
    try:
        return check_external_id(str(found))
    except NotFound:
        return None


def told_fields(
    schema: ObjectSchema, item: Any, *, blanks: bool = True, beside: Collection[str] = ()
) -> set[int]:
    """The ids of the fields that an answer speaks of, beside the record's id and what is at the
    keys `beside`; `blanks` of those it says are null too."""
    source = _source(schema)
    nothing = (MISSING,) if blanks else (MISSING, None)
    return {
        spec_id
        for spec_id, path in source.mapping.items()
        if path != source.id_path
        and path[0] not in beside
        and not any(follow(item, path) is each for each in nothing)
    }


def row_of(
    author: Author, schema: ObjectSchema, external_id: str, content: Any, done: str = ""
) -> RecordRow:
    """A record from an answer; ExternalError when a field cannot hold what came for it. `done` is
    what to say then of a write that was carried out; empty for a read."""
    values = {}
    for spec_id, path in _source(schema).mapping.items():
        spec, raw = schema.by_id[spec_id], follow(content, path)
        if raw is MISSING or raw is None:
            continue
        try:
            stored = _parsed(spec, raw)
        except InvalidValue:
            # An error would tell the caller that the field exists.
            if spec_id in author.role.hidden_fields:
                continue
            raise ExternalError(
                f"The upstream of {schema.name!r} sent a value that the field {spec.name!r} "
                f"cannot hold. {done}".rstrip(),
                outcome="applied" if done else "refused",
            ) from None
        if stored is not None:
            values[str(spec_id)] = stored
    return made_row(schema, external_id, values)


def _parsed(spec: FieldSpec, raw: Any) -> Any:
    """A value in its stored form; a number where a text is expected is that text."""
    if type(raw) in (int, float) and spec.type.text_like:
        raw = str(raw)
    stored = spec.type.parse(spec, raw)
    items = stored if isinstance(stored, list) else [stored]
    # Parsing leaves unknown options as references, for a local write to create.
    if any(isinstance(item, REFERENCES) for item in items):
        raise InvalidValue("There is no such option.")
    return stored


def made_row(schema: ObjectSchema, external_id: str, values: dict[str, Any]) -> RecordRow:
    """A record that is stored nowhere here: it has no version, and no times."""
    return RecordRow(
        integer_of(external_id),
        uuid_of(external_id),
        values,
        display_name=display_name(schema, values, {}, {}) or external_id,
        external_id=external_id,
    )


def _source(schema: ObjectSchema) -> SourceSpec:
    assert schema.external is not None
    return schema.external
