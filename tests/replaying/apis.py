"""The doors that programs use."""

from __future__ import annotations

from typing import Any

from records.services.jobs.bulk_jobs import Resolution
from tests.api.workspace.calling import WorkspaceClient
from tests.factories import Caller
from tests.mcp.calling import Agent
from tests.working import work

from .doors import door, table
from .world import UNKNOWN, World

# ---------------------------------------------------------------- the Records API


def sent_fields(
    world: World, caller: Caller, values: dict[str, Any], name: str
) -> list[dict[str, Any]]:
    """Values as entries of a request; lists are added to or taken from now and then."""
    schema = caller.schema(name)
    sent = []
    for key, value in values.items():
        if isinstance(value, list) and schema.by_name[key].multiple and world.pick.random() < 0.4:
            sent.append({"name": key, world.pick.choice(["add_values", "remove_values"]): value})
        else:
            sent.append({"name": key, "value": value})
    return sent


@door(10)
def records_api(world: World) -> None:
    caller, name = world.caller(), world.object_name()
    method, path, body = world.pick.choice(CALLS)(world, caller, name)
    headers = {"if_match": f'"{world.pick.randint(1, 4)}"'} if world.pick.random() < 0.1 else {}
    if world.pick.random() < 0.1:
        headers["idempotency_key"] = f"key-{world.pick.randint(0, 5)}"
    answer = world.api(caller).send(method, f"/api/records/{name}/{path}", body, **headers)
    world.told[f"records_api {method} {answer.status_code}"] += 1
    assert answer.status_code < 500, (path, body, answer.content)
    if answer.content:
        answer.json()


Call = tuple[str, str, Any]


def _add(world: World, caller: Caller, name: str) -> Call:
    fields = sent_fields(world, caller, world.new_values(caller, name), name)
    return (
        "POST",
        "add",
        {
            "fields": fields,
            "unarchive": world.pick.choice([None, "prompt", "unarchive", "overwrite"]),
        },
    )


def _patch(world: World, caller: Caller, name: str) -> Call:
    fields = sent_fields(world, caller, world.values(caller, name), name)
    return (
        "PATCH",
        world.target(name),
        {"fields": fields, "archived_conflict": world.pick.choice([None, "overwrite"])},
    )


def _put(world: World, caller: Caller, name: str) -> Call:
    return (
        "PUT",
        world.target(name),
        {"fields": sent_fields(world, caller, world.new_values(caller, name), name)},
    )


def _upsert(world: World, caller: Caller, name: str) -> Call:
    fields = sent_fields(world, caller, world.values(caller, name), name)
    body: dict[str, Any] = {
        "lookup_value": world.key_of(name),
        "fields": fields,
        "oncreate_unarchive": world.pick.choice([None, "unarchive", "overwrite"]),
        "onupdate_archived_conflict": world.pick.choice([None, "overwrite"]),
    }
    if name == "people" and world.pick.random() < 0.3:
        body |= {"match_field": "number", "lookup_value": world.pick.randint(0, 4)}
    return "POST", "upsert", body


def _delete(world: World, caller: Caller, name: str) -> Call:
    return "DELETE", world.target(name), None


def _unarchive(world: World, caller: Caller, name: str) -> Call:
    return "PATCH", f"{world.target(name, archived=True)}/unarchive", None


def _move(world: World, caller: Caller, name: str) -> Call:
    stage = caller.schema("deals").stage_field
    assert stage is not None
    return (
        "PATCH",
        f"{world.target(name)}/move",
        {"stage_id": world.pick.choice(list(stage.options.values())).uuid},
    )


CALLS = (
    _add,
    _add,
    _patch,
    _patch,
    _patch,
    _put,
    _upsert,
    _upsert,
    _delete,
    _unarchive,
    _unarchive,
    _move,
)


# ---------------------------------------------------------------- the metadata API


