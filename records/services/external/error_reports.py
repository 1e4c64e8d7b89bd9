"""Successful answers of upstreams that say they are none."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from records.exceptions import ExternalError
from records.services.catalogue import ObjectSchema, SourceSpec

from .json_mapping import id_in, told_fields

ERRORS = ("error", "errors")
SUCCESSES = ("success", "ok", "succeeded")
STATUSES = ("status", "statusCode", "status_code", "httpStatus", "code")
FAILURES = frozenset({"error", "errors", "fail", "failed", "failure"})
HTTP_FAILURE = re.compile(r"[45][0-9]{2}")
TEXTS = frozenset({"message", "detail", "title", "reason", "error_description"})


def _is_false(value: Any) -> bool:
    return value is False


def _is_failure(status: Any) -> bool:
    """Whether a status is one of a failure, as a word or as HTTP numbers them."""
    shown = str(status).lower() if type(status) in (str, int) else ""
    return shown in FAILURES or HTTP_FAILURE.fullmatch(shown) is not None


# The keys that report an error, and which of their values do.
MARKS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(ERRORS, bool),
    **dict.fromkeys(SUCCESSES, _is_false),
    **dict.fromkeys(STATUSES, _is_failure),
}


def check_record(
    schema: ObjectSchema, external_id: str, content: Any, item: Any, status: int
) -> None:
    """ExternalError unless an answer to a read is the record with this id: what has no id is none,
    and neither is a report of an error."""
    found = id_in(schema, item)
    if found != external_id:
        path = ".".join(_source(schema).id_path)
        what = "another record" if found is not None else f"no record: it has no id at {path!r}"
    elif reports_error(schema, content, item):
        what = "an error"
    else:
        return
    raise ExternalError(f"The upstream of {schema.name!r} returned {what}.", status=status)


def reports_error(schema: ObjectSchema, content: Any, item: Any) -> bool:
    """Whether a successful answer says that it is none, in the words that upstreams use: `error`,
    `success: false`, `status: 404`. A record may have an error or a status of its own: it has an
    id and values then. `content` is all of the answer, `item` its record."""
    around = {} if content is item else _object(content)
    if _reports(around, (*SUCCESSES, *STATUSES)):
        return True  # what is around a record speaks of the call
    if id_in(schema, item) is None:
        return _reports(around, ERRORS) or _reports(_object(item), MARKS)
    if told_fields(schema, item, blanks=False, beside=MARKS):
        return False
    return _reports(around, ERRORS) or _is_report(schema, item)


def _is_report(schema: ObjectSchema, item: dict[str, Any]) -> bool:
    """Whether an id comes with an error, and with nothing else that is mapped."""
    mapped = {path[0] for path in _source(schema).mapping.values()}
    rest = {key: value for key, value in item.items() if key not in mapped}
    says = _reports(item, STATUSES) and bool(TEXTS & rest.keys())
    return says or _reports(rest, (*ERRORS, *SUCCESSES))


def _object(answer: Any) -> dict[str, Any]:
    return answer if isinstance(answer, dict) else {}


def _reports(answer: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether one of these keys reports an error."""
    return any(MARKS[name](answer.get(name)) for name in names)


def _source(schema: ObjectSchema) -> SourceSpec:
    assert schema.external is not None
    return schema.external
