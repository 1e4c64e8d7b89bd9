"""Before anything is timed: each operation's answer is compared with what was asked for."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from tests.bench.companies import Company, free_text_of, industry_of, make_company
from tests.bench.contenders import PAGE_SIZE, Contender
from tests.bench.traffic import Connection, ServerFailed

COMPARED_FIELDS = (
    "name",
    "email",
    "industry",
    "city",
    "description",
    "employees",
    "revenue",
    "signed_on",
    "attributes",
)
# A full page of one industry is sure to exist from this many companies on.
FULL_PAGES_FROM = 5_000


def check_answers(contender: Contender, operations: Sequence[str], turn: int) -> None:
    """Ask each operation once, with this turn; a wrong answer raises ServerFailed."""
    connection = Connection(contender.address)
    for operation in operations:
        answer = connection.ask(contender.request(operation, turn))
        try:
            CHECKS[operation](contender, connection, turn, answer)
        except (AssertionError, LookupError, TypeError) as problem:
            message = (
                f"{contender.name} answered {operation} wrongly: {problem!r} in "
                f"{answer[:600].decode()}"
            )
            raise ServerFailed(message) from problem
    connection.close()


def _check_retrieve(contender: Contender, connection: Connection, turn: int, answer: bytes) -> None:
    _compare(contender.read_record(answer), make_company(contender.ordinal(turn)))


def _check_search(contender: Contender, connection: Connection, turn: int, answer: bytes) -> None:
    page = contender.read_page(answer)
    if contender.loaded >= FULL_PAGES_FROM:
        _expect(len(page) == PAGE_SIZE, f"{len(page)} rows")
    _expect({row["industry"] for row in page} == {industry_of(turn)}, "another industry")
    revenues = [float(row["revenue"]) for row in page]
    _expect(revenues == sorted(revenues, reverse=True), f"out of order: {revenues}")


def _check_free_text(
    contender: Contender, connection: Connection, turn: int, answer: bytes
) -> None:
    term = free_text_of(contender.ordinal(turn))
    page = contender.read_page(answer)
    _expect(all(term in str(list(row.values())).lower() for row in page), f"a row without {term}")
    _expect(
        make_company(contender.ordinal(turn))["name"] in [row["name"] for row in page],
        "the company is not there",
    )


def _check_changed(contender: Contender, connection: Connection, turn: int, answer: bytes) -> None:
    record = contender.read_record(connection.ask(contender.retrieve(turn)))
    _compare(record, contender.changed_company(turn))
    _expect(record["score"] == turn, f"the score is {record['score']} and not {turn}")


def _check_add(contender: Contender, connection: Connection, turn: int, answer: bytes) -> None:
    record_id = orjson.loads(answer)["id"]
    record = contender.read_record(connection.ask(contender.retrieve_by_id(record_id)))
    _compare(record, contender.new_company(turn))


CHECKS: dict[str, Callable[[Contender, Connection, int, bytes], None]] = {
    "retrieve": _check_retrieve,
    "search": _check_search,
    "free_text": _check_free_text,
    "free_text_in_name": _check_free_text,
    "patch": _check_changed,
    "upsert": _check_changed,
    "add": _check_add,
}


def _compare(record: dict[str, Any], company: Company) -> None:
    for name in COMPARED_FIELDS:
        found, expected = record[name], company[name]
        if isinstance(expected, float):
            _expect(abs(float(found) - expected) < 0.005, f"{name}: {found!r}, not {expected!r}")
        else:
            _expect(found == expected, f"{name}: {found!r}, not {expected!r}")


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
