"""SQLite's file is removed, replaced or write-protected under a server: what was acknowledged is
never lost."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import connection

from tests.databases import MANAGE, copy_file
from tests.serving import Site, serving, site

from .breaking import without_power
from .visiting import SHAPES, add, agent_upsert, call, search, upsert, workspace_type

if connection.vendor == "sqlite":

    @pytest.fixture
    def served(tmp_path: Path) -> Iterator[Site]:
        with (
            logging_to(tmp_path / "log"),
            site(tmp_path, "--no-worker", "--threads", "2") as started,
        ):
            yield started

    @contextmanager
    def logging_to(path: Path) -> Iterator[None]:
        """What processes that start in the block print on standard error goes to a file."""
        before = os.dup(2)
        with path.open("w") as file:
            os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(before, 2)
            os.close(before)

    @contextmanager
    def visiting(served: Site) -> Iterator[tuple[httpx.Client, str, str]]:
        headers = dict(served.address.headers)
        headers |= {"Authorization": f"Bearer {headers['X-API-KEY']}", "Accept": "application/json"}
        base = f"http://{served.address.host}:{served.address.port}"
        with httpx.Client(base_url=base, headers=headers, timeout=60) as client:
            yield client, headers["X-BUSINESS-ID"], workspace_type(client, headers["X-BUSINESS-ID"])

    def file_of(served: Site) -> Path:
        return Path(served.environment["DATABASE_URL"].removeprefix("sqlite:///"))

    def read_all(client: httpx.Client, business: str, type_path: str) -> dict[str, httpx.Response]:
        return {
            "records": search(client),
            "workspace": client.get(type_path),
            "mcp": call(client, "query_records", business),
        }

    def write_all(client: httpx.Client, business: str, type_path: str) -> dict[str, httpx.Response]:
        return {
            "records": add(client, word()),
            "workspace": upsert(type_path, client, word()),
            "mcp": agent_upsert(business, client, word()),
        }

    def word() -> str:
        return f"word{uuid4().hex}"

    def is_carried_out(answer: httpx.Response) -> bool:
        return answer.status_code in (200, 201) and '"isError":true' not in answer.text

    def check_refused(answers: dict[str, httpx.Response], words: str) -> None:
        for name, answer in answers.items():
            told = answer.text
            if answer.status_code == 200:  # a tool's result, which an agent reads
                assert name == "mcp"
                assert '"isError":true' in told
            else:
                assert answer.status_code == 503, told
                assert int(answer.headers["Retry-After"]) > 0
                assert SHAPES[name] <= answer.json().keys()
            assert words in told
            assert "sqlite3" not in told  # no path of the server

    def kept(served: Site, names: list[str]) -> list[str]:
        with closing(sqlite3.connect(file_of(served))) as reader:
            found = {row[0] for row in reader.execute("SELECT display_name FROM records_record")}
        return [name for name in names if name not in found]

    def test_a_removed_file_is_503_until_it_is_back(served: Site, tmp_path: Path) -> None:
        path, aside = file_of(served), file_of(served).with_name("aside")
        with visiting(served) as visitor:
            client = visitor[0]
            assert all(map(is_carried_out, write_all(*visitor).values()))
            path.rename(aside)

            check_refused(write_all(*visitor), "database file was moved")
            check_refused(read_all(*visitor), "database file was moved")
            assert client.get("/readyz").status_code == 503
            assert client.get("/admin/login/").status_code in (200, 503)
            assert client.get("/healthz").status_code == 200
            assert not path.exists()

            aside.rename(path)
            assert client.get("/readyz").status_code == 200
            assert all(
                map(is_carried_out, (*write_all(*visitor).values(), *read_all(*visitor).values()))
            )
        assert (
            f"Answered as unavailable: the database file {path} is missing."
            in (tmp_path / "log").read_text()
        )

    def test_a_replaced_file_is_neither_read_nor_written(served: Site, tmp_path: Path) -> None:
        path, copy = file_of(served), file_of(served).with_name("copy")
        with visiting(served) as visitor:
            assert all(map(is_carried_out, write_all(*visitor).values()))
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
            before = copy.read_bytes()
            old = path.rename(path.with_name("old"))
            copy.rename(path)

            check_refused(write_all(*visitor), "database file was moved")
            check_refused(read_all(*visitor), "database file was moved")
            assert visitor[0].get("/readyz").status_code == 503
            assert path.read_bytes() == before

            path.unlink()
            old.rename(path)
            assert all(
                map(is_carried_out, (*write_all(*visitor).values(), *read_all(*visitor).values()))
            )
        assert "was replaced by another file; stop Records" in (tmp_path / "log").read_text()

    def test_no_process_of_the_server_takes_another_file(served: Site) -> None:
        path = file_of(served)
        (worker,) = served.workers()
        path.rename(path.with_name("old"))
        copy_file(path, "tables")
        os.kill(worker, 9)
        base = f"http://{served.address.host}:{served.address.port}"
        with httpx.Client(base_url=base, transport=httpx.HTTPTransport(retries=8)) as client:
            statuses: set[int] = set()
            while not statuses:
                try:
                    statuses.add(client.get("/readyz").status_code)
                except httpx.TransportError:
                    continue
        assert statuses == {503}

    @pytest.mark.parametrize(
        "command", [["doctor"], ["check_records"], ["serve", "--no-worker"], ["worker", "--batch"]]
    )
    def test_only_migrate_makes_a_file(tmp_path: Path, command: list[str]) -> None:
        path = tmp_path / "records.sqlite3"
        environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": f"sqlite:///{path}"}
        done = subprocess.run(
            [*MANAGE, *command], env=environment, capture_output=True, text=True, check=False
        )

        assert done.returncode != 0
        assert "Run `manage.py migrate` first" in done.stdout + done.stderr
        assert not path.exists()

    def test_a_write_protected_file_is_read_and_refuses_writes(
        served: Site, tmp_path: Path
    ) -> None:
        """As another user sees it, who is not root; it is opened after it was protected."""
        protected = tmp_path / "protected.sqlite3"
        with (
            closing(sqlite3.connect(file_of(served))) as source,
            closing(sqlite3.connect(protected)) as target,
        ):
            source.backup(target)
        protected.chmod(0o444)
        environment = {**served.environment, "DATABASE_URL": f"sqlite:///{protected}"}
        address = served.address
        served.process.terminate()
        served.process.wait()
        manage: Any = [*without_power(), *MANAGE]
        with (
            serving(
                environment, address, "--no-worker", "--threads", "2", manage=manage
            ) as process,
            visiting(Site(address, environment, process, {})) as visitor,
        ):
            assert all(map(is_carried_out, read_all(*visitor).values()))
            check_refused(write_all(*visitor), "is read-only")
            assert visitor[0].get("/readyz").status_code == 200
