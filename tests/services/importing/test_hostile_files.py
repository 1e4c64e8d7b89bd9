"""Files that are made to take long to read, or much memory: refused before they do, with the limit
they pass and what to do, or read within the same bounds as any other."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .hostile_files import FILES
from .measuring import Reader, reader

MOST_CPU = 2.0  # seconds of a free machine; neighbours make them longer
# What a free machine takes to count so far.
COUNTED, COUNTING = 500_000, 0.035
MOST_MEMORY = 256.0  # MB


@pytest.fixture(scope="module")
def reading() -> Iterator[Reader]:
    with reader() as process:
        yield process


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_takes_little(reading: Reader, tmp_path: Path, name: str) -> None:
    make, (uploaded, imported) = FILES[name]
    path = tmp_path / ("a.xlsx" if name.startswith("xlsx") else "a.csv")
    make(path)

    slowness = how_slow()
    upload, job = reading.read(path, "upload"), reading.read(path, "job")
    slowness = max(slowness, how_slow())

    assert (upload.code, job.code) == (uploaded, imported), (upload, job)
    assert upload.cpu < MOST_CPU * slowness, upload
    assert max(upload.peak, job.peak) < MOST_MEMORY, (upload, job)
    for measured in (upload, job):
        if measured.code == "limit_exceeded":
            assert measured.cpu < MOST_CPU * slowness or not uploaded, measured
            assert re.search(r"at most [\d,]+", measured.message), measured.message
            assert measured.message.count(". ") >= 1, "the message does not say how to go on"


def how_slow() -> float:
    """How many times as long everything takes just now as on a free machine; at least 1."""
    began, total = time.process_time(), 0
    for number in range(COUNTED):
        total += number
    return max(1.0, (time.process_time() - began) / COUNTING)
