"""What the measurements come to, beside the targets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.contenders import OPERATIONS
from tests.bench.measuring import Measurement
from tests.bench.provision import Import

# At most this many times what the limit program needs for the same.
RATIO_TARGETS = {"retrieve": 3.0, "patch": 4.0, "add": 5.0, "upsert": 5.0, "search": 5.0}
MILLISECOND_TARGETS = {"free_text": 6.0, "free_text_in_name": 6.0}
API_TARGETS = {"retrieve": 1.2, "search": 1.2}  # the Workspace API beside the Records API
IMPORT_TARGET = 5_000
# A search among ten times as many records takes at most twice as long.
SCALE_TARGET = 2.0
TABLE_HEADER = (
    "operation",
    "at once",
    "limit, CPU ms",
    "Records, CPU ms",
    "ratio",
    "target",
    "",
    "limit, p50/p95",
    "Records, p50/p95",
)
SCALE_OPERATIONS = ("search", "free_text", "free_text_in_name")


@dataclass(frozen=True)
class Figures:
    """Medians over the rounds of one operation on one server at one concurrency."""

    cpu_server_ms: float
    cpu_postgresql_ms: float
    cpu_ms: float
    requests_per_second: float
    p50_ms: float
    p95_ms: float
    failed: int
    repeats_writes: bool


@dataclass(frozen=True)
class Line:
    """One operation at one concurrency: both servers, and how they compare."""

    operation: str
    concurrency: int
    limit: Figures | None
    records: Figures | None

    @property
    def ratio(self) -> float | None:
        return self.records.cpu_ms / self.limit.cpu_ms if self.records and self.limit else None

    @property
    def target(self) -> str:
        if self.operation in RATIO_TARGETS:
            return f"≤ {RATIO_TARGETS[self.operation]:g} x"
        return f"≤ {MILLISECOND_TARGETS[self.operation]:g} ms"

    @property
    def is_met(self) -> bool | None:
        """None where a server was not measured."""
        if self.operation in RATIO_TARGETS:
            return None if self.ratio is None else self.ratio <= RATIO_TARGETS[self.operation]
        return (
            None
            if self.records is None
            else self.records.cpu_ms <= MILLISECOND_TARGETS[self.operation]
        )


def summarise(measurements: Sequence[Measurement]) -> list[Line]:
    """One line an operation and concurrency, in the order of the operations."""
    keys = {(measurement.operation, measurement.concurrency) for measurement in measurements}
    lines = []
    for operation, concurrency in sorted(keys, key=lambda key: (OPERATIONS.index(key[0]), key[1])):
        figures = {}
        for contender in ("limit", "records"):
            chosen = [
                measurement
                for measurement in measurements
                if (measurement.operation, measurement.concurrency, measurement.contender)
                == (operation, concurrency, contender)
            ]
            figures[contender] = _figures(chosen) if chosen else None
        lines.append(Line(operation, concurrency, figures["limit"], figures["records"]))
    return lines


def _figures(rounds: Sequence[Measurement]) -> Figures:
    return Figures(
        cpu_server_ms=median(measurement.cpu_server_ms for measurement in rounds),
        cpu_postgresql_ms=median(measurement.cpu_postgresql_ms for measurement in rounds),
        cpu_ms=median(measurement.cpu_ms for measurement in rounds),
        requests_per_second=median(measurement.requests_per_second for measurement in rounds),
        p50_ms=median(measurement.traffic.p50_ms for measurement in rounds),
        p95_ms=median(measurement.traffic.p95_ms for measurement in rounds),
        failed=sum(measurement.traffic.failed for measurement in rounds),
        repeats_writes=any(measurement.repeats_writes for measurement in rounds),
    )


def render_table(lines: Iterable[Line]) -> str:
    """A Markdown table: processor time per request (server + PostgreSQL), then speed."""
    rows = [TABLE_HEADER, tuple("---" for _ in TABLE_HEADER)]
    rows += [
        (
            line.operation,
            str(line.concurrency),
            _cpu(line.limit),
            _cpu(line.records),
            "-" if line.ratio is None else f"{line.ratio:.1f}",
            line.target,
            _verdict(line.is_met),
            _speed(line.limit),
            _speed(line.records),
        )
        for line in lines
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TABLE_HEADER))]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    )


def _cpu(figures: Figures | None) -> str:
    if figures is None:
        return "-"
    return f"{figures.cpu_server_ms:.2f} + {figures.cpu_postgresql_ms:.2f} = {figures.cpu_ms:.2f}"


def _speed(figures: Figures | None) -> str:
    if figures is None:
        return "-"
    speed = f"{figures.requests_per_second:.0f}/s, {figures.p50_ms:.2f}/{figures.p95_ms:.2f} ms"
    if figures.failed:
        speed += f", {figures.failed} FAILED"
    if figures.repeats_writes:
        speed += ", writes repeated"
    return speed


def _verdict(is_met: bool | None) -> str:
    return {True: "met", False: "MISSED", None: ""}[is_met]


def render_apis(measurements: Sequence[Measurement]) -> list[str]:
    """The Workspace API beside the Records API, where both were measured."""
    rendered = []
    keys = {
        (item.operation, item.concurrency) for item in measurements if item.contender == "workspace"
    }
    for operation, concurrency in sorted(keys, key=lambda key: (OPERATIONS.index(key[0]), key[1])):
        spent = {
            api: [
                item.cpu_ms
                for item in measurements
                if (item.operation, item.concurrency, item.contender)
                == (operation, concurrency, api)
            ]
            for api in ("records", "workspace")
        }
        if spent["records"]:
            records, workspace = median(spent["records"]), median(spent["workspace"])
            target = API_TARGETS.get(operation)
            verdict = (
                ""
                if target is None
                else f" (target ≤ {target:g} x): {_verdict(workspace / records <= target)}"
            )
            rendered.append(
                f"{operation}, {concurrency} at once: Workspace API {workspace:.2f}, Records "
                f"API {records:.2f} CPU ms = {workspace / records:.2f} x{verdict}"
            )
    return rendered


def render_import(imported: Import) -> str:
    rate = imported.records_per_second
    command, postgresql = (
        imported.cpu_command_ms / imported.records,
        imported.cpu_postgresql_ms / imported.records,
    )
    verdict = _verdict(rate >= IMPORT_TARGET)
    return (
        f"import: {imported.records} records in {imported.seconds:.1f} s = {rate:.0f}/s,"
        f" {command:.3f} + {postgresql:.3f} CPU ms a record (target ≥ {IMPORT_TARGET}/s): {verdict}"
    )


def render_scale(
    lines: Iterable[Line], smaller: dict[tuple[str, int], float], records: int
) -> list[str]:
    """How much longer searches take than among the smaller number of records; `smaller` holds those
    times."""
    rendered = []
    for line in lines:
        earlier = smaller.get((line.operation, line.concurrency))
        if line.operation in SCALE_OPERATIONS and line.records and earlier:
            growth = line.records.cpu_ms / earlier
            verdict = _verdict(growth <= SCALE_TARGET)
            rendered.append(
                f"{line.operation}, {line.concurrency} at once, {records} records:"
                f" {earlier:.2f} -> {line.records.cpu_ms:.2f} CPU ms = {growth:.1f} x"
                f" (target ≤ {SCALE_TARGET:g} x): {verdict}"
            )
    return rendered
