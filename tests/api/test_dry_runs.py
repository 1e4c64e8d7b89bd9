"""`?dry_run=true` in the REST APIs: what it takes, what it tells, and its plan."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from records.models import Attachment, IdempotencyKey, Record
from records.services.database import is_postgresql
from tests.api.workspace.calling import WorkspaceClient, ok
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    OptionDefinition,
    change_record,
    make_object,
    make_record,
)
from tests.trying import digests

SHIPS = "/api/records/ships"
OF_SHIPS = "/api/custom-objects/ships"


@pytest.fixture
def ships(workspace: Caller) -> str:
    """The id of a ship."""
    kinds = (OptionDefinition("Cargo"), OptionDefinition("Ferry"))
    make_object(
        workspace,
        "Ships",
        FieldDefinition("Tons", "integer"),
        FieldDefinition("Flag", "text"),
        FieldDefinition("Kind", "dropdown", options=kinds),
    )
    found: str = make_record(workspace, "ships", name="Boreas", tons=12, kind="Cargo").record.uuid
    return found


def fields(**values: Any) -> dict[str, Any]:
    return {"fields": [{"name": name, "value": value} for name, value in values.items()]}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("dry_run=yes", "dry_run: expected true or false, once."),
        ("dry_run=", "dry_run: expected true or false, once."),
        ("dry_run=true&dry_run=false", "dry_run: expected true or false, once."),
        ("dryRun=true", "dry_run: unknown parameter 'dryRun'; send dry_run."),
        ("dry-run=true", "dry_run: unknown parameter 'dry-run'; send dry_run."),
    ],
)
def test_what_leaves_it_open_is_refused(api: ApiClient, ships: str, query: str, told: str) -> None:
    answer = api.patch(f"{SHIPS}/{ships}?{query}", fields(tons=13))

    assert (answer.status_code, answer.json()["detail"]) == (400, told)
    assert Record.objects.get(uuid=ships).version == 1


def test_false_is_the_write_itself_and_reads_ignore_it(api: ApiClient, ships: str) -> None:
    api.patch(f"{SHIPS}/{ships}?dry_run=false", fields(tons=13))

    assert Record.objects.get(uuid=ships).version == 2
    assert api.get(f"{SHIPS}/{ships}?dry_run=true").status_code == 200
    assert api.post(f"{SHIPS}/search?dry_run=true", {}).json()["count"] == 1


def test_a_record_and_its_changes(api: ApiClient, ships: str) -> None:
    before = digests()

    answer = api.patch(f"{SHIPS}/{ships}?dry_run=true", fields(tons=13, kind="Ferry"))

    assert digests() == before
    content = answer.json()
    assert (answer.status_code, content["action"], content["dry_run"]) == (200, "updated", True)
    assert content["changes"]["tons"] == {"old": 12, "new": 13}
    assert content["changes"]["kind"]["new"]["name"] == "Ferry"
    (told,) = content["effects"]["records"]
    assert (told["object"], told["record_id"], told["version"]) == ("ships", ships, 2)
    assert "ETag" not in answer.headers  # of a version that there is not


def test_what_answers_nothing_answers_its_dry_run(api: ApiClient, ships: str) -> None:
    answer = api.delete(f"{SHIPS}/{ships}?dry_run=true")

    assert answer.status_code == 200
    assert answer.json()["effects"]["records"][0]["action"] == "archived"


def test_a_refusal_is_the_same(api: ApiClient, ships: str) -> None:
    dry, real = (
        api.patch(f"{SHIPS}/{ships}{query}", fields(tons="x")) for query in ("?dry_run=1", "")
    )

    assert (dry.status_code, dry.json()) == (real.status_code, real.json())


def test_a_batch(api: ApiClient, ships: str) -> None:
    items = [{"id": ships, **fields(tons=1)}, {"id": ships, **fields(tons=2)}]

    content = api.post(f"{SHIPS}/batch?dry_run=true", {"mode": "patch", "items": items}).json()

    assert (content["updated"], content["effects"]["record_count"]) == (2, 2)
    assert [each["fields"] for each in content["effects"]["records"]] == [
        {"tons": {"old": 12, "new": 1}},
        {"tons": {"old": 1, "new": 2}},
    ]


@pytest.mark.parametrize(
    ("method", "path", "body", "changed"),
    [
        ("PATCH", OF_SHIPS, {"description": "x"}, {"description": {"old": "", "new": "x"}}),
        (
            "PATCH",
            f"{OF_SHIPS}/fields/tons",
            {"display_name": "Mass"},
            {"display_name": {"old": "Tons", "new": "Mass"}},
        ),
    ],
)
def test_a_definition_and_its_changes(
    api: ApiClient, ships: str, method: str, path: str, body: Any, changed: Any
) -> None:
    content = api.send(method, f"{path}?dry_run=true", body).json()

    assert content["changes"] == changed
    assert content == api.send(method, f"{path}?dry_run=true", body).json() | {
        "plan": content["plan"]
    }


def test_a_field_that_is_deleted_tells_what_goes_with_it(api: ApiClient, ships: str) -> None:
    content = api.delete(f"{OF_SHIPS}/fields/tons?dry_run=true").json()

    assert content["changes"]["name"] == {"old": "tons", "new": None}
    assert content["effects"]["jobs"] == [{"action": "clear_field", "total_count": 1}]
    assert content["effects"]["records"][0]["fields"] == {"tons": {"old": 12, "new": None}}
    assert api.get(f"{OF_SHIPS}/fields/tons").status_code == 200


def test_an_option_that_is_replaced(api: ApiClient, workspace: Caller, ships: str) -> None:
    cargo, ferry = (
        option.uuid for option in workspace.schema("ships").by_name["kind"].options.values()
    )
    path = f"{OF_SHIPS}/fields/kind/options/{cargo}/replace"

    content = api.post(f"{path}?dry_run=true", {"replacement_option_id": ferry}).json()

    assert (content["replaced_count"], content["changes"]["name"]["new"]) == (1, None)
    assert content["effects"]["record_count"] == 1


def test_dry_run_in_the_body_of_a_definition_is_refused(api: ApiClient, ships: str) -> None:
    answer = api.patch(OF_SHIPS, {"description": "x", "dry_run": True})

    assert (answer.status_code, answer.json()["detail"]) == (400, "dry_run: send it in the query.")


def test_it_uses_up_no_idempotency_key(api: ApiClient, ships: str) -> None:
    api.post(f"{SHIPS}/add?dry_run=true", fields(name="Aurora"), idempotency_key="k")

    assert not IdempotencyKey.objects.exists()
    assert (
        api.post(f"{SHIPS}/add?dry_run=true", fields(name="A"), idempotency_key="ü").status_code
        == 400
    )


def test_an_upload_stores_no_file(api: ApiClient, ships: str) -> None:
    path = f"/api/attachments/ships/{ships}"
    for query in ("", "?dry_run=true"):
        link = api.post(f"{path}{query}", {"filename": "a.txt"}).json()["upload_url"]
        link = link.removeprefix("http://testserver")
        before = digests()

        dry = api.put(f"{link}?dry_run=true", b"hello")
        assert (dry.status_code, dry.json()["dry_run"], dry.json()["size"]) == (201, True, 5)
        if query:  # a link that a dry run gave stores nothing at all
            assert api.put(link, b"hello").json()["dry_run"] is True
        assert digests() == before
    assert not Attachment.objects.exists()


def test_the_workspace_api_speaks_its_own_words(workspace: Caller, ships: str) -> None:
    client = WorkspaceClient(workspace)
    schema, record = workspace.schema("ships"), Record.objects.get(uuid=ships)
    path = f"/data-types/{schema.id}/records/{record.pk}"
    before = digests()

    for name in ("dryRun", "dry_run"):
        answer = client.put(path, {"fieldValues": {"tons": 13}}, {name: "true"})
        content = ok(answer)
        assert content["dryRun"] is True
        assert content["changes"] == {"tons": {"old": 12, "new": 13}}
        (told,) = content["effects"]["records"]
        assert (told["dataTypeId"], told["recordId"]) == (schema.id, record.pk)
        assert content["effects"]["recordCount"] == 1
    ok(client.delete(path, {"dryRun": "true"}))
    typed = ok(client.put(f"/data-types/{schema.id}", {"name": "Vessels"}, {"dryRun": "true"}))
    assert typed["changes"]["name"] == {"old": "Ships", "new": "Vessels"}
    assert digests() == before


# ---------------------------------------------------------------- plans


def planned(api: ApiClient, path: str, body: Any = None, method: str = "PATCH") -> str:
    plan: str = api.send(method, f"{path}?dry_run=true", body).json()["plan"]
    return plan


def test_a_plan_is_carried_out_once(api: ApiClient, ships: str) -> None:
    plan = planned(api, f"{SHIPS}/add", fields(name="Aurora"), "POST")

    first, again = (
        api.post(f"{SHIPS}/add", fields(name="Aurora"), apply_plan=plan) for _ in range(2)
    )

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Record.objects.count() == 2


def test_a_plan_is_carried_out_once_whatever_the_key(api: ApiClient, ships: str) -> None:
    plan = planned(api, f"{SHIPS}/add", fields(name="Aurora"), "POST")

    answers = [
        api.post(f"{SHIPS}/add", fields(name="Aurora"), apply_plan=plan, **key)
        for key in ({"idempotency_key": "a"}, {"idempotency_key": "b"}, {})
    ]

    assert len({answer.content for answer in answers}) == 1
    assert Record.objects.count() == 2
    # The key was used for this, and is for nothing else.
    other = api.post(f"{SHIPS}/add", fields(name="Boreas"), idempotency_key="b")
    assert other.status_code == 422


def test_a_plan_that_no_longer_holds_stores_nothing(
    api: ApiClient, workspace: Caller, ships: str
) -> None:
    path = f"{SHIPS}/{ships}"
    plan = planned(api, path, fields(tons=13))
    change_record(workspace, "ships", ships, tons=99)

    answer = api.patch(path, fields(tons=13), apply_plan=plan)

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_outdated")
    assert "tons" in answer.json()["detail"]
    assert Record.objects.get(uuid=ships).version == 2
    assert not IdempotencyKey.objects.exists()


def test_changes_elsewhere_do_not_matter(api: ApiClient, workspace: Caller, ships: str) -> None:
    path = f"{SHIPS}/{ships}"
    plan = planned(api, path, fields(tons=13))
    change_record(workspace, "ships", ships, flag="Norway")

    assert api.patch(path, fields(tons=13), apply_plan=plan).status_code == 200


def test_the_plan_of_a_definition(api: ApiClient, ships: str) -> None:
    plan = planned(api, f"{OF_SHIPS}/fields/tons", {"display_name": "Mass"})
    api.patch(f"{OF_SHIPS}/fields/tons", {"display_name": "Weight"})

    answer = api.patch(f"{OF_SHIPS}/fields/tons", {"display_name": "Mass"}, apply_plan=plan)

    assert (answer.status_code, answer.json()["code"]) == (409, "plan_outdated")
    assert "display_name" in answer.json()["detail"]


def test_a_plan_is_for_its_call_alone(api: ApiClient, ships: str) -> None:
    path = f"{SHIPS}/{ships}"
    plan = planned(api, path, fields(tons=13))

    for sent, body, code in (
        (plan, fields(tons=14), "plan_mismatch"),
        ("nonsense", fields(tons=13), "invalid"),
    ):
        answer = api.patch(path, body, apply_plan=sent)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
    both = api.patch(f"{path}?dry_run=true", fields(tons=13), apply_plan=plan)
    assert both.status_code == 400
    assert Record.objects.get(uuid=ships).version == 1


@pytest.mark.skipif(not is_postgresql(), reason="a database in memory takes one writer")
@pytest.mark.django_db(transaction=True)
def test_dry_runs_at_once_do_not_wait_for_each_others_new_rows(
    workspace: Caller, ships: str
) -> None:
    def call(at: int) -> int:
        try:
            client = ApiClient(workspace)
            answer = client.post(f"{SHIPS}/add?dry_run=true", fields(name=f"Ship {at}"))
            return int(answer.status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(call, range(12))) == {200}
    assert Record.objects.count() == 1
