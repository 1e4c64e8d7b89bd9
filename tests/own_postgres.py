"""A PostgreSQL cluster of a test's own, which it may stop, fill up and break."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .databases import migrate, once, run_folder
from .serving import free_port

INITDB = ("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")


@dataclass(frozen=True)
class Cluster:
    """A cluster, run by the system user postgres, or by us where we are not root; its superuser
    needs no password."""

    binaries: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str, before: Sequence[str] = ()) -> None:
        command = [*before, *as_postgres(), str(self.binaries / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def start(self, *options: str, before: Sequence[str] = ()) -> None:
        """Start it with these options; `before` is what starts the program, such as another mount
        namespace."""
        settings = (
            f"-c listen_addresses=127.0.0.1 -p {self.port} -k {self.folder} {' '.join(options)}"
        )
        self.run(
            "pg_ctl",
            "-D",
            f"{self.folder}/data",
            "-w",
            "-l",
            f"{self.folder}/log",
            "-o",
            settings,
            "start",
            before=before,
        )

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", mode, "stop")


def as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def binaries() -> Path:
    """The newest PostgreSQL that is installed here."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int(path.parts[-3].split(".")[0]),
    )
    assert found, "PostgreSQL's server programs are not installed; .ci/run installs them"
    return found[-1].parent


@contextlib.contextmanager
def own_cluster(*options: str, migrated: bool = False) -> Iterator[Cluster]:
    """A running cluster, gone with its files when the block ends; its database `postgres` is empty,
    or has its tables."""
    model = run_folder() / ("migrated_cluster" if migrated else "empty_cluster")
    once(model.name, lambda: _make_model(model, migrated))
    with _stopped_cluster() as cluster:
        subprocess.run(["cp", "-a", model, f"{cluster.folder}/data"], check=True)
        with _running(cluster, *options):
            yield cluster


def _make_model(folder: Path, migrated: bool) -> str:
    """Make the files that clusters are copied from."""
    with _stopped_cluster() as cluster:
        data = cluster.folder / "data"
        cluster.run("initdb", "-D", str(data), "-U", "postgres", *INITDB)
        if migrated:
            with _running(cluster):
                migrate(cluster.url)
                cluster.stop("fast")
        subprocess.run(["mv", data, folder], check=True)
    return ""


@contextlib.contextmanager
def _stopped_cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        if as_postgres():
            shutil.chown(folder, "postgres")
        yield Cluster(binaries(), folder, free_port())


@contextlib.contextmanager
def _running(cluster: Cluster, *options: str) -> Iterator[None]:
    cluster.start("-c fsync=off", *options)
    try:
        yield
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            cluster.stop()