@door(1)
def metadata_api(world: World) -> None:
    """What is changed of the definitions changes records, too: stages and options give way to
    others, fields go."""
    method, path, body = world.pick.choice(SHAPES)(world)
    answer = world.api(world.admin).send(method, f"/api/{path}", body)
    world.told[f"metadata_api {method} {answer.status_code}"] += 1
    assert answer.status_code < 500, (path, body, answer.content)


def _replace_option(world: World) -> Call:
    spec = world.admin.schema("people").by_name[
        world.pick.choice(["a_dropdown", "a_checkboxes", "a_status"])
    ]
    gone, heir = world.pick.choices([option.uuid for option in spec.options.values()], k=2)
    path = f"custom-objects/people/fields/{spec.name}/options/{gone}/replace"
    return "POST", path, {"replacement_option_id": heir}


def _add_option(world: World) -> Call:
    field = world.pick.choice(["a_dropdown", "a_checkboxes", "a_status"])
    return (
        "POST",
        f"custom-objects/people/fields/{field}/options",
        {"name": f"Option {world.pick.randint(0, 99)}"},
    )


def _remove_stage(world: World) -> Call:
    stage = world.admin.schema("deals").stage_field
    assert stage is not None
    gone, heir = world.pick.choices([option.uuid for option in stage.options.values()], k=2)
    return "POST", "pipelines/deals/stages/remove-stage", {"id": gone, "new_stage_id": heir}


def _add_stage(world: World) -> Call:
    body = {
        "name": f"Stage {world.pick.randint(0, 99)}",
        "status": world.pick.choice(["open", "won", "lost"]),
    }
    return "POST", "pipelines/deals/stages", body


def _add_field(world: World) -> Call:
    category = world.api(world.admin).get("/api/custom-objects/clubs/categories").json()[0]["id"]
    kind = world.pick.choice(["text", "integer", "dynamictags"])
    label = f"Extra {world.pick.randint(0, 3)}"
    unique = kind != "dynamictags" and world.pick.random() < 0.3
    body = {"category": category, "display_name": label, "field_type": kind, "is_unique": unique}
    return "POST", "custom-objects/clubs/fields", body


def _delete_field(world: World) -> Call:
    extra = [
        spec.name
        for spec in world.admin.schema("clubs").all_fields.values()
        if spec.name.startswith("extra")
    ]
    return "DELETE", f"custom-objects/clubs/fields/{world.pick.choice(extra or ['name'])}", None


def _rename_pattern(world: World) -> Call:
    pattern = world.pick.choice(
        ["", "{name} ({a_dropdown})", "{name} of {club}, under {boss}", "{keeper}: {number}"]
    )
    return "PATCH", "custom-objects/people", {"entity_display_name_pattern_text": pattern}


def _unique_or_not(world: World) -> Call:
    return "PATCH", "custom-objects/people/fields/code", {"is_unique": world.pick.random() < 0.5}


SHAPES = (
    *(
        _replace_option,
        _add_option,
        _remove_stage,
        _add_stage,
        _add_field,
        _delete_field,
        _rename_pattern,
    ),
    _unique_or_not,
)


# ---------------------------------------------------------------- bulk work


@door(2)
def bulk(world: World) -> None:
    """Bulk actions over the API; the big ones wait for a worker."""
    caller, name = world.caller(), world.object_name()
    records = [*world.ids(name, world.pick.choice([3, 30, 200])), UNKNOWN]
    if world.pick.random() < 0.2:
        action = "bulk-archive-entity-record"
        body: dict[str, Any] = {"record_ids": records[:20]}
    else:
        spec = world.fields(caller, name, 1)[0]
        how = world.pick.choice([*Resolution, Resolution.OVERWRITE])
        body = {
            "record_ids": records,
            "field_id": spec.uuid,
            "field_value": world.value(spec),
            "field_resolution": how,
        }
        action = "bulk-change-field-value"
    answer = world.api(caller).post(f"/api/custom-objects/{name}/{action}", body)
    assert answer.status_code in (200, 400), answer.content
    world.told[f"bulk {answer.status_code}"] += 1
    if answer.status_code == 200 and world.pick.random() < 0.8:
        work()
        done = world.api(caller).get(f"/api/bulk-action-progress/{answer.json()['id']}").json()
        assert done["status"] == "completed", done
        assert done["success_count"] + done["failed_count"] == len(
            records[:20] if "archive" in action else records
        )
        world.told[f"bulk of {'many' if len(records) > 100 else 'few'}"] += 1


