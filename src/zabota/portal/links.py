"""The way in by a link: the secret is swapped for a cookie of one page and leaves the address at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import update_wrapper
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from zabota.clinic.models import Branch
from zabota.kernel import clock
from zabota.kernel.errors import BadInput, ScopeMissing, Trouble
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.portal.again import ticket_of
from zabota.portal.limits import client_key, wait_before
from zabota.portal.page import nowhere, patient_page, show, too_often
from zabota.portal.place import Place, place_of
from zabota.portal.sessions import Guest, guest_of, is_sealed, let_in
from zabota.visits.api import LinkGone, TriesUsed, check_phone_end, find_link
from zabota.visits.models import ActionLink

P = ParamSpec("P")

#: First page behind a link of each purpose.
PAGES = {
    ActionLink.Purpose.VISIT: "portal:visit",
    ActionLink.Purpose.OFFER: "portal:offer",
    ActionLink.Purpose.WELLBEING: "portal:wellbeing",
}
#: Wrong secrets that one address, and the whole world, may try in ten minutes.
_WRONG_HERE, _WRONG_EVERYWHERE, _WRONG_SECONDS = 20, 500, 600


@patient_page()
def enter(request: HttpRequest, secret: str) -> HttpResponseBase:
    """Open a link. Nothing is written: a scanner of mail may do the same as often as it likes."""
    now = clock.now()
    with every_clinic(reason="the secret of a link says whose it is"):
        try:
            link = find_link(secret, now=now)
        except LinkGone as gone:
            return _wrong(request, gone, secret)
        response = redirect(reverse(PAGES[ActionLink.Purpose(link.purpose)], args=[link.public_id]))
        for each in (link, *link.others.filter(expires_at__gt=now)):
            let_in(response, each, path=_path(each), known=False, now=now)
    return response


def _wrong(request: HttpRequest, gone: LinkGone, secret: str) -> HttpResponse:
    wait = wait_before("wrong-link", client_key(request), limit=_WRONG_HERE, seconds=_WRONG_SECONDS)
    wait = wait or wait_before("wrong-link", "all", limit=_WRONG_EVERYWHERE, seconds=_WRONG_SECONDS)
    return too_often(request, wait) if wait else link_gone(request, nowhere(), gone.text, secret=secret)


def link_gone(
    request: HttpRequest,
    place: Place,
    words: str,
    *,
    title: str = "Эта ссылка уже не работает",
    secret: str = "",
    link: ActionLink | None = None,
) -> HttpResponse:
    """The clear answer for an old link: what happened, a new link to where the old one went, whom to call.

    A secret that never was is answered like one whose time is over.
    """
    context = {
        "title": title,
        "words": words,
        "secret": secret[:40],
        "ticket": ticket_of(link) if link is not None else "",
    }
    return show(request, "gone", place=place, context=context, status=410)


def _path(link: ActionLink) -> str:
    """The cookie goes to the pages of this link alone."""
    return reverse(PAGES[ActionLink.Purpose(link.purpose)], args=[link.public_id])


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page of a link: the link, the browser's right to it, the clinic as they see it."""

    link: ActionLink
    guest: Guest
    place: Place

    @property
    def needs_digits(self) -> bool:
        """A short secret may be guessed: before a time or a place in the list is lost the end of the phone is asked."""
        return self.link.is_short and not self.guest.known


LinkView = Callable[Concatenate[HttpRequest, Visitor, P], HttpResponseBase]


def link_page(purpose: str, *methods: str) -> Callable[[LinkView[P]], Callable[..., HttpResponseBase]]:
    """Mark a page behind a link: the cookie must be of this very link, a form must be sealed, the link must live."""

    def mark(view: LinkView[P]) -> Callable[..., HttpResponseBase]:
        def guarded(request: HttpRequest, public_id: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            guest = guest_of(request, public_id)
            with every_clinic(reason="the cookie of a link says whose it is"):
                link = (
                    ActionLink.objects.select_related("clinic", "appointment__branch", "offer__freed__branch")
                    .filter(public_id=public_id, purpose=purpose)
                    .first()
                )
            if link is None or guest is None or guest.link_id != link.pk:
                words = "Откройте страницу по ссылке из сообщения ещё раз."
                return link_gone(request, nowhere(), words, title="Нужна ссылка из сообщения")
            with clinic_scope(link.clinic_id):
                visitor = Visitor(link, guest, place_of(link.clinic, _branch(link)))
                if request.method == "POST" and not is_sealed(request, guest):
                    raise Http404
                try:
                    if link.expires_at <= clock.now():
                        raise LinkGone
                    return view(request, visitor, *args, **kwargs)
                except LinkGone as gone:
                    return link_gone(request, visitor.place, gone.text, link=link)
                except ScopeMissing:
                    raise
                except Trouble as trouble:
                    return show(request, "trouble", place=visitor.place, context={"words": trouble.text}, status=422)

        return patient_page(*methods)(update_wrapper(guarded, view))

    return mark


def _branch(link: ActionLink) -> Branch | None:
    if link.appointment is not None:
        return link.appointment.branch
    return link.offer.freed.branch if link.offer is not None else None


def remember(response: HttpResponse, visitor: Visitor) -> None:
    """The end of the phone was right: this browser is known for this link."""
    let_in(response, visitor.link, path=_path(visitor.link), known=True, now=clock.now())


def ask_phone_end(
    request: HttpRequest,
    visitor: Visitor,
    *,
    here: str,
    after: str,
    act: Callable[[], HttpResponse] | None = None,
    press: str = "Дальше",
) -> HttpResponseBase:
    """The last four digits of the phone, five tries for a link; then `act`, or on to `after`, an address of our own."""
    sent = request.method == "POST"
    if visitor.guest.known:
        return act() if act is not None and sent else redirect(after)
    error = ""
    if sent:
        try:
            right = check_phone_end(link=visitor.link, typed=request.POST.get("digits", ""), now=clock.now())
        except (BadInput, TriesUsed) as trouble:
            right, error = False, trouble.text
        else:
            error = "" if right else "Не сходится с телефоном в записи. Проверьте цифры."
        if right:
            response = act() if act is not None else redirect(after)
            remember(response, visitor)
            return response
    context = {"seal": visitor.guest.seal, "here": here, "back": _path(visitor.link), "error": error, "press": press}
    return show(request, "digits", place=visitor.place, context=context, status=422 if error else 200)
