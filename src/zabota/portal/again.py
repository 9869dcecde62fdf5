"""«Прислать новую ссылку»: from an old link, to its owner; the answer is the same whoever asks and whatever is found."""

from __future__ import annotations

from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from zabota.kernel import clock
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.portal.limits import client_key, wait_before
from zabota.portal.page import nowhere, patient_page, show, too_often
from zabota.visits.api import link_of, send_fresh_link
from zabota.visits.models import ActionLink

_SALT = "zabota.portal.again"
#: Requests of one address in an hour, and of the whole world.
_HERE, _EVERYWHERE, _SECONDS = 10, 300, 3600
#: A page of an old link may lie open for a day.
_DAY = 86400


def ticket_of(link: ActionLink) -> str:
    """For the page of a link that was open on this browser before: the secret is not known any more."""
    return signing.dumps(link.pk, salt=_SALT)


@patient_page("POST")
def again(request: HttpRequest) -> HttpResponseBase:
    """Send it, if there is whom and what about."""
    wait = wait_before("again", client_key(request), limit=_HERE, seconds=_SECONDS, shut_when_unsure=True)
    wait = wait or wait_before("again", "all", limit=_EVERYWHERE, seconds=_SECONDS, shut_when_unsure=True)
    if wait:
        return too_often(request, wait)
    with every_clinic(reason="an old link says whose it is"):
        link = _link(request)
    if link is not None:
        with clinic_scope(link.clinic_id):
            send_fresh_link(link=link, now=clock.now())
    return show(request, "again", place=nowhere())


def _link(request: HttpRequest) -> ActionLink | None:
    secret, ticket = request.POST.get("secret", ""), request.POST.get("ticket", "")
    if secret:
        return link_of(secret[:40])
    try:
        number = signing.loads(ticket, salt=_SALT, max_age=_DAY)
    except signing.BadSignature:
        return None
    return ActionLink.objects.filter(pk=number).first()
