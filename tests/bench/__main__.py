"""`make bench`: load, check, measure, compare. README.md in this folder explains the options."""
# ruff: noqa: T201 - a command prints

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import psycopg

from tests.bench.contenders import OPERATIONS, Contender
from tests.bench.correctness import check_answers
from tests.bench.databases import Cluster, ClusterUnsuitable
from tests.bench.measuring import Bench, Measurement, Plan, Turns
from tests.bench.profiling import WARM_UP_REQUESTS
from tests.bench.provision import CommandFailed, Import
from tests.bench.report import (
    Line,
    render_apis,
    render_import,
    render_scale,
    render_table,
    summarise,
)
from tests.bench.servers import PROJECT
from tests.bench.stock import DEFAULT_RECORDS, Stock
from tests.bench.traffic import ServerFailed

DEFAULT_CLUSTER = "postgres://postgres@127.0.0.1:5432/postgres"
FOLDER = Path(os.environ.get("DATA_DIR") or PROJECT / ".data") / "bench"
PROFILED_REQUESTS = 1_000


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Records beside bare Django."
    )
    parser.add_argument(
        "--records", type=int, default=DEFAULT_RECORDS, help="companies each server holds"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seconds", type=float, default=4, help="time for each operation in each round"
    )
    parser.add_argument(
        "--ops", default=",".join(OPERATIONS), help="operations to measure, comma-separated"
    )
    parser.add_argument(
        "--concurrency", default="1,8", help="requests under way at once, comma-separated"
    )
    parser.add_argument(
        "--contenders", default="limit,records", help="what to measure: limit, records, workspace"
    )
    parser.add_argument("--keep", action="store_true", help="use and leave the loaded databases")
    parser.add_argument(
        "--profile", metavar="OPERATION", choices=OPERATIONS, help="profile this one instead"
    )
    parser.add_argument(
        "--explain", action="store_true", help="with --profile: the plan of each statement"
    )
    parser.add_argument("--output", type=Path, help="where the figures go as JSON")
    arguments = parser.parse_args()
    arguments.ops = arguments.ops.split(",")
    arguments.contenders = ["records"] if arguments.profile else arguments.contenders.split(",")
    if unknown := set(arguments.ops) - set(OPERATIONS):
        parser.error(f"unknown operations: {', '.join(sorted(unknown))}")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(os.environ.get("BENCH_DATABASE_URL", DEFAULT_CLUSTER))
    stock = Stock(cluster, FOLDER, arguments.records)
    try:
        postmaster = cluster.postmaster_pid()
        try:
            return run(arguments, stock, postmaster)
        finally:
            if not arguments.keep:
                stock.drop()
    except (ClusterUnsuitable, CommandFailed, ServerFailed, psycopg.OperationalError) as problem:
        print(problem, file=sys.stderr)
        return 1


def run(arguments: argparse.Namespace, stock: Stock, postmaster: int) -> int:
    workspace, imported = None, None
    if "limit" in arguments.contenders:
        stock.load_limit(arguments.keep)
    if {"records", "workspace"} & set(arguments.contenders):
        workspace, imported = stock.load_records(arguments.keep, postmaster)
        print(render_import(imported), flush=True)
    stock.vacuum()
    with stock.serving(arguments.contenders, workspace) as contenders:
        for contender in contenders:
            operations = [arguments.profile] if arguments.profile else arguments.ops
            check_answers(contender, operations, Turns().take(1)[0])
        if arguments.profile:
            prepared = prepare_profile(contenders[0], arguments.profile, arguments.explain)
        else:
            measurements = measure(arguments, stock, contenders, postmaster)
    if arguments.profile:
        return run_profile(prepared, stock)
    lines = summarise(measurements)
    print("\n" + render_table(lines) + "\n")
    print("\n".join(render_apis(measurements)))
    if imported:
        print(render_import(imported))
    print("\n".join(render_scale(lines, read_smaller(arguments.records), arguments.records)))
    write_figures(arguments, stock, lines, measurements, imported)
    return 1 if any(measurement.traffic.failed for measurement in measurements) else 0


def measure(
    arguments: argparse.Namespace, stock: Stock, contenders: Sequence[Contender], postmaster: int
) -> list[Measurement]:
    concurrencies = [int(concurrency) for concurrency in arguments.concurrency.split(",")]
    plan = Plan(arguments.ops, concurrencies, arguments.rounds, arguments.seconds)
    others = stock.cluster.foreign_databases(stock.databases)
    measurements = []
    for measurement in Bench(contenders, postmaster).measure(plan, before_operation=stock.vacuum):
        measurements.append(measurement)
        print(
            f"round {measurement.round}  {measurement.operation:17} {measurement.contender:7}"
            f" {measurement.concurrency} at once:"
            f" {measurement.cpu_server_ms:.3f} + {measurement.cpu_postgresql_ms:.3f} CPU ms,"
            f" {measurement.requests_per_second:.0f}/s, machine {measurement.machine_busy:.0%} busy",
            flush=True,
        )
    others |= stock.cluster.foreign_databases(stock.databases)
    if others:
        print(f"Sessions on {', '.join(sorted(others))} may have added to the PostgreSQL figures.")
    return measurements


def prepare_profile(contender: Contender, operation: str, explain: bool) -> Path:
    """Write the requests of a profile out; gives the file."""
    requests = [
        contender.request(operation, turn)
        for turn in Turns().take(WARM_UP_REQUESTS + PROFILED_REQUESTS + 1)
    ]
    prepared = FOLDER / f"profile-{operation}.json"
    prepared.touch(mode=0o600)
    content = {
        "headers": contender.address.headers,
        "requests": [
            (request.method, request.path, request.body.decode() if request.body else None)
            for request in requests
        ],
        "statements": str(FOLDER / f"statements-{operation}.sql"),
        "explain": explain,
    }
    prepared.write_text(json.dumps(content), encoding="utf-8")
    return prepared


def run_profile(prepared: Path, stock: Stock) -> int:
    command = [sys.executable, "-m", "tests.bench.profiling", str(prepared)]
    return subprocess.run(
        command, cwd=PROJECT, env={**os.environ, **stock.environment()}, check=False
    ).returncode


def figures_file(records: int) -> Path:
    return FOLDER / f"figures-{records}.json"


def read_smaller(records: int) -> dict[tuple[str, int], float]:
    """The product's processor times at the usual number of records, when this run holds more."""
    file = figures_file(DEFAULT_RECORDS)
    if records <= DEFAULT_RECORDS or not file.exists():
        return {}
    lines = json.loads(file.read_text(encoding="utf-8"))["lines"]
    return {
        (line["operation"], line["concurrency"]): line["records"]["cpu_ms"]
        for line in lines
        if line["records"]
    }


def write_figures(
    arguments: argparse.Namespace,
    stock: Stock,
    lines: Sequence[Line],
    measurements: Sequence[Measurement],
    imported: Import | None,
) -> None:
    file: Path = arguments.output or figures_file(arguments.records)
    content = {
        "records": arguments.records,
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "cores": os.cpu_count(),
        "postgresql": stock.cluster.settings(),
        "database_bytes": stock.size_bytes(),
        "import": imported
        and {**asdict(imported), "records_per_second": imported.records_per_second},
        "lines": [
            {**asdict(line), "ratio": line.ratio, "target": line.target, "is_met": line.is_met}
            for line in lines
        ],
        "measurements": [asdict(measurement) for measurement in measurements],
    }
    file.write_text(json.dumps(content, indent=1), encoding="utf-8")
    print(f"Figures: {file}")


if __name__ == "__main__":
    sys.exit(main())
