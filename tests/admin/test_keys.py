"""API keys at the workbench: a secret is seen once, and is nowhere after that."""

from __future__ import annotations

import logging
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from records.models import ApiKey
from tests.admin.pages import Workbench, messages_of
from tests.api_client import ApiClient
from tests.factories import Caller, make_member

KEYS = "/admin/records/apikey/"
SECRET = re.compile(r"rec_[0-9a-f]{8}_[\w-]{43}")


def make(admin: Workbench, **changes: str) -> tuple[str, ApiKey]:
    """The page that answers the form of a new key, and the key."""
    answer = admin.fill(f"{KEYS}add/", "name", {"name": "Nightly import", **changes})
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.content.decode(), ApiKey.objects.get(
        workspace=admin.caller.workspace, name="Nightly import"
    )


def test_the_secret_is_shown_once_and_kept_nowhere(
    admin: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    page, key = make(admin)

    (secret,) = set(SECRET.findall(page))
    assert str(admin.caller.workspace.uuid) in page
    for path in (KEYS, f"{KEYS}{key.pk}/change/", f"{KEYS}{key.pk}/history/", "/admin/"):
        assert secret not in admin.read(path)
    assert secret not in caplog.text
    for model in apps.get_models(include_auto_created=True):
        assert secret not in str(list(model._default_manager.values())), model
    assert (
        LogEntry.objects.get(object_id=str(key.pk)).object_repr == f"Nightly import ({key.prefix}…)"
    )


def test_the_new_key_opens_the_api_for_its_member(admin: Workbench) -> None:
    page, key = make(admin, member=str(admin.caller.member.pk))
    member = str(admin.caller.member.uuid)
    api = ApiClient(Caller(admin.caller.workspace, admin.caller.member, SECRET.findall(page)[0]))

    assert member in page
    assert key.member == admin.caller.member
    assert api.post("/api/records/contacts/search", {}).status_code == 200
    key.refresh_from_db()
    assert key.last_used_at is not None


def test_a_revoked_key_is_refused_at_once(admin: Workbench) -> None:
    page, key = make(admin)
    api = ApiClient(Caller(admin.caller.workspace, admin.caller.member, SECRET.findall(page)[0]))
    assert f"{KEYS}{key.pk}/revoke/" in admin.read(f"{KEYS}{key.pk}/change/")

    answer = admin.send(f"{KEYS}{key.pk}/revoke/")

    assert messages_of(answer) == ["Revoked: Nightly import."]
    assert api.post("/api/records/contacts/search", {}).status_code == 401
    assert f"{KEYS}{key.pk}/revoke/" not in admin.read(f"{KEYS}{key.pk}/change/")
    assert "Revoked" in admin.read(KEYS)
    assert messages_of(admin.send(f"{KEYS}{key.pk}/revoke/")) == ["Nothing to revoke."]


def test_several_keys_are_revoked_together(admin: Workbench) -> None:
    _, key = make(admin)
    keys = ApiKey.objects.filter(workspace=admin.caller.workspace)

    admin.send(
        KEYS, {"action": "revoke_selected", "_selected_action": [str(one.pk) for one in keys]}
    )

    assert keys.filter(revoked_at=None).count() == 0
    assert LogEntry.objects.filter(object_id=str(key.pk), change_message="Revoked.").exists()


def test_a_key_has_scopes_and_an_end(admin: Workbench) -> None:
    end = timezone.now() + timedelta(days=1)

    _, key = make(
        admin, scopes="records:read", expires_at_0=f"{end:%Y-%m-%d}", expires_at_1="12:00"
    )

    assert key.scopes == ["records:read"]
    assert key.expires_at is not None
    assert "records:read" in admin.read(f"{KEYS}{key.pk}/change/")
    ApiKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())
    assert "Expired" in admin.read(KEYS)


@pytest.mark.parametrize(
    ("chosen", "may_write"),
    [
        ({}, "Everything its member may write"),
        ({"scopes": "records:read"}, "Nothing: it is read-only"),
        ({"scopes": "records:read", "self_access": "on"}, "Its member&#x27;s own records"),
        ({"scopes": "records:write"}, "What its write scopes name"),
    ],
)
def test_the_page_of_a_key_says_what_it_may_write(
    admin: Workbench, chosen: dict[str, str], may_write: str
) -> None:
    _, key = make(admin, **chosen)

    assert key.self_access == ("self_access" in chosen)
    assert may_write in admin.read(f"{KEYS}{key.pk}/change/")


def test_a_key_that_would_have_ended_already_is_not_made(admin: Workbench) -> None:
    answer = admin.fill(
        f"{KEYS}add/",
        "name",
        {"name": "Late", "expires_at_0": "2020-01-01", "expires_at_1": "00:00"},
    )

    assert "This time is in the past." in answer.content.decode()
    assert not ApiKey.objects.filter(name="Late").exists()


def test_a_key_speaks_for_active_members_of_the_workspace_alone(
    admin: Workbench, elsewhere: Caller
) -> None:
    leaver = make_member(admin.caller, "leaver@example.com").member
    leaver.is_active = False
    leaver.save()

    for member in (elsewhere.member, leaver):
        answer = admin.fill(f"{KEYS}add/", "name", {"name": "Odd", "member": str(member.pk)})
        assert "Select a valid choice" in answer.content.decode()
    assert not ApiKey.objects.filter(name="Odd").exists()


def test_keys_are_neither_changed_nor_deleted(admin: Workbench) -> None:
    _, key = make(admin)

    assert admin.send(f"{KEYS}{key.pk}/change/", {"name": "Another"}).status_code == 403
    assert admin.send(f"{KEYS}{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin.get(f"{KEYS}{key.pk}/revoke/").status_code == 405


def test_another_workspaces_key_is_not_revoked(admin: Workbench, elsewhere: Caller) -> None:
    key = ApiKey.objects.get(workspace=elsewhere.workspace)

    assert admin.send(f"{KEYS}{key.pk}/revoke/").status_code == 404
    admin.send(KEYS, {"action": "revoke_selected", "_selected_action": [str(key.pk)]})

    key.refresh_from_db()
    assert key.revoked_at is None


def test_only_those_who_may_define_revoke(admin: Workbench) -> None:
    from tests.admin.pages import let_in

    key = ApiKey.objects.get(workspace=admin.caller.workspace)
    member = let_in(
        make_member(admin.caller, "reader@example.com", {"client_client": {"view": "all"}})
    )

    assert member.send(f"{KEYS}{key.pk}/revoke/").status_code == 404
