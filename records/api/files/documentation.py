"""What the OpenAPI document says of files."""

from __future__ import annotations

from records.api.openapi import (
    array,
    component,
    json_body,
    nullable,
    obj,
    operation,
    path_parameter,
    query_parameter,
    ref,
)
from records.api.records.documentation import RECORD_ID
from records.api.records.schemas import INTEGER, STRING, UUID

_MOMENT = {"type": "string", "format": "date-time"}
_URI = {"type": "string", "format": "uri"}
component(
    "Attachment",
    obj(
        {
            "id": UUID,
            "filename": STRING,
            "content_type": STRING,
            "size": INTEGER,
            "sha256": STRING,
            "created": _MOMENT,
            "member": nullable({"type": "object", "additionalProperties": True}),
        },
        dry_run={"type": "boolean", "description": "True for a dry run: nothing was stored."},
    ),
)
component("AttachmentList", obj({"count": INTEGER, "results": array(ref("Attachment"))}))
component(
    "UploadRequest",
    obj(
        {"filename": {"type": "string", "maxLength": 255}},
        content_type=nullable({"type": "string"}),
    ),
)
component(
    "UploadLink",
    {
        **obj(
            {
                "upload_url": _URI,
                "method": {"type": "string", "enum": ["PUT"]},
                "expires_at": _MOMENT,
            }
        ),
        "description": "PUT the bytes there, with a Content-Length and no key; 201 answers an "
        "Attachment.",
    },
)
component(
    "DownloadLink",
    obj({"url": _URI, "method": {"type": "string", "enum": ["GET"]}, "expires_at": _MOMENT}),
)

_BOTH = [
    path_parameter("object_identifier", STRING, "The object's id or API name."),
    path_parameter("entity_id", {"type": "string", "pattern": RECORD_ID}),
]
_NAME = query_parameter("filename", STRING, "Can be a path, such as docs/guide.md.", required=True)

list_files = operation(
    "records_attachments_list",
    "files",
    "The files of a record, by name",
    [*_BOTH, query_parameter("prefix", STRING, "Only names that start with this.")],
    {200: ref("AttachmentList")},
)
begin_upload = operation(
    "records_attachments_create",
    "files",
    "Get an upload link, valid for 15 minutes",
    _BOTH,
    {200: ref("UploadLink")},
    body=json_body("UploadRequest", required=True),
)
url = operation(
    "records_attachments_url_retrieve",
    "files",
    "Get a download link, valid for 15 minutes",
    [*_BOTH, _NAME],
    {200: ref("DownloadLink")},
)
destroy = operation(
    "records_attachments_destroy", "files", "Remove a file", [*_BOTH, _NAME], {204: None}
)
component(
    "StoredFile",
    obj(
        {
            "id": UUID,
            "name": STRING,
            "url": {**_URI, "description": "Where to fetch it without a key, for 15 minutes."},
            "thumbnail_url": nullable(STRING),
            "content_type": STRING,
            "size": INTEGER,
            "is_public": {"type": "boolean"},
            "is_common": {"type": "boolean"},
            "common_key": nullable(STRING),
        }
    ),
)
component(
    "UploadForm",
    {
        **obj(
            {
                "url": _URI,
                "fields": obj({"key": STRING}),
                "s3object_id": UUID,
                "max_file_size": {"type": "integer", "description": "In bytes."},
            }
        ),
        "description": "POST a form there: the fields, and the file as `file`, last.",
    },
)
_SOURCE = query_parameter(
    "source",
    {"type": "string", "enum": ["field_value", "record_import"]},
    "What the file is for.",
    required=True,
)
_FILE_ID = [path_parameter("file_id", {"type": "string", "pattern": RECORD_ID})]
presigned_post = operation(
    "s3_presigned_post_retrieve",
    "files",
    "Where to send a file before its record is known, for 15 minutes",
    [
        _SOURCE,
        query_parameter("filename", STRING, "The file's name.", required=True),
        query_parameter("contenttype", STRING, "Its media type."),
    ],
    {200: ref("UploadForm")},
)
confirm = operation(
    "s3_success_create",
    "files",
    "Confirm that a file was sent; its id is then a value of `files` fields",
    [_SOURCE],
    {200: ref("StoredFile")},
    body=(
        {
            "type": "object",
            "properties": {
                "uuid": {**UUID, "description": "The `s3object_id`."},
                "key": STRING,
                "name": STRING,
                "etag": STRING,
            },
            "required": ["uuid"],
        },
        True,
    ),
    media_type="application/x-www-form-urlencoded",
)
_BYTES = {"type": "string", "format": "binary"}
_ANY = {(200, "application/octet-stream"): _BYTES, (200, "*/*"): _BYTES}
download_file = operation(
    "files_download_retrieve", "files", "Download a file by its id", _FILE_ID, _ANY
)
_TOKEN = path_parameter("token", STRING, "From the link.")
_DRY_RUN = query_parameter("dry_run", {"type": "boolean"}, "Try it; nothing is stored.")
download = operation(
    "files_retrieve",
    "files",
    "Download a file by its link, without a key; by a file's id, with one: `StoredFile` as JSON",
    [_TOKEN],
    _ANY,  # its own media type; most clients want to know one
)
upload = operation(
    "files_update",
    "files",
    "Upload a file to its link, without a key",
    [_TOKEN, _DRY_RUN],
    {201: ref("Attachment")},
    body=(_BYTES, True),
    media_type="application/octet-stream",
)
upload_form = operation(
    "files_create",
    "files",
    "Upload a file to its link in a form, without a key",
    [_TOKEN, _DRY_RUN],
    {204: None, 200: ref("Attachment")},
    body=(
        {
            "type": "object",
            "properties": {"key": STRING, "file": _BYTES},
            "required": ["key", "file"],
        },
        True,
    ),
    media_type="multipart/form-data",
)
