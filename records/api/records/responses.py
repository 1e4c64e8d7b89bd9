"""Records, pages and refusals as callers of the Records API read them."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

import orjson
from django.http import HttpRequest, HttpResponse

from records.api.answers import empty_answer, json_answer
from records.api.errors import details_of, headers_of, status_of
from records.api.etags import is_known, tagged
from records.exceptions import (
    EntryProblems,
    InvalidInput,
    InvalidValues,
    Problem,
    RecordsError,
)
from records.services.access import Author
from records.services.catalogue import FieldSpec, ObjectSchema
from records.services.reading import (
    Blame,
    HistoryEntry,
    RecordView,
    RelatedField,
    local_time,
    select_fields,
    view_records,
)
from records.services.writing import Outcome, SaveResult

LEAD_SOURCES = {
    "organic_search": "Organic Search",
    "direct_traffic": "Direct Traffic",
    "site_referral": "Site Referral",
    "facebook_ads": "Facebook Ads",
    "google_ads": "Google Ads",
    "social": "Social",
    "paid_social": "Paid Social",
    "utm": "UTM",
    "custom": "Custom",
}
MAX_FORMS = 1000  # sets of fields of one object that are remembered
BLAMED = (
    *("version", "action", "member", "source", "api_key_id"),
    *("request_id", "operation_id", "reason"),
)
_known: WeakKeyDictionary[ObjectSchema, dict[int, bytes]] = WeakKeyDictionary()
_forms: WeakKeyDictionary[ObjectSchema, dict[tuple[int, ...], bytes]] = WeakKeyDictionary()


# ---------------------------------------------------------------- records


def record_answer(request: HttpRequest, view: RecordView) -> HttpResponse:
    """One record, unless the caller has this version of it."""
    tag = tagged(view.version)
    # Other records' values change without this one's version.
    alone = not any(isinstance(spec, RelatedField) for spec in view.fields)
    if alone and is_known(request, view.version):
        return empty_answer(304, tag)
    return json_answer(record_detail(view), 200, tag)


def saved_answer(
    author: Author, result: SaveResult, *, all_fields: bool, status: int = 200
) -> HttpResponse:
    """A record after a write: all its fields, or those that changed and the time of the change."""
    schema = result.schema
    if all_fields:
        fields = select_fields(author, schema)
    else:
        fields = tuple(
            spec
            for spec in select_fields(author, schema, include_hidden=True)
            if spec.id in result.changed or spec.computed == "updated"
        )
    view = view_records(author, schema, [result.record], fields)[0]
    content = record_detail(view)
    content["action"] = result.action
    return json_answer(content, status, tagged(view.version))


def record_detail(view: RecordView) -> dict[str, Any]:
    """A record with the figures around it."""
    summary, row = view.row.summary, record_row(view)
    if errors := view.formula_errors:
        row["fields"] = orjson.loads(orjson.dumps(row["fields"])) | {
            spec.uuid: {**field_head(spec), "value": None, "formula_error": reason}
            for spec, reason in errors.items()
        }
    return {
        **row,
        "client_info": {
            "num_addresses_v2": summary.addresses,
            "display_name": view.display_name,
            "email_on_suppression_list": summary.email_suppressed,
        },
        "num_upcoming_activities": summary.upcoming_activities,
        "num_associated_team_members": view.num_associated_team_members,
        "lead_source_types": [
            {"value": kind, "label": LEAD_SOURCES[kind]} for kind in summary.lead_sources
        ],
    }


def record_row(view: RecordView) -> dict[str, Any]:
    """What is said of a record wherever it is shown."""
    access = view.access
    return {
        "id": view.uuid,
        "object_type": view.schema.object_type,
        # Both are the display name: contacts have no field that is called name.
        "name": view.display_name,
        "display_name": view.display_name,
        "external_id": view.row.external_id,
        "external_source": view.row.external_source,
        "member_id": None if view.member is None else view.member.uuid,
        "cancelled": view.row.cancelled_at is not None,
        "version": view.version,
        "fields": _fields(view),
        "access": {"view": access.view, "edit": access.edit, "remove": access.remove},
    }


def pipeline_row(view: RecordView) -> dict[str, Any]:
    """A record of a pipeline, among those of several objects."""
    return {**record_row(view), "object_name": view.schema.object_name, "stage": _stage(view)}


def _stage(view: RecordView) -> dict[str, Any] | None:
    """The stage that a record is in; None where the caller may not see it. The order of one that
    was deleted is null."""
    spec = view.schema.stage_field
    stage = None
    if spec is not None and spec in view.fields and view.access.view:
        stage = spec.options.get(view.row.values.get(str(spec.id), 0))
    if spec is None or stage is None:
        return None
    live = [option for option in spec.options.values() if not option.deleted]
    in_order = sorted(live, key=lambda option: (option.order, option.id))
    return {
        "id": stage.uuid,
        "name": stage.name,
        "status": stage.stage_status,
        "order": in_order.index(stage) if stage in in_order else None,
    }


def _fields(view: RecordView) -> orjson.Fragment:
    """A record's values, keyed by field id.

    Written as JSON here and now, because what stands around a value is the same in every record: a
    page of fifty takes less than half the time that it takes to build dictionaries and write those.
    """
    values = tuple(map(orjson.dumps, view.values.values()))
    if view.totals:
        ends = [
            b',"value_summary":{"count":%d}' % view.totals[key] if key in view.totals else b""
            for key in view.values
        ]
        values = tuple(map(operator.add, values, ends))
    keys = tuple(view.values)
    if keys and keys[-1] < 0:  # fields of linked records come last
        return orjson.Fragment(_form_with_related(view, keys) % values)
    return orjson.Fragment(_form(view.schema, keys) % values)


def _form_with_related(view: RecordView, keys: tuple[int, ...]) -> bytes:
    """As `_form`, with fields of linked records, by their paths."""
    # Not remembered: what they are called can change while this object stays as it is.
    openings = {
        spec.id: _opening(spec.name, spec) for spec in view.fields if isinstance(spec, RelatedField)
    }
    own = _openings(view.schema)
    return b"{" + b",".join([(openings.get(key) or own[key]) + b"%b}" for key in keys]) + b"}"


def _form(schema: ObjectSchema, keys: tuple[int, ...]) -> bytes:
    """The values of these fields as JSON, with a place for each."""
    forms = _forms.setdefault(schema, {})
    form = forms.get(keys)
    if form is None:
        if len(forms) >= MAX_FORMS:
            forms.clear()
        form = forms[keys] = (
            b"{" + b",".join([_openings(schema)[key] + b"%b}" for key in keys]) + b"}"
        )
    return form


def _openings(schema: ObjectSchema) -> dict[int, bytes]:
    """Each field's entry as far as its value, by the field's key; made once per compiled schema."""
    openings = _known.get(schema)
    if openings is None:
        openings = _known[schema] = {
            key: _opening(spec.uuid, spec) for key, spec in schema.all_fields.items()
        }
    return openings


def _opening(key: str, spec: FieldSpec) -> bytes:
    head = orjson.dumps({key: field_head(spec)})[1:-2].replace(b"%", b"%%")
    return head + b',"value":'


def field_head(spec: FieldSpec) -> dict[str, str]:
    """What stands beside a field's value."""
    return {
        "id": spec.uuid,
        "name": spec.name,
        "field_type": spec.type.name,
        "display_name": spec.display_name,
    }


