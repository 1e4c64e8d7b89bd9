"""Calls of the Workspace API, in an order in which each finds what it needs."""

from __future__ import annotations

from typing import Any

from .calling import Call

_IN: dict[str, Any] = {"workspace_uuid": "<workspace>"}
_BOATS: dict[str, Any] = {**_IN, "data_type_id": "<#boats>"}
_WEBHOOK: dict[str, Any] = {**_IN, "webhook_id": "<#webhook>"}
_MEMBER: dict[str, Any] = {**_IN, "member_id": "<#member>"}
_RIG: dict[str, Any] = {**_BOATS, "field_id": "<#rig>"}
_BOAT: dict[str, Any] = {**_BOATS, "record_id": "<#boat>"}

WORKSPACE = [
    Call("list_workspaces"),
    Call("get_workspace", path=_IN),
    Call("get_current_member", path=_IN, keeps={"role": "memberRoleId"}),
    Call("list_member_roles", path=_IN),
    Call("get_member_role", path={**_IN, "role_id": "<#role>"}),
    Call(
        "create_member",
        201,
        path=_IN,
        body={
            "firstName": "Nancy",
            "lastName": "Blackett",
            "phone": "+442079460123",
            "externalId": "captain",
            "dateOfBirth": "1917-05-01",
            "labels": ["pirate"],
        },
        keeps={"member": "id"},
    ),
    Call("list_members", path=_IN, query={"label": "pirate", "isActive": "all"}),
    Call("get_member", path=_MEMBER),
    Call("update_member", path=_MEMBER, body={"locale": "en-GB", "email": "nancy@example.com"}),
    Call("archive_member", path=_MEMBER),
    Call("unarchive_member", path=_MEMBER),
    Call("delete_member", path=_MEMBER),
    Call("list_data_types", path=_IN, query={"sortBy": "name", "sortOrder": "asc"}),
    Call("validate_data_type_slug", path=_IN, body={"slug": "boats"}),
    Call(
        "create_data_type",
        201,
        path=_IN,
        body={
            "name": "Boats",
            "slug": "boats",
            "fields": [
                {"name": "Name", "fieldType": "text"},
                {"name": "Home port", "fieldType": "text"},
                {"name": "Hull", "fieldType": "text", "unique": True},
                {"name": "Seats", "fieldType": "integer", "minimum": 1},
                {"name": "Kind", "fieldType": "dropdown", "options": ["Sail", "Oar"]},
            ],
        },
        keeps={"boats": "id"},
    ),
    Call("get_data_type_by_slug", path={**_IN, "slug": "boats"}),
    Call("get_data_type", path=_BOATS),
    Call("update_data_type", path=_BOATS, body={"description": "Small ships."}),
    Call("archive_data_type", path=_BOATS, query={"force": True}),
    Call("unarchive_data_type", path=_BOATS),
    Call("clone_data_type", 201, path=_BOATS, body={"name": "Rafts", "slug": "Old-Rafts"}),
    Call(
        "create_data_type_field",
        201,
        path=_BOATS,
        body={"name": "Rig", "fieldType": "dropdown", "options": ["Sloop", "Lug"]},
        keeps={"rig": "id"},
    ),
    Call(
        "update_data_type_field",
        path=_RIG,
        query={"options": "full"},
        body={"description": "Of the sails.", "options": ["Ketch"]},
    ),
    Call("delete_data_type_option", path={**_RIG, "name": "Lug"}, query={"replaceWith": "Sloop"}),
    Call("delete_data_type_field", path=_RIG, query={"force": True}),
    Call(
        "create_data_record",
        201,
        path=_BOATS,
        body={
            "fieldValues": {"name": "Swift", "home_port": "Brest", "seats": 4, "kind": "Sail"},
            "externalId": "b-1",
        },
        keeps={"boat": "id"},
    ),
    Call(
        "list_data_records",
        path=_BOATS,
        query={"page": 1, "pageSize": 10, "sortBy": "createdAt", "sortOrder": "desc"},
    ),
    Call(
        "aggregate_data_records",
        path=_BOATS,
        query={"aggregate": "count,sum:seats", "groupBy": "kind", "sortBy": "sum:seats"},
    ),
    Call("export_data_records", path=_BOATS, query={"format": "csv", "sortBy": "createdAt"}),
    Call(
        "import_data_records",
        path=_BOATS,
        query={"matchField": "hull", "mapping": '{"Berths": "seats"}'},
        body={"file": b"Hull,Name,Berths\nH-8,Swallow,4\nH-9,Amazon,many\n"},
        keeps={"imported": "jobId"},
    ),
    Call("get_job", path={**_IN, "job_id": "<#imported>"}),
    Call("get_job_report", path={**_IN, "job_id": "<#imported>"}),
    Call(
        "import_data_records",
        202,
        path=_BOATS,
        body={"file": b"Name\n" + b"Dinghy\n" * 10_001},
        keeps={"long_import": "jobId"},
    ),
    Call("cancel_job", path={**_IN, "job_id": "<#long_import>"}),
    Call("get_data_record", path=_BOAT, query={"fieldNames": "name,kind"}),
    Call("update_data_record", path=_BOAT, body={"fieldValues": {"seats": 5}}),
    Call(
        "update_data_record_by_external_id",
        path=_BOATS,
        query={"externalId": "b-1"},
        body={"fieldValues": {"seats": 6}},
    ),
    Call(
        "upsert_data_record",
        201,
        path={**_BOATS, "external_id": "b-2"},
        body={"fieldValues": {"name": "Swallow"}},
    ),
    Call(
        "upsert_data_record",
        200,
        path={**_BOATS, "external_id": "b-2"},
        body={"fieldValues": {"seats": 2}},
    ),
    Call(
        "bulk_data_records",
        path=_BOATS,
        body={
            "records": [
                {"fieldValues": {"name": "Amazon"}, "externalId": "b-3"},
                {"fieldValues": {"name": "Dodo", "seats": "none"}, "externalId": "b-4"},
            ],
            "partial": True,
        },
    ),
    Call(
        "upsert_data_record_by_value",
        201,
        path=_BOATS,
        body={"matchField": "Hull", "fieldValues": {"Hull": "H-1", "name": "Titmouse"}},
    ),
    Call(
        "upsert_data_record_by_value",
        200,
        path=_BOATS,
        body={"matchField": "hull", "fieldValues": {"hull": "h-1", "seats": 3}},
    ),
    Call(
        "create_signup",
        201,
        path=_IN,
        body={
            "member": {"email": "peggy@example.com", "name": "Peggy Blackett", "tosAccepted": True},
            "data": {"boats": {"externalId": "b-9", "values": {"name": "Beckfoot"}}},
        },
    ),
    Call(
        "create_signup",
        200,
        path=_IN,
        body={"member": {"email": "peggy@example.com", "labels": []}},
    ),
    Call("list_data_record_changes", path=_BOAT, query={"pageSize": 10}),
    Call("list_changes", path=_IN, query={"limit": 1000, "wait": 1}),
    Call("get_member_record_counts", path=_IN),
    Call(
        "create_webhook",
        201,
        path=_IN,
        body={
            "name": "Port",
            "url": "https://port.example.com/hook",
            "events": ["data_record:created"],
            "dataTypeIds": ["<#boats>"],
        },
        keeps={"webhook": "id"},
    ),
    Call("list_webhooks", path=_IN, query={"pageSize": 5}),
    Call("get_webhook", path=_WEBHOOK),
    Call("update_webhook", path=_WEBHOOK, body={"name": "Harbour", "active": False}),
    Call("rotate_webhook_secret", path=_WEBHOOK),
    Call("list_webhook_deliveries", path=_WEBHOOK, query={"state": "pending"}),
    Call("test_webhook", path=_WEBHOOK),
    Call("delete_webhook", path=_WEBHOOK),
    Call("delete_data_record", path=_BOAT),
    Call("delete_data_type", path=_BOATS, query={"force": True}),
]
