"""The two databases the benchmark makes for itself in the cluster it is given."""

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.bench.processes import find_process_times, is_postgresql

REPORTED_SETTINGS = (
    "server_version",
    "shared_buffers",
    "work_mem",
    "jit",
    "random_page_cost",
    "synchronous_commit",
    "fsync",
    "max_parallel_workers_per_gather",
)


class ClusterUnsuitable(Exception):
    """The processor time of this PostgreSQL cannot be measured from here."""


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL cluster on this machine, reached as someone who may create databases."""

    admin_url: str

    def url_of(self, database: str) -> str:
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{database}"))

    def recreate(self, database: str) -> None:
        self.drop(database)
        self._execute(
            sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                sql.Identifier(database)
            )
        )

    def drop(self, database: str) -> None:
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        )

    def exists(self, database: str) -> bool:
        with psycopg.connect(self.admin_url) as connection:
            row = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (database,)
            ).fetchone()
        return row is not None

    def vacuum(self, database: str) -> None:
        """Settle a database after a load: statistics, visibility map, pending index entries."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")

    def size_bytes(self, database: str) -> int:
        with psycopg.connect(self.admin_url) as connection:
            row = connection.execute("SELECT pg_database_size(%s)", (database,)).fetchone()
        return int(row[0]) if row else 0

    def settings(self) -> dict[str, str]:
        with psycopg.connect(self.admin_url) as connection:
            rows = connection.execute(
                "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name",
                (list(REPORTED_SETTINGS),),
            ).fetchall()
        return {str(name): str(value) for name, value in rows}

    def foreign_databases(self, own: set[str]) -> set[str]:
        """Databases of others with open sessions: their work is counted as ours."""
        with psycopg.connect(self.admin_url) as connection:
            rows = connection.execute(
                "SELECT DISTINCT datname FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            ).fetchall()
        return {str(row[0]) for row in rows} - own

    def postmaster_pid(self) -> int:
        """The cluster's first process, parent of every backend and background worker."""
        with psycopg.connect(self.admin_url) as connection:
            row = connection.execute("SELECT pg_backend_pid()").fetchone()
            backend = int(row[0]) if row else 0
            times = find_process_times(backend)
        if times is None or not is_postgresql(backend) or not is_postgresql(times.parent):
            raise ClusterUnsuitable(
                "BENCH_DATABASE_URL must name a PostgreSQL that runs on this machine."
            )
        return times.parent

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(statement)
