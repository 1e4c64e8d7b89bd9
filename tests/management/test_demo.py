"""`manage.py demo` makes a workspace of real data once, and says how to reach it each time."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import socket
import stat
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from records.exceptions import InvalidInput
from records.management import sample_workspace
from records.models import ApiKey, FieldValue, ImportRun, Record, Workspace
from records.services.importing import open_table
from records.services.integrity import check_records
from tests.management.test_serve import free_port

Show = Callable[[], str]


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
    codes = {row.cells[1] for row in open_table(sample_workspace.DATA / "strike_airports.csv.gz").rows()}
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

    assert "3,376 airports\n10,000 reports of wildlife strikes, 9,565 of them linked to their airport\n" in printed
    workspace = Workspace.objects.get()
    live = Record.objects.filter(workspace=workspace)
    counted = {name: live.filter(object__name=name).count() for name in ("companies", "client_client", "deals")}
    assert counted == {"companies": 25, "client_client": 40, "deals": 30}
    assert live.filter(object__name="airports").count() == 3376
    strikes = live.filter(object__name="wildlife_strikes")
    assert strikes.count() == 10_000
    linked = FieldValue.objects.filter(
        workspace=workspace, field__object__name="wildlife_strikes", field__name="airport"
    )
    assert linked.exclude(related_record=None).count() == 9565
    assert strikes.filter(display_name="Rock pigeon at Dallas-Fort Worth International (DFW)").exists()
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
    assert (Record.objects.count(), ApiKey.objects.count(), ImportRun.objects.count()) == (records, 2, 2)


@pytest.mark.usefixtures("little_data")
def test_the_credentials_are_kept_from_others(demo: Show, settings: Settings) -> None:
    demo()

    path: Path = settings.DATA_DIR / "demo.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Client().login(**{name: json.loads(path.read_text())[key] for name, key in LOGIN.items()})


LOGIN = {"username": "email", "password": "password"}


@pytest.mark.usefixtures("little_data")
@pytest.mark.parametrize("kept", [None, "{", '{"workspace_id": 1}'])
def test_credentials_that_are_lost_are_made_anew(demo: Show, settings: Settings, kept: str | None) -> None:
    demo()
    path: Path = settings.DATA_DIR / "demo.json"
    if kept is None:
        path.unlink()
    else:
        path.write_text(kept)

    demo()
    assert Workspace.objects.count() == 1
    assert Client().login(**{name: json.loads(path.read_text())[key] for name, key in LOGIN.items()})


@pytest.mark.usefixtures("little_data")
def test_credentials_of_another_database_are_made_anew(demo: Show, settings: Settings) -> None:
    demo()
    path: Path = settings.DATA_DIR / "demo.json"
    foreign = {**json.loads(path.read_text()), "workspace_id": "00000000-0000-7000-8000-000000000000"}
    path.write_text(json.dumps(foreign))

    assert foreign["api_key"] not in demo()


@pytest.mark.usefixtures("little_data")
def test_the_printed_requests_work_when_they_are_pasted(demo: Show) -> None:
    answers = [ask(line) for line in demo().splitlines() if line.strip().startswith("curl")]

    assert [status for status, _ in answers] == [200, 201, 200]
    search, upsert, history = (body for _, body in answers)
    assert search["count"] > 0
    assert upsert["action"] == "created"
    assert history["results"][0]["action"] == "created"


def ask(command: str) -> tuple[int, Any]:
    """Send what a curl command line asks for."""
    words = shlex.split(command)
    options: dict[str, list[str]] = {"-H": [], "-d": []}
    for option, value in pairwise(words):
        if option in options:
            options[option].append(value)
    headers = dict(header.split(": ", 1) for header in options["-H"])
    path = "/" + words[-1].split("/", 3)[3]
    if options["-d"]:
        answer = Client().post(path, options["-d"][0], content_type="application/json", headers=headers)
    else:
        answer = Client().get(path, headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.usefixtures("little_data")
def test_data_that_is_refused_stops_the_demo(demo: Show, tmp_path: Path) -> None:
    path = tmp_path / "little" / "airports.csv.gz"
    path.write_bytes(gzip.compress(b"iata,name,latitude\nDFW,Dallas,1\nSMF\n"))

    with pytest.raises(InvalidInput, match="1 rows of airports"):
        demo()


@pytest.mark.django_db
def test_a_port_that_is_taken_is_said_before_anything_is_made() -> None:

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(CommandError, match="Cannot listen"):
        call_command("demo", "--port", str(taken.getsockname()[1]))
    assert not Workspace.objects.exists()
