"""A database that cannot grow refuses changes with 507, says when to try again, and goes on being
read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_object, make_workspace
from tests.mcp.calling import Agent

LONG = "x" * 60_000
SQLITE = connection.vendor == "sqlite"


@pytest.fixture
def caller(transactional_db: None) -> Caller:
    made = make_workspace()
    make_object(made, "Notes", FieldDefinition("Text", "longtext"))
    return made


@pytest.fixture
def _full(caller: Caller) -> Iterator[None]:
    """No page can be added any more; PostgreSQL's own disk is filled in test_every_command.py."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # what other tests have deleted leaves pages to fill
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {cursor.fetchone()[0]}")
        yield
        cursor.execute("PRAGMA max_page_count = 1073741823")


if SQLITE:

    @pytest.mark.usefixtures("_full")
    def test_a_full_disk_is_507_and_reads_go_on(caller: Caller) -> None:
        api = ApiClient(caller)
        body = {"fields": [{"name": "name", "value": "Long"}, {"name": "text", "value": LONG}]}

        answer = api.send("POST", "/api/records/notes/add", body)

        assert answer.status_code == 507, answer.content
        assert answer.json()["code"] == "storage_full"
        assert int(answer.headers["Retry-After"]) > 0
        assert api.send("POST", "/api/records/notes/search", {}).json()["results"] == []

    @pytest.mark.usefixtures("_full")
    def test_an_agent_is_told_of_a_full_disk(caller: Caller) -> None:
        data = {"name": "Long", "text": LONG}

        error = Agent(caller).refusal(
            "manage_record", action="upsert", record_type="notes", data=data
        )

        assert error["details"]["reason"] == "storage_full"
        assert error["details"]["retry_after"] > 0
