"""«Система»: is the program well; what waits, what is parked and why, with a way to try again."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from zabota.clinic.api import Right
from zabota.desk.access import StaffRequest, staff_page
from zabota.desk.messages.sending import hold_of
from zabota.kernel import clock, facts, health, jobs
from zabota.kernel.audit import record
from zabota.kernel.typed import number_of
from zabota.messaging.models import MessagingRules
from zabota.ui.page import page


@require_GET
@staff_page(Right.SYSTEM_VIEW)
def system(request: StaffRequest) -> HttpResponse:
    """Health of the installation. Facts of other clinics are not shown; words of failed jobs only in `zabota doctor`."""
    picture = health.examine(now=clock.now())
    context: dict[str, object] = {
        "health": picture,
        "parked_facts": [each for each in picture.parked_facts if each.clinic_id == request.clinic.pk],
        "parked_jobs": [(each, each.reason.split(":")[0]) for each in picture.parked_jobs],
    }
    context["hold"] = hold_of(MessagingRules.objects.filter(clinic=request.clinic).first())
    context["may_stop"] = request.may(Right.CHANNELS_EDIT)
    return page(request, "desk/settings/system.html", partial="state", context=context)


@require_POST
@staff_page(Right.SYSTEM_VIEW)
def retry(request: StaffRequest) -> HttpResponse:
    """Put a parked fact of this clinic, or a parked job, back into the queue."""
    now = clock.now()
    fact, job = request.POST.get("fact", ""), request.POST.get("job", "")
    if fact:
        own = {each.id for each in health.examine(now=now).parked_facts if each.clinic_id == request.clinic.pk}
        if number_of(fact) not in own:
            raise Http404
        facts.retry_parked([int(fact)], now=now)
    elif not jobs.retry_parked(_id(job), now=now):
        raise Http404
    record("desk.parked.retried", request.clinic, actor=request.actor, now=now, clinic_id=request.clinic.pk)
    messages.success(request, "Возвращено в очередь")
    return redirect("desk:system")


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
