"""Addresses of control."""

from __future__ import annotations

from django.urls import URLPattern, path

from zabota.desk.control import files, views

urlpatterns: list[URLPattern] = [
    path("", views.control, name="control"),
    path("contacts/", views.contacts, name="control-contacts"),
    path("tasks/", views.tasks, name="control-tasks"),
    path("contacts.<slug:form>", files.contacts_file, name="control-contacts-file"),
    path("tasks.<slug:form>", files.tasks_file, name="control-tasks-file"),
    path("<slug:table>.<slug:form>", files.figures_file, name="control-table"),
    path("reassign/", views.reassign, name="control-reassign"),
]
