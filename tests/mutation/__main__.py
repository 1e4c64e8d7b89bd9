"""`python -m tests.mutation [module or module::function]... [--every 10] [--jobs 2]`"""
# ruff: noqa: T201 - a command prints

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from collections import Counter
from collections.abc import Container
from functools import partial
from pathlib import Path

import pytest

from .mutants import Mutant
from .running import KILLED, NOT_APPLIED, SURVIVED, Result, Runner
from .scope import AT_MOST, modules

EXPLAINED = Path(__file__).with_name("explained.toml")
# Plugins that would shuffle, share out or remember the tests.
OFF = ["-p", "no:randomly", "-p", "no:xdist", "-p", "no:cacheprovider"]
Change = tuple[str, str, str]  # module, function, change
ANY = "*"  # explains every change of a function


class Report:
    """Prints each module's survivors, and remembers whether all of them are explained."""

    def __init__(self, explained: dict[Change, str], *, whole: bool) -> None:
        self.explained, self.whole = explained, whole
        self.counts: Counter[str] = Counter()
        self.wrong = False

    def show(self, module: str, results: list[Result]) -> None:
        """One line for each survivor that nobody has explained, and one for the module."""
        counts: Counter[str] = Counter()
        survivors: set[Change] = set()
        for result in results:
            key = _key(result.mutant)
            if result.status == SURVIVED:
                survivors.add(key)
            kind = self._kind(result, key)
            counts[kind] += 1
            if kind in ("survived", "broken"):
                self._complain(result.mutant, kind, result.tests)
        if self.whole:
            for key in self.explained:
                if key[0] == module and not any(map(partial(_is_of, key), survivors)):
                    self.wrong = True
                    print(f"{module} {key[1]}: {key[2]}\n    explained, but does not survive")
        self.counts += counts
        print(f"{module}: {len(results)} mutants, {_list(counts)}", flush=True)

    def _kind(self, result: Result, key: Change) -> str:
        if result.status == SURVIVED:
            return "explained" if is_explained(self.explained, key) else "survived"
        if result.status == KILLED:
            return "killed" if result.killer else "killed by time"
        return "not applied" if result.status == NOT_APPLIED else "broken"

    def _complain(self, mutant: Mutant, kind: str, tests: int) -> None:
        self.wrong = True
        reached = f"{tests} tests reach it" if tests else "no test reaches it"
        print(f"{mutant.module}:{mutant.line} {mutant.function}: {mutant.change}")
        print(f"    {kind}; {reached}", flush=True)

    def close(self) -> int:
        """The sum, and the exit code."""
        print(f"{self.counts.total()} mutants, {_list(self.counts)}")
        if self.wrong:
            print(
                "Write a test that notices, or explain the change in tests/mutation/explained.toml."
            )
        return int(self.wrong)


def main() -> int:
    """Run the mutants that were asked for."""
    given = _arguments()
    os.environ.pop("DATABASE_URL", None)  # SQLite in memory, which a fork copies
    chosen = modules([one.split("::")[0].rstrip("/") for one in given.only])
    if not chosen:
        print("Nothing of that is mutated; tests/mutation/scope.py says what is.")
        return 2
    known = explained(EXPLAINED)
    functions = {tuple(one.split("::")) for one in given.only if "::" in one}
    wanted = partial(_is_wanted, functions, known if given.new else {})
    report = Report(known, whole=given.every == 1 and not functions and not given.new)
    tests = dict.fromkeys(test for paths in chosen.values() for test in paths)
    runner = Runner(chosen, wanted, given.every, given.jobs, given.most, report.show)
    code = pytest.main(["-s", *OFF, *tests], [runner])
    if code or runner.failed:
        print(f"The tests fail without any mutant: {code!r}.", *runner.failed, sep="\n")
        return 2
    return report.close()


def _is_wanted(
    functions: set[tuple[str, ...]], left_out: Container[Change], mutant: Mutant
) -> bool:
    asked = [function for module, function in functions if module == mutant.module]
    if asked and mutant.function not in asked:
        return False
    return not is_explained(left_out, _key(mutant))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("only", nargs="*", help="modules or folders, or module::function")
    parser.add_argument("--every", type=int, default=1, help="a sample: every tenth mutant is 10")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--new", action="store_true", help="leave out what is explained")
    parser.add_argument("--most", type=int, default=AT_MOST, help="so many tests for each mutant")
    return parser.parse_args()


def explained(path: Path) -> dict[Change, str]:
    """The changes that make no difference a test could see, and why."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("explained", [])
    return {(one["module"], one["function"], one["change"]): one["why"] for one in entries}


def is_explained(known: Container[Change], key: Change) -> bool:
    """Whether one of the explanations is of this change."""
    return key in known or (*key[:2], ANY) in known


def _is_of(explained: Change, key: Change) -> bool:
    return is_explained((explained,), key)


def _key(mutant: Mutant) -> Change:
    return mutant.module, mutant.function, mutant.change


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
