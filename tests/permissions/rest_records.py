"""The Records API and bulk work, in the permission matrix."""

from __future__ import annotations

from typing import Any

from . import needs
from .needs import CASES, ONCE, Operation
from .requests import clauses, fields, once, rest
from .world import Target, World

CASE, ADD, UPSERT = "records/cases/<uuid>", "records/cases/add", "records/cases/upsert"
VALUES, BULK_CHANGE = "records/<uuid>/field-values", "custom-objects/cases/bulk-change-field-value"


def batch(name: str, need: needs.Need, mode: str, item: Any) -> Operation:
    """A batch of one item; what refuses the item refuses the batch."""

    def needed(world: World, target: Target) -> needs.Expected:
        found = need(world, target)
        unseen = not world.role.known
        return found if unseen or found.verdict == needs.DONE else needs.nothing(needs.REFUSED)

    body = {"mode": mode, "items": [item]}
    return rest(name, "records_batch_create", needed, "POST", "records/cases/batch", body)


ONE_RECORD = [
    rest("retrieve", "records_retrieve", needs.view, "GET", CASE),
    rest(
        "retrieve all",
        "records_retrieve",
        needs.view,
        "GET",
        f"{CASE}?include_hidden_fields=true&detail_summary=true",
    ),
    rest(
        "retrieve as of",
        "records_retrieve",
        needs.view,
        "GET",
        f"{CASE}?as_of=9999-01-01T00:00:00Z",
    ),
    rest(
        "replace",
        "records_update",
        needs.edit,
        "PUT",
        CASE,
        {"fields": fields(name="New one", note="n")},
    ),
    rest(
        "change",
        "records_partial_update",
        needs.edit,
        "PATCH",
        f"{CASE}?return_all_fields=true",
        {"fields": fields(note="n")},
    ),
    rest(
        "change the secret",
        "records_partial_update",
        needs.edit_secret,
        "PATCH",
        CASE,
        {"fields": fields(secret="s")},
    ),
    rest("archive", "records_destroy", needs.remove, "DELETE", CASE),
    rest(
        "unarchive", "records_unarchive_partial_update", needs.restore, "PATCH", f"{CASE}/unarchive"
    ),
    rest(
        "move",
        "records_move_partial_update",
        needs.edit,
        "PATCH",
        f"{CASE}/move",
        {"stage_id": "<stage>"},
    ),
    rest("history", "records_history_list", needs.view_history, "GET", f"{CASE}/history"),
    rest("blame", "records_blame_retrieve", needs.view_history, "GET", f"{CASE}/blame"),
    rest(
        "restore",
        "records_restore_partial_update",
        needs.restore_fields,
        "PATCH",
        f"{CASE}/restore",
        {"version": 1},
    ),
    rest(
        "values of a field",
        "records_field_values_list",
        needs.view,
        "GET",
        f"{VALUES}/<note field>",
    ),
    rest(
        "values of the secret",
        "records_field_values_list",
        needs.view_secret,
        "GET",
        f"{VALUES}/<secret field>",
    ),
    rest(
        "what points at it",
        "records_related_pipeline_records_create",
        needs.nothing_linked,
        "POST",
        "records/<uuid>/related-pipeline-records",
        {},
    ),
]
NAMED = {"fields": fields(name="<name>")}
FEED = [
    once("follow", "changes_list", needs.anybody, "GET", "changes?limit=1000"),
    once("follow from here on", "changes_list", needs.anybody, "GET", "changes?after=now"),
]
BY_NAME = [
    rest(
        "look up",
        "records_lookup_retrieve",
        needs.view,
        "GET",
        "records/cases/lookup?identifier=<name>",
    ),
    rest(
        "look up in the older spelling",
        "records_lookup_by_name_retrieve",
        needs.view,
        "GET",
        "custom-objects/cases/entity-records/lookup?name=<name>",
    ),
    once(
        "add", "records_add_create", needs.create, "POST", ADD, {"fields": fields(name="Quite new")}
    ),
    rest("add with its name", "records_add_create", needs.create_with_its_name, "POST", ADD, NAMED),
    rest(
        "add or unarchive",
        "records_add_create",
        needs.create_or_bring_back,
        "POST",
        ADD,
        {**NAMED, "unarchive": "unarchive"},
    ),
    rest(
        "add in its place",
        "records_add_create",
        needs.create_or_overwrite,
        "POST",
        ADD,
        {**NAMED, "unarchive": "overwrite"},
    ),
    rest(
        "upsert",
        "records_upsert_create",
        needs.upsert,
        "POST",
        UPSERT,
        {"lookup_value": "<name>", "fields": fields(note="n")},
    ),
    once(
        "upsert a new one",
        "records_upsert_create",
        needs.create,
        "POST",
        UPSERT,
        {"lookup_value": "Quite new", "fields": []},
    ),
    batch("patch a batch by id", needs.edit, "patch", {"id": "<uuid>", "fields": fields(note="n")}),
    batch(
        "patch by name", needs.edit, "patch", {"lookup_value": "<name>", "fields": fields(note="n")}
    ),
    batch("archive a batch by name", needs.remove, "archive", {"lookup_value": "<name>"}),
    batch(
        "upsert a batch",
        needs.upsert,
        "upsert",
        {"lookup_value": "<name>", "fields": fields(note="n")},
    ),
    rest(
        "get by id and name",
        "records_batch_get_create",
        needs.ask_for_records,
        "POST",
        "records/cases/batch-get",
        {"ids": ["<uuid>"], "names": ["<name>"]},
    ),
    rest(
        "merge into it",
        "records_merge_create",
        needs.merge_into_it,
        "POST",
        "records/cases/merge",
        {"into": "<uuid>", "from": ["<mine>"]},
    ),
    rest(
        "merge it",
        "records_merge_create",
        needs.merge_it,
        "POST",
        "records/cases/merge",
        {"into": "<mine>", "from": ["<uuid>"], "rules": {"note": "longest"}},
    ),
    once(
        "duplicates",
        "records_duplicates_create",
        needs.duplicates,
        "POST",
        "records/cases/duplicates",
        {"fields": ["kind"]},
    ),
]


