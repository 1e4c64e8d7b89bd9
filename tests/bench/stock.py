"""The loaded databases of both servers: made anew, or kept from an earlier run."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.contenders import Contender, Limit, Records, WorkspaceApi, sample_ordinals
from tests.bench.databases import Cluster
from tests.bench.limit.loading import load_companies
from tests.bench.provision import Import, Workspace, production_environment, provision
from tests.bench.servers import find_free_port, limit_command, records_command, running
from tests.bench.traffic import Address

DEFAULT_RECORDS = 100_000


@dataclass(frozen=True)
class Stock:
    """Where the databases are, how many companies each holds, and what is remembered of their
    loading."""

    cluster: Cluster
    folder: Path
    records: int

    @property
    def limit_database(self) -> str:
        return f"records_bench_limit{self._suffix}"

    @property
    def records_database(self) -> str:
        return f"records_bench{self._suffix}"

    @property
    def databases(self) -> set[str]:
        return {self.limit_database, self.records_database}

    @property
    def _suffix(self) -> str:
        return "" if self.records == DEFAULT_RECORDS else f"_{self.records}"

    @property
    def _memory(self) -> Path:
        """Holds the key of the throw-away workspace, so only its owner may read it."""
        return self.folder / f"loaded-{self.records}.json"

    def environment(self) -> dict[str, str]:
        return production_environment(self.cluster.url_of(self.records_database), self.folder)

    def load_limit(self, keep: bool) -> None:
        if keep and self.cluster.exists(self.limit_database):
            return
        self.cluster.recreate(self.limit_database)
        try:
            load_companies(self.cluster.url_of(self.limit_database), self.records)
        except BaseException:
            self.cluster.drop(self.limit_database)
            raise

    def load_records(self, keep: bool, postmaster: int) -> tuple[Workspace, Import]:
        if keep and self._memory.exists() and self.cluster.exists(self.records_database):
            remembered = json.loads(self._memory.read_text(encoding="utf-8"))
            return Workspace(**remembered["workspace"]), Import(**remembered["import"])
        self._memory.unlink(missing_ok=True)
        self.cluster.recreate(self.records_database)
        workspace, imported = provision(self.environment(), self.folder, self.records, postmaster)
        self._memory.touch(mode=0o600)
        self._memory.write_text(
            json.dumps({"workspace": asdict(workspace), "import": asdict(imported)}),
            encoding="utf-8",
        )
        return workspace, imported

    def drop(self) -> None:
        self._memory.unlink(missing_ok=True)
        for database in self.databases:
            self.cluster.drop(database)

    def vacuum(self) -> None:
        for database in self.databases:
            if self.cluster.exists(database):
                self.cluster.vacuum(database)

    def size_bytes(self) -> dict[str, int]:
        """Of each database that is there."""
        there = [database for database in sorted(self.databases) if self.cluster.exists(database)]
        return {database: self.cluster.size_bytes(database) for database in there}

    @contextmanager
    def serving_limit(self) -> Iterator[Contender]:
        port = find_free_port()
        environment = {
            "DJANGO_SETTINGS_MODULE": "tests.bench.limit.settings",
            "LIMIT_DATABASE_URL": self.cluster.url_of(self.limit_database),
        }
        with running(limit_command(port), port, environment, self.folder / "limit.log") as pid:
            address = Address(f"http://127.0.0.1:{port}")
            yield Limit(address, pid, sample_ordinals(self.records), self.records)

    @contextmanager
    def serving_records(self, workspace: Workspace, names: list[str]) -> Iterator[list[Contender]]:
        """One server, and the APIs that are asked of it."""
        port = find_free_port()
        with running(
            records_command(port), port, self.environment(), self.folder / "records.log"
        ) as pid:
            apis = [api for api in (Records, WorkspaceApi) if api.name in names]
            headers = workspace.headers
            addresses = {
                "records": Address(f"http://127.0.0.1:{port}", headers),
                "workspace": Address(
                    f"http://127.0.0.1:{port}",
                    {**headers, "Authorization": f"Bearer {workspace.api_key}"},
                ),
            }
            yield [
                api(addresses[api.name], pid, sample_ordinals(self.records), self.records)
                for api in apis
            ]

    @contextmanager
    def serving(self, names: list[str], workspace: Workspace | None) -> Iterator[list[Contender]]:
        """Run the named servers side by side."""
        with ExitStack() as stack:
            contenders = []
            if "limit" in names:
                contenders.append(stack.enter_context(self.serving_limit()))
            if workspace:
                contenders += stack.enter_context(self.serving_records(workspace, names))
            yield contenders
