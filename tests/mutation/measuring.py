"""Which lines each test runs and how long it takes. Known from the last time, as long as neither
the product nor the test's file has changed: measuring takes minutes."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn, Protocol

import coverage
import pytest

from .processes import Tell, fork_and_tell, hear
from .scope import ROOT

SET_UP, CALL = "set_up", "call"
KNOWN = ROOT / ".mutation_cache" / "reached.json"


class TestsFail(Exception):
    """Some tests fail without any mutant."""


@dataclass
class Test:
    """A test as it is without mutants: the lines of each module that its set-up and its call run.
    `key` stands for the code."""

    seconds: float
    lines: dict[str, dict[str, set[int]]]
    key: str


class Runs(Protocol):
    """What runs tests."""

    before_call: Callable[[], object]

    def failures_of(self, item: pytest.Item, following: pytest.Item | None) -> list[str]:
        """Run a test, knowing which follows, and name what failed."""


def measure(items: Sequence[pytest.Item], runner: Runs, jobs: int) -> list[Test]:
    """Each item's measures, taken in forks, so that nothing stays."""
    known = _load()
    missing = [item for item in items if not _is_known(item, known)]
    paths = list(dict.fromkeys(item.path for item in missing))
    told = []
    for turn in range(min(jobs, len(paths))):
        share = [item for item in missing if item.path in paths[turn::jobs]]
        told.append(fork_and_tell(partial(_measure_share, share, runner)))
    failed: list[str] = []
    for found in map(hear, told):
        failed += ["A process ended."] if found is None else found["failed"]
        known.update({} if found is None else _read(found["tests"]))
    if failed:
        raise TestsFail(failed)
    if missing:
        _save(known)
    return [known[item.nodeid] for item in items]


def _measure_share(share: Sequence[pytest.Item], runner: Runs, tell: Tell) -> NoReturn:
    try:
        failed, tests = _measured(share, runner)
    except Exception:  # noqa: BLE001 - the parent tells of it
        tell({"failed": [traceback.format_exc()], "tests": {}})
    tell({"failed": failed, "tests": _written(tests)})


def _measured(share: Sequence[pytest.Item], runner: Runs) -> tuple[list[str], dict[str, Test]]:
    measured = coverage.Coverage(
        data_file=None, config_file=False, include=[str(ROOT / "records" / "*")], messages=False
    )

    def called(name: str) -> None:
        # A fork has no other threads, so a test that has some must be run from its start.
        if threading.active_count() == 1:
            measured.switch_context(f"{CALL} {name}")

    failed, tests = [], {}
    measured.start()
    for item, following in zip(share, [*share[1:], None], strict=True):
        measured.switch_context(f"{SET_UP} {item.nodeid}")
        runner.before_call = partial(called, item.nodeid)
        began = time.monotonic()
        failed += runner.failures_of(item, following)
        tests[item.nodeid] = Test(time.monotonic() - began, {}, _key(item.path))
    measured.stop()
    data = measured.get_data()
    for file in data.measured_files():
        module = str(Path(file).relative_to(ROOT))
        for line, contexts in data.contexts_by_lineno(file).items():
            for phase, _, name in (context.partition(" ") for context in contexts):
                if name in tests:
                    found = tests[name].lines.setdefault(module, {SET_UP: set(), CALL: set()})
                    found[phase].add(line)
    return failed, tests


# ------------------------------------------------------------ what is known


def _load() -> dict[str, Test]:
    if not KNOWN.exists():
        return {}
    return _read(json.loads(KNOWN.read_text()))


def _read(written: dict[str, Any]) -> dict[str, Test]:
    return {
        name: Test(
            one["seconds"],
            {
                module: {phase: set(lines) for phase, lines in phases.items()}
                for module, phases in one["lines"].items()
            },
            one["key"],
        )
        for name, one in written.items()
    }


def _written(tests: dict[str, Test]) -> dict[str, Any]:
    return {
        name: {
            "seconds": test.seconds,
            "lines": {
                module: {phase: sorted(lines) for phase, lines in phases.items()}
                for module, phases in test.lines.items()
            },
            "key": test.key,
        }
        for name, test in tests.items()
    }


def _save(known: dict[str, Test]) -> None:
    KNOWN.parent.mkdir(exist_ok=True)
    written = KNOWN.with_suffix(f".{os.getpid()}")
    written.write_text(json.dumps(_written(known)))
    written.replace(KNOWN)


def _is_known(item: pytest.Item, known: dict[str, Test]) -> bool:
    key = _key(item.path)  # even of an unknown one: its file may be edited while it runs
    return item.nodeid in known and known[item.nodeid].key == key


@cache
def _key(path: Path) -> str:
    """Stands for a test's file and for the code that all tests share."""
    return hashlib.sha256(_shared() + path.read_bytes()).hexdigest()


@cache
def _shared() -> bytes:
    digest = hashlib.sha256()
    for folder in ("records", "records_project", "tests"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not path.name.startswith("test_") and path.parent != Path(__file__).parent:
                digest.update(path.read_bytes())
    return digest.digest()
