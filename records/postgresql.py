"""How values go to PostgreSQL and come back, where the driver's own way costs more."""

from __future__ import annotations

from typing import Any, ClassVar

import orjson
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import (
    Int8,
    Int8Dumper,
    IntNumeric,
    IntNumericBinaryDumper,
    IntNumericDumper,
)

SMALLEST, LARGEST = -(2**63), 2**63 - 1


class WholeNumberDumper(Dumper):
    """Sends whole numbers as `bigint`, however small they are, as our columns are.

    psycopg picks the smallest type that holds a number. Then PostgreSQL looks up how to compare two
    types at each step into an index, and a statement is prepared anew for each combination of
    sizes.
    """

    dumpers: ClassVar[dict[type, Any]] = {Int8: Int8Dumper, IntNumeric: IntNumericDumper}

    def get_key(self, obj: int, format: PyFormat) -> type:  # noqa: A002 - its name there
        return Int8 if SMALLEST <= obj <= LARGEST else IntNumeric

    def upgrade(self, obj: int, format: PyFormat) -> Dumper:  # noqa: A002
        chosen = self.get_key(obj, format)
        dumper: Dumper = self.dumpers[chosen](chosen, self.connection)
        return dumper

    def dump(self, obj: Any) -> Buffer | None:
        return self.upgrade(obj, PyFormat.from_pq(self.format)).dump(obj)


class BinaryWholeNumberDumper(WholeNumberDumper):
    """The same in binary form, as numbers go that are not in a list."""

    format = Format.BINARY
    dumpers: ClassVar[dict[type, Any]] = {
        Int8: psycopg.adapters.get_dumper(Int8, PyFormat.BINARY),  # the driver's fastest
        IntNumeric: IntNumericBinaryDumper,
    }


def prepare_driver() -> None:
    """Make the driver's defaults ours; before the first connection is made."""
    set_json_loads(orjson.loads)  # documents are read at every request
    psycopg.adapters.register_dumper(int, WholeNumberDumper)
    psycopg.adapters.register_dumper(int, BinaryWholeNumberDumper)  # the last is the preferred one
