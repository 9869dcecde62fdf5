"""Addresses of «Приём»."""

from __future__ import annotations

from django.urls import path

from zabota.desk.reception import views
from zabota.desk.schedule import feeds

urlpatterns = [
    path("", views.reception, name="reception"),
    path("calendar/", feeds.own, name="reception-calendar"),
    path("<str:public_id>/control/", views.control, name="reception-control"),
    path("<str:public_id>/video/", views.video, name="reception-video"),
    path("<str:public_id>/<slug:step>/", views.mark, name="reception-mark"),
]
