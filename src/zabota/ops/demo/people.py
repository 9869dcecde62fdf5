"""Who the patients are: families, names, phones, mailboxes, consents, tags and what became of each."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from zabota.ops.demo import names
from zabota.ops.demo.behaviour import People
from zabota.ops.demo.catalogue import INSURED_CHANNEL
from zabota.ops.demo.spec import Bools, ClinicSpec, Ints

CHILD_YEARS: Final = 16
# Codes of mobile operators; the three digits after the code begin with 00, where few real subscribers are.
OPERATORS: Final = (903, 905, 906, 909, 910, 915, 916, 917, 919, 925, 926, 929, 962, 963, 965, 967, 968, 977, 985, 999)
FATES: Final = ("", "moved_away", "deceased", "refused", "referred_elsewhere")
MAILBOXES: Final = ("example.ru", "example.com", "mail.example.ru", "post.example.ru")
NOTES: Final = (
    "Боится уколов, предупреждать о каждом шаге",
    "Удобно после 18:00",
    "Просит звонить только утром",
    "Опаздывает, записывать последней в смену",
    "Аллергия на лидокаин",
    "Предпочитает сообщения, а не звонки",
    "Приводит всю семью",
    "Приходит не один, нужна игровая",
    "Не звонить по рекламе, только о лечении",
    "Плохо слышит, говорить громче",
    "Ждёт повторного расчёта плана",
    "Живёт за городом, ехать час",
)
TAGS: Final = ("VIP", "боится боли", "приходит с ребёнком", "хронический", "просит утро", "сотрудник партнёра")


def describe(spec: ClinicSpec, people: People, last_seen: Ints, booked: Bools) -> pl.DataFrame:
    """One row per person; `last_seen` is the day of the last appointment, `booked` says who has one ahead."""
    rng = spec.stream("people")
    size = len(people)
    start = np.datetime64(spec.start, "D")
    birth_year = (start + people.birth.astype("timedelta64[D]")).astype("datetime64[Y]").astype(np.int64) + 1970
    age = ((spec.last - people.birth) / 365.25).astype(np.int64)

    ranks = names.surname_ranks(rng, size)
    double = np.where(rng.random(size) < 0.012, names.surname_ranks(rng, size), -1)
    father_words, father = names.fathers(rng, birth_year, ranks)
    spouse = _spouses(rng, people, age)
    wife = np.flatnonzero(people.woman & (spouse >= 0))
    ranks[wife] = ranks[spouse[wife]]
    double[wife] = double[spouse[wife]]
    parent = _parents(rng, people, age)
    child = np.flatnonzero(parent >= 0)
    ranks[child], double[child] = ranks[parent[child]], double[parent[child]]

    words, name = names.given_names(rng, people.woman, birth_year, ranks)
    # A child is called after the father: the parent himself, the mother's husband, or one nobody has seen here.
    dad = np.where(people.woman[parent[child]], spouse[parent[child]], parent[child])
    all_words = father_words + words
    unseen = len(father_words) + name
    shared = father[parent[child]]
    father[child] = np.where(dad >= 0, unseen[np.maximum(dad, 0)], shared)

    household = np.arange(size)
    household[wife] = spouse[wife]
    household[child] = household[parent[child]]

    mobile = _mobiles(rng, size)
    follows = (spouse >= 0) & people.woman & (rng.random(size) < 0.22)
    mobile = np.where(follows, mobile[np.maximum(spouse, 0)], mobile)
    owner = np.where(follows, np.maximum(spouse, 0), np.arange(size))
    borrows = (parent >= 0) & ((age < CHILD_YEARS - 2) | (rng.random(size) < 0.5))
    mobile = np.where(borrows, mobile[np.maximum(parent, 0)], mobile)
    owner = np.where(borrows, owner[np.maximum(parent, 0)], owner)
    contact = rng.choice(4, size, p=[0.925, 0.03, 0.02, 0.025])  # mobile, landline, none, damaged
    contact = np.where(borrows | follows, 0, contact)
    second = np.where(rng.random(size) < 0.06, _mobiles(rng, size), 0)

    # Who is booked for a first visit has called already and signed nothing yet.
    awaited = booked & (last_seen == 0) & (people.arrival > spec.last - 40)
    registered = np.where(awaited, np.minimum(people.arrival, spec.last - 1 - np.arange(size) % 5), people.arrival)
    frame = pl.DataFrame(
        {
            "person": np.arange(size, dtype=np.int32),
            "woman": people.woman,
            "surname": names.surnames(ranks, people.woman, double),
            "name": names.gather(words, name),
            "patronymic": names.patronymics(all_words, father, people.woman),
            "birth_on": start + people.birth.astype("timedelta64[D]"),
            "household": household.astype(np.int32),
            "parent": parent.astype(np.int32),
            "spouse": spouse.astype(np.int32),
            "mobile": mobile,
            "phone_owner": owner.astype(np.int32),
            "second_mobile": second,
            "contact": contact.astype(np.int8),
            "channel": people.channel.astype(np.int8),
            "age_at_arrival": people.age.astype(np.int16),
            "arrival": people.arrival.astype(np.int32),
            "registered_on": start + registered.astype("timedelta64[D]"),
        }
    )
    frame = _ogly(rng, frame)
    return frame.with_columns(
        _emails(rng, frame, words, name, age),
        *_consents(rng, awaited),
        *_remarks(rng, people, age),
        *_fates(spec, rng, age, last_seen, booked),
    )


def _mobiles(rng: np.random.Generator, size: int) -> Ints:
    """Numbers of ten digits after +7."""
    return rng.choice(OPERATORS, size) * 10_000_000 + rng.integers(10_000, 99_999 if size < 50_000 else 9_999_999, size)


def _spouses(rng: np.random.Generator, people: People, age: Ints) -> Ints:
    """For part of the adults the row of the husband or wife, else -1."""
    spouse = np.full(len(people), -1)
    adult = (age >= 22) & (age < 80)
    men = rng.permutation(np.flatnonzero(adult & ~people.woman))
    women = rng.permutation(np.flatnonzero(adult & people.woman))
    pairs = int(min(len(men), len(women)) * 0.34)
    # Both sorted by age: couples are about as old as each other.
    husbands = men[:pairs][np.argsort(age[men[:pairs]], kind="stable")]
    wives = women[:pairs][np.argsort(age[women[:pairs]], kind="stable")]
    spouse[husbands], spouse[wives] = wives, husbands
    return spouse


def _parents(rng: np.random.Generator, people: People, age: Ints) -> Ints:
    """For most children the row of a parent who is a patient too, else -1; few parents, so there are siblings."""
    parent = np.full(len(people), -1)
    children = np.flatnonzero(age < CHILD_YEARS + 2)
    adults = np.flatnonzero((age >= 23) & (age <= 58))
    if not len(children) or not len(adults):
        return parent
    pool = rng.permutation(adults)[: max(1, int(len(children) * 0.9))]
    todo = children[rng.random(len(children)) < 0.92]
    for _ in range(8):
        candidate = pool[rng.integers(0, len(pool), len(todo))]
        gap = (people.birth[todo] - people.birth[candidate]) / 365.25
        fits = (gap >= 19) & (gap <= np.where(people.woman[candidate], 42, 52))
        parent[todo[fits]] = candidate[fits]
        todo = todo[~fits]
    return parent


def _ogly(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """Part of the eastern surnames go with a patronymic of the other kind: «Рашид-оглы», «Рашид-кызы»."""
    chosen = pl.Series(rng.random(len(frame)) < 0.3)
    bearers = [*names.WITH_OGLY, *(names.feminine(s) for s in names.WITH_OGLY)]
    return frame.with_columns(
        pl.when(chosen & pl.col("surname").is_in(bearers) & pl.col("patronymic").str.contains("(ович|овна)$"))
        .then(
            pl.col("patronymic").str.replace("(ович|овна)$", "")
            + pl.when("woman").then(pl.lit("-кызы")).otherwise(pl.lit("-оглы"))
        )
        .otherwise("patronymic")
        .alias("patronymic")
    )


def _emails(rng: np.random.Generator, frame: pl.DataFrame, words: list[str], name: Ints, age: Ints) -> pl.Expr:
    size = len(frame)
    first = names.gather([names.latin(word) for word in words], name)
    year = frame["birth_on"].dt.year().cast(pl.String)
    number = pl.Series(rng.integers(10, 9999, size)).cast(pl.String)
    box = names.gather(list(MAILBOXES), rng.integers(0, len(MAILBOXES), size))
    has = pl.Series((rng.random(size) < 0.37) & (age >= CHILD_YEARS))
    address = first + "." + year + "." + number + "@" + box
    return pl.when(has).then(address).otherwise(None).alias("email")


def _consents(rng: np.random.Generator, awaited: Bools) -> list[pl.Series]:
    """Consents: to processing, to advertising (1 yes with proof, 2 yes unproven, 0 no, -1 not asked), to quality calls."""
    size = len(awaited)
    processing = (rng.random(size) < 0.985) & ~awaited
    advertising = rng.choice([1, 2, 0, -1], size, p=[0.42, 0.12, 0.16, 0.30])
    quality = rng.choice([1, 0, -1], size, p=[0.35, 0.08, 0.57])
    return [
        pl.Series("consent_processing", processing),
        pl.Series("consent_advertising", np.where(awaited, -1, advertising).astype(np.int8)),
        pl.Series("consent_quality_call", np.where(awaited, -1, quality).astype(np.int8)),
    ]


def _remarks(rng: np.random.Generator, people: People, age: Ints) -> list[pl.Series | pl.Expr]:
    size = len(people)
    note = names.gather(list(NOTES), rng.integers(0, len(NOTES), size))
    tag = names.gather(list(TAGS), rng.choice(len(TAGS), size, p=[0.08, 0.26, 0.2, 0.2, 0.2, 0.06]))
    noted = pl.Series(rng.random(size) < 0.11)
    tagged = pl.Series((rng.random(size) < 0.14) & (age >= CHILD_YEARS))
    insured = pl.Series(people.channel == INSURED_CHANNEL)
    return [
        pl.when(noted).then(note).otherwise(None).alias("note"),
        pl.when(insured).then(pl.lit("ДМС")).when(tagged).then(tag).otherwise(None).alias("tag"),
    ]


def _fates(
    spec: ClinicSpec, rng: np.random.Generator, age: Ints, last_seen: Ints, booked: Bools
) -> list[pl.Series | pl.Expr]:
    """Some of those who do not come any more moved away, died, refused or went elsewhere; all after their last visit."""
    quiet = spec.last - last_seen
    free = ~booked & (quiet > 60)
    u = rng.random(len(age))
    died = free & (age >= 68) & (quiet > 120) & (u < 0.10)
    moved = free & ~died & (quiet > 100) & (u < 0.14) & (u >= 0.10)
    refused = free & (u >= 0.14) & (u < 0.165)
    referred = ~booked & (quiet > 3) & (u >= 0.165) & (u < 0.20)
    fate = np.select([died, moved, refused, referred], [2, 1, 3, 4], 0)
    after = np.where(fate == 4, 0, 1 + (rng.random(len(age)) * np.maximum(quiet - 1, 0) * 0.7).astype(np.int64))
    day = np.datetime64(spec.start, "D") + (last_seen + after).astype("timedelta64[D]")
    return [
        pl.Series("fate", fate.astype(np.int8)),
        pl.when(pl.Series(fate > 0)).then(pl.Series(day)).otherwise(None).alias("fate_on"),
    ]
