"""«Отказаться от рекламы»: GET only asks, POST acts, also the one that a mail program sends by itself (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase

from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.messaging import api as messaging
from zabota.portal.limits import client_key, wait_before
from zabota.portal.links import link_gone
from zabota.portal.page import nowhere, patient_page, show, too_often
from zabota.portal.place import place_of

#: Wrong addresses that one client may try in ten minutes.
_WRONG, _SECONDS = 20, 600


@patient_page("GET", "HEAD", "POST")
def leave(request: HttpRequest, token: str) -> HttpResponseBase:
    """The address itself says who leaves: no cookie, no seal, because a mail program has neither."""
    with every_clinic(reason="the address says whose it is"):
        patient = messaging.who_leaves(token)
    if patient is None:
        wait = wait_before("wrong-leave", client_key(request), limit=_WRONG, seconds=_SECONDS)
        if wait:
            return too_often(request, wait)
        words = "Откройте ссылку из сообщения целиком."
        return link_gone(request, nowhere(), words, title="Такой страницы нет")
    with clinic_scope(patient.clinic_id):
        place = place_of(patient.clinic, patient.branch)
        if request.method == "POST":
            messaging.leave(patient=patient, now=clock.now())
        return show(request, "leave", place=place, context={"done": request.method == "POST"})
