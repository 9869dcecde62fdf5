"""The demo clinic's patients in the database: cards, households, contacts, consents, tags, notes, who left the rule."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import numpy as np
import polars as pl

from zabota.kernel.names import fold
from zabota.nextstep.models import Exemption, Referral
from zabota.ops.demo import bulk
from zabota.ops.demo.addresses import addresses
from zabota.ops.demo.cards import CERTAIN
from zabota.ops.demo.generate import Clinic
from zabota.ops.demo.load_clinic import Frame
from zabota.ops.demo.people import FATES
from zabota.ops.demo.phones import DAMAGED, LANDLINE, MOBILE, NONE
from zabota.ops.demo.spec import Ints
from zabota.patients.api import area_of
from zabota.patients.models import Consent, ConsentPurpose, Contact, Household, Note, Patient, Tag

EXEMPTIONS: Final = {"moved_away": "moved", "deceased": "died", "refused": "refused"}
ALERTS: Final = ("Аллергия", "Боится уколов", "Плохо слышит")
REFERRED_TO: Final = ("ЛОР-врач", "МРТ, диагностический центр", "эндокринолог", "челюстно-лицевой хирург")


def load_people(clinic: Clinic, frame: Frame, *, now: dt.datetime) -> Ints:
    """Write the patients and what belongs to them; gives the id of the patient of each card.

    A second card with the same name and birth date is the same patient, as a load from a file finds by itself.
    """
    people = clinic.people
    own_card = ~clinic.cards["kind"].is_in(CERTAIN).to_numpy()
    cards = clinic.cards.select("card", "person", "surname", "name", "patronymic", "birth_on", "card_no", "since")
    cards = cards.filter(own_card)
    owner = cards["person"]
    own = people[owner]
    wide = cards.with_columns(
        own.select(
            "woman", "mobile", "second_mobile", "contact", "email", "note", "tag", "registered_on", "channel", "fate",
            "fate_on", "parent", "phone_owner", "consent_processing", "consent_advertising", "consent_quality_call",
        ),
        owner_woman=people["woman"][own["phone_owner"]],
    )  # fmt: skip
    wide = wide.with_columns(
        pl.concat_str("surname", "name", "patronymic", separator=" ", ignore_nulls=True).alias("full_name"),
        pl.format("+7{}", "mobile").alias("phone"),
        address=addresses(clinic.spec, people)[owner],
        borrowed=pl.col("phone_owner") != pl.col("person"),
        joined=pl.when(pl.col("since") > 0)
        .then(pl.lit(clinic.spec.start) + pl.duration(days="since"))
        .otherwise("registered_on"),
    )
    household = _households(wide, frame, now)
    branch = np.array([row.pk for row in frame.branches])[_usual_branch(clinic)[own_card]]
    source = np.array([row.pk for row in frame.sources])[np.maximum(wide["channel"].to_numpy(), 0)]
    alert = pl.when(_is_alert()).then("note").otherwise(pl.lit(""))
    patients = wide.select(
        pl.lit(frame.clinic.pk).alias("clinic_id"),
        "surname",
        "name",
        pl.col("patronymic").fill_null(""),
        pl.col("full_name").map_elements(fold, return_dtype=pl.String).alias("name_key"),
        pl.col("birth_on").alias("born_on"),
        pl.when("woman").then(pl.lit("f")).otherwise(pl.lit("m")).alias("sex"),
        "card_no",
        pl.Series("branch_id", branch),
        pl.when(pl.col("channel") >= 0).then(pl.Series(source)).otherwise(None).alias("source_id"),
        household.alias("household_id"),
        pl.col("joined").alias("registered_on"),
        alert.fill_null("").alias("alert"),
        "address",
        pl.col("address").replace_strict(_areas(wide["address"]), default="").alias("area"),
    )
    ids = bulk.insert(Patient, patients, now=now)
    wide = wide.with_columns(pl.Series("patient_id", ids), pl.lit(frame.clinic.pk).alias("clinic_id"))
    _contacts(wide, now)
    _consents(clinic, wide, frame, now)
    _remarks(wide, frame, now)
    _referrals(wide, frame, now)
    _exemptions(wide, frame, now)
    of_card = np.zeros(len(clinic.cards), dtype=np.int64)
    of_card[own_card] = ids
    # The first cards stand in the order of the people.
    of_card[~own_card] = of_card[clinic.cards["person"].to_numpy()[~own_card]]
    return of_card


def _areas(told: pl.Series) -> dict[str, str]:
    """The area of each address, as a load from a file would take it."""
    return {each: area_of(each) for each in told.unique().to_list()}


def _hour(day: pl.Expr, hour: int, now: dt.datetime) -> pl.Expr:
    """An hour of a day, but never after the present."""
    return pl.min_horizontal(
        day.cast(pl.Datetime("ms")) + pl.duration(hours=hour), pl.lit(now.astimezone(dt.UTC).replace(tzinfo=None))
    )


def _is_alert() -> pl.Expr:
    return pl.any_horizontal(pl.col("note").str.starts_with(word) for word in ALERTS).fill_null(False)


def _usual_branch(clinic: Clinic) -> Ints:
    """The branch of each card's last appointment; of a second card with the same name and birth date that of the first too."""
    card, person = clinic.visits["card"].to_numpy(), clinic.cards["person"].to_numpy()
    first = np.where(clinic.cards["kind"].is_in(CERTAIN).to_numpy(), person, np.arange(len(clinic.cards)))
    last = np.zeros(len(clinic.cards), dtype=np.int64)
    last[first[card]] = clinic.visits["branch"].to_numpy()
    return last


