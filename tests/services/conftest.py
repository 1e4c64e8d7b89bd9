"""What every test of the core is held to, and what those of imports share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object

from .importing.running import Importing

# The workspace itself, the query that finds out whose key it is, which joins on it, and counts, which
# are of the installation.
NOT_TENANT = re.compile(r"records_workspace|records_ratecount|records_feedepoch")
# Django deletes what it has read, with its workspace, by its key alone.
DELETED = re.compile(
    r"""(DELETE FROM|UPDATE) "records_\w+" .*WHERE "records_\w+"\."\w+" IN \((%s(, )?)+\)"""
)
TABLE = re.compile(r"\brecords_[a-z]+\b")


@pytest.fixture(autouse=True)
def _statements_name_their_workspace(request: pytest.FixtureRequest) -> Iterator[None]:
    """No statement on a tenant's table without the tenant, in any test of the core."""
    if "db" not in request.fixturenames and not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("db")
    unnamed: list[str] = []

    def watch(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        tables = [name for name in TABLE.findall(sql) if not NOT_TENANT.fullmatch(name)]
        tables = [] if sql.startswith("ANALYZE ") else tables  # counts rows, and shows nobody any
        tables = [] if DELETED.fullmatch(sql) else tables
        if (
            tables
            and "workspace_id" not in sql
            and "_id_seq" not in sql
            and "sqlite_sequence" not in sql
        ):
            unnamed.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield
    assert not unnamed, f"{len(unnamed)} statements name no workspace, the first: {unnamed[0]}"


@pytest.fixture
def importing(workspace: Caller, tmp_path: Path) -> Importing:
    """Imports into the workspace."""
    return Importing(workspace, tmp_path)


@pytest.fixture
def shops(workspace: Caller) -> None:
    """Shops, which are named; with a unique number, a choice and a price."""
    make_object(
        workspace,
        "Shops",
        FieldDefinition("Number", "integer", is_unique=True),
        FieldDefinition(
            "Size", "dropdown", options=[OptionDefinition("Small"), OptionDefinition("Large")]
        ),
        FieldDefinition("Rent", "money"),
        FieldDefinition("Kinds", "dynamictags"),
    )
