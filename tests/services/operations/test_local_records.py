"""The records of this database are operated on by the functions of the floors themselves."""

from __future__ import annotations

from importlib import import_module

import pytest

from records.services.operations import local_records
from records.services.operations.home import RecordHome

OPERATIONS = sorted(name for name in vars(RecordHome) if not name.startswith("_"))


def test_it_offers_the_operations_and_nothing_else() -> None:
    assert local_records.__all__ == OPERATIONS


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_the_function_of_one_floor(operation: str) -> None:
    function = getattr(local_records, operation)

    floor = import_module(function.__module__.rpartition(".")[0])
    assert getattr(floor, operation) is function
    assert operation in floor.__all__
    assert function.__doc__
