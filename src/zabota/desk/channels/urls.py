"""Addresses of channels."""

from __future__ import annotations

from django.urls import path

from zabota.desk.channels import views

urlpatterns = [
    path("channels/listed/", views.listed, name="channels-listed"),
    path("channels/", views.channels, name="channels"),
    path("channels/rules/", views.rules, name="channels-rules"),
    path("channels/erid/", views.erid, name="channels-erid"),
    path("channels/law/<int:rule_id>/", views.channel_law, name="channel-law"),
    path("channels/new/<slug:provider>/", views.channel_new, name="channel-new"),
    path("channels/<str:public_id>/", views.channel, name="channel"),
    path("channels/<str:public_id>/<slug:action>/", views.channel_act, name="channel-act"),
]
