"""What the words in a status column mean; a word nobody taught us is refused, not guessed."""

import re
from collections.abc import Mapping
from typing import Final

from zabota.intake.rules.fields import STATUSES, Status
from zabota.kernel.names import fold

_WORDS: Final[dict[Status, str]] = {
    "planned": """запланирован; запланировано; запланирована; план; планируется; записан; записана; запись; записан на прием; новая; новый; новая запись; ожидает; ожидается;
        ожидание; ожидание клиента; ожидание пациента; ожидаем; назначен; назначено; назначена; предстоит; предстоящий; предварительная запись; предварительно записан; активна; активен; не подтвержден; не подтверждена;
        не подтверждено; создан; создана; создано; забронировано; бронь; резерв; upcoming; planned; scheduled; booked; new; pending; relevant; waiting; created; reserved; open; proposed; запланированный; будет; zapisan; zaplanirovan""",
    "confirmed": """подтвержден; подтверждена; подтверждено; клиент подтвердил; пациент подтвердил; подтвердил; подтвердила; запись подтверждена; визит подтвержден; confirmed; сonfirmed; approved; accepted; podtverzhden""",
    "arrived": """пришел; пришла; клиент пришел; пациент пришел; в клинике; в холле; прибыл; прибыла; явился; явилась; на приеме; в кабинете; в работе; прием начат; ожидает в клинике; ожидает приема;
        arrived; in clinic; checked in; checked-in; visited; attended; in progress; здесь; пришел на прием; явка; дошел; дошла; prishel""",
    "completed": """завершен; завершена; завершено; завершен визит; выполнен; выполнена; выполнено; оказана; оказано; оказаны; услуга оказана; услуги оказаны; закрыт; закрыта; закрыто; принят; принята; состоялся; состоялась; состоялось;
        визит состоялся; прием состоялся; проведен; проведена; проведено; прием проведен; прием завершен; визит завершен; окончен; окончено; обслужен; обслужена; исполнен; исполнено; готово; сделано; пролечен; пролечена; факт; был; была;
        completed; complete; done; finished; fulfilled; closed; success; served; performed; оплачен; оплачено; оплачена; завершен и оплачен; завершено оплачено; zavershen; vypolnen; запись закрыта; прием окончен; вылечен; осмотрен""",
    "no_show": """не пришел; не пришла; клиент не пришел; пациент не пришел; неявка; не явился; не явилась; не явился на прием; неявился; пропуск; пропущен; пропустил; пропустила; пропущено; прогул; не дошел; не дошла; не был; не состоялся; не состоялась; визит не состоялся;
        no show; no-show; noshow; no_show; missed; failure; absent; not arrived; did not come; not attended; не явка; ne prishel; просрочен; просрочено; просрочена""",
    "cancelled_patient": """отменен пациентом; отменена пациентом; отменено пациентом; отменен клиентом; отменена клиентом; отмена пациентом; отмена клиентом; отказ пациента; отказ клиента; отказался; отказалась; отказ; отменил; отменила;
        пациент отменил; клиент отменил; отм; отмена; отменен; отменена; отменено; отмененный; отменена запись; запись отменена; визит отменен; аннулирован; аннулировано; аннулирована; снят; снята; снято; удален; удалена; удалено; отм пациентом;
        cancelled; canceled; cancel; refused; cancelled by patient; canceled by patient; cancelled by client; deleted; declined; revoked; rejected; otmenen; otmena; отм пац""",
    "cancelled_clinic": """отменен клиникой; отменена клиникой; отменено клиникой; отмена клиникой; отмена клиники; отменен врачом; отмена врачом; отменен администратором; отменено администратором; отмена администратором; врач заболел; болезнь врача;
        cancelled by clinic; canceled by clinic; cancelled by doctor; canceled by doctor; cancelled_clinic; отм клиникой; отм клиника""",
    "moved": """перенесен; перенесена; перенесено; перенос; перенос визита; перенос записи; перезаписан; перезаписана; перенесен на другую дату; переведен; moved; rescheduled; postponed; transferred; перенесен пациентом; перенесен клиникой; perenesen""",
}  # fmt: skip

COMMON: Final[dict[str, Status]] = {}


def status_key(text: str) -> str:
    """The form in which words of a status are compared; «-1» is another code than «1»."""
    if found := re.fullmatch(r"\s*[-−–]\s*(\d+)\s*", text):
        return f"-{found[1]}"
    return re.sub(r"\s+", " ", re.sub(r"[^\w\s-]", " ", fold(text))).replace(" - ", " ").strip(" -")


def meaning(text: str, *, preset: Mapping[str, Status], saved: Mapping[str, str]) -> Status | None:
    """The status a word stands for: what the person said, then what the system is known to mean, then common words."""
    key = status_key(text)
    own = saved.get(key)
    if own is not None:
        return _status(own)
    found = preset.get(key) or COMMON.get(key)
    if found is not None:
        return found
    stripped = status_key(re.sub(r"\(.*?\)|\d[\d.:\s]*$", " ", text))  # «Отменён (пациент заболел)», «Завершён 12:40»
    if stripped != key and stripped:
        found = preset.get(stripped) or COMMON.get(stripped)
        if found is not None:
            return found
    return _of_parts([status_key(part) for part in re.split(r"[,/;+]|\s+и\s+", text)], preset)


def _of_parts(parts: list[str], preset: Mapping[str, Status]) -> Status | None:
    """«Пришёл, завершён»: every part must be known, and only a visit that came about may go through stages."""
    found = [preset.get(part) or COMMON.get(part) for part in parts if part]
    if len(found) < 2 or None in found:
        return None
    stages = [status for status in ("completed", "arrived", "confirmed", "planned") if status in found]
    if len(stages) == len(set(found)):
        return _status(stages[0])
    return found[0] if len(set(found)) == 1 else None


def read_flag(text: str) -> bool | None:
    """Yes or no in a column of flags; None when neither is written."""
    value = fold(text)
    if value in _YES:
        return True
    if value in _NO:
        return False
    return None


_YES = {"да", "д", "yes", "y", "true", "1", "+", "истина", "есть", "v", "х", "x", "галочка", "✓", "✔", "первичный", "первичная", "первый", "первая", "новый", "новая", "первично", "новый клиент", "новый пациент", "первичный прием", "согласен", "согласна", "вкл"}  # fmt: skip
_NO = {"нет", "н", "no", "n", "false", "0", "-", "ложь", "повторный", "повторная", "повторно", "постоянный", "не первичный", "вторичный", "повторный прием", "не согласен", "не согласна", "выкл", "отказ", ""}  # fmt: skip


def _status(value: str) -> Status | None:
    for status in STATUSES:
        if status == value:
            return status
    return None


def _fill() -> None:
    for status, words in _WORDS.items():
        for word in words.split(";"):
            COMMON[status_key(word)] = status
    for status in STATUSES:
        COMMON.setdefault(status_key(status), status)
        COMMON.setdefault(status_key(status.replace("_", " ")), status)


_fill()
