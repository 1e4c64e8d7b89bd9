"""Saved views in their three lists."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from records.models import Member, Role, SavedView
from records.services.catalogue.versions import touch
from tests.api.test_query_counts import statements
from tests.api_client import ApiClient
from tests.factories import (
    Caller,
    FieldDefinition,
    make_field,
    make_key,
    make_member,
    make_object,
    make_relation,
)

from .conftest import NAMED, VIEWS, clause, saved_filter

GROUPS, QUICK, COLUMNS = (
    f"{VIEWS}/{base}" for base in ("filter-groups", "quick-filters", "columns")
)
CONTENTS: dict[str, tuple[str, Any]] = {
    GROUPS: (
        "config",
        {"query": [{"filters": [NAMED], "id": "query-0", "and": False}], "and": True},
    ),
    QUICK: ("filters", {"invalid": False, "query": [], "x": {"b": 1.5, "a": [None]}, "and": True}),
    COLUMNS: ("configuration_json", {"z": 1, "columns": [{"field": "name", "y": {}}], "a": "ö"}),
}
ALL = pytest.mark.parametrize("base", CONTENTS, ids=lambda base: base.rpartition("/")[2])


def body(base: str, name: str = "View", **more: Any) -> dict[str, Any]:
    key, content = CONTENTS[f"{VIEWS}/{base.rpartition('/')[2]}"]
    return {"name": name, key: content, **more}


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def refused(answer: Any, status: int = 400) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def save(api: ApiClient, base: str, name: str = "View", **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = ok(api.post(base, body(base, name, **more)), 201)
    return made


@ALL
def test_a_view_comes_back_as_it_was_sent(api: ApiClient, companies: str, base: str) -> None:
    key, content = CONTENTS[base]
    made = save(api, base)
    read = api.get(f"{base}/{made['id']}")

    assert ok(read) == made
    assert orjson.dumps(content) in read.content  # the order too
    (row,) = ok(api.get(base))["results"]
    assert row[key] == content
    assert row.keys() == made.keys() - {"sharing_settings"}
    assert orjson.dumps(content) in api.get(base).content


@ALL
def test_the_owner_is_an_id_in_lists_and_an_object_in_details(
    api: ApiClient, hers: ApiClient, ada: Caller, base: str
) -> None:
    made = save(hers, base, owner=None)
    uuid = str(ada.member.uuid)
    assert made["owner"] == {"id": uuid, "display_name": "ada@example.com"}
    assert [row["owner"] for row in ok(api.get(base))["results"]] == [uuid]
    given = ok(api.patch(f"{base}/{made['id']}", {"owner": str(ada.member.uuid)}))
    assert given == made

    Member.objects.filter(pk=ada.member.pk).update(is_active=False)
    touch(ada.workspace.pk)
    path, same = f"{base}/{made['id']}", {**made, "owner": uuid}
    assert ok(api.put(path, same))["owner"]["id"] == uuid  # who has been archived stays
    refused(api.post(base, {**same, "name": "Other"}))
    ada.member.delete()
    (row,) = ok(api.get(base))["results"]
    assert row["owner"] is None
    assert ok(api.get(f"{base}/{made['id']}"))["owner"] is None


def test_each_list_has_keys_of_its_own(api: ApiClient, companies: str) -> None:
    group = save(api, GROUPS, hidden=True)
    quick = save(api, QUICK, "Two", filters=saved_filter(NAMED, NAMED))
    columns = save(api, COLUMNS)

    assert (group["hidden"], group["invalid"]) == (True, False)
    assert quick["filter_count"] == 2
    assert ok(api.patch(f"{QUICK}/{quick['id']}", {"filter_count": 7}))["filter_count"] == 7
    assert columns.keys() == {"id", "name", "owner", "configuration_json", "sharing_settings"}
    assert ok(api.put(f"{GROUPS}/{group['id']}", body(GROUPS)))["hidden"] is False


@ALL
def test_lists_are_searched_ordered_and_paged(api: ApiClient, companies: str, base: str) -> None:
    for name in ("Beta", "alpha", "Gamma"):
        save(api, base, name)

    def names(query: str = "") -> list[str]:
        return [row["name"] for row in ok(api.get(f"{base}{query}"))["results"]]

    assert names() == ["alpha", "Beta", "Gamma"]
    assert names("?ordering=-name") == ["Gamma", "Beta", "alpha"]
    assert names("?ordering=created") == ["Beta", "alpha", "Gamma"]
    assert names("?search=ALPH") == ["alpha"]
    page = ok(api.get(f"{base}?page=2&page_size=2"))
    assert (page["count"], len(page["results"]), page["next"]) == (3, 1, None)
    refused(api.get(f"{base}?ordering=owner"))


@ALL
def test_a_name_is_unique_within_its_list(api: ApiClient, companies: str, base: str) -> None:
    first, second = save(api, base, "One"), save(api, base, "Two")
    for answer in (
        api.post(base, body(base, "One")),
        api.put(f"{base}/{second['id']}", body(base, "One")),
        api.patch(f"{base}/{second['id']}", {"name": " One "}),
        api.post(base, body(base, "oNE")),
        api.put(f"{base}/{second['id']}", body(base, "ONE")),
        api.patch(f"{base}/{second['id']}", {"name": "one"}),
    ):
        error = refused(answer)
        assert "unique" in str(error), error
    for same in ("ONE", "One"):
        ok(api.put(f"{base}/{first['id']}", body(base, same)))
    for other in CONTENTS.keys() - {base}:
        save(api, other, "One")
    assert SavedView.objects.count() == 4


@ALL
def test_a_view_is_changed_replaced_and_deleted(api: ApiClient, companies: str, base: str) -> None:
    key, content = CONTENTS[base]
    made = save(api, base)
    path = f"{base}/{made['id']}"
    assert ok(api.patch(path, {})) == made
    assert ok(api.patch(path, {"name": "Other"})) == {**made, "name": "Other"}
    assert ok(api.patch(path, {key: {}}))[key] == {}
    assert ok(api.put(path, body(base)))[key] == content
    for sent in ({}, {"name": "x"}, {key: content}):
        refused(api.put(path, sent))
        refused(api.post(base, sent))
    refused(api.patch(path, {key: None}))
    ok(api.delete(path), 204)
    for answer in (api.get(path), api.delete(path), api.patch(path, {}), api.put(path, {})):
        refused(answer, 404)
    assert [row.history_type for row in SavedView.history.all()] == ["-", "~", "~", "~", "~", "+"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"name": 7}, "name"),
    ({"config": []}, "config"),
    ({"config": None}, "config"),
    ({"config": {"and": 1}}, "config.and"),
    ({"config": {"filters": [NAMED]}}, "config"),
    ({"config": {"query": [NAMED]}}, "config.query[0]"),
    ({"config": {"query": {}}}, "config.query"),
    ({"config": saved_filter(clause("nowhere", "=", 1))}, "config.query[0].filters[0].field"),
    ({"config": saved_filter(clause("employees", "=", "x"))}, "config.query[0].filters[0].value"),
    ({"config": saved_filter(NAMED, {**NAMED, "type": "forms_v2"})}, "config.query[0].filters[1].type"),
    ({"config": {"note": "x" * 100_000}}, "config"),
    ({"config": {"note": "a\x00"}}, "config"),
    ({"hidden": "yes"}, "hidden"),
    ({"owner": "01900000-0000-7000-8000-000000000000"}, "owner"),
    ({"owner": 7}, "owner"),
    ({"owner": "x"}, "owner"),
    ({"sharing_settings": []}, "sharing_settings"),
    ({"sharing_settings": {"private": "no"}}, "sharing_settings.private"),
    ({"sharing_settings": {"all_team_members": 4}}, "sharing_settings.all_team_members"),
    ({"sharing_settings": {"roles": {"view": "x"}}}, "sharing_settings.roles.view"),
    ({"sharing_settings": {"roles": {"view": ["x"]}}}, "sharing_settings.roles.view[0]"),
    ({"sharing_settings": {"team_members": {"edit": [{}]}}}, "sharing_settings.team_members.edit[0]"),
    ({"sharing_settings": {"zzz": 1}}, "sharing_settings.zzz"),
    ({"sharing_settings": {"privat": True, "roles": {}}}, "sharing_settings.privat"),
    ({"sharing_settings": {"roles": {"": None}}}, "sharing_settings.roles"),
    ({"sharing_settings": {"team_members": {"foo": []}}}, "sharing_settings.team_members.foo"),
    ({"dry_run": True}, "dry_run"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "place"), WRONG, ids=[place for _, place in WRONG])
def test_what_is_wrong_is_said_with_its_place(
    api: ApiClient, companies: str, change: dict[str, Any], place: str
) -> None:
    error = refused(api.post(GROUPS, {**body(GROUPS), **change}))
    assert f"{place}:" in str(error), error
    assert not SavedView.objects.exists()


def test_a_filter_that_no_longer_compiles_reads_invalid(api: ApiClient, companies: str) -> None:
    config = saved_filter(clause("note", "contains", "x"))
    made = save(api, GROUPS, config=config)
    save(api, QUICK, filters=config)
    ok(api.delete("/api/custom-objects/companies/fields/note"), 204)

    read = ok(api.get(f"{GROUPS}/{made['id']}"))
    assert read["invalid"] is True
    assert read["config"] == {**config, "invalid": True}
    assert [row["invalid"] for row in ok(api.get(QUICK))["results"]] == [True]
    # Its name can be changed; its content is compiled again.
    ok(api.patch(f"{GROUPS}/{made['id']}", {"name": "Other"}))
    refused(api.patch(f"{GROUPS}/{made['id']}", {"config": config}))


# ---------------------------------------------------------------- sharing


def role_of(caller: Caller) -> str:
    return str(Role.objects.get(members=caller.member).uuid)


def shared(caller: Caller, level: str, whose: str) -> dict[str, Any]:
    if whose == "team":
        return {"all_team_members": {"none": 0, "view": 1, "edit": 2, "admin": 3}[level]}
    uuid = role_of(caller) if whose == "roles" else str(caller.member.uuid)
    levels = {level: [uuid]} if level != "none" else {}
    return {"private": False, "all_team_members": 0, whose: levels}


MAY = {"none": (404, 404, 404, 404), "view": (200, 403, 403, 403)}
MAY |= {"edit": (200, 200, 403, 403), "admin": (200, 200, 200, 204)}


@pytest.mark.parametrize("whose", ["team", "roles", "team_members"])
@pytest.mark.parametrize("level", MAY)
def test_a_level_lets_do_what_it_says_and_no_more(
    api: ApiClient, hers: ApiClient, ada: Caller, level: str, whose: str
) -> None:
    made = save(api, GROUPS, sharing_settings=shared(ada, level, whose))
    path = f"{GROUPS}/{made['id']}"
    answers = (
        hers.get(path),
        hers.patch(path, {"name": "Hers"}),
        hers.patch(path, {"sharing_settings": {"private": True}}),
        hers.delete(path),
    )
    if level == "admin":  # private is the owner's alone
        assert [answer.status_code for answer in answers] == [200, 200, 200, 404]
        return
    assert tuple(answer.status_code for answer in answers) == MAY[level]
    assert ok(hers.get(GROUPS))["count"] == (level != "none")


def test_sharing_is_read_as_objects_and_written_as_either(
    api: ApiClient, hers: ApiClient, ada: Caller
) -> None:
    uuid, role = str(ada.member.uuid), role_of(ada)
    sent = {
        "private": False,
        "all_team_members": 0,
        "roles": {"view": [role], "edit": [], "admin": [{"id": role}]},
        "team_members": {"edit": [{"id": uuid, "display_name": "whoever"}]},
    }
    made = save(api, COLUMNS, sharing_settings=sent)

    named = {"display_name": "ada@example.com"}
    assert made["sharing_settings"] == {
        "private": False,
        "all_team_members": 0,
        "roles": {"view": [], "edit": [], "admin": [{"id": role, **named}]},
        "team_members": {"view": [], "edit": [{"id": uuid, **named}], "admin": []},
    }
    # What was read can be sent back by whom it is shared with.
    path = f"{COLUMNS}/{made['id']}"
    assert ok(hers.put(path, {**made, "name": "Other"})) == {**made, "name": "Other"}

    member, role_row = ada.member, Role.objects.get(uuid=role)
    member.delete()
    role_row.delete()
    touch(ada.workspace.id)
    read = ok(api.get(path))["sharing_settings"]
    assert read["roles"]["admin"] == read["team_members"]["edit"] == []


@pytest.mark.parametrize("whose", ["roles", "team_members"])
def test_a_view_that_was_shared_with_somebody_who_is_gone_is_read_and_changed(
    api: ApiClient, hers: ApiClient, workspace: Caller, whose: str
) -> None:
    spare = ok(api.post("/api/role", {"name": "Spare"}), 201)["id"]
    gone = make_member(workspace, "gone@example.com").member
    levels = {"view": [spare if whose == "roles" else str(gone.uuid)]}
    sharing = {"all_team_members": 2, whose: levels}
    made = save(api, GROUPS, sharing_settings=sharing)
    path = f"{GROUPS}/{made['id']}"
    if whose == "roles":
        ok(api.delete(f"/api/role/{spare}"), 204)
    else:
        gone.delete()
        touch(workspace.workspace.id)

    read = ok(hers.get(path))
    assert read["sharing_settings"][whose]["view"] == []
    # An editor sends back what was read: nothing of the sharing has changed.
    ok(hers.put(path, {**read, "name": "Hers"}))
    ok(hers.patch(path, {"name": "Hers too"}))
    stored = SavedView.objects.get(uuid=made["id"]).shares
    assert stored == {"roles": {}, "members": {}}
    refused(hers.patch(path, {"sharing_settings": {"all_team_members": 3}}), 403)


@pytest.mark.parametrize(
    ("sharing", "team"),
    [
        (None, 1),
        ({}, 1),
        ({"private": False}, 1),
        ({"private": True}, 0),
        ({"all_team_members": 3}, 3),
        ({"team_members": {"view": ["<me>"]}}, 0),
    ],
)
def test_everybody_sees_a_view_unless_it_says_otherwise(
    api: ApiClient, workspace: Caller, companies: str, sharing: Any, team: int
) -> None:
    text = orjson.dumps(sharing).replace(b"<me>", str(workspace.member.uuid).encode())
    made = save(api, QUICK, sharing_settings=orjson.loads(text))
    assert made["sharing_settings"]["all_team_members"] == team


def test_a_private_view_is_its_owners_and_the_admins(
    api: ApiClient, hers: ApiClient, his: ApiClient
) -> None:
    made = save(hers, GROUPS, sharing_settings={"private": True, "all_team_members": 3})
    path = f"{GROUPS}/{made['id']}"
    assert (ok(hers.get(GROUPS))["count"], ok(his.get(GROUPS))["count"]) == (1, 0)
    refused(his.get(path), 404)
    refused(his.post(f"/api/records/companies/search?group_id={made['id']}"), 400)
    ok(api.get(path))
    ok(hers.delete(path), 204)


def test_an_editor_neither_shares_nor_gives_away(
    api: ApiClient, hers: ApiClient, ada: Caller
) -> None:
    made = save(api, GROUPS, sharing_settings={"all_team_members": 2})
    path = f"{GROUPS}/{made['id']}"
    same = {"sharing_settings": made["sharing_settings"], "owner": made["owner"]["id"]}
    ok(hers.put(path, {**body(GROUPS, "Hers"), **same}))
    refused(hers.patch(path, {"sharing_settings": {"all_team_members": 3}}), 403)
    refused(hers.patch(path, {"owner": str(ada.member.uuid)}), 403)
    assert ok(api.get(path))["name"] == "Hers"


def test_views_are_for_those_who_see_records(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    made = save(api, GROUPS)
    adds = ApiClient(make_member(workspace, "adds@example.com", {"companies": {"create": True}}))
    nobody = ApiClient(make_member(workspace, "nobody@example.com"))
    assert ok(adds.get(GROUPS))["results"] == []
    refused(adds.get(f"{GROUPS}/{made['id']}"), 404)
    refused(adds.post(GROUPS, body(GROUPS, "Mine")), 403)
    for answer in (nobody.get(GROUPS), nobody.post(GROUPS, body(GROUPS, "Mine"))):
        refused(answer, 404)


@pytest.mark.parametrize(
    ("scope", "reads", "writes"),
    [("records:read", 200, 403), ("records:write", 200, 201), ("datatypes:admin", 403, 403)],
)
def test_scopes_are_those_of_records(
    workspace: Caller, companies: str, scope: str, reads: int, writes: int
) -> None:
    _, secret = make_key(workspace.workspace, workspace.member, scopes=[scope])
    client = ApiClient(Caller(workspace.workspace, workspace.member, secret))
    assert client.get(GROUPS).status_code == reads
    assert client.post(GROUPS, body(GROUPS)).status_code == writes


# ---------------------------------------------------------------- what is hidden


def test_a_view_shows_nobody_more_than_their_role_does(
    api: ApiClient, his: ApiClient, workspace: Caller, bob: Caller
) -> None:
    field = workspace.schema("companies").by_name["employees"].uuid
    edit = {"sharing_settings": {"all_team_members": 2}}
    for at, name in enumerate(("employees", field, f'"custom"::{field}')):
        config = saved_filter(clause(name, ">", 40))
        made = save(api, GROUPS, f"Big {at}", config=config, **edit)
        quick = save(api, QUICK, f"Big {at}", filters=config, **edit)
        shown = {"columns": [{"field": name}, {"field": "name"}], "ordering": f"-{name}"}
        columns = save(api, COLUMNS, f"Big {at}", configuration_json=shown, **edit)

        read = his.get(f"{GROUPS}/{made['id']}")
        assert (read.json()["config"], read.json()["invalid"]) == ({"invalid": True}, True)
        assert ok(his.get(f"{QUICK}/{quick['id']}"))["filters"] == {"invalid": True}
        assert ok(his.get(f"{COLUMNS}/{columns['id']}"))["configuration_json"] == {
            "columns": [{"field": "name"}]
        }
        # What they do not see they cannot replace, but they may name it.
        refused(his.patch(f"{GROUPS}/{made['id']}", {"config": {}}), 403)
        refused(his.patch(f"{COLUMNS}/{columns['id']}", {"configuration_json": {}}), 403)
        ok(his.patch(f"{GROUPS}/{made['id']}", {"name": f"Bob's {at}"}))
        assert ok(api.get(f"{GROUPS}/{made['id']}"))["config"] == config
        found = his.post("/api/records/companies/search", {"in_group_ids": [made["id"]]})
        assert "in_group_ids[0]" in str(refused(found))
    for base in CONTENTS:
        assert field not in his.get(base).content.decode()
        assert "employees" not in his.get(base).content.decode()
    refused(his.post(GROUPS, body(GROUPS, config=saved_filter(clause("employees", ">", 1)))))


# ---------------------------------------------------------------- defaults


def test_a_view_becomes_the_default_of_others(
    api: ApiClient, hers: ApiClient, ada: Caller, bob: Caller
) -> None:
    from records.services.views.default_views import default_view

    def first(caller: Caller) -> str | None:
        found = default_view(caller.author, caller.schema("companies"))
        return found.name if found else None

    one, two, three = (save(api, COLUMNS, name) for name in ("One", "Two", "Three"))
    assert (first(ada), first(bob)) == (None, None)
    path = f"{COLUMNS}/{one['id']}"
    done = api.post(f"{path}/apply-to-roles", {"role_ids": [role_of(ada), role_of(bob)]})
    assert (done.status_code, done.content) == (200, b"")
    assert (first(ada), first(bob)) == ("One", "One")
    ok(
        api.post(
            f"{COLUMNS}/{two['id']}/apply-to-users", {"team_member_ids": [str(ada.member.uuid)]}
        )
    )
    assert (first(ada), first(bob)) == ("Two", "One")
    # The last word counts, for members too who had a default of their own.
    ok(
        api.post(
            f"{COLUMNS}/{three['id']}/apply-to-permission-groups",
            {"permission_group_ids": [role_of(ada)]},
        )
    )
    assert (first(ada), first(bob)) == ("Three", "One")
    assert ok(api.get(path)) == one
    # One that may not be seen is nobody's.
    ok(api.patch(path, {"sharing_settings": {"private": True}}))
    ok(api.delete(f"{COLUMNS}/{three['id']}"), 204)
    assert (first(ada), first(bob)) == (None, None)


@pytest.mark.parametrize(
    ("base", "whom", "key"),
    [
        (QUICK, "roles", "role_ids"),
        (QUICK, "users", "team_member_ids"),
        (COLUMNS, "roles", "role_ids"),
        (COLUMNS, "users", "team_member_ids"),
        (COLUMNS, "permission-groups", "permission_group_ids"),
    ],
)
def test_applying_wants_known_ids_and_the_admin_level(
    api: ApiClient, hers: ApiClient, ada: Caller, base: str, whom: str, key: str
) -> None:
    made = save(api, base, sharing_settings={"all_team_members": 2})
    path = f"{base}/{made['id']}/apply-to-{whom}"
    known = str(ada.member.uuid) if whom == "users" else role_of(ada)
    assert f"{key}:" in str(refused(api.post(path, {})))
    assert f"{key}:" in str(refused(api.post(path, {key: known})))
    unknown = refused(api.post(path, {key: [known, "01900000-0000-7000-8000-000000000000"]}))
    assert f"{key}[1]:" in str(unknown)
    refused(hers.post(path, {key: [known]}), 403)
    refused(api.post(path.replace(made["id"], "01900000-0000-7000-8000-000000000000"), {}), 404)
    ok(api.post(path, {key: [{"id": known}, known]}))
    ok(api.post(path, {key: []}))
    missing = {"filter-groups": whom, "quick-filters": "permission-groups"}
    for other, unserved in missing.items():
        refused(api.post(f"{VIEWS}/{other}/{made['id']}/apply-to-{unserved}", {key: [known]}), 404)


def test_a_view_with_several_parts_is_in_several_lists(
    api: ApiClient, workspace: Caller, companies: str
) -> None:
    from records.services.views import Part, create_view

    parts: dict[Part, Any] = {Part.FILTER: {}, Part.COLUMNS: {"columns": []}}
    view = create_view(workspace.author, workspace.schema("companies"), name="Both", parts=parts)
    listed = [[row["id"] for row in ok(api.get(base))["results"]] for base in CONTENTS]
    assert listed == [[str(view.uuid)], [], [str(view.uuid)]]
    ok(api.delete(f"{GROUPS}/{view.uuid}"), 204)
    refused(api.get(f"{GROUPS}/{view.uuid}"), 404)
    ok(api.get(f"{COLUMNS}/{view.uuid}"))
    ok(api.delete(f"{COLUMNS}/{view.uuid}"), 204)
    assert not SavedView.objects.exists()


# ---------------------------------------------------------------- around


def test_a_dry_run_stores_nothing_and_its_plan_is_carried_out(
    api: ApiClient, companies: str
) -> None:
    tried = ok(api.post(f"{GROUPS}?dry_run=true", body(GROUPS)), 201)
    assert tried["dry_run"] is True
    assert not SavedView.objects.exists()
    made = save(api, GROUPS)
    path = f"{GROUPS}/{made['id']}"
    told = ok(api.patch(f"{path}?dry_run=true", {"name": "Other"}))
    assert told["changes"] == {"name": {"old": "View", "new": "Other"}}
    ok(api.delete(f"{path}?dry_run=true"))
    assert ok(api.get(path)) == made
    ok(api.patch(path, {"name": "Other"}, apply_plan=told["plan"]))


@ALL
def test_lists_take_as_many_statements_however_long_they_are(
    api: ApiClient, his: ApiClient, ada: Caller, base: str
) -> None:
    def asked(client: ApiClient) -> int:
        return len(statements(lambda: client.get(base)))

    save(api, base)
    before = asked(api), asked(his)
    for at in range(5):
        save(ApiClient(ada), base, f"View {at}")
    assert (asked(api), asked(his)) == before


def test_views_of_an_archived_object_are_not_there(api: ApiClient, companies: str) -> None:
    made = save(api, GROUPS)
    ok(api.delete("/api/custom-objects/companies"), 204)
    refused(api.get(GROUPS), 404)
    ok(api.patch("/api/custom-objects/companies/unarchive"))
    assert ok(api.get(f"{GROUPS}/{made['id']}")) == made


def test_a_view_is_one_objects(api: ApiClient, workspace: Caller, companies: str) -> None:
    made = save(api, GROUPS)
    make_object(workspace, "People")
    refused(api.get(f"/api/custom-objects/people/filter-groups/{made['id']}"), 404)
    assert ok(api.get("/api/custom-objects/people/filter-groups"))["results"] == []
    found = api.post("/api/records/people/search", {"group_id": made["id"]})
    assert "group_id:" in str(refused(found))


@pytest.mark.parametrize("other", ["admins", "mine", "other", "visible", "request-access"])
def test_what_is_named_but_not_served_is_a_404(api: ApiClient, companies: str, other: str) -> None:
    refused(api.get(f"{GROUPS}/{other}"), 404)


def test_a_field_tells_which_views_name_it(
    api: ApiClient, hers: ApiClient, his: ApiClient, workspace: Caller
) -> None:
    field = workspace.schema("companies").by_name["employees"].uuid
    fields = "/api/custom-objects/companies/fields"
    first = save(api, GROUPS, "A", config=saved_filter(clause("employees", ">", 1)))
    second = save(api, COLUMNS, "B", configuration_json={"columns": [{"field": field}]})
    save(api, QUICK, "C", filters=saved_filter(clause("name", "contains", "employees")))
    third = save(
        api,
        QUICK,
        "D",
        filters=saved_filter(clause("employees", "=", 1)),
        sharing_settings={"private": True},
    )

    def naming(client: ApiClient, name: str) -> list[tuple[str, str]]:
        found = ok(client.get(f"{fields}/{name}/references"))["saved_views"]
        return [(row["id"], row["name"]) for row in found]

    seen = [(first["id"], "A"), (second["id"], "B")]
    assert naming(api, "employees") == [*seen, (third["id"], "D")]
    assert naming(hers, "employees") == seen
    assert [name for _, name in naming(his, "name")] == ["C"]
    refused(his.get(f"{fields}/employees/references"), 404)


# ---------------------------------------------------------------- filters of linked records


VAULTS = "/api/custom-objects/vaults"


def of_company(*clauses: dict[str, Any], link: str = "company") -> dict[str, Any]:
    """A filter of the companies that vaults, or other things, belong to."""
    custom = {"type": "related_object", "subtype": "related_object_filter"}
    value = {"and": True, "query": [{"and": True, "filters": list(clauses)}]}
    return {**custom, "field_id": link, "condition": "custom_filter", "value": value}


@pytest.fixture
def vaults(workspace: Caller, companies: str) -> str:
    """The path of the views of an object that leads to companies, and those to contacts."""
    make_object(workspace, "Vaults", FieldDefinition("Code", "text"))
    make_field(workspace, "companies", "Code", "text")
    make_relation(workspace, "vaults", "Company", "companies", "primary", "Vaults")
    make_relation(workspace, "companies", "Contact", "client_client", "primary", "Companies")
    return f"{VAULTS}/filter-groups"


NESTED: list[tuple[str, dict[str, Any], list[tuple[str, str]], bool]] = [
    ("hidden", clause("employees", ">", 4), [("companies", "employees")], True),
    ("visible", clause("code", "contains", "x"), [("vaults", "code")], False),
    ("tags", of_company({"type": "tags", "condition": "is_blank"}, link="contact"),
     [("client_client", "tags")], True),
    ("other tags", of_company({"type": "tags", "condition": "is_blank"}, link="contact"),
     [("client_client", "email")], False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("nested", "hidden", "is_hushed"), [row[1:] for row in NESTED], ids=[row[0] for row in NESTED]
)
def test_a_filter_of_linked_records_shows_what_the_role_sees_of_them(
    api: ApiClient, workspace: Caller, vaults: str, nested: Any, hidden: Any, is_hushed: bool
) -> None:
    every = {name: {"view": "all"} for name in ("vaults", "companies", "client_client")}
    his = ApiClient(make_member(workspace, "eve@example.com", every, hidden=hidden))
    config = saved_filter(of_company(nested))
    made = save(api, vaults, config=config, sharing_settings={"all_team_members": 2})

    read = ok(his.get(f"{vaults}/{made['id']}"))
    expected = ({"invalid": True}, True) if is_hushed else (config, False)
    assert (read["config"], read["invalid"]) == expected
    written = his.patch(f"{vaults}/{made['id']}", {"config": {}})
    assert written.status_code == (403 if is_hushed else 200)


def test_a_filter_of_records_that_a_role_does_not_see_is_not_shown(
    api: ApiClient, workspace: Caller, vaults: str
) -> None:
    his = ApiClient(make_member(workspace, "eve@example.com", {"vaults": {"view": "all"}}))
    config = saved_filter(of_company(clause("code", "contains", "x")))
    made = save(api, vaults, config=config)
    assert ok(his.get(f"{vaults}/{made['id']}"))["config"] == {"invalid": True}
    assert b"code" not in his.get(vaults).content


def test_a_field_tells_which_views_of_other_objects_name_it(
    api: ApiClient, hers: ApiClient, workspace: Caller, vaults: str
) -> None:
    save(api, vaults, "Own", config=saved_filter(clause("code", "contains", "x")))
    config = saved_filter(of_company(clause("code", "contains", "x")))
    nested = save(api, vaults, "Nested", config=config)
    shown = {"columns": ["company.code"]}
    columns = save(api, f"{VAULTS}/columns", "Columns", configuration_json=shown)

    def naming(client: ApiClient, name: str) -> list[str]:
        path = f"/api/custom-objects/{name}/fields/code/references"
        return [row["id"] for row in ok(client.get(path))["saved_views"]]

    assert naming(api, "companies") == [columns["id"], nested["id"]]
    assert len(naming(api, "vaults")) == 1
    assert naming(hers, "companies") == []  # she does not see vaults
