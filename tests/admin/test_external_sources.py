"""External sources at the workbench: set up, tried out, changed; a secret goes in and never comes
out."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from pytest_django import Settings

from records.models import ExternalCall, ExternalSource
from records.services.external.ids import uuid_of
from records.services.external.limits import limits
from tests.admin.pages import Workbench, messages_of, refused_inputs
from tests.factories import (
    Caller,
    FieldDefinition,
    make_member,
    make_object,
    make_record,
    make_workspace,
)
from tests.services.external.upstream import Upstream, serving

SOURCES = "/admin/records/externalsource/"
SECRET = "Bearer a-very-long-secret"


@pytest.fixture
def upstream(settings: Settings) -> Iterator[Upstream]:
    limits.forget()
    with serving() as made:
        settings.EXTERNAL_ALLOWED_HOSTS = [made.host]
        yield made
    limits.forget()


@pytest.fixture
def bench(transactional_db: None) -> Workbench:
    """The workbench of an admin whose workspace has an object without records."""
    make_workspace("Operators", "operator@example.com")
    caller = make_workspace("Northern Freight", "northern@example.com")
    made = Workbench(caller)
    make_object(
        caller, "Things", FieldDefinition("Amount", "integer"), FieldDefinition("Remark", "text")
    )
    return made


@pytest.fixture
def page(bench: Workbench, upstream: Upstream) -> str:
    """The page of a source that was set up through the forms."""
    things = bench.caller.schema("things").id
    first = {
        "object": str(things),
        "name": "Warehouse",
        "base_url": f"{upstream.origin}/v1",
        "new_secret": SECRET,
    }
    answer = bench.fill(f"{SOURCES}add/", "base_url", first)
    path = str(answer.headers["Location"])
    answer = bench.fill(
        path,
        "get_path",
        {
            "get_path": "/things/{external_id}",
            "get_response_path": "thing",
            "list_path": "/things",
            "list_response_path": "things",
            "patch_path": "/things/{external_id}",
            "patch_response_path": "thing",
            "create_path": "/things",
            "create_response_path": "thing",
            "map_name": "title",
            "map_remark": "",
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    return path


def stored() -> ExternalSource:
    return ExternalSource.objects.get()


def test_a_source_is_set_up_and_its_secret_kept_from_sight(
    bench: Workbench, page: str, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = stored()
    assert source.operations["get"] == {
        "method": "GET",
        "path": "/things/{external_id}",
        "response_path": "thing",
    }
    assert (source.mapping or {})["name"] == "title"
    assert "remark" not in (source.mapping or {})
    upstream.things["a"] = {"id": "a", "title": "Crate"}

    bench.send(f"{SOURCES}{source.pk}/test/", {"external_id": "a"})

    assert upstream.seen[-1].headers["Authorization"] == SECRET
    calls = f"/admin/records/externalcall/{ExternalCall.objects.latest('id').pk}/change/"
    for path in (
        page,
        SOURCES,
        f"{SOURCES}{source.pk}/history/",
        "/admin/records/externalcall/",
        calls,
        "/admin/",
    ):
        shown = bench.read(path)
        assert "a-very-long-secret" not in shown
        assert source.secret not in shown
    assert "a-very-long-secret" not in caplog.text
    for model in apps.get_models(include_auto_created=True):
        rows = str(list(model._default_manager.values()))
        assert "a-very-long-secret" not in rows, model
        assert model is ExternalSource or source.secret not in rows, model


def test_a_source_is_tried_out_by_its_list_or_by_one_record(
    bench: Workbench, page: str, upstream: Upstream
) -> None:
    path = f"{SOURCES}{stored().pk}/test/"
    assert messages_of(bench.send(path))[-1] == "The list was read; it is empty."
    upstream.things["a"] = {"id": "a", "title": "Crate", "amount": 3}
    said = "The list was read; its first record of 1 has the id 'a' and values of: name, amount."
    assert messages_of(bench.send(path))[-1] == said
    assert "has the id 'a'" in messages_of(bench.send(path, {"external_id": "a"}))[-1]
    assert "no such record" in messages_of(bench.send(path, {"external_id": "b"}))[-1]
    upstream.answer(503)
    assert "answered 503" in messages_of(bench.send(path))[-1]
    assert bench.get(path).status_code == 405


def test_another_host_takes_the_secret_away(
    bench: Workbench, page: str, settings: Settings
) -> None:
    kept = stored().secret
    bench.fill(page, "get_path", {"name": "Renamed"})
    assert stored().secret == kept

    settings.EXTERNAL_ALLOWED_HOSTS = ["127.0.0.1:1"]
    answer = bench.fill(page, "get_path", {"base_url": "http://127.0.0.1:1/v1"})

    assert "The secret was removed because the host has changed. Enter it again." in messages_of(
        answer
    )
    assert (stored().secret, stored().secret_set_at) == ("", None)


def test_a_secret_is_replaced_and_forgotten(bench: Workbench, page: str) -> None:
    kept = stored().secret
    bench.fill(page, "get_path", {"new_secret": "another secret"})
    assert stored().secret not in ("", kept)
    bench.fill(page, "get_path", {"forget_secret": "on"})
    assert stored().secret == ""
    assert "No secret is stored." in bench.read(page)


@pytest.mark.parametrize(
    ("changes", "place", "said"),
    [
        ({"base_url": "http://10.0.0.1/v1"}, "base_url", "starts with https://"),
        ({"base_url": "https://169.254.169.254/latest"}, "base_url", "not on the public internet"),
        ({"get_path": "/things"}, "get_path", "must contain {external_id}"),
        ({"list_path": "/things?q={nothing}"}, "list_path", "The placeholders are"),
        ({"timeout_seconds": "31"}, "timeout_seconds", "less than or equal to 30"),
        ({"new_secret": "line\x01break"}, "new_secret", "visible ASCII"),
        ({"auth_header": "", "new_secret": SECRET}, "auth_header", "Name the header"),
    ],
    ids=["http", "private", "no id", "placeholder", "timeout", "secret", "header"],
)
def test_what_is_wrong_is_said_beside_its_input(
    bench: Workbench, page: str, changes: dict[str, Any], place: str, said: str
) -> None:
    answer = bench.fill(page, "get_path", changes)
    ((shown, (told,)),) = refused_inputs(answer).items()
    assert (shown, said in told) == (place, True)
    assert said in answer.content.decode().replace("&#x27;", "'")
    assert stored().base_url.startswith("http://127.0.0.1")


def test_an_object_with_records_keeps_them_here(bench: Workbench, upstream: Upstream) -> None:
    make_object(bench.caller, "Boxes")
    make_record(bench.caller, "boxes", name="one")
    sent = {
        "object": str(bench.caller.schema("boxes").id),
        "name": "W",
        "base_url": "https://api.example.com",
    }
    answer = bench.fill(f"{SOURCES}add/", "base_url", sent)
    assert "it already has records" in answer.content.decode().lower()
    assert not ExternalSource.objects.exists()


def test_records_that_live_elsewhere_are_shown_and_changed(
    bench: Workbench, page: str, upstream: Upstream
) -> None:
    upstream.things["a"] = {"id": "a", "title": "Crate", "amount": 3}
    base = f"/admin/records/objects/{bench.caller.schema('things').uuid}/"

    assert "Crate" in bench.read(base)
    record = f"{base}{uuid_of('a')}/"
    assert "Crate" in bench.read(record)
    answer = bench.fill(f"{record}edit/", "field-name", {"field-name": "Changed"})
    assert answer.status_code == 302
    assert upstream.things["a"] == {"id": "a", "title": "Changed", "amount": 3}

    upstream.answer(500)
    assert bench.get(record).status_code == 424
    assert bench.get(base).status_code == 424
    assert bench.get(f"{base}archived/").status_code == 422


def test_only_those_who_may_define_see_sources(bench: Workbench, page: str) -> None:
    from tests.admin.pages import let_in

    member = let_in(make_member(bench.caller, "reader@example.com", {"things": {"view": "all"}}))
    for path in (SOURCES, page, "/admin/records/externalcall/"):
        assert member.get(path).status_code in (403, 404)
    assert member.send(f"{SOURCES}{stored().pk}/test/").status_code == 404


def test_sources_of_other_workspaces_are_nowhere(bench: Workbench, page: str) -> None:
    other = Workbench(make_workspace("Other", "other@example.com"))
    assert other.get(page).status_code == 404
    assert other.send(f"{SOURCES}{stored().pk}/test/").status_code == 404
    assert "Warehouse" not in other.read(SOURCES)


def test_a_source_is_taken_away(bench: Workbench, page: str) -> None:
    assert bench.send(page.replace("/change/", "/delete/"), {"post": "yes"}).status_code == 302
    assert not ExternalSource.objects.exists()
    caller: Caller = bench.caller
    assert caller.schema("things").external is None
    make_record(caller, "things", name="here again")
