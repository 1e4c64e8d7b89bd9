"""The paths under /api."""

from __future__ import annotations

from django.urls import re_path

from . import docs
from .bulk import urls as bulk
from .errors import not_found
from .files import urls as files
from .metadata import urls as metadata
from .operations import urls as operations
from .records import urls as records
from .roles import urls as roles
from .views import urls as views
from .webhooks import urls as webhooks
from .workspace import urls as workspace

urlpatterns = [
    *records.urlpatterns,
    *metadata.urlpatterns,
    *bulk.urlpatterns,
    *operations.urlpatterns,
    *roles.urlpatterns,
    *views.urlpatterns,
    *webhooks.urlpatterns,
    *workspace.urlpatterns,
    *files.urlpatterns,
    *docs.urlpatterns,
    re_path("", not_found),
]
