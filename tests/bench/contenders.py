"""What the two servers are asked: the same operations, each in the server's own words."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson

from tests.bench.companies import (
    FIELD_NAMES,
    Company,
    email_of,
    free_text_of,
    industry_of,
    make_company,
)
from tests.bench.traffic import Address, Connection, Request

# Reads come first, so that they meet the number of companies that was loaded.
OPERATIONS = ("retrieve", "search", "free_text", "free_text_in_name", "patch", "upsert", "add")
WRITES = frozenset({"patch", "upsert", "add"})
PAGE_SIZE = 50
SAMPLE_SIZE = 5_000
SAMPLE_SEED = 20


def sample_ordinals(count: int) -> list[int]:
    """The companies that are read and changed: the same ones each time, spread evenly, in no
    order."""
    return random.Random(SAMPLE_SEED).sample(range(count), min(count, SAMPLE_SIZE))


class Contender(ABC):
    """A running server: how each operation is asked of it, and what its answers say.

    `turn` numbers the requests of a run. Turns of writes are never used twice, so that no write
    finds the value it brings already there.
    """

    name: str

    def __init__(self, address: Address, pid: int, ordinals: list[int], loaded: int) -> None:
        self.address = address
        self.pid = pid
        self.ordinals = ordinals
        self.loaded = loaded

    def ordinal(self, turn: int) -> int:
        return self.ordinals[turn % len(self.ordinals)]

    def request(self, operation: str, turn: int) -> Request:
        makers: dict[str, Callable[[int], Request]] = {
            "retrieve": self.retrieve,
            "search": self.search,
            "free_text": self.free_text,
            "free_text_in_name": self.free_text_in_name,
            "patch": self.patch,
            "upsert": self.upsert,
            "add": self.add,
        }
        return makers[operation](turn)

    def changed_company(self, turn: int) -> Company:
        return make_company(self.ordinal(turn)) | {"score": turn}

    def new_company(self, turn: int) -> Company:
        return make_company(self.loaded + turn)

    def retrieve(self, turn: int) -> Request:
        return self.retrieve_by_id(self.record_id(turn))

    @abstractmethod
    def record_id(self, turn: int) -> int | str: ...

    @abstractmethod
    def retrieve_by_id(self, record_id: int | str) -> Request: ...

    @abstractmethod
    def search(self, turn: int) -> Request: ...

    @abstractmethod
    def free_text(self, turn: int) -> Request: ...

    @abstractmethod
    def free_text_in_name(self, turn: int) -> Request: ...

    @abstractmethod
    def patch(self, turn: int) -> Request: ...

    @abstractmethod
    def upsert(self, turn: int) -> Request: ...

    @abstractmethod
    def add(self, turn: int) -> Request: ...

    @abstractmethod
    def read_record(self, body: bytes) -> dict[str, Any]:
        """The values of a retrieved company by field name."""

    @abstractmethod
    def read_page(self, body: bytes) -> list[dict[str, Any]]:
        """The values of each company of a page."""


class Limit(Contender):
    """The bare Django program; company number n has the id n + 1."""

    name = "limit"

    def record_id(self, turn: int) -> int | str:
        return self.ordinal(turn) + 1

    def retrieve_by_id(self, record_id: int | str) -> Request:
        return Request("GET", f"/companies/{record_id}")

    def search(self, turn: int) -> Request:
        return Request("GET", "/companies?" + urlencode({"industry": industry_of(turn)}))

    def free_text(self, turn: int) -> Request:
        return self.free_text_in_name(turn)

    def free_text_in_name(self, turn: int) -> Request:
        return Request(
            "GET", "/companies?" + urlencode({"search": free_text_of(self.ordinal(turn))})
        )

    def patch(self, turn: int) -> Request:
        return Request("PATCH", f"/companies/{self.record_id(turn)}", orjson.dumps({"score": turn}))

    def upsert(self, turn: int) -> Request:
        return Request("POST", "/companies/upsert", orjson.dumps(self.changed_company(turn)))

    def add(self, turn: int) -> Request:
        return Request("POST", "/companies", orjson.dumps(self.new_company(turn)))

    def read_record(self, body: bytes) -> dict[str, Any]:
        record: dict[str, Any] = orjson.loads(body)
        return record

    def read_page(self, body: bytes) -> list[dict[str, Any]]:
        page: list[dict[str, Any]] = orjson.loads(body)
        return page


class Records(Contender):
    """The product, through its Records API."""

    name = "records"
    path = "/api/records/companies"

    def __init__(self, address: Address, pid: int, ordinals: list[int], loaded: int) -> None:
        super().__init__(address, pid, ordinals, loaded)
        self.record_ids = self._find_record_ids()

    def _find_record_ids(self) -> list[str]:
        connection = Connection(self.address)
        found = []
        for ordinal in self.ordinals:
            query = urlencode({"identifier": email_of(ordinal), "field_names": "email"})
            found.append(
                orjson.loads(connection.ask(Request("GET", f"{self.path}/lookup?{query}")))["id"]
            )
        connection.close()
        return found

    def record_id(self, turn: int) -> int | str:
        return self.record_ids[turn % len(self.record_ids)]

    def retrieve_by_id(self, record_id: int | str) -> Request:
        return Request("GET", f"{self.path}/{record_id}")

    def search(self, turn: int) -> Request:
        query = urlencode({"page": 1, "page_size": PAGE_SIZE, "ordering": "-revenue"})
        clause = {"field": "industry", "condition": "=", "value": industry_of(turn)}
        body = orjson.dumps({"query": [{"and": True, "filters": [clause]}]})
        return Request("POST", f"{self.path}/search?{query}", body)

    def free_text(self, turn: int) -> Request:
        return self._free_text(turn, {})

    def free_text_in_name(self, turn: int) -> Request:
        return self._free_text(turn, {"search_within_field_names": ["name"]})

    def _free_text(self, turn: int, body: dict[str, Any]) -> Request:
        query = urlencode(
            {"page": 1, "page_size": PAGE_SIZE, "search": free_text_of(self.ordinal(turn))}
        )
        return Request("POST", f"{self.path}/search?{query}", orjson.dumps(body))

    def patch(self, turn: int) -> Request:
        body = orjson.dumps({"fields": [{"name": "score", "value": turn}]})
        return Request("PATCH", f"{self.path}/{self.record_id(turn)}", body)

    def upsert(self, turn: int) -> Request:
        company = self.changed_company(turn)
        body = {"lookup_value": company.pop("email"), "fields": _as_fields(company)}
        return Request("POST", f"{self.path}/upsert", orjson.dumps(body))

    def add(self, turn: int) -> Request:
        return Request(
            "POST", f"{self.path}/add", orjson.dumps({"fields": _as_fields(self.new_company(turn))})
        )

    def read_record(self, body: bytes) -> dict[str, Any]:
        return _values_by_name(orjson.loads(body))

    def read_page(self, body: bytes) -> list[dict[str, Any]]:
        page = orjson.loads(body)
        if page["count"] < len(page["results"]):
            raise AssertionError(f"count {page['count']} beside {len(page['results'])} rows")
        return [_values_by_name(row) for row in page["results"]]


class WorkspaceApi(Contender):
    """The product, through its Workspace API."""

    name = "workspace"

    def __init__(self, address: Address, pid: int, ordinals: list[int], loaded: int) -> None:
        super().__init__(address, pid, ordinals, loaded)
        types = f"/api/v2/w/{address.headers['X-BUSINESS-ID']}/data-types"
        connection = Connection(address)
        type_id = orjson.loads(connection.ask(Request("GET", f"{types}/slug/companies")))["id"]
        self.upserts, self.path = f"{types}/{type_id}/upsert", f"{types}/{type_id}/records"
        numbers = self._find_numbers(connection)
        self.record_ids = [numbers[email_of(ordinal)] for ordinal in ordinals]
        connection.close()

    def _find_numbers(self, connection: Connection) -> dict[str, int]:
        found: dict[str, int] = {}
        cursor: str | None = ""
        while cursor is not None:
            query = urlencode({"pageSize": 1000, "cursor": cursor})
            page = orjson.loads(connection.ask(Request("GET", f"{self.path}?{query}")))
            found |= {item["fieldValues"]["email"]: item["id"] for item in page["items"]}
            cursor = page["nextCursor"]
        return found

    def record_id(self, turn: int) -> int | str:
        return self.record_ids[turn % len(self.record_ids)]

    def retrieve_by_id(self, record_id: int | str) -> Request:
        return Request("GET", f"{self.path}/{record_id}")

    def search(self, turn: int) -> Request:
        return self._list(industry=industry_of(turn), sortBy="revenue", sortOrder="desc")

    def free_text(self, turn: int) -> Request:
        return self._list(search=free_text_of(self.ordinal(turn)))

    def free_text_in_name(self, turn: int) -> Request:
        return self._list(name__contains=free_text_of(self.ordinal(turn)))

    def _list(self, **query: Any) -> Request:
        return Request("GET", f"{self.path}?{urlencode({'pageSize': PAGE_SIZE, **query})}")

    def patch(self, turn: int) -> Request:
        body = orjson.dumps({"fieldValues": {"score": turn}})
        return Request("PUT", f"{self.path}/{self.record_id(turn)}", body)

    def upsert(self, turn: int) -> Request:
        return self.patch(
            turn
        )  # it matches by another key, which the companies that were imported lack

    def add(self, turn: int) -> Request:
        return Request("POST", self.path, orjson.dumps({"fieldValues": self.new_company(turn)}))

    def read_record(self, body: bytes) -> dict[str, Any]:
        return _plain_values(orjson.loads(body))

    def read_page(self, body: bytes) -> list[dict[str, Any]]:
        page = orjson.loads(body)
        if page["total"] < len(page["items"]):
            raise AssertionError(f"total {page['total']} beside {len(page['items'])} rows")
        return [_plain_values(row) for row in page["items"]]


def _plain_values(record: dict[str, Any]) -> dict[str, Any]:
    return {slug: _plain(value) for slug, value in record["fieldValues"].items()}


def _as_fields(company: Company) -> list[dict[str, Any]]:
    return [{"name": name, "value": company[name]} for name in FIELD_NAMES if name in company]


def _values_by_name(record: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: _plain(entry["value"]) for entry in record["fields"].values()}


def _plain(value: Any) -> Any:
    """An option's name, an amount's number; other values as they are."""
    if isinstance(value, dict):
        return value.get("name", value.get("amount"))
    return value
