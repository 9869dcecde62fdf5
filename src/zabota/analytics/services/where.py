"""Questions «где упало»: asked with two periods and filters, answered in the background, kept by their parameters."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from zabota.analytics.models import StoredReport
from zabota.analytics.queries.visits import ClinicVisits, clinic_visits
from zabota.analytics.rules.where import CannotCompare, Question, answer
from zabota.analytics.rules.wording import plural
from zabota.analytics.services.behind import keep_behind
from zabota.analytics.services.keeping import keep_report, scope_of
from zabota.clinic.models import Clinic
from zabota.kernel.scope import clinic_scope
from zabota.patients.models import Patient

WHERE: Final = "where"
#: Answers to the same question that are kept, and to all questions of a clinic.
KEPT_OF_ONE: Final = 2
KEPT_OF_ALL: Final = 200


def key_of(question: Question) -> str:
    """The digest by which an answer is found."""
    text = json.dumps(question.to_json(), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def answer_where(*, clinic: Clinic, question: Question, now: datetime, branches: Sequence[int] | None) -> StoredReport:
    """Read the visits, answer, keep. A question that the data cannot answer is kept with the reason in words."""
    with clinic_scope(clinic.pk):
        return keep_answer(
            clinic=clinic, question=question, now=now, branches=branches,
            visits=clinic_visits(clinic.pk, now=now, branches=branches, with_groups=True),
        )  # fmt: skip


def keep_answer(
    *, clinic: Clinic, question: Question, visits: ClinicVisits, now: datetime, branches: Sequence[int] | None
) -> StoredReport:
    """The same of visits that are read already; the caller holds the scope."""
    found, data = None, {}
    try:
        found = answer(visits.frame, question)
        data = found.data
        data["warnings"] += _united(clinic)
    except CannotCompare as trouble:
        data = {"refused": str(trouble), "question": question.to_json()}
    with transaction.atomic():
        report = keep_report(
            clinic, WHERE, question.now_end, _plain(data), now, scope=scope_of(branches), key=key_of(question),
            params=question.to_json(), most=KEPT_OF_ONE,
        )  # fmt: skip
        if found is not None:
            keep_behind(report=report, explained=found.explained, people=found.people, cards=visits.cards)
        of_all = StoredReport.objects.filter(clinic=clinic, kind=WHERE)
        kept = list(of_all.order_by("-computed_at", "-pk").values_list("pk", flat=True)[:KEPT_OF_ALL])
        of_all.exclude(pk__in=kept).delete()
    return report


def _united(clinic: Clinic) -> list[dict[str, Any]]:
    """Merged cards are one person in both periods: said, so that nobody looks for them."""
    number = Patient.objects.filter(clinic=clinic).exclude(merged_into=None).count()
    if not number:
        return []
    cards = plural(number, "карта объединена", "карты объединены", "карт объединено")
    return [{"code": "merged_cards", "text": f"{cards} с другими: человек считается один раз в обоих периодах."}]


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """As JSON keeps it: lists for tuples, short fractions."""
    plain: dict[str, Any] = json.loads(json.dumps(data), parse_float=lambda text: round(float(text), 6))
    return plain
