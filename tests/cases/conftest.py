"""What the cases share with the tests of imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import Caller
from tests.services.importing.running import Importing


@pytest.fixture
def importing(workspace: Caller, tmp_path: Path) -> Importing:
    """Imports into the workspace."""
    return Importing(workspace, tmp_path)
