"""Addresses of reminders and of the booking page's settings."""

from __future__ import annotations

from django.urls import path

from zabota.desk.reminders import views

urlpatterns = [path("", views.reminders, name="reminders")]
