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

from .serving import free_port


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

    def stop(self) -> None:
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-w", "-m", "immediate", "stop")


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
def own_cluster(*options: str) -> Iterator[Cluster]:
    """A running cluster, gone with its files when the block ends."""
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        if as_postgres():
            shutil.chown(folder, "postgres")
        cluster = Cluster(binaries(), folder, free_port())
        cluster.run(
            "initdb",
            "-D",
            f"{folder}/data",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )
        cluster.start("-c fsync=off", *options)
        try:
            yield cluster
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):
                cluster.stop()
