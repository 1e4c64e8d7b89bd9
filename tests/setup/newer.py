"""`python -m tests.setup.newer FOLDER LOCK...`: a newer release of every package in the locks, for
nobody to install.

It runs before anything is installed, so it needs nothing but the standard library.
"""

import re
import sys
from pathlib import Path

from .index import Release

PIN = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==(\d+)", re.MULTILINE)


def main(folder: Path, locks: list[Path]) -> None:
    """Write the wheels. They require a package that does not exist."""
    pins = dict(pin for lock in locks for pin in PIN.findall(lock.read_text(encoding="utf-8")))
    for name, major in pins.items():
        Release(name, f"{int(major) + 1}.0", ["stand-in-not-there"]).write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(lock) for lock in sys.argv[2:]])