# ---------------------------------------------------------------- history


def history_row(entry: HistoryEntry, zone: ZoneInfo) -> dict[str, Any]:
    """One write to a record, and what it did to each field."""
    return {
        "id": entry.id,
        "version": entry.version,
        "action": entry.action,
        "created": local_time(entry.created, zone),
        "member": entry.member,
        "source": entry.source,
        "api_key_id": entry.api_key_id,
        "request_id": entry.request_id,
        "operation_id": entry.operation_id,
        "reason": entry.reason,
        "changes": [
            {**field_head(change.field), "old": change.old, "new": change.new}
            for change in entry.changes
        ],
    }


def blame_content(blame: Blame, zone: ZoneInfo) -> dict[str, Any]:
    """A record's fields, and what set each of them."""
    return {
        "id": blame.view.uuid,
        "version": blame.view.version,
        "fields": [
            {**field_head(found.field), "value": found.value, **_setter(found.entry, zone)}
            for found in blame.fields
        ],
    }


def _setter(entry: HistoryEntry, zone: ZoneInfo) -> dict[str, Any]:
    written = history_row(entry, zone)
    return {"since": written["created"], **{name: written[name] for name in BLAMED}}


# ---------------------------------------------------------------- refused writes


def refused_write(error: InvalidInput) -> HttpResponse:
    """ErrorResponse: every problem at its place in the request, each with its message and its
    code."""
    return json_answer(error_content(error), status_of(error), headers_of(error))


