"""Files of records: uploads and downloads by signed links, names, and what the ledger says of them.

Called by: operations and the interfaces. It never removes bytes that a rolled-back or undecided
transaction may need.
"""

from .attachments import (
    MAX_FILES,
    AttachmentView,
    Readable,
    attach_file,
    begin_upload,
    delete_attachment,
    get_url,
    list_attachments,
    open_download,
    receive_upload,
)

__all__ = [
    "MAX_FILES",
    "AttachmentView",
    "Readable",
    "attach_file",
    "begin_upload",
    "delete_attachment",
    "get_url",
    "list_attachments",
    "open_download",
    "receive_upload",
]
