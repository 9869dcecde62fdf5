"""What the law and good sense say of a text before anybody can send it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zabota.messaging.rules.parts import count_parts
from zabota.messaging.rules.text import DETAILED, TextWrong, bare_names, names_in, units
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.words import BOT_CHANNELS, CHANNEL_TITLES, MARKETING, OTP, SERVICE

WARNING_LINE = "Имеются противопоказания. Необходима консультация специалиста"
OPT_OUT_LINE = "Отказ: {отписка}"
#: Longest texts of channels, UTF-16 units.
LIMITS: dict[str, int] = {
    Channel.SMS: 670,
    Channel.MAX: 4000,
    Channel.TELEGRAM: 4096,
    Channel.VK: 4096,
    Channel.WHATSAPP: 4096,
    Channel.VIBER: 7000,
    Channel.EMAIL: 50_000,
}
#: Parts above which an author should think again.
PARTS_BUDGET = {SERVICE: 1, OTP: 1, MARKETING: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a text: an error stops saving, a warning is shown."""

    code: str
    words: str
    is_error: bool = True
    channel: str = ""


def _any(*stems: str) -> re.Pattern[str]:
    return re.compile("|".join(stems), re.IGNORECASE)


_PROMOTION = _any(
    r"скидк", r"\d\s*%", r"\bакци[яиюей]", r"подар(?:ок|к|им|очн)", r"бесплатн", r"\b(?:цен[аыуе]|стоимость)\b",
    r"\d\s*(?:₽|руб)", r"бонус", r"распродаж", r"выгод", r"промокод", r"розыгрыш", r"к[эе]шб[эе]к", r"спецпредложени",
    r"специальн\w+ предложени", r"успейте", r"рассрочк", r"нов(?:ая|ую|ые) (?:услуг|методик|процедур)", r"сертификат",
    r"приглас(?:ите|и) друз", r"\bбалл(?:ы|ов|а)\b", r"рекоменду(?:ем|йте) (?:друзьям|попробовать)",
)  # fmt: skip
_HEALTH = _any(r"диагноз", r"результат\w* (?:анализ|исследован|обследован)", r"план\w* лечения", r"\bанализ(?:ы|ов|а)? готов",
               r"\bположительн\w+ (?:тест|результат)")  # fmt: skip
