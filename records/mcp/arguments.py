"""Reading a call's arguments by the tool's own published schema: what is wrong is said by name,
with the way out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import orjson

from records.exceptions import InvalidInput
from records.http import is_too_deep

Schema = Mapping[str, Any]
MAX_PROBLEMS = 20
MAX_DEPTH = 64
KINDS: dict[str, type] = {
    "string": str,
    "integer": int,
    "object": dict,
    "array": list,
    "boolean": bool,
}


def check_arguments(schema: Schema, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given (null counts as not given), with defaults; InvalidInput says
    all that is wrong."""
    known: Mapping[str, Schema] = schema["properties"]
    given = {
        name: _decoded(name, known.get(name, {}), value)
        for name, value in arguments.items()
        if value is not None
    }
    problems = [
        f"{_shown(name)}: there is no such argument; the arguments are {', '.join(known)}."
        for name in arguments
        if name not in known
    ]
    missing = [name for name in schema["required"] if name not in given]
    problems += [
        f"{name}: this argument is required: {known[name]['description']}" for name in missing
    ]
    problems += [
        problem
        for name in known
        if name in given
        for problem in _problems(name, known[name], given[name])
    ]
    if problems:
        raise InvalidInput(" ".join(problems[:MAX_PROBLEMS]))
    return {name: part["default"] for name, part in known.items() if "default" in part} | given


def _decoded(name: str, schema: Schema, value: Any) -> Any:
    """The argument; one that is an object or a list, and was sent as JSON text, as what it says.
    So are the entries of a list of objects."""
    structured = [kind for kind in _kinds(schema) if kind in ("object", "array")]
    value = from_json_text(value, structured, name)
    if isinstance(value, list) and "array" in structured:
        inner = [kind for kind in _kinds(schema["items"]) if kind == "object"]
        return [from_json_text(entry, inner, name) for entry in value] if inner else value
    return value


def from_json_text(value: Any, kinds: Collection[str], at: str) -> Any:
    """What a text says, where it is JSON of one of these kinds; anything else as it is."""
    if not kinds or not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        content = orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
    fits = any(_is(kind, content) for kind in kinds)
    if fits and is_too_deep(content, MAX_DEPTH):
        raise InvalidInput(
            f"the text is nested more than {MAX_DEPTH} levels deep.", "limit_exceeded", at=at
        )
    return content if fits else value


def _kinds(schema: Schema) -> list[str]:
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _problems(name: str, schema: Schema, value: Any) -> Iterator[str]:
    """What is wrong with one argument: its type, or else what its type is bound by."""
    kinds = _kinds(schema)
    if not any(_is(kind, value) for kind in kinds):
        yield f"{name}: expected {' or '.join(map(_article, kinds))}, not {kind_of(value)}."
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{name}: {_shown(value)} is not one of {', '.join(schema['enum'])}."
    elif isinstance(value, str):
        yield from _text_problems(name, schema, value)
    elif isinstance(value, list):
        if len(value) > schema["maxItems"]:
            yield f"{name}: at most {schema['maxItems']} entries."
        kind = schema["items"]["type"]
        # An entry of a list of objects is refused in its place.
        if kind != "object" and not all(_is(kind, entry) for entry in value):
            yield f"{name}: expected a list of {kind}s."
    elif type(value) is int and not schema["minimum"] <= value <= schema["maximum"]:
        yield f"{name}: expected {schema['minimum']} to {schema['maximum']}."


def _text_problems(name: str, schema: Schema, value: str) -> Iterator[str]:
    least, most = schema.get("minLength", 0), schema["maxLength"]
    if not least <= len(value) <= most:
        yield f"{name}: expected {least} to {most} characters."
    elif not value.isprintable():
        yield f"{name}: expected printable characters."


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _article(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeio" else f"a {kind}"


def kind_of(value: Any) -> str:
    """What a value of JSON is, for a message: `a number`."""
    names = (kind for kind in KINDS if _is(kind, value))
    return _article(next(names, "number"))


def _shown(text: Any) -> str:
    """What the caller wrote, for an error message: short, and valid Unicode even where it is
    not."""
    return repr(str(text)[:80].encode(errors="replace").decode())
