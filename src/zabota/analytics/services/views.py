"""Saved views of pages: a name and the tail of an address."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from zabota.analytics.models import SavedView
from zabota.clinic.models import Clinic
from zabota.kernel.audit import Actor, record
from zabota.kernel.errors import BadInput

MOST = 100


def save_view(*, clinic: Clinic, page: str, name: str, query: str, actor: Actor, now: datetime) -> SavedView:
    """Keep a view; a name stands once for a page."""
    name = " ".join(name.split())
    if not name:
        raise BadInput("Назовите вид: по этому имени его найдут коллеги.")
    if len(name) > 80 or len(query) > 1000:
        raise BadInput("Название длиннее 80 букв или условий слишком много.")
    if SavedView.objects.filter(clinic=clinic, page=page).count() >= MOST:
        raise BadInput(f"Сохранённых видов уже {MOST}. Удалите ненужные.")
    try:
        with transaction.atomic():
            view = SavedView.objects.create(
                clinic=clinic, page=page, name=name, query=query, saved_by_id=actor.user_id, saved_at=now
            )
            record("analytics.view.saved", view, actor=actor, now=now, clinic_id=clinic.pk)
    except IntegrityError:
        raise BadInput(f"Вид «{name}» уже есть. Возьмите другое название.") from None
    return view


def drop_view(*, view: SavedView, actor: Actor, now: datetime) -> None:
    """Forget a view."""
    with transaction.atomic():
        record("analytics.view.dropped", view, actor=actor, now=now, clinic_id=view.clinic_id)
        view.delete()
