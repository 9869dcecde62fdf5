"""Recognise one table: header, columns and their fields, the system it came from, forms of dates and money."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from zabota.intake.reading.errors import UnreadableFile
from zabota.intake.reading.grid import Grid, fill_merged
from zabota.intake.reading.grouped import ungroup
from zabota.intake.reading.results import ColumnGuess, FileFacts
from zabota.intake.rules.dates import DateForm, decide_form, form_name
from zabota.intake.rules.fields import FIELD_NAMES_RU, Kind, Status
from zabota.intake.rules.guessing import ColumnProfile, Guess, assign, profile_column
from zabota.intake.rules.mapping import SavedMapping, doubled
from zabota.intake.rules.presets import BY_CODE, recognise_system
from zabota.intake.rules.statuses import meaning
from zabota.intake.rules.synonyms import header_words
from zabota.intake.rules.tables import HEADER_ROWS, HeaderFound, decide_kind, find_header, header_score

LOOKED_AT = 1000  # rows from which contents are judged
PREVIEWED = 25


@dataclass(frozen=True, slots=True)
class Recognised:
    """A grid with its facts; `columns` tells which column of the grid holds a field."""

    grid: Grid
    facts: FileFacts
    header: HeaderFound
    columns: dict[str, str]
    visit_form: DateForm
    birth_form: DateForm
    titles: frozenset[int] = frozenset()  # rows that are titles of groups, what they say stands in columns


def recognise_grid(path: Path, grid: Grid, *, today: date, mapping: SavedMapping | None) -> Recognised:
    """Everything that can be said of a table before its rows are read."""
    saved = mapping or SavedMapping()
    header = _header(grid, saved)
    if grid.merged:
        grid.cells = fill_merged(grid.cells, grid.merged, header.row + header.height)
    found = _recognise(path, grid, header, today=today, saved=saved)
    groups = ungroup(grid, header, found.columns.keys())
    if groups is None:
        return found
    return replace(_recognise(path, groups.grid, groups.header, today=today, saved=saved), titles=groups.titles)


def _recognise(path: Path, grid: Grid, header: HeaderFound, *, today: date, saved: SavedMapping) -> Recognised:
    body = grid.cells.slice(header.row + header.height, None)
    names = _distinct_names(header.names, grid.width)
    sample = body.filter(pl.sum_horizontal(pl.exclude("row").is_not_null()) > 1).head(LOOKED_AT)
    if not sample.height:
        sample = body.head(LOOKED_AT)
    values = [[cell or "" for cell in sample[f"c{index}"].to_list()] for index in range(grid.width)]
    profiles = [profile_column(column, last_year=today.year) for column in values]
    preset, score = recognise_system(names)
    if saved.system and saved.system in BY_CODE:
        preset, score = BY_CODE[saved.system], 1.0
    preset_fields = {header_words(key): target for key, target in preset.fields.items()} if preset else {}
    chosen = _chosen(names, saved.columns_of(names, sheet=grid.sheet))
    guesses = assign(names, profiles, preset_fields=preset_fields, chosen=chosen)
    guesses = _settle_names(guesses, profiles)
    fields = {guess.field for guess in guesses if guess.field}
    kind = saved.kind or decide_kind(fields)
    guesses = _settle_kind(guesses, kind)
    if kind == "visits" and not any(each is not None for each in chosen):
        guesses = _settle_number(guesses, names, values)
    columns = {guess.field: f"c{index}" for index, guess in enumerate(guesses) if guess.field}
    dates = _column_values(values, guesses, ("starts_at", "paid_on", "agreed_on", "created_at"))
    births = _column_values(values, guesses, ("born_on",))
    form = decide_form(dates, today=today, epoch_1904=grid.epoch_1904)
    if saved.date_order in ("dmy", "mdy"):
        form = DateForm("mdy" if saved.date_order == "mdy" else "dmy", form.pivot_year, form.epoch_1904)
    birth = decide_form(births or dates, today=today, birth=True, epoch_1904=grid.epoch_1904)
    if form.order == "mdy" and not births:
        birth = DateForm(form.order, birth.pivot_year, birth.epoch_1904)
    facts = FileFacts(
        path=path,
        format=grid.format,
        sheet=grid.sheet,
        encoding=grid.encoding,
        encoding_confidence=grid.encoding_confidence,
        delimiter=grid.delimiter,
        header_row=_row_number(grid, header.row) if header.height else 0,
        header_rows=header.height,
        first_data_row=_row_number(grid, header.row + header.height),
        kind=kind,
        system=preset.code if preset else "",
        system_name=preset.name if preset else "",
        system_score=score,
        date_form=form_name((value for value in (dates or births) if value), form.order),
        date_order=form.order,
        money_form=_money_form(_column_values(values, guesses, ("price", "total", "paid", "plan_total"))),
        columns=tuple(
            ColumnGuess(
                name, guess.field, guess.confidence, round(profile.fill_share, 3), _examples(column), guess.needed
            )
            for name, guess, profile, column in zip(names, guesses, profiles, values, strict=True)
        ),
        data_rows=body.height,
        status_words=_status_words(body, columns, saved, preset.status_words() if preset else {}),
        titles=tuple(" ".join(cell for cell in row if cell)[:200] for row in grid.head(header.row) if any(row))[:5],
        preview=tuple(tuple(cell[:120] for cell in row[:60]) for row in grid.head(PREVIEWED)),
        remarks=tuple(grid.remarks),
    )
    words = facts.status_words
    unknown = tuple(word for word, status in words.items() if not status)
    return Recognised(
        grid,
        replace(
            facts, unknown_statuses=unknown, status_words={word: status for word, status in words.items() if status}
        ),
        header,
        columns,
        form,
        birth,
    )


def choose_tables(
    path: Path, grids: Sequence[Grid], *, today: date, mapping: SavedMapping | None, strict: bool
) -> list[Recognised]:
    """The tables of a file to be read: the best one must be of use (when `strict`), the others are taken only if they are."""
    chosen: list[Recognised] = []
    for grid in grids:
        found = recognise_grid(path, grid, today=today, mapping=mapping)
        if not chosen:
            if strict:
                require_use(found)
            chosen.append(found)
        elif found.facts.kind is not None and found.facts.data_rows:
            chosen.append(found)
    return chosen


def require_use(found: Recognised) -> None:
    """Refuse a table from which nothing can be taken, in words that say what to do."""
    facts = found.facts
    if found.grid.width < 2:
        raise UnreadableFile(
            "one_column",
            "В файле один столбец. Выгрузите таблицу, где дата приёма, пациент, врач и услуга стоят в разных столбцах.",
        )
    if not facts.data_rows:
        raise UnreadableFile(
            "no_rows", "В файле есть заголовок, но нет строк. Выгрузите отчёт за нужный период ещё раз."
        )
    if facts.kind is None:
        fields = set(found.columns)
        if not fields & {"starts_at", "paid_on", "agreed_on"}:
            raise UnreadableFile(
                "no_dates",
                "В файле не нашлось столбца с датой приёма. Добавьте его в выгрузку или укажите столбец сами.",
            )
        raise UnreadableFile(
            "no_patients",
            "В файле не нашлось столбца с пациентом. Добавьте ФИО или номер карты в выгрузку или укажите столбец сами.",
        )


def table_worth(grid: Grid) -> float:
    """How much a sheet looks like a table of patients and visits."""
    header = find_header(grid.head(HEADER_ROWS + 2))
    rows = grid.cells.height - header.row - header.height
    return header.score + min(rows, 1000) / 1000 if rows > 0 else 0.0


def _header(grid: Grid, saved: SavedMapping) -> HeaderFound:
    if grid.named_columns:
        return HeaderFound(0, 0, grid.named_columns, header_score(grid.named_columns))
    head = grid.head(HEADER_ROWS + 2)
    found = find_header(head)
    # the columns a person named are surer than the number of the row: the corrected file begins at another one
    for wanted in saved.headers():
        for index, row in enumerate(head):
            hits = sum(header_words(cell) in wanted for cell in row if cell)
            if hits >= max(2, 0.6 * len(wanted)):
                return (
                    found
                    if index == found.row and found.height
                    else HeaderFound(index, 1, tuple(row), header_score(row))
                )
    if saved.header_row:
        first = int(grid.cells["row"][0]) if grid.cells.height else 1
        index = saved.header_row - first
        if not 0 <= index < grid.cells.height:
            raise UnreadableFile(
                "no_header_row", f"В файле нет строки {saved.header_row}, указанной как заголовок.", saved.header_row
            )
        row = ["" if cell is None else str(cell) for cell in grid.cells.row(index)[1:]]
        return HeaderFound(index, 1, tuple(row), header_score(row))
    return found


def _chosen(names: Sequence[str], columns: dict[str, str]) -> list[str | None]:
    """What a person chose for each column, None where nobody did: by the header as it stands, else by its words."""
    by_words = {header_words(header): field for header, field in columns.items() if header not in names}
    chosen = [columns[name] if name in columns else by_words.pop(header_words(name), None) for name in names]
    twice = doubled(chosen)
    if twice:
        first, other = [name for name, field in zip(names, chosen, strict=True) if field == twice][:2]
        raise UnreadableFile(
            "two_columns",
            f"Поле «{FIELD_NAMES_RU[twice]}» указано у двух столбцов одной таблицы: «{first}» и «{other}». "
            "Оставьте его у одного.",
        )
    return chosen


def _distinct_names(names: tuple[str, ...], width: int) -> list[str]:
    padded = [*names[:width], *[""] * (width - len(names))]
    result: list[str] = []
    for index, name in enumerate(padded):
        shown = " ".join(name.split()) or f"Столбец {index + 1}"
        count = 2
        base = shown
        while shown in result:
            shown = f"{base} ({count})"
            count += 1
        result.append(shown)
    return result


def _settle_names(guesses: list[Guess], profiles: list[ColumnProfile]) -> list[Guess]:
    """A lone «Имя» or «Фамилия» column that holds whole names is the whole name."""
    fields = {guess.field for guess in guesses}
    if "full_name" in fields and "patient_ext_id" not in fields:
        place = next(index for index, guess in enumerate(guesses) if guess.field == "full_name")
        if profiles[place].code > 0.7:  # «Пациент» that holds numbers
            guesses = [Guess("patient_ext_id", g.confidence) if i == place else g for i, g in enumerate(guesses)]
            fields = {guess.field for guess in guesses}
    if "full_name" in fields or len(fields & {"surname", "name"}) != 1:
        return guesses
    return [
        Guess("full_name", guess.confidence)
        if guess.field in ("surname", "name") and (profile.full_name + profile.initials > 0.4 or guess.field == "name")
        else guess
        for guess, profile in zip(guesses, profiles, strict=True)
    ]


def _settle_number(guesses: list[Guess], names: list[str], values: list[list[str]]) -> list[Guess]:
    """A bare «ID» or «Код» in a list of visits: numbers that return on another day are patients, the others are visits."""
    if any(guess.field == "visit_ext_id" for guess in guesses):
        return guesses
    days = next((column for guess, column in zip(guesses, values, strict=True) if guess.field == "starts_at"), None)
    taken = any(
        guess.field == "patient_ext_id" and header_words(name) not in _BARE
        for guess, name in zip(guesses, names, strict=True)
    )
    for index, (guess, name, column) in enumerate(zip(guesses, names, values, strict=True)):
        if (
            header_words(name) not in _BARE
            or not guess.needed
            or guess.field not in (None, "patient_ext_id")
            or days is None
        ):
            continue
        seen: dict[str, str] = {}
        returns = any(
            seen.setdefault(number, day[:10]) != day[:10]
            for number, day in zip(column, days, strict=True)
            if number and day
        )
        filled = sum(1 for number in column if number)
        if returns or not filled or (filled < len(column) * 0.5):
            if guess.field is None and not taken and returns:
                return [*guesses[:index], Guess("patient_ext_id", 0.6), *guesses[index + 1 :]]
            continue
        return [*guesses[:index], Guess("visit_ext_id", 0.6), *guesses[index + 1 :]]
    return guesses


_BARE = {header_words(word) for word in ("ID", "Код", "ИД", "Идентификатор", "Номер", "№", "UID", "GUID")}


def _settle_kind(guesses: list[Guess], kind: Kind | None) -> list[Guess]:
    """General words read by the kind of the table: «ID» of a list of visits, «Дата» of a list of payments."""
    fields = {guess.field for guess in guesses}
    swaps: dict[str, str] = {}
    if kind == "payments":
        if "paid_on" not in fields:
            swaps["starts_at"] = "paid_on"
        if "paid" not in fields:
            swaps["total" if "total" in fields else "price"] = "paid"
    if kind == "plans":
        if "agreed_on" not in fields:
            swaps["created_at"] = "agreed_on"
            if "starts_at" in fields:
                swaps = {"starts_at": "agreed_on"}
        if "plan_total" not in fields:
            swaps["total" if "total" in fields else "price"] = "plan_total"
    if kind == "services":
        if "price" not in fields:
            swaps["total"] = "price"
        if "service_code" not in fields:
            swaps["patient_ext_id"] = "service_code"
    if kind == "patients" and "full_name" not in fields and "surname" not in fields and "name" not in fields:
        swaps["doctor"] = "full_name"
    return [Guess(swaps[g.field], g.confidence, g.needed) if g.field in swaps else g for g in guesses]


def _status_words(
    body: pl.DataFrame, columns: dict[str, str], saved: SavedMapping, preset: dict[str, Status]
) -> dict[str, str]:
    if "status" not in columns:
        return {}
    counted = body[columns["status"]].drop_nulls().value_counts(sort=True).head(200)
    known = saved.status_of()
    return {word: meaning(word, preset=preset, saved=known) or "" for word in counted[columns["status"]].to_list()}


def _column_values(values: list[list[str]], guesses: list[Guess], fields: tuple[str, ...]) -> list[str]:
    return [
        cell for column, guess in zip(values, guesses, strict=True) if guess.field in fields for cell in column if cell
    ]


def _examples(column: list[str]) -> tuple[str, ...]:
    return tuple(value[:80] for value, _ in Counter(cell for cell in column[:200] if cell).most_common(4))


def _money_form(values: list[str]) -> str:
    for value in values:
        if any(character.isdigit() for character in value) and (
            "," in value or "." in value or " " in value or "\u00a0" in value
        ):
            return value[:40]
    return values[0][:40] if values else ""


def _row_number(grid: Grid, index: int) -> int:
    if index < grid.cells.height:
        return int(grid.cells["row"][index])
    return int(grid.cells["row"][-1]) + 1 if grid.cells.height else 1
