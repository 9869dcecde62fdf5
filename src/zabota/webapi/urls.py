"""Addresses that machines call: webhooks of providers, feeds."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from zabota.webapi import calendars, hooks

app_name = "webapi"
urlpatterns: list[URLPattern | URLResolver] = [
    path("calendar/<str:token>.ics", calendars.feed, name="calendar"),
    path("hooks/<slug:provider>/<str:token>", hooks.hook, name="hook"),
]
