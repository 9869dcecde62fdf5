"""What the wizard sends: columns chosen, words of states, branch."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.http import QueryDict

from zabota.intake.api import FIELD_NAMES_RU, STATUSES, SavedMapping, TableColumns, WrongMapping

#: Columns of which at least one must be chosen for a table of this kind, with the sentence when it is not.
_NEEDED = {
    "visits": [
        ({"full_name", "surname", "patient_ext_id"}, "Укажите столбец с пациентом: фамилию, полное имя или номер."),
        ({"starts_at"}, "Укажите столбец с датой визита."),
    ],
    "patients": [({"full_name", "surname"}, "Укажите столбец с фамилией или полным именем.")],
    "payments": [({"paid_on"}, "Укажите столбец с датой оплаты."), ({"paid", "price"}, "Укажите столбец с суммой.")],
}

STATUS_NAMES = {
    "planned": "Запланирован",
    "confirmed": "Подтверждён",
    "arrived": "В клинике",
    "completed": "Завершён",
    "no_show": "Неявка",
    "cancelled_patient": "Отменён пациентом",
    "cancelled_clinic": "Отменён клиникой",
    "moved": "Перенесён",
}


_ITSELF = ("", "Определить самой")
ENCODINGS = [
    _ITSELF, ("cp1251", "Windows-1251"), ("utf-8", "UTF-8"), ("utf-16", "UTF-16, «Юникод»"), ("koi8-r", "KOI8-R"),
    ("cp866", "DOS (866)"), ("mac-cyrillic", "Mac"),
]  # fmt: skip
DELIMITERS = [_ITSELF, (";", "точка с запятой"), (",", "запятая"), ("tab", "табуляция"), ("|", "вертикальная черта")]
KINDS = [
    _ITSELF, ("visits", "Визиты"), ("patients", "Пациенты"), ("payments", "Оплаты"), ("plans", "Планы лечения"),
    ("services", "Прайс"),
]  # fmt: skip
ORDERS = [_ITSELF, ("dmy", "день, месяц, год"), ("mdy", "месяц, день, год")]


class ReadingForm(forms.Form):
    """How the files are to be read where we did not find it out."""

    kind = forms.ChoiceField(label="Что внутри", choices=KINDS, required=False)
    header_row = forms.IntegerField(
        label="Заголовок в строке", min_value=1, max_value=200, required=False,
        error_messages={"invalid": "Номер строки заголовка — целое число."},
    )  # fmt: skip
    sheet = forms.CharField(label="Лист книги", max_length=120, required=False)
    encoding = forms.ChoiceField(label="Кодировка", choices=ENCODINGS, required=False)
    delimiter = forms.ChoiceField(label="Разделитель", choices=DELIMITERS, required=False)
    date_order = forms.ChoiceField(label="Порядок в дате", choices=ORDERS, required=False)
    area_code = forms.RegexField(
        r"^\d{3,5}$", label="Код города", required=False, help_text="Для телефонов без кода: 495",
        error_messages={"invalid": "Код города: от трёх до пяти цифр."},
    )  # fmt: skip

    def reading(self) -> dict[str, object]:
        """What was said, without what is to be found."""
        said = {name: value for name, value in self.cleaned_data.items() if value}
        return {**said, "delimiter": "\t"} if said.get("delimiter") == "tab" else said


def reading_form(asked: dict[str, Any]) -> ReadingForm:
    """The form with what was said before."""
    return ReadingForm(
        initial={**asked, "delimiter": "tab" if asked.get("delimiter") == "\t" else asked.get("delimiter")}
    )


@dataclasses.dataclass
class ColumnsForm:
    """Columns as the person left them. `errors` is empty when they can be used."""

    mapping: SavedMapping
    branch_id: str
    is_complete: bool
    remember_as: str
    errors: list[str]


def read_columns(data: QueryDict, facts: list[dict[str, Any]], base: dict[str, Any] | None) -> ColumnsForm:
    """Read the posted columns against the recognised ones."""
    tables: list[TableColumns] = []
    errors: list[str] = []
    for file_number, file in enumerate(facts):
        chosen: list[str] = []
        columns: dict[str, str] = {}
        for number, column in enumerate(file["columns"]):
            field = data.get(f"field-{file_number}-{number}", column["field"] or "")
            if field and field not in FIELD_NAMES_RU:
                field = ""
            columns[column["header"]] = field
            if field:
                chosen.append(field)
        tables.append(
            TableColumns(columns=columns, file=file.get("file", file_number + 1), sheet=file.get("sheet") or "")
        )
        twice = sorted({field for field in chosen if chosen.count(field) > 1})
        errors += [f"Поле «{FIELD_NAMES_RU[field]}» выбрано для двух столбцов. Оставьте одно." for field in twice]
        for any_of, sentence in _NEEDED.get(file["kind"] or "visits", []):
            if not any_of & set(chosen):
                errors.append(sentence)
    statuses = dict((base or {}).get("statuses") or {})
    words = [word for file in facts for word in file["unknown_statuses"]]
    for number, word in enumerate(dict.fromkeys(words)):
        status = data.get(f"status-{number}", "")
        if status in STATUSES:
            statuses[word] = status
    mapping = dataclasses.replace(
        SavedMapping(**saved_mapping(base).reading()),
        name=data.get("remember", "").strip(),
        system=next((file["system"] for file in facts if file["system"]), ""),
        tables=tuple(tables),
        statuses=statuses,
    )
    return ColumnsForm(
        mapping=mapping,
        branch_id=data.get("branch", ""),
        is_complete="complete" in data,
        remember_as=data.get("remember", "").strip(),
        errors=errors,
    )


def saved_mapping(data: dict[str, Any] | None) -> SavedMapping:
    """The mapping kept with a load; an empty one when there is none of ours."""
    try:
        return SavedMapping.from_dict(data) if data else SavedMapping()
    except WrongMapping:
        return SavedMapping()


def chosen_columns(mapping: SavedMapping, facts: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What was chosen for each recognised table, in their order."""
    return [
        mapping.of_file(file.get("file", number)).columns_of(
            [column["header"] for column in file["columns"]], sheet=file.get("sheet") or ""
        )
        for number, file in enumerate(facts, start=1)
    ]


def field_choices() -> list[tuple[str, str]]:
    """Fields for the selects, in the order of their table."""
    return list(FIELD_NAMES_RU.items())
