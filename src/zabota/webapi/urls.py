"""Addresses that machines call: webhooks of providers, feeds."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

app_name = "webapi"
urlpatterns: list[URLPattern | URLResolver] = []
