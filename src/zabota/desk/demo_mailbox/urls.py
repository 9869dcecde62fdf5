"""Addresses of the demo clinic's phone and mailbox."""

from __future__ import annotations

from django.urls import path

from zabota.desk.demo_mailbox import views

urlpatterns = [
    path("demo-mailbox/", views.demo_mailbox, name="demo-mailbox"),
    path("demo-mailbox/awake/", views.demo_mailbox_awake, name="demo-mailbox-awake"),
    path("demo-mailbox/answer/", views.demo_mailbox_answer, name="demo-mailbox-answer"),
]
