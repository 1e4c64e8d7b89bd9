"""The doors that people and commands use."""

from __future__ import annotations

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any

from django.core.management import CommandError, call_command

from records.exceptions import Conflict, RecordsError
from records.field_types import FieldSpec
from records.services.jobs.bulk_jobs import Resolution
from records.services.storage.integrity import reindex
from records.services.writing.save import save_records, upsert_request
from records.services.writing.save_requests import (
    Mode,
    Outcome,
    SaveRequest,
    SaveResult,
)
from records.services.writing.values import FieldEntry
from tests.admin.pages import form_of
from tests.factories import Caller, entries
from tests.working import work

from .doors import cell, door, table
from .world import World

BUTTONS = ("archive", "unarchive", "trash", "restore", "purge")
BROUGHT_BACK = ("unarchive", "restore", "purge")
MODES = {
    Mode.CREATE: 10,
    Mode.UPDATE: 24,
    Mode.UPSERT: 16,
    Mode.UNARCHIVE: 10,
    Mode.RESTORE: 10,
    Mode.CANCEL: 1,
}

# ---------------------------------------------------------------- the workbench


@door(1)
def admin(world: World) -> None:
    """A form of a record, or its buttons."""
    caller, name = world.caller(), world.object_name()
    what = world.pick.choice(["add", "add", "edit", "edit", "archive", *BUTTONS])
    path = f"/admin/records/objects/{caller.schema(name).uuid}/"
    path += (
        "add/" if what == "add" else f"{world.target(name, archived=what in BROUGHT_BACK)}/{what}/"
    )
    bench = world.bench(caller)
    if what in BUTTONS:
        status = bench.send(path).status_code
    else:
        page = bench.get(path)
        status = page.status_code
        if status == 200:
            sent = form_of(page.content.decode(), "field-version") | typed(
                world, caller, name, new=what == "add"
            )
            status = bench.send(path, sent).status_code
    world.told[f"admin {what} {status}"] += 1
    assert status in (200, 302, 403, 404), (path, status)


def typed(world: World, caller: Caller, name: str, *, new: bool) -> dict[str, str | list[str]]:
    """What a person enters: texts, choices by id, names of what is linked to."""
    values = world.new_values(caller, name, 3) if new else world.values(caller, name, 3)
    schema = caller.schema(name)
    return {
        f"field-{_input(schema.by_name[key])}": _typed(schema.by_name[key], value)
        for key, value in values.items()
    }


def _input(spec: FieldSpec) -> str:
    return f"{spec.name}-add" if spec.type.column in ("related_record", "attachment") else spec.name


def _typed(spec: FieldSpec, value: Any) -> str | list[str]:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if spec.type.name == "checkboxes":
        return [option.uuid for option in spec.options.values() if option.name in (value or ())]
    return cell(value)


@door(1)
def bulk_admin(world: World) -> None:
    """Records that were ticked on a list, or all that a search on it finds."""
    caller, name = world.caller(), world.object_name()
    what = world.pick.choice(["archive", "change", "change"])
    path = f"/admin/records/objects/{caller.schema(name).uuid}/bulk/{what}/"
    chosen = (
        {"records": world.ids(name, 10)}
        if world.pick.random() < 0.8
        else {"all": "1", "q": f"name {world.pick.randint(0, 99)}"}
    )
    sent: dict[str, Any] = dict(chosen)
    if what == "change":
        spec = world.fields(caller, name, 1)[0]
        how = world.pick.choice([*Resolution, Resolution.OVERWRITE])
        sent |= {
            "field": spec.name,
            "change-how": how.value,
            f"change-{_input(spec)}": _typed(spec, world.value(spec)),
        }
    status = world.bench(caller).send(path, sent).status_code
    work()
    world.told[f"bulk_admin {what} {status}"] += 1
    assert status in (200, 302, 403), (path, sent, status)


# ---------------------------------------------------------------- commands


@door(1)
def import_command(world: World) -> None:
    caller, name = world.admin, world.object_name()
    path = world.folder / "rows.csv"
    path.write_text(table(world, caller, name), encoding="utf-8", newline="")
    options = world.pick.choice([[], ["--again"], ["--dry-run"], ["--batch-size", "7"]])
    known = [
        "--workspace",
        str(caller.workspace.uuid),
        "--report",
        str(world.folder / "rows.errors.csv"),
    ]
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            call_command("import_records", caller.schema(name).name, str(path), *known, *options)
    except SystemExit as end:
        world.told[f"import_command {end.code}"] += 1
    except CommandError as refusal:  # the file as a whole
        world.told[f"import_command {refusal.returncode}"] += 1
    else:
        world.told["import_command 0"] += 1


# ---------------------------------------------------------------- the core, as commands and jobs
# call it


@door(3)
def batches(world: World) -> None:
    """Batches of every kind of write, in which records are met more than once."""
    caller, name = world.caller(), world.object_name()
    asked = [_request(world, caller, name) for _ in range(world.pick.choice([1, 2, 4, 8, 40]))]
    requests = [request for request in asked if request is not None]
    outcomes: list[Outcome] = save_records(caller.author, caller.schema(name), requests)
    for outcome in outcomes:
        assert not isinstance(outcome, Conflict) or "try again" not in outcome.detail
        told = outcome.action if isinstance(outcome, SaveResult) else outcome.code
        world.told[f"batches {told}"] += 1


def _request(world: World, caller: Caller, name: str) -> SaveRequest | None:
    pick = world.pick
    mode = pick.choices(list(Mode), [MODES.get(mode, 4) for mode in Mode])[0]
    on_archived = pick.choice([None, "prompt", "unarchive", "overwrite"])
    conflict = pick.choice([None, "overwrite"])
    if mode == Mode.CREATE:
        return SaveRequest(
            mode, entries=entries(world.new_values(caller, name)), on_archived=on_archived
        )
    if mode == Mode.UPSERT:
        sent = entries(world.values(caller, name))
        author, schema, key = caller.author, caller.schema(name), world.key_of(name)
        try:
            return upsert_request(
                author, schema, key, sent, on_archived=on_archived, archived_conflict=conflict
            )
        except RecordsError:
            return None  # a key that cannot be one
    sent = entries(world.values(caller, name)) if mode in (Mode.UPDATE, Mode.REPLACE) else []
    lists = [
        spec
        for spec in caller.schema(name).by_name.values()
        if spec.name in ("fan_of", "fans", "staff")
    ]
    if mode == Mode.UPDATE and lists and pick.random() < 0.3:
        spec = pick.choice(lists)
        related = "clubs" if spec.name == "fan_of" else "people"
        add, remove = world.ids(related, 2), world.ids(related, 2)
        sent = [FieldEntry(name=spec.name, add_values=add, remove_values=remove)]
    target = world.target(
        name, archived=mode in (Mode.UNARCHIVE, Mode.RESTORE, Mode.DELETE_PERMANENTLY)
    )
    return SaveRequest(mode, target, entries=sent, archived_conflict=conflict)


@door(0)
def reindexing(world: World) -> None:
    """Not a write: it may change nothing that anybody sees."""
    reindex(world.admin.workspace)
    world.told["reindexing"] += 1
