"""The locks are complete: nothing has to be resolved, on no supported Python and on no supported
platform."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
MACHINES = ["x86_64", "aarch64"]
# What is installed together: the second lock of `make install`, and the extra of the package, come
# on top of the first.
SETS = {
    "run": ["requirements"],
    "test": ["requirements", "requirements-dev"],
    "s3": ["requirements", "requirements-s3"],
    "redis": ["requirements", "requirements-redis"],
}
PIN = re.compile(
    r"^(?P<required>[^\s#].*?) \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Pin:
    """A requirement of a lock."""

    requirement: Requirement

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        (only,) = self.requirement.specifier
        assert only.operator == "=="
        return only.version

    def applies(self, environment: dict[str, str]) -> bool:
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment)

    def satisfies(self, required: Requirement) -> bool:
        named = self.name == canonicalize_name(required.name)
        return (
            named
            and required.extras <= self.requirement.extras
            and required.specifier.contains(self.version)
        )

    def required(self, environment: dict[str, str]) -> Iterator[Requirement]:
        """What the installed package requires there, with the extras that the lock names; nothing
        of a package that another Python needs alone."""
        known = self.applies({**here()}) and requires(self.name)
        for line in known or []:
            found = Requirement(line)
            extras = ["", *self.requirement.extras]
            if found.marker is None or any(
                found.marker.evaluate({**environment, "extra": one}) for one in extras
            ):
                yield found


def here() -> dict[str, Any]:
    return {**default_environment()}


def lock_of(name: str) -> str:
    return (settings.BASE_DIR / f"{name}.txt").read_text(encoding="utf-8")


def pins_of(name: str) -> list[Pin]:
    return [Pin(Requirement(found["required"])) for found in PIN.finditer(lock_of(name))]


def environments() -> list[dict[str, str]]:
    """Each supported Python on each supported machine."""
    here: dict[str, Any] = {
        **default_environment(),
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    return [
        {
            **here,
            "python_version": python,
            "python_full_version": f"{python}.1",
            "platform_machine": machine,
        }
        for python, machine in product(PYTHONS, MACHINES)
    ]


@pytest.mark.parametrize(
    "name",
    [
        "requirements",
        "requirements-dev",
        "requirements-s3",
        "requirements-redis",
        "requirements-clients",
    ],
)
def test_every_requirement_is_pinned_and_has_hashes(name: str) -> None:
    lines = [line for line in lock_of(name).splitlines() if line[:1] not in ("", "#", " ")]

    assert [str(pin.requirement) for pin in pins_of(name)] == [
        str(Requirement(line.removesuffix(" \\"))) for line in lines
    ]
    assert lines
    assert all(pin.version for pin in pins_of(name))


@pytest.mark.parametrize("together", SETS.values(), ids=SETS)
def test_whatever_a_package_requires_is_in_the_locks(together: list[str]) -> None:
    pins = [pin for name in together for pin in pins_of(name)]

    assert [gap for environment in environments() for gap in gaps(pins, environment)] == []


def gaps(pins: list[Pin], environment: dict[str, str]) -> Iterator[str]:
    """What is required, but not locked with that version and these extras."""
    there = [pin for pin in pins if pin.applies(environment)]
    for pin in there:
        for required in pin.required(environment):
            if not any(one.satisfies(required) for one in there):
                yield (
                    f"{pin.name} on {environment['python_version']} "
                    f"{environment['platform_machine']}: {required}"
                )


def test_a_gap_is_found() -> None:
    pins = pins_of("requirements-dev") + pins_of("requirements")
    stripped = [Pin(Requirement(re.sub(r"\[.*?\]", "", str(pin.requirement)))) for pin in pins]
    missing = [pin for pin in pins if pin.name != "iniconfig"]

    assert any("coverage[toml]" in gap for gap in gaps(stripped, environments()[0]))
    assert any("iniconfig" in gap for gap in gaps(missing, environments()[-1]))


def test_packages_of_two_locks_are_the_same() -> None:
    run = {pin.name: pin.version for pin in pins_of("requirements")}
    others = {
        pin.name: pin.version
        for name in ("requirements-dev", "requirements-s3", "requirements-redis")
        for pin in pins_of(name)
    }

    assert {
        name: number for name, number in others.items() if run.get(name, number) != number
    } == {}


def test_what_is_installed_is_what_the_locks_name() -> None:
    """Whatever has been released since."""
    here: dict[str, Any] = {**default_environment()}
    pins = [pin for name in SETS["test"] for pin in pins_of(name) if pin.applies(here)]

    assert {pin.name: installed(pin.name) for pin in pins} == {
        pin.name: pin.version for pin in pins
    }


def installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


@pytest.mark.parametrize("uv", ["", "uv"], ids=["pip", "uv"])
def test_the_makefile_installs_the_locks_as_they_are(uv: str) -> None:
    steps = subprocess.run(
        ["make", "--dry-run", "--always-make", f"UV={uv}", "install"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    installing = [step for step in steps if re.search(r"\binstall\b.* -r ", step)]

    assert [step.split()[-1] for step in installing] == ["requirements.txt", "requirements-dev.txt"]
    for step in installing:
        assert "--no-deps --require-hashes --only-binary :all: " in step
        assert re.search(r"\bpip\b.* check\b", steps[steps.index(step) + 1])
