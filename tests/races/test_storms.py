"""Writes that get in each other's way, and a process that dies in the middle of them."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.calling import Line, play
from tests.serving import Site, site

from . import parts
from .parts import COMPANIES, PEOPLE, values

REFUSALS = {400, 404, 409}


def make(line: Line, path: str, *names: str) -> list[str]:
    """The ids of new records."""
    return [line.send("POST", f"{path}/add", values(name=name)).content["id"] for name in names]


def test_a_storm_of_archiving_and_renaming(raced: Site, line: Line) -> None:
    names = ("Tempest", "Gale", "Breeze", "Calm")
    records = dict(zip(names, make(line, COMPANIES, *names), strict=True))

    met = sum(play(raced.address, 16, parts.storm, records, 40), Counter[int]())

    assert {200, 201, 204} <= set(met) <= {200, 201, 204} | REFUSALS
    assert raced.differences() == ""


def test_links_are_written_from_both_ends(raced: Site, line: Line) -> None:
    companies = make(line, COMPANIES, *(f"Employer {at}" for at in range(4)))
    people = make(line, PEOPLE, *(f"Person {at}" for at in range(4)))

    met = sum(play(raced.address, 8, parts.link, companies, people, 15), Counter[int]())

    assert met[200] > 0
    assert set(met) <= {200, 409}
    assert raced.differences() == ""


def test_nothing_links_to_a_record_that_is_deleted_for_good_meanwhile(
    raced: Site, line: Line
) -> None:
    headers = dict(raced.address.headers)
    bearer = f"Bearer {headers['X-API-KEY']}"
    types = f"/api/v2/w/{headers['X-BUSINESS-ID']}/data-types"
    data_type = line.send("GET", f"{types}/slug/companies", Authorization=bearer).content["id"]
    doomed = [
        line.send(
            "POST",
            f"{types}/{data_type}/records",
            {"fieldValues": {"name": f"Doomed {at}"}},
            Authorization=bearer,
        )
        for at in range(30)
    ]
    paths = [f"{types}/{data_type}/records/{made.content['id']}" for made in doomed]
    people = make(line, PEOPLE, *(f"Worker {at}" for at in range(8)))

    met = sum(play(raced.address, 8, parts.erase_or_link, paths, people, bearer), Counter[int]())

    assert set(met) <= {200, 400}
    assert raced.differences() == ""


def test_what_was_confirmed_survives_the_death_of_the_process_that_wrote_it(tmp_path: Path) -> None:
    with site(tmp_path, "--workers", "1", "--threads", "16") as crashed:
        (before,) = crashed.workers()
        reached = multiprocessing.get_context("forkserver").Event()
        with ThreadPoolExecutor(1) as aside:
            playing = aside.submit(
                play, crashed.address, 8, parts.write_through_a_crash, 60, reached
            )
            assert reached.wait(60)
            os.kill(before, signal.SIGKILL)
            confirmed = playing.result()
        (after,) = crashed.workers()
        assert after != before
        line = Line(crashed.address)
        for name, version in (pair for of_one in confirmed for pair in of_one.items()):
            found = line.send("GET", f"{COMPANIES}/lookup?identifier={name.replace(' ', '%20')}")
            assert int(found.headers["etag"].strip('"')) >= version
        line.close()
        assert crashed.differences() == ""