def _households(wide: pl.DataFrame, frame: Frame, now: dt.datetime) -> pl.Series:
    """Cards that share a mobile phone; gives the household of each card or null."""
    shared = wide.filter(pl.col("contact") == MOBILE).group_by("phone").len().filter(pl.col("len") > 1).sort("phone")
    ids = bulk.insert(Household, shared.select(pl.lit(frame.clinic.pk).alias("clinic_id"), "phone"), now=now)
    known = shared.select("phone", pl.Series("household_id", ids))
    joined = wide.select("phone", "contact").join(known, on="phone", how="left", maintain_order="left")
    return joined.select(pl.when(pl.col("contact") == MOBILE).then("household_id")).to_series()


def _contacts(wide: pl.DataFrame, now: dt.datetime) -> None:
    kept = ["patient_id", "clinic_id"]
    whose = (
        pl.when("borrowed")
        .then(pl.when("owner_woman").then(pl.lit("мама")).otherwise(pl.lit("отец")))
        .otherwise(pl.lit(""))
    )
    whose = pl.when(pl.col("borrowed") & (pl.col("parent") < 0)).then(pl.lit("муж")).otherwise(whose)
    digits = pl.col("mobile").cast(pl.String)
    value = (
        pl.when(pl.col("contact") == LANDLINE)
        .then("+7495" + digits.str.slice(3))
        .when(pl.col("contact") == DAMAGED)
        .then("7," + digits.str.slice(0, 5) + "E+10")
        .otherwise("phone")
    )
    reach = pl.when(pl.col("contact") == DAMAGED).then(pl.lit("invalid")).otherwise(pl.lit("unknown"))
    first = wide.filter(pl.col("contact") != NONE).select(
        *kept,
        kind=pl.lit("phone"),
        value=value,
        comment=whose,
        reach=reach,
        is_preferred=pl.col("second_mobile") > 0,
    )
    second = wide.filter((pl.col("second_mobile") > 0) & (pl.col("second_mobile") != pl.col("mobile"))).select(
        *kept,
        kind=pl.lit("phone"),
        value=pl.format("+7{}", "second_mobile"),
        comment=pl.lit("второй номер"),
        reach=pl.lit("unknown"),
        is_preferred=pl.lit(False),
    )
    mail = wide.filter(pl.col("email").is_not_null()).select(
        *kept,
        kind=pl.lit("email"),
        value=pl.col("email"),
        comment=pl.lit(""),
        reach=pl.lit("unknown"),
        is_preferred=pl.lit(False),
    )
    bulk.insert(Contact, pl.concat([first, second, mail]), now=now)


def _consents(clinic: Clinic, wide: pl.DataFrame, frame: Frame, now: dt.datetime) -> None:
    """Consents with the proof each state needs; part of those given for advertising were withdrawn later."""
    rng = clinic.spec.stream("consents")
    wide = wide.with_columns(
        pl.Series("withdrawn", rng.random(len(wide)) < 0.03),
        pl.Series("later", rng.integers(5, 400, len(wide))),
        reachable_at=pl.when(pl.col("contact").is_in([MOBILE, LANDLINE]))
        .then("phone")
        .otherwise(pl.coalesce("email", pl.format("карта № {}", "card_no"))),
    )
    advertising = pl.col("consent_advertising")
    quality = pl.col("consent_quality_call")
    last_day = clinic.spec.as_of
    withdrawn_on = pl.min_horizontal(pl.col("joined") + pl.duration(days="later"), pl.lit(last_day))
    joined = pl.col("joined")
    parts = [
        _decisions(
            wide.filter("consent_processing"), frame, ConsentPurpose.PROCESSING, "granted", "paper", joined, now
        ),
        _decisions(wide.filter(advertising == 1), frame, ConsentPurpose.ADVERTISING, "granted", "paper", joined, now),
        _decisions(
            wide.filter(advertising == 2), frame, ConsentPurpose.ADVERTISING, "unproven", "imported", joined, now
        ),
        _decisions(wide.filter(advertising == 0), frame, ConsentPurpose.ADVERTISING, "refused", "paper", joined, now),
        _decisions(wide.filter(quality == 1), frame, ConsentPurpose.QUALITY_CALLS, "granted", "paper", joined, now),
        _decisions(wide.filter(quality == 0), frame, ConsentPurpose.QUALITY_CALLS, "refused", "paper", joined, now),
        _decisions(
            wide.filter((advertising == 1) & pl.col("withdrawn") & (joined < last_day)),
            frame,
            ConsentPurpose.ADVERTISING,
            "withdrawn",
            "oral",
            withdrawn_on,
            now,
        ),
    ]
    bulk.insert(Consent, pl.concat(parts), now=now)


