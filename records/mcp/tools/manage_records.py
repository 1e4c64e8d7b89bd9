"""`manage_records`: writing many records in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from records.exceptions import InvalidInput, InvalidValues, RecordsError, quoted
from records.mcp.answers import MAYBE_TEXT, NUMBER, TEXT, listed, said, shaped
from records.mcp.arguments import from_json_text, kind_of
from records.mcp.errors import refused_data
from records.mcp.rendering import data_fields
from records.services.access import Author, check_scope, named_member
from records.services.catalogue import ObjectSchema
from records.services.operations import BatchItem, BatchMode, BatchRules, save_batch
from records.services.reading import external_key
from records.services.writing import (
    NO_ATTRIBUTES,
    Attributes,
    Outcome,
    Refused,
    SaveResult,
)

from .base import (
    BASE_ID,
    IDEMPOTENCY_KEY,
    KEY_OF_CALL,
    NAME_OF_CHANGE,
    OPERATION_ID,
    RECORD_TYPE,
    Arguments,
    Tool,
    get_type,
    tools,
)
from .sent_back import without_what_stays
from .written_data import written_entries

Item = BatchItem | RecordsError  # as it was sent, or what is wrong with it
MAX_ITEMS = 1000
ALL_TOLD = 100  # items; of more, only what went wrong is told
MOST_PROBLEMS = 100
MAX_MESSAGE = 300
MAX_VERSION = 2**63 - 1
WORDS = {"id": "record_id", "fields": "data", "if_version": "expected_version"}
COUNTED = ("created", "updated", "unchanged", "archived", "unarchived")
ITEM = {
    "type": "object",
    "properties": {
        "record_id": {"type": "string", "description": "The record's UUID."},
        "lookup_value": {
            "type": ["string", "number"],
            "description": "The record's identifier, or its value of match_field.",
        },
        "external_id": {"type": "string", "description": "Your own id of the record."},
        "external_source": {"type": "string"},
        "member_id": {"type": ["string", "null"]},
        "expected_version": {"type": "integer"},
        "data": {"type": "object", "description": "Property names and values."},
    },
    "additionalProperties": False,
}
DESCRIPTION = """\
Writes up to 1,000 records of one type in one call, in order. mode says what is done with each:
- create makes new records.
- upsert changes the record that external_id or lookup_value names, or creates it. Properties \
missing from data keep their values. Safe to repeat.
- patch changes only the properties in data; null clears one.
- update writes the full record: properties missing from data are cleared.
- archive takes records out of sight; they take no data.

Each of items names its record by record_id, lookup_value (its identifier, or its value of \
match_field) or external_id, and holds data as list_record_types describes it. A name sent twice \
is written twice. on_error stop (the default) stores all or nothing and says what is wrong; \
continue stores what can be stored. Try it with dry_run first.

Returns counts and operation_id; and results, with the item's position from 0: of all items up to \
100, of more only the refused ones, at most 100."""


def run(author: Author, arguments: Arguments) -> dict[str, Any]:
    schema = get_type(author, arguments)
    check_scope(author, "records", "write")
    sent: Sequence[Any] = arguments["items"]
    if not sent:
        raise InvalidInput("send at least one item.", "required", at="items")
    items = without_what_stays(author, schema, [_item(author, schema, item) for item in sent])
    try:
        outcomes: Sequence[Outcome | None] = save_batch(
            author,
            schema,
            BatchMode(arguments["mode"]),
            items,
            BatchRules(arguments.get("match_field")),
            all_or_none=arguments["on_error"] == "stop",
        )
    except Refused as refused:
        told = [
            f"items[{at}]: {_told(author, schema, items[at], error).detail[:MAX_MESSAGE]}"
            for at, error in sorted(refused.outcomes.items())
        ]
        message = f"Nothing was stored: {len(told)} of {len(sent)} items were refused. "
        raise InvalidInput(message + " ".join(told)) from None
    return _content(author, schema, items, outcomes)


# ---------------------------------------------------------------- items


def _item(author: Author, schema: ObjectSchema, sent: Any) -> Item:
    """An item as it was sent, or what is wrong with it."""
    try:
        if not isinstance(sent, dict):
            raise InvalidInput(f"expected an object with data, not {kind_of(sent)}.")
        return _read_item(author, schema, sent)
    except InvalidInput as error:
        return error


