"""What a database's tables are, without the order of their columns, to compare two databases by."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterable
from urllib.parse import urlsplit

import psycopg

COLUMNS = """
SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default, is_identity
FROM information_schema.columns WHERE table_schema = 'public'
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace
"""
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
STATISTICS = "SELECT stxname, pg_get_statisticsobjdef(oid) FROM pg_statistic_ext"
# SQLite holds texts to no length, and tables made anew have the length of then.
LENGTH = re.compile(r"varchar\(\d+\)")


def schema_of(url: str) -> set[tuple[object, ...]]:
    """Each column, constraint, index and statistic of the database."""
    if url.startswith("sqlite"):
        with contextlib.closing(sqlite3.connect(urlsplit(url).path[1:])) as file:
            made = file.execute(
                "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            ).fetchall()
        return {line for name, sql in made for line in _lines(name, sql)}
    with psycopg.connect(url) as server:
        queries = (COLUMNS, CONSTRAINTS, INDEXES, STATISTICS)
        return {row for query in queries for row in server.execute(query).fetchall()}


def _lines(name: str, sql: str) -> Iterable[tuple[object, ...]]:
    """The parts of a statement: the columns and constraints of a table, and an index whole."""
    if not sql.startswith("CREATE TABLE"):
        return [(name, sql)]
    inner = sql[sql.index("(") + 1 : -1]
    return [
        (name, LENGTH.sub("varchar", part.strip()))
        for part in re.split(r', (?="|CONSTRAINT)', inner)
    ]
