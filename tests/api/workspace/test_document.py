"""The OpenAPI document of the Workspace API, and where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

NAMES = {
    "DataRecordResponse",
    "CreateDataRecordRequest",
    "UpdateDataRecordRequest",
    "MemberRecordCountsResponse",
    "DataTypeResponse",
}
BASE = "/api/v2/w/{workspace_uuid}/data-types"
JOB = "/api/v2/w/{workspace_uuid}/jobs/{job_id}"
WEBHOOKS = "/api/v2/w/{workspace_uuid}/webhooks"
WORKSPACE = "/api/v2/w/{workspace_uuid}"
MEMBERS = f"{WORKSPACE}/members"
OPERATIONS = {
    ("get", "/api/v2/w"): "list_workspaces",
    ("get", WORKSPACE): "get_workspace",
    ("get", MEMBERS): "list_members",
    ("post", MEMBERS): "create_member",
    ("get", f"{MEMBERS}/me"): "get_current_member",
    ("get", f"{MEMBERS}/{{member_id}}"): "get_member",
    ("put", f"{MEMBERS}/{{member_id}}"): "update_member",
    ("delete", f"{MEMBERS}/{{member_id}}"): "delete_member",
    ("post", f"{MEMBERS}/{{member_id}}/archive"): "archive_member",
    ("post", f"{MEMBERS}/{{member_id}}/unarchive"): "unarchive_member",
    ("get", f"{WORKSPACE}/member-roles"): "list_member_roles",
    ("get", f"{WORKSPACE}/member-roles/{{role_id}}"): "get_member_role",
    ("post", f"{WORKSPACE}/create-signup"): "create_signup",
    ("get", "/api/v2/w/{workspace_uuid}/changes"): "list_changes",
    ("get", JOB): "get_job",
    ("post", f"{JOB}/cancel"): "cancel_job",
    ("get", f"{JOB}/report"): "get_job_report",
    ("get", WEBHOOKS): "list_webhooks",
    ("post", WEBHOOKS): "create_webhook",
    ("get", f"{WEBHOOKS}/{{webhook_id}}"): "get_webhook",
    ("put", f"{WEBHOOKS}/{{webhook_id}}"): "update_webhook",
    ("delete", f"{WEBHOOKS}/{{webhook_id}}"): "delete_webhook",
    ("post", f"{WEBHOOKS}/{{webhook_id}}/test"): "test_webhook",
    ("post", f"{WEBHOOKS}/{{webhook_id}}/rotate-secret"): "rotate_webhook_secret",
    ("get", f"{WEBHOOKS}/{{webhook_id}}/deliveries"): "list_webhook_deliveries",
    ("get", ""): "list_data_types",
    ("post", ""): "create_data_type",
    ("get", "/member-record-counts"): "get_member_record_counts",
    ("post", "/validate-slug"): "validate_data_type_slug",
    ("get", "/slug/{slug}"): "get_data_type_by_slug",
    ("get", "/{data_type_id}"): "get_data_type",
    ("put", "/{data_type_id}"): "update_data_type",
    ("delete", "/{data_type_id}"): "delete_data_type",
    ("post", "/{data_type_id}/archive"): "archive_data_type",
    ("post", "/{data_type_id}/unarchive"): "unarchive_data_type",
    ("post", "/{data_type_id}/clone"): "clone_data_type",
    ("post", "/{data_type_id}/fields"): "create_data_type_field",
    ("put", "/{data_type_id}/fields/{field_id}"): "update_data_type_field",
    ("delete", "/{data_type_id}/fields/{field_id}"): "delete_data_type_field",
    (
        "delete",
        "/{data_type_id}/fields/{field_id}/options/{name}",
    ): "delete_data_type_option",
    ("get", "/{data_type_id}/records"): "list_data_records",
    ("post", "/{data_type_id}/records"): "create_data_record",
    ("put", "/{data_type_id}/records"): "update_data_record_by_external_id",
    ("get", "/{data_type_id}/records/aggregate"): "aggregate_data_records",
    ("get", "/{data_type_id}/records/export"): "export_data_records",
    ("post", "/{data_type_id}/records/import"): "import_data_records",
    ("post", "/{data_type_id}/records/bulk"): "bulk_data_records",
    ("get", "/{data_type_id}/records/{record_id}"): "get_data_record",
    ("put", "/{data_type_id}/records/{record_id}"): "update_data_record",
    ("delete", "/{data_type_id}/records/{record_id}"): "delete_data_record",
    ("get", "/{data_type_id}/records/{record_id}/changes"): "list_data_record_changes",
    ("post", "/{data_type_id}/upsert"): "upsert_data_record_by_value",
    ("post", "/{data_type_id}/upsert/{external_id}"): "upsert_data_record",
}


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    document: dict[str, Any] = Client().get("/api/v2/docs/schema").json()
    return document


def test_every_operation_is_described_and_no_other(served: dict[str, Any]) -> None:
    described = {
        (method, path.removeprefix(BASE)): operation["operationId"]
        for path, methods in served["paths"].items()
        for method, operation in methods.items()
    }

    assert described == OPERATIONS


def test_components_have_the_names_of_the_contract(served: dict[str, Any]) -> None:
    assert served["components"]["schemas"].keys() >= NAMES
    assert "EntityRecord" not in served["components"]["schemas"]
    assert served["info"]["title"] == "Workspace API"
    assert served["components"]["securitySchemes"] == {
        "apiKey": {"type": "http", "scheme": "bearer"}
    }


def test_neither_document_holds_the_others_operations(served: dict[str, Any]) -> None:
    records = Client().get("/api/docs/schema").json()

    assert not any(path.startswith("/api/v2") for path in records["paths"])
    assert "DataRecordResponse" not in records["components"]["schemas"]
    assert all(path.startswith("/api/v2/w") for path in served["paths"])


def test_the_document_is_valid_and_made_without_warnings(tmp_path: Path) -> None:
    generator = "records.api.openapi.WorkspaceGenerator"
    call_command(
        *("spectacular", "--validate", "--fail-on-warn", "--generator-class", generator),
        *("--file", str(tmp_path / "openapi.yaml")),
    )


@pytest.mark.parametrize("path", ["/api/v2/docs", "/api/v2/docs/", "/api/v2/docs/redoc"])
@pytest.mark.django_db
def test_the_document_can_be_browsed(path: str) -> None:
    page = Client().get(path)
    script = Client().get(path, {"script": ""})

    assert page.status_code == 200
    assert "<title>Workspace API</title>" in page.content.decode()
    assert "/api/v2/docs/schema" in (page.content + script.content).decode()
