"""A workspace in which every text that people wrote is an attempt to run a script, and the
addresses of all pages that show it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

MARK = "owned()"
# Ends whatever it may stand in (attributes, and the elements whose content is text), then tries
# each way in which a page of ours could run something.
SCRIPT = f"'\"></title></textarea><img src=x onerror={MARK}><b x-data x-init={MARK}>{{{{{MARK}}}}}"
LINK = f"javascript:{MARK}"
BARE = f"'><img src=x onerror={MARK}><b x-data x-init={MARK}>"  # for names of files and patterns
PASSWORD = "a long enough pass phrase"

KEPT = (
    *("user", "apikey", "externalcall", "field", "member", "objecttype", "role", "workspace"),
    "webhookdelivery",
)
# What a button asks for, what is a file, and what nobody may do at the workbench.
NO_PAGES = {
    *("logout", "autocomplete", "view_on_site", "choose_workspace"),
    *(
        "job_cancel",
        "job_import",
        "operation_undo",
        "former_restore",
        "records_apikey_revoke",
        "records_externalsource_test",
    ),
    *(f"record_{part}" for part in ("archive", "unarchive", "trash", "files", "file", "restore")),
    *(f"records_webhook_{part}" for part in ("test", "rotate", "replay")),
    *("records_webhookdelivery_add", "records_objecttype_unarchive"),
    *("record_file_remove", "record_purge", "records_externalcall_add"),
    *(f"{'auth' if name == 'user' else 'records'}_{name}_delete" for name in KEPT),
    *(f"django_tasks_database_dbtaskresult_{part}" for part in ("add", "delete")),
}
FILES = {"jsi18n", "export", "job_report"}


def script(what: str) -> str:
    """An attempt that says what it was written as."""
    return f"{what}:{SCRIPT}"


@dataclass(frozen=True)
class Scripted:
    """What addresses need of the workspace: keys and ids by the name of the parameter, for the
    admin of it, who operates the installation too."""

    email: str
    keys: dict[str, list[str]]

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Every address of the workbench, with the name of its page."""
        from django.contrib import admin
        from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse

        def patterns(entries: list[Any]) -> Iterator[URLPattern]:
            for entry in entries:
                if isinstance(entry, URLResolver):
                    yield from patterns(entry.url_patterns)
                else:
                    yield entry

        for pattern in patterns(admin.site.urls[0]):
            name = pattern.name
            if name is None:  # an old address of a change page, and the page for unknown addresses
                continue
            for arguments in self._arguments(name, list(pattern.pattern.regex.groupindex)):
                try:
                    yield name, reverse(f"admin:{name}", **arguments)
                except NoReverseMatch as error:
                    raise AssertionError(f"{name} needs an example in scripted.py") from error

    def pages(self) -> Iterator[tuple[str, str]]:
        """The addresses that answer a browser with a page."""
        for name, path in self.addresses():
            if name not in NO_PAGES | FILES:
                yield name, path

    def _arguments(self, name: str, parameters: list[str]) -> Iterator[dict[str, Any]]:
        model = name.removeprefix("records_").partition("_")[0]
        if name.endswith("_simple_history"):
            yield from ({"args": one.split()} for one in self.keys[f"{model} history"])
            return
        if not parameters:
            yield {}
            return
        kinds = {
            "object_id": name.rpartition("_")[0].removesuffix("_simple"),
            "field_id": "records_field",
            "record_uuid": "import_uuid" if name == "import_plan" else "record_uuid",
        }
        found = [self.keys[kinds.get(parameter, parameter)] for parameter in parameters]
        longest = max(len(values) for values in found)
        for at in range(longest):
            values = [each[min(at, len(each) - 1)] for each in found]
            yield {"kwargs": dict(zip(parameters, values, strict=True))}


