"""What the demo clinic says around a visit: how to get there and prepare, advice afterwards, a questionnaire."""

from __future__ import annotations

import datetime as dt

from zabota.clinic.models import Branch, Clinic, ServiceGroup
from zabota.kernel.audit import Actor
from zabota.visits import api as visits

_WAYS = (
    (
        "4 минуты пешком от метро «Театральная», выход 3: прямо до Садовой и направо, зелёная дверь.\n"
        "Стоянка во дворе, 8 мест, два часа бесплатно.\nСтупеней нет: пандус слева от входа, внутри лифт."
    ),
    "Остановка «Южная» у самого входа, автобусы 12 и 48.\nСтоянка вдоль дома, бесплатно.\nВход с улицы, одна ступень, есть кнопка вызова.",
)
_QUESTIONS = """Есть аллергия на лекарства или анестезию?!
Есть ли у вас: [диабет! / повышенное давление / болезни сердца! / ничего из этого]
Может ли быть, что вы беременны?: нет / да! / не знаю!
Тревожно ли вам перед приёмом?: нет / немного / очень!
Какие лекарства принимаете постоянно…"""


def load_around(clinic: Clinic, *, actor: Actor, now: dt.datetime) -> int:
    """Write the texts and the questionnaire. Returns how many texts there are."""
    visits.save_text(
        clinic=clinic,
        values={
            "ask": "Что будет, если ничего не делать?\nКакие есть варианты и чем они отличаются?\nСколько это займёт?"
        },
        actor=actor,
        now=now,
    )
    written = 1
    for branch, way in zip(Branch.objects.filter(clinic=clinic).order_by("id"), _WAYS, strict=False):
        visits.save_text(clinic=clinic, branch=branch, values={"way": way}, actor=actor, now=now)
        written += 1
    for group in ServiceGroup.objects.filter(clinic=clinic, is_consultation=False).order_by("id"):
        after = "Сегодня без спорта и горячей ванны.\nБеспокоит — ответьте на сообщение, врач узнает сразу."
        values = {"after": after, "wellbeing_hours": 20}
        if group.is_prevention:
            values = {"after": "Два часа не ешьте, сутки без кофе и чая.", "wellbeing_hours": 24}
        visits.save_text(clinic=clinic, group=group, values=values, actor=actor, now=now)
        written += 1
    visits.save_questionnaire(
        clinic=clinic,
        questionnaire=None,
        title="Анкета перед визитом",
        group=None,
        is_active=True,
        questions=visits.read_questions(_QUESTIONS),
        actor=actor,
        now=now,
    )
    return written
