"""Builds the image of the Dockerfile in a temporary folder, runs it as an operator would, and looks
at what it does."""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .building import Builder, Built, Failed, say
from .container import Container
from .dockerfile import Ignored, NotUnderstood, Stage, context_files, read_dockerfile
from .postgres import INSIDE, own_database

HOST = "records.example.com"
DATA = "/data"
CODE = {
    "records": "records",
    "records_project": "records_project",
    "templates": "records_project/templates",
}
LONGEST_START, LONGEST_STOP = 60, 30  # seconds
ASK = """
import http.client, json, sys
connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
connection.request("GET", sys.argv[1], headers=json.loads(sys.argv[2]))
answer = connection.getresponse()
print(json.dumps([answer.status, answer.read().decode("utf-8", "replace")]))
"""
IN_FOLDER = 'cd "$0" && exec "$@"'
WRITABLE = (
    "find / -xdev \\( -path /usr -o -path /proc -o -path /dev -o -path /tmp -o -path "
    "/var/tmp -o -path {data} \\) -prune -o ! -type l -writable -print"
)


def check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


@dataclass(frozen=True)
class Image:
    """What was built, and how the Dockerfile says that it is run."""

    stage: Stage
    built: Built
    python: str

    def container(self, **variables: str) -> Container:
        """The image, run with nothing writable but its volume and /tmp."""
        return Container(
            str(self.built.root),
            self.python,
            folder=self.built.folder,
            user=self.built.user,
            environment={**self.built.environment, **variables},
            mounts=((f"{self.built.root}{DATA}", DATA),),
            sealed=True,
        )


def replaced(container: Container, **changes: object) -> Container:
    return Container(**{**container.__dict__, **changes})


def check_image(image: Image, context: Path) -> None:
    """Look at the files: all of the code is there, and the user can write to the volume alone."""
    uid = image.built.user[0]
    check(uid != 0, "The image runs as root: the Dockerfile has no USER.")
    check(DATA in image.stage.last("VOLUME").text, f"{DATA} is not a volume.")
    packages = next(image.built.root.glob("opt/*/lib/python3.*/site-packages"), Path())
    ignored = Ignored.read(context / ".dockerignore")
    missing = [
        str(file)
        for top, place in CODE.items()
        for file in context_files(context, ignored, top)
        if not (packages / place / file.relative_to(top)).is_file()
    ]
    check(
        not missing,
        f"{len(missing)} files of the code are not in the image, such as {missing[:3]}.",
    )
    loose = replaced(image.container(), sealed=False).run(["sh", "-c", WRITABLE.format(data=DATA)])
    check(not loose.stdout.strip(), f"User {uid} can write to:\n{loose.stdout}")


def owned_elsewhere(image: Image) -> list[str]:
    """Return what belongs to the image's user outside the volume."""
    top = image.built.root
    return [
        str(path)
        for path in top.rglob("*")
        if not path.is_relative_to(top / DATA.lstrip("/"))
        and path.lstat().st_uid == image.built.user[0]
    ]


