"""Looking up many names in the unique indexes: one index lookup for each, whatever the planner's
estimates."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from records.services.catalogue import ObjectSchema
from records.services.database import (
    Row,
    document_param,
    fetch,
    fetch_column,
    in_texts,
    is_postgresql,
)

from .rows import ExternalKey

PROBED_FROM = 20
# Statistics may be older than most of the table, and a planner that trusts them would scan it.
_PROBE = "SELECT k.key, p.id FROM unnest(%s::text[]) AS k(key), LATERAL ({found}) p"
IDENTIFIER = _PROBE.format(
    found="SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s AND identifier "
    "= k.key LIMIT 1"
)
UNIQUE = _PROBE.format(
    found="SELECT record_id AS id FROM records_fieldvalue"
    " WHERE workspace_id = %s AND field_id = %s AND unique_key = k.key LIMIT 1"
)


def probe(statement: str, schema: ObjectSchema, scope: int, keys: Iterable[str]) -> list[Row]:
    """(key, record) for each of many keys that some record has; PostgreSQL only. `scope`: the
    object or the field."""
    return fetch(statement, [list(keys), schema.workspace_id, scope])


def find_identifiers(schema: ObjectSchema, names: Collection[str]) -> set[int]:
    """The records with these identifiers."""
    if not names:
        return set()
    if is_postgresql():
        return {key for _, key in probe(IDENTIFIER, schema, schema.id, names)}
    chosen, params = in_texts("identifier", names)
    return set(
        fetch_column(
            "SELECT id FROM records_record WHERE workspace_id = %s AND object_id = %s"
            f" AND {chosen}",
            [schema.workspace_id, schema.id, *params],
        )
    )


# The last two conditions are those of the partial indexes.
_NAMED = (
    "r.workspace_id = %s AND r.object_id = %s AND r.external_source = {source} AND "
    "r.external_id = {key} AND r.external_id IS NOT NULL AND r.state = '{state}'"
)


def find_external(schema: ObjectSchema, keys: Collection[ExternalKey]) -> set[int]:
    """The records with these external ids: for each the active one, and the newest archived one."""
    if not keys:
        return set()
    scope = [schema.workspace_id, schema.id]
    if is_postgresql():
        names = {"source": "k.source", "key": "k.key"}
        found = fetch_column(
            "SELECT p.id FROM unnest(%s::text[], %s::text[]) AS k(source, key), LATERAL ("
            "(SELECT r.id FROM records_record r WHERE "
            f"{_NAMED.format(**names, state='active')} LIMIT 1) UNION ALL"
            f" (SELECT r.id FROM records_record r WHERE {_NAMED.format(**names, state='archived')}"
            " ORDER BY r.id DESC LIMIT 1)) p",
            [[key.source for key in keys], [key.id for key in keys], *scope, *scope],
        )
    else:
        names = {"source": "json_extract(k.value, '$[0]')", "key": "json_extract(k.value, '$[1]')"}
        pairs = document_param([[key.source, key.id] for key in keys])
        # CROSS JOIN keeps SQLite from scanning the records first: the keys come first.
        source = "FROM json_each(%s) k CROSS JOIN records_record r WHERE"
        found = fetch_column(
            f"SELECT r.id {source} {_NAMED.format(**names, state='active')} UNION ALL"
            f" SELECT max(r.id) {source} {_NAMED.format(**names, state='archived')} GROUP BY k.key",
            [pairs, *scope, pairs, *scope],
        )
    return set(found)