def error_content(error: InvalidInput) -> dict[str, Any]:
    """The body of an ErrorResponse."""
    if not isinstance(error, InvalidValues):
        error = InvalidValues([], [Problem("", error.code, error.detail)])
    content = {
        "detail": _told(error)[:500],
        "code": error.code,
        "non_field_errors": [problem.message for problem in error.general],
        "non_field_codes": [problem.code for problem in error.general],
        "fields": _positional(error, "message"),
        "codes": _positional(error, "code"),
    }
    if error.archived_id is not None:
        content["archived_record_id"] = error.archived_id
    return content


# ---------------------------------------------------------------- batches

COUNTED = ("created", "updated", "unchanged", "archived", "unarchived")


def batch_content(author: Author, outcomes: Sequence[Outcome | None]) -> dict[str, Any]:
    """What became of each item of a batch, in order; None for one that was left undone because of
    others."""
    results = list(map(_item_result, outcomes))
    done = [result["action"] for result in results]
    return {
        "results": results,
        **{action: done.count(action) for action in COUNTED},
        "failed": done.count("refused"),
        "operation_id": str(author.operation_id),
    }


def _item_result(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None:
        return {"status": 424, "id": None, "action": "not_stored", "version": None}
    if isinstance(outcome, InvalidInput):
        errors = error_content(outcome)
    elif isinstance(outcome, RecordsError):
        errors = {"detail": outcome.detail, "code": outcome.code, **details_of(outcome)}
    else:
        status = 201 if outcome.action == "created" else 200
        record = outcome.record
        return {
            "status": status,
            "id": record.uuid,
            "action": outcome.action,
            "version": record.version,
        }
    return {
        "status": status_of(outcome),
        "id": None,
        "action": "refused",
        "version": None,
        "errors": errors,
    }


def _told(error: InvalidValues) -> str:
    """All problems in one text: those of entries that were sent by their place, others name their
    field themselves."""
    said = [
        problem.message
        if entry.position is None
        else f"fields[{entry.position}].{problem.part}: {problem.message}"
        for entry in error.entries
        for problem in entry.problems
    ]
    return " ".join([*said, *(problem.message for problem in error.general)]) or error.detail


def _positional(error: InvalidValues, part: str) -> list[dict[str, list[str]]]:
    """One entry per entry of the request, then one for each field that was not sent but should have
    been."""
    entries: list[dict[str, list[str]]] = [{} for _ in range(error.size)]
    for problems in error.entries:
        if problems.position is None:
            entries.append({"id": [problems.field_id], "name": [problems.field_name]})
            _fill(entries[-1], problems, part)
        else:
            _fill(entries[problems.position], problems, part)
    return entries


def _fill(entry: dict[str, list[str]], problems: EntryProblems, part: str) -> None:
    for problem in problems.problems:
        entry.setdefault(problem.part, []).append(getattr(problem, part))


# ---------------------------------------------------------------- lists


def listed_records(views: Sequence[RecordView]) -> list[dict[str, Any]]:
    return [record_row(view) for view in views]
