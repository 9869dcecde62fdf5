"""Chance against the gate: consents come and go, visits move, the clock jumps both ways, two workers take turns.

An oracle that knows nothing of the program's tables watches each message at the instant it is taken.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from zabota.messaging import api
from zabota.messaging.models import Message
from zabota.messaging.rules.transport import Channel, SendResult, Verdict
from zabota.messaging.services.acking import acknowledge
from zabota.messaging.services.claiming import claim
from zabota.messaging.tests.conftest import VALUES
from zabota.patients.api import Proof, grant_consent, withdraw_consent
from zabota.patients.models import Patient

ZONES = ("Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/New_York", "")
BEGIN = dt.datetime(2026, 10, 20, 12, 0, tzinfo=dt.UTC)  # the clocks of Berlin go back on the 25th


class World:
    """What really happened, in plain values."""

    def __init__(self, patients, phones, zones):
        self.patients, self.phones, self.zones = patients, phones, zones
        self.ads = dict.fromkeys(range(len(patients)), False)
        self.processing = dict.fromkeys(range(len(patients)), True)
        self.revision = Counter()
        self.left = []
        self.wanted = {}

    def check(self, row, now):
        """Why this message must not leave now; empty when it may."""
        kind, who, visit, revision, expires = self.wanted[row.idem_key]
        if kind == "otp":
            return ""
        wall = now.astimezone(ZoneInfo(self.zones[who] or "Europe/Moscow")).time()
        opens = dt.time(9) if kind == "offer" else dt.time(8)
        if not opens <= wall < dt.time(21):
            return "outside the window"
        if not self.processing[who]:
            return "processing was withdrawn"
        if expires is not None and expires <= now:
            return "too late"
        if visit is not None and self.revision[visit] != revision:
            return "the visit has moved"
        if kind == "offer":
            if not self.ads[who]:
                return "against consent"
            month = now - dt.timedelta(days=30)
            same = [at for what, phone, at in self.left if what == "offer" and phone == self.phones[who] and at > month]
            if len(same) >= 4:
                return "over the cap"
        return ""


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_leaves_against_consent_window_cap_or_a_moved_visit(
    clinic, new_patient, new_account, texts, consent_texts, actor, now, seed
):
    chance = random.Random(seed)
    account, phone = new_account(Channel.SMS)
    patients, phones, zones = [], [], []
    for n in range(10):
        number = f"+7916000000{n // 2 if n < 4 else n}"  # two families share a phone
        patients.append(new_patient(clinic, f"Опытный Пациент{n} Иванович", phone=number))
        phones.append(number)
        zones.append(ZONES[n % len(ZONES)])
        Patient.objects.filter(pk=patients[-1].pk).update(time_zone=zones[-1])
    world = World(patients, phones, zones)
    api.register_guard(
        "visit", lambda refs, *, now: {ref: "Визит перенесён" for ref in refs if world.revision[ref[0]] != ref[1]}
    )
    clock, proofs = BEGIN, Proof(signature="paper", document="№ 7")
    decided = BEGIN  # a consent of a jumping clock is decided after the last one, as the desk's clock goes on
    in_hand: list = []
    wrong = []
    for step in range(260):
        action = chance.choices(
            ("want", "consent", "processing", "move", "jump", "claim", "answer"), (30, 8, 2, 6, 20, 24, 24)
        )[0]
        who = chance.randrange(len(patients))
        decided += dt.timedelta(seconds=1)
        if action == "want":
            kind = chance.choice(("offer", "offer", "reminder_48h", "otp"))
            visit = chance.randrange(1, 9) if kind == "reminder_48h" else None
            expires = clock + dt.timedelta(hours=chance.randrange(1, 40)) if visit else None
            world.wanted[f"m{step}"] = (kind, who, visit, world.revision[visit], expires)
            wanted = api.NewMessage(
                template_key=kind,
                idem_key=f"m{step}",
                not_before_at=clock,
                patient_id=patients[who].pk,
                context=VALUES,
                expires_at=expires,
                subject=api.SubjectRef("visit", visit, world.revision[visit]) if visit else None,
                channels=("sms",),
            )
            api.enqueue(clinic_id=clinic.pk, message=wanted, now=clock)
        elif action in ("consent", "processing"):
            purpose = "advertising" if action == "consent" else "processing"
            known = world.ads if action == "consent" else world.processing
            known[who] = chance.random() < 0.7
            decide = grant_consent if known[who] else withdraw_consent
            decide(patient=patients[who], purpose=purpose, proof=proofs, actor=actor, now=decided)
        elif action == "move":
            world.revision[chance.randrange(1, 9)] += 1
        elif action == "jump":
            clock += dt.timedelta(minutes=chance.choice((1, 7, 60, 61, 300, 660, 1440, 2900, -1, -60, -61)))
        elif action == "claim" and len(in_hand) < 2:
            taken = claim(account_id=account.pk, traits=phone.traits, now=clock, limit=chance.choice((1, 3, 50)))
            for row in taken.going:
                why = world.check(row, clock)
                wrong += [(seed, step, row.idem_key, why)] if why else []
                kind, person, *_ = world.wanted[row.idem_key]
                world.left.append((kind, phones[person], clock))
            if taken.going:
                in_hand.append(taken)
        elif action == "answer" and in_hand:
            _answer(in_hand.pop(chance.randrange(len(in_hand))), account, phone, chance, clock)
    for taken in in_hand:
        _answer(taken, account, phone, random.Random(0), clock)
    assert wrong == []
    assert len(world.left) > 20, "the world must be alive"
    ended = Message.objects.filter(state__in=("suppressed", "expired")).count()
    assert ended > 10
    assert max(phone.times().values()) == 1


def _answer(taken, account, phone, chance, clock):
    results = {}
    for row in taken.going:
        verdict = chance.choices((Verdict.ACCEPTED, Verdict.REFUSED), (9, 1))[0]
        results[row.idem_key] = SendResult(row.idem_key, verdict)
        if verdict is Verdict.ACCEPTED:
            from zabota.messaging.services.draining import outgoing_of

            phone.ledger.append(outgoing_of(row))
    acknowledge(taken.going, results, token=taken.token, account=account, traits=phone.traits, now=clock)
