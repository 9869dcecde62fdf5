"""What a person decided about the columns of an export, kept as JSON and applied to the next one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from zabota.intake.rules.fields import FIELDS, KINDS, STATUSES, Kind
from zabota.intake.rules.statuses import status_key
from zabota.intake.rules.synonyms import header_words

VERSION = 1

#: Keys that say how files are to be read, not what their columns mean.
READING = ("kind", "encoding", "delimiter", "sheet", "header_row", "date_order", "area_code")


class WrongMapping(Exception):
    """The JSON is not a mapping of ours; `text_ru` says what is wrong."""

    def __init__(self, text_ru: str) -> None:
        super().__init__(text_ru)
        self.text_ru = text_ru


@dataclass(frozen=True, slots=True)
class TableColumns:
    """Columns of one table of an export: one header may be another field in another file."""

    columns: Mapping[str, str]
    file: int = 1  # 1-based, in the order in which the files are given
    sheet: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON within the saved file."""
        return {"file": self.file, "sheet": self.sheet, "columns": dict(self.columns)}


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """`columns`: header to field, "" for a column to leave out. `statuses`: word of the file to our status.

    `tables` says the same of single tables, each known by its headers; it goes before `columns`, which is for all.
    """

    name: str = ""
    system: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[TableColumns, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=dict)
    kind: Kind | None = None
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int = 0  # 1-based, 0: find it
    date_order: str = ""
    area_code: str = ""

    def reading(self) -> dict[str, Any]:
        """What a person said of how the files are to be read; empty when all of it is to be found."""
        return {name: value for name in READING if (value := getattr(self, name))}

    def of_file(self, number: int) -> "SavedMapping":
        """For the file of this number (1-based): of tables with equal headers its own come first."""
        return replace(self, tables=tuple(sorted(self.tables, key=lambda table: table.file != number)))

    def columns_of(self, headers: Iterable[str], *, sheet: str = "") -> dict[str, str]:
        """What was chosen for a table with these headers: of `tables` the likest one, and `columns`."""
        present = set(comparable(headers))
        best, likeness = None, (0.0, False)
        for table in self.tables:
            named = set(comparable(table.columns))
            shared = len(named & present)
            found = (shared / len(named | present) if 2 * shared > len(named) else 0.0, table.sheet == sheet)
            if found[0] and found > likeness:
                best, likeness = table, found
        return {**self.columns, **(best.columns if best else {})}

    def headers(self) -> list[set[tuple[str, ...]]]:
        """Comparable headers that stand together in one table, for each table something is said of."""
        return [set(comparable(each)) for each in (*(table.columns for table in self.tables), self.columns) if each]

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
            "tables": [table.to_dict() for table in self.tables],
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
        columns, statuses = _columns(data), _texts(data, "statuses")
        tables = _tables(data)
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
            tables=tables,
            statuses=statuses,
            kind=kind,
            encoding=_text(data, "encoding"),
            delimiter=_text(data, "delimiter"),
            sheet=_text(data, "sheet"),
            header_row=header_row,
            date_order=order,
            area_code=_text(data, "area_code"),
        )


def comparable(headers: Iterable[str]) -> dict[tuple[str, ...], str]:
    """Headers by their words; what has none of ours is compared as it is written."""
    return {header_words(header) or (header,): header for header in headers if header}


def doubled(fields: Iterable[str | None]) -> str:
    """The first field that is named twice, which no table may have; "" when each is named once."""
    named = [target for target in fields if target]
    return next((target for target in named if named.count(target) > 1), "")


def _columns(data: Mapping[str, Any]) -> dict[str, str]:
    columns = _texts(data, "columns")
    for header, target in columns.items():
        if target and target not in FIELDS:
            raise WrongMapping(f"Столбец «{header}» сопоставлен полю «{target}», такого поля нет.")
    return columns


def _tables(data: Mapping[str, Any]) -> tuple[TableColumns, ...]:
    value = data.get("tables") or []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise WrongMapping("Ключ «tables» в файле соответствия столбцов должен быть списком таблиц.")
    tables = []
    for each in value:
        columns, number = _columns(each), each.get("file", 1)
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise WrongMapping("Номер файла в соответствии столбцов должен быть целым числом от 1.")
        twice = doubled(columns.values())
        if twice:
            raise WrongMapping(f"Поле «{twice}» указано у двух столбцов одной таблицы, оставьте его у одного.")
        tables.append(TableColumns(columns=columns, file=number, sheet=_text(each, "sheet")))
    return tuple(tables)


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
