"""An object's records in a table: searched, filtered, sorted, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection

from records.admin.workbench.listing import CONDITION_LABELS
from records.field_types import field_types
from records.services.writing.save import save_records
from records.services.writing.save_requests import Mode, SaveRequest
from tests.admin.pages import Workbench, form_of
from tests.factories import entries, make_field, make_object, make_record, make_relation

CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.DOTALL)


def table(content: str) -> list[list[str]]:
    """The rows of the page's table, as texts."""
    body = content.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return [
        [text(cell) for cell in CELL.findall(row)] for row in body.split("</tr>") if "<t" in row
    ]


def text(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def names(content: str) -> list[str]:
    return [row[0] for row in table(content)]


def headings(content: str) -> list[str]:
    head = content.split("<thead>")[1].split("</thead>", maxsplit=1)[0]
    return [text(cell) for cell in CELL.findall(head)]


@pytest.fixture
def three(admin: Workbench, companies: str) -> str:
    caller = admin.caller
    make_record(
        caller,
        "companies",
        name="Acme",
        industry={"name": "Air"},
        employees=30,
        revenue=1234.5,
        certified=True,
        founded="1999-05-17",
        audited="2026-05-17T09:30:00Z",
        tags=["vip", "new"],
        services=[{"name": "Storage"}],
        note="First line.\nSecond line.",
    )
    make_record(
        caller,
        "companies",
        name="Best",
        industry={"name": "Sea"},
        employees=200,
        about="<p>Very <b>good</b>.</p>",
    )
    make_record(caller, "companies", name="Core", employees=4, certified=False, note="x" * 500)
    return companies


def test_values_stand_in_columns_as_people_read_them(admin: Workbench, three: str) -> None:
    columns = "".join(
        f"&columns={name}"
        for name in ("industry", "revenue", "certified", "audited", "tags", "about", "note")
    )

    content = admin.read(f"{three}?o=name{columns}")

    assert headings(content) == [
        "Record",
        "Industry",
        "Revenue",
        "Certified",
        "Audited",
        "Tags",
        "Note",
        "About",
    ]
    assert table(content)[0] == [
        "Acme",
        "Air",
        "$1,234.50",
        "Yes",
        "2026-05-17 11:30",
        "vip new",
        "First line. Second line.",
        "",
    ]
    assert table(content)[1][-1] == "Very good."
    assert table(content)[2][3:] == ["No", "", "", f"{'x' * 120}…", ""]


def test_the_first_columns_are_the_objects_own_fields(admin: Workbench, three: str) -> None:
    assert headings(admin.read(three)) == [
        "Record",
        "Industry",
        "Employees",
        "Revenue",
        "Certified",
        "Founded",
        "Audited",
        "Tags",
    ]


def test_chosen_columns_are_remembered(admin: Workbench, three: str) -> None:
    admin.read(f"{three}?columns=employees&columns=nothing")

    assert headings(admin.read(three)) == ["Record", "Employees"]
    assert headings(admin.read(f"{three}archived/")) == ["Record", "Employees"]
    assert len(headings(admin.read(f"{three}?columns="))) == 8


def test_columns_sort_both_ways(admin: Workbench, three: str) -> None:
    content = admin.read(three)
    (up,) = re.findall(r'href="([^"]*o=employees[^"]*)"', content)
    sorted_up = admin.read(three + unescape(up))
    (down,) = re.findall(r'href="([^"]*o=-employees[^"]*)"', sorted_up)
    sorted_down = admin.read(three + unescape(down))

    assert names(sorted_up) == ["Core", "Acme", "Best"]
    assert 'aria-sort="ascending"' in sorted_up
    assert names(sorted_down) == ["Best", "Acme", "Core"]
    assert 'aria-sort="descending"' in sorted_down
    assert names(admin.read(f"{three}?o=display_name")) == ["Acme", "Best", "Core"]
    assert "o=tags" not in content


@pytest.mark.parametrize(
    ("field", "condition", "value", "found"),
    [
        ("industry", "=", "Sea", ["Best"]),
        ("industry", "is_any_of", "sea; air", ["Acme", "Best"]),
        ("industry", "is_blank:true", "", ["Core"]),
        ("industry", "is_blank:false", "", ["Acme", "Best"]),
        ("employees", ">=", "30", ["Acme", "Best"]),
        ("employees", "between", "4; 30", ["Acme", "Core"]),
        ("employees", "is_none_of", "4; 30", ["Best"]),
        ("certified", "=", "yes", ["Acme"]),
        ("certified", "=", "no", ["Core"]),
        ("certified", "!=", "yes", ["Best", "Core"]),
        ("name", "contains", "or", ["Core"]),
        ("name", "is_any_of", "acme", ["Acme"]),
        ("founded", "<", "2000-01-01", ["Acme"]),
        ("audited", "=", "2026-05-17", ["Acme"]),
        ("audited", "month_equals", "5", ["Acme"]),
        ("tags", "has", "vip", ["Acme"]),
        ("services", "has_any", "Storage;Customs", ["Acme"]),
        ("note", "contains", "second", ["Acme"]),
        ("display_name", "starts_with", "be", ["Best"]),
    ],
)
def test_filters_are_written_as_in_a_csv_file(
    admin: Workbench, three: str, field: str, condition: str, value: str, found: list[str]
) -> None:
    asked = {"f": field, "c": condition, "v": value, "o": "name"}

    response = admin.client.get(three, asked)

    assert names(response.content.decode()) == found


def test_each_condition_has_words() -> None:
    shown = {name for kind in field_types.values() for name in kind.conditions}

    assert shown - {"is_blank"} <= CONDITION_LABELS.keys()


def test_a_filter_by_files_takes_their_number(admin: Workbench, three: str) -> None:
    make_field(admin.caller, "companies", "Papers", "files")

    assert names(admin.read(f"{three}?f=papers&c=%3D&v=0&o=name")) == ["Acme", "Best", "Core"]


def test_a_filter_by_a_link_takes_a_name(admin: Workbench, three: str) -> None:
    make_object(admin.caller, "Deals", object_type="pipeline")
    make_relation(admin.caller, "deals", "Company", "companies", "primary", "Deals")
    schema = admin.caller.schema("deals")
    make_record(admin.caller, "deals", name="One", company={"name": "Acme"})
    make_record(admin.caller, "deals", name="Two", company={"name": "Best"})

    path = f"/admin/records/objects/{schema.uuid}/"
    assert names(admin.read(f"{path}?f=company&c=is_any_of&v=Acme")) == ["One"]


def test_filters_add_up_and_are_taken_away_one_by_one(admin: Workbench, three: str) -> None:
    asked = "?f=employees&c=%3E&v=4&f=industry&c=%3D&v=Sea&q=best&o=name"

    content = admin.read(three + asked)
    without = [
        unescape(link) for link in re.findall(r'<a href="([^"]*)" aria-label="Remove', content)
    ]

    assert names(content) == ["Best"]
    assert "Employees is more than 4" in content
    assert "Industry is Sea" in content
    assert names(admin.read(three + without[1].replace("q=best", ""))) == ["Acme", "Best"]
    assert form_of(content, "q")["v"] == ["4", "Sea"]


def test_a_chosen_option_is_named_in_the_filter(admin: Workbench, three: str) -> None:
    uuid = next(
        key for key, label in form_options(admin.read(three), "choices-industry") if label == "Sea"
    )

    content = admin.read(f"{three}?f=industry&c=%3D&v={uuid}")

    assert "Industry is Sea" in content
    assert names(content) == ["Best"]


def form_options(content: str, list_id: str) -> list[tuple[str, str]]:
    part = content.split(f'id="{list_id}"')[1].split("</datalist>", maxsplit=1)[0]
    return re.findall(r'value="([^"]*)">([^<]*)<', part)


def test_the_search_finds_text_in_any_field(admin: Workbench, three: str) -> None:
    assert names(admin.read(f"{three}?q=second")) == ["Acme"]
    assert names(admin.read(f"{three}?q=good")) == ["Best"]
    content = admin.read(f"{three}?q=nothing")
    assert names(content) == []
    assert "No records." in content


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("?f=employees&c=%3D&v=many", "Employees: Expected a number."),
        ("?f=industry&c=%3D&v=Rail", 'Industry: There is no option "Rail".'),
        ("?f=industry&c=is_any_of&v=Rail", 'Industry: There is no option "Rail".'),
        ("?f=employees&c=contains&v=1", "is not one of"),
        ("?f=nothing&c=%3D&v=1", "there is no field"),
        ("?o=nothing", "there is no field"),
        ("?o=tags", "holds several values"),
        ("?page=999999999", "reaches beyond record"),
        ("?q=%00", "Null characters"),
    ],
)
def test_what_makes_no_sense_is_said_in_place_of_the_table(
    admin: Workbench, three: str, asked: str, problem: str
) -> None:
    content = admin.read(three + asked)

    assert problem in unescape(content)
    assert "records-table" not in content
    assert "0 records" not in content


