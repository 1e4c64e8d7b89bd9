"""The server that is raced against."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calling import Line
from tests.serving import Site, site


@pytest.fixture(
    scope="session"
)  # tests run in any order: a package's fixture would be made again and again
def raced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all races of this process; each race has records of its own.

    Calls wait for each other's locks, and how long depends on the machine: no limit ends them.
    """
    with site(tmp_path_factory.mktemp("raced"), STATEMENT_SECONDS="60") as started:
        yield started


@pytest.fixture
def line(raced: Site) -> Iterator[Line]:
    """A connection to the server."""
    opened = Line(raced.address)
    yield opened
    opened.close()
