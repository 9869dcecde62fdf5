"""Addresses of the waitlist."""

from __future__ import annotations

from django.urls import path

from zabota.desk.waitlist import views

urlpatterns = [
    path("", views.waitlist, name="waitlist"),
    path("new/", views.new, name="waitlist-new"),
    path("entries/<str:public_id>/close/", views.close, name="waitlist-close"),
    path("freed/<str:public_id>/<slug:action>/", views.freed, name="waitlist-freed"),
]
