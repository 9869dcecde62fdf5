"""Addresses of the design system: the page with every component."""

from django.urls import path

from zabota.ui import views

app_name = "ui"
urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("plain/", views.plain, name="plain"),
    path("workspace/", views.workspace, name="workspace"),
    path("find/", views.find, name="find"),
    path("done/", views.answer, name="done"),
]
