"""Upstreams that fail, hang, lie and flood: an answer within the time, nothing kept, everybody else
unharmed."""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connection, transaction

from records.exceptions import ExternalError, InTransaction
from records.models import ExternalCall, ExternalSource, Record
from records.services.external.ids import uuid_of
from records.services.external.sources import update_source
from records.services.writing.save_requests import Mode
from tests.api.workspace.calling import WorkspaceClient
from tests.api_client import ApiClient
from tests.factories import Caller, make_object
from tests.mcp.calling import Agent
from tests.services.acting import refusal, save, search, view

from .upstream import Upstream, reply

THING_ID = "t1"
THING = uuid_of(THING_ID)
SECONDS = 0.5
SLACK = 4.0  # for a busy machine
FOREVER = 10 * 2**30


@pytest.fixture
def hasty(admin: Caller, source: ExternalSource) -> Caller:
    """The source gives up soon."""
    update_source(admin.author, source, timeout_seconds=SECONDS)
    return admin


def hang(upstream: Upstream, handler: BaseHTTPRequestHandler) -> None:
    upstream.hang(handler)


def hang_after_head(upstream: Upstream, handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    upstream.hang(handler)


def drip(upstream: Upstream, handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: each comes in time, all of them never."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not upstream.released.wait(SECONDS / 10):
        handler.wfile.write(b" ")


def drip_head(upstream: Upstream, handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not upstream.released.wait(SECONDS / 10):
        handler.wfile.write(b"x")


def only_continue(upstream: Upstream, handler: BaseHTTPRequestHandler) -> None:
    while not upstream.released.wait(SECONDS / 10):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


@pytest.mark.parametrize(
    "behave", [hang, hang_after_head, drip, drip_head, only_continue], ids=lambda it: it.__name__
)
def test_slow_upstreams_are_given_up_in_time(
    hasty: Caller, upstream: Upstream, behave: Callable[[Upstream, BaseHTTPRequestHandler], None]
) -> None:
    upstream.behaviour = lambda handler: behave(upstream, handler)
    begun = time.monotonic()

    error = refusal(save, hasty, "things", Mode.UPDATE, THING, name="x")

    assert time.monotonic() - begun < SECONDS + SLACK
    assert isinstance(error, ExternalError)
    assert (error.outcome, "unknown" in error.detail, "within 0.5 seconds" in error.detail) == (
        "unknown",
        True,
        True,
    )
    row = ExternalCall.objects.get()
    assert (row.outcome, row.status) == ("unknown", None)
    assert not Record.objects.exists()


def flood(chunk: bytes, head: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        for _ in range(FOREVER // len(chunk)):
            handler.wfile.write(chunk)

    return behave


def chunked(raw: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(raw), raw)


def bomb(size: int) -> bytes:
    """`size` zeros as gzip writes them: a thousandth of that."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    return deflate.compress(b"0" * size) + deflate.flush()


def answering(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: reply(handler, status, body, **headers)


def close_early(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    handler.close_connection = True


def close_at_once(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def speak_nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"220 mail.example.com ESMTP\r\n")
    handler.close_connection = True


BLOCK = b"[" * 65_536
NESTED = b'{"thing": ' * 5000 + b"{}" + b"}" * 5000
BAD: dict[str, tuple[Callable[[BaseHTTPRequestHandler], None], str]] = {
    "endless": (flood(BLOCK, b"Content-Type: application/json"), "unknown"),
    "10 GB": (flood(BLOCK, b"Content-Length: %d" % FOREVER), "unknown"),
    "endless chunks": (flood(chunked(BLOCK), b"Transfer-Encoding: chunked"), "unknown"),
    "endless header": (flood(b"x" * 65_536, b"X: y\r\nX-Long: "), "unknown"),
    "gzip bomb": (answering(200, bomb(200 * 2**20), Content_Encoding="gzip"), "unknown"),
    "endless gzip": (flood(bomb(2**20), b"Content-Encoding: gzip"), "unknown"),
    "cut gzip": (
        answering(200, gzip.compress(b'{"thing": {}}')[:-9], Content_Encoding="gzip"),
        "unknown",
    ),
    "no gzip": (answering(200, b'{"thing": {}}', Content_Encoding="gzip"), "unknown"),
    "brotli": (answering(200, b'{"thing": {}}', Content_Encoding="br"), "unknown"),
    "html": (
        answering(200, b"<!doctype html><title>Log in</title>", Content_Type="text/html"),
        "unknown",
    ),
    "no json": (answering(200, b"{'thing': NaN}"), "unknown"),
    "nested": (answering(200, NESTED), "unknown"),
    "not utf-8": (answering(200, b'{"thing": {"title": "\xff"}}'), "unknown"),
    "nothing there": (answering(200, b'{"other": 1}'), "unknown"),
    "redirect": (answering(302, b"", Location="http://127.0.0.1:1/"), "unknown"),
    "see other": (answering(303, b"", Location="/v1/things/t2"), "unknown"),
    "not modified": (answering(304, b""), "unknown"),
    "broken": (answering(500, b"Traceback"), "unknown"),
    "away": (answering(503, b""), "unknown"),
    "forbidden": (answering(403, b"{}"), "refused"),
    "conflict": (answering(409, b"{}"), "refused"),
    "too many": (answering(429, b"{}"), "refused"),
    "closed early": (close_early, "unknown"),
    "closed": (close_at_once, "unknown"),
    "no http": (speak_nonsense, "unknown"),
    "a list": (answering(200, b'{"thing": [1]}'), "applied"),
    "wrong type": (answering(200, b'{"thing": {"figures": {"amount": "many"}}}'), "applied"),
    "object for text": (answering(200, b'{"thing": {"title": {"en": "x"}}}'), "applied"),
    "unknown option": (answering(200, b'{"thing": {"colour": "Mauve"}}'), "applied"),
    "unknown tag": (answering(200, b'{"thing": {"tags": ["mauve"]}}'), "applied"),
    "nul": (answering(200, b'{"thing": {"title": "a\\u0000b"}}'), "applied"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_are_refused(api: ApiClient, upstream: Upstream, name: str) -> None:
    behave, outcome = BAD[name]
    upstream.behaviour = behave

    written = api.patch(
        f"/api/records/things/{THING}", {"fields": [{"name": "name", "value": "x"}]}
    )
    read = api.get(f"/api/records/things/{THING}")

    assert (written.status_code, written.json()["code"], written.json()["outcome"]) == (
        424,
        "external_error",
        outcome,
    )
    assert (read.status_code, read.json()["code"]) == (424, "external_error")
    assert not Record.objects.exists()
    assert not connection.in_atomic_block


NO_RECORD: dict[str, Any] = {
    "an error": {"error": "no such thing"},
    "an error beside the id": {"id": THING_ID, "error": "nope"},
    "errors beside the id": {"id": THING_ID, "title": None, "errors": [{"code": 5}]},
    "an error with values": {"error": "x", "title": "Not this", "figures": {"amount": 1}},
    "nothing": {},
    "no id": {"title": "Somebody"},
    "an id that is none": {"id": True, "title": "Somebody"},
    "an id of no kind": {"id": {"value": THING_ID}, "title": "Somebody"},
    "another record": {"id": "T-2", "title": "Another"},
    "another case": {"id": THING_ID.upper(), "title": "Another"},
    "a list": [{"id": THING_ID}],
    "a text": "no such thing",
}


@pytest.mark.parametrize("name", NO_RECORD)
def test_an_answer_that_is_not_the_record_is_no_record(
    api: ApiClient, admin: Caller, upstream: Upstream, name: str
) -> None:
    content = NO_RECORD[name]
    upstream.answer(200, {"thing": content})
    client, agent = WorkspaceClient(admin), Agent(admin)
    data_type = admin.schema("things").id
    answers = [
        api.get(f"/api/records/things/{THING}"),
        client.get(f"/data-types/{data_type}/records", {"externalId": THING_ID}),
    ]
    assert [answer.status_code for answer in answers] == [424, 424]
    by_id = {"record_type": "things", "record_ids": [THING]}
    for tool, arguments in (
        ("manage_record", {"action": "get", "record_type": "things", "record_id": THING}),
        ("get_records", by_id),
    ):
        error = agent.refusal(tool, **arguments)
        assert (error["code"], error["details"]["outcome"]) == ("EXTERNAL_ERROR", "refused")
        assert "unknown" not in error["message"]
    if isinstance(content, dict):
        written = agent.refusal(
            "manage_record",
            action="patch",
            record_type="things",
            record_id=THING,
            data={"name": "x"},
        )
        foreign = name in ("another record", "another case") or "error" in name
        outcome = "unknown" if foreign else "applied"
        assert written["details"]["outcome"] == outcome, written
        told = "The outcome is unknown" if foreign else "The change was made"
        assert told in written["message"]


@pytest.mark.parametrize("action", ["cancel", "delete"])
def test_an_end_that_is_reported_as_an_error_is_none(
    admin: Caller, upstream: Upstream, source: ExternalSource, action: str
) -> None:
    about = {"record_type": "things", "record_id": THING}
    upstream.answer(200, {"error": "it is in use"})
    error = Agent(admin).refusal("manage_record", action=action, **about)
    assert error["details"]["outcome"] == "unknown"
    upstream.answer(200, {"ok": True})
    Agent(admin).call("manage_record", action=action, **about)


def test_a_read_that_timed_out_leaves_no_doubt(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    update_source(admin.author, source, timeout_seconds=SECONDS)
    upstream.behaviour = upstream.hang
    about = {"record_type": "things", "record_id": THING}
    calls: list[tuple[str, dict[str, Any], str]] = [
        ("manage_record", {"action": "get"} | about, "refused"),
        ("query_records", {"record_type": "things"}, "refused"),
        ("manage_record", {"action": "patch", "data": {"name": "x"}} | about, "unknown"),
    ]
    for tool, arguments, outcome in calls:
        error = Agent(admin).refusal(tool, **arguments)
        assert error["details"]["outcome"] == outcome
        assert ("outcome is unknown" in error["message"]) is (outcome == "unknown")


def test_a_value_that_no_field_holds_after_a_write_says_that_it_was_made(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    upstream.answer(200, {"thing": {"id": THING_ID, "figures": {"amount": "many"}}})
    about = {"record_type": "things", "record_id": THING}
    written = Agent(admin).refusal("manage_record", action="patch", data={"name": "x"}, **about)
    assert (written["details"]["outcome"], "The change was made" in written["message"]) == (
        "applied",
        True,
    )
    read = Agent(admin).refusal("manage_record", action="get", **about)
    assert (read["details"]["outcome"], "change" in read["message"]) == ("refused", False)


@pytest.mark.parametrize("tags", ['"1"', '"1", "2"', 'W/"1", "2", "x"'])
def test_entity_tags_are_refused_however_many(
    api: ApiClient, admin: Caller, upstream: Upstream, tags: str
) -> None:
    """One more does not make them known: such a record has no version here."""
    client = WorkspaceClient(admin)
    types = f"/data-types/{admin.schema('things').id}"
    path = f"{types}/records"
    body = {"fields": [{"name": "name", "value": "x"}]}
    values = {"fieldValues": {"name": "x"}}
    answers = [
        api.patch(f"/api/records/things/{THING}", body, If_Match=tags),
        api.delete(f"/api/records/things/{THING}", If_Match=tags),
        api.post("/api/records/things/upsert", {"lookup_value": THING_ID, **body}, If_Match=tags),
        client.put(path, values, {"externalId": THING_ID}, If_Match=tags),
        client.post(f"{types}/upsert/{THING_ID}", values, If_Match=tags),
        client.put(f"{path}/5", values, If_Match=tags),
    ]
    assert [answer.status_code for answer in answers] == [422] * len(answers)
    assert not upstream.seen


def test_a_list_that_is_none_is_refused(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    wrong: list[dict[str, Any]] = [
        {"things": {}},
        {"things": [1]},
        {"things": [{"title": "no id"}]},
        {"things": [{"id": True}]},
    ]
    for content in wrong:
        upstream.answer(200, {"meta": {"total": 1}, **content})
        assert isinstance(refusal(search, admin, "things"), ExternalError)
    upstream.answer(200, {"things": [], "meta": {"total": "two"}})
    assert "no number" in refusal(search, admin, "things").detail


def test_an_upstream_that_is_down_is_told_from_one_that_may_have_acted(
    admin: Caller, upstream: Upstream, source: ExternalSource, settings: Any
) -> None:
    settings.EXTERNAL_ALLOWED_HOSTS = ["127.0.0.1:1"]
    update_source(admin.author, source, base_url="http://127.0.0.1:1")

    error = refusal(save, admin, "things", Mode.CREATE, name="x")

    assert isinstance(error, ExternalError)
    assert (error.outcome, error.status) == ("refused", None)
    assert "could not be reached" in error.detail


def test_an_answer_without_content_is_what_was_sent(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    upstream.answer(204, b"")
    changed = save(admin, "things", Mode.UPDATE, THING, name="Sent")
    assert (changed.record.uuid, changed.record.display_name) == (THING, "Sent")

    error = refusal(save, admin, "things", Mode.CREATE, name="x")
    assert isinstance(error, ExternalError)
    assert error.outcome == "applied"
    assert isinstance(refusal(view, admin, "things", THING), ExternalError)


def test_compressed_answers_are_read(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    for coding, body in (
        ("gzip", gzip.compress(b'{"thing": {"id": "t1", "title": "G"}}')),
        ("deflate", zlib.compress(b'{"thing": {"id": "t1", "title": "G"}}')),
    ):
        upstream.behaviour = answering(200, body, Content_Encoding=coding)
        assert view(admin, "things", THING).display_name == "G"


# ---------------------------------------------------------------- everybody else


def test_calls_are_not_made_inside_a_transaction(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    with transaction.atomic():
        error = refusal(save, admin, "things", Mode.CREATE, name="x")
    assert isinstance(error, InTransaction)
    assert not upstream.seen


@pytest.fixture
def waiting(api: ApiClient, upstream: Upstream) -> Iterator[threading.Thread]:
    """Somebody who waits for an upstream that hangs."""
    upstream.behaviour = upstream.hang

    def call() -> None:
        try:
            answers.append(
                api.patch(
                    f"/api/records/things/{THING}", {"fields": [{"name": "name", "value": "x"}]}
                )
            )
        finally:
            connection.close()

    answers: list[Any] = []
    thread = threading.Thread(target=call)
    thread.start()
    assert upstream.reached.wait(20)
    yield thread
    upstream.released.set()
    thread.join()
    assert [answer.status_code for answer in answers] == [424]


@pytest.mark.usefixtures("waiting")
def test_others_write_while_an_upstream_hangs(admin: Caller) -> None:
    """A transaction that waited for it would hold SQLite's lock, and on PostgreSQL the object's
    definition."""
    make_object(admin, "Boxes")
    save(admin, "boxes", Mode.CREATE, name="written meanwhile")
    assert Record.objects.count() == 1
    assert ExternalCall.objects.get().outcome == "unknown"


@pytest.mark.usefixtures("waiting")
def test_callers_of_a_hanging_upstream_do_not_take_all_threads(
    api: ApiClient, settings: Any
) -> None:
    settings.EXTERNAL_CALLS_AT_ONCE = 1

    answer = api.get(f"/api/records/things/{THING}")

    assert (answer.status_code, answer.headers["Retry-After"], answer.json()["outcome"]) == (
        424,
        "1",
        "refused",
    )


def test_an_upstream_that_keeps_failing_is_left_alone(api: ApiClient, upstream: Upstream) -> None:
    upstream.answer(500)
    for _ in range(7):
        answer = api.get(f"/api/records/things/{THING}")

    assert len(upstream.seen) == 5
    assert (answer.status_code, answer.json()["outcome"]) == (424, "refused")
    assert 0 < int(answer.headers["Retry-After"]) <= 30
    assert ExternalCall.objects.count() == 7


def test_refusals_do_not_open_the_circuit(api: ApiClient, upstream: Upstream) -> None:
    for status in (404, 400, 404, 422, 429, 401, 404):
        upstream.answer(status)
        api.get(f"/api/records/things/{THING}")
    assert len(upstream.seen) == 7
