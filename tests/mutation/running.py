"""The tests, run once as they are and then against each mutant, in processes forked from one that
has everything imported and the database migrated."""

from __future__ import annotations

import ast
import gc
import os
import resource
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import pytest

from .applying import find_functions, put_in
from .measuring import CALL, SET_UP, Test, TestsFail, measure
from .mutants import Mutant, mutants_of, names_in_functions
from .processes import fork_and_tell, hear, wait
from .scope import ROOT, nearness

SURVIVED, KILLED, NOT_APPLIED = 0, 1, 3
WHOLE = 5  # what a whole test costs, compared with one that is set up
SHARE = 4  # from how many mutants on another process is worth setting the test up again
MEMORY = 6 << 30  # bytes that a mutant may use: some never stop adding to a list


@dataclass
class Result:
    """How a mutant fared: killed by a test (None: by its time), or survived those that reach it."""

    mutant: Mutant
    status: int = SURVIVED
    tests: int = 0
    cost: int = 0
    killer: str | None = None


class Runner:
    """A plugin of pytest that runs mutants in place of the collected tests."""

    def __init__(
        self,
        modules: dict[str, list[str]],
        wanted: Callable[[Mutant], bool],
        every: int,
        jobs: int,
        most: int,
        show: Callable[[str, list[Result]], None],
    ) -> None:
        self.modules, self.wanted, self.every, self.jobs = modules, wanted, every, jobs
        self.most, self.show = most, show
        self.items: list[pytest.Item] = []
        self.measured: list[Test] = []
        self.failed: list[str] = []
        self.before_call: Callable[[], object] = _nothing
        self.at_end: Callable[[pytest.Item, pytest.CallInfo[None]], object] = _nothing

    # ------------------------------------------------------------ hooks

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Nothing is shown of the tests themselves."""
        config.pluginmanager.unregister(name="terminalreporter")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        """A test is set up."""
        self.before_call()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """A part of a test has ended: before its report is made, which takes its time."""
        self.at_end(item, call)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test has failed."""
        if report.failed:
            self.failed.append(report.nodeid)
            if len(self.failed) == 1:
                self.failed.append(report.longreprtext[-3000:])

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file could not be read."""
        if report.failed:
            self.failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run each mutant, with everything set up that tests share."""
        self.items = session.items
        try:
            self._run_modules()
        except TestsFail as failed:
            self.failed += failed.args[0]
        return True

    def _run_modules(self) -> None:
        self._set_up()
        find_functions(list(self.modules))
        self.measured = measure(self.items, self, self.jobs)
        self.before_call = _nothing
        gc.collect()
        gc.freeze()  # forks then share the memory of what is there
        for module in self.modules:
            self.show(module, self._run_module(module))

    def _set_up(self) -> None:
        """Run one test, and keep what lasts for the session: the migrated database."""
        first = next(item for item in self.items if "db" in getattr(item, "fixturenames", ()))
        self._run_test(first, None)

    def failures_of(self, item: pytest.Item, following: pytest.Item | None) -> list[str]:
        """Run a test, knowing which follows, and name what failed."""
        before = len(self.failed)
        self._run_test(item, following)
        return self.failed[before:]

    # ------------------------------------------------------------ mutants

    def _run_module(self, module: str) -> list[Result]:
        """Every mutant of a module, in the order of its lines: test by test, near and quick ones
        first, until one kills it."""
        tree = ast.parse((ROOT / module).read_text())
        asked = [mutant for mutant in mutants_of(module, tree) if self.wanted(mutant)]
        results = [Result(mutant) for mutant in asked[:: self.every]]
        names = names_in_functions(tree)
        nearest = sorted(
            (test for test, measured in enumerate(self.measured) if module in measured.lines),
            key=lambda test: (
                *nearness(module, self.items[test].nodeid),
                self.measured[test].seconds,
            ),
        )
        # First what calls reach; set-up reaches much that it does not look at.
        for whole in (False, True):
            for test in nearest:
                lines = self.measured[test].lines[module]
                reached = lines[SET_UP] - lines[CALL] if whole else lines[CALL]
                alive = [
                    one
                    for one in results
                    if one.status == SURVIVED
                    and one.cost < self.most
                    and _is_reached(one.mutant, reached, names)
                ]
                self._try(test, alive, tree, whole=whole)
        return results

    def _try(self, test: int, results: list[Result], tree: ast.Module, *, whole: bool) -> None:
        """Try a test on mutants, in several processes: on the whole of it, or once it is set up."""
        jobs = min(self.jobs, -(-len(results) // SHARE))
        shares = [results[turn::jobs] for turn in range(jobs)]
        told = [
            fork_and_tell(partial(self._run_share, test, share, tree, whole)) for share in shares
        ]
        for share, codes in zip(shares, map(hear, told), strict=True):
            if codes is None and not whole:
                self._try(test, share, tree, whole=True)
                continue
            if codes is None:
                raise TestsFail([self.items[test].nodeid])
            for result, code in zip(share, codes, strict=True):
                result.tests += 1
                result.cost += WHOLE if whole else 1
                result.status = KILLED if code < 0 else code
                result.killer = self.items[test].nodeid if code == KILLED else None

    def _run_share(
        self,
        test: int,
        share: list[Result],
        tree: ast.Module,
        whole: bool,
        tell: Callable[[list[int]], NoReturn],
    ) -> int:
        """Go on with each mutant in a fork, and at last with none: that one must not fail."""

        def divide() -> None:
            self.before_call = _nothing
            gc.freeze()
            codes = []
            for result in share:
                if not (pid := os.fork()):
                    self._become(result.mutant, tree, test)
                    return
                codes.append(wait(pid))
            if KILLED in codes:
                if not (pid := os.fork()):
                    self._become(None, tree, test)
                    return
                if wait(pid) != SURVIVED:
                    return
            tell(codes)

        if whole:
            divide()
        else:
            self.before_call = divide
        self._run_test(self.items[test], None)
        return SURVIVED

    def _become(self, mutant: Mutant | None, tree: ast.Module, test: int) -> None:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        self.at_end = _exit_at_end
        gc.disable()  # it would copy memory that the forks share
        signal.alarm(round(20 + 6 * self.measured[test].seconds))
        try:
            if mutant:
                put_in(mutant, tree)
        except (ValueError, KeyError):
            os._exit(NOT_APPLIED)

    def _run_test(self, item: pytest.Item, following: pytest.Item | None) -> None:
        # After the last one, all but what the session shares is torn down.
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following or item.session)


def _is_reached(mutant: Mutant, lines: set[int], names: dict[str, set[int]]) -> bool:
    if mutant.constant:
        return bool(lines & names[mutant.function] if mutant.function in names else lines)
    return not lines.isdisjoint(mutant.lines)


def _nothing(*_: object) -> None:
    """What is done before a call and after it when no mutant is at work."""


def _exit_at_end(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """End a mutant's process when its test has failed, or its call has passed: what comes after
    that says little and takes long."""
    if call.excinfo is None:
        if call.when == "call":
            os._exit(SURVIVED)
    elif not call.excinfo.errisinstance(pytest.skip.Exception) and not item.get_closest_marker(
        "xfail"
    ):
        os._exit(KILLED)
