"""The registry of metrics: what each is called, what it means, how it is counted and how sure it is."""

from __future__ import annotations

from typing import Final

from zabota.analytics.rules import metrics_money, metrics_recall, metrics_retention, metrics_work
from zabota.analytics.rules.metrics_figure import Definition, Method, Unit

_INDEX = "по последнему визиту"
_FIRST = "по первому визиту"

METRICS: Final[tuple[Definition, ...]] = (
    Definition(
        "r3", "R3", "Возврат за период", 1,
        "Из тех, кто был в предыдущем периоде, доля пришедших в этом. По этому показателю идёт путь к цели.",
        "(активные в (t−w, t] и в (t−2w, t−w]) / (активные в (t−2w, t−w]); w — выбранный период. Дни, которых нет в выгрузке, и те же дни других лет не считаем.",
        "retention (E−N)/S: Amplitude, Mixpanel, PostHog",
        "филиал, врач и услуга — по последнему визиту базового периода; канал — пациента",
        "зрелый, когда оба периода целиком лежат в данных",
        Unit.SHARE, Method.WILSON, metrics_retention.period,
    ),
    Definition(
        "r1", "R1", "Приходили больше одного раза", 1,
        "Из тех, кто был в клинике за период, доля пришедших хотя бы дважды за всё время. Падает сам, когда много новых пациентов: рядом смотрите R2.",
        "(были в W и имеют ≥ 2 дней визитов до t) / (были в W)",
        "доля вернувшихся хоть раз; цензурирована справа",
        f"филиал, врач и услуга — {_INDEX} периода; канал — пациента",
        "зрелый, когда период целиком лежит в данных; периоды разного возраста не сравниваем",
        Unit.SHARE, Method.WILSON, metrics_retention.ever,
    ),
    Definition(
        "r2", "R2", "Впервые пришедшие вернулись", 1,
        f"Из впервые пришедших доля тех, кто вернулся за {metrics_retention.HORIZON} дней. Берём только тех, чей срок уже истёк.",
        f"(второй день визита ≤ первый + H) / (первый день в окне и ≤ t − H); H = {metrics_retention.HORIZON} дней",
        "созревшая когорта; PostHog «first time», Mixpanel «birth»",
        f"филиал, врач и услуга — {_FIRST}; канал — пациента",
        "зрелый всегда: незрелых людей в нём нет; первые полгода данных не берём — там новых не отличить от прежних",
        Unit.SHARE, Method.WILSON, metrics_retention.matured,
    ),
    Definition(
        "r4", "R4", f"Когорты: были в {metrics_retention.COHORT_MONTH}-м месяце", 1,
        f"Из пришедших впервые доля тех, кто был именно в {metrics_retention.COHORT_MONTH}-м календарном месяце после. Среднее взвешено по размеру когорт.",
        f"Σ(когорта c с визитом в месяце c + k) / Σ(размер когорты c); k = {metrics_retention.COHORT_MONTH}, только закрытые месяцы",
        "когортная ячейка «on» Amplitude и Mixpanel",
        f"филиал, врач и услуга — {_FIRST}; канал — пациента",
        "зрелый всегда: берём когорты, у которых этот месяц уже закончился",
        Unit.SHARE, Method.WILSON, metrics_retention.cohort,
    ),
    Definition(
        "r4u", "R4+", f"Когорты: были в {metrics_retention.COHORT_MONTH}-м месяце или позже", 1,
        f"Из пришедших впервые доля тех, кто был в {metrics_retention.COHORT_MONTH}-м месяце после или в любом позднем.",
        f"Σ(последний визит в месяце ≥ c + k) / Σ(размер когорты c); k = {metrics_retention.COHORT_MONTH}",
        "когортная ячейка «on or after», unbounded retention",
        f"филиал, врач и услуга — {_FIRST}; канал — пациента",
        "когорты с закрытым месяцем; у молодых из них позднее ещё впереди, поэтому доля будет расти",
        Unit.SHARE, Method.WILSON, metrics_retention.cohort_or_later,
    ),
    Definition(
        "r5", "R5", "Вернутся по кривой возврата", 1,
        f"Какая доля впервые пришедших за период вернётся за {metrics_retention.CURVE_DAYS} дней. Считает и тех, чей срок ещё не истёк: каждый учтён ровно столько, сколько за ним наблюдали.",
        f"1 − S(H), S(t) = Π(1 − d/n) — оценка Каплана — Мейера; H = {metrics_retention.CURVE_DAYS} дней",
        "Kaplan, Meier 1958; запись вперёд возвратом не считаем",
        f"филиал, врач и услуга — {_FIRST}; канал — пациента",
        f"зрелый, когда хотя бы за одним человеком наблюдали {metrics_retention.CURVE_DAYS} дней и период лежит в данных",
        Unit.SHARE, Method.KAPLAN_MEIER, metrics_retention.curve,
    ),
    Definition(
        "won_back", "WB", "Вернули спящих", 1,
        f"Из тех, кто уснул, доля пришедших за следующие {metrics_retention.WAKE_DAYS} дней. Не «сколько спящих вернулось к числу спящих сейчас»: та доля падает, даже когда ничего не изменилось.",
        f"(визит ≤ день засыпания + {metrics_retention.WAKE_DAYS}) / (уснули в окне, которое кончилось {metrics_retention.WAKE_DAYS} дней назад); уснул — не был столько дней, сколько задано в разделе «Правило двух З»",
        "«resurrecting» жизненного цикла PostHog, посчитанный по входу, а не по остатку",
        "филиал, врач и услуга — по визиту перед засыпанием; канал — пациента",
        "зрелый всегда; какая часть вернулась из-за звонка, скажет только контрольная группа",
        Unit.SHARE, Method.WILSON, metrics_retention.won_back,
    ),
    Definition(
        "arpp", "ARPP", "Выручка на пациента", 1,
        "Сколько в среднем принёс за период пациент, который платил. По дню визита, за вычетом возвращённых денег.",
        "(сумма завершённых визитов в W − возвраты в W) / (пациенты с выручкой выше нуля в W); где суммы визита нет — оплаченное",
        "ARPU/ARPPU",
        "филиал, врач и услуга — визита; канал — пациента",
        "зрелый, когда период лежит в данных",
        Unit.MONEY, Method.MEAN, metrics_money.arpp,
    ),
    Definition(
        "visits", "V", "Визитов на пациента", 1,
        "Сколько дней с визитом пришлось на пациента, который был за период. Несколько приёмов одного дня — один визит.",
        "(дни визитов в W) / (пациенты с визитом в W)",
        "частота покупок",
        "филиал, врач и услуга — визита; канал — пациента",
        "зрелый, когда период лежит в данных",
        Unit.TIMES, Method.MEAN, metrics_money.visits_per_patient,
    ),
    Definition(
        "ltv_simple", "LTV₁", "Ценность пациента, простая", 1,
        "Выручка пациента за всё время, если возврат каждый год один и тот же. Для верных пациентов это нижняя граница, для новых верхняя: рядом смотрите модель.",
        "ARPP(год) / (1 − R3(год)); без вычета расходов и без дисконта",
        "геометрическая модель срока жизни",
        "как у R3 и выручки на пациента",
        "зрелый, когда зрелы R3 и выручка за год",
        Unit.MONEY, Method.DELTA, metrics_money.simple_ltv, fixed="всегда за год",
    ),
    Definition(
        "ltv_model", "LTV₂", f"Ценность пациента за {metrics_money.LTV_MONTHS} месяца, модель", 1,
        "Сколько в среднем принесёт пациент, который был за период: у каждого свои шансы прийти и свой чек.",
        f"E[чек] · Σ по месяцам ΔE[визиты]/(1+d)^t, {metrics_money.LTV_MONTHS} месяцев, d = {metrics_money.YEARLY_RATE:.0%} в год; визиты — MBG/NBD, чек — Gamma-Gamma; выручка, без вычета расходов".replace("%", " %"),
        "Batislam 2007; Fader, Hardie 2013",
        f"филиал, врач и услуга — {_INDEX} периода; канал — пациента; модель оценена по всей клинике",
        "зрелый, когда истории не меньше двух лет; интервал не знает ошибки самих параметров модели",
        Unit.MONEY, Method.MEAN, metrics_money.model_ltv,
    ),
    Definition(
        "recall_next", "PN", "Придут на следующую профилактику", 1,
        "Какой шанс в среднем у пациента, который бывал на профилактике, прийти к следующему сроку. У каждого он свой: смотрим, сколько сроков прошло и на сколько из них он пришёл.",
        "E[занятые сроки | x из n, последний t_x] на один срок вперёд, модель BG/BB; срок — половина интервала до и после; группы с отметкой «профилактика» и интервалом",
        "Fader, Hardie, Shang 2010",
        "филиал, врач и услуга — по первой профилактике; канал — пациента; модель оценена по всей клинике",
        "зрелый, когда истории не меньше двух лет; интервал не знает ошибки самих параметров модели",
        Unit.CHANCE, Method.MEAN, metrics_recall.next_recall, fixed="все, кто бывал на профилактике до этого дня",
    ),
    Definition(
        "ltv_recall", "LTV₃", "Ценность профилактики за 24 месяца", 1,
        "Сколько в среднем принесут профилактики пациента, который на них бывал.",
        "E[занятые сроки за 730 дней], модель BG/BB, × средний чек его профилактик; выручка, без вычета расходов и без дисконта",
        "Fader, Hardie, Shang 2010",
        "филиал, врач и услуга — по первой профилактике; канал — пациента; модель оценена по всей клинике",
        "зрелый, когда истории не меньше двух лет; интервал не знает ошибки самих параметров модели",
        Unit.MONEY, Method.MEAN, metrics_recall.recall_value, fixed="все, кто бывал на профилактике до этого дня",
    ),
    Definition(
        "no_show", "NS", "Неявки", 1,
        "Из записей, которые никто не отменил и не перенёс, доля тех, на которые не пришли.",
        "неявка / (неявка + завершён)",
        "обычное определение no-show",
        "филиал, врач и услуга — записи; канал — пациента",
        "зрелый, когда период лежит в данных и в них есть неявки или отмены",
        Unit.SHARE_OF_SLOTS, Method.CLUSTERED, metrics_work.no_show, less_is_better=True,
    ),
    Definition(
        "kept", "KS", "Состоялось записей", 1,
        "Из всех записей на дни периода доля состоявшихся. Остальное — неявки, отмены с обеих сторон и переносы.",
        "завершён / (завершён + неявка + отменён пациентом + отменён клиникой + перенесён)",
        "доля занятых времён, на которые пришли",
        "филиал, врач и услуга — записи; канал — пациента",
        "зрелый, когда период лежит в данных и в них есть неявки или отмены",
        Unit.SHARE_OF_SLOTS, Method.CLUSTERED, metrics_work.kept,
    ),
    Definition(
        "waiting", "W", "Ожидание приёма", 1,
        "Сколько дней прошло от записи до визита. Медиана: половина ждала меньше.",
        "медиана(день визита − день, когда записали) по завершённым визитам",
        "lead time",
        "филиал, врач и услуга — визита; канал — пациента",
        "зрелый, когда день записи известен хотя бы у половины визитов",
        Unit.DAYS, Method.MEDIAN, metrics_work.waiting, less_is_better=True,
    ),
    Definition(
        "coverage", "2З", "Есть следующий шаг", 1,
        "Из пациентов под правилом двух «З» доля тех, у кого есть запись вперёд или открытая задача. На эту минуту.",
        "(записан ∨ открытая задача) / (под правилом)",
        "правило двух «З»",
        f"филиал, врач и услуга — {_INDEX}; канал — пациента",
        "зрелый всегда",
        Unit.SHARE, Method.COUNT, metrics_work.coverage, has_past=False,
    ),
    Definition(
        "plan_accepted", "PA", "Планы согласованы", 1,
        f"Из предложенных планов лечения доля согласованных за {metrics_work.AGREE_DAYS} дней.",
        f"(согласован ≤ предложен + {metrics_work.AGREE_DAYS}) / (предложен в окне, которое кончилось {metrics_work.AGREE_DAYS} дней назад)",
        "case acceptance",
        f"врач — плана; филиал и услуга — {_INDEX} пациента; канал — пациента",
        "зрелый, когда период лежит в данных",
        Unit.SHARE_OF_PLANS, Method.CLUSTERED, metrics_work.plan_accepted,
    ),
    Definition(
        "plan_finished", "PF", "Планы завершены", 1,
        f"Из согласованных планов лечения доля завершённых за {metrics_work.FINISH_DAYS} дней.",
        f"(завершён ≤ согласован + {metrics_work.FINISH_DAYS}) / (согласован в окне, которое кончилось {metrics_work.FINISH_DAYS} дней назад)",
        "case completion",
        f"врач — плана; филиал и услуга — {_INDEX} пациента; канал — пациента",
        "зрелый, когда период лежит в данных",
        Unit.SHARE_OF_PLANS, Method.CLUSTERED, metrics_work.plan_finished,
    ),
    Definition(
        "nps", "NPS", "Готовность рекомендовать", 1,
        "Доля ответивших 9–10 минус доля ответивших 0–6. Рядом стоит доля ответивших: довольные отвечают чаще.",
        "100 (p − d); ошибка 100 √((p + d − (p − d)²) / n), для короткого списка ещё √((N − n)/(N − 1))",
        "Reichheld 2003; дисперсия трёх долей",
        "по пациенту и визиту, о котором спросили", "зрелый от 30 ответов",
        Unit.POINTS, Method.NPS,
    ),
    Definition(
        "csat", "CSAT", "Довольны визитом", 1,
        "Доля оценок 4 и 5 из пяти.",
        "(4 и 5) / ответы", "top-2 box",
        "по пациенту и визиту, о котором спросили", "зрелый от 30 ответов",
        Unit.SHARE, Method.WILSON,
    ),
    Definition(
        "scenario", "ΔR", "Возвраты благодаря сценарию", 1,
        "Сколько пациентов вернулось из-за сценария: против постоянной контрольной группы. Без неё показан счёт с пометкой «не доказывает причину».",
        "n_T (r_T − r_H); ошибка n_T √(r_T(1 − r_T)/n_T + r_H(1 − r_H)/n_H)",
        "постоянная контрольная группа",
        "по сценарию", "зрелый, когда у всех истёк срок возврата",
        Unit.TIMES, Method.CONTROL,
    ),
)  # fmt: skip

BY_KEY: Final = {each.key: each for each in METRICS}
#: Metrics that can be counted from what is kept today.
COUNTED: Final = tuple(each for each in METRICS if each.count is not None)


def described(definition: Definition) -> tuple[tuple[str, str], ...]:
    """The definition as lines with their names: the document and the page show the same ones."""
    past = "с теми же днями год назад" if definition.has_past else "нет: показатель говорит о настоящей минуте"
    lines = [
        ("Формула", definition.formula),
        ("Откуда", definition.source),
        ("Единица", str(definition.unit)),
        ("Интервал", str(definition.method)),
        ("Фильтры", definition.filters),
        ("Зрелость", definition.ripe),
        ("Сравнение", past),
        ("Версия", str(definition.version)),
    ]
    if definition.fixed:
        lines.insert(6, ("Период", definition.fixed))
    return tuple(lines)


def table() -> str:
    """The definitions as a part of docs/metrics.md."""
    parts = []
    for each in METRICS:
        lines = [f"## {each.title} (`{each.key}`, {each.code})", "", each.says, ""]
        lines += [f"- {name}: {text}" for name, text in described(each)]
        if each.count is None:
            lines.append("- На странице: появится, когда в базе будут данные")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
