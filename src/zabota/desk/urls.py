"""Addresses of the desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from zabota.desk import home

app_name = "desk"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("menu/counts/", home.menu_counts, name="menu-counts"),
    path("healthz", home.healthz, name="healthz"),
    path("", include("zabota.desk.today.urls")),
    path("calendar/", include("zabota.desk.calendar.urls")),
    path("waitlist/", include("zabota.desk.waitlist.urls")),
    path("schedule/", include("zabota.desk.schedule.urls")),
    path("reception/", include("zabota.desk.reception.urls")),
    path("control/", include("zabota.desk.control.urls")),
    path("", include("zabota.desk.insight.urls")),
    path("", include("zabota.desk.nextstep.urls")),
    path("", include("zabota.desk.patients.urls")),
    path("", include("zabota.desk.messages.urls")),
    path("reminders/", include("zabota.desk.reminders.urls")),
    path("preparation/", include("zabota.desk.preparation.urls")),
    path("aftercare/", include("zabota.desk.aftercare.urls")),
    path("", include("zabota.desk.channels.urls")),
    path("", include("zabota.desk.demo_mailbox.urls")),
    path("", include("zabota.desk.intake.urls")),
    path("", include("zabota.desk.settings.urls")),
]
