"""`manage.py demo` makes a workspace of real data once, and says how to reach it each time."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import re
import socket
import stat
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import httpx
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from records.exceptions import InvalidInput
from records.management import sample_workspace
from records.models import ApiKey, FieldValue, ImportRun, Record, Workspace
from records.services.storage.integrity import check_records
from records.services.tables.csv_files import open_table
from tests.databases import MANAGE, own_database
from tests.serving import free_port

from .old_databases import manage, old_database, upgrading

Show = Callable[[], str]
# The migrations after it can be taken back, data and all.
BEFORE_THE_NEWEST = "0013_refused_rows"


@pytest.fixture
def demo(db: None, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]) -> Show:
    """Runs the command; what it printed."""
    settings.DATA_DIR = tmp_path / "data"

    def run() -> str:
        call_command("demo", "--no-serve", "--port", str(free_port()))
        return capsys.readouterr().out

    return run


@pytest.fixture
def little_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first lines of the public data."""
    folder = tmp_path / "little"
    folder.mkdir()
    codes = {
        row.cells[1] for row in open_table(sample_workspace.DATA / "strike_airports.csv.gz").rows()
    }
    for name in ("airports", "birdstrikes", "strike_airports"):
        table = open_table(sample_workspace.DATA / f"{name}.csv.gz")
        rows = [row.cells for row in table.rows() if name != "airports" or row.cells[0] in codes]
        lines = [",".join(map(quoted, cells)) for cells in [table.header, *rows[:60]]]
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    monkeypatch.setattr(sample_workspace, "DATA", folder)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def test_all_the_public_data_is_there(demo: Show) -> None:
    printed = demo()

    assert (
        "3,376 airports\n10,000 reports of wildlife strikes, 9,565 of them linked to their "
        "airport\n" in printed
    )
    workspace = Workspace.objects.get()
    live = Record.objects.filter(workspace=workspace)
    counted = {
        name: live.filter(object__name=name).count()
        for name in ("companies", "client_client", "deals")
    }
    assert counted == {"companies": 25, "client_client": 40, "deals": 30}
    assert live.filter(object__name="airports").count() == 3376
    strikes = live.filter(object__name="wildlife_strikes")
    assert strikes.count() == 10_000
    linked = FieldValue.objects.filter(
        workspace=workspace, field__object__name="wildlife_strikes", field__name="airport"
    )
    assert linked.exclude(related_record=None).count() == 9565
    assert strikes.filter(
        display_name="Rock pigeon at Dallas-Fort Worth International (DFW)"
    ).exists()
    kinds = dict(
        workspace.object_types.get(name="wildlife_strikes")
        .fields.filter(is_default=False)
        .values_list("name", "field_type")
    )
    assert kinds == {
        "airport": "relationship",
        "airport_name": "text",
        "aircraft_make_model": "text",
        "effect_amount_of_damage": "dropdown",
        "flight_date": "date",
        "aircraft_airline_operator": "dropdown",
        "origin_state": "dropdown",
        "phase_of_flight": "dropdown",
        "wildlife_size": "dropdown",
        "wildlife_species": "dropdown",
        "time_of_day": "dropdown",
        "cost_other": "money",
        "cost_repair": "money",
        "cost_total": "money",
        "speed_ias_in_knots": "integer",
    }
    assert list(check_records(workspace)) == []


@pytest.mark.usefixtures("little_data")
def test_a_second_run_finds_what_the_first_one_made(demo: Show) -> None:
    first, records = demo(), Record.objects.count()
    second = demo()

    assert re.findall("rec_\\S+", first)[0] in second
    assert (Record.objects.count(), ApiKey.objects.count(), ImportRun.objects.count()) == (
        records,
        2,
        2,
    )


@pytest.mark.usefixtures("little_data")
def test_the_credentials_are_kept_from_others(demo: Show, settings: Settings) -> None:
    demo()

    path = kept_file(settings)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert logs_in(path)


def kept_file(settings: Settings) -> Path:
    (found,) = Path(settings.DATA_DIR).glob("demo-*.json")
    return found


def logs_in(path: Path) -> bool:
    kept = json.loads(path.read_text())
    return Client().login(username=kept["email"], password=kept["password"])


@pytest.mark.usefixtures("little_data")
@pytest.mark.parametrize("kept", [None, "{", '{"workspace_id": 1}'])
def test_credentials_that_are_lost_are_replaced_and_their_key_is_revoked(
    demo: Show, settings: Settings, kept: str | None
) -> None:
    demo()
    path = kept_file(settings)
    if kept is None:
        path.unlink()
    else:
        path.write_text(kept)

    demo()
    assert Workspace.objects.count() == 1
    assert logs_in(path)
    assert ApiKey.objects.filter(name="Demo key", revoked_at=None).count() == 1