def _decisions(
    rows: pl.DataFrame,
    frame: Frame,
    purpose: ConsentPurpose,
    state: str,
    signature: str,
    day: pl.Expr,
    now: dt.datetime,
) -> pl.DataFrame:
    text = frame.texts[str(purpose)]
    signed: dict[str, Any] = {"text_version_id": text.pk, "text_snapshot": text.text, "text_hash": text.text_hash}
    if state != "granted":
        signed = {"text_version_id": None, "text_snapshot": "", "text_hash": ""}
    proofs = {"paper": pl.format("бланк в карте № {}", "card_no"), "imported": pl.lit("Согласие на рекламу")}
    return rows.select(
        "patient_id",
        "clinic_id",
        purpose=pl.lit(str(purpose)),
        state=pl.lit(state),
        text_version_id=pl.lit(signed["text_version_id"], dtype=pl.Int64),
        text_snapshot=pl.lit(signed["text_snapshot"]),
        text_hash=pl.lit(signed["text_hash"]),
        subject_name=pl.col("full_name"),
        subject_contact=pl.col("reachable_at"),
        signature=pl.lit(signature),
        entry=pl.lit("import" if signature == "imported" else "desk"),
        decided_at=_hour(day, 9, now),
        actor_id=pl.lit(frame.clerk.pk, dtype=pl.Int64),
        actor_kind=pl.lit("user"),
        proof=proofs.get(signature, pl.lit("")),
    )


def _remarks(wide: pl.DataFrame, frame: Frame, now: dt.datetime) -> None:
    tagged = wide.filter(pl.col("tag").is_not_null())
    names = sorted(tagged["tag"].unique().to_list())
    tags = {name: Tag.objects.create(clinic=frame.clinic, name=name).pk for name in names}
    pairs = tagged.select("patient_id", tag_id=pl.col("tag").replace_strict(tags, return_dtype=pl.Int64))
    bulk.link(Patient.tags.through, "patient_id", "tag_id", pairs, now=now)
    notes = wide.filter(pl.col("note").is_not_null() & ~_is_alert()).select(
        "patient_id",
        "clinic_id",
        text="note",
        author_id=pl.lit(frame.clerk.pk, dtype=pl.Int64),
        written_at=_hour(pl.col("joined"), 12, now),
    )
    bulk.insert(Note, notes, now=now)


def _referrals(wide: pl.DataFrame, frame: Frame, now: dt.datetime) -> None:
    """Those who were sent elsewhere by their doctor on the day of the last visit."""
    rows = wide.filter(pl.col("fate") == FATES.index("referred_elsewhere"))
    whither = pl.Series(REFERRED_TO).gather((rows["person"] % len(REFERRED_TO)).cast(pl.Int64))
    sent = rows.select(
        "patient_id",
        "clinic_id",
        referred_on=pl.col("fate_on"),
        to=whither,
        is_acute=pl.col("person") % 7 == 0,
        recorded_by_id=pl.lit(frame.clerk.pk, dtype=pl.Int64),
        recorded_at=_hour(pl.col("fate_on"), 15, now),
    )
    bulk.insert(Referral, sent, now=now)


def _exemptions(wide: pl.DataFrame, frame: Frame, now: dt.datetime) -> None:
    codes = {FATES.index(fate): reason for fate, reason in EXEMPTIONS.items()}
    rows = wide.filter(pl.col("fate").is_in(list(codes))).select(
        "patient_id",
        "clinic_id",
        reason=pl.col("fate").replace_strict(codes, return_dtype=pl.String),
        started_at=_hour(pl.col("fate_on"), 12, now),
        started_by_id=pl.lit(frame.clerk.pk, dtype=pl.Int64),
    )
    bulk.insert(Exemption, rows, now=now)
