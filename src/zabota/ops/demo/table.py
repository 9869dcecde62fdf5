"""The clinic as one table of an information system's report: a row per appointment, each cell as a person sees it."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo.addresses import addresses
from zabota.ops.demo.catalogue import BRANCHES, CHANNELS, DOCTORS, GROUPS, SERVICES
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.money import METHODS, PAYMENT
from zabota.ops.demo.names import gather
from zabota.ops.demo.schedule import BOOKED, COMPLETED, STATUSES
from zabota.ops.demo.spec import Ints

HEADERS: Final = {
    "code": "Код приёма",
    "card_no": "№ карты",
    "person": "ФИО пациента",
    "sex": "Пол",
    "birth": "Дата рожд.",
    "phone": "Телефон",
    "email": "E-mail",
    "start": "Дата приёма",
    "minutes": "Длит., мин",
    "booked": "Дата записи",
    "branch": "Филиал",
    "doctor": "Врач",
    "speciality": "Специальность",
    "service": "Услуга",
    "group": "Группа услуг",
    "price": "Цена",
    "total": "Стоимость",
    "paid": "Оплачено",
    "method": "Способ оплаты",
    "status": "Статус",
    "source": "Откуда узнали о клинике",
    "consent": "Согласие на рекламу",
    "consent_on": "Дата согласия",
    "note": "Примечание",
    "address": "Адрес",
}
STATUS_WORDS: Final = {
    "completed": "Завершён",
    "no_show": "Не пришёл",
    "cancelled_by_patient": "Отменён пациентом",
    "cancelled_by_clinic": "Отменён клиникой",
    "moved": "Перенесён",
    "booked": "Запланирован",
}
METHOD_WORDS: Final = {"card": "Карта", "cash": "Наличные", "insurer": "ДМС"}
MONEY: Final = ("price", "total", "paid")
# Columns beside the visible ones: what the reader of the export should make of a row.
COMPLETED_ROW, IGNORED_ROW, DUPLICATE_ROW, REJECTED_ROW = "accepted", "ignored", "duplicates", "rejected"


class Table:
    """Gives the visible rows of any slice of the appointments."""

    def __init__(self, clinic: Clinic, *, one_card: bool) -> None:
        self.clinic = clinic
        people = clinic.people
        cards = clinic.cards
        owner = cards["person"]
        source = [channel.name for channel in CHANNELS] + [""]
        consent = people["consent_advertising"][owner].to_numpy()
        self.cards = cards.with_columns(
            people[owner].select("woman", "email", "note", "mobile", "second_mobile", "contact", "registered_on"),
            own_phone=people["phone_owner"][owner] == owner,
            source=gather(source, people["channel"][owner].to_numpy().astype(np.int64) % len(source)),
            consent=gather(["Нет", "Да", "Да", ""], consent.astype(np.int64) % 4),
            proven=pl.Series(consent == 1),
            address=addresses(clinic.spec, people)[owner],
        ).select(
            "card_no",
            pl.concat_str("surname", "name", "patronymic", separator=" ", ignore_nulls=True).alias("person"),
            pl.when("woman").then(pl.lit("Ж")).otherwise(pl.lit("М")).alias("sex"),
            "birth_on",
            pl.col("email").fill_null(""),
            "source",
            "consent",
            pl.when("proven").then("registered_on").otherwise(None).alias("consent_on"),
            pl.col("note").fill_null(""),
            "address",
            "mobile",
            "second_mobile",
            "contact",
            "own_phone",
        )
        self.one_card = one_card
        paid = clinic.payments.with_columns(
            pl.when(pl.col("kind") == PAYMENT).then("kopecks").otherwise(-pl.col("kopecks")).alias("signed")
        )
        by_visit = paid.group_by("visit").agg(pl.col("signed").sum(), pl.col("method").first())
        self.paid = np.zeros(len(clinic.visits), dtype=np.int64)
        self.method = np.full(len(clinic.visits), len(METHODS))
        self.paid[by_visit["visit"].to_numpy()] = by_visit["signed"].to_numpy()
        self.method[by_visit["visit"].to_numpy()] = by_visit["method"].to_numpy()

    def __len__(self) -> int:
        return len(self.clinic.visits)

    def rows(self, begin: int, end: int) -> pl.DataFrame:
        """The rows `begin`..`end`, typed: `start` and `booked` are moments, money is in kopecks, dates are dates."""
        visits = self.clinic.visits[begin:end]
        card = visits["person" if self.one_card else "card"]
        of_card = self.cards[card]
        day = np.datetime64(self.clinic.spec.start, "D") + visits["day"].to_numpy().astype("timedelta64[D]")
        moment = day.astype("datetime64[m]") + visits["start_minutes"].to_numpy().astype("timedelta64[m]")
        status = _codes(visits["status"])
        ahead = visits["ahead"].to_numpy().astype("timedelta64[D]")
        # What is still to come was booked in the evenings of the last days.
        evening = np.datetime64(self.clinic.spec.as_of, "m") + np.timedelta64(18, "h")
        booked = np.where(status == BOOKED, evening - ahead + np.timedelta64(1, "D"), moment - ahead)
        doctor, service = _codes(visits["doctor"]), _codes(visits["service"])
        done = status == COMPLETED
        words = [STATUS_WORDS[name] for name in STATUSES]
        methods = [*(METHOD_WORDS[name] for name in METHODS), ""]
        return of_card.with_columns(
            pl.Series("code", visits["visit"] + 100_001).cast(pl.String),
            pl.Series("start", moment.astype("datetime64[ms]")),
            visits["minutes"].cast(pl.String),
            pl.Series("booked", booked.astype("datetime64[ms]")),
            gather(list(BRANCHES), _codes(visits["branch"])).alias("branch"),
            gather([d.short_name for d in DOCTORS], doctor).alias("doctor"),
            gather([d.speciality for d in DOCTORS], doctor).alias("speciality"),
            gather([s.name for s in SERVICES], service).alias("service"),
            gather([GROUPS[s.kind] for s in SERVICES], service).alias("group"),
            visits["price_kopecks"].cast(pl.Int64).alias("price"),
            pl.when(pl.Series(done)).then(visits["total_kopecks"].cast(pl.Int64)).otherwise(0).alias("total"),
            pl.Series("paid", np.where(done, self.paid[begin:end], 0)),
            gather(methods, self.method[begin:end]).alias("method"),
            gather(words, status).alias("status"),
            card=card,
            outcome=pl.when(pl.Series(done)).then(pl.lit(COMPLETED_ROW)).otherwise(pl.lit(IGNORED_ROW)),
            reason=gather(list(STATUSES), status),
        )


def _codes(column: pl.Series) -> Ints:
    return column.to_numpy().astype(np.int64)


def spoken(frame: pl.DataFrame, phone: pl.Series) -> pl.DataFrame:
    """The rows as clean text: dd.mm.yyyy H:MM, «1 234,50», in the order of the headers."""
    money = {name: _money(pl.col(name)) for name in MONEY}
    return frame.with_columns(phone.alias("phone")).select(
        *(
            {
                **money,
                "start": pl.col("start").dt.strftime("%d.%m.%Y %-H:%M"),
                "booked": pl.col("booked").dt.strftime("%d.%m.%Y %-H:%M"),
                "birth": pl.col("birth_on").dt.strftime("%d.%m.%Y").fill_null(""),
                "consent_on": pl.col("consent_on").dt.strftime("%d.%m.%Y").fill_null(""),
            }.get(name, pl.col(name)).alias(name)
            for name in HEADERS
        )
    )


def _money(kopecks: pl.Expr) -> pl.Expr:
    """«1 234,50» with no-break spaces between thousands."""
    roubles, rest = kopecks.abs() // 100, kopecks.abs() % 100
    sign = pl.when(kopecks < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    thousands = (
        pl.when(roubles >= 1000)
        .then((roubles // 1000).cast(pl.String) + "\u00a0" + (roubles % 1000).cast(pl.String).str.zfill(3))
        .otherwise(roubles.cast(pl.String))
    )
    return sign + thousands + "," + rest.cast(pl.String).str.zfill(2)