def write_scripts() -> Scripted:
    """Make the workspace, through the services that its own pages use."""
    from django.contrib.auth import get_user_model
    from django.contrib.contenttypes.models import ContentType

    from records.models import Member
    from tests.factories import (
        FieldDefinition,
        OptionDefinition,
        archive,
        change_record,
        make_object,
        make_record,
        make_relation,
        make_workspace,
        set_pattern,
    )

    caller = make_workspace(script("workspace"), "admin@example.com", time_zone="Europe/Paris")
    Member.objects.filter(pk=caller.member.pk).update(
        first_name=script("first name"), last_name=script("last name")
    )
    user = get_user_model().objects.get(pk=caller.member.user_id)
    user.set_password(PASSWORD)
    user.first_name, user.last_name = script("user first name"), script("user last name")
    user.save()
    make_workspace(script("another workspace"), "admin@example.com")

    def field(name: str, kind: str, **more: Any) -> FieldDefinition:
        return FieldDefinition(
            script(f"label of {name}"),
            kind,
            name=name,
            category=script("category"),
            description=script(f"description of {name}"),
            **more,
        )

    options = [
        OptionDefinition(script(f"option {at}"), code=script(f"code {at}")) for at in range(2)
    ]
    plain = ("text", "longtext", "wysiwyg", "json", "integer", "date", "dynamictags", "files")
    made = make_object(
        caller,
        script("objects"),
        *(field(name, name) for name in plain),
        *(field(name, name, options=options) for name in ("dropdown", "radio", "checkboxes")),
        field("keeper", "team_selector"),
        field(
            "kept",
            "text",
            default_value=script("default"),
            validation=f"value != '''{SCRIPT}'''",
            validation_message=script("rule"),
        ),
        field("code", "text", is_unique=True),
        name="things",
        description=script("description of objects"),
        prompt=script("prompt of objects"),
    )
    set_pattern(caller, "things", f"{{name}} {BARE}")
    make_object(caller, script("pipelines"), name="deals", object_type="pipeline")
    make_relation(
        caller, "things", script("label of parent"), "things", "additional", script("mirror")
    )
    relation = next(
        spec.name
        for spec in caller.schema("things").fields
        if spec.display_name == script("label of parent")
    )

    def values(name: str) -> dict[str, Any]:
        return {
            "name": script(name),
            "text": LINK,
            "longtext": script("longtext"),
            "wysiwyg": script("wysiwyg").replace("<", "&lt;"),
            "json": {script("key"): script("document")},
            "dynamictags": [script("tag")],
            "dropdown": {"name": options[0].name},
            "checkboxes": [{"name": option.name} for option in options],
            "keeper": str(caller.member.uuid),
            "code": script(f"unique {name}"),
        }

    first = make_record(caller, "things", **values("record")).record.uuid
    second = make_record(caller, "things", **values("second"), **{relation: [first]}).record.uuid
    change_record(caller, "things", first, text=script("text"), **{relation: [second]})
    archived = make_record(caller, "things", **values("archived")).record.uuid
    archive(caller, "things", archived)
    trashed = make_record(caller, "things", **values("trashed")).record.uuid
    named = caller.schema("things").by_name
    keys = {
        "object_uuid": [str(made.uuid)],
        "record_uuid": [first, second, archived, trashed],
        **_people(caller),
        **_elsewhere(caller),
        **_webhooks(caller),
        **_views(caller),
        **_jobs(caller, made, first),
        "operation_uuid": _operations(caller, first),
        "id": [str(user.pk)],
        "auth_user": [str(user.pk)],
        "records_objecttype": [str(made.pk)],
        "records_field": [str(named[name].id) for name in ("text", "dropdown", relation)],
        "records_workspace": [str(caller.workspace.pk)],
        "records_member": [str(caller.member.pk)],
        "app_label": ["records", "auth", "django_tasks_database"],
        "content_type_id": [str(ContentType.objects.get_for_model(made).pk)],
        "view_on": [str(made.pk)],
    }
    _throw_away(caller, trashed)
    return Scripted("admin@example.com", {**keys, **_histories(caller)})


def _people(caller: Any) -> dict[str, list[str]]:
    from records.services.catalogue import Grant
    from records.services.people.members import add_member
    from records.services.people.role_grants import GrantChanges, change_grants
    from records.services.people.roles import create_role
    from records.services.people.workspaces import create_api_key
    from records.services.shaping.creation import get_object

    role = create_role(caller.author, script("role"))
    things = get_object(caller.author, "things").pk
    change_grants(caller.author, role, GrantChanges({things: Grant(view="all")}))
    add_member(
        caller.author,
        role,
        email=f'"<img/src=x/onerror={MARK}>"@example.com',
        external_id=script("member external id"),
        first_name=script("member"),
        last_name=script("member last"),
    )
    key, _ = create_api_key(caller.workspace, script("key"), member=caller.member)
    return {
        "records_role": [str(role.pk)],
        "records_apikey": [str(key.pk)],
        "key_id": [str(key.pk)],
    }


def _elsewhere(caller: Any) -> dict[str, list[str]]:
    """An external source, and a call of it that failed."""
    from records.models import ExternalCall, ExternalSource, new_uuid
    from tests.factories import make_object

    made = make_object(caller, script("elsewhere"), name="elsewhere")
    source = ExternalSource.objects.create(
        workspace=caller.workspace,
        object=made,
        name=script("source"),
        base_url="https://upstream.invalid/" + BARE,
        operations={"list": {"method": "GET", "path": f"/{BARE}", "response_path": BARE}},
        mapping={"name": script("mapped")},
        total_path=BARE,
    )
    call = ExternalCall.objects.create(
        workspace=caller.workspace,
        object=made,
        source_uuid=new_uuid(),
        operation="get",
        external_id=script("external id"),
        author=caller.member.pk,
        door="admin",
        request_id="scripted",
        operation_id=new_uuid(),
        problem=script("problem"),
        outcome="failed",
    )
    return {
        "records_externalsource": [str(source.pk)],
        "source_id": [str(source.pk)],
        "records_externalcall": [str(call.pk)],
    }


