"""What can be asked of each type of field, and how everything else is refused: at once, each problem at
its place."""

from __future__ import annotations

from typing import Any

import pytest

from records.exceptions import InvalidInput
from records.field_types import field_types
from records.services.search import (
    FUNCTIONS,
    PERIODS,
    AggregateRequest,
    SearchRequest,
    aggregate_records,
    aggregates_of,
    groups_of,
)
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    make_member,
    make_object,
    make_record,
    make_relation,
    make_workspace,
)

COUNT, DISTINCT = "count", "count distinct"
COMPARED, SUMMED = f"{DISTINCT} min max", f"{DISTINCT} min max sum avg"
BY_VALUE, BY_PERIOD = "value", "periods"
OPTIONS = [OptionDefinition("One"), OptionDefinition("Two")]
# Of each type: the functions, by what records are grouped, a value, and what a group of it shows.
TYPES: dict[str, tuple[str, str, Any, Any]] = {
    "text": (DISTINCT, BY_VALUE, "Ö b", "Ö b"),
    "email": (DISTINCT, BY_VALUE, "A@example.com", "A@example.com"),
    "phonenumber": (DISTINCT, BY_VALUE, "+12015550123", "+12015550123"),
    "timezone": (DISTINCT, BY_VALUE, "Europe/Paris", "Europe/Paris"),
    "zip_code": (DISTINCT, BY_VALUE, "12345", "12345"),
    "formula": (DISTINCT, BY_VALUE, None, "x"),
    "longtext": (COUNT, "", "Long", None),
    "wysiwyg": (COUNT, "", "<p>Long</p>", None),
    "json": (COUNT, "", {"a": 1}, None),
    "files": (COUNT, "", None, None),
    "integer": (SUMMED, BY_VALUE, 7, 7),
    "decimal": (SUMMED, BY_VALUE, 0.5, 0.5),
    "money": (SUMMED, BY_VALUE, 9.5, {"currency": "USD", "symbol": "$", "amount": 9.5}),
    "rating": (SUMMED, BY_VALUE, 3, 3),
    "time": (COMPARED, BY_VALUE, "09:30:01", "09:30:01"),
    "date": (COMPARED, BY_PERIOD, "2026-05-17", "2026-05-17"),
    "datetime": (COMPARED, BY_PERIOD, "2026-05-17T23:00:00Z", "2026-05-18"),
    "checkbox": (DISTINCT, BY_VALUE, True, True),
    "dropdown": (DISTINCT, BY_VALUE, "One", "One"),
    "radio": (DISTINCT, BY_VALUE, "One", "One"),
    "status": (DISTINCT, BY_VALUE, "One", "One"),
    "choices": (DISTINCT, BY_VALUE, "One", "One"),
    "selector": (DISTINCT, BY_VALUE, "One", "One"),
    "yesnomaybe": (DISTINCT, BY_VALUE, "Yes", "Yes"),
    "checkboxes": (DISTINCT, BY_VALUE, ["One"], "One"),
    "dynamictags": (DISTINCT, BY_VALUE, ["New"], "New"),
    "team_selector": (DISTINCT, BY_VALUE, "is_me", "admin@example.com"),
    "relationship": (DISTINCT, BY_VALUE, {"name": "Here"}, "Here"),
}
CHOSEN = ("dropdown", "radio", "status", "choices", "selector", "checkboxes")
SETTINGS = {"formula": {"formula_options": {"expression": "'x'"}}}


@pytest.fixture
def everything(db: None) -> Caller:
    """An object with a field of each type, and one record; its zone is east of UTC."""
    admin = make_workspace(time_zone="Europe/Paris")
    make_object(admin, "Places", FieldDefinition("City", "text"))
    fields = [
        FieldDefinition(
            kind, kind, options=OPTIONS if kind in CHOSEN else (), settings=SETTINGS.get(kind, {})
        )
        for kind in TYPES
        if kind != "relationship"
    ]
    make_object(admin, "Things", *fields, identifier_field=None)
    make_relation(admin, "things", "relationship", "places", "primary", "Things")
    make_relation(admin, "things", "Seen", "places", "additional", "Seen by")
    make_record(admin, "places", name="Here", city="Oslo")
    values = {kind: value for kind, (_, _, value, _) in TYPES.items() if value is not None}
    make_record(admin, "things", **values)
    return admin


