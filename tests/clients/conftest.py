"""A server that clients call, and its documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Site, site

from .generating import save_documents


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Site]:
    """A server on a workspace of its own."""
    with site(tmp_path) as started:
        yield started


@pytest.fixture
def documents(served: Site, tmp_path: Path) -> dict[str, Path]:
    """The documents that it serves, as files, by API."""
    return save_documents(served, tmp_path)
