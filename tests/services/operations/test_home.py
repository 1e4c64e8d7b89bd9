"""Both homes of records offer every operation, with the same parameters."""

from __future__ import annotations

from inspect import Parameter, signature
from types import ModuleType

import pytest

from records.services.external import external_records
from records.services.operations import local_records
from records.services.operations.home import (
    ELSEWHERE,
    HERE,
    RecordHome,
    home_of,
)
from records.services.shaping.creation import get_object
from tests.factories import Caller, keep_elsewhere, make_object

OPERATIONS = sorted(name for name in vars(RecordHome) if not name.startswith("_"))


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("home", [local_records, external_records], ids=["here", "elsewhere"])
def test_a_home_takes_what_the_protocol_says(home: ModuleType, operation: str) -> None:
    said = list(signature(getattr(RecordHome, operation)).parameters.values())[1:]  # without `self`
    placed = [each.name for each in said if each.kind is not Parameter.KEYWORD_ONLY]
    required = [
        each.name
        for each in said
        if each.kind is not Parameter.KEYWORD_ONLY and each.default is each.empty
    ]
    named = {each.name: each.default for each in said if each.kind is Parameter.KEYWORD_ONLY}

    found = signature(getattr(home, operation))

    found.bind(
        *required,
        **{name: default for name, default in named.items() if default is Parameter.empty},
    )
    found.bind(*placed, **named)


def test_an_object_with_a_source_has_its_records_elsewhere(workspace: Caller) -> None:
    make_object(workspace, "Things")
    assert home_of(workspace.schema("things")) is HERE

    keep_elsewhere(workspace, get_object(workspace.author, "things"))
    assert home_of(workspace.schema("things")) is ELSEWHERE
