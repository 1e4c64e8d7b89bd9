"""Tables and constraints; they know no field type and no HTTP."""

from .beats import WorkerBeat
from .columns import new_uuid
from .companions import (
    Activity,
    Address,
    Attachment,
    EmailSuppression,
    LeadSource,
    MovedCompanion,
    RecordMember,
)
from .definitions import (
    Field,
    FieldCategory,
    FieldOption,
    ObjectKind,
    ObjectType,
    RelationKind,
    StageStatus,
)
from .external import CallOutcome, ExternalCall, ExternalOperation, ExternalSource
from .feed import FeedEpoch
from .history import MAX_REASON
from .jobs import ImportPart, ImportRun, ImportUpload, Job, JobStatus, LeftOut, RefusedRow
from .rates import RateCount
from .record import FieldValue, LedgerEntry, Record, RecordState, Source, StageTime
from .views import Layout, SavedView, ViewDefault, ViewKind
from .webhooks import DeliveryState, Webhook, WebhookDelivery, WebhookForm
from .workspace import (
    ApiKey,
    Extent,
    FieldPermission,
    IdempotencyKey,
    Member,
    ObjectPermission,
    Role,
    Workspace,
)

__all__ = [
    "MAX_REASON",
    "Activity",
    "Address",
    "ApiKey",
    "Attachment",
    "CallOutcome",
    "DeliveryState",
    "EmailSuppression",
    "Extent",
    "ExternalCall",
    "ExternalOperation",
    "ExternalSource",
    "FeedEpoch",
    "Field",
    "FieldCategory",
    "FieldOption",
    "FieldPermission",
    "FieldValue",
    "IdempotencyKey",
    "ImportPart",
    "ImportRun",
    "ImportUpload",
    "Job",
    "JobStatus",
    "Layout",
    "LeadSource",
    "LedgerEntry",
    "LeftOut",
    "Member",
    "MovedCompanion",
    "ObjectKind",
    "ObjectPermission",
    "ObjectType",
    "RateCount",
    "Record",
    "RecordMember",
    "RecordState",
    "RefusedRow",
    "RelationKind",
    "Role",
    "SavedView",
    "Source",
    "StageStatus",
    "StageTime",
    "ViewDefault",
    "ViewKind",
    "Webhook",
    "WebhookDelivery",
    "WebhookForm",
    "WorkerBeat",
    "Workspace",
    "new_uuid",
]
