"""Addresses of control."""

from __future__ import annotations

from django.urls import URLPattern, path

from zabota.desk.control import views

urlpatterns: list[URLPattern] = [
    path("", views.control, name="control"),
    path("contacts/", views.contacts, name="control-contacts"),
    path("tasks/", views.tasks, name="control-tasks"),
    path("people.csv", views.people_csv, name="control-csv"),
    path("contacts.csv", views.contacts_csv, name="control-contacts-csv"),
    path("reassign/", views.reassign, name="control-reassign"),
]
