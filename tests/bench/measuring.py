"""Times the operations round by round, the two servers in turn, and takes the processor time of
each."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.bench.contenders import SAMPLE_SIZE, WRITES, Contender
from tests.bench.processes import cpu_milliseconds, read_machine_times
from tests.bench.traffic import Connection, Request, Traffic, send_for_a_while

CALIBRATION_REQUESTS = 300
CALIBRATION_SECONDS = 1.0
WARM_UP_CONCURRENCY = 8
MOST_PREPARED = 60_000
LARGEST_TURN = 2_000_000_000


@dataclass(frozen=True)
class Measurement:
    """One operation on one server at one concurrency, in one round."""

    operation: str
    contender: str
    concurrency: int
    round: int
    traffic: Traffic
    cpu_server_ms: float
    cpu_postgresql_ms: float
    machine_busy: float
    prepared: int

    @property
    def cpu_ms(self) -> float:
        """Processor time per request, server and PostgreSQL together."""
        return self.cpu_server_ms + self.cpu_postgresql_ms

    @property
    def requests_per_second(self) -> float:
        return self.traffic.requests / self.traffic.seconds

    @property
    def repeats_writes(self) -> bool:
        """Whether requests ran out, so that some writes were sent twice and changed nothing."""
        return self.operation in WRITES and self.traffic.requests > self.prepared


@dataclass(frozen=True)
class Plan:
    """What to measure."""

    operations: Sequence[str]
    concurrencies: Sequence[int]
    rounds: int
    seconds: float


class Turns:
    """Numbers for requests, each given out once; starts from the clock, so that later runs get
    others."""

    def __init__(self) -> None:
        self._next = int(time.time() * 1000) % LARGEST_TURN

    def take(self, count: int) -> range:
        taken = range(self._next, self._next + count)
        self._next += count
        return taken


class Bench:
    """Measures contenders that share one PostgreSQL cluster."""

    def __init__(self, contenders: Sequence[Contender], postmaster: int) -> None:
        self._contenders = contenders
        self._postmaster = postmaster
        self._turns = Turns()
        self._latencies: dict[tuple[str, str], float] = {}

    def measure(self, plan: Plan, before_operation: Callable[[], None]) -> Iterator[Measurement]:
        """Every operation in every round; `before_operation` settles the databases."""
        for operation in plan.operations:
            before_operation()
            for contender in self._contenders:
                self._latencies[contender.name, operation] = self._warm_up(contender, operation)
            for round_number in range(1, plan.rounds + 1):
                for concurrency in plan.concurrencies:
                    for contender in self._in_order(round_number):
                        yield self._measure_one(
                            contender, operation, concurrency, round_number, plan.seconds
                        )

    def _in_order(self, round_number: int) -> Sequence[Contender]:
        return self._contenders if round_number % 2 else self._contenders[::-1]

    def _prepare(self, contender: Contender, operation: str, count: int) -> list[Request]:
        return [contender.request(operation, turn) for turn in self._turns.take(count)]

    def _warm_up(self, contender: Contender, operation: str) -> float:
        """Let caches, plans and every server thread's connection settle; gives one request's
        seconds."""
        connection = Connection(contender.address)
        requests = self._prepare(contender, operation, CALIBRATION_REQUESTS)
        started = time.perf_counter()
        sent = 0
        for request in requests:
            connection.ask(request)
            sent += 1
            if time.perf_counter() - started > CALIBRATION_SECONDS:
                break
        latency = (time.perf_counter() - started) / sent
        connection.close()
        more = self._prepare(
            contender, operation, _count_needed(operation, 1, latency, WARM_UP_CONCURRENCY)
        )
        send_for_a_while(contender.address, more, WARM_UP_CONCURRENCY, 1, latency)
        return latency

    def _measure_one(
        self,
        contender: Contender,
        operation: str,
        concurrency: int,
        round_number: int,
        seconds: float,
    ) -> Measurement:
        latency = self._latencies[contender.name, operation]
        requests = self._prepare(
            contender, operation, _count_needed(operation, seconds, latency, concurrency)
        )
        machine = read_machine_times()
        server, postgresql = cpu_milliseconds(contender.pid), cpu_milliseconds(self._postmaster)
        traffic = send_for_a_while(contender.address, requests, concurrency, seconds, latency)
        sent = max(1, traffic.requests)
        return Measurement(
            operation=operation,
            contender=contender.name,
            concurrency=concurrency,
            round=round_number,
            traffic=traffic,
            cpu_server_ms=(cpu_milliseconds(contender.pid) - server) / sent,
            cpu_postgresql_ms=(cpu_milliseconds(self._postmaster) - postgresql) / sent,
            machine_busy=read_machine_times().busy_share_since(machine),
            prepared=len(requests),
        )


def _count_needed(operation: str, seconds: float, latency: float, concurrency: int) -> int:
    """Requests to write out: writes must not run out, reads may come round again."""
    most = MOST_PREPARED if operation in WRITES else SAMPLE_SIZE
    expected = seconds / latency * (1 if concurrency == 1 else 2)
    return min(most, max(100, round(4 * expected)))
