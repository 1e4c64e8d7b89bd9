"""A backup is of one moment, either engine reads it, and a damaged one changes nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from records.exceptions import InvalidInput
from records.models import Workspace
from records.services.backup.restoring import restore
from records.services.retention.stores import STORES
from tests.databases import folder_made_once, own_database

from .backing_up import PLANTED, WRITERS
from .old_databases import AGREED, manage, run_module

State = dict[str, Any]


def environment_of(url: str, media: Path) -> dict[str, str]:
    return {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url, "MEDIA_ROOT": str(media)}


def state_of(environment: Mapping[str, str]) -> State:
    state: State = json.loads(run_module(environment, "tests.management.backing_up", "state"))
    return state


@contextlib.contextmanager
def writing(environment: Mapping[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that write until the block ends, and none of whose writes may fail."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.management.backing_up", "write", str(at)],
            env=environment,
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for at in range(WRITERS)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
        yield writers
    finally:
        ended = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * WRITERS, ended
    assert all(int(printed) > 0 for printed, _ in ended)


@dataclass(frozen=True)
class Copies:
    """A backup made while processes wrote, its copy on SQLite, the copy's copy on the engine under
    test, and so on."""

    archives: list[Path]
    states: list[State]
    checks: list[str]
    quiet: list[str]  # what the file storage of the first copy holds


@pytest.fixture(scope="module")
def copies() -> Copies:
    folder, printed = folder_made_once("backup_copies", copied)
    return Copies([folder / f"{at}.zip" for at in range(3)], **json.loads(printed))


def copied(folder: Path) -> str:
    """Make the backups; what else there is to say of them, as JSON."""
    archives = [folder / f"{at}.zip" for at in range(3)]
    back = folder / "back"
    back.mkdir()
    with own_database(folder, "tables") as url, own_database(back) as url_back:
        source = environment_of(url, folder / "media")
        run_module(source, "tests.management.backing_up", "fill")
        with writing(source):
            manage(source, ["backup", str(archives[0])])
        first = environment_of(f"sqlite:///{folder / 'first.sqlite3'}", folder / "first")
        second = environment_of(url_back, folder / "second")
        checks, states = [], []
        for target, archive, made in (
            (first, archives[0], archives[1]),
            (second, archives[1], archives[2]),
        ):
            _, check, _ = manage(
                target, ["restore", str(archive)], ["check_records"], ["backup", str(made)]
            )
            checks.append(check)
            states.append(state_of(target))
    return json.dumps({"states": states, "checks": checks, "quiet": files_in(folder / "first")})


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def manifest_of(archive: Path) -> dict[str, Any]:
    with zipfile.ZipFile(archive) as opened:
        manifest: dict[str, Any] = json.loads(opened.read("manifest.json"))
    return manifest


def tables_in(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.startswith("tables/")}


def test_a_backup_is_of_one_moment_while_others_write(copies: Copies) -> None:
    assert copies.checks == [AGREED, AGREED]
    for state in copies.states:
        assert len(state["pairs"]) == WRITERS
        assert all(left == right for left, right in state["pairs"])
        assert set(state["lost"]) <= set(manifest_of(copies.archives[0])["missing"])


def test_a_copy_has_as_many_rows_as_the_backup_says(copies: Copies) -> None:
    said = {
        name: table["rows"] for name, table in manifest_of(copies.archives[0])["tables"].items()
    }
    for state in copies.states:
        assert {name: state["tables"][name] for name in said} == said
    stores = [store for store in STORES if store.name in PLANTED]
    assert [table for store in stores for table in store.tables if not said[table]] == []


def test_a_backup_moves_to_the_other_engine_and_back_unchanged(copies: Copies) -> None:
    first, second, third = map(tables_in, copies.archives)
    assert second == first
    assert third == first


def test_all_stored_files_are_in_the_backup(copies: Copies) -> None:
    manifest = manifest_of(copies.archives[1])  # made when nobody wrote
    assert sorted(manifest["files"].values()) == copies.quiet
    folders = {folder for store in STORES for folder in store.folders}
    assert {name.split("/")[0] for name in copies.quiet} == folders
    assert stat.S_IMODE(copies.archives[0].stat().st_mode) == 0o600


# ---------------------------------------------------------------- damage


def data_of(file: Path, name: str) -> range:
    """Where the compressed bytes of a member are."""
    with zipfile.ZipFile(file) as opened:
        info = opened.getinfo(name)
    content = file.read_bytes()
    lengths = struct.unpack_from(
        "<HH", content, info.header_offset + 26
    )  # of the name and of what follows it
    start = info.header_offset + 30 + sum(lengths)
    return range(start, start + info.compress_size)


def flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1 << at % 8
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2000])


def halve(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def remove_a_member(file: Path) -> None:
    rewrite(file, {"tables/records_field.jsonl": None})


def swell(file: Path) -> None:
    """50 MB that take 50 kB in the file."""
    rewrite(file, {"tables/records_field.jsonl": b"\n" * 50_000_000})


def add_a_path(file: Path) -> None:
    rewrite(file, {"../outside": b"x"})


def rename_a_file(file: Path, name: str) -> None:
    manifest = manifest_of(file)
    member = next(iter(manifest["files"]))
    manifest["files"][member] = name
    rewrite(file, {"manifest.json": json.dumps(manifest).encode()})


def lie(file: Path) -> None:
    """A member that takes more than the size in its header."""
    manifest = manifest_of(file)
    manifest["members"]["tables/records_field.jsonl"]["size"] = 1
    rewrite(file, {"manifest.json": json.dumps(manifest).encode()})


def rewrite(file: Path, changes: Mapping[str, bytes | None]) -> None:
    with zipfile.ZipFile(file) as opened:
        members: dict[str, bytes | None] = {name: opened.read(name) for name in opened.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in {**members, **changes}.items():
            if content is not None:
                written.writestr(name, content)


def edit(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], None]:
    """Somebody's own manifest, whose sizes and digests are right."""

    def damage(file: Path) -> None:
        manifest = manifest_of(file)
        change(manifest)
        rewrite(file, {"manifest.json": json.dumps(manifest).encode()})

    return damage


