"""Where everything is: the APIs and the staff's workbench. health.py answers before any of them."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from records.mcp.views import endpoint as mcp

urlpatterns = [
    path("api/", include("records.api.urls")),
    re_path("^mcp/?$", mcp),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]

handler400 = "records_project.errors.bad_request"
handler403 = "records_project.errors.permission_denied"
handler404 = "records_project.errors.not_found"
handler500 = "records_project.errors.server_error"
