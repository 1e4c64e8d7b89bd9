"""The tests, run once as they are and then against each mutant, in processes forked from one that
has everything imported and the database migrated."""

from __future__ import annotations

import ast
import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import coverage
import pytest

from .applying import find_functions, put_in
from .mutants import Mutant, mutants_of, names_in_functions
from .scope import AT_MOST, ROOT, mirrored

SURVIVED, KILLED, NOT_APPLIED, BROKEN = 0, 1, 3, 4
MEMORY = 6 << 30  # bytes that a mutant may use: some never stop adding to a list


class TestsFail(Exception):
    """Some tests fail without any mutant."""


@dataclass
class Result:
    """How a mutant fared: killed by a test (None: by its time), or survived those that reach it."""

    mutant: Mutant
    status: int
    tests: int
    killer: str | None = None


@dataclass
class Reached:
    """What the tests, by their numbers, run of a module."""

    lines: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))

    def tests(self, lines: Iterable[int]) -> set[int]:
        """The tests that run one of the lines."""
        return set().union(*(self.lines.get(line, ()) for line in lines))


class Runner:
    """A plugin of pytest that runs mutants in place of the collected tests."""

    def __init__(
        self,
        modules: dict[str, list[str]],
        wanted: Callable[[Mutant], bool],
        every: int,
        jobs: int,
        show: Callable[[str, list[Result]], None],
    ) -> None:
        self.modules, self.wanted, self.every, self.jobs = modules, wanted, every, jobs
        self.show = show
        self.items: list[pytest.Item] = []
        self.seconds: dict[int, float] = {}
        self.reached: dict[str, Reached] = {}
        self.failed: list[str] = []
        self.killers: dict[tuple[str, str], list[int]] = defaultdict(list)
        self.on_failure: Callable[[str], object] = self.failed.append

    # ------------------------------------------------------------ hooks

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Nothing is shown of the tests themselves."""
        config.pluginmanager.unregister(name="terminalreporter")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test has failed."""
        if report.failed:
            self.on_failure(report.nodeid)
            if self.on_failure == self.failed.append and len(self.failed) == 1:
                self.failed.append(report.longreprtext[-3000:])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file could not be read."""
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run each mutant, with everything set up that tests share."""
        self.items = session.items
        self._set_up()
        find_functions(list(self.modules))
        self._measure()
        if self.failed:
            raise TestsFail(self.failed)
        for module in self.modules:
            self.show(module, self._run_module(module))
        return True

    def _set_up(self) -> None:
        """Run one test, and keep what lasts for the session: the migrated database."""
        first = next(item for item in self.items if "db" in getattr(item, "fixturenames", ()))
        self._run_tests([first])

    # ------------------------------------------------------------ the tests as they are

    def _measure(self) -> None:
        """Which tests reach which lines, and how long they take; in forks, so nothing stays."""
        files = [tempfile.mkstemp(prefix="mutate_")[1] for _ in range(self.jobs)]
        paths = list(dict.fromkeys(item.path for item in self.items))
        turns = {path: turn % self.jobs for turn, path in enumerate(paths)}
        pids = [
            _fork(
                partial(
                    self._measure_share,
                    [test for test, item in enumerate(self.items) if turns[item.path] == turn],
                    file,
                )
            )
            for turn, file in enumerate(files)
        ]
        for pid, file in zip(pids, files, strict=True):
            os.waitpid(pid, 0)
            found = json.loads(Path(file).read_text())
            Path(file).unlink()
            if "error" in found:
                raise TestsFail([found["error"]])
            self.failed += found["failed"]
            self.seconds.update({int(test): took for test, took in found["seconds"].items()})
            for module, lines in found["reached"].items():
                reached = self.reached.setdefault(module, Reached())
                for line, tests in lines.items():
                    reached.lines[int(line)].update(map(int, tests))

    def _measure_share(self, share: Sequence[int], file: str) -> int:
        try:
            found = self._measured(share)
        except Exception:  # noqa: BLE001 - the parent tells of it
            found = {"error": traceback.format_exc()}
        Path(file).write_text(json.dumps(found))
        return 0

    def _measured(self, share: Sequence[int]) -> dict[str, Any]:
        measured = coverage.Coverage(
            data_file=None,
            config_file=False,
            include=[str(ROOT / module) for module in self.modules],
            messages=False,
        )
        seconds = {}
        measured.start()
        for test, following in zip(share, [*share[1:], None], strict=True):
            measured.switch_context(str(test))
            began = time.monotonic()
            self._run_test(self.items[test], None if following is None else self.items[following])
            seconds[test] = time.monotonic() - began
        measured.stop()
        data = measured.get_data()
        reached = {
            module: {
                line: [int(test) for test in tests if test]
                for line, tests in data.contexts_by_lineno(str(ROOT / module)).items()
            }
            for module in self.modules
        }
        return {"failed": self.failed, "seconds": seconds, "reached": reached}

    # ------------------------------------------------------------ mutants

    def _run_module(self, module: str) -> list[Result]:
        """Every mutant of a module, several at a time; the results are in the order of its lines."""
        tree = ast.parse((ROOT / module).read_text())
        asked = [mutant for mutant in mutants_of(module, tree) if self.wanted(mutant)]
        results: dict[int, Result] = {}
        running: dict[int, _Run] = {}
        for number, mutant in enumerate(asked[:: self.every]):
            tests = self._chosen(mutant, tree)
            if not tests:
                results[number] = Result(mutant, SURVIVED, 0)
                continue
            while len(running) >= self.jobs:
                self._collect(running, results)
            run = _Run(number, mutant, tests, self._time_for(*tests))
            read, write = os.pipe()
            run.told = read
            pid = _fork(partial(self._run_mutant, run, tree, write))
            os.close(write)
            running[pid] = run
        while running:
            self._collect(running, results)
        return [results[number] for number in sorted(results)]

    def _chosen(self, mutant: Mutant, tree: ast.Module) -> list[int]:
        """The tests of a mutant: those that killed others of its function are the first to run."""
        reached = self.reached.get(mutant.module, Reached())
        if mutant.constant:
            lines = names_in_functions(tree).get(mutant.function)
            tests = reached.tests(lines or reached.lines)
        else:
            tests = reached.tests(mutant.lines)
        nearest = sorted(
            tests, key=lambda test: (mirrored(mutant.module, self.items[test].nodeid), test)
        )[:AT_MOST]
        killers = [test for test in self.killers[mutant.module, mutant.function] if test in nearest]
        return list(dict.fromkeys([*killers, *nearest]))

    def _run_mutant(self, run: _Run, tree: ast.Module, told: int) -> int:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

        def killed(test: str) -> None:
            os.write(told, test.encode())
            os._exit(KILLED)

        self.on_failure = killed
        try:
            put_in(run.mutant, tree)
        except (ValueError, KeyError):
            return NOT_APPLIED
        for test, following in zip(run.tests, [*run.tests[1:], None], strict=True):
            # A test that does not end kills the mutant without waiting for the time of all tests.
            signal.alarm(round(self._time_for(test)))
            self._run_test(self.items[test], None if following is None else self.items[following])
        return SURVIVED

    def _time_for(self, *tests: int) -> float:
        """The seconds that tests of a mutant may take."""
        return 20 + 6 * sum(self.seconds[test] for test in tests)

    def _collect(self, running: dict[int, _Run], results: dict[int, Result]) -> None:
        """Wait for a moment, and note what has ended."""
        time.sleep(0.02)
        for pid, run in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                if time.monotonic() > run.until:
                    _end(pid)
                continue
            _end(pid)  # what its tests have started
            code = os.waitstatus_to_exitcode(status)
            os.set_blocking(run.told, False)
            killer = _read(run.told)
            status = KILLED if code < 0 else code
            results[run.number] = Result(run.mutant, status, len(run.tests), killer)
            if killer:
                self._remember(run, killer)
            del running[pid]

    def _remember(self, run: _Run, killer: str) -> None:
        test = next(test for test in run.tests if self.items[test].nodeid == killer)
        known = self.killers[run.mutant.module, run.mutant.function]
        if test in known:
            known.remove(test)
        known.insert(0, test)

    def _run_tests(self, items: Sequence[pytest.Item]) -> None:
        """Run tests, without ending what the session's tests share."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            self._run_test(item, following)

    def _run_test(self, item: pytest.Item, following: pytest.Item | None) -> None:
        # After the last one, all but what the session shares is torn down.
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following or item.session)


@dataclass
class _Run:
    number: int
    mutant: Mutant
    tests: list[int]
    seconds: float
    told: int = -1

    def __post_init__(self) -> None:
        self.until = time.monotonic() + self.seconds


def _read(told: int) -> str | None:
    try:
        return os.read(told, 10_000).decode() or None
    except BlockingIOError:
        return None
    finally:
        os.close(told)


def _fork(work: Callable[[], int]) -> int:
    """Do the work in another process, in silence; its number."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _work_and_exit(work)
    return pid


def _work_and_exit(work: Callable[[], int]) -> NoReturn:
    code = BROKEN
    try:
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        code = work()
    finally:
        os._exit(code)


def _end(pid: int) -> None:
    """End a mutant's process, and those that its tests have started."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