EDITS = (
    edit(lambda manifest: manifest.pop("migrations")),
    edit(lambda manifest: manifest.update(migrations=5)),
    edit(lambda manifest: manifest.update(migrations=[["records"]])),
    edit(lambda manifest: manifest.update(missing=5)),
    edit(lambda manifest: manifest.update(last_keys=[])),
    edit(lambda manifest: manifest.update(last_keys={"records_field": "x"})),
    edit(lambda manifest: manifest["tables"].update(records_field=5)),
    edit(lambda manifest: manifest["tables"]["records_field"].update(columns=5)),
    edit(lambda manifest: manifest["tables"]["records_field"]["columns"].append("id")),
    edit(lambda manifest: manifest["tables"]["records_field"].pop("rows")),
)


@pytest.fixture
def bad(copies: Copies, tmp_path: Path) -> Path:
    """A file to damage."""
    return Path(shutil.copy(copies.archives[1], tmp_path / "bad.zip"))


@pytest.mark.parametrize("damage", [cut, halve, remove_a_member, swell, add_a_path, lie, *EDITS])
def test_a_damaged_backup_is_refused(bad: Path, damage: Callable[[Path], None]) -> None:
    damage(bad)
    refuse(bad)


def test_any_flipped_byte_of_a_member_is_found(copies: Copies, bad: Path) -> None:
    for name in ("manifest.json", "tables/records_record.jsonl", "files/0"):
        places, before = data_of(bad, name), content_of(bad, name)
        for at in places[:: max(1, len(places) // 12)]:
            shutil.copy(copies.archives[1], bad)
            flip(bad, at)
            if content_of(bad, name) != before:  # some bits of compressed data mean nothing
                refuse(bad)


def content_of(archive: Path, name: str) -> bytes | None:
    """What is in a member; None where that cannot be read."""
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return None


@pytest.mark.parametrize(
    "name",
    [
        "/etc/records",
        "attachments/../../outside",
        "../outside",
        "static/outside",
        "attachments\\outside",
        "",
    ],
)
def test_a_file_may_not_leave_its_folder(bad: Path, name: str) -> None:
    rename_a_file(bad, name)
    refuse(bad)


def refuse(bad: Path) -> None:
    """Nothing is touched: this test may not use a database, and the file storage stays as it is."""
    media = Path(settings.MEDIA_ROOT)
    before = files_in(media)
    with pytest.raises(InvalidInput, match=r"Nothing was restored\.$"):
        restore(bad)
    assert files_in(media) == before


@pytest.mark.parametrize(
    "row", [b"[1]", b"{}", b"5", b"\xff", b"[" + b"9" * 400 + b"]", b"[" * 2000]
)
def test_rows_that_a_table_cannot_take_are_refused(
    bad: Path, transactional_db: None, row: bytes
) -> None:
    with zipfile.ZipFile(bad) as opened:
        manifest: dict[str, Any] = json.loads(opened.read("manifest.json"))
    member, content = "tables/records_workspace.jsonl", row + b"\n"
    manifest["members"][member] = {"size": len(content), "sha256": sha256(content).hexdigest()}
    rewrite(bad, {member: content, "manifest.json": json.dumps(manifest).encode()})
    held = Workspace.objects.count()

    with pytest.raises(
        InvalidInput, match=r"rows that records_workspace cannot take. Nothing was restored\.$"
    ):
        restore(bad, replace=True)
    assert Workspace.objects.count() == held


def test_rows_that_refer_to_missing_rows_are_refused(bad: Path, transactional_db: None) -> None:
    with zipfile.ZipFile(bad) as opened:
        manifest: dict[str, Any] = json.loads(opened.read("manifest.json"))
    member, content = "tables/records_workspace.jsonl", b""
    manifest["tables"]["records_workspace"]["rows"] = 0
    manifest["members"][member] = {"size": 0, "sha256": sha256(content).hexdigest()}
    rewrite(bad, {member: content, "manifest.json": json.dumps(manifest).encode()})
    held = Workspace.objects.count()

    with pytest.raises(InvalidInput, match=r"refer to missing rows. Nothing was restored\.$"):
        restore(bad, replace=True)
    assert Workspace.objects.count() == held