@door(1)
def import_api(world: World) -> None:
    caller, name = world.caller(), world.object_name()
    content = table(world, caller, name).encode()
    path = f"/api/custom-objects/{name}/imports"
    sent = world.api(caller).send(
        "POST", f"{path}?file_name=rows.csv", content, content_type="text/csv"
    )
    assert sent.status_code == 201, sent.content
    columns = [column["header"] for column in sent.json()["columns"]]
    plan = {
        "mode": world.pick.choice(["create_only", "create_or_update", "update_only"]),
        "keep_existing": world.pick.sample(columns, world.pick.randint(0, len(columns))),
        "dry_run": world.pick.random() < 0.2,
        "again": world.pick.random() < 0.2,
    }
    started = world.api(caller).post(f"{path}/{sent.json()['id']}/start", plan)
    assert started.status_code in (200, 400), started.content
    world.told[f"import_api {started.status_code}"] += 1
    work()


# ---------------------------------------------------------------- the Workspace API


@door(4)
def workspace_api(world: World) -> None:
    caller, name = world.caller(), world.object_name()
    client = WorkspaceClient(caller)
    kind = f"/data-types/{caller.schema(name).id}"
    record = f"{kind}/records/{world.key(name)}"
    what = world.pick.choices(["add", "change", "upsert", "bulk", "delete"], [4, 8, 4, 3, 1])[0]
    if what == "delete":
        answer = client.delete(record)
    elif what == "change":
        answer = client.put(record, {"fieldValues": world.values(caller, name)})
    elif what == "upsert":
        answer = client.post(
            f"{kind}/upsert/x{world.pick.randint(0, 60)}", _row(world, caller, name)
        )
    elif what == "bulk":
        rows = [
            {**_row(world, caller, name), "externalId": f"x{world.pick.randint(0, 60)}"}
            for _ in range(12)
        ]
        answer = client.post(
            f"{kind}/records/bulk", {"records": rows, "upsert": True, "partial": True}
        )
    else:
        answer = client.post(f"{kind}/records", _row(world, caller, name))
    world.told[f"workspace_api {what} {answer.status_code}"] += 1
    assert answer.status_code < 500, (what, answer.content)
    answer.json()


def _row(world: World, caller: Caller, name: str) -> dict[str, Any]:
    return {"fieldValues": world.new_values(caller, name)}


# ---------------------------------------------------------------- agents


@door(2)
def agents(world: World) -> None:
    """The tool by which agents write."""
    caller, name = world.caller(), world.object_name()
    action = world.pick.choices(["upsert", "patch", "get", "delete", "cancel"], [12, 12, 4, 2, 1])[
        0
    ]
    arguments: dict[str, Any] = {"action": action, "record_type": caller.schema(name).name}
    if world.pick.random() < 0.5:
        arguments |= {
            "external_id": f"x{world.pick.randint(0, 60)}",
            "external_source": world.pick.choice("ab"),
        }
    elif action != "upsert" or world.pick.random() < 0.5:
        arguments["record_id"] = world.target(name)
    if action in ("upsert", "patch"):
        arguments["data"] = (
            world.new_values(caller, name) if action == "upsert" else world.values(caller, name)
        )
    result = Agent(caller).result("manage_record", **arguments)
    told = result["structuredContent"]["error"]["code"] if result["isError"] else action
    world.told[f"agents {told}"] += 1
    assert told != "INTERNAL", result
