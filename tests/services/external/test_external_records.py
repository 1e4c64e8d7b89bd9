"""Every operation on records that live elsewhere goes there, and leaves nothing here but a row
about the call."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from records.exceptions import ExternalConfig, InvalidValues, NotAllowed, NotFound
from records.models import (
    ExternalCall,
    ExternalSource,
    FieldValue,
    ImportUpload,
    LedgerEntry,
    Record,
)
from records.services.external.ids import uuid_of
from records.services.external.sources import update_source
from records.services.operations.home import home_of
from records.services.reading.record_address import address
from records.services.search import AggregateRequest, SearchRequest
from records.services.writing.save_requests import Mode, SaveRequest
from tests.api_client import ApiClient
from tests.factories import Caller, entries, make_member
from tests.services.acting import by_name, history, refusal, save, search, upsert, view

from .conftest import SECRET
from .upstream import Upstream

LIVE: dict[str, Any] = {
    "id": "A/1",
    "title": "Crate",
    "colour": "Red",
    "figures": {"amount": 3},
    "price": 9.5,
    "tags": ["vip"],
    "day": "2026-01-31",
    "done": True,
}


@pytest.fixture
def crate(upstream: Upstream, source: ExternalSource) -> str:
    """A thing that is there; its id would be two steps of a path."""
    upstream.things["A/1"] = dict(LIVE)
    return uuid_of("A/1")


def nothing_is_stored() -> bool:
    return not (Record.objects.exists() or FieldValue.objects.exists() or Record.history.exists())


def test_a_record_is_read_from_where_it_lives(
    admin: Caller, upstream: Upstream, crate: str
) -> None:
    found = view(admin, "things", crate)

    values = by_name(found)
    assert values["name"] == "Crate"
    assert values["colour"]["name"] == "Red"
    assert values["amount"] == 3
    assert values["price"]["amount"] == 9.5
    assert [tag["name"] for tag in values["tags"]] == ["vip"]
    assert (values["day"], values["done"], values["display_name"]) == ("2026-01-31", True, "Crate")
    assert (found.uuid, found.version, found.row.external_id) == (crate, 0, "A/1")
    assert upstream.seen[0].path == "/v1/things/A%2F1"
    assert upstream.seen[0].headers["Authorization"] == SECRET
    assert nothing_is_stored()


def test_values_are_sent_in_forms_that_mean_something_elsewhere(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    colours = admin.schema("things").by_name["colour"].options
    blue = next(option.uuid for option in colours.values() if option.name == "Blue")

    made = save(
        admin,
        "things",
        Mode.CREATE,
        name="Box",
        colour={"id": blue},
        amount="7",
        price={"amount": 2},
        tags=["vip", "new"],
        done=None,
    )

    assert upstream.seen[-1].body == {
        "title": "Box",
        "colour": "Blue",
        "figures": {"amount": 7},
        "price": 2,
        "tags": ["vip", "new"],
        "done": None,
    }
    assert (made.action, made.record.external_id, made.record.uuid) == (
        "created",
        "T-1",
        uuid_of("T-1"),
    )
    assert nothing_is_stored()


def test_each_write_is_the_operation_of_its_kind(
    admin: Caller, upstream: Upstream, crate: str
) -> None:
    save(admin, "things", Mode.UPDATE, crate, amount=4)
    assert (upstream.seen[-1].method, upstream.seen[-1].body) == (
        "PATCH",
        {"figures": {"amount": 4}},
    )

    replaced = save(admin, "things", Mode.REPLACE, crate, name="Whole")
    assert (upstream.seen[-1].method, upstream.seen[-1].body) == ("PUT", {"title": "Whole"})
    assert replaced.action == "updated"

    assert upsert(admin, "things", "new/one", {"name": "N"}).action == "created"
    assert upsert(admin, "things", "new/one", {"name": "M"}).action == "updated"
    assert upstream.things["new/one"] == {"id": "new/one", "title": "M"}

    save(admin, "things", Mode.ARCHIVE, crate)
    assert upstream.seen[-1].method == "DELETE"
    assert "A/1" not in upstream.things
    assert isinstance(refusal(save, admin, "things", Mode.UPDATE, crate, amount=1), NotFound)
    assert nothing_is_stored()


def test_a_batch_is_one_call_after_the_other(admin: Caller, upstream: Upstream, crate: str) -> None:
    schema = admin.schema("things")
    requests = [
        SaveRequest(Mode.UPDATE, crate, entries=entries({"amount": 1})),
        SaveRequest(Mode.UPDATE, uuid_of("gone"), entries=entries({"amount": 1})),
    ]
    done, missing = home_of(schema).save_records(admin.author, schema, requests)
    assert not isinstance(done, Exception)
    assert isinstance(missing, NotFound)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"amount": "many"}, "invalid"),
        ({"remark": "kept nowhere"}, "external_config"),
        ({"tags": ["never seen"]}, "does_not_exist"),
        ({"colour": "Green"}, "does_not_exist"),
        ({"display_name": "x"}, "read_only"),
    ],
    ids=["type", "unmapped", "tag", "option", "computed"],
)
def test_wrong_values_are_refused_before_anything_is_sent(
    admin: Caller, upstream: Upstream, source: ExternalSource, sent: dict[str, Any], code: str
) -> None:
    error = refusal(save, admin, "things", Mode.CREATE, **sent)
    assert isinstance(error, InvalidValues)
    assert error.code == code
    assert not upstream.seen
    assert not ExternalCall.objects.exists()


def test_an_operation_that_is_not_declared_is_never_done_here(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    update_source(admin.author, source, operations={})
    schema = admin.schema("things")
    for work in (
        lambda: save(admin, "things", Mode.CREATE, name="x"),
        lambda: save(admin, "things", Mode.UPDATE, uuid_of("a"), name="x"),
        lambda: save(admin, "things", Mode.ARCHIVE, uuid_of("a")),
        lambda: save(admin, "things", Mode.UNARCHIVE, uuid_of("a")),
        lambda: view(admin, "things", uuid_of("a")),
        lambda: search(admin, "things"),
        lambda: home_of(schema).aggregate_records(
            admin.author, schema, AggregateRequest(SearchRequest(fields=()))
        ),
        lambda: upsert(admin, "things", "a", {"name": "x"}),
    ):
        assert isinstance(refusal(work), ExternalConfig)
    assert not upstream.seen
    assert nothing_is_stored()


def test_files_and_the_trash_are_for_records_that_are_here(
    admin: Caller, upstream: Upstream, source: ExternalSource
) -> None:
    schema = admin.schema("things")
    where = address(uuid_of("a"))
    assert isinstance(
        refusal(home_of(schema).list_attachments, admin.author, schema, where), ExternalConfig
    )
    assert isinstance(
        refusal(home_of(schema).begin_upload, admin.author, schema, where, "a.txt"), ExternalConfig
    )
    assert isinstance(
        refusal(home_of(schema).list_trash, admin.author, schema, (), offset=0, limit=10),
        ExternalConfig,
    )
    assert not upstream.seen


def test_versions_are_not_pretended(admin: Caller, source: ExternalSource, crate: str) -> None:
    request = SaveRequest(Mode.UPDATE, crate, entries=entries({"amount": 1}), expected_version=1)
    schema = admin.schema("things")
    assert isinstance(
        refusal(home_of(schema).save_record, admin.author, schema, request), ExternalConfig
    )


# ---------------------------------------------------------------- who may


def test_rights_hold_before_anything_is_sent(admin: Caller, upstream: Upstream, crate: str) -> None:
    nobody = make_member(
        admin, "own@example.com", {"things": {"create": False, "view": "own", "edit": "own"}}
    )
    reader = make_member(admin, "reader@example.com", {"things": {"view": "all", "edit": "own"}})

    assert isinstance(refusal(view, nobody, "things", crate), NotFound)
    assert search(nobody, "things").views == []
    assert isinstance(refusal(history, nobody, "things", crate), NotFound)
    assert isinstance(refusal(save, nobody, "things", Mode.UPDATE, crate, amount=1), NotFound)
    assert isinstance(refusal(save, reader, "things", Mode.CREATE, name="x"), NotAllowed)
    assert isinstance(refusal(save, reader, "things", Mode.UPDATE, crate, amount=1), NotAllowed)
    assert isinstance(refusal(save, reader, "things", Mode.ARCHIVE, crate), NotAllowed)
    assert not upstream.seen


def test_fields_hidden_from_a_role_are_neither_shown_nor_searched_nor_wiped(
    admin: Caller, upstream: Upstream, crate: str
) -> None:
    grants = {"things": {"create": True, "view": "all", "edit": "all", "remove": "all"}}
    member = make_member(admin, "half@example.com", grants, hidden=[("things", "price")])

    assert "price" not in by_name(view(member, "things", crate))
    assert isinstance(refusal(search, member, "things", search="x"), NotAllowed)
    assert isinstance(refusal(save, member, "things", Mode.REPLACE, crate, name="x"), NotAllowed)
    save(member, "things", Mode.UPDATE, crate, name="fine")
    assert upstream.things["A/1"]["price"] == 9.5
    (entry,) = [row for row in history(member, "things", crate) if row.action == "get"]
    assert "price" not in entry.reason


# ---------------------------------------------------------------- the row about a call


def test_each_call_leaves_a_row_without_values(
    admin: Caller, upstream: Upstream, crate: str
) -> None:
    save(admin, "things", Mode.UPDATE, crate, name="Confidential", amount=41)

    row = ExternalCall.objects.get()
    assert (row.operation, row.external_id, row.outcome, row.status) == (
        "patch",
        "A/1",
        "applied",
        200,
    )
    assert row.field_names == ["name", "amount"]
    assert (row.author, row.door) == (admin.member.pk, "command")
    assert len(row.answer_digest) == 64
    assert row.milliseconds is not None
    assert "Confidential" not in str(vars(row))

    (entry,) = history(admin, "things", crate)
    assert (entry.action, entry.reason, entry.changes) == (
        "patch",
        "applied, answered 200; fields: name, amount",
        [],
    )
    assert entry.member is not None


# ---------------------------------------------------------------- the Records API


def test_the_records_api_reads_writes_and_finds_elsewhere(
    api: ApiClient, upstream: Upstream, crate: str
) -> None:
    read = api.get(f"/api/records/things/{crate}?field_names=name,amount")
    assert read.status_code == 200
    assert "ETag" not in read.headers
    assert {entry["name"]: entry["value"] for entry in read.json()["fields"].values()} == {
        "name": "Crate",
        "amount": 3,
    }
    assert api.get(f"/api/records/things/{crate}", if_none_match="*").status_code == 200

    made = api.post("/api/records/things/add", {"fields": [{"name": "name", "value": "Box"}]})
    assert (made.status_code, made.json()["id"], made.json()["action"]) == (
        200,
        uuid_of("T-2"),
        "created",
    )
    assert api.get("/api/records/things/lookup?identifier=A/1").json()["id"] == crate
    assert api.post("/api/records/things/search", {"page_size": 1}).json()["count"] == 2

    change = {"fields": [{"name": "amount", "value": 8}]}
    assert api.patch(f"/api/records/things/{crate}", change).status_code == 200
    assert api.put(f"/api/records/things/{crate}", change).status_code == 200
    assert api.patch(f"/api/records/things/{crate}", change, if_match='"3"').status_code == 422
    up = api.post("/api/records/things/upsert", {"lookup_value": "u-1", **change})
    assert (up.status_code, up.json()["action"]) == (201, "created")
    assert api.delete(f"/api/records/things/{crate}").status_code == 204
    assert api.get(f"/api/records/things/{crate}").status_code == 404
    assert api.get(f"/api/records/things/{crate}/history").json()["count"] >= 5
    unarchived = api.patch(f"/api/records/things/{crate}/unarchive", {})
    assert (unarchived.status_code, unarchived.json()["code"]) == (422, "external_config")
    assert api.get(f"/api/records/things/{crate}?as_of=2026-01-01").status_code == 422
    assert nothing_is_stored()


def test_field_values_are_found_by_the_field(api: ApiClient, admin: Caller, crate: str) -> None:
    tags = admin.schema("things").by_name["tags"].uuid
    assert (
        api.get(f"/api/records/{crate}/field-values/{tags}").json()["results"][0]["name"] == "vip"
    )
    assert api.get(f"/api/records/{crate}/field-values/{UUID(int=7)}").status_code == 404


def test_an_idempotency_key_makes_one_call(
    api: ApiClient, upstream: Upstream, source: ExternalSource
) -> None:
    body = {"fields": [{"name": "name", "value": "Box"}]}
    first = api.post("/api/records/things/add", body, idempotency_key="k1")
    again = api.post("/api/records/things/add", body, idempotency_key="k1")

    assert first.status_code == again.status_code == 200
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.content == again.content
    assert len(upstream.seen) == 1


def test_a_call_whose_outcome_is_unknown_is_not_repeated_under_its_key(
    api: ApiClient, upstream: Upstream, source: ExternalSource
) -> None:
    body = {"fields": [{"name": "name", "value": "Box"}]}
    upstream.answer(500)
    for _ in range(2):
        answer = api.post("/api/records/things/add", body, idempotency_key="k2")
        assert (answer.status_code, answer.json()["outcome"]) == (424, "unknown")
    assert len(upstream.seen) == 1

    upstream.answer(400)
    assert (
        api.post("/api/records/things/add", body, idempotency_key="k3").json()["outcome"]
        == "refused"
    )
    upstream.behaviour = None
    assert api.post("/api/records/things/add", body, idempotency_key="k3").status_code == 200


def test_the_ledger_says_nothing_of_them(admin: Caller, upstream: Upstream, crate: str) -> None:
    save(admin, "things", Mode.UPDATE, crate, amount=1)
    assert LedgerEntry._meta.abstract
    assert not Record.history.exists()


CHANGE = {"fields": [{"name": "name", "value": "x"}]}
CONDITIONAL = [
    ("PATCH", "{crate}", CHANGE),
    ("PUT", "{crate}", CHANGE),
    ("DELETE", "{crate}", None),
    ("PATCH", "{crate}/unarchive", {}),
    ("POST", "add", CHANGE),
    ("POST", "upsert", {"lookup_value": "u-1", **CHANGE}),
]


@pytest.mark.parametrize("condition", ["*", '"3"', '"3", "4"', 'W/"3"'])
@pytest.mark.parametrize(("method", "path", "body"), CONDITIONAL)
def test_no_condition_is_promised_that_the_upstream_does_not_keep(
    api: ApiClient,
    upstream: Upstream,
    crate: str,
    method: str,
    path: str,
    body: Any,
    condition: str,
) -> None:
    where = f"/api/records/things/{path.format(crate=crate)}"
    answer = api.send(method, where, body, if_match=condition)
    assert (answer.status_code, answer.json()["code"]) == (422, "external_config")
    assert upstream.seen == []


def test_a_file_is_not_even_kept_where_none_can_be_imported(api: ApiClient, crate: str) -> None:
    answer = api.post(
        "/api/custom-objects/things/imports?file_name=a.csv", b"name\nA\n", content_type="text/csv"
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "external_config")
    assert not ImportUpload.objects.exists()
