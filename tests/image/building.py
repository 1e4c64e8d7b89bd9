"""The steps of a Dockerfile, carried out in a root folder for each stage."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from .container import Container, make_root
from .dockerfile import Ignored, NotUnderstood, Stage, Step, assignments, context_files

BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# How this machine reaches a package index, which a build is given too.
NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",
           "PIP_CERT", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT")  # fmt: skip


class Failed(Exception):
    """A step or a check that failed, in a sentence."""


def say(line: str) -> None:
    """Print at once, even into a pipe."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass
class Built:
    """A stage as far as it is built."""

    root: Path
    folder: str = "/"
    user: tuple[int, int] = (0, 0)
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})


@dataclass
class Builder:
    """Builds stages from a context; `python` is what the base image has in /usr/local."""

    context: Path
    work: Path
    python: str
    stages: dict[str, Built] = field(default_factory=dict)

    def build(self, stages: list[Stage]) -> Built:
        """Build all stages, and return the last."""
        for number, stage in enumerate(stages):
            if not stage.base.startswith("python:3.") or "-slim-" not in stage.base:
                raise NotUnderstood(f"FROM {stage.base}: expected python:3.…-slim-…")
            built = Built(self.work / f"stage{number}")
            make_root(built.root)
            self.run(built, Step(0, "RUN", (), "ldconfig"))  # finds the libraries of this Python
            self.stages[stage.name or str(number)] = built
            for step in stage.steps:
                self.carry_out(built, step)
        return built

    def carry_out(self, built: Built, step: Step) -> None:
        """Carry out what changes the stage; the rest says how to run it."""
        say(str(step))
        if step.name == "RUN":
            self.run(built, step)
        elif step.name == "COPY":
            self.copy(built, step)
        elif step.name == "ENV":
            built.environment |= {
                name: Template(value).safe_substitute(built.environment)
                for name, value in assignments(step).items()
            }
        elif step.name == "WORKDIR":
            built.folder = step.text
            (built.root / step.text.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif step.name == "USER":
            uid, _, gid = step.text.partition(":")
            built.user = (int(uid), int(gid))

    def run(self, built: Built, step: Step) -> None:
        home = "/root"
        network = {name: os.environ[name] for name in NETWORK if name in os.environ}
        container = Container(
            str(built.root),
            self.python,
            folder=built.folder,
            user=built.user,
            environment={**network, "HOME": home, **built.environment},
            mounts=tuple(self.cache(value) for name, value in step.options if name == "mount"),
        )
        ran = container.run(["/bin/sh", "-c", step.text])
        if ran.returncode:
            raise Failed(f"{step}: exit status {ran.returncode}\n{ran.stdout}")

    def cache(self, value: str) -> tuple[str, str]:
        """Read a mount of a cache, and keep pip's where pip keeps it on this machine."""
        given: Mapping[str, str] = dict(part.split("=", 1) for part in value.split(","))
        if given.get("type") != "cache":
            raise NotUnderstood(f"--mount={value}: expected type=cache")
        kept = Path(os.environ.get("PIP_CACHE_DIR") or Path.home() / ".cache/pip")
        kept.mkdir(parents=True, exist_ok=True)
        return str(kept), given["target"]

    def copy(self, built: Built, step: Step) -> None:
        *sources, target = step.text.split()
        to = built.root / os.path.join(built.folder, target).lstrip("/")  # noqa: PTH118 -- an absolute target counts alone
        into = target.endswith("/") or len(sources) > 1
        for source in sources:
            if step.option("from"):
                self.copy_from(step, source, to)
            else:
                self.copy_context(step, source, to, into=into)

    def copy_from(self, step: Step, source: str, to: Path) -> None:
        stage = self.stages.get(step.option("from"))
        if stage is None or not (stage.root / source.lstrip("/")).is_dir():
            raise Failed(f"{step}: there is no folder {source} in that stage")
        shutil.copytree(stage.root / source.lstrip("/"), to, symlinks=True, dirs_exist_ok=True)

    def copy_context(self, step: Step, source: str, to: Path, *, into: bool) -> None:
        ignored = Ignored.read(self.context / ".dockerignore")
        files = context_files(self.context, ignored, source)
        if not files:
            raise Failed(f"{step}: {source} does not exist, or .dockerignore keeps it out")
        is_folder = (self.context / source).is_dir()
        for file in files:
            relative = file.relative_to(source) if is_folder else Path(file.name if into else "")
            (to / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.context / file, to / relative)
