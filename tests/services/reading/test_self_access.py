"""The Workspace API's access rules: own records always, those of others by role and scope."""

from __future__ import annotations

from dataclasses import replace

import pytest

from records.exceptions import Conflict, NotAllowed, NotFound
from records.services.reading.self_access import (
    check_admin_fields,
    check_may_read,
    check_type_archived,
    find_member,
    get_readable_type,
    get_type_schema,
    may_see_type,
    with_self_access,
)
from records.services.shaping.objects import archive_object
from records.services.storage.rows import RecordRow
from tests.factories import Caller, FieldDefinition, make_member, make_object
from tests.services.acting import outcome, refusal


@pytest.fixture
def clerk(workspace: Caller) -> Caller:
    """A member who may see, but not change, what others wrote."""
    make_object(workspace, "Notes", FieldDefinition("Grade", "text", is_admin_only=True))
    return make_member(workspace, "clerk@example.com", {"notes": {"view": "all"}})


def test_a_member_may_change_their_own_records_whatever_the_role_grants(clerk: Caller) -> None:
    schema = clerk.schema("notes")
    assert clerk.author.role.grant(schema.id).edit == "none"
    grant = with_self_access(clerk.author).role.grant(schema.id)
    assert (grant.view, grant.edit, grant.create) == ("all", "own", False)


def test_a_key_that_may_not_write_reaches_own_records_only(
    workspace: Caller, clerk: Caller
) -> None:
    schema = workspace.schema("notes")
    full = with_self_access(replace(workspace.author, scopes=("records:read", "records:write")))
    reading = with_self_access(replace(workspace.author, api_key_id=1, scopes=("records:read",)))
    assert full.role.grant(schema.id).edit == "all"
    assert reading.role.grant(schema.id).edit == "own"


@pytest.mark.parametrize(
    ("scopes", "edit", "reads"),
    [
        (("members:admin",), "none", NotAllowed),
        (("members:admin", "records:read"), "none", None),
        (("members:admin", "records:write"), "all", None),
        ((), "all", None),
    ],
)
def test_who_acts_for_a_member_has_their_own_records_by_scope_alone(
    workspace: Caller, scopes: tuple[str, ...], edit: str, reads: type | None
) -> None:
    schema = workspace.schema("client_client")
    key = replace(workspace.author, api_key_id=1, scopes=scopes)
    author = with_self_access(key, is_acting=True)
    grant = author.role.grant(schema.id)
    assert (grant.create, grant.edit, grant.remove) == (edit == "all", edit, edit)
    own = RecordRow(1, "u", {}, member_id=workspace.member.pk)
    assert outcome(check_may_read, author, schema, own) is reads


def test_only_live_types_of_the_workspace_are_found(clerk: Caller) -> None:
    schema = clerk.schema("notes")
    assert get_type_schema(clerk.author, schema.id).name == "notes"
    for number in (0, schema.id + 1000):
        assert isinstance(refusal(get_type_schema, clerk.author, number), NotFound)
    assert may_see_type(clerk.author, schema.id)
    assert not may_see_type(clerk.author, 0)


def test_an_archived_type_is_there_for_admins_to_read(workspace: Caller, clerk: Caller) -> None:
    schema = workspace.schema("notes")
    assert get_readable_type(clerk.author, schema.id) is clerk.schema("notes")
    archive_object(workspace.author, schema.id)

    assert get_readable_type(workspace.author, schema.id).name == "notes"
    refused = refusal(get_type_schema, workspace.author, schema.id)
    assert (type(refused), refused.code) == (Conflict, "archived")
    assert isinstance(refusal(check_type_archived, workspace.author, name="notes"), Conflict)
    for read in (get_readable_type, get_type_schema):
        assert isinstance(refusal(read, clerk.author, schema.id), NotFound)
        assert isinstance(refusal(read, workspace.author, schema.id + 1000), NotFound)
    assert outcome(check_type_archived, clerk.author, name="notes") is None


def test_others_records_are_read_with_the_scope_and_own_ones_without(clerk: Caller) -> None:
    schema = clerk.schema("notes")
    without = replace(clerk.author, api_key_id=1, scopes=("members:read",))
    own, others = (
        RecordRow(1, "u", {}, member_id=member) for member in (clerk.member.pk, clerk.member.pk + 1)
    )
    assert outcome(check_may_read, without, schema, own) is None
    assert outcome(check_may_read, without, schema, others) is NotAllowed
    assert (
        outcome(check_may_read, replace(without, scopes=("records:read",)), schema, others) is None
    )


def test_only_admins_set_admin_fields(workspace: Caller, clerk: Caller) -> None:
    schema = clerk.schema("notes")
    assert outcome(check_admin_fields, clerk.author, schema, ["name", "nothing"]) is None
    assert outcome(check_admin_fields, clerk.author, schema, ["name", "grade"]) is NotAllowed
    assert outcome(check_admin_fields, workspace.author, schema, ["grade"]) is None


def test_a_member_is_found_by_key(clerk: Caller) -> None:
    found = find_member(clerk.author, clerk.member.pk)
    assert found is not None
    assert found.uuid == str(clerk.member.uuid)
    assert find_member(clerk.author, 0) is None
