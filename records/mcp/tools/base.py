"""What a tool is, and the arguments that all of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from records.exceptions import NotFound, did_you_mean, quoted
from records.mcp.answers import FORETOLD, TEXT, output_schema, said
from records.registry import Registry
from records.services.access import MAX_REASON, Author, get_schema, is_workspace, list_schemas
from records.services.catalogue import ObjectSchema

Arguments = Mapping[str, Any]
tools: Registry[Tool] = Registry("tool")

BASE_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "description": "The base (workspace) the API key belongs to: its UUID or its slug.",
}
RECORD_TYPE = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "description": "The record type: its API name, as list_record_types gives it, or its UUID.",
}
IDEMPOTENCY_KEY = "idempotency_key"
KEY_OF_CALL = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "description": "A unique key of your own for this write: a repeated call with it is answered "
    "as the first one was, for 24 hours, and changes nothing more.",
}
DRY_RUN, PLAN = "dry_run", "plan"
TRIED: Mapping[str, Mapping[str, Any]] = {
    DRY_RUN: {
        "type": "boolean",
        "description": "Try the write and change nothing: returns what it would return and, beside "
        "that, changes, effects and a plan.",
    },
    PLAN: {
        "type": "string",
        "minLength": 1,
        "maxLength": 20_000,
        "description": "The plan of a dry run of this very call, at most an hour old: carries it "
        "out, once, if it still does just what was foretold; else CONFLICT names what differs.",
    },
}
REASON = "reason"
WHY = {
    "type": "string",
    "maxLength": MAX_REASON,
    "description": "Why, in a few words: kept in the history with what this call changes.",
}
OPERATION_ID = "operation_id"
NAME_OF_CHANGE = said(TEXT, "What this call changed, as one operation that can be undone.")
OFFSET = {
    "type": "integer",
    "minimum": 0,
    "maximum": 10_000_000,
    "default": 0,
    "description": "How many to skip: next_offset of the previous response.",
}
FIELDS = {
    "type": "array",
    "items": {"type": "string"},
    "maxItems": 500,
    "description": "The properties to return in data; all if omitted. airport.city is the city of "
    "the record that the property airport links to.",
}
EXTERNAL_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "description": "Your own id of the record, in place of record_id.",
}
EXTERNAL_SOURCE = {
    "type": "string",
    "maxLength": 255,
    "description": "Where your own ids come from; the same id of another source is another record.",
}
RECORD_ID = {"type": "string", "minLength": 1, "maxLength": 64, "description": "The record's UUID."}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what it says of itself, and what it does for the member behind a key.

    `properties` are its arguments as JSON Schemas, by name. What it may do to the world is told in
    the words of the protocol: `destructive` where something that was there may be gone afterwards,
    `idempotent` where a repeated call with the same arguments changes nothing more. `reads` are
    those of its actions that change nothing. `output` are the properties of its answers, and
    `answers` those that each kind of answer has.
    """

    name: str
    title: str
    description: str
    properties: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    run: Callable[[Author, Arguments], dict[str, Any]]
    read_only: bool = False
    reads: tuple[str, ...] = ()
    destructive: bool = False
    idempotent: bool = False
    output: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answers: tuple[tuple[str, ...], ...] = ()

    def is_read(self, arguments: Arguments) -> bool:
        """Whether this call changes nothing, so that it can be repeated."""
        return self.read_only or arguments.get("action") in self.reads

    @property
    def arguments(self) -> dict[str, Mapping[str, Any]]:
        """Its arguments, with those that all writes share."""
        if self.read_only:
            return dict(self.properties)
        # One that foretells more than its effects takes the argument itself.
        tried = {} if DRY_RUN in self.properties else TRIED
        return {**self.properties, **tried, REASON: WHY}

    def schema_for(self, author: Author) -> dict[str, Any]:
        """JSON Schema of the arguments, for a caller who may not know yet which base is theirs."""
        schema = self.schema
        schema["properties"]["base_id"]["description"] = (
            f"{BASE_ID['description']} It is {author.workspace.uuid}."
        )
        return schema

    @property
    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of what it answers, refusals included."""
        if self.read_only:
            return output_schema(self.output, self.answers)
        told = {} if DRY_RUN in self.properties else FORETOLD
        return output_schema({**self.output, **told}, self.answers)

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return {
            "type": "object",
            "properties": {name: dict(schema) for name, schema in self.arguments.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }


def check_base(author: Author, base_id: str) -> None:
    """NotFound unless `base_id` is the caller's own workspace; another's and nobody's look the
    same."""
    own = author.workspace.uuid
    if base_id.lower() != own and not is_workspace(author, base_id):
        raise NotFound(
            f"base_id: there is no base {quoted(base_id)} for this API key; its base is {own}."
        )


def get_type(author: Author, arguments: Arguments) -> ObjectSchema:
    """The record type that a call names; NotFound says which argument leads nowhere."""
    check_base(author, arguments["base_id"])
    name = arguments["record_type"]
    try:
        return get_schema(author, name)
    except NotFound:
        known = list_schemas(author)
        near = did_you_mean(name, [schema.name for schema in known])
        message = (
            f"record_type: there is no record type {quoted(name)} here; list_record_types lists "
            f"them.{near}"
        )
        raise NotFound(message) from None
