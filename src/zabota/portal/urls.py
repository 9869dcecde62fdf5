"""Addresses of the patient's pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path

from zabota.portal import (
    again,
    before,
    book,
    book_who,
    demo_video,
    leave,
    links,
    moving,
    offer,
    video,
    visit,
    wellbeing,
)

app_name = "portal"
urlpatterns: list[URLPattern | URLResolver] = [
    # The short address of an SMS; six characters that no other page of ours has.
    re_path(r"^(?P<secret>[0-9A-Za-z]{6})$", links.enter, name="short"),
    path("v/<str:secret>", links.enter, name="link"),
    path("u/<str:token>", leave.leave, name="leave"),
    path("again", again.again, name="again"),
    path("visit/<str:public_id>/", visit.visit, name="visit"),
    path("visit/<str:public_id>/confirm", visit.confirm, name="visit-confirm"),
    path("visit/<str:public_id>/cancel", visit.cancel, name="visit-cancel"),
    path("visit/<str:public_id>/undo", visit.undo, name="visit-undo"),
    path("visit/<str:public_id>/call", visit.call, name="visit-call"),
    path("visit/<str:public_id>/move", moving.move, name="visit-move"),
    path("visit/<str:public_id>/wait", moving.wait, name="visit-wait"),
    path("visit/<str:public_id>/phone/<str:then>", visit.digits, name="visit-digits"),
    path("visit/<str:public_id>/before", before.prepare, name="visit-prepare"),
    path("visit/<str:public_id>/questions/<str:sheet_id>", before.questionnaire, name="visit-questions"),
    path("visit/<str:public_id>/vizit.ics", before.calendar, name="visit-ics"),
    path("visit/<str:public_id>/video", video.video, name="visit-video"),
    path("visit/<str:public_id>/video/consent", video.consent, name="visit-video-consent"),
    path("demo-video/<str:room>", demo_video.room, name="demo-video"),
    path("book/<str:clinic_id>/", book.what, name="book"),
    path("book/<str:clinic_id>/service/<str:service_id>/", book.when, name="book-when"),
    path("book/<str:clinic_id>/phone", book_who.phone, name="book-phone"),
    path("book/<str:clinic_id>/code", book_who.code, name="book-code"),
    path("book/<str:clinic_id>/other", book_who.other, name="book-other"),
    path("book/<str:clinic_id>/consent/<str:purpose>", book.consent, name="book-consent"),
    path("offer/<str:public_id>/", offer.offer, name="offer"),
    path("offer/<str:public_id>/take", offer.take, name="offer-take"),
    path("offer/<str:public_id>/refuse", offer.refuse, name="offer-refuse"),
    path("offer/<str:public_id>/phone", offer.digits, name="offer-digits"),
    path("after/<str:public_id>/", wellbeing.wellbeing, name="wellbeing"),
    path("after/<str:public_id>/answer", wellbeing.answer, name="wellbeing-answer"),
    path("after/<str:public_id>/advice", wellbeing.advice, name="wellbeing-advice"),
    path("after/<str:public_id>/phone", wellbeing.digits, name="wellbeing-digits"),
]
