"""Sentences of the audit in Russian, from its figures."""

from __future__ import annotations

from typing import Final

from zabota.analytics.rules.contrasts import Contrast
from zabota.analytics.rules.report import Action, Cause, Measure, NextStep

NBSP: Final = "\u00a0"

DIMENSIONS: Final = {
    "doctor": "Врач",
    "service": "Услуга",
    "service_group": "Группа услуг",
    "speciality": "Специальность",
    "branch": "Филиал",
    "channel": "Источник",
    "age": "Возраст",
    "sex": "Пол",
    "tenure": "Давность",
    "price": "Цены",
    "wait": "Ожидание записи",
    "corridor": "Ожидание в коридоре",
    "feedback": "Ответ после приёма",
}
#: Dimensions that need more data than a comparison has at times: whose, and what they wait for.
WANTING: Final = {
    "tenure": ("давности", "нужно полгода визитов до более раннего периода"),
    "price": ("изменению цен", "цены услуг не менялись заметно или их нет в данных"),
    "wait": ("ожиданию записи", "мало визитов, о которых известно, когда записались"),
    "corridor": ("ожиданию в коридоре", "мало отметок «в клинике» и «начат»"),
    "feedback": ("ответам после приёма", "их пока мало"),
}
_OF: Final = {
    "doctor": "у пациентов, чей врач {value},",
    "service": "после услуги «{value}»",
    "service_group": "после услуг группы «{value}»",
    "speciality": "у специальности «{value}»",
    "branch": "в филиале «{value}»",
    "channel": "у пришедших из источника «{value}»",
    "age": "в возрасте {value}",
    "sex": "у группы «{value}»",
    "tenure": "у группы «{value}»",
    "price": "после услуг, которые подорожали",
    "wait": "у тех, кто ждал приёма {value},",
    "corridor": "у тех, кто ждал в коридоре {value},",
    "feedback": "у ответивших после приёма «{value}»",
}


def percent(share: float | None) -> str:
    """«51 %»; a dash for what is not known."""
    return "—" if share is None or share != share else f"{100 * share:.0f}{NBSP}%"


def points(value: float) -> str:
    """«−8,1 п. п.» with a minus sign."""
    text = f"{abs(value):.1f}".replace(".", ",")
    sign = "−" if value < 0 else "+" if value > 0 else ""
    return f"{sign}{text}{NBSP}п.{NBSP}п."


def money(kopecks: int) -> str:
    """«1,2 млн ₽» or «48 000 ₽»."""
    roubles = kopecks / 100
    if abs(roubles) >= 1_000_000:
        return f"{roubles / 1_000_000:.1f}".replace(".", ",").replace(",0", "") + f"{NBSP}млн{NBSP}₽"
    return f"{round(roubles, -3) if abs(roubles) >= 10_000 else round(roubles):,.0f}".replace(",", NBSP) + f"{NBSP}₽"


def number(value: int) -> str:
    """«26 553»."""
    return f"{value:,}".replace(",", NBSP)


def plural(value: int, one: str, few: str, many: str) -> str:
    """«21 пациент», «3 пациента», «11 пациентов»."""
    tail = abs(value) % 100
    last = tail % 10
    word = many if 11 <= tail <= 14 else one if last == 1 else few if 2 <= last <= 4 else many
    return f"{number(value)}{NBSP}{word}"


def _ended(text: str) -> str:
    """A sentence ends with one full stop, also after «п. п.»."""
    return text.replace("п..", "п.")


def cause_title(dimension: str, value: str, kind: str, effect_pp: float) -> str:
    """The heading of a cause."""
    if dimension == "price":
        what = "Подорожавшие услуги" if "выросла" in value else "Подешевевшие услуги"
    else:
        what = f"{DIMENSIONS[dimension]}: {value}"
    if kind == "mix":
        what += " (изменилась доля)"
    return f"{what}, {points(effect_pp)}"


def cause_text(
    dimension: str, value: str, contrast: Contrast, *, without: float, now: float, members: tuple[str, ...]
) -> str:
    """What happened and what would be without it."""
    where = _OF[dimension].format(value=value)
    if dimension == "price" and "снизилась" in value:
        where = "после услуг, которые подешевели"
    if contrast.kind == "mix":
        return (
            f"Доля пациентов{_who(dimension, value)} изменилась с {percent(contrast.share_before)} до "
            f"{percent(contrast.share_now)}, а возвращаются из них {percent(contrast.rate_now)}. "
            f"При прежней доле общий возврат был бы {percent(without)}, а не {percent(now)}."
        )
    listed = f" ({', '.join(members[:4])}{' и другие' if len(members) > 4 else ''})" if members else ""
    return (
        f"Возврат {where}{listed} изменился с {percent(contrast.rate_before)} до {percent(contrast.rate_now)}. "
        f"Если бы он менялся как у остальных, было бы {percent(contrast.rate_expected)}, "
        f"а общий возврат был бы {percent(without)}, а не {percent(now)}."
    )