_MEDICAL_NAMES = _any(
    r"стоматолог", r"гинеколог", r"уролог", r"венеролог", r"психиатр", r"нарколог", r"онколог", r"кардиолог", r"невролог",
    r"хирург", r"ортодонт", r"имплант", r"кариес", r"пульпит", r"удалени\w+ зуб", r"лечени\w+", r"операци[яию]",
    r"\bУЗИ\b", r"\bМРТ\b", r"\bКТ\b", r"прививк", r"вакцин",
)  # fmt: skip
_FORBIDDEN: tuple[tuple[str, re.Pattern[str], str], ...] = (
    (
        "testimonial",
        _any(r"благодарн\w+ пациент", r"пациент\w* благодар", r"отзыв\w* (?:наших )?пациент", r"спасибо,? доктор",
             r"наши пациенты (?:говорят|пишут)"),
        "Благодарности и отзывы пациентов в рекламе медицинских услуг запрещены (ст. 24).",
    ),
    (
        "cure_case",
        _any(r"вылечил", r"исцел", r"полностью (?:выздоров|излечи)", r"избавил\w* от", r"случа\w+ излечен", r"навсегда избав"),
        "Нельзя ссылаться на случаи излечения и обещать результат (ст. 24).",
    ),
    (
        "assumed_illness",
        _any(r"у вас (?:\w+ ){0,2}(?:кариес|пародонтит|гастрит|варикоз|грыж|остеохондроз|диабет|гипертони|заболевани|болезн|боли?\b)",
             r"ваш\w* (?:болезн|заболевани|диагноз)", r"вы (?:больны|страдаете|болеете)"),
        "Нельзя предполагать, что читающий болен (ст. 24).",
    ),
    (
        "mandatory_study",
        _any(r"обязательн\w+ (?:клиническ\w+ )?исследован", r"прош\w+ обязательн\w+ (?:исследован|испытан)"),
        "Обязательные исследования нельзя выдавать за преимущество (ст. 24).",
    ),
    (
        "superlative",
        _any(r"\bлучш(?:ий|ая|ее|ие|их|им|ей|ую)\b", r"№\s*1\b", r"номер один", r"\bперв(?:ый|ая) в (?:город|стран|росси)", r"единственн",
             r"\bсам(?:ый|ая|ое|ые)\b", r"гарантир", r"\b100\s*%"),
        "«Лучший», «№ 1», «единственный», «гарантируем» без подтверждённого критерия запрещены (ст. 5).",
    ),
    (
        "abortion",
        _any(r"\bаборт", r"прерывани\w+ беременност"),
        "Рекламировать прерывание беременности запрещено.",
    ),
)  # fmt: skip
#: Words of care that belong into the record of the patient, never into a conversation: what is, what to take, what was found.
_CARE = _any(
    r"диагноз\w*\s*[:—–-]", r"\b(?:ваш|вам поставил\w*|вам ставим|поставлен\w*) (?:\w+ )?диагноз",
    r"\bу вас,? (?:[\w,]+ ){0,2}(?:кариес|пульпит|периодонтит|пародонтит|гингивит|воспалени|инфекци|опухол|киста\b|гастрит|дерматит)",
    r"\b(?:назначаю|назначаем|назначил\w*|назначен\w*|выписываю|выписал\w*|выписан\w*) (?:вам )?(?:\w+ )?(?:лечени|препарат|лекарств|антибиотик|таблетк|капл|маз|рецепт)",
    r"\b(?:принимайте|примите|пейте|выпейте|колите|мажьте|капайте) (?:\w+ ){0,3}(?:таблетк|капсул|капл|препарат|лекарств|антибиотик|обезболив|маз|сироп|нурофен|ибупрофен|парацетамол|анальгин|кетон|амоксициллин)",
    r"\bпо \d+(?:[.,]\d+)? ?(?:мг|мкг|мл|таблетк|капсул|капл)", r"\b\d+(?:[.,]\d+)? ?(?:мг|мкг)\b",
    r"(?:врачебн|медицинск)\w+ заключени\w*\s*[:—–-]", r"\bзаключени\w+\s*:", r"на (?:снимк|УЗИ|МРТ|КТ)\w* (?:видн|виж|обнаруж|нашл)",
)  # fmt: skip
_LINK = re.compile(r"https?://|\{ссылка\}|\{отписка\}|\b[\w-]+\.(?:ru|рф|com|su)/", re.IGNORECASE)
_ERID = re.compile(r"[A-Za-z0-9]{5,64}")
_RAFFLE = _any(r"розыгрыш", r"разыгрыва", r"лотере")


def check_template(
    texts: Mapping[str, str],
    *,
    message_class: str,
    detail: str = "d0",
    subject: str = "",
    hidden: Sequence[str] = (),
    erids: Mapping[str, str] | None = None,
    erid_required: bool = False,
    given: frozenset[str] | None = None,
) -> list[Finding]:
    """Everything that is wrong with the wordings of one template.

    `hidden` are names of sensitive branches, `given` the placeholders that always have a value (None: nobody knows).
    """
    found: list[Finding] = []
    if not any(text.strip() for text in texts.values()):
        return [Finding("empty", "Текст пуст: напишите хотя бы одно предложение.")]
    if "\n" in subject or "\r" in subject:
        found.append(Finding("subject_line", "Тема письма пишется в одну строку."))
    for channel, text in texts.items():
        if text.strip():
            found += check_text(text, message_class=message_class, detail=detail, channel=channel)
    if subject:
        # A subject is read on a locked screen: date and place at most, whoever agreed to more.
        found += _subject(subject)
    if given is not None:
        found += _ungiven([subject, *texts.values()], given)
    found += _spelled(" ".join([subject, *texts.values()]), hidden)
    found += _marked(texts, erids or {}, message_class=message_class, is_required=erid_required)
    return _once(found)


