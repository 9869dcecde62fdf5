"""Addresses of texts, sending and conversations."""

from __future__ import annotations

from django.urls import path

from zabota.desk.messages import texts

urlpatterns = [
    path("messages/texts/", texts.texts, name="messages-texts"),
    path("messages/texts/new/", texts.text_new, name="messages-text-new"),
    path("messages/texts/preview/", texts.text_preview, name="messages-text-preview"),
    path("messages/texts/<str:public_id>/", texts.text, name="messages-text"),
    path("messages/texts/<str:public_id>/remove/", texts.text_remove, name="messages-text-remove"),
]
