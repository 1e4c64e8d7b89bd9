"""What pyproject.toml cannot say: the package depends on exactly what the locks pin."""

import re
from pathlib import Path

from setuptools import setup

PIN = re.compile(r"^[a-z0-9][^\s]*(?:, \w+\])?==.*(?=\s\\$)", re.MULTILINE)


def pinned(name: str) -> list[str]:
    """The requirements of a lock, without the hashes, which metadata cannot hold."""
    return PIN.findall(Path(__file__).with_name(name).read_text(encoding="utf-8"))


setup(install_requires=pinned("requirements.txt"), extras_require={"s3": pinned("requirements-s3.txt")})
