"""Addresses of the calendar."""

from __future__ import annotations

from django.urls import path

from zabota.desk.calendar import book, load, load_files, transfers, views, visits

urlpatterns = [
    path("", views.day, name="calendar"),
    path("week/", views.week, name="calendar-week"),
    path("load/", load.load, name="calendar-load"),
    path("load/<slug:table>.<slug:form>", load_files.load_table, name="calendar-load-table"),
    path("rest/", views.rest, name="calendar-rest"),
    path("transfers/", transfers.transfers, name="calendar-transfers"),
    path("transfers/visits/<str:public_id>/", transfers.enter, name="calendar-transfer-visit"),
    path("transfers/<str:public_id>/<slug:action>/", transfers.transfer, name="calendar-transfer"),
    path("book/", book.book, name="calendar-book"),
    path("visits/<str:public_id>/", visits.visit, name="calendar-visit"),
    path("visits/<str:public_id>/mark/<slug:step>/", visits.mark, name="calendar-visit-mark"),
    path("visits/<str:public_id>/unmark/", visits.unmark, name="calendar-visit-unmark"),
    path("visits/<str:public_id>/move/", visits.move, name="calendar-visit-move"),
    path("visits/<str:public_id>/kind/<slug:wanted>/", visits.kind, name="calendar-visit-kind"),
    path("visits/<str:public_id>/cancel/", visits.cancel, name="calendar-visit-cancel"),
    path("visits/<str:public_id>/unbook/", visits.unbook, name="calendar-visit-unbook"),
]
