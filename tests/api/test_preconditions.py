"""Reading what has changed, changing what has not: entity tags."""

from __future__ import annotations

import pytest

from tests.api_client import ApiClient
from tests.factories import Caller, make_record

from .reading import sent, values_of


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ('"1"', 304),
        ('W/"1"', 304),
        ("*", 304),
        ('"7", "1"', 304),
        ('"2"', 200),
        ('"11"', 200),
        ("1", 200),
        ("", 200),
    ],
)
def test_what_the_caller_has_is_not_sent_again(
    api: ApiClient, company: str, tag: str, status: int
) -> None:
    answer = api.get(company, If_None_Match=tag)

    assert answer.status_code == status
    assert answer.headers["ETag"] == '"1"'
    assert bool(answer.content) is (status == 200)


def test_lists_say_at_which_version_each_record_is(
    api: ApiClient, companies: str, company: str
) -> None:
    api.patch(company, sent(employees=8))
    uuid = company.rpartition("/")[2]

    listed = api.post(f"{companies}/search", {}).json()["results"]
    named = api.post(f"{companies}/batch-get", {"ids": [uuid]}).json()["results"]

    assert [(row["id"], row["version"]) for row in listed] == [(uuid, 2)]
    assert [row["version"] for row in named] == [2]
    read = api.get(company)
    assert read.headers["ETag"] == f'"{read.json()["version"]}"'


def test_a_new_version_is_sent(api: ApiClient, companies: str, company: str) -> None:
    api.patch(company, sent(employees=8))

    assert api.get(company, If_None_Match='"1"').headers["ETag"] == '"2"'
    assert api.get(f"{companies}/lookup?identifier=acme", If_None_Match='"2"').status_code == 304


@pytest.mark.parametrize("tag", ['"1"', "*", '"5", "1"', ' "1" '])
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_a_change_of_the_expected_version_goes_through(
    api: ApiClient, company: str, method: str, tag: str
) -> None:
    assert api.send(method, company, sent(name="Acme", note="x"), If_Match=tag).status_code in (
        200,
        204,
    )


@pytest.mark.parametrize(
    "tag", ['"2"', 'W/"1"', '"0"', '"x"', '"2", "3"', '""', '"01"', '"' + "9" * 40 + '"']
)
@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_a_change_of_another_version_is_refused(
    api: ApiClient, company: str, method: str, tag: str
) -> None:
    answer = api.send(method, company, sent(name="Acme", note="x"), If_Match=tag)

    assert answer.status_code == 412
    assert answer.json()["code"] == "precondition_failed"
    assert answer.headers["ETag"] == '"1"'
    assert "note" not in values_of(api.get(company))


@pytest.mark.parametrize("tag", ["1", "", '"1', "W/1", '"1" "2"', "**"])
def test_a_malformed_precondition_is_refused(api: ApiClient, company: str, tag: str) -> None:
    assert api.patch(company, sent(note="x"), If_Match=tag).status_code == 400


def test_a_record_that_is_not_there_has_no_version(api: ApiClient, company: str) -> None:
    missing = company[:-1] + ("0" if company[-1] != "0" else "1")

    for tag in ("*", '"1"', '"1", "2"'):
        assert api.patch(missing, sent(note="x"), If_Match=tag).status_code == 404


def test_stages_and_returns_from_the_archive_heed_versions_too(
    api: ApiClient, workspace: Caller, deals: str
) -> None:
    path = f"{deals}/{make_record(workspace, 'deals', name='Deal').record.uuid}"
    won = next(
        option.uuid
        for option in workspace.schema("deals").by_name["stage"].options.values()
        if option.name == "Won"
    )

    assert api.patch(f"{path}/move", {"stage_id": won}, If_Match='"9"').status_code == 412
    assert api.patch(f"{path}/move", {"stage_id": won}, If_Match='"1"').headers["ETag"] == '"2"'
    api.delete(path)
    assert api.patch(f"{path}/unarchive", If_Match='"2"').status_code == 412
    assert api.patch(f"{path}/unarchive", If_Match='"1", "2"').status_code == 412
    assert api.patch(f"{path}/unarchive", If_Match='"2", "3"').headers["ETag"] == '"4"'


def test_conditions_of_adds_and_upserts_are_kept_or_refused(api: ApiClient, companies: str) -> None:
    path, body = f"{companies}/upsert", {"lookup_value": "New", **sent(employees=1)}

    assert api.post(path, body, If_Match="*").status_code == 412
    assert api.post(path, body, If_Match='"1"').status_code == 412
    assert api.post(path, body, If_None_Match="*").status_code == 201
    refused = api.post(path, body, If_None_Match="*")
    assert (refused.status_code, refused.headers["ETag"]) == (412, '"1"')
    told = "There is such a record already, at version 1; nothing was changed."
    assert refused.json()["detail"] == told
    assert api.post(path, {**body, **sent(employees=2)}, If_Match='"1"').headers["ETag"] == '"2"'
    assert api.post(path, {**body, **sent(employees=3)}, If_Match='"1"').status_code == 412
    new = sent(name="A", employees=1)
    assert api.post(f"{companies}/add", new, If_Match="*").status_code == 412
    assert api.post(f"{companies}/add", new, If_None_Match="*").status_code == 200
    assert api.post(f"{companies}/add", new, If_None_Match='"1"').status_code == 400


@pytest.mark.parametrize("header", ["If_Match", "If_None_Match"])
def test_operations_without_conditions_refuse_them(api: ApiClient, header: str) -> None:
    body = {"object_name": "Things", "entity_name": "Thing", "object_type": "standard"}
    answer = api.post("/api/custom-objects", body, **{header: "*"})
    assert (answer.status_code, "omit it" in answer.json()["detail"]) == (400, True)
    assert api.post("/api/custom-objects", body).status_code == 201


def test_a_change_does_not_take_if_none_match(api: ApiClient, company: str) -> None:
    assert api.patch(company, sent(note="x"), If_None_Match="*").status_code == 400


def test_a_record_that_must_be_new_is_not_one_brought_back(api: ApiClient, companies: str) -> None:
    """The identifier of an archived record is taken, however the write would bring it back."""
    made = api.post(f"{companies}/add", sent(name="Old", employees=1)).json()
    assert api.delete(f"{companies}/{made['id']}").status_code == 204
    calls = [
        ("add", {**sent(name="Old", employees=2), "unarchive": "unarchive"}),
        ("upsert", {"lookup_value": "Old", **sent(employees=2), "oncreate_unarchive": "unarchive"}),
    ]
    for path, body in calls:
        refused = api.post(f"{companies}/{path}", body, If_None_Match="*")
        assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
        assert api.get(f"{companies}/{made['id']}").status_code == 404
    for path, body in calls:
        assert api.post(f"{companies}/{path}", body).json()["action"] == "unarchived"
        assert api.delete(f"{companies}/{made['id']}").status_code == 204
