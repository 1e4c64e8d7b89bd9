"""Files of records: uploads and downloads by signed links, names, and what the ledger says of them.

Called by: operations and the interfaces. It never removes bytes that a rolled-back or undecided
transaction may need.
"""

from records.services.storage import MAX_FILES

from .attachments import (
    AttachmentView,
    attach_file,
    begin_upload,
    delete_attachment,
    get_url,
    list_attachments,
    open_download,
    receive_upload,
)
from .downloads import Download
from .free_uploads import (
    FileView,
    UploadForm,
    begin_free_upload,
    check_purpose,
    confirm_upload,
    get_file,
    open_file,
)
from .taking_in import Readable

__all__ = [
    "MAX_FILES",
    "AttachmentView",
    "Download",
    "FileView",
    "Readable",
    "UploadForm",
    "attach_file",
    "begin_free_upload",
    "begin_upload",
    "check_purpose",
    "confirm_upload",
    "delete_attachment",
    "get_file",
    "get_url",
    "list_attachments",
    "open_download",
    "open_file",
    "receive_upload",
]
