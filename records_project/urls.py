"""Where everything is: the APIs, the staff's workbench and the health check."""

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from records.mcp.views import endpoint as mcp


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer ok when this process answers and its database does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("api/", include("records.api.urls")),
    re_path("^mcp/?$", mcp),
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("healthz", healthz),
]

handler400 = "records_project.errors.bad_request"
handler403 = "records_project.errors.permission_denied"
handler404 = "records_project.errors.not_found"
handler500 = "records_project.errors.server_error"
