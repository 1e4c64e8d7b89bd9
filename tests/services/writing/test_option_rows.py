"""Options and tags: which names and codes they get, and that each is made once."""

from __future__ import annotations

import pytest

from records.exceptions import InvalidInput
from records.models import Field, FieldOption
from records.services.writing.option_rows import (
    add_option,
    check_option_name,
    check_stage_status,
    create_tags,
    draft_options,
)
from tests.factories import Caller, FieldDefinition, OptionDefinition, make_object
from tests.services.acting import cost, refusal


@pytest.fixture
def parts(workspace: Caller) -> Caller:
    make_object(
        workspace,
        "Parts",
        FieldDefinition(
            "Size",
            "dropdown",
            options=[OptionDefinition("Small"), OptionDefinition("Large", order=7)],
        ),
        FieldDefinition("Labels", "dynamictags"),
    )
    return workspace


def field(parts: Caller, name: str) -> Field:
    return Field.objects.get(workspace=parts.workspace, object__name="parts", name=name)


def tags(parts: Caller, *names: str) -> tuple[dict[str, int], bool]:
    return create_tags(parts.author, parts.schema("parts").by_name["labels"], names)


def test_options_get_codes_and_places_of_their_own(parts: Caller) -> None:
    drafts = draft_options(
        field(parts, "size"),
        [
            OptionDefinition(" Extra Large "),
            OptionDefinition("extra-large!"),
            OptionDefinition("Tiny", code="XS", order=2),
            OptionDefinition("Giant"),
        ],
        existing=[("small", "small", 1), ("large", "large", 7)],
    )
    assert [(row.name, row.code, row.order) for row in drafts] == [
        ("Extra Large", "extra_large", 8),
        ("extra-large!", "extra_large_2", 9),
        ("Tiny", "XS", 2),
        ("Giant", "giant", 10),
    ]


LONG = "x" * 200
REFUSED: dict[str, tuple[list[OptionDefinition], str]] = {
    "a name that is taken": (
        [OptionDefinition(" SMALL ")],
        "options: an option 'SMALL' already exists.",
    ),
    "one name twice": (
        [OptionDefinition(LONG), OptionDefinition(LONG)],
        f"options: an option '{LONG[:80]}' already exists.",
    ),
    "a code that is taken": (
        [OptionDefinition("Tiny", code="small")],
        "options: an option with the code 'small' already exists.",
    ),
    "a blank name": (
        [OptionDefinition(" ")],
        "options: an option needs a name of 1 to 255 characters.",
    ),
    "a name that is too long": (
        [OptionDefinition("x" * 256)],
        "options: an option needs a name of 1 to 255 characters.",
    ),
    "a name that is too long, though shorter when it is compared": (
        [OptionDefinition(f"{'x' * 127}  {'x' * 127}")],
        "options: an option needs a name of 1 to 255 characters.",
    ),
    "a name with a character that nothing stores": (
        [OptionDefinition("a\x00b")],
        "options: an option needs a name of 1 to 255 characters.",
    ),
    "a name that is too long when it is compared": (
        [OptionDefinition("ß" * 128)],
        "options: an option needs a name of 1 to 255 characters.",
    ),
    "a status that is none": (
        [OptionDefinition("Tiny", stage_status="lively")],
        "status: 'lively' is not one of ",
    ),
    "a code that is too long": (
        [OptionDefinition("Tiny", code="x" * 256)],
        "code: at most 255 characters.",
    ),
}


