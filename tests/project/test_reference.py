"""docs/configuration.md and .env.example list exactly the settings there are."""

import re

from records_project import reference
from records_project.environment import read_environment, variables
from records_project.variables import Variables, rules

STRONG = "rT7xq2LmV9cZ4bKs8dWfYh3JpNg6uEaQ5tRvXoBi1CkDzMwSyH"


def test_the_page_lists_exactly_the_settings_there_are() -> None:
    text = reference.PAGE.read_text(encoding="utf-8")

    assert re.findall(r"^\| `([A-Z_0-9]+)` \|", text, re.MULTILINE) == [
        each.name for each in variables(Variables)
    ]
    assert text == reference.page(text), "run python -m records_project.reference"


def test_the_example_lists_exactly_the_settings_there_are() -> None:
    text = reference.EXAMPLE.read_text(encoding="utf-8")

    listed = re.findall(r"^#?([A-Z_0-9]+)=", text, re.MULTILINE)
    assert sorted(listed) == sorted(each.name for each in variables(Variables))
    assert text == reference.example(), "run python -m records_project.reference"


def test_the_example_starts_once_its_secret_key_is_filled_in() -> None:
    lines = reference.EXAMPLE.read_text(encoding="utf-8").splitlines()
    environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    assert environ["SECRET_KEY"] == ""
    assert (
        read_environment(Variables, {**environ, "SECRET_KEY": STRONG}, rules).TRUST_PROXY_HEADERS
        is True
    )


def test_the_defaults_in_the_example_are_good_values() -> None:
    lines = reference.EXAMPLE.read_text(encoding="utf-8").splitlines()
    commented = dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_0-9]+=", line))

    read = read_environment(Variables, {**commented, "RECORDS_ENV": "demo"})

    assert read == read_environment(Variables, {"RECORDS_ENV": "demo"})
