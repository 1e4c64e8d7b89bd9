"""Fills the limit program's database with the same companies, each with its history row."""

from pathlib import Path

import psycopg

from tests.bench.companies import FIELD_NAMES, iterate_companies

HERE = Path(__file__).parent


def load_companies(database_url: str, count: int) -> None:
    """Create the tables and copy `count` companies in; company number n gets the id n + 1."""
    with psycopg.connect(database_url) as connection:
        connection.execute((HERE / "tables.sql").read_bytes())
        columns = ", ".join(("id", *FIELD_NAMES))
        with connection.cursor().copy(f"COPY company ({columns}) FROM STDIN") as copy:
            for company_id, company in enumerate(iterate_companies(count), start=1):
                copy.write_row([company_id, *(company[name] for name in FIELD_NAMES)])
        connection.execute(
            "INSERT INTO company_history (company_id, action, new)"
            " SELECT id, 'created', to_jsonb(company) FROM company ORDER BY id"
        )
        connection.execute("SELECT setval('company_id_seq', %s)", (count,))
        connection.execute((HERE / "indexes.sql").read_bytes())