@dataclass(frozen=True)
class Running:
    """A container whose command is running."""

    container: Container
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def first(self) -> int:
        """Its first process, as this machine numbers it, once that is in its root."""
        outer = self.process.pid
        while self.process.poll() is None:
            children = (
                Path(f"/proc/{outer}/task/{outer}/children").read_text(encoding="utf-8").split()
            )
            if children and Path(f"/proc/{children[0]}/root").readlink() == Path(
                self.container.root
            ):
                return int(children[0])
        raise Failed(f"The command ended.\n{self.log.read_text(encoding='utf-8')}")

    def execute(self, arguments: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command beside the first, as a health check is."""
        uid, gid = self.container.user
        nsenter = shutil.which("nsenter") or "nsenter"
        enter = [nsenter, "--target", str(self.first), "--mount", "--net", "--pid", "--root"]
        return subprocess.run(
            [*enter, "--setuid", str(uid), "--setgid", str(gid), "--", "sh", "-c", IN_FOLDER, self.container.folder,
             *arguments],
            env=dict(self.container.environment), capture_output=True, text=True, check=False,
        )  # fmt: skip

    def wait_until_healthy(self, command: list[str]) -> None:
        end = time.monotonic() + LONGEST_START
        while (probed := self.execute(command)).returncode:
            said = self.log.read_text(encoding="utf-8")
            check(self.process.poll() is None, f"The command ended.\n{said}")
            check(time.monotonic() < end, f"The health check fails.\n{probed.stderr}\n{said}")

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Ask as the proxy does, unless the headers say something else."""
        sent = {"Host": HOST, "X-Forwarded-Proto": "https", **headers}
        ran = self.execute(["python", "-c", ASK, path, json.dumps(sent)])
        check(
            ran.returncode == 0, f"GET {path}: {ran.stderr}\n{self.log.read_text(encoding='utf-8')}"
        )
        status, body = json.loads(ran.stdout)
        return status, body


@contextmanager
def running(container: Container, command: list[str], log: Path) -> Iterator[Running]:
    """The command of the image, until SIGTERM ends it and all that it started."""
    with log.open("wb") as stream, subprocess.Popen(
        container.command(command), stdout=stream, stderr=subprocess.STDOUT
    ) as process:  # fmt: skip
        try:
            it = Running(container, process, log)
            yield it
            os.kill(it.first, signal.SIGTERM)
            status = process.wait(timeout=LONGEST_STOP)
            check(
                status == 0,
                f"After SIGTERM: exit status {status}\n{log.read_text(encoding='utf-8')}",
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{LONGEST_STOP} s after SIGTERM it is still running.") from error
        finally:
            if process.poll() is None:
                # --kill-child does not survive the change of user: the end of process 1 ends the
                # container.
                os.kill(it.first, signal.SIGKILL)


def try_out(
    image: Image, variables: Mapping[str, str], mounts: tuple[tuple[str, str], ...], log: Path
) -> None:
    """Migrate, make a workspace, serve, ask, stop; once as process 1 and once below an init."""
    sealed = image.container(**variables)
    sealed = replaced(sealed, mounts=(*sealed.mounts, *mounts))
    migrated = sealed.run(["records", "migrate", "--verbosity", "0"])
    check(migrated.returncode == 0, f"records migrate: {migrated.stdout}")
    made = sealed.run(
        ["records", "create_workspace", "Acme", "--email", "you@example.com", "--json"]
    )
    check(made.returncode == 0, f"records create_workspace: {made.stdout}")
    admin = json.loads(made.stdout)
    for init in (False, True):
        with running(replaced(sealed, init=init), image.stage.last("CMD").arguments, log) as served:
            served.wait_until_healthy(image.stage.last("HEALTHCHECK").arguments)
            ask(served, admin)


def ask(served: Running, admin: Mapping[str, str]) -> None:
    """Call the API, and see a page with all that it shows."""
    key = {
        "X-API-KEY": admin["api_key"],
        "X-BUSINESS-ID": admin["workspace_id"],
        "X-USER-ID": admin["member_id"],
    }
    for path, headers, expected in (
        ("/readyz", {}, 200),
        ("/api/auth/access", key, 200),
        ("/api/auth/access", {}, 401),
        ("/admin/login/", {"X-Forwarded-Proto": "http"}, 301),
    ):
        status, body = served.get(path, **headers)
        check(status == expected, f"GET {path}: {status} instead of {expected}\n{body[:500]}")
    status, page = served.get("/admin/login/")
    check(status == 200, f"GET /admin/login/: {status}\n{page[:500]}")
    assets = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    check(bool(assets), "The log-in page shows nothing of /static/.")
    broken = sorted(path for path in assets if served.get(path)[0] != 200)
    check(not broken, f"The log-in page shows what is not there: {broken}")


def base_python(work: Path, wanted: str) -> str:
    """Return what stands for the base image's /usr/local: a Python of that version, else the one
    that runs this."""
    found = [Path(sys.base_prefix)]
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    found[:0] = [
        path
        for path in sorted(versions.glob(f"{wanted}.*"))
        if path.name[len(wanted) + 1 :].isdigit()
    ]
    prefix = found[0]
    if prefix != Path("/usr"):
        say(f"python:{wanted} is {prefix}")
        return str(prefix)
    links = work / "python"
    (links / "bin").mkdir(parents=True)
    for name in ("python", "python3"):
        (links / "bin" / name).symlink_to(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
    return str(links)


def replay(context: Path, work: Path) -> None:
    stages = read_dockerfile(context / "Dockerfile")
    (wanted,) = re.findall(r"^python:(3\.\d+)-", stages[-1].base) or ["3"]
    builder = Builder(context, work, base_python(work, wanted))
    image = Image(stages[-1], builder.build(stages), builder.python)
    check_image(image, context)
    production = {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": HOST,
        "TRUST_PROXY_HEADERS": "true",
    }
    say("Serving from SQLite ...")
    try_out(image, production, (), work / "sqlite.log")
    server = os.environ.get("DATABASE_URL", "")
    if server.startswith("postgres"):
        say("Serving from PostgreSQL ...")
        with ExitStack() as stack:
            (work / "socket").mkdir()
            url = stack.enter_context(own_database(server, work / "socket"))
            mounts = ((str(work / "socket"), INSIDE),)
            try_out(image, {**production, "DATABASE_URL": url}, mounts, work / "postgres.log")
    check(
        not (owned := owned_elsewhere(image)),
        f"Files of the image's user outside {DATA}: {owned[:5]}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "context", nargs="?", type=Path, default=Path.cwd(), help="folder with the Dockerfile"
    )
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("Replaying the Dockerfile needs root, for its mounts.")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="replay-") as folder:
        Path(folder).chmod(0o755)
        try:
            replay(given.context.resolve(), Path(folder))
        except (Failed, NotUnderstood) as error:
            sys.exit(f"The image does not work. {error}")
    say(f"The image works ({time.monotonic() - started:.0f} s).")


if __name__ == "__main__":
    main()