@pytest.mark.parametrize(
    "asked",
    ["?page=0", "?page=-1", "?page=x", "?page=²", "?f=employees", "?c=%3D&v=1", "?f=&c=&v="],
)
def test_half_a_question_is_none(admin: Workbench, three: str, asked: str) -> None:
    assert len(names(admin.read(three + asked))) == 3


def test_pages_are_counted_and_linked(admin: Workbench, companies: str) -> None:
    requests = [
        SaveRequest(Mode.CREATE, entries=entries({"name": f"Company {at:03}"})) for at in range(120)
    ]
    save_records(admin.caller.author, admin.caller.schema("companies"), requests)

    first = admin.read(f"{companies}?o=name")
    second = admin.read(companies + unescape(re.findall(r'rel="next" href="([^"]*)"', first)[0]))
    last = admin.read(companies + unescape(re.findall(r'rel="next" href="([^"]*)"', second)[0]))

    assert "1 to 50 of 120" in first
    assert names(second)[0] == "Company 050"
    assert "101 to 120 of 120" in last
    assert "Page 3 of 3" in last
    assert 'rel="next"' not in last
    assert 'rel="prev"' in last


def test_long_lists_say_how_many_values_there_are_more(admin: Workbench, companies: str) -> None:
    make_record(admin.caller, "companies", name="Acme", tags=[f"tag {at}" for at in range(9)])

    assert (
        table(admin.read(f"{companies}?columns=tags"))[0][1] == "tag 0 tag 1 tag 2 tag 3 and 5 more"
    )


