"""Looking many names up in the unique indexes: one look for each, whatever the planner thinks of the table."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from .object_schema import ObjectSchema
from .save_requests import ExternalKey
from .sql import Row, document_param, fetch, in_texts, is_postgresql

PROBED_FROM = 20
# Statistics may be older than most of the table: a planner that trusts them would scan.
_PROBE = "SELECT k.key, p.id FROM unnest(%s::text[]) AS k(key), LATERAL ({found}) p"
IDENTIFIER = _PROBE.format(
    found="SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND identifier = k.key LIMIT 1"
)
UNIQUE = _PROBE.format(
    found="SELECT record_id AS id FROM records_fieldvalue"
    " WHERE workspace_id = %s AND field_id = %s AND unique_key = k.key LIMIT 1"
)


def probe(statement: str, schema: ObjectSchema, scope: int, keys: Iterable[str]) -> list[Row]:
    """(key, record) of the keys that a record has, among many on PostgreSQL. `scope`: the object or the field."""
    return fetch(statement, [list(keys), schema.workspace_id, scope])


def find_identifiers(schema: ObjectSchema, names: Collection[str]) -> set[int]:
    """The records with these identifiers."""
    if not names:
        return set()
    if is_postgresql():
        return {key for _, key in probe(IDENTIFIER, schema, schema.id, names)}
    chosen, params = in_texts("identifier", names)
    rows = fetch(
        f"SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND {chosen}",
        [schema.workspace_id, schema.id, *params],
    )
    return {row[0] for row in rows}


_NAMED = (
    "r.workspace_id = %s AND r.object_id = %s AND r.external_source = {source} AND r.external_id = {key}"
    " AND r.external_id IS NOT NULL AND r.state = '{state}'"
)


def find_external(schema: ObjectSchema, keys: Collection[ExternalKey]) -> set[int]:
    """The records with these external ids: the active one of each, and of archived ones the newest."""
    if not keys:
        return set()
    scope = [schema.workspace_id, schema.id]
    if is_postgresql():
        names = {"source": "k.source", "key": "k.key"}
        rows = fetch(
            "SELECT p.id FROM unnest(%s::text[], %s::text[]) AS k(source, key), LATERAL ("
            f"(SELECT r.id FROM records_record r WHERE {_NAMED.format(**names, state='active')} LIMIT 1) UNION ALL"
            f" (SELECT r.id FROM records_record r WHERE {_NAMED.format(**names, state='archived')}"
            " ORDER BY r.id DESC LIMIT 1)) p",
            [[key.source for key in keys], [key.id for key in keys], *scope, *scope],
        )
    else:
        names = {"source": "json_extract(k.value, '$[0]')", "key": "json_extract(k.value, '$[1]')"}
        pairs = document_param([[key.source, key.id] for key in keys])
        source = "FROM json_each(%s) k CROSS JOIN records_record r WHERE"
        rows = fetch(
            f"SELECT r.id {source} {_NAMED.format(**names, state='active')} UNION ALL"
            f" SELECT max(r.id) {source} {_NAMED.format(**names, state='archived')} GROUP BY k.key",
            [pairs, *scope, pairs, *scope],
        )
    return {row[0] for row in rows}
