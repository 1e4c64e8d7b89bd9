"""What every test may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from records.services.directory import forget_everything

from .api_client import ApiClient
from .factories import Caller, make_workspace


@pytest.fixture(autouse=True)
def _nothing_compiled() -> Iterator[None]:
    """Primary keys and versions begin anew with each test, so what was compiled in the last one is wrong."""
    forget_everything()
    yield
    forget_everything()


@pytest.fixture
def workspace(db: None) -> Caller:
    """A workspace in Paris, as its admin."""
    return make_workspace(time_zone="Europe/Paris")


@pytest.fixture
def api(workspace: Caller) -> ApiClient:
    """The Records API, called by the workspace's admin."""
    return ApiClient(workspace)
