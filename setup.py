"""What pyproject.toml cannot say: the package depends on exactly what the locks pin, and contains
templates/."""

import re
from pathlib import Path

from setuptools import find_packages, setup

PIN = re.compile(r"^[a-z0-9][^\s]*(?:, \w+\])?==.*(?=\s\\$)", re.MULTILINE)


def pinned(name: str) -> list[str]:
    """The requirements of a lock, without the hashes, which metadata cannot hold."""
    return PIN.findall(Path(__file__).with_name(name).read_text(encoding="utf-8"))


setup(
    packages=[
        *find_packages(include=["records", "records.*", "records_project", "records_project.*"]),
        "records_project.templates",
    ],
    install_requires=pinned("requirements.txt"),
    extras_require={
        "s3": pinned("requirements-s3.txt"),
        "redis": pinned("requirements-redis.txt"),
    },
)
