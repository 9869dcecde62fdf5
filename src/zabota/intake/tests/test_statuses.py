"""Words of a status column: known ones are understood, unknown ones are never guessed (I8)."""

import pytest

from zabota.intake.rules.presets import BY_CODE
from zabota.intake.rules.statuses import COMMON, meaning


@pytest.mark.parametrize(
    ("word", "status"),
    [("Запланирован", "planned"), ("подтверждён", "confirmed"), ("Пришёл", "arrived"), ("ЗАВЕРШЕН", "completed"), ("Визит состоялся", "completed"), ("Не пришёл", "no_show"), ("неявка", "no_show"), ("Отм.", "cancelled_patient"), ("Отменён пациентом", "cancelled_patient"),
     ("Отменен клиникой", "cancelled_clinic"), ("Перенесён", "moved"), ("completed", "completed"), ("no-show", "no_show"), ("сonfirmed", "confirmed"), ("Отменён (заболел)", "cancelled_patient"), ("Пришёл, завершён", "completed"), ("Завершён / оплачен", "completed")],
)  # fmt: skip
def test_common_words_are_understood(word: str, status: str) -> None:
    assert meaning(word, preset={}, saved={}) == status


@pytest.mark.parametrize("word", ["Оп-ля", "В обработке менеджером", "Завершён, отменён", "Пришёл, кто-то", "42"])
def test_unknown_or_contradictory_word_is_not_guessed(word: str) -> None:
    assert meaning(word, preset={}, saved={}) is None


def test_system_knows_its_own_words_and_a_person_knows_better() -> None:
    preset = BY_CODE["yclients"].status_words()
    assert meaning("Пришёл", preset=preset, saved={}) == "completed"
    codes = {code: meaning(code, preset=preset, saved={}) for code in ("2", "1", "0", "-1", "−1")}
    assert codes == {"2": "confirmed", "1": "completed", "0": "planned", "-1": "no_show", "−1": "no_show"}
    assert meaning("Пришёл", preset=preset, saved={"пришел": "arrived"}) == "arrived"


def test_no_word_stands_for_two_statuses() -> None:
    from zabota.intake.rules.statuses import _WORDS, status_key

    seen: dict[str, str] = {}
    for status, words in _WORDS.items():
        for word in words.split(";"):
            assert seen.setdefault(status_key(word), status) == status, word
    assert seen.keys() <= COMMON.keys()
