"""What hostile callers meet: a workspace with something of everything in it."""

from __future__ import annotations

import pytest

from tests.factories import Caller, make_workspace

from .furnished import Ids, furnish


@pytest.fixture
def ours(workspace: Caller) -> Ids:
    """The ids of what is in the workspace that `api` calls."""
    return furnish(workspace, "ours")


@pytest.fixture
def theirs(ours: Ids) -> Ids:
    """The ids of the same things in another workspace."""
    return furnish(
        make_workspace("Another workspace", "other@example.com", time_zone="Europe/Paris"), "them"
    )
