"""Big batches take another way into the database than single records, to the same end."""

from __future__ import annotations

from typing import Any

import pytest

from records.services.writing.save import upsert_request
from records.services.writing.save_requests import Mode, SaveRequest
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    archive,
    entries,
    make_object,
    make_record,
)
from tests.services.acting import differences, found, history, names, search, write_all
from tests.services.importing.running import Importing

SIZE = 60
ODD_TEXTS = [
    "plain",
    "tab\tand\nbreak\r\nand return",
    "\\N",
    "\\.",
    "back\\slash \\t \\n \\\\",
    "\"quoted\" and 'single'",
    "null",
    "Zoë 東京 🙂",
    "no\u00a0break\u2028line\u0085next",
    "\x01\x1f\x7f",
    " edges ",
    "{}",
]


@pytest.fixture
def things(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Things",
        FieldDefinition("Note", "longtext"),
        FieldDefinition("Code", "text", is_unique=True),
        FieldDefinition("Count", "integer"),
        FieldDefinition("Share", "decimal"),
        FieldDefinition("Day", "date"),
        FieldDefinition("Moment", "datetime"),
        FieldDefinition("Done", "checkbox"),
        FieldDefinition(
            "Size", "dropdown", options=[OptionDefinition("Small"), OptionDefinition("Large")]
        ),
        FieldDefinition("Labels", "dynamictags"),
    )
    return workspace


def thing(number: int) -> dict[str, Any]:
    text = ODD_TEXTS[number % len(ODD_TEXTS)]
    return {
        "name": f"{number}: {text}",
        "note": text * (1 + 200 * (number % 2)),
        "code": f"{number} {text}",
        "count": number - 30 if number % 5 else -(2**63),
        "share": number / 8,
        "day": "0001-01-01" if number % 7 == 0 else "2024-02-29",
        "moment": "2024-02-29T10:00:00.123456Z",
        "done": number % 2 == 0,
        "size": {"name": ("Small", "Large")[number % 2]},
        "labels": [text.strip()[:20] + "!", "all"],
    }


def create(values: dict[str, Any]) -> SaveRequest:
    return SaveRequest(Mode.CREATE, entries=entries(values))


def stored(caller: Caller, **asked: Any) -> dict[str, dict[str, Any]]:
    """Things by name: the values of their own fields, choices and tags by name."""
    schema = caller.schema("things")
    specs = tuple(schema.by_name[name] for name in thing(0))
    page = search(caller, "things", fields=specs, page_size=1000, **asked)
    rows = [{spec.name: names(view.values.get(spec.id)) for spec in specs} for view in page.views]
    return {row["name"]: row for row in rows}


def test_a_big_batch_stores_what_single_writes_store(things: Caller) -> None:
    write_all(things, "things", *(create(thing(number)) for number in range(SIZE)))
    at_once = stored(things)
    for number in range(SIZE):
        make_record(
            things,
            "things",
            **{**thing(number), "name": f"single {number}", "code": f"single {number}"},
        )

    alone = stored(
        things,
        query=[{"filters": [{"field": "name", "condition": "starts_with", "value": "single"}]}],
    )
    for number in range(SIZE):
        values, same = at_once[thing(number)["name"]], alone[f"single {number}"]
        assert values == {**same, "name": values["name"], "code": values["code"]}
    assert differences(things) == []


def test_a_big_batch_changes_what_is_there(things: Caller) -> None:
    write_all(things, "things", *(create(thing(number)) for number in range(SIZE)))
    author, schema = things.author, things.schema("things")
    changed = [
        upsert_request(
            author,
            schema,
            thing(number)["name"],
            entries(
                {"labels": ["one"], "size": None, "share": number / 16, "code": f"new {number}"}
            ),
        )
        for number in range(SIZE)
    ]
    added = [create({**thing(number), "code": None}) for number in range(SIZE, SIZE + 5)]
    outcomes = write_all(things, "things", *changed, *added)

    assert [getattr(outcome, "action", outcome) for outcome in outcomes] == ["updated"] * SIZE + [
        "created"
    ] * 5
    assert len(found(things, "things", ("labels", "has", "one"), page_size=100)) == SIZE
    assert len(found(things, "things", ("size", "is_blank", True), page_size=100)) == SIZE
    assert differences(things) == []


def test_records_that_meet_within_a_big_batch_see_each_other(things: Caller) -> None:
    author, schema = things.author, things.schema("things")

    def upsert(name: str, **values: Any) -> SaveRequest:
        return upsert_request(author, schema, name, entries(values))

    filler = [create({"name": f"filler {number}"}) for number in range(SIZE)]
    outcomes = write_all(
        things,
        "things",
        *filler,
        upsert("Both", code="first", labels=["a", "b"]),
        upsert("both", code="second", labels=["c"]),
        create({"name": "Other", "code": "first"}),
        create({"name": "Third", "code": "second"}),
    )

    assert [getattr(outcome, "action", "refused") for outcome in outcomes[SIZE:]] == [
        "created",
        "updated",
        "created",
        "refused",
    ]
    both = outcomes[SIZE]
    assert [entry.version for entry in history(things, "things", both.record.uuid)] == [2, 1]  # type: ignore[union-attr]
    assert differences(things) == []


def test_archived_records_keep_their_names_and_values_in_big_batches(
    things: Caller, tmp_path: Any
) -> None:
    for number in range(3):
        gone = make_record(things, "things", name=f"Row {number}", code=f"code {number}")
        archive(things, "things", gone.record.uuid)

    rows = "".join(f"Row {number},code {number % 3 + 100}\n" for number in range(SIZE))
    importing = Importing(things, tmp_path)
    summary = importing("things", f"name,code\n{rows}")
    assert (summary.created, summary.failed) == (3, SIZE - 3)
    codes = {(row["field"], row["code"]) for row in importing.refused()}
    assert codes == {("name", "archived_conflict"), ("code", "unique")}
    assert differences(things) == []