def search(
    name: str, need: needs.Need, body: Any, targets: tuple[str, ...] = ONCE, of: str = "cases"
) -> Operation:
    return rest(name, "records_search_create", need, "POST", f"records/{of}/search", body, targets)


def aggregate(name: str, need: needs.Need, body: Any) -> Operation:
    return rest(name, "records_aggregate_create", need, "POST", "records/cases/aggregate", body)


SHOWN = clauses(("display_name", "contains", "hush"))
SEARCHES = [
    search("search", needs.listed, {}),
    search("search sorted", needs.listed, {"ordering": "-name"}),
    search("search sorted by links", needs.listed, {"ordering": "created,-client"}),
    search("search by name", needs.listed_one, {"query": clauses(("name", "=", "<name>"))}, CASES),
    search("search for a note", needs.listed_one, {"search": "<note>"}, CASES),
    search("search notes", needs.listed, {"search": "note-"}),
    search("search the secrets' text", needs.found_in_secrets, {"search": "hush-"}),
    search(
        "filter by the secret",
        needs.listed_by_secret,
        {"query": clauses(("secret", "contains", "hush"))},
    ),
    search("sort by the secret", needs.listed_by_secret, {"ordering": "secret"}),
    search(
        "search in the secret",
        needs.listed_by_secret,
        {"search": "hush", "search_within_field_names": ["secret"]},
    ),
    search("sort by what shows the secret", needs.listed_by_secret, {"ordering": "display_name"}),
    search("filter by what shows the secret", needs.listed_by_secret, {"query": SHOWN}),
    search("search with the clients' names", needs.listed, {"field_names": ["client.name"]}),
    aggregate("count each", needs.listed, {"group_by": ["name"]}),
    aggregate(
        "count each by its client",
        needs.listed,
        {"group_by": ["name", "client", "client.name"], "ordering": "-client"},
    ),
    aggregate("count by the secret", needs.listed_by_secret, {"group_by": ["name", "secret"]}),
    aggregate(
        "count the secrets",
        needs.listed_by_secret,
        {"group_by": ["name"], "aggregate": [{"function": "distinct", "field": "secret"}]},
    ),
]
FROM_THE_CLIENT = [
    once(
        "a client's cases",
        "records_field_values_list",
        needs.linked,
        "GET",
        "records/<client>/field-values/<mirror>",
    ),
    once(
        "a client's cases, as pipeline records",
        "records_related_pipeline_records_create",
        needs.linked,
        "POST",
        "records/<client>/related-pipeline-records",
        {},
    ),
    once(
        "a client with its cases",
        "records_retrieve",
        needs.anybody,
        "GET",
        "records/clients/<client>",
    ),
    once(
        "a client's history",
        "records_history_list",
        needs.anybody,
        "GET",
        "records/clients/<client>/history",
    ),
    search(
        "clients with a case",
        needs.linked_one,
        {"query": clauses(("matters", "contains", ["<uuid>"]))},
        CASES,
        of="clients",
    ),
    search(
        "clients with a case of a name",
        needs.linked_one,
        {"query": clauses(("matters", "contains", [{"name": "<name>"}]))},
        CASES,
        of="clients",
    ),
    search(
        "clients without cases",
        needs.without_links,
        {"query": clauses(("matters", "is_blank", True))},
        of="clients",
    ),
]
CHANGE = {"field_value": "n", "field_resolution": "overwrite", "record_ids": ["<uuid>"]}
BULK = [
    rest(
        "archive many",
        "custom_objects_bulk_archive_entity_record_create",
        needs.bulk("remove"),
        "POST",
        "custom-objects/cases/bulk-archive-entity-record",
        {"record_ids": ["<uuid>"]},
    ),
    rest(
        "change many",
        "custom_objects_bulk_change_field_value_create",
        needs.bulk("edit"),
        "POST",
        BULK_CHANGE,
        {**CHANGE, "field_id": "<note field>"},
    ),
    rest(
        "change many secrets",
        "custom_objects_bulk_change_field_value_create",
        needs.bulk_secret,
        "POST",
        BULK_CHANGE,
        {**CHANGE, "field_id": "secret"},
    ),
    once("jobs", "bulk_action_progress_list", needs.own_jobs, "GET", "bulk-action-progress"),
    once(
        "another's job",
        "bulk_action_progress_retrieve",
        needs.admins_only,
        "GET",
        "bulk-action-progress/<job>",
    ),
    once(
        "cancel another's job",
        "bulk_action_progress_cancel_create",
        needs.too_late_for_admins,
        "POST",
        "bulk-action-progress/<job>/cancel",
        {},
    ),
]
TRANSFERS = [
    once(
        "export",
        "custom_objects_exports_create",
        needs.listed,
        "POST",
        "custom-objects/cases/exports",
        {},
    ),
    once(
        "export by the secret",
        "custom_objects_exports_create",
        needs.listed_by_secret,
        "POST",
        "custom-objects/cases/exports?ordering=secret",
        {},
    ),
    once(
        "upload",
        "custom_objects_imports_create",
        needs.upload,
        "POST",
        "custom-objects/cases/imports",
        "name,note\nA,B\n",
    ),
    once(
        "import another's upload",
        "custom_objects_imports_start_create",
        needs.admins_only,
        "POST",
        "custom-objects/cases/imports/<upload>/start",
        {"dry_run": True},
    ),
    once(
        "a report that is none",
        "bulk_action_progress_report_retrieve",
        needs.never_there,
        "GET",
        "bulk-action-progress/<job>/report",
    ),
]
FILES = [
    rest(
        "list files",
        "records_attachments_list",
        needs.list_files,
        "GET",
        "attachments/cases/<uuid>",
    ),
    rest(
        "ask to send a file",
        "records_attachments_create",
        needs.ask_to_edit_files,
        "POST",
        "attachments/cases/<uuid>",
        {"filename": "new.txt"},
    ),
    rest(
        "ask for a file",
        "records_attachments_url_retrieve",
        needs.view_history,
        "GET",
        "attachments/cases/<uuid>/url?filename=<file>",
    ),
    rest(
        "remove a file",
        "records_attachments_destroy",
        needs.edit_files,
        "DELETE",
        "attachments/cases/<uuid>?filename=<file>",
    ),
]
FREE_FILES = [
    once(
        "ask where to send a file",
        "s3_presigned_post_retrieve",
        needs.anybody,
        "GET",
        "s3/presigned-post?source=field_value&filename=new.txt",
    ),
    rest(
        "confirm a file that was not sent",
        "s3_success_create",
        needs.refused,
        "POST",
        "s3/success?source=field_value",
        "uuid=01920000-0000-7000-8000-000000000001",
        ONCE,
        "application/x-www-form-urlencoded",
    ),
    rest(
        "a file by its id",
        "files_download_retrieve",
        needs.view_history,
        "GET",
        "files/<file_id>/download",
    ),
]
RECORDS = (
    *ONE_RECORD,
    *FEED,
    *BY_NAME,
    *SEARCHES,
    *FROM_THE_CLIENT,
    *BULK,
    *TRANSFERS,
    *FILES,
    *FREE_FILES,
)