@pytest.mark.parametrize(("definitions", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_an_option_that_makes_no_sense_is_refused(
    parts: Caller, definitions: list[OptionDefinition], message: str
) -> None:
    error = refusal(draft_options, field(parts, "size"), definitions, [("small", "small", 1)])
    assert isinstance(error, InvalidInput)
    assert error.detail.startswith(message)
    assert error.code == ("unique" if message.endswith("already exists.") else error.code)


def test_an_option_is_what_its_definition_says(parts: Caller) -> None:
    defined = OptionDefinition("Tiny", stage_status="won", percentage=40)
    (made,) = draft_options(field(parts, "size"), [defined])
    assert (made.stage_status, made.percentage, made.order) == ("won", 40, 1)


@pytest.mark.parametrize("name", ["x" * 255, f"{'ß' * 127}x"])
def test_the_longest_name_is_taken(parts: Caller, name: str) -> None:
    (made,) = draft_options(field(parts, "size"), [OptionDefinition(name)])
    assert (made.name, len(made.name_key)) == (name, 255)


@pytest.mark.parametrize("status", ["", "open", "won", "lost"])
def test_a_stage_has_a_known_status_or_none(status: str) -> None:
    check_stage_status(status)


def test_a_field_has_at_most_a_thousand_options(parts: Caller) -> None:
    options = [OptionDefinition(f"Option {at}") for at in range(1001)]
    error = refusal(
        make_object, parts, "Wide", FieldDefinition("Kind", "dropdown", options=options)
    )
    assert error.code == "limit_exceeded"
    assert "at most 1000 options" in error.detail


def forget(parts: Caller, name: str) -> None:
    """Delete an option: nothing but the history of records knows it from now on."""
    rows = FieldOption.objects.filter(workspace=parts.workspace, name=name)
    assert rows.update(deleted_at="2024-01-01T00:00:00Z") == 1


def test_a_new_option_comes_last_and_frees_nothing(parts: Caller) -> None:
    tags(parts, *"abcdefgh")  # of another field
    made = add_option(field(parts, "size"), OptionDefinition("Huge"))
    assert (made.code, made.order) == ("huge", 8)
    assert refusal(add_option, field(parts, "size"), OptionDefinition("huge")).code == "unique"
    assert add_option(field(parts, "size"), OptionDefinition("A")).code == "a"


def test_the_name_code_and_place_of_a_deleted_option_are_free(parts: Caller) -> None:
    size = field(parts, "size")
    forget(parts, "Large")
    assert check_option_name(size, "large") == ("large", "large")
    made = add_option(size, OptionDefinition("Large"))
    assert (made.code, made.order) == ("large", 2)


def test_an_option_may_keep_its_own_name(parts: Caller) -> None:
    size = field(parts, "size")
    small = FieldOption.objects.get(workspace=parts.workspace, field=size, name="Small")
    assert check_option_name(size, " SMALL", besides=small.pk) == ("SMALL", "small")
    assert refusal(check_option_name, size, "small").code == "unique"
    assert refusal(check_option_name, size, "large", besides=small.pk).code == "unique"


def test_a_tag_is_made_as_it_is_first_written_and_found_however_it_is(parts: Caller) -> None:
    made, counted_up = tags(parts, "Straße", "STRASSE", "new one")
    again, counted_again = tags(parts, "strasse", "New  One")
    assert (counted_up, counted_again) == (True, False)
    assert made == again
    rows = FieldOption.objects.filter(
        workspace=parts.workspace, field=field(parts, "labels")
    ).order_by("order")
    assert [(row.name, row.order) for row in rows] == [("Straße", 1), ("new one", 2)]


def test_a_deleted_tag_is_made_again(parts: Caller) -> None:
    first = tags(parts, "old", "older")[0]
    forget(parts, "old")
    made, counted_up = tags(parts, "old")
    assert counted_up
    assert made.keys() == {"old"}
    assert made["old"] not in first.values()
    row = FieldOption.objects.get(workspace=parts.workspace, id=made["old"])
    assert (row.code, row.order) == ("old", 3)
    forget(parts, "older")
    (key,) = tags(parts, "next")[0].values()
    assert FieldOption.objects.get(workspace=parts.workspace, id=key).order == 4


def test_tags_are_trimmed_and_get_codes_of_their_own(parts: Caller) -> None:
    made = tags(parts, " New one ", "new-one", "Small")[0]
    more = tags(parts, "New (one)")[0]
    rows = FieldOption.objects.filter(workspace=parts.workspace, id__in={**made, **more}.values())
    assert [(row.name, row.code, row.order, row.by_hand) for row in rows.order_by("order")] == [
        ("New one", "new_one", 1, False),
        ("new-one", "new_one_2", 2, False),
        ("Small", "small", 3, False),
        ("New (one)", "new_one_3", 4, False),
    ]


def test_tags_are_made_at_a_cost_that_does_not_grow(parts: Caller) -> None:
    author, spec = parts.author, parts.schema("parts").by_name["labels"]
    names = {number: [f"{number} {at}" for at in range(number)] for number in (3, 40)}
    for repeated in range(2):
        few, many = (cost(create_tags, author, spec, names[number]) for number in (3, 40))
        assert few == many, repeated
    assert many == 1


def test_another_field_may_have_an_option_of_the_same_name(parts: Caller) -> None:
    tags(parts, "Small")
    assert check_option_name(field(parts, "labels"), "Large") == ("Large", "large")
    for name in ("small", "LARGE"):
        assert isinstance(refusal(check_option_name, field(parts, "size"), name), InvalidInput)
