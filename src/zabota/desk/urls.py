"""Addresses of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("zabota.desk.today.urls")),
    path("control/", include("zabota.desk.control.urls")),
    path("", include("zabota.desk.patients.urls")),
]
