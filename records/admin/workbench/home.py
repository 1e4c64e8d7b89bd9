"""The start page: the objects with their records, the changes of the last days, running jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from records.admin.choosing import get_visitor
from records.admin.navigation import list_objects, list_set_up, object_link
from records.models import ObjectType, Source
from records.services.access import Author
from records.services.jobs import SoughtJobs, list_jobs
from records.services.reading import AT_MOST, ObjectCount, count_objects
from records.services.undoing import COUNTED, DailyChanges, count_daily_changes

from .history import interface_text
from .jobs import show_job
from .operations import recent_operations

DAYS = 14
RUNNING = 5  # jobs that are shown
HEIGHT, WIDTH, GAP = 100, 40, 8  # of the highest bar, and of each day


@dataclass(frozen=True, slots=True)
class Card:
    """An object on the start page; `trash` is blank where nothing is in it."""

    object: ObjectType
    link: Mapping[str, Any]
    records: str
    trash: str
    trash_link: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a day's bar: how many changes through which interface; `colour` counts from 1."""

    x: int
    y: float
    height: float
    colour: int
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The changes of each day by interface, as bars and as a table."""

    bars: Sequence[Bar]
    labels: Sequence[tuple[int, str]]
    legend: Sequence[tuple[int, str, str]]
    days: Sequence[tuple[str, str, Sequence[str]]]
    width: int
    bar_width: int
    note: str


def start_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the start page shows: the objects and the set-up pages that the visitor may open."""
    visitor = get_visitor(request)
    shown = {
        **context,
        "title": visitor.workspace.name if visitor.workspace is not None else "Records",
        "set_up": list_set_up(request),
        "visitor": visitor,
    }
    if visitor.member is None:
        return shown
    author = visitor.author()
    return {
        **shown,
        "cards": _cards(author, list_objects(request)),
        "operations": recent_operations(author),
        "jobs": [show_job(author, job) for job in _running(author)],
        "chart": _chart(count_daily_changes(author, DAYS)),
    }


def _running(author: Author) -> list[Any]:
    return list_jobs(author, SoughtJobs(finished=False), limit=RUNNING)[1]


def _cards(author: Author, rows: Sequence[ObjectType]) -> list[Card]:
    """The objects, pinned ones first; each part stays in its order."""
    schemas = [author.directory.schema(row.id) for row in rows]
    counts = count_objects(author, [schema for schema in schemas if schema.external is None])
    return [
        _card(row, counts.get(row.id)) for row in sorted(rows, key=lambda row: not row.is_pinned)
    ]


def _card(row: ObjectType, count: ObjectCount | None) -> Card:
    if count is None:  # of another system
        return Card(row, object_link(row), "In another system", "", "")
    return Card(
        row,
        object_link(row),
        "1 record" if count.live == 1 else f"{_number(count.live)} records",
        f"{_number(count.trash)} in the trash" if count.trash else "",
        reverse("admin:trash", args=[row.uuid]),
    )


def _number(count: int) -> str:
    return f"{AT_MOST:,}+" if count > AT_MOST else f"{count:,}"


def _chart(changes: DailyChanges) -> Chart | None:
    """None where nothing was changed."""
    used = [
        source for source in Source if any(source in counts for counts in changes.days.values())
    ]
    if not used:
        return None
    colours = {source: list(Source).index(source) + 1 for source in used}
    highest = max(sum(counts.values()) for counts in changes.days.values())
    bars: list[Bar] = []
    for at, (day, counts) in enumerate(changes.days.items()):
        bars += _bars(at, day, counts, colours, highest)
    step = WIDTH + GAP
    return Chart(
        bars=bars,
        labels=[(at * step + WIDTH // 2, _label(at, day)) for at, day in enumerate(changes.days)],
        legend=[(colours[source], _name(source), _total(changes, source)) for source in used],
        days=[
            (
                day.isoformat(),
                f"{sum(counts.values()):,}",
                [f"{counts.get(source, 0):,}" for source in used],
            )
            for day, counts in reversed(list(changes.days.items()))
        ],
        width=len(changes.days) * step - GAP,
        bar_width=WIDTH,
        note="" if changes.whole else f"Of the newest {COUNTED:,} changes.",
    )


def _label(at: int, day: date) -> str:
    """The number of the day, with the month where one begins."""
    return f"{day:%b} {day.day}" if at == 0 or day.day == 1 else str(day.day)


def _bars(
    at: int,
    day: date,
    counts: Mapping[Source, int],
    colours: Mapping[Source, int],
    highest: int,
) -> list[Bar]:
    """The parts of one day's bar, from the bottom up."""
    bars, top = [], float(HEIGHT)
    for source, colour in colours.items():
        if count := counts.get(source, 0):
            height = round(HEIGHT * count / highest, 2)
            top -= height
            title = f"{day.isoformat()}: {count:,} through {_name(source)}"
            bars.append(Bar(at * (WIDTH + GAP), round(top, 2), height, colour, title))
    return bars


def _name(source: Source) -> str:
    return interface_text(source, with_key=False)


def _total(changes: DailyChanges, source: Source) -> str:
    return f"{sum(counts.get(source, 0) for counts in changes.days.values()):,}"
