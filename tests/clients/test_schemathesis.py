"""Requests that Schemathesis makes up from the documents are answered as documented.

`make clients EXAMPLES=500` makes up more of them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serving import Site

from .generating import DOCUMENTS, TOOLS, environment, origin, run

EXAMPLES = os.environ.get("EXAMPLES") or "3"
# Which values are valid is for the workspace's definitions to say: a document knows types alone.
# Conditions and idempotency keys are looked at before the body is.
CHECKS = """
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "3xx", "4xx"]
negative_data_rejection.expected-statuses = ["4xx"]
"""
KIND = {
    "display_name": "Kind",
    "category": "General",
    "field_type": "dropdown",
    "options": [{"name": "A"}, {"name": "B"}],
}


BASES = {"filter-groups": "config", "quick-filters": "filters", "columns": "configuration_json"}
_APPLIED = [f"apply_to_{whom}_create" for whom in ("roles", "users", "permission_groups")]
APPLIED = {"filter-groups": [], "quick-filters": _APPLIED[:2], "columns": _APPLIED}
HOOK = {"url": "https://port.example.com/hook", "events": ["data_record:created"]}


@dataclass
class Furnished:
    """What is there to be called, by the names of the parameters in paths: for all operations, and
    for those that take something away from the others."""

    of_all: Mapping[str, Any]
    of: Mapping[str, Mapping[str, Any]]

    def configuration(self, api: str) -> str:
        """Schemathesis's."""
        text = "[parameters]\n" + _lines(self.of_all) + CHECKS
        for operation, named in self.of.items():
            if (operation in _OF_WORKSPACE) == (api == "workspace"):
                text += f'\n[[operations]]\ninclude-operation-id = "{operation}"\n'
                text += "[operations.parameters]\n" + _lines(named)
        return text


_OF_MEMBERS = (
    *("get_member", "update_member", "delete_member"),
    *("archive_member", "unarchive_member"),
)
_OF_WORKSPACE = (
    *(*_OF_MEMBERS, "get_member_role"),
    *("delete_data_record", "delete_data_type"),
    *("archive_data_type", "unarchive_data_type"),
    *("update_data_type_field", "delete_data_type_field", "delete_data_type_option"),
    *("get_webhook", "update_webhook", "delete_webhook", "rotate_webhook_secret"),
    *("list_webhook_deliveries", "test_webhook"),
)


def _lines(named: Mapping[str, Any]) -> str:
    return "".join(f'"path.{name}" = {json.dumps(value)}\n' for name, value in named.items())