def test_demos_on_two_databases_keep_their_credentials(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with own_database(folders[0], "tables") as one, own_database(folders[1], "tables") as two:
        first, second, again = (
            secrets_in(printed_by_a_demo_on(url, tmp_path / "data")) for url in (one, two, one)
        )

    assert again == first != second


def printed_by_a_demo_on(url: str, data: Path) -> str:
    environment = {**os.environ, "RECORDS_ENV": "test", "DATABASE_URL": url, "DATA_DIR": str(data)}
    command = [*MANAGE, "demo", "--no-serve", "--port", str(free_port())]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout


def secrets_in(printed: str) -> list[str]:
    return re.findall(r"rec_[^']+|demo@example\.com   \S+", printed)


@pytest.mark.usefixtures("little_data")
def test_the_file_of_an_older_version_still_counts(demo: Show, settings: Settings) -> None:
    first = demo()
    kept_file(settings).rename(Path(settings.DATA_DIR) / "demo.json")

    assert secrets_in(demo()) == secrets_in(first)


@pytest.mark.usefixtures("little_data")
def test_the_demo_runs_years_later(demo: Show) -> None:
    first = demo()
    with time_machine.travel("2036-02-29 12:00Z"):
        assert secrets_in(demo()) == secrets_in(first)


def test_the_printed_lines_work_when_they_are_pasted(tmp_path: Path) -> None:
    """With a server, a shell and curl of their own."""
    with own_database(tmp_path) as url:
        environment = {
            **os.environ,
            "RECORDS_ENV": "test",
            "DATABASE_URL": url,
            "DATA_DIR": str(tmp_path / "data"),
        }
        with demo_process(environment) as printed:
            pasted = f"set -e\n{printed.partition('another terminal:')[2]}".replace(
                "curl -sS", "echo; curl -sS"
            )
            answered = subprocess.run(
                ["bash", "-c", pasted], capture_output=True, text=True, check=True
            )

    assert answered.stderr == ""
    search, upsert, airport = map(json.loads, answered.stdout.split("\n")[1:])
    assert [len(search["results"]), upsert["action"]] == [3, "created"]
    assert "Dallas-Fort Worth International" in json.dumps(airport)


def test_the_demo_starts_on_the_database_of_older_code(tmp_path: Path) -> None:
    """As after a pull: the database is at the first migration; later, as a demo, at one before the
    newest."""
    with own_database(tmp_path) as url:
        environment, _ = old_database(url)
        first = secrets_in(printed_by_a_demo_on(url, tmp_path / "data"))
        upgrading(environment, "back", BEFORE_THE_NEWEST)
        assert "[ ]" in manage(environment, ["showmigrations", "records"])[0]

        with demo_process({**environment, "DATA_DIR": str(tmp_path / "data")}) as printed:
            assert "[ ]" not in manage(environment, ["showmigrations", "records"])[0]

    assert secrets_in(printed) == first
    assert len(first) == 2


@contextlib.contextmanager
def demo_process(environment: dict[str, str]) -> Iterator[str]:
    """The command, serving until the block ends; what it printed before."""
    port = free_port()
    command = [*MANAGE, "demo", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            printed = "".join(iter_until(process.stdout, "Serving Records at "))
            httpx.get(f"http://127.0.0.1:{port}/healthz").raise_for_status()
            yield printed
        finally:
            process.terminate()
            process.wait(timeout=40)


def iter_until(lines: Iterable[str], last: str) -> Iterator[str]:
    return itertools.takewhile(lambda line: not line.startswith(last), lines)


@pytest.mark.usefixtures("little_data")
def test_data_that_is_refused_stops_the_demo(demo: Show, tmp_path: Path) -> None:
    path = tmp_path / "little" / "airports.csv.gz"
    path.write_bytes(gzip.compress(b"iata,name,latitude\nDFW,Dallas,1\nSMF,a,b,c\n"))

    with pytest.raises(InvalidInput, match="1 rows of airports"):
        demo()


@pytest.mark.django_db
def test_a_port_that_is_taken_is_said_before_anything_is_made() -> None:

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(CommandError, match="Cannot listen"),
    ):
        call_command("demo", "--port", str(taken.getsockname()[1]))
    assert not Workspace.objects.exists()
