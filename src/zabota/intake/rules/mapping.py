"""What a person decided about the columns of an export, kept as JSON and applied to the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from zabota.intake.rules.fields import FIELDS, KINDS, STATUSES, Kind
from zabota.intake.rules.statuses import status_key
from zabota.intake.rules.synonyms import header_words

VERSION = 1


class WrongMapping(Exception):
    """The JSON is not a mapping of ours; `text_ru` says what is wrong."""

    def __init__(self, text_ru: str) -> None:
        super().__init__(text_ru)
        self.text_ru = text_ru


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """`columns`: header to field, "" for a column to leave out. `statuses`: word of the file to our status."""

    name: str = ""
    system: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0  # 1-based, 0: find it
    date_order: str = ""
    area_code: str = ""

    def field_of(self) -> dict[tuple[str, ...], str]:
        """Columns by comparable header."""
        return {header_words(header): target for header, target in self.columns.items()}

    def status_of(self) -> dict[str, str]:
        """Statuses by comparable word."""
        return {status_key(word): status for word, status in self.statuses.items()}

    def to_dict(self) -> dict[str, Any]:
        """JSON of the saved file."""
        return {
            "version": VERSION,
            "name": self.name,
            "system": self.system,
            "columns": dict(self.columns),
            "statuses": dict(self.statuses),
            "kind": self.kind,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "header_row": self.header_row,
            "date_order": self.date_order,
            "area_code": self.area_code,
        }

    @classmethod
    def from_dict(cls, data: object) -> "SavedMapping":
        """Read the JSON back; anything unknown in it is an error said in one line, never silently dropped."""
        if not isinstance(data, dict):
            raise WrongMapping("Файл соответствия столбцов должен быть объектом JSON.")
        if data.get("version") != VERSION:
            raise WrongMapping(
                f"Версия файла соответствия столбцов: нужна {VERSION}, а в файле {data.get('version')!r}."
            )
        unknown = set(data) - {"version", *cls.__dataclass_fields__}
        if unknown:
            raise WrongMapping(f"В файле соответствия столбцов незнакомый ключ «{sorted(unknown)[0]}».")
        columns, statuses = _texts(data, "columns"), _texts(data, "statuses")
        for header, target in columns.items():
            if target and target not in FIELDS:
                raise WrongMapping(f"Столбец «{header}» сопоставлен полю «{target}», такого поля нет.")
        used = [target for target in columns.values() if target]
        for target in used:
            if used.count(target) > 1:
                raise WrongMapping(f"Поле «{target}» указано у двух столбцов, оставьте его у одного.")
        for word, status in statuses.items():
            if status not in STATUSES:
                raise WrongMapping(f"Состояние «{word}» сопоставлено «{status}», допустимы: {', '.join(STATUSES)}.")
        kind = data.get("kind")
        if kind is not None and kind not in KINDS:
            raise WrongMapping(f"Вид таблицы «{kind}» неизвестен, допустимы: {', '.join(KINDS)}.")
        header_row = data.get("header_row", 0)
        if not isinstance(header_row, int) or isinstance(header_row, bool) or header_row < 0:
            raise WrongMapping("Номер строки заголовка должен быть целым числом от 1.")
        order = _text(data, "date_order")
        if order not in ("", "dmy", "mdy"):
            raise WrongMapping("Порядок в дате: dmy или mdy.")
        return cls(
            name=_text(data, "name"),
            system=_text(data, "system"),
            columns=columns,
            statuses=statuses,
            kind=kind,
            encoding=_text(data, "encoding"),
            delimiter=_text(data, "delimiter"),
            sheet=_text(data, "sheet"),
            header_row=header_row,
            date_order=order,
            area_code=_text(data, "area_code"),
        )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise WrongMapping(f"Ключ «{key}» в файле соответствия столбцов должен быть текстом.")
    return value


def _texts(data: Mapping[str, Any], key: str) -> dict[str, str]:
    value = data.get(key, {})
    if not isinstance(value, dict) or not all(
        isinstance(k, str) and isinstance(v, str | None) for k, v in value.items()
    ):
        raise WrongMapping(f"Ключ «{key}» в файле соответствия столбцов должен быть словарём из текста в текст.")
    return {k: v or "" for k, v in value.items()}
