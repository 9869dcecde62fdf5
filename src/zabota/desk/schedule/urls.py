"""Addresses of «Режим работы»."""

from __future__ import annotations

from django.urls import path

from zabota.desk.schedule import feeds, views

urlpatterns = [
    path("", views.doctors, name="schedule"),
    path("ensure/", views.ensure, name="schedule-ensure"),
    path("week/<str:public_id>/", views.week, name="schedule-week"),
    path("calendar/<str:public_id>/", feeds.of_doctor, name="schedule-calendar"),
    path("rooms/", views.rooms, name="schedule-rooms"),
    path("rooms/<str:public_id>/", views.change, name="schedule-change"),
    path("days/", views.days, name="schedule-days"),
    path("days/<str:public_id>/remove/", views.day_remove, name="schedule-day-remove"),
    path("services/", views.services, name="schedule-services"),
    path("services/<str:public_id>/", views.service, name="schedule-service"),
]
