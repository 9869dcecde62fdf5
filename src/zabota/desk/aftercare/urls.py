"""Addresses of patients who are unwell after a visit."""

from __future__ import annotations

from django.urls import path

from zabota.desk.aftercare import views

urlpatterns = [
    path("", views.aftercare, name="aftercare"),
    path("<str:public_id>/<slug:step>/", views.act, name="aftercare-act"),
]