def _who(dimension: str, value: str) -> str:
    return {
        "doctor": f", чей врач {value},",
        "service": f" услуги «{value}»",
        "service_group": f" группы услуг «{value}»",
        "speciality": f" специальности «{value}»",
        "branch": f" филиала «{value}»",
        "channel": f" из источника «{value}»",
        "age": f" в возрасте {value}",
        "wait": f", которые ждали приёма {value},",
        "corridor": f", которые ждали в коридоре {value},",
        "feedback": f", ответивших после приёма «{value}»,",
    }.get(dimension, f" группы «{value}»")


def alarm_text(dimension: str, total: float, within: float, *, measure: str = "") -> str:
    """A comparison of two periods that turns round among people alike; fractions."""
    where = f"{measure}: в" if measure else "В"
    return _ended(
        f"{where} целом {points(100 * total)}, а среди одинаковых по признаку «{DIMENSIONS[dimension].lower()}» наоборот, "
        f"{points(100 * within)}. Изменился состав, а не люди."
    )


def headline(measure: Measure, causes: tuple[Cause, ...]) -> str:
    """One sentence above everything."""
    now, before = measure.now.value, measure.year_before.value
    if now is None:
        return "Данных пока мало, чтобы сказать, как возвращаются пациенты"
    if before is None:
        return f"Возвращаются {percent(now)} пациентов; сравнить с прошлым годом пока не с чем"
    if not measure.significant and causes:
        way = "вниз" if causes[0].effect_pp < 0 else "вверх"
        return f"Возвращаются {percent(now)} пациентов, как и год назад, но тянет {way}: {_short(causes[0])}"
    if not measure.significant:
        return f"Возвращаются {percent(now)} пациентов, значимого изменения за год нет"
    verb = "снизился" if now < before else "вырос"
    if not causes:
        return f"Возврат {verb} с {percent(before)} до {percent(now)}: изменение общее для всех"
    return f"Возврат {verb} с {percent(before)} до {percent(now)}; главное: {_short(causes[0])}"


def _short(cause: Cause) -> str:
    if cause.dimension == "price":
        return "услуги, на которые выросли цены" if "выросла" in cause.value else "услуги, которые подешевели"
    name = {
        "doctor": "врач {}",
        "branch": "филиал «{}»",
        "channel": "источник «{}»",
        "service": "услуга «{}»",
        "service_group": "услуги группы «{}»",
        "speciality": "специальность «{}»",
        "age": "пациенты в возрасте {}",
        "wait": "ожидание приёма {}",
        "corridor": "ожидание в коридоре {}",
        "feedback": "ответившие после приёма «{}»",
    }
    return name.get(cause.dimension, "группа «{}»").format(cause.value)


def lead(measure: Measure, causes: tuple[Cause, ...], common_pp: float | None) -> str:
    """Two or three sentences after the headline."""
    change = measure.change_pp
    if change is None:
        return "Для сравнения нужны визиты хотя бы за полтора года. Всё, что можно сказать по этим данным, ниже."
    if not measure.significant and not causes:
        return (
            f"Изменение {points(change)} укладывается в случайные колебания. Причин, которые отличались бы от остальных, не нашли: "
            "ничего значимого не произошло."
        )
    if not causes:
        return (
            f"Изменение {points(change)} примерно одинаково у всех врачей, услуг, источников и филиалов. "
            "Ищите причину, общую для клиники: запись, цены в целом, конкуренты, связь с пациентами."
        )
    named = "отличается" if len(causes) == 1 else "отличаются"
    named = f"{named} {plural(len(causes), 'причина', 'причины', 'причин')}"
    rest = f" На всех остальных приходится {points(common_pp)}." if common_pp is not None else ""
    return _ended(f"За год {points(change)}. От остальных {named}.{rest}")


def common_sentence(measure: Measure, common_pp: float | None, causes: tuple[Cause, ...]) -> str:
    """How much of the change is common to all."""
    if common_pp is None or measure.change_pp is None:
        return ""
    if not measure.significant and not causes:
        return "Ничего значимого не произошло."
    word = "Общее для всех снижение" if common_pp < 0 else "Общий для всех рост"
    if causes and abs(common_pp) < 1:
        return "Без названных причин возврат не изменился бы."
    return _ended(f"{word}: {points(common_pp)}.")


