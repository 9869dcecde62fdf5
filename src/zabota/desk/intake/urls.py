"""Addresses of the wizard of loads."""

from __future__ import annotations

from django.urls import path

from zabota.desk.intake import views

urlpatterns = [
    path("intake/", views.batches, name="intake"),
    path("intake/forget/", views.forget, name="intake-forget"),
    path("intake/<str:public_id>/", views.batch, name="intake-batch"),
    path("intake/<str:public_id>/columns/", views.columns, name="intake-columns"),
    path("intake/<str:public_id>/read/", views.read_again, name="intake-read"),
    path("intake/<str:public_id>/step/<str:step>/", views.step, name="intake-step"),
    path("intake/<str:public_id>/discard/", views.discard, name="intake-discard"),
    path("intake/<str:public_id>/refused/", views.refused, name="intake-refused"),
]
