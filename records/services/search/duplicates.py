"""Finding records that have the same values: candidates for a merge.

Groups are made and counted by the database, over the typed index: two statements for a page,
however many records there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from records.exceptions import InvalidInput, InvalidValues, Problem, did_you_mean, located
from records.field_types import DIVIDER, KEY_END, FieldSpec
from records.services.access import Author, find_field, visible_condition, visible_fields
from records.services.catalogue import ObjectSchema, check_kept_here, is_stored
from records.services.database import (
    Fragment,
    after_mark,
    before_mark,
    document_value,
    fetch,
    fetch_value,
    in_ids,
    time_limit,
)
from records.services.reading import RecordView, view_records
from records.services.storage import load_records

MAX_FIELDS = 5
MAX_OFFSET = 100_000
SHOWN = 20  # records of a group


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Records with the same values in the fields; `count` is how many, `views` are the first."""

    count: int
    views: Sequence[RecordView]


@dataclass(frozen=True, slots=True)
class DuplicatePage:
    """A page of groups, and how many groups there are."""

    fields: Sequence[FieldSpec]
    count: int
    groups: Sequence[DuplicateGroup]


def find_duplicates(
    author: Author,
    schema: ObjectSchema,
    names: Sequence[str],
    *,
    normalise: bool = True,
    page: int = 1,
    page_size: int = 20,
) -> DuplicatePage:
    """The groups of live records in the caller's sight that have the same values in all of these
    fields: the biggest first, then by their oldest record. Blanks are the same as nothing.

    Texts are compared without regard to case, accents and surplus white space, unless `normalise`
    is false. InvalidValues names the fields that cannot be compared.
    """
    check_kept_here(schema, "finding duplicates")
    fields = _compared(author, schema, names)
    offset = (page - 1) * page_size
    if offset > MAX_OFFSET:
        message = f"reaches beyond group {MAX_OFFSET:,}; compare more fields."
        raise InvalidInput(message, "limit_exceeded", at="page")
    keyed, params = _keyed(author, schema, fields, exact=not normalise)
    keys = [f"k{at}" for at in range(len(fields) * (1 if normalise else 2))]
    with time_limit():
        rows = fetch(_GROUPS.format(keyed=keyed, **_names(keys)), [*params, page_size, offset])
        total = rows[0][2] if rows else 0
        if not rows and offset:
            total = int(fetch_value(_COUNT.format(keyed=keyed, **_names(keys)), params))
    views = _views(author, schema, [row[3] for row in rows], fields)
    groups = [
        DuplicateGroup(count, [views[row[3]] for row in members if row[3] in views])
        for (_, count), members in _grouped(rows)
    ]
    return DuplicatePage(fields, total, groups)


def _grouped(rows: Sequence[Any]) -> Iterator[tuple[tuple[int, int], Iterator[Any]]]:
    return groupby(rows, lambda row: (row[0], row[1]))


# ---------------------------------------------------------------- which fields


def _compared(author: Author, schema: ObjectSchema, names: Sequence[str]) -> list[FieldSpec]:
    if not names:
        raise InvalidInput("name at least one field.", "required", at="fields")
    if len(names) > MAX_FIELDS:
        raise InvalidInput(f"at most {MAX_FIELDS} fields.", "limit_exceeded", at="fields")
    found: list[FieldSpec] = []
    problems = []
    for at, name in enumerate(names):
        spec = find_field(author, schema, name)
        refusal = _refusal(author, schema, spec, name, found)
        if refusal is not None:
            problems.append(Problem("", refusal[0], located(("fields", at), refusal[1])))
        elif spec is not None:
            found.append(spec)
    if problems:
        raise InvalidValues([], problems)
    return found


def _refusal(
    author: Author,
    schema: ObjectSchema,
    spec: FieldSpec | None,
    name: str,
    found: Sequence[FieldSpec],
) -> tuple[str, str] | None:
    """Why the field cannot be compared: a code and a sentence."""
    if spec is None:
        known = [each.name for each in visible_fields(author, schema)]
        return "does_not_exist", f"there is no such field.{did_you_mean(name, known)}"
    if spec in found:
        return "invalid", "the field is listed twice."
    if spec.multiple:
        return "invalid", "lists are not compared; name a field with one value."
    if not is_stored(spec) or spec.type.column is None or spec.type.is_document:
        return "invalid", f"values of {spec.name!r} are not compared."
    return None


