"""The limit program's paths."""

from django.urls import path

from tests.bench.limit import views

urlpatterns = [
    path("companies", views.companies),
    path("companies/upsert", views.upsert_company),
    path("companies/<int:company_id>", views.company),
]
