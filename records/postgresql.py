"""How values go to PostgreSQL and come back, where the driver's own way costs more."""

from __future__ import annotations

from typing import Any

import orjson
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format
from psycopg.types.json import set_json_loads
from psycopg.types.numeric import Int8, IntNumeric, IntNumericBinaryDumper

SMALLEST, LARGEST = -(2**63), 2**63 - 1
_DUMPERS: dict[type, Any] = {
    Int8: psycopg.adapters.get_dumper(Int8, PyFormat.BINARY),
    IntNumeric: IntNumericBinaryDumper,
}


class WholeNumberDumper(Dumper):
    """Sends whole numbers as `bigint`, however small they are, as our columns are.

    psycopg picks the smallest type that holds a number. Then PostgreSQL looks up how to compare two types at each step
    into an index, and a statement is prepared anew for each combination of sizes.
    """

    format = Format.BINARY

    def get_key(self, obj: int, format: PyFormat) -> type:  # noqa: A002 - its name there
        return Int8 if SMALLEST <= obj <= LARGEST else IntNumeric

    def upgrade(self, obj: int, format: PyFormat) -> Dumper:  # noqa: A002
        chosen = self.get_key(obj, format)
        dumper: Dumper = _DUMPERS[chosen](chosen, self.connection)
        return dumper

    def dump(self, obj: Any) -> Buffer | None:
        return self.upgrade(obj, PyFormat.BINARY).dump(obj)


def prepare_driver() -> None:
    """Make the driver's defaults ours; before the first connection is made."""
    set_json_loads(orjson.loads)  # documents are read at every request
    psycopg.adapters.register_dumper(int, WholeNumberDumper)
