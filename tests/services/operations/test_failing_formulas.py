"""A formula that fails, as each API shows it."""

from __future__ import annotations

from tests.api.workspace.calling import WorkspaceClient
from tests.api_client import ApiClient
from tests.factories import Caller, FieldDefinition, make_field, make_object
from tests.mcp.calling import Agent

WHY = "It divides by zero."
DIVISION = {"formula_options": {"expression": "100 / record.data.pages"}}


def test_every_api_says_why_until_the_formula_has_a_value(workspace: Caller) -> None:
    made = make_object(workspace, "Notes", FieldDefinition("Pages", "integer"))
    key = make_field(workspace, "notes", "Share", "formula", settings=DIVISION)
    api, client, agent = ApiClient(workspace), WorkspaceClient(workspace), Agent(workspace)
    entries = [{"name": "name", "value": "None"}, {"name": "pages", "value": 0}]
    added = api.post("/api/records/notes/add", {"fields": entries}).json()
    path = f"/api/records/notes/{added['id']}"

    assert added["fields"][key] == {
        "id": key,
        "name": "share",
        "field_type": "formula",
        "display_name": "Share",
        "value": None,
        "formula_error": WHY,
    }
    assert api.get(path).json()["fields"][key]["formula_error"] == WHY
    record = client.get(f"/data-types/{made.pk}/records").json()["items"][0]
    assert "formulaErrors" not in record
    shown = client.get(f"/data-types/{made.pk}/records/{record['id']}").json()
    assert shown["fieldValues"]["share"] is None
    assert shown["formulaErrors"] == {"share": WHY}
    asked = {"action": "get", "record_type": "notes", "record_id": added["id"]}
    assert agent.call("manage_record", **asked)["_formula_errors"] == {"share": WHY}

    healed = api.patch(path, {"fields": [{"name": "pages", "value": 4}]}).json()
    assert healed["fields"][key]["value"] == 25
    assert "formula_error" not in healed["fields"][key]
    assert "formulaErrors" not in client.get(f"/data-types/{made.pk}/records/{record['id']}").json()
    assert "_formula_errors" not in agent.call("manage_record", **asked)
