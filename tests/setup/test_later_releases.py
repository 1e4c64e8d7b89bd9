"""What `make install` installs stays the same when others release newer versions.

The Makefile is run as it is, on stand-in packages that are locked on one day and installed on a
later one.
"""

from __future__ import annotations

import ensurepip
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from django.conf import settings

from .index import Index, Release, serve_index

SCRIPTS = Path(sys.executable).parent
SECONDS = 180
# Like pytest-cov, which requires coverage[toml], which requires tomli: reached through an extra,
# nowhere else.
FIRST_DAY = (
    Release("stand-in-web", "1.0", ["stand-in-text>=1"]),
    Release("stand-in-text", "1.0"),
    Release("stand-in-cov", "1.0", ["stand-in-coverage[toml]>=1"]),
    Release("stand-in-coverage", "1.0", ['stand-in-tomli>=1; extra == "toml"'], ["toml"]),
    Release("stand-in-tomli", "1.0"),
)
LATER = (
    Release("stand-in-web", "2.0", ["stand-in-text>=2"]),
    Release("stand-in-text", "1.0.post1"),
    Release("stand-in-text", "2.0"),
    Release("stand-in-cov", "2.0", ["stand-in-coverage[toml]>=2"]),
    Release("stand-in-coverage", "1.0.1", ['stand-in-tomli>=1; extra == "toml"'], ["toml"]),
    Release("stand-in-coverage", "2.0", ["stand-in-not-there; extra == 'toml'"], ["toml"]),
    Release("stand-in-tomli", "2.0"),
    Release("stand-in-tomli", "1.0", build="7"),  # a wheel added to a release that exists
)
WITHDRAWN = "stand_in_cov-1.0-py3-none-any.whl"
OF_THE_FIRST_DAY = {release.name: release.version for release in FIRST_DAY}
REQUIRED = {"requirements.in": "stand-in-web\n", "requirements-dev.in": "stand-in-cov\n"}
EXTRAS = re.compile(r"\[.*?\]")


@dataclass(frozen=True)
class Checkout:
    """A folder with our Makefile and the locks of stand-in packages."""

    folder: Path
    index: Index

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_INDEX_URL": self.index.url,
            "UV_NO_CONFIG": "1",
            "UV_NO_CACHE": "1",
            "UV_DEFAULT_INDEX": self.index.url,
        }
        command = ["make", f"PYTHON={sys.executable}", *arguments]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def lock(self) -> None:
        """Pin what the `.in` files require, by the command of `make lock`."""
        for name in REQUIRED:
            compiled = f"compiled: ; @$(COMPILE) --output-file {self._lock_of(name)} {name}"
            made = self.make(f"BIN={SCRIPTS}", f"--eval={compiled}", "compiled")
            assert made.returncode == 0, made.stderr

    def strip_extras(self) -> None:
        for name in REQUIRED:
            lock = self._lock_of(name)
            lock.write_text(EXTRAS.sub("", lock.read_text()))

    def installed(self) -> dict[str, str]:
        """The stand-in packages in `.venv` and their versions."""
        listing = (
            "import importlib.metadata as m, json\nprint(json.dumps({d.name: d.version for d in "
            "m.distributions()}))"
        )
        command = [str(self.folder / ".venv" / "bin" / "python"), "-c", listing]
        listed = json.loads(
            subprocess.run(command, capture_output=True, text=True, check=True).stdout
        )
        return {name: number for name, number in listed.items() if name.startswith("stand-in-")}

    def _lock_of(self, name: str) -> Path:
        return (self.folder / name).with_suffix(".txt")


# What makes the Makefile install by uv, and by several pips: OLD_PIP is a folder that has one of 23
# in it.
BY_UV = [f"UV={SCRIPTS / 'uv'}"]
BY_ITS_PIP = ["UV="]
WITHOUT_ENSUREPIP = (
    f"MAKE_VENV={SCRIPTS / 'uv'} venv --quiet --no-project --python {sys.executable} .venv"
)


def by_pip(command: str) -> list[str]:
    return ["UV=", WITHOUT_ENSUREPIP, f"PIP={sys.executable} {command} --python .venv/bin/python"]


OLD_PIPS = {f"pip {ensurepip.version()}": BY_ITS_PIP}
if folder := os.environ.get("OLD_PIP"):
    OLD_PIPS["old pip"] = by_pip(f"{Path(folder).resolve()}/pip")
INSTALLERS = {"uv": BY_UV, f"pip {version('pip')}": by_pip("-m pip"), **OLD_PIPS}


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """Locked on the first day; newer releases were made since, and one was withdrawn."""
    with serve_index(tmp_path / "index") as index:
        folder = tmp_path / "checkout"
        folder.mkdir()
        (folder / "Makefile").write_bytes((settings.BASE_DIR / "Makefile").read_bytes())
        for name, text in REQUIRED.items():
            (folder / name).write_text(text)
            (folder / name).with_suffix(".txt").touch()
        made = Checkout(folder, index)
        index.add(*FIRST_DAY)
        made.lock()
        index.add(*LATER, withdrawn=WITHDRAWN)
        yield made


@pytest.mark.parametrize("chosen", INSTALLERS.values(), ids=INSTALLERS)
def test_the_locks_install_what_they_installed_on_the_first_day(
    checkout: Checkout, chosen: Sequence[str]
) -> None:
    made = checkout.make("install", *chosen)

    assert made.returncode == 0, made.stdout + made.stderr
    assert checkout.installed() == OF_THE_FIRST_DAY


@pytest.mark.parametrize("chosen", OLD_PIPS.values(), ids=OLD_PIPS)
def test_without_our_options_a_newer_release_stops_pip_23(
    checkout: Checkout, chosen: Sequence[str]
) -> None:
    """Time did pass on this index, so the test above can fail: this is how we installed once."""
    checkout.strip_extras()
    made = checkout.make("install", "PINNED=--quiet --require-hashes", *chosen)

    if ensurepip.version().startswith("23.") or chosen is not BY_ITS_PIP:
        assert made.returncode != 0
        assert "stand-in-coverage[toml]>=1" in made.stderr
    else:  # later pips know that an extra does not change a version
        assert checkout.installed() == OF_THE_FIRST_DAY


def test_without_locks_the_newer_releases_are_taken(checkout: Checkout) -> None:
    for name in REQUIRED:
        (checkout.folder / name).with_suffix(".txt").write_text("stand-in-web\nstand-in-tomli\n")
    made = checkout.make("install", "PINNED=--quiet", *BY_UV)

    assert made.returncode == 0, made.stdout + made.stderr
    assert checkout.installed() == {
        "stand-in-web": "2.0",
        "stand-in-text": "2.0",
        "stand-in-tomli": "2.0",
    }


def test_a_lock_that_changed_is_installed_afresh(checkout: Checkout) -> None:
    checkout.make("install", *BY_UV)
    for name in REQUIRED:
        (checkout.folder / name).write_text("stand-in-tomli==2.0\n")
    checkout.lock()
    made = checkout.make("install", *BY_UV)

    assert made.returncode == 0, made.stdout + made.stderr
    assert checkout.installed() == {"stand-in-tomli": "2.0"}


def test_a_file_that_was_replaced_is_refused(checkout: Checkout) -> None:
    checkout.index.add(Release("stand-in-text", "1.0", ["stand-in-web"]))
    made = checkout.make("install", *BY_UV)

    assert made.returncode != 0
    assert "stand_in_text" in made.stderr or "stand-in-text" in made.stderr
    assert "hash" in made.stderr.lower()