def _views(caller: Any) -> dict[str, list[str]]:
    """A view and a layout, which the pages of records follow."""
    from records.services.views.layouts import object_layout, replace_layout
    from records.services.views.saved_views import create_view
    from records.services.views.view_parts import Part

    author, schema = caller.author, caller.schema("things")
    said = {"note": script("content")}
    create_view(author, schema, name=script("view"), parts=dict.fromkeys(Part, said))
    block = {"type": "fields", "label": script("block"), "metadata": {"autoInclude": True}}
    replace_layout(
        author,
        schema,
        str(object_layout(author, schema).uuid),
        name=script("layout"),
        is_active=True,
        order=0,
        config=[{"columns": [{"items": [block]}]}],
        tabs={script("tab"): True},
    )
    return {}


def _webhooks(caller: Any) -> dict[str, list[str]]:
    """A webhook of each form, and a delivery that failed."""
    from records.models import Webhook, WebhookDelivery

    made = [
        Webhook.objects.create(
            workspace=caller.workspace,
            member=caller.member,
            name=script("webhook"),
            url="https://shop.invalid/" + BARE,
            form=form,
            conditions=script("conditions"),
            secret="",
            cursor="",
        )
        for form in ("records", "workspace")
    ]
    delivery = WebhookDelivery.objects.create(
        workspace=caller.workspace,
        webhook=made[0],
        message_id="msg_1",
        event="record.created",
        key=1,
        object=1,
        chain=1,
        problem=script("problem"),
    )
    return {
        "records_webhook": [str(row.pk) for row in made],
        "webhook_id": [str(row.pk) for row in made],
        "records_webhookdelivery": [str(delivery.pk)],
    }


def _jobs(caller: Any, made: Any, record: str) -> dict[str, list[str]]:
    """An import with refused rows, tried and done; the file of it, a file of a record, and a task
    of the queue."""
    from django_tasks_db.models import DBTaskResult

    from records.services.files.attachments import attach_file
    from records.services.importing.uploads import store_upload
    from records.services.jobs.tasks import run_later
    from records.services.operations.home import home_of
    from records.services.reading.record_address import address

    schema = caller.schema("things")
    attach_file(caller.author, schema, address(record), BARE, "text/plain", BytesIO(b"x"), 1)
    header = ["Name", script("column"), schema.by_name["integer"].display_name]
    rows = [header, [script("imported"), script("cell"), script("no number")]]
    content = "\r\n".join(
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows
    )
    upload = store_upload(caller.author, schema, f"{BARE}.csv", [content.encode()])
    jobs = []
    for dry_run in (True, False):
        job = home_of(schema).start_import(
            caller.author,
            schema,
            upload,
            mapping={"Name": "name", script("column"): None, header[2]: "integer"},
            mode="create_or_update",
            match_field=None,
            kept=[],
            again=True,
            dry_run=dry_run,
        )
        jobs.append(str(job.uuid))
    run_later(0)
    waiting = DBTaskResult.objects.get()
    return {
        "job_uuid": jobs,
        "import_uuid": [str(upload.uuid)],
        "django_tasks_database_dbtaskresult": [str(waiting.pk)],
    }


def _operations(caller: Any, record: str) -> list[str]:
    """Those that a record was made and changed by."""
    from records.models import Record

    rows = Record.history.filter(workspace_id=caller.workspace.pk, uuid=record)
    return [str(row.operation_id) for row in rows.order_by("-history_id")]


def _throw_away(caller: Any, record: str) -> None:
    from records.services.operations.lifecycle import trash_record
    from records.services.reading.record_address import address

    trash_record(caller.author, caller.schema("things"), address(record))


def _histories(caller: Any) -> dict[str, list[str]]:
    from django.apps import apps

    found = {}
    for name in ("objecttype", "field", "member", "role", "externalsource", "webhook"):
        history = apps.get_model("records", f"Historical{name}")
        rows = history.objects.filter(workspace_id=caller.workspace.pk).order_by("-history_id")
        found[f"{name} history"] = [f"{row.id} {row.history_id}" for row in rows[:1]]
    return found


def main() -> None:
    """Fill a migrated database, and print what its pages are found by."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "records_project.settings")
    django.setup()
    made = write_scripts()
    print(json.dumps({"email": made.email, "keys": made.keys}))  # noqa: T201


if __name__ == "__main__":
    main()
