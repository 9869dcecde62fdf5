"""Whether a patient's own words say that it hurts or got worse. Only a «no» that is said of the word is believed.

Soon after a visit, when we asked how they feel, every alarming word counts. Unasked, words that are as often about
something else («плохо слышно», «аллергия на лидокаин», «будет больно?», «заболел, перенесите») need more than themselves.
"""

from __future__ import annotations

import re
import unicodedata

_CLAUSE = re.compile(r"[^\w\s-]|[\r\n]|\s-\s")
_WORD = re.compile(r"[^\W\d_]+")


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


#: What is done: «болит», «кровит»; only «не» before it denies it. Patterns are of whole words with «е» for «ё».
_VERBS = _any(
    r"(?:за|раз|при|по)?бол(?:ит|ят|ел[аои]?|еть|еет|еем|ею|еют)(?:с[ья])?", r"балит|балят",
    r"(?:по|при)балива(?:ет|ют|л[аои]?)", r"(?:за|из|раз)?но(?:ет|ют)|(?:за|раз)?ны(?:л[аои]?|ть)", r"дерга(?:ет|ют|л[аои]?|ть)",
    r"рвет|рвало|вырвало|(?:с|вы)?тошни(?:т|ло)|подташнива\w+", r"(?:за)?неме(?:ет|ют)", r"задых\w+|задохн\w+",
    r"(?:за|рас)?кров(?:ит|ят|ил[аои]?|оточ\w+)", r"(?:от|за)?тека(?:ет|ют) кров\w+|отек(?:л[аои]?|ает|ают)",
    r"(?:о|рас|при|на|в)пух(?:л[аои]|ает|ают|ало)?", r"гно(?:ит|ят|ил)\w*|(?:за|на)гн(?:оил|аива)\w*",
    r"воспал(?:ил|яет)\w*", r"пульсиру\w+|пульсировал\w*", r"(?:про)?стреля(?:ет|ют|л[ао])|простреливает", r"жжет|жгло|щип(?:ает|лет|ало)",
    r"чеш(?:ет|ут)ся|чесал(?:ось|ся|ась|ись)|зудит|зудят|зудело", r"знобит|знобило|лихорадит|лихорадило", r"кружит\w*|сводит|свело|поплохело",
)  # fmt: skip
#: What there is: «боль», «кровь», «температура»; «нет», «без», «прошла» deny it.
_NOUNS = _any(
    r"бол(?:ь|и|ью|ей|ям|ями|ях)", r"больн(?:о|ее)|болезненн\w+|болючее|болячк\w+", r"кров(?:ь|и|ью|отеч\w+|оподтек\w*|оизлия\w+|ян\w+)|окровав\w+",
    r"отек(?:а|и|ом|ов|у|е|ами|ах)?|отечн\w+", r"опухш\w+|опухол\w+|припухл\w+|припухш\w+|шишк(?:а|и|у|ой)|флюс\w*|гематом\w+",
    r"гно(?:й|я|ю|ем|е|йн\w+)|нагноени\w+", r"температур\w+|жар|жаром|озноб\w*|лихорадк\w+", r"тошнот\w+|рвот\w+", r"онемел\w*|онемени\w+",
    r"воспален\w*", r"сып(?:ь|и|ью)|высыпани\w+|высыпало", r"зуд|зуда|зудом|жжени\w+", r"обморок\w*|сознани[ея]|судорог\w*|одышк\w+|удушь\w+|головокруж\w+",
    r"невыносим\w+|нестерпим\w+", r"скорую",
)  # fmt: skip
#: These alarm after a visit, or beside a word of how somebody feels.
_VAGUE = _any(
    r"плохо|плоховато|хуже|ухудш\w+|ужасно|слабость|слабости",
    r"аллерги\w+",
    r"помогите",
    r"покрасне\w+|краснот\w+",
    r"болезн(?:и|ью)",
)
_FEELS = re.compile(r"(?<!\w)(?:чувству\w+|самочувстви\w+|себя|стало|становится|мне|ему|ей|ребенк\w+)(?!\w)")
#: Said without any of the words above.
_PHRASES = re.compile(
    r"не (?:могу|может|получается) (?:нормально )?(?:дыша|глота|сглот|открыть рот|есть(?!\w)|жева|наступ|ходить|встать|спать|уснуть)"
    r"|скор(?:ая|ой) помощ"
    r"|не (?:отходит|отошл[аои]|отошел|проходит|прошл[аои]|прошел) (?:\w+ ){0,2}(?:заморозк|анестези|наркоз|укол)"
    r"|(?:шов|швы) (?:разош|расход)"
    r"|больн(?:ой|ая|ое|ые) (?:зуб|десн|мест|точк)"
)
#: Only illness: with a word about coming it is a visit put off, not a patient in pain.
_ILL = _any(r"(?:за|при)?бол(?:ел[аи]?|еет|еем|ею|еют)", r"температур\w+", r"озноб\w*|знобит|лихорад\w+|жар")
_COMING = re.compile(
    r"(?<!\w)(?:перенес\w+|перенос\w*|перезапи\w+|отмен\w+|не прид\w+|не прийти|не смо\w+|не получится|друг\w+ (?:день|время|дату)|позже)"
)
_WHERE = re.compile(r"(?<!\w)(?:зуб|десн|щек|челюст|шов|швы|имплант|коронк|спин|живот|голов|горл|ног[аеуи]|рук[аеуи])")
#: «Анализ крови», «боюсь боли», «плохо слышно»: a word beside it says that nobody is unwell.
_NOT_MINE = re.compile(r"анализ|сда(?:ть|л|ю|в)|групп|донор|боюсь|бою|боял|страх")
_TECHNICAL = re.compile(r"слыш|вид[не]|работ|говор|поним|понял|дозвон|откры|груз|связ|отобража|ищет|обслуж")
#: «Будет больно?», «больно ли»: asked of what is to come.
_TO_COME = frozenset({"будет", "будут", "ли"})
_NORMAL = re.compile(
    r"температур\w+(?: \w+){0,2} ?[-:—]? ?3[56](?:[.,][0-9])?(?!\d)|температур\w+ (?:\w+ )?(?:в норме|нормальн\w+)"
)
#: «Без боли», «нет отёка», «ничего плохого»; one word may describe it: «без сильной боли».
_NONE_OF = frozenset({"нет", "нету", "без", "ни", "никакой", "никакого", "никаких", "ничего"})
_DESCRIBES = ("ой", "ей", "ого", "его", "ых", "их")
_AND = frozenset({"и", "или"})
#: «Боли нет», «боль прошла», with a word like «уже» between.
_GONE = ("нет", "нету", "прош", "ушл", "исчез", "отсутств", "утих", "стих", "отпусти", "спал", "спад", "сош", "прекрат", "законч", "останови")  # fmt: skip
_MEANWHILE = frozenset({"уже", "почти", "совсем", "больше", "вообще", "давно", "сразу", "быстро", "наконец", "сам", "сама", "само"})  # fmt: skip
#: «Боли не было», «не чувствую боли»: not of «боль не проходит».
_NOT_FELT = ("было", "была", "чувств", "ощущ", "беспоко", "наблюда", "замет", "появ", "идет")