def furnish(site: Site) -> Furnished:
    """Make what operations need."""
    headers = json.loads(environment(site)["HEADERS"])
    with httpx.Client(base_url=f"{origin(site)}/api", headers=headers, timeout=60) as client:

        def get(path: str) -> Any:
            return client.get(path).raise_for_status().json()

        def post(path: str, **body: Any) -> Any:
            return client.post(path, json=body).raise_for_status().json()

        def add(name: str, to: str) -> str:
            fields = [{"name": "name", "value": name}]
            return str(post(f"/records/{to}/add", fields=fields)["id"])

        def save(base: str, key: str, name: str) -> str:
            path = f"/custom-objects/companies/{base}"
            return str(post(path, name=name, **{key: {}})["id"])

        kept, gone, deal = add("Acme", "companies"), add("Gone", "companies"), add("Deal", "deals")
        post("/custom-objects", object_name="Doomed", entity_name="Doomed")
        doomed, kind = (
            post(f"/custom-objects/{name}/fields", **KIND)["options"]
            for name in ("doomed", "companies")
        )
        base = f"/v2/w/{headers['X-BUSINESS-ID']}/data-types"
        types = {name: get(f"{base}/slug/{name}")["id"] for name in ("companies", "doomed")}
        numbers = {
            row["uuid"]: row["id"] for row in get(f"{base}/{types['companies']}/records")["items"]
        }
        deals = {"object_key": "deals"}
        taken = {"object_key": "doomed"}
        roles = [post("/role", name=name)["id"] for name in ("Kept", "Gone", "Gone too")]
        hooks = [
            post(f"/v2/w/{headers['X-BUSINESS-ID']}/webhooks", **HOOK, name=name)["id"]
            for name in ("Kept", "Gone")
        ]
        layout = get("/custom-objects/companies/layouts")["results"][0]["id"]
        of_views = {
            f"custom_objects_{base.replace('-', '_')}_{action}": {
                "view_id": save(base, key, action)
            }
            for base, key in BASES.items()
            for action in ("retrieve", "update", "partial_update", "destroy", *APPLIED[base])
        }
        of_webhooks = {
            name: {"webhook_id": hooks[name == "delete_webhook"]}
            for name in _OF_WORKSPACE
            if "webhook" in name
        }
        workspace = f"/v2/w/{headers['X-BUSINESS-ID']}"
        members = [
            post(f"{workspace}/members", name=name, externalId=name)["id"]
            for name in ("Kept", "Gone")
        ]
        of_members = {name: {"member_id": members[name == "delete_member"]} for name in _OF_MEMBERS}
        fields = {row["slug"]: row["id"] for row in get(f"{base}/{types['doomed']}")["fields"]}
        of_fields = {
            name: {"data_type_id": types["doomed"], "field_id": fields["kind"]}
            for name in _OF_WORKSPACE
            if name.startswith(("update_data_type_", "delete_data_type_"))
        }
        role = {"role_id": get(f"{workspace}/member-roles")[0]["id"]}
        return Furnished(
            {
                "workspace_uuid": headers["X-BUSINESS-ID"],
                "data_type_id": types["companies"],
                "record_id": numbers[kept],
                "slug": "companies",
                "object_key": "companies",
                "object_identifier": "companies",
                "entity_id": kept,
                "field_key": "kind",
                "layout_id": layout,
                "field_id": site.ids["companies.name"],
                "member_id": headers["X-USER-ID"],
                "role_id": roles[0],
                "group_id": roles[0],
                "option_id": kind[0]["id"],
                "category_id": get("/custom-objects/companies/categories")[0]["id"],
                "stage_id": get("/pipelines/deals/stages")[0]["id"],
            },
            {
                **of_webhooks,
                **of_members,
                "get_member_role": role,
                "role_destroy": {"role_id": roles[1]},
                "permission_group_destroy": {"group_id": roles[2]},
                **of_views,
                "custom_objects_destroy": taken,
                "custom_objects_unarchive_partial_update": taken,
                "custom_objects_fields_destroy": taken,
                "custom_objects_fields_options_destroy": {**taken, "option_id": doomed[0]["id"]},
                "custom_objects_fields_options_replace_create": {
                    **taken,
                    "option_id": doomed[1]["id"],
                },
                "records_destroy": {"entity_id": gone},
                "records_unarchive_partial_update": {"entity_id": gone},
                "records_move_partial_update": {"object_identifier": "deals", "entity_id": deal},
                "pipelines_stages_list": deals,
                "pipelines_stages_create": deals,
                "pipelines_stages_partial_update": deals,
                "pipelines_stages_remove_stage_create": deals,
                "pipelines_fields_tags_list": {"field_key": "labels"},
                "client_fields_tags_list": {"field_key": "tags"},
                "delete_data_record": {"record_id": numbers[gone]},
                "delete_data_type": {"data_type_id": types["doomed"]},
                **of_fields,
                "archive_data_type": {"data_type_id": types["doomed"]},
                "unarchive_data_type": {"data_type_id": types["doomed"]},
            },
        )


@pytest.mark.parametrize("api", DOCUMENTS)
def test_no_request_is_answered_otherwise_than_documented(
    api: str, served: Site, tmp_path: Path
) -> None:
    config = tmp_path / "schemathesis.toml"
    config.write_text(furnish(served).configuration(api))
    headers = json.loads(environment(served)["HEADERS"])
    sent = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    run(
        *(TOOLS / "schemathesis", "--config-file", config, "run"),
        *(f"{origin(served)}{DOCUMENTS[api]}", *sent, "--no-color", "--continue-on-failure"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", "1"),
        *("--warnings", "off"),
        cwd=tmp_path,
    )
    assert served.differences() == ""