# ---------------------------------------------------------------- which records

_GROUPS = (
    "WITH keyed AS MATERIALIZED ({keyed}), g AS (SELECT {keys}, count(*) AS n, min(id) AS first,"
    " count(*) OVER () AS total FROM keyed GROUP BY {keys} HAVING count(*) > 1"
    " ORDER BY n DESC, first LIMIT %s OFFSET %s), m AS (SELECT g.first, g.n, g.total, keyed.id,"
    " row_number() OVER (PARTITION BY g.first ORDER BY keyed.id) AS place"
    " FROM g JOIN keyed ON {same})"
    f" SELECT first, n, total, id FROM m WHERE place <= {SHOWN} ORDER BY n DESC, first, id"
)
_COUNT = (
    "WITH keyed AS ({keyed}) SELECT count(*) FROM (SELECT 1 FROM keyed GROUP BY {keys}"
    " HAVING count(*) > 1) g"
)


_DOCUMENT = 'r."values"'


def _names(keys: Sequence[str]) -> dict[str, str]:
    return {
        "keys": ", ".join(keys),
        "same": " AND ".join(f"g.{key} = keyed.{key}" for key in keys),
    }


def _keyed(
    author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec], *, exact: bool
) -> Fragment:
    """A SELECT of the records that have a value in every field, with what is compared of each."""
    base, params = _normal(author, schema, fields)
    if not exact:
        return base, params
    # Values that are equal are so in their normal form, too: the documents of the others are not
    # read.
    keys = [f"k{at}" for at in range(len(fields))]
    texts = [
        f"{document_value(_DOCUMENT, str(spec.id))} AS k{at}"
        for at, spec in enumerate(fields, len(fields))
    ]
    columns = ", ".join(["b.id", *(f"b.{key}" for key in keys), *texts])
    names = ", ".join(keys)
    same = " AND ".join(f"d.{key} = b.{key}" for key in keys)
    return (
        f"WITH base AS MATERIALIZED ({base}) SELECT {columns} FROM (SELECT {names} FROM base"
        f" GROUP BY {names} HAVING count(*) > 1) d JOIN base b ON {same}"
        " JOIN records_record r ON r.workspace_id = %s AND r.id = b.id"
    ), [*params, schema.workspace_id]


def _normal(author: Author, schema: ObjectSchema, fields: Sequence[FieldSpec]) -> Fragment:
    visible, visible_params = visible_condition(author, schema, "r")
    columns = [f"{_key(spec, f'v{at}')} AS k{at}" for at, spec in enumerate(fields)]
    joins, params = "records_fieldvalue v0", list[Any]()
    for at, spec in enumerate(fields[1:], 1):
        joins += (
            f" JOIN records_fieldvalue v{at} ON v{at}.workspace_id = %s AND"
            f" v{at}.record_id = v0.record_id AND v{at}.field_id = %s AND v{at}.live"
        )
        params += [schema.workspace_id, spec.id]
    if visible != "TRUE":
        joins += (
            " JOIN records_record r ON r.workspace_id = %s AND r.id = v0.record_id AND"
            f" r.state = 'active' AND {visible}"
        )
        params += [schema.workspace_id, *visible_params]
    return (
        f"SELECT v0.record_id AS id, {', '.join(columns)} FROM {joins}"
        " WHERE v0.workspace_id = %s AND v0.field_id = %s AND v0.live"
    ), [*params, schema.workspace_id, fields[0].id]


def _key(spec: FieldSpec, alias: str) -> str:
    """What is compared of a value: of texts what searches look for, in full."""
    if spec.type.column != "text":
        return f"{alias}.{spec.type.column}"
    text = f"COALESCE({alias}.overflow, {alias}.text)"
    return before_mark(after_mark(text, KEY_END), DIVIDER)


def _views(
    author: Author, schema: ObjectSchema, keys: Sequence[int], fields: Sequence[FieldSpec]
) -> dict[int, RecordView]:
    if not keys:
        return {}
    views = view_records(author, schema, load_records(schema, in_ids("r.id", keys)), fields)
    return {view.row.id: view for view in views if view.access.view}
