"""A backup is of one moment, either engine reads it, and a damaged one changes nothing."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.conf import settings

from tests.serving import MANAGE, own_database

COUNTED = "from records.models import Record, ObjectType; print(Record.objects.count(), ObjectType.objects.count())"


def manage(environment: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MANAGE, *command],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def environment_of(url: str, media: Path) -> dict[str, str]:
    return {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url, "MEDIA_ROOT": str(media)}


def provided(url: str, media: Path) -> dict[str, str]:
    """The environment of a database with a workspace in it."""
    environment = environment_of(url, media)
    subprocess.run(
        [sys.executable, "-m", "tests.provision"],
        env=environment,
        cwd=settings.BASE_DIR,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return environment


def counted(environment: Mapping[str, str]) -> str:
    return manage(environment, "shell", "--no-imports", "-c", COUNTED).stdout


def backed_up(environment: Mapping[str, str], file: Path) -> Path:
    done = manage(environment, "backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


def test_a_backup_moves_between_databases_of_both_engines(tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    with own_database(tmp_path) as url, own_database_again(tmp_path) as back:
        first = provided(url, tmp_path / "first")
        file = backed_up(first, tmp_path / "first.zip")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for target, archive in ((other, file), (back, tmp_path / "second.zip")):
            restored = environment_of(target, tmp_path / "restored")
            done = manage(restored, "restore", str(archive))
            assert done.returncode == 0, done.stderr
            assert manage(restored, "check_records").stdout == "Documents, index and ledger agree.\n"
            assert counted(restored) == counted(first)
            if target == other:
                backed_up(restored, tmp_path / "second.zip")
        backed_up(environment_of(back, tmp_path / "restored"), tmp_path / "third.zip")
    assert tables_in(tmp_path / "third.zip") == tables_in(file)


def own_database_again(folder: Path) -> AbstractContextManager[str]:
    (folder / "again").mkdir()
    return own_database(folder / "again")


def tables_in(archive: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        return {name: opened.read(name) for name in opened.namelist() if name.startswith("tables/")}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archived")
    environment = provided(f"sqlite:///{folder / 'source.sqlite3'}", folder / "media")
    return backed_up(environment, folder / "good.zip")


def flipped(file: Path) -> None:
    with zipfile.ZipFile(file) as opened:
        at = opened.getinfo("tables/records_field.jsonl").header_offset + 120
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-2000])


def without_a_member(file: Path) -> None:
    rewritten(file, {"tables/records_field.jsonl": None})


def with_more_in_a_member(file: Path) -> None:
    rewritten(file, {"tables/records_field.jsonl": b"\n" * 50_000_000})


def with_a_path(file: Path) -> None:
    rewritten(file, {"../outside": b"x"})


def rewritten(file: Path, changes: Mapping[str, bytes | None]) -> None:
    with zipfile.ZipFile(file) as opened:
        members: dict[str, bytes | None] = {name: opened.read(name) for name in opened.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in {**members, **changes}.items():
            if content is not None:
                written.writestr(name, content)


@pytest.mark.parametrize("damage", [flipped, cut, without_a_member, with_more_in_a_member, with_a_path])
def test_a_damaged_backup_is_refused_and_changes_nothing(archive: Path, tmp_path: Path, damage: object) -> None:
    assert callable(damage)
    bad = tmp_path / "bad.zip"
    shutil.copy(archive, bad)
    damage(bad)
    target = tmp_path / "target.sqlite3"
    refused = manage(environment_of(f"sqlite:///{target}", tmp_path / "media"), "restore", str(bad))
    assert refused.returncode == 1
    assert "Nothing was restored." in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not target.exists() or target.stat().st_size == 0
    assert not (tmp_path / "media").exists()
    assert not (tmp_path.parent / "outside").exists()


def test_a_database_with_data_is_replaced_only_when_told(archive: Path, tmp_path: Path) -> None:
    environment = provided(f"sqlite:///{tmp_path / 'target.sqlite3'}", tmp_path / "media")
    refused = manage(environment, "restore", str(archive))
    assert refused.returncode == 1
    assert "is not empty" in refused.stderr
    assert manage(environment, "restore", str(archive), "--replace").returncode == 0