def words_of_care(text: str) -> str:
    """The first words of an answer that read like a diagnosis, a prescription or a conclusion; nothing when there are none."""
    found = _CARE.search(text)
    return found.group().strip() if found else ""


def check_text(text: str, *, message_class: str, detail: str = "d0", channel: str = "") -> list[Finding]:
    """Everything that is wrong with one wording."""
    try:
        names = names_in(text)
    except TextWrong as wrong:
        return [Finding("placeholder", str(wrong), channel=channel)]
    found: list[Finding] = []
    if detail == "d0" and names & DETAILED:
        told = ", ".join(f"{{{name}}}" for name in sorted(names & DETAILED))
        found.append(
            Finding(
                "detail",
                f"{told} рассказывают о лечении: такой текст уходит только тем, кто просил подробных уведомлений.",
            )
        )
    if _HEALTH.search(text):
        found.append(
            Finding("health", "Диагнозы, результаты и планы лечения в сообщении не пишут: позовите в личный кабинет.")
        )
    elif message_class == SERVICE and detail == "d0" and (named := _MEDICAL_NAMES.search(text)):
        found.append(
            Finding(
                "medical_name",
                f"«{named.group()}» выдаёт, зачем человек обращался: уберите или выберите подробный уровень.",
            )
        )
    found += _by_class(text, names, message_class, channel)
    found += _length(text, channel)
    return [Finding(each.code, each.words, each.is_error, each.channel or channel) for each in found]


def _by_class(text: str, names: frozenset[str], message_class: str, channel: str) -> list[Finding]:
    promotion = _PROMOTION.search(text)
    if message_class == MARKETING:
        return _marketing(text, names, channel)
    if promotion:
        what = "Код подтверждения" if message_class == OTP else "Сервисное сообщение"
        return [
            Finding(
                "mixed",
                f"{what} с рекламой («{promotion.group().strip()}») по закону целиком реклама: уберите эти слова или смените класс.",
            )
        ]
    if message_class == OTP:
        found = []
        if _LINK.search(text):
            found.append(
                Finding(
                    "otp_link", "В сообщении с кодом ссылок не бывает: иначе человек привыкнет вводить коды по ссылкам."
                )
            )
        if "код" not in names:
            found.append(Finding("otp_code", "В тексте нет подстановки {код}."))
        return found
    return []


def _marketing(text: str, names: frozenset[str], channel: str) -> list[Finding]:
    found = [Finding(code, words) for code, pattern, words in _FORBIDDEN if pattern.search(text)]
    if _squeezed(WARNING_LINE) not in _squeezed(text):
        found.append(Finding("no_warning", f"Нет обязательной строки «{WARNING_LINE}» (ст. 24 ч. 7)."))
    if "отписка" not in names:
        found.append(Finding("no_opt_out", "Нет способа отказаться: добавьте подстановку {отписка}."))
    if _RAFFLE.search(text) and "ссылка" not in names:
        found.append(
            Finding(
                "raffle", "У розыгрыша указывают срок, организатора и ссылку на правила: добавьте {ссылка} (ст. 9)."
            )
        )
    return found


def erid_of(erids: Mapping[str, str], channel: str) -> str:
    """The token of a channel: its own, or the one for all that have none."""
    return erids.get(channel) or ("" if channel == Channel.SMS else erids.get("", ""))