def says_unwell(text: str, *, asked: bool = True) -> bool:
    """True for «болит сильно», «не проходит, болит»; false for «не болит», «боли нет», «всё хорошо».

    `asked`: the words came soon after a visit, with the question how they feel in the air.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    lines = _NORMAL.sub(" ", re.sub(r"[^\S\r\n]+", " ", folded))
    whole = " ".join(lines.split())
    if not asked and _is_visit_put_off(whole):
        return False
    if _PHRASES.search(whole):
        return True
    feels = asked or _FEELS.search(whole) is not None
    return any(_alarms(_WORD.findall(clause), asked=asked, feels=feels) for clause in _CLAUSE.split(lines))


def _is_visit_put_off(whole: str) -> bool:
    """«Заболела, перенесите запись»: nothing but illness, no place where it hurts, and a word about coming."""
    if not _COMING.search(whole) or _WHERE.search(whole) or _PHRASES.search(whole):
        return False
    return all(_ILL.fullmatch(word) for word in _WORD.findall(whole) if _is_alarming(word, feels=False))


def _alarms(words: list[str], *, asked: bool, feels: bool) -> bool:
    return any(
        _is_alarming(word, feels=feels)
        and not _is_denied_before(words, place)
        and not _is_denied_after(words, place)
        and (asked or not _is_elsewhere(words, place))
        for place, word in enumerate(words)
    )


def _is_alarming(word: str, *, feels: bool) -> bool:
    if _VERBS.fullmatch(word) or _NOUNS.fullmatch(word):
        return True
    return feels and _VAGUE.fullmatch(word) is not None


def _is_elsewhere(words: list[str], place: int) -> bool:
    """Of something that is not the patient's state now."""
    before, after = words[max(0, place - 2) : place], words[place + 1 : place + 3]
    if _TO_COME & {*before, *after} or words == ["это", words[place]]:
        return True  # «это больно?»
    if any(_NOT_MINE.match(word) for word in before):
        return True
    return words[place] in ("плохо", "хуже") and any(_TECHNICAL.match(word) for word in (*before, *after))


def _is_denied_before(words: list[str], place: int) -> bool:
    before = words[:place]
    if not before:
        return False
    if before[-1] == "не" or before[-1].startswith(("перестал", "прекрат")):
        return True
    if _VERBS.fullmatch(words[place]):
        return False
    if _is_not_felt(before):
        return True
    # «Без отёка и боли»: the denial holds for all that it lists.
    while before and (before[-1] in _AND or _NOUNS.fullmatch(before[-1])):
        before.pop()
    if before and before[-1].endswith(_DESCRIBES) and before[-1] not in _NONE_OF:
        before.pop()
    return bool(before) and (before[-1] in _NONE_OF or _is_not_felt(before))


def _is_not_felt(before: list[str]) -> bool:
    return before[-1].startswith(_NOT_FELT) and before[-2:-1] == ["не"]


def _is_denied_after(words: list[str], place: int) -> bool:
    if _VERBS.fullmatch(words[place]):
        return False
    after = [word for word in words[place + 1 : place + 4] if word not in _MEANWHILE]
    if after[:1] == ["не"]:
        return after[1:] != [] and after[1].startswith(_NOT_FELT)
    return after != [] and after[0].startswith(_GONE)
