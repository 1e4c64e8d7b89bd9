"""Clauses on when records entered and left the stages of a pipeline, against a plain reading of the
ledger."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from records.models import Record
from records.services.operations.selection import find_uuids
from records.services.search.aggregates import AggregateRequest
from records.services.search.groups import aggregate_records
from records.services.search.operators import parse_filter
from records.services.search.pages import SearchRequest
from records.services.writing.save_requests import Mode
from tests.factories import (
    Caller,
    FieldDefinition,
    archive,
    change_record,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
)
from tests.services.acting import cost, found, invalid_at, save, search

ZONE = ZoneInfo("America/New_York")
START = datetime(2024, 3, 1, 12, tzinfo=ZONE)
STAGES = ("New", "In progress", "Won", "Lost")
COMPARED = {
    "=": date.__eq__,
    "!=": date.__ne__,
    "<": date.__lt__,
    "<=": date.__le__,
    ">": date.__gt__,
    ">=": date.__ge__,
}
MOVES = {"entered_stage": 1, "left_stage": 0}


@pytest.fixture
def deals(db: None) -> Caller:
    """Deals of a workspace in New York, where nothing has happened yet."""
    workspace = make_workspace(time_zone=ZONE.key)
    make_object(workspace, "Deals", FieldDefinition("Pieces", "integer"), object_type="pipeline")
    return workspace


def clause(condition: str, stage: Any, comparison: Any, value: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "fields_v2",
        "subtype": "non_custom",
        "field": "stage",
        "overwrite": {"type": "stage"},
        "condition": condition,
        "value": stage,
        "comparison_condition": comparison,
        "comparison_value": value,
        **more,
    }


def since(stage: Any, comparison: Any, value: Any, unit: Any = "days") -> dict[str, Any]:
    return clause("time_in_stage", stage, comparison, value, comparison_type=unit)


def names(caller: Caller, *clauses: Any, **asked: Any) -> list[str]:
    asked.setdefault("ordering", ("name",))
    page = search(caller, "deals", query=[{"filters": list(clauses)}], **asked)
    if page.count is not None:
        assert page.count == len(page.views)
    return [view.display_name for view in page.views]


# ---------------------------------------------------------------- moves


def test_a_record_is_found_by_the_day_it_last_entered_or_left_a_stage(deals: Caller) -> None:
    with time_machine.travel(START, tick=False) as clock:
        uuid = make_record(deals, "deals", name="Deal", stage="New").record.uuid
        for stage in ("Won", "New", "Won"):
            clock.shift(timedelta(days=2))
            change_record(deals, "deals", uuid, stage=stage)
    expected = {
        ("entered_stage", "New"): "2024-03-05",
        ("left_stage", "New"): "2024-03-07",
        ("entered_stage", "Won"): "2024-03-07",
        ("left_stage", "Won"): "2024-03-05",
    }
    for (condition, stage), day in expected.items():
        assert names(deals, clause(condition, stage, "=", day)) == ["Deal"]
        assert names(deals, clause(condition, stage, "!=", day)) == []
    for comparison in COMPARED:  # it was never there
        assert names(deals, clause("entered_stage", "Lost", comparison, "2024-03-05")) == []


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-03-10T04:59:59.999999Z", "2024-03-09"),
        ("2024-03-10T05:00:00Z", "2024-03-10"),
        ("2024-03-11T03:59:59Z", "2024-03-10"),  # the day the clocks go forward has 23 hours
        ("2024-03-11T04:00:00Z", "2024-03-11"),
        ("2024-11-04T04:59:59Z", "2024-11-03"),  # and this one 25
    ],
)
def test_days_are_those_of_the_workspace(deals: Caller, moment: str, day: str) -> None:
    with time_machine.travel(datetime.fromisoformat(moment), tick=False):
        make_record(deals, "deals", name="Deal", stage="New")
    around = [date.fromisoformat(day) + timedelta(days=shift) for shift in (-1, 0, 1)]
    for (comparison, compare), other in product(COMPARED.items(), around):
        met = compare(date.fromisoformat(day), other)
        sent = clause("entered_stage", "New", comparison, other.isoformat())
        assert names(deals, sent) == (["Deal"] if met else []), (comparison, other)
        # A moment stands for its day.
        noon = datetime(other.year, other.month, other.day, 23, tzinfo=ZONE).isoformat()
        sent = clause("entered_stage", "New", comparison, noon)
        assert names(deals, sent) == (["Deal"] if met else []), (comparison, noon)


def test_time_in_a_stage_counts_from_the_last_entry_and_ends_with_it(deals: Caller) -> None:
    with time_machine.travel(START, tick=False) as clock:
        old = make_record(deals, "deals", name="Old", stage="New").record.uuid
        gone = make_record(deals, "deals", name="Gone", stage="New").record.uuid
        clock.shift(timedelta(days=4))
        make_record(deals, "deals", name="Young", stage="New")
        change_record(deals, "deals", gone, stage="Lost")
        clock.shift(timedelta(days=1))
        assert names(deals, since("New", ">", "5")) == []  # not more: exactly
        clock.shift(timedelta(seconds=1))
        assert names(deals, since("New", ">", "5")) == ["Old"]
        assert names(deals, since("New", ">", 0)) == ["Old", "Young"]
        assert names(deals, since("New", "<", "5")) == ["Young"]
        assert names(deals, since("Lost", "<", "2")) == ["Gone"]
        change_record(deals, "deals", old, stage="Won")
        change_record(deals, "deals", old, stage="New")
        assert names(deals, since("New", "<", "5")) == ["Old", "Young"]


# ---------------------------------------------------------------- the oracle


class Moved:
    """Records that moved at random, and what their ledgers say."""

    def __init__(self, caller: Caller, rng: random.Random) -> None:
        self.caller, self.rng = caller, rng
        self.uuids: dict[str, str] = {}
        field = caller.schema("deals").stage_field
        assert field is not None
        self.key = str(field.id)
        self.options = {option.name: option.id for option in field.options.values()}
        with time_machine.travel(START, tick=False) as clock:
            for at in range(12):
                self.make(f"deal {at:02}")
                clock.shift(timedelta(hours=rng.randrange(20)))
            for _ in range(60):
                clock.shift(timedelta(minutes=rng.randrange(900)))
                self.act()
            self.now = datetime.now(UTC)

    def make(self, name: str) -> None:
        stage = self.rng.choice(STAGES)
        self.uuids[name] = make_record(self.caller, "deals", name=name, stage=stage).record.uuid

    def act(self) -> None:
        uuid = self.rng.choice(list(self.uuids.values()))
        record = Record.objects.get(workspace=self.caller.workspace, uuid=uuid)
        if record.state == "archived":
            save(self.caller, "deals", Mode.UNARCHIVE, uuid)
        elif self.rng.random() < 0.1:
            archive(self.caller, "deals", uuid)
        elif self.rng.random() < 0.2:
            change_record(self.caller, "deals", uuid, pieces=self.rng.randrange(9))
        else:
            change_record(self.caller, "deals", uuid, stage=self.rng.choice(STAGES))

    def expected(self, sent: dict[str, Any], *, archived: bool) -> list[str]:
        state = "archived" if archived else "active"
        held = Record.objects.filter(workspace=self.caller.workspace, state=state)
        rows = {str(row.uuid): row for row in held.filter(uuid__in=self.uuids.values())}
        return [
            name for name, uuid in self.uuids.items() if uuid in rows and self.met(rows[uuid], sent)
        ]

    def met(self, record: Record, sent: dict[str, Any]) -> bool:
        stage = self.options[sent["value"]]
        entered, left = (self.last(record, stage, at) for at in (1, 0))
        if sent["condition"] == "time_in_stage":
            if record.values.get(self.key) != stage or entered is None:
                return False
            limit = timedelta(days=int(sent["comparison_value"]))
            spent = self.now - entered
            return spent > limit if sent["comparison_condition"] == ">" else spent < limit
        when = entered if sent["condition"] == "entered_stage" else left
        if when is None:
            return False
        day = when.astimezone(ZONE).date()
        return bool(
            COMPARED[sent["comparison_condition"]](
                day, date.fromisoformat(sent["comparison_value"])
            )
        )

    def last(self, record: Record, stage: int, at: int) -> datetime | None:
        times = [
            row.history_date
            for row in record.history.order_by("version")
            if row.changes.get(self.key, [None, None])[at] == stage
        ]
        return times[-1] if times else None

    def clauses(self) -> Iterator[dict[str, Any]]:
        days = [(START + timedelta(days=shift)).date().isoformat() for shift in range(0, 26, 6)]
        yield from (clause(*each) for each in product(MOVES, STAGES, COMPARED, days))
        yield from (since(*each) for each in product(STAGES, "<>", ("0", "3", "12", "30")))


@pytest.mark.parametrize("seed", range(2))
def test_random_moves_are_found_as_the_ledger_tells_them(deals: Caller, seed: int) -> None:
    rng = random.Random(seed)
    moved = Moved(deals, rng)
    sent = list(moved.clauses())
    with time_machine.travel(moved.now, tick=False):
        for each in rng.sample(sent, 60):
            for archived in (False, True):
                expected = moved.expected(each, archived=archived)
                assert names(deals, each, archived=archived) == expected, each
        for one, other in (rng.sample(sent, 2) for _ in range(20)):
            both = [moved.expected(each, archived=False) for each in (one, other)]
            assert names(deals, one, other) == sorted(set(both[0]) & set(both[1]))
            assert names(deals, one, other, match_all=True, ordering=("-name",)) == sorted(
                set(both[0]) & set(both[1]), reverse=True
            )
            page = search(
                deals,
                "deals",
                query=[{"and": False, "filters": [one, other]}],
                ordering=("stage", "name"),
            )
            assert {view.display_name for view in page.views} == set(both[0]) | set(both[1])


# ---------------------------------------------------------------- around it


def test_figures_and_bulk_selections_take_the_same_clauses(deals: Caller) -> None:
    for at, stage in enumerate(("New", "Won", "Won")):
        make_record(deals, "deals", name=f"deal {at}", stage=stage, pieces=10 + at)
    sent = since("Won", "<", "1")
    asked = AggregateRequest(
        SearchRequest((), query=[{"filters": [sent]}]),
        aggregate=[{"function": "count"}, {"function": "sum", "field": "pieces"}],
    )
    (group,) = aggregate_records(deals.author, deals.schema("deals"), asked).groups
    assert (group.figures["count"], group.figures["sum_pieces"]) == (2, 23)
    chosen = SearchRequest((), query=[{"filters": [sent]}])
    assert len(find_uuids(deals.author, deals.schema("deals"), chosen, 10)) == 2


def test_archived_and_foreign_records_are_not_counted(deals: Caller) -> None:
    kept = make_record(deals, "deals", name="Kept", stage="New").record.uuid
    archive(deals, "deals", make_record(deals, "deals", name="Gone", stage="New").record.uuid)
    clerk = make_member(deals, "clerk@example.com", {"deals": {"view": "own", "create": True}})
    make_record(clerk, "deals", name="Mine", stage="New")
    sent = since("New", "<", "1")
    assert names(deals, sent) == ["Kept", "Mine"]
    assert names(deals, sent, archived=True) == ["Gone"]
    assert names(clerk, sent) == ["Mine"]
    assert kept


@pytest.mark.parametrize(
    ("op", "comparison", "value", "expected"),
    [
        ("time_in_stage", ">", 3, ["Old"]),
        ("time_in_stage", "<", "3", ["Young"]),
        ("entered_stage", "=", "2024-03-01", ["Old"]),
        ("entered_stage", ">", "2024-03-01", ["Young"]),
        ("left_stage", ">", "2024-03-01", []),
    ],
)
def test_filters_with_operators_ask_the_same(
    deals: Caller, op: str, comparison: str, value: Any, expected: list[str]
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        make_record(deals, "deals", name="Old", stage="New")
        clock.shift(timedelta(days=4))
        make_record(deals, "deals", name="Young", stage="New")
        asked = {"stage": "New", "comparison_condition": comparison, "comparison_value": value}
        assert by_operator(deals, op, asked) == expected


def by_operator(caller: Caller, op: str, value: Any, field: str = "stage") -> list[str]:
    sent = {"field": field, "op": op, "value": value}
    node = parse_filter(caller.author, caller.schema("deals"), {"and": [sent]}).node
    page = search(caller, "deals", query=node, ordering=("name",))
    return [view.display_name for view in page.views]


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (None, ()),
        ("New", ()),
        ({"stage": "New", "days": 3}, ()),
        ({"comparison_condition": ">", "comparison_value": 3}, ("stage",)),
        ({"stage": "New", "comparison_value": 3}, ("comparison_condition",)),
        ({"stage": "New", "comparison_condition": ">"}, ("comparison_value",)),
    ],
)
def test_a_wrong_value_of_an_operator_is_refused_at_its_place(
    deals: Caller, value: Any, part: tuple[str, ...]
) -> None:
    refused = invalid_at(by_operator, deals, "time_in_stage", value)
    assert refused[0] == ("filter", "and", 0, "value", *part)
    assert invalid_at(by_operator, deals, "time_in_stage", value, "name")[0][-1] == "op"


def test_linked_records_are_filtered_by_their_stages(deals: Caller) -> None:
    make_object(deals, "Firms")
    make_relation(deals, "firms", "Deal", "deals", "primary", "Firms")
    uuid = make_record(deals, "deals", name="Deal", stage="Won").record.uuid
    make_record(deals, "firms", name="Firm", deal=uuid)
    make_record(deals, "firms", name="Other")
    for stage, expected in (("Won", ["Firm"]), ("New", [])):
        linked = {
            "type": "related_object",
            "field_id": "deal",
            "condition": "custom_filter",
            "value": {"query": [{"filters": [since(stage, "<", "1")]}]},
        }
        page = search(deals, "firms", query=[{"filters": [linked]}])
        assert [view.display_name for view in page.views] == expected


def test_the_number_of_statements_does_not_depend_on_the_records(deals: Caller) -> None:
    sent = since("New", "<", "1")
    make_record(deals, "deals", name="first", stage="New")
    names(deals, sent)
    before = cost(names, deals, sent)
    for at in range(5):
        make_record(deals, "deals", name=f"deal {at}", stage="New")
    assert cost(names, deals, sent) == before


NO_DAYS: list[Any] = [None, "", "x", "-1", -1, 1.5, True, [], "99999", 10**30, "٣"]
NO_STAGES: list[Any] = [None, "Nowhere", "", 7, [], {}, "\x00"]
NO_DATES: list[Any] = [
    *(None, "", 5, [], "2024-02-30", "05.03.2024", "9999-99-99"),
    *("2024-03-05T99:00", "x" * 10_000, "9999-12-31"),
]
HOSTILE: list[tuple[dict[str, Any], str]] = [
    (since("New", "=", "5"), "comparison_condition"),
    (since("New", None, "5"), "comparison_condition"),
    (since("New", [">"], "5"), "comparison_condition"),
    (since("New", ">", "5", "weeks"), "comparison_type"),
    (since("New", ">", "5", None), "comparison_type"),
    (clause("time_in_stage", "New", ">", "5"), "comparison_type"),
    *((since("New", ">", value), "comparison_value") for value in NO_DAYS),
    *((since(stage, ">", "5"), "value") for stage in NO_STAGES),
    (clause("entered_stage", "New", "~", "2024-03-05"), "comparison_condition"),
    (clause("entered_stage", "New", {}, "2024-03-05"), "comparison_condition"),
    (clause("left_stage", "New", "=", "2024-03-05", comparison_type="days"), "comparison_type"),
    *((clause("entered_stage", "New", "=", day), "comparison_value") for day in NO_DATES),
    (clause("entered_stage", None, "=", "2024-03-05"), "value"),
]


@pytest.mark.parametrize(("sent", "part"), HOSTILE)
def test_a_wrong_clause_is_refused_at_its_place(
    deals: Caller, sent: dict[str, Any], part: str
) -> None:
    place, _ = invalid_at(names, deals, sent)
    assert place == ("query", 0, "filters", 0, part)


@pytest.mark.parametrize("day", ["0001-01-02", "9999-12-30"])
def test_the_ends_of_the_calendar_are_days(deals: Caller, day: str) -> None:
    make_record(deals, "deals", name="Deal", stage="New")
    met = [c for c in COMPARED if names(deals, clause("entered_stage", "New", c, day))]
    assert met == (["!=", ">", ">="] if day < "2000" else ["!=", "<", "<="])


def test_only_the_field_stage_of_a_pipeline_has_these_conditions(deals: Caller) -> None:
    make_object(deals, "Things")
    make_record(deals, "things", name="Thing")
    sent = clause("entered_stage", "New", "=", "2024-03-05") | {"field": "name"}
    del sent["overwrite"]
    asked = [{"filters": [sent]}]
    assert invalid_at(search, deals, "things", query=asked)[0][-2:] == ("filters", 0)
    plain = {"field": "stage", "condition": "=", "value": "New", "comparison_value": "5"}
    assert invalid_at(names, deals, plain)[0] == ("query", 0, "filters", 0)


def test_a_hidden_stage_is_unknown(deals: Caller) -> None:
    clerk = make_member(
        deals, "clerk@example.com", {"deals": {"view": "all"}}, hidden=[("deals", "stage")]
    )
    assert invalid_at(names, clerk, since("New", "<", "1")) == (
        ("query", 0, "filters", 0, "field"),
        "does_not_exist",
    )
    assert found(clerk, "deals") == []
