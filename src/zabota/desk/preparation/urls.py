"""Addresses of texts and questionnaires around a visit."""

from __future__ import annotations

from django.urls import path

from zabota.desk.preparation import views

urlpatterns = [
    path("", views.preparation, name="preparation"),
    path("text/", views.text, name="preparation-text"),
    path("questions/new/", views.sheet, name="preparation-sheet-new"),
    path("questions/<str:public_id>/", views.sheet, name="preparation-sheet"),
]