def _marked(
    texts: Mapping[str, str], erids: Mapping[str, str], *, message_class: str, is_required: bool
) -> list[Finding]:
    """Marking of advertising: a token for each creative and channel, written in its own field."""
    found = [
        Finding("erid_wrong", f"«{erid[:40]}» не похоже на erid: это латинские буквы и цифры, без пробелов.")
        for erid in erids.values()
        if erid and not _ERID.fullmatch(erid)
    ]
    if message_class != MARKETING:
        if any(erids.values()):
            found.append(Finding("erid_service", "Метка erid бывает только у рекламы: уберите её или смените класс."))
        return found
    if any("erid" in text.casefold() for text in texts.values()):
        found.append(Finding("erid_by_hand", "Уберите erid из текста: впишите его в поле, и он встанет сам."))
    reached = [channel for channel, text in texts.items() if text.strip() and (not channel or channel in BOT_CHANNELS)]
    if any(not erid_of(erids, channel) for channel in reached):
        words = (
            "Реклама в мессенджерах у вас уходит только с меткой erid: впишите её, получив у оператора рекламных данных."
            if is_required
            else "Для рекламы в мессенджере может понадобиться метка erid: решите с юристом и впишите её в поле."
        )
        found.append(Finding("erid", words, is_error=is_required))
    return found


def _length(text: str, channel: str) -> list[Finding]:
    limit = LIMITS.get(channel, 0)
    length = units(text)
    if limit and length > limit:
        title = CHANNEL_TITLES.get(channel, channel)
        return [Finding("too_long", f"Для канала «{title}» текст длиннее {limit} знаков: сократите его.")]
    return []


def _subject(subject: str) -> list[Finding]:
    try:
        names = names_in(subject)
    except TextWrong as wrong:
        return [Finding("placeholder", str(wrong), channel=Channel.EMAIL)]
    if names & DETAILED or _HEALTH.search(subject):
        return [Finding("subject_detail", "Тему письма видно на заблокированном экране: в ней только дата и клиника.")]
    return []


def _ungiven(texts: Sequence[str], given: frozenset[str]) -> list[Finding]:
    names: set[str] = set()
    for text in texts:
        try:
            names |= bare_names(text) - given
        except TextWrong:
            continue  # said already
    if not names:
        return []
    told = ", ".join(f"{{{name}}}" for name in sorted(names))
    return [
        Finding(
            "not_given",
            f"{told} — для этого сообщения такого значения может не быть, и оно не ушло бы. Уберите или возьмите "
            "вместе со словами вокруг в квадратные скобки: [Адрес: {адрес}].",
        )
    ]


def _spelled(text: str, hidden: Sequence[str]) -> list[Finding]:
    named = next((name for name in hidden if name.casefold() in text.casefold()), "")
    if not named:
        return []
    return [
        Finding(
            "spelled_name",
            f"«{named}» написано словами, а у клиники есть чувствительный филиал: поставьте {{клиника}}, и каждый "
            "увидит своё название.",
        )
    ]


def with_required_lines(text: str) -> str:
    """A marketing text with the line on contraindications and the way out added where they are missing."""
    lines = [text.rstrip()]
    if _squeezed(WARNING_LINE) not in _squeezed(text):
        lines.append(WARNING_LINE)
    if "{отписка}" not in text:
        lines.append(OPT_OUT_LINE)
    return "\n".join(lines)


def check_rendered(text: str, *, message_class: str, channel: str) -> list[Finding]:
    """What a filled-in text costs more than it should."""
    parts = count_parts(text).parts
    budget = PARTS_BUDGET.get(message_class, 1)
    if channel == Channel.SMS and parts > budget:
        return [Finding("parts", f"Частей в SMS {parts} вместо {budget}: сократите текст.", False, channel)]
    return _length(text, channel)


def errors(findings: list[Finding]) -> list[Finding]:
    """Only what stops saving."""
    return [each for each in findings if each.is_error]


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def _once(findings: list[Finding]) -> list[Finding]:
    seen: dict[tuple[str, str], Finding] = {}
    for each in findings:
        seen.setdefault((each.code, each.words), each)
    return list(seen.values())
