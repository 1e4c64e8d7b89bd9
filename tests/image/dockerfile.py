"""What a Dockerfile and a .dockerignore say, as far as ours use their grammars; anything else is
refused."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

OPTION = re.compile(r"^--([a-z-]+)=(\S+)\s*")
KNOWN = {"FROM", "WORKDIR", "RUN", "COPY", "ENV", "VOLUME", "USER", "EXPOSE", "HEALTHCHECK", "CMD"}


class NotUnderstood(Exception):
    """A line that this reader does not know how to replay."""


@dataclass(frozen=True)
class Step:
    """One instruction: its name, its options in order, and the rest of its line."""

    line: int
    name: str
    options: tuple[tuple[str, str], ...]
    text: str

    def __str__(self) -> str:
        return f"Dockerfile:{self.line}: {self.name} {self.text[:90]}"

    def option(self, name: str) -> str:
        return dict(self.options).get(name, "")

    @property
    def arguments(self) -> list[str]:
        """The arguments of the exec form."""
        try:
            given = json.loads(self.text)
        except ValueError as error:
            raise NotUnderstood(
                f"{self}: expected the exec form, a JSON list of strings"
            ) from error
        if not (isinstance(given, list) and given and all(isinstance(each, str) for each in given)):
            raise NotUnderstood(f"{self}: expected the exec form, a JSON list of strings")
        return given


@dataclass
class Stage:
    """What one FROM begins."""

    base: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def all(self, name: str) -> list[Step]:
        return [step for step in self.steps if step.name == name]

    def last(self, name: str) -> Step:
        """The instruction that counts of those that override each other."""
        found = self.all(name)
        if not found:
            raise NotUnderstood(f"The stage from {self.base} has no {name}.")
        return found[-1]


def read_dockerfile(path: Path) -> list[Stage]:
    """Return the stages in order; the last is the image."""
    stages: list[Stage] = []
    for step in _steps(path.read_text(encoding="utf-8")):
        if step.name == "FROM":
            base, _, name = step.text.partition(" AS ")
            stages.append(Stage(base, name))
        elif not stages:
            raise NotUnderstood(f"{step}: expected FROM first")
        else:
            stages[-1].steps.append(step)
    return stages


def _steps(text: str) -> Iterator[Step]:
    started = 0
    parts: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#") or not (line.strip() or parts):
            continue
        started = started or number
        parts.append(line.rstrip().removesuffix("\\").strip())
        if not line.rstrip().endswith("\\"):
            yield _step(started, " ".join(parts))
            started, parts = 0, []
    if parts:
        raise NotUnderstood(f"Dockerfile:{started}: this instruction never ends")


def _step(line: int, text: str) -> Step:
    name, _, rest = text.partition(" ")
    if name not in KNOWN:
        raise NotUnderstood(f"Dockerfile:{line}: {name} is not replayed")
    options = []
    while found := OPTION.match(rest):
        options.append((found[1], found[2]))
        rest = rest[found.end() :]
    if name == "HEALTHCHECK":
        rest = rest.removeprefix("CMD ")
    return Step(line, name, tuple(options), rest)


def assignments(step: Step) -> dict[str, str]:
    """Read the NAME=value pairs of ENV."""
    return dict(pair.split("=", 1) for pair in shlex.split(step.text))


@dataclass(frozen=True)
class Ignored:
    """The patterns of a .dockerignore; of those that match a path or a folder above it, the last
    counts."""

    patterns: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> Ignored:
        lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
        return cls(tuple(line for line in lines if line and not line.startswith("#")))

    def has(self, path: Path) -> bool:
        """Whether a path, relative to the context, stays out of it."""
        ignored = False
        above = [str(path), *(str(each) for each in path.parents if each != Path())]
        for pattern in self.patterns:
            if any(_matches(each, pattern.removeprefix("!")) for each in above):
                ignored = not pattern.startswith("!")
        return ignored


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return any(
            _matches(path.split("/", at)[-1], pattern[3:]) for at in range(path.count("/") + 1)
        )
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def context_files(folder: Path, ignored: Ignored, below: str) -> list[Path]:
    """Return the files of the context at or below a path, relative to the context."""
    top = folder / below
    found = [top] if top.is_file() else sorted(top.rglob("*"))
    relative = (each.relative_to(folder) for each in found if each.is_file())
    return [each for each in relative if not ignored.has(each)]
