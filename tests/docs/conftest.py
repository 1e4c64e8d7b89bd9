"""One served demo for all pages, on the engine under test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import own_database
from tests.serving import free_port

from .running import Demo
from .served import serve_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    with (
        own_database(folder, "tables") as database,
        serve_demo(folder, database, free_port()) as served,
    ):
        yield served