def _read_item(author: Author, schema: ObjectSchema, sent: Mapping[str, Any]) -> BatchItem:
    sent = {name: value for name, value in sent.items() if value is not None or name == "member_id"}
    unknown = sorted(sent.keys() - ITEM["properties"].keys())  # type: ignore[attr-defined]
    if unknown:
        raise InvalidInput(f"unknown keys {', '.join(map(quoted, unknown[:10]))}.")
    data = from_json_text(sent.get("data", {}), ("object",), "data")
    version = sent.get("expected_version")
    if not isinstance(data, dict):
        raise InvalidInput("expected an object of property names and values.", at="data")
    if version is not None and (type(version) is not int or not 0 < version <= MAX_VERSION):
        raise InvalidInput("expected the number of a version.", at="expected_version")
    return BatchItem(
        written_entries(schema, data),
        _text(sent, "record_id"),
        sent.get("lookup_value"),
        _attributes(author, sent),
        version,
    )


def _attributes(author: Author, sent: Mapping[str, Any]) -> Attributes:
    given: dict[str, Any] = {}
    if "external_id" in sent:
        given["external"] = external_key(sent["external_id"], sent.get("external_source", ""))
    elif "external_source" in sent:
        raise InvalidInput(
            "says where an external_id comes from; send that too.", "required", at="external_source"
        )
    if "member_id" in sent:
        given["member_id"] = named_member(author, sent["member_id"])
    return Attributes(**given) if given else NO_ATTRIBUTES


def _text(sent: Mapping[str, Any], key: str) -> str | None:
    value = sent.get(key)
    if value is not None and not isinstance(value, str):
        raise InvalidInput("expected a string.", at=key)
    return value


# ---------------------------------------------------------------- results


def _content(
    author: Author, schema: ObjectSchema, items: Sequence[Item], outcomes: Sequence[Outcome | None]
) -> dict[str, Any]:
    done = [outcome.action for outcome in outcomes if isinstance(outcome, SaveResult)]
    results = [
        {"item": at, **_result(author, schema, items[at], outcome)}
        for at, outcome in enumerate(outcomes)
        if len(items) <= ALL_TOLD or not isinstance(outcome, SaveResult)
    ]
    return {
        **{action: done.count(action) for action in COUNTED},
        "refused": len(outcomes) - len(done),
        "results": results[:MOST_PROBLEMS],
    }


def _result(
    author: Author, schema: ObjectSchema, item: Item, outcome: Outcome | None
) -> dict[str, Any]:
    if isinstance(outcome, SaveResult):
        record = outcome.record
        return {"id": record.uuid, "action": outcome.action, "version": record.version}
    assert outcome is not None  # only what is refused as a whole leaves items undone
    error = _told(author, schema, item, outcome)
    return {
        "id": None,
        "action": "refused",
        "error": {"code": error.code, "message": error.detail[:MAX_MESSAGE]},
    }


def _told(author: Author, schema: ObjectSchema, item: Item, error: RecordsError) -> RecordsError:
    """What is wrong with an item, in its own words."""
    if not isinstance(error, InvalidValues) or isinstance(item, RecordsError):
        return error.renamed(WORDS) if isinstance(error, InvalidInput) else error
    known = [spec.name for spec in data_fields(author, schema)]
    return refused_data(error, [entry.name or "" for entry in item.entries], schema.name, known)


tools.register(
    "manage_records",
    Tool(
        name="manage_records",
        title="Write many records",
        description=DESCRIPTION,
        properties={
            "mode": {
                "type": "string",
                "enum": [mode.value for mode in BatchMode],
                "maxLength": 10,
                "description": "What to do with every record.",
            },
            "base_id": BASE_ID,
            "record_type": RECORD_TYPE,
            "items": {
                "type": "array",
                "items": ITEM,
                "maxItems": MAX_ITEMS,
                "description": "The records, and what is written to them.",
            },
            "match_field": {
                "type": "string",
                "minLength": 1,
                "maxLength": 255,
                "description": "The unique property that lookup_value is a value of; the "
                "identifier if omitted.",
            },
            "on_error": {
                "type": "string",
                "enum": ["stop", "continue"],
                "maxLength": 10,
                "default": "stop",
                "description": "Whether one refused item stops all.",
            },
            IDEMPOTENCY_KEY: KEY_OF_CALL,
        },
        required=("mode", "base_id", "record_type", "items"),
        run=run,
        destructive=True,
        output={
            **dict.fromkeys(COUNTED, NUMBER),
            "refused": NUMBER,
            "results": listed(
                shaped(
                    {
                        "item": said(NUMBER, "The item's position, from 0."),
                        "id": MAYBE_TEXT,
                        "action": TEXT,
                        "version": NUMBER,
                        "error": shaped({"code": TEXT, "message": TEXT}),
                    },
                    ("version", "error"),
                )
            ),
            OPERATION_ID: NAME_OF_CHANGE,
        },
        answers=((*COUNTED, "refused", "results"),),
    ),
)
