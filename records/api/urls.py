"""The paths under /api."""

from __future__ import annotations

from django.urls import re_path

from . import docs
from .errors import not_found
from .records import urls as records

urlpatterns = [
    *records.urlpatterns,
    *docs.urlpatterns,
    re_path("", not_found),
]
