"""The trash at the workbench: deleting a record, finding it there, bringing it back, removing it
for good."""

from __future__ import annotations

import pytest

from records.models import Record
from records.services.operations.lifecycle import cancel_record
from records.services.reading.record_address import address
from tests.admin.pages import Workbench, let_in, messages_of
from tests.factories import make_member, make_record
from tests.services.acting import differences


@pytest.fixture
def acme(admin: Workbench, companies: str) -> str:
    return make_record(admin.caller, "companies", name="Acme").record.uuid


def post(workbench: Workbench, path: str) -> tuple[int, list[str]]:
    """The status of a button pressed, and what the next page says."""
    answer = workbench.client.post(path, follow=True)
    return answer.redirect_chain[-1][
        1
    ] if answer.redirect_chain else answer.status_code, messages_of(answer)


def test_a_deleted_record_is_in_the_trash_and_comes_back(
    admin: Workbench, companies: str, acme: str
) -> None:
    assert f'action="{companies}{acme}/trash/"' in admin.read(f"{companies}{acme}/")
    assert "The trash is empty" in admin.read(f"{companies}trash/")
    assert "moved to the trash" in post(admin, f"{companies}{acme}/trash/")[1][0]
    assert admin.client.get(f"{companies}{acme}/").status_code == 404
    assert "Acme" not in admin.read(companies)
    assert f'action="{companies}{acme}/restore/"' in admin.read(f"{companies}trash/")

    other = make_record(admin.caller, "companies", name="Acme").record.uuid
    assert "Another record has the" in post(admin, f"{companies}{acme}/restore/")[1][0]
    post(admin, f"{companies}{other}/trash/")
    assert post(admin, f"{companies}{acme}/restore/")[1] == ["The record was restored."]
    assert "Acme" in admin.read(companies)
    assert differences(admin.caller) == []


def test_an_archived_record_is_not_thrown_away(admin: Workbench, companies: str, acme: str) -> None:
    post(admin, f"{companies}{acme}/archive/")
    status, said = post(admin, f"{companies}{acme}/trash/")
    assert (status, said[-1]) == (302, "The record is archived: unarchive it first.")


def test_what_is_removed_for_good_is_gone(admin: Workbench, companies: str, acme: str) -> None:
    assert post(admin, f"{companies}{acme}/purge/")[0] == 404  # only what is in the trash
    post(admin, f"{companies}{acme}/trash/")
    assert "permanently deleted" in post(admin, f"{companies}{acme}/purge/")[1][0]
    assert "Acme" not in admin.read(f"{companies}trash/")
    assert not Record.objects.filter(workspace=admin.caller.workspace, uuid=acme).exists()


def test_who_may_not_remove_sees_no_trash(admin: Workbench, companies: str, acme: str) -> None:
    grants = {"companies": {"view": "all", "edit": "all"}}
    reader = let_in(make_member(admin.caller, "reader@example.com", grants))
    assert "/trash/" not in reader.read(companies) + reader.read(f"{companies}{acme}/")
    assert reader.client.get(f"{companies}trash/").status_code == 403
    for action in ("trash", "restore", "purge"):
        assert post(reader, f"{companies}{acme}/{action}/")[0] in (403, 404)


def test_a_cancelled_record_says_so(admin: Workbench, companies: str, acme: str) -> None:
    cancel_record(admin.caller.author, admin.caller.schema("companies"), address(acme))
    assert "This record is cancelled" in admin.read(f"{companies}{acme}/")
