"""The Workspace API in the permission matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from django.test import Client

from records.models import Record
from tests.api.workspace.calling import WorkspaceClient
from tests.factories import Caller

from . import needs
from .needs import CASES, ONCE, REFUSED, Answer, Expected, Need, Operation, Verdict
from .requests import VERDICTS, count_of
from .rest_webhooks import NEW as WEBHOOK
from .rest_webhooks import manage, manage_none
from .world import ROLES, RoleCase, Target, World

UNKNOWN = 987_654_321
UNGRANTED = {role.name for role in ROLES if not role.known}
RECORD = "/data-types/<type>/records/<record>"
NEW: dict[str, Any] = {"fieldValues": {"name": "Quite new"}}


def _asked(
    name: str,
    covers: str,
    need: Need,
    method: str,
    path: str,
    body: Any = None,
    targets: Sequence[str] = ONCE,
) -> Operation:
    """An operation that is one request; the numbers of the type and of the target stand in its
    path."""

    def send(caller: Caller, world: World, target: Target) -> Answer:
        key = (
            Record.objects.filter(uuid=target.uuid).values_list("pk", flat=True).first() or UNKNOWN
        )
        filled = path.replace("<type>", str(world.admin.schema("cases").id)).replace(
            "<record>", str(key)
        )
        note = world.admin.schema("cases").by_name["note"].id
        filled = (
            filled.replace("<note>", str(note))
            .replace("<admin>", str(world.admin.member.pk))
            .replace("<role>", str(world.admin.member.role_id))
        )
        form = {"content-type": "text/csv"} if isinstance(body, bytes) else {}
        content = (
            body
            if isinstance(body, bytes)
            else orjson.loads(orjson.dumps(body).decode().replace("<name>", target.case_name))
        )
        client = WorkspaceClient(caller)
        if filled == "<workspaces>":
            client.base, filled = "/api/v2/w", ""
        answer = client.send(method, filled, content, **form)
        text = answer.getvalue().decode()
        verdict = VERDICTS.get(answer.status_code)
        assert verdict is not None, (name, answer.status_code, text)
        return Answer(verdict, text, f"{filled} {content!r}", count_of(answer, text, "total"))

    return Operation(name, covers, need, send, targets)


def _record(
    name: str, covers: str, need: Need, method: str, path: str = RECORD, body: Any = None
) -> Operation:
    return _asked(name, covers, need, method, path, body, CASES)


def _knows_type(world: World, target: Target) -> bool:
    """What a type holds is told to roles that may do something with its records by more than owning
    them."""
    return world.role.name not in UNGRANTED


def _read_type(world: World, target: Target) -> Expected:
    return (
        needs.read_definitions(world, target)
        if _knows_type(world, target)
        else needs.nothing(Verdict.ABSENT)
    )


def _define_type(world: World, target: Target) -> Expected:
    return (
        needs.define(world, target) if _knows_type(world, target) else needs.nothing(Verdict.ABSENT)
    )


def _define_none(world: World, target: Target) -> Expected:
    """What is not there is missing to whoever may define."""
    found = _define_type(world, target)
    return needs.nothing(Verdict.ABSENT) if found.verdict == Verdict.DONE else found


def _read_members(world: World, target: Target) -> Expected:
    """The only member, or two of them: the admin, and the role's own."""
    return Expected(Verdict.DONE, count=1 if world.role.admin else 2)


def _archive_the_admin(world: World, target: Target) -> Expected:
    """Who is the last one."""
    return needs.nothing(REFUSED if world.role.admin else Verdict.FORBIDDEN)


def _refused_or_absent(world: World, target: Target) -> Expected:
    """The field is not unique, for whoever may see the type."""
    return needs.nothing(REFUSED)


def _bring_back(world: World, target: Target) -> Expected:
    """Who is there already."""
    return needs.nothing(Verdict.DONE if world.role.admin else Verdict.FORBIDDEN)


def _bring_type_back(world: World, target: Target) -> Expected:
    """What is there already."""
    return replace(_define_type(world, target), changed=False)


def _sign_up(world: World, target: Target) -> Expected:
    return needs.define_workspace(world, target)


def _import(world: World, target: Target) -> Expected:
    """Files take a grant: owning records is not enough."""
    if not _knows_type(world, target):
        return needs.nothing(Verdict.ABSENT)
    return needs.upload(world, target)