def test_the_list_answers_reading_alone(admin: Workbench, three: str) -> None:
    assert admin.send(three).status_code == 405
    assert admin.send(f"{three}archived/").status_code == 405


def test_a_page_costs_the_same_however_many_records_it_shows(
    admin: Workbench, companies: str
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as seen:
            admin.read(companies)
        return len(seen)

    make_record(admin.caller, "companies", name="One")
    admin.read(companies)
    few = cost()
    for at in range(20):
        make_record(admin.caller, "companies", name=f"Company {at}")
    assert cost() == few


SLOW = {
    "postgresql": "SELECT 0, 0, NULL, NULL, pg_sleep(10)",
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 99999999)"
    " SELECT count(*), 0, 0, 0, 0 FROM n",
}


@pytest.mark.django_db(transaction=True)
def test_a_list_that_takes_too_long_says_so(admin: Workbench, three: str, settings: Any) -> None:
    """The search's own count takes as long as it likes: the database stops it, and the page is
    there all the same."""

    def slowly(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if sql.startswith("SELECT CASE a.way"):
            sql, params = SLOW[connection.vendor], []
        return execute(sql, params, many, context)

    settings.STATEMENT_SECONDS = 0.2
    if connection.vendor == "postgresql":  # as `serve` has it
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 200")
    try:
        with connection.execute_wrapper(slowly):
            response = admin.get(three)
    finally:
        connection.close()

    assert response.status_code == 503
    content = response.content.decode()
    assert "took longer than 0.2 s; narrow it" in content
    assert "Industry" in content  # what to narrow it by
    assert "0 records" not in content
    assert "No records" not in content
