"""Addresses of texts, sending and conversations."""

from __future__ import annotations

from django.urls import path

from zabota.desk.messages import inbox, sending, texts

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/answers/", inbox.canned, name="inbox-canned"),
    path("inbox/<str:public_id>/", inbox.talk, name="inbox-talk"),
    path("inbox/<str:public_id>/answer/", inbox.talk_answer, name="inbox-talk-answer"),
    path("inbox/<str:public_id>/pictures/<int:turn>/<int:place>/", inbox.talk_picture, name="inbox-picture"),
    path("inbox/<str:public_id>/<str:action>/", inbox.talk_change, name="inbox-talk-change"),
    path("messages/", sending.sending, name="messages"),
    path("messages/stop/", sending.sending_stop, name="messages-stop"),
    path("messages/troubles/seen/", sending.troubles_seen, name="messages-troubles-seen"),
    path("messages/texts/", texts.texts, name="messages-texts"),
    path("messages/texts/new/", texts.text_new, name="messages-text-new"),
    path("messages/texts/preview/", texts.text_preview, name="messages-text-preview"),
    path("messages/texts/<str:public_id>/", texts.text, name="messages-text"),
    path("messages/texts/<str:public_id>/remove/", texts.text_remove, name="messages-text-remove"),
]