def ask(
    caller: Caller, aggregate: Any = None, group_by: Any = None, **more: Any
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    any_name = more.pop("any_name", False)
    request = AggregateRequest(
        SearchRequest(fields=(), **more), aggregate, group_by, any_name=any_name
    )
    page = aggregate_records(caller.author, caller.schema("things"), request)
    return [(group.values, group.figures) for group in page.groups]


def refused(caller: Caller, aggregate: Any = None, group_by: Any = None, **more: Any) -> str:
    with pytest.raises(InvalidInput) as refusal:
        ask(caller, aggregate, group_by, **more)
    return refusal.value.detail


def test_the_table_has_every_type() -> None:
    assert TYPES.keys() == set(field_types)


def test_each_type_takes_its_functions_and_refuses_the_others(everything: Caller) -> None:
    for kind, (known, _, value, _) in TYPES.items():
        for function in FUNCTIONS:
            sent = [{"function": function, "field": kind, "as": "it"}]
            if function in known.split():
                ((_, figures),) = ask(everything, sent)
                if function in ("count", "distinct"):
                    assert figures == {"it": int(value is not None or kind == "formula")}, kind
                else:
                    assert figures["it"] is not None, kind
            else:
                assert refused(everything, sent) == (
                    f"aggregate[0].function: '{kind}' ({kind}) takes {', '.join(known.split())}."
                )


def test_each_type_makes_its_groups(everything: Caller) -> None:
    for kind, (_, by, _value, shown) in TYPES.items():
        if not by:
            message = f"group_by[0].field: records cannot be grouped by '{kind}' ({kind})."
            assert refused(everything, None, [kind]) == message
            continue
        ((values, figures),) = ask(everything, None, [kind])
        told = values[kind]
        if isinstance(shown, str) and isinstance(told, dict):
            told = told.get("name") or told["email"]
        assert (told, figures) == (shown, {"count": 1}), kind
        for period in PERIODS:
            sent = [{"field": kind, "by": period}]
            if by == BY_PERIOD:
                assert ask(everything, None, sent)
            else:
                assert refused(everything, None, sent) == (
                    f"group_by[0].by: '{kind}' ({kind}) is not grouped by periods."
                )
    assert refused(everything, None, [{"field": "date", "by": "hour"}]) == (
        "group_by[0].by: expected one of day, week, month, quarter, year."
    )


def test_extremes_are_told_as_values_are(everything: Caller) -> None:
    sent = [
        {"function": "max", "field": kind, "as": kind}
        for kind in ("date", "datetime", "time", "money", "integer", "decimal", "rating")
    ]
    ((_, figures),) = ask(everything, sent)

    assert figures == {
        "date": "2026-05-17",
        "datetime": "2026-05-18T01:00:00+02:00",
        "time": "09:30:01",
        "money": {"currency": "USD", "symbol": "$", "amount": 9.5},
        "integer": 7,
        "decimal": 0.5,
        "rating": 3,
    }


def test_periods_begin_on_their_first_day(everything: Caller) -> None:
    groups = [{"field": "datetime", "by": period, "as": period} for period in PERIODS]
    found = {
        name: value
        for part in (groups[:3], groups[3:])
        for name, value in ask(everything, None, part)[0][0].items()
    }

    assert found == {
        "day": "2026-05-18",
        "week": "2026-05-18",
        "month": "2026-05-01",
        "quarter": "2026-04-01",
        "year": "2026-01-01",
    }


def test_what_is_wrong_is_told_at_once_each_at_its_place(everything: Caller) -> None:
    told = refused(
        everything,
        [
            {"function": "total"},
            {"function": "sum"},
            {"function": "sum", "field": "date"},
            {"function": "count", "field": "integr"},
            {"function": "count", "as": "group"},
            "count",
            {"function": "count", "of": "x"},
            {"function": "sum", "field": "seen.city"},
            {"function": "distinct", "field": "seen"},
        ],
        [{"field": "money", "by": "month"}, "nothing", {"field": 5}],
    )

    assert told.split(". ") == [
        "group_by[0].by: 'money' (money) is not grouped by periods",
        "group_by[1].field: there is no field 'nothing'",
        "group_by[2].field: expected the name or id of a field",
        "aggregate[0].function: expected one of count, distinct, sum, avg, min, max",
        "aggregate[1].field: name the field for sum",
        "aggregate[2].function: 'date' (date) takes count, distinct, min, max",
        "aggregate[3].field: there is no field 'integr'",
        (
            "Did you mean 'integer'? aggregate[4].as: 'group' is the name of something else; give it "
            "another with 'as'"
        ),
        "aggregate[5]: expected an object",
        "aggregate[6]: unknown 'of'",
        "aggregate[7].function: 'seen.city' (text) takes count, distinct",
        "aggregate[8].function: 'seen' leads to several records; count them, or group by it.",
    ]


@pytest.mark.parametrize(
    ("aggregate", "group_by", "more", "message"),
    [
        ("count", None, {}, "aggregate: expected a list."),
        (None, "text", {}, "group_by: expected a list."),
        ([], None, {}, "aggregate: ask for at least one."),
        ([{"function": "count"}] * 11, None, {}, "aggregate: at most 10 entries."),
        (None, ["text"] * 4, {}, "group_by: at most 3 entries."),
        (
            None,
            ["text", "text"],
            {},
            "group_by[1]: 'text' is the name of something else; give it another with 'as'.",
        ),
        (
            [{"function": "count", "as": "a b"}],
            None,
            {},
            "aggregate[0].as: expected letters, digits and underscores, at most 64.",
        ),
        ([{"function": ["sum"]}], None, {}, None),
        (None, [{"field": "date", "by": ["day"]}], {}, None),
        (None, [{"field": None}], {}, None),
        ([{"function": "distinct", "field": "seen.city"}], None, {}, "several records"),
        (None, ["display_name"], {}, "names are made of other fields; use one of those."),
        (None, ["relationship.display_name"], {}, "names are made of other fields"),
        (None, ["relationship.things.text"], {}, "there is no field"),
        (None, ["text.city"], {}, "there is no field"),
        (None, None, {"ordering": ("-text",)}, "ordering: 'text' is not one of count."),
    ],
)
def test_other_requests_are_refused(
    everything: Caller, aggregate: Any, group_by: Any, more: dict[str, Any], message: str | None
) -> None:
    assert (message or "expected") in refused(everything, aggregate, group_by, **more)


def test_fields_are_named_by_id_too(everything: Caller) -> None:
    schema = everything.schema("things")
    sent = [{"function": "sum", "field": schema.by_name["integer"].uuid}]

    assert ask(everything, sent, [schema.by_name["text"].uuid]) == [
        ({"text": "Ö b"}, {"sum_integer": 7})
    ]


def test_requests_in_words() -> None:
    assert aggregates_of(["count", "sum:a.b", "max:createdAt"], {"createdAt": "created"}) == [
        {"function": "count", "as": "count"},
        {"function": "sum", "field": "a.b", "as": "sum:a.b"},
        {"function": "max", "field": "created", "as": "max:createdAt"},
    ]
    assert groups_of(["stage", "opened:month"]) == [
        {"field": "stage", "as": "stage"},
        {"field": "opened", "by": "month", "as": "opened:month"},
    ]


def test_fields_out_of_sight_are_unknown(everything: Caller) -> None:
    grants = {"things": {"view": "all"}, "places": {"view": "all"}}
    hidden = (("things", "integer"), ("places", "city"))
    member = make_member(everything, "clerk@example.com", grants, hidden=hidden)
    stranger = make_member(everything, "stranger@example.com", {"things": {"view": "all"}})

    for sent in ("integer", "relationship.city"):
        unknown = refused(member, [{"function": "count", "field": sent}], [sent])
        assert unknown.count(f"there is no field '{sent}'.") == 2
    assert ask(member, None, ["relationship.name"]) == [
        ({"relationship.name": "Here"}, {"count": 1})
    ]
    assert "there is no field" in refused(stranger, None, ["relationship.name"])
    # The link is there, and leads to nothing in sight.
    assert ask(stranger, None, ["relationship"]) == [({"relationship": None}, {"count": 1})]
    counts = [
        {"function": name, "field": "relationship", "as": name} for name in ("count", "distinct")
    ]
    assert ask(stranger, counts) == [({}, {"count": 0, "distinct": 0})]


def test_names_that_may_not_be_compared_sort_nothing(everything: Caller) -> None:
    grants = {"things": {"view": "all"}, "places": {"view": "all"}}
    member = make_member(everything, "clerk@example.com", grants, hidden=[("places", "name")])

    assert "may show what is hidden" in refused(
        member, None, ["relationship"], ordering=("relationship",)
    )
    ((values, _),) = ask(member, None, ["relationship"])
    assert values["relationship"]["name"] != "Here"


def test_figures_are_of_ones_own_records_where_one_sees_no_others(everything: Caller) -> None:
    member = make_member(everything, "clerk@example.com", {"things": {"view": "own"}})
    make_record(everything, "things", integer=5, team_selector={"email": "clerk@example.com"})

    assert ask(member, [{"function": "sum", "field": "integer"}]) == [({}, {"sum_integer": 5})]