def actions(measure: Measure, causes: tuple[Cause, ...], step: NextStep) -> tuple[Action, ...]:
    """Three things to begin with, from what was found: the largest losses, then those without a next step."""
    found = first_steps(measure, causes)
    if step.without:
        found.append(
            Action(
                "Позвонить тем, кто не записан",
                f"{plural(step.without, 'пациент', 'пациента', 'пациентов')} последних двух лет без записи. "
                "Начните с тех, кто был недавно: они возвращаются охотнее.",
                step.without,
                step.value_kopecks,
                "Доля пациентов с датой следующего визита через месяц против сегодняшней.",
            )
        )
    common = (
        Action(
            "Записывать на следующий визит до ухода из клиники",
            "После каждого приёма у пациента должна быть запись или задача на звонок: так никто не теряется молча.",
            0,
            0,
            "Доля ушедших с приёма с датой следующего визита: считайте её каждую неделю.",
        ),
        Action(
            "Собирать источник и контакты",
            "Без источника и телефона нельзя ни найти причину, ни вернуть человека.",
            0,
            0,
            "Доля новых пациентов с источником и телефоном через месяц.",
        ),
    )
    return tuple([*found, *common][:3])


def first_steps(measure: Measure, causes: tuple[Cause, ...]) -> list[Action]:
    """What to do about the two largest losses; about a fall common to all when nothing stands out."""
    found = [_action(cause) for cause in causes if cause.effect_pp < 0][:2]
    away = measure.now.denominator - measure.now.numerator
    if not found and measure.significant and (measure.change_pp or 0) < 0:
        found.append(
            Action(
                "Найти то, что изменилось для всех",
                f"Не вернулись {plural(away, 'пациент', 'пациента', 'пациентов')} у всех врачей и во всех филиалах поровну. Позвоните "
                "пятидесяти из разных групп и спросите о записи, ожидании, ценах и о том, напомнил ли им кто-нибудь.",
                away,
                0,
                "Какая причина названа чаще других; через три месяца возврат тех, кому её устранили.",
            )
        )
    return found


_CALL: Final = "Каждому десятому из списка не звоните два месяца и сравните, сколько вернулось там и там."


_SHORTEN: Final = {
    "wait": "Ближайшее свободное время показывает календарь: добавьте часы врачам, к которым ждут дольше всех, и предлагайте лист ожидания.",
    "corridor": "Посмотрите в календаре, у кого и в какие часы приём отстаёт от записи, и дайте этим приёмам больше времени.",
}


def _action(cause: Cause) -> Action:
    if cause.kind == "mix" and cause.dimension in _SHORTEN:
        where = "приёма" if cause.dimension == "wait" else "в коридоре"
        return Action(
            f"Сократить ожидание {where}: {cause.value}",
            f"Так ждали {percent(cause.share_now)} пациентов, было {percent(cause.share_before)}, возвращаются из них "
            f"{percent(cause.rate_now)}. {_SHORTEN[cause.dimension]}",
            cause.patients,
            cause.money_kopecks,
            f"Доля ждавших {cause.value} за этот месяц против прошлого; через три месяца их возврат.",
        )
    if cause.kind == "mix":
        return Action(
            f"Пересмотреть, кого приводит источник «{cause.value}»"
            if cause.dimension == "channel"
            else f"Разобраться, почему изменилась доля: {cause.value}",
            f"Таких пациентов теперь {percent(cause.share_now)}, было {percent(cause.share_before)}, возвращаются "
            f"{percent(cause.rate_now)}. Предлагайте время второго визита сразу на первом и проверьте, что обещает реклама.",
            cause.patients,
            cause.money_kopecks,
            "Второй визит за 90 дней у пришедших в этом месяце против пришедших до перемены.",
        )
    away = round(cause.patients * (1 - cause.rate_now))
    who = plural(away, "пациенту", "пациентам", "пациентам")
    gone = "который не вернулся" if who.endswith("у") else "которые не вернулись"
    titles = {
        "doctor": f"Позвонить {who}, {gone}: врач {cause.value}",
        "service": f"Позвонить {who}, {gone} после услуги «{cause.value}»",
        "branch": f"Позвонить {who} филиала «{cause.value}», {gone}",
        "channel": f"Позвонить {who} из источника «{cause.value}», {gone}",
        "price": f"Позвонить {who}, {gone} после повышения цен",
    }
    if cause.dimension == "price" and "снизилась" in cause.value:
        titles = {}
    texts = {
        "doctor": "Спросите, что случилось, и предложите врача на выбор. Отдельно поговорите с самим врачом.",
        "branch": "Спросите, что изменилось: запись, ожидание, администраторы. Ответы соберите в одном месте.",
        "channel": "Спросите, чего они ждали и что получили: чаще всего расходится с обещанным.",
        **_SHORTEN,
        "feedback": "Спросите, что осталось нерешённым, и пусть ответит лечащий врач.",
        "price": "Расскажите, что входит в цену, предложите абонемент или рассрочку; впредь предупреждайте о повышении заранее.",
    }
    return Action(
        titles.get(cause.dimension, f"Позвонить {who}, {gone}: {cause.value}"),
        texts.get(cause.dimension, "Спросите этих пациентов, почему они не пришли, и запишите причины."),
        away,
        cause.money_kopecks,
        _CALL,
    )