def _create_in_bulk(world: World, target: Target) -> Expected:
    """What is refused is told record by record."""
    found = needs.create(world, target)
    return needs.nothing(REFUSED) if found.verdict == Verdict.FORBIDDEN else found


OPERATIONS = (
    _asked("workspaces", "list_workspaces", needs.anybody, "GET", "<workspaces>"),
    _asked("a workspace", "get_workspace", needs.anybody, "GET", ""),
    _asked("members", "list_members", _read_members, "GET", "/members"),
    _asked("oneself", "get_current_member", needs.anybody, "GET", "/members/me"),
    _asked("a member", "get_member", needs.anybody, "GET", "/members/<admin>"),
    _asked(
        "add a member",
        "create_member",
        needs.define_workspace,
        "POST",
        "/members",
        {"externalId": "new"},
    ),
    _asked(
        "change a member",
        "update_member",
        needs.define_workspace,
        "PUT",
        "/members/<admin>",
        {"lastName": "New"},
    ),
    _asked(
        "archive a member", "archive_member", _archive_the_admin, "POST", "/members/<admin>/archive"
    ),
    _asked(
        "bring a member back",
        "unarchive_member",
        _bring_back,
        "POST",
        "/members/<admin>/unarchive",
    ),
    _asked("delete a member", "delete_member", _archive_the_admin, "DELETE", "/members/<admin>"),
    _asked("roles", "list_member_roles", needs.anybody, "GET", "/member-roles"),
    _asked("a role", "get_member_role", needs.anybody, "GET", "/member-roles/<role>"),
    _asked(
        "sign up",
        "create_signup",
        _sign_up,
        "POST",
        "/create-signup",
        {"member": {"externalId": "new"}, "data": {"cases": {"values": {"name": "Quite new"}}}},
    ),
    _asked("types", "list_data_types", needs.anybody, "GET", "/data-types"),
    _asked(
        "make a type",
        "create_data_type",
        needs.define_workspace,
        "POST",
        "/data-types",
        {"name": "Quite new"},
    ),
    _asked(
        "counts",
        "get_member_record_counts",
        needs.anybody,
        "GET",
        "/data-types/member-record-counts",
    ),
    _asked(
        "a slug",
        "validate_data_type_slug",
        needs.anybody,
        "POST",
        "/data-types/validate-slug",
        {"slug": "new"},
    ),
    _asked("a type by slug", "get_data_type_by_slug", _read_type, "GET", "/data-types/slug/cases"),
    _asked("a type", "get_data_type", _read_type, "GET", "/data-types/<type>"),
    _asked(
        "change a type",
        "update_data_type",
        _define_type,
        "PUT",
        "/data-types/<type>",
        {"description": "New"},
    ),
    _asked(
        "archive a type",
        "delete_data_type",
        _define_type,
        "DELETE",
        "/data-types/<type>?force=true",
    ),
    _asked(
        "archive a type by its own call",
        "archive_data_type",
        _define_type,
        "POST",
        "/data-types/<type>/archive?force=true",
    ),
    _asked(
        "bring a type back",
        "unarchive_data_type",
        _bring_type_back,
        "POST",
        "/data-types/<type>/unarchive",
    ),
    _asked("copy a type", "clone_data_type", _define_type, "POST", "/data-types/<type>/clone", {}),
    _asked(
        "add a field",
        "create_data_type_field",
        _define_type,
        "POST",
        "/data-types/<type>/fields",
        {"name": "Quite new", "fieldType": "text"},
    ),
    _asked(
        "change a field",
        "update_data_type_field",
        _define_type,
        "PUT",
        "/data-types/<type>/fields/<note>",
        {"description": "New"},
    ),
    _asked(
        "delete a field",
        "delete_data_type_field",
        _define_type,
        "DELETE",
        "/data-types/<type>/fields/<note>?force=true",
    ),
    _asked(
        "delete an option that is not there",
        "delete_data_type_option",
        _define_none,
        "DELETE",
        "/data-types/<type>/fields/<note>/options/nothing",
    ),
    _asked("list", "list_data_records", needs.listed, "GET", "/data-types/<type>/records"),
    _asked(
        "list with the clients' names",
        "list_data_records",
        needs.listed,
        "GET",
        "/data-types/<type>/records?fieldNames=client.name",
    ),
    _asked(
        "count each",
        "aggregate_data_records",
        needs.listed,
        "GET",
        "/data-types/<type>/records/aggregate?groupBy=name,client.name",
    ),
    _asked(
        "count the secrets",
        "aggregate_data_records",
        needs.listed_by_secret,
        "GET",
        "/data-types/<type>/records/aggregate?groupBy=name&aggregate=distinct:secret",
    ),
    _asked(
        "export", "export_data_records", needs.listed, "GET", "/data-types/<type>/records/export"
    ),
    _asked(
        "import what is not there",
        "import_data_records",
        _import,
        "POST",
        "/data-types/<type>/records/import?mode=update",
        b"externalId,name\nnobody,Quite new\n",
    ),
    _asked("a job that is not there", "get_job", needs.never_there, "GET", "/jobs/987654321"),
    _asked("cancel none", "cancel_job", needs.never_there, "POST", "/jobs/987654321/cancel", {}),
    _asked(
        "a report of none", "get_job_report", needs.never_there, "GET", "/jobs/987654321/report"
    ),
    _asked(
        "export by the secrets",
        "export_data_records",
        needs.listed_by_secret,
        "GET",
        "/data-types/<type>/records/export?sortBy=secret",
    ),
    _asked("create", "create_data_record", needs.create, "POST", "/data-types/<type>/records", NEW),
    _record(
        "create with its name",
        "create_data_record",
        needs.create_with_its_name,
        "POST",
        "/data-types/<type>/records",
        {"fieldValues": {"name": "<name>"}},
    ),
    _asked(
        "change by an external id that nobody has",
        "update_data_record_by_external_id",
        needs.never_there,
        "PUT",
        "/data-types/<type>/records?externalId=nobody",
        NEW,
    ),
    _asked(
        "upsert", "upsert_data_record", needs.create, "POST", "/data-types/<type>/upsert/new", NEW
    ),
    _asked(
        "upsert by a value",
        "upsert_data_record_by_value",
        _refused_or_absent,
        "POST",
        "/data-types/<type>/upsert",
        {"matchField": "note", **NEW},
    ),
    _asked(
        "many",
        "bulk_data_records",
        _create_in_bulk,
        "POST",
        "/data-types/<type>/records/bulk",
        {"records": [NEW]},
    ),
    _record("read", "get_data_record", needs.view, "GET"),
    _record("change", "update_data_record", needs.edit, "PUT", body={"fieldValues": {"note": "n"}}),
    _record(
        "change the secret",
        "update_data_record",
        needs.edit_secret,
        "PUT",
        body={"fieldValues": {"secret": "s"}},
    ),
    _record("delete", "delete_data_record", needs.remove, "DELETE"),
    _asked("follow", "list_changes", needs.anybody, "GET", "/changes?limit=1000"),
    _record("changes", "list_data_record_changes", needs.view, "GET", f"{RECORD}/changes"),
    _asked("webhooks", "list_webhooks", manage, "GET", "/webhooks"),
    _asked("a new webhook", "create_webhook", manage, "POST", "/webhooks", WEBHOOK),
    _asked("a webhook", "get_webhook", manage_none, "GET", "/webhooks/1"),
    _asked("change a webhook", "update_webhook", manage_none, "PUT", "/webhooks/1", {}),
    _asked("delete a webhook", "delete_webhook", manage_none, "DELETE", "/webhooks/1"),
    _asked("try a webhook", "test_webhook", manage_none, "POST", "/webhooks/1/test", {}),
    _asked(
        "a new secret",
        "rotate_webhook_secret",
        manage_none,
        "POST",
        "/webhooks/1/rotate-secret",
        {},
    ),
    _asked("deliveries", "list_webhook_deliveries", manage_none, "GET", "/webhooks/1/deliveries"),
)


RIGHTS = ("view", "edit", "remove")


class WorkspaceApi:
    """Where one's own records may be seen, changed and removed whatever the role says."""

    name = "workspace"
    operations = OPERATIONS

    def role_of(self, role: RoleCase) -> RoleCase:
        if role.name in UNGRANTED:
            role = replace(role, edit="none", remove="none")
        own = {right: "own" for right in RIGHTS if getattr(role, right) == "none"}
        return replace(role, **own)  # type: ignore[arg-type]

    def documented(self, caller: Caller) -> set[str]:
        document = Client().get("/api/v2/docs/schema").json()
        return {
            item["operationId"]
            for methods in document["paths"].values()
            for item in methods.values()
        }
