"""What a load would do: the same plan serves the dry run and the load itself."""

from __future__ import annotations

import dataclasses
from typing import Any

import polars as pl

from zabota.clinic.models import Branch, Clinic
from zabota.intake.reading.rejected import is_of_refused
from zabota.intake.reading.results import Reading
from zabota.intake.rules.reasons import reason_text
from zabota.intake.services.catalogue import Offered, key_of, read_catalogue
from zabota.intake.services.offers import Renewal, counted, offered_of, renewals, told_services
from zabota.intake.services.own_bookings import recognise_own
from zabota.intake.services.own_people import recognise_people
from zabota.intake.services.people import Card, cards_of, match_cards, unite_nameless, with_card_keys
from zabota.intake.services.strangers import part_strangers
from zabota.intake.services.vanishing import refused_visits, vanished_ids
from zabota.intake.services.visits import Visit, match_visits, visits_of

#: Examples shown of each kind of change.
EXAMPLES = 5


@dataclasses.dataclass
class LoadPlan:
    """People and appointments of an export against what the clinic has."""

    cards: list[Card]
    visits: list[Visit]
    vanished: list[int]
    payments: pl.DataFrame
    plans: pl.DataFrame
    #: Numbers of the system under which different people stand.
    shared_numbers: list[str]
    #: What is told of services by their names.
    offered: dict[str, Offered]
    #: How many services are not there yet, and how many are.
    services: tuple[int, int]
    #: Services that are there and change.
    renewals: list[Renewal]
    #: Bookings made here that the export tells of for the first time.
    recognised: int = 0

    @property
    def new_cards(self) -> list[Card]:
        """People who have no card yet."""
        return [card for card in self.cards if card.patient_id is None]

    @property
    def new_visits(self) -> list[Visit]:
        """Appointments that are not there yet."""
        return [visit for visit in self.visits if visit.appointment_id is None]

    @property
    def changed_visits(self) -> list[Visit]:
        """Appointments that are there and differ."""
        return [visit for visit in self.visits if visit.appointment_id is not None and visit.before]


def plan_load(
    reading: Reading, *, clinic: Clinic, system: str, is_complete: bool, zone: str, branch_id: int | None = None
) -> LoadPlan:
    """Compare an export with the database. Writes nothing. `branch_id` is the branch of rows that tell none."""
    keyed = unite_nameless(
        [with_card_keys(frame) for frame in (reading.patients, reading.visits, reading.payments, reading.plans)],
        clinic_id=clinic.pk,
        system=system,
    )
    parted, shared_numbers = part_strangers(keyed, clinic_id=clinic.pk, system=system)
    patients_frame, visits_frame, payments, plans = parted
    cards = cards_of([patients_frame, visits_frame, payments, plans])
    match_cards(cards, clinic_id=clinic.pk, system=system)
    branches = Branch.objects.filter(clinic=clinic).values_list("name", "time_zone")
    zones = {key_of(name): time_zone for name, time_zone in branches}
    visits = visits_of(visits_frame, zones=zones, default_zone=zone)
    match_visits(visits, clinic_id=clinic.pk, system=system)
    recognise_people(cards, visits, clinic_id=clinic.pk, system=system)
    recognised = recognise_own(
        visits, patient_of={card.key: card.patient_id for card in cards}, clinic_id=clinic.pk, system=system
    )
    vanished: list[int] = []
    if is_complete and not is_of_refused(reading.files):
        refused = refused_visits(reading)
        vanished = vanished_ids(visits, refused, clinic_id=clinic.pk, system=system, branch_id=branch_id)
    offered = offered_of(reading.visits, reading.services)
    return LoadPlan(
        cards=cards,
        visits=visits,
        vanished=vanished,
        payments=payments,
        plans=plans,
        shared_numbers=shared_numbers,
        offered=offered,
        services=counted(told_services(offered, visits), read_catalogue(clinic.pk).services),
        renewals=renewals(offered, clinic_id=clinic.pk),
        recognised=recognised,
    )


def summarise(plan: LoadPlan, reading: Reading) -> dict[str, Any]:
    """Counts, examples and the difference, as the wizard shows them before anything is written."""
    changed = plan.changed_visits
    statuses = [visit for visit in changed if "status" in visit.before]
    moved = [visit for visit in changed if "starts_at" in visit.before]
    return {
        "rows": dataclasses.asdict(reading.rows),
        "patients": {
            "total": len(plan.cards),
            "new": len(plan.new_cards),
            "known": len(plan.cards) - len(plan.new_cards),
            "filled": sum(1 for card in plan.cards if card.fills),
            "shared_numbers": len(plan.shared_numbers),
        },
        "visits": {
            "total": len(plan.visits),
            "completed": sum(1 for visit in plan.visits if visit.status == "completed"),
            "new": len(plan.new_visits),
            "changed": len(changed),
            "status_changed": len(statuses),
            "moved": len(moved),
            "same": len(plan.visits) - len(plan.new_visits) - len(changed),
            "vanished": len(plan.vanished),
            "recognised": plan.recognised,
        },
        "services": {
            "new": plan.services[0],
            "changed": len(plan.renewals),
            "same": plan.services[1] - len(plan.renewals),
            "repriced": sum("price_kopecks" in each.values for each in plan.renewals),
            "grouped": sum(bool(each.category) for each in plan.renewals),
        },
        "payments": plan.payments.height,
        "plans": plan.plans.height,
        "period": _period(plan.visits),
        "examples": {
            "new_patients": [_person(card) for card in plan.new_cards[:EXAMPLES]],
            "filled": [{**_person(card), "fields": sorted(card.fills)} for card in plan.cards if card.fills][:EXAMPLES],
            "shared_numbers": plan.shared_numbers[:EXAMPLES],
            "repriced": [
                {"name": each.service.name, "from": each.service.price_kopecks, "to": each.values["price_kopecks"]}
                for each in plan.renewals
                if "price_kopecks" in each.values
            ][:EXAMPLES],
            "changed_visits": [
                {"day": visit.day.isoformat(), "doctor": visit.doctor, "status": visit.status, "before": visit.before}
                for visit in changed[:EXAMPLES]
            ],
        },
        "refusals": _by_code(reading),
        "remarks": _remarks_by_code(reading),
    }


def _period(visits: list[Visit]) -> list[str]:
    if not visits:
        return []
    return [min(visit.day for visit in visits).isoformat(), max(visit.day for visit in visits).isoformat()]


def _person(card: Card) -> dict[str, Any]:
    return {
        "name": " ".join(part for part in (card.surname, card.name, card.patronymic) if part),
        "born_on": card.born_on.isoformat() if card.born_on else "",
        "phones": len(card.phones),
    }


def _by_code(reading: Reading) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = {}
    for refusal in reading.rejections:
        entry = counts.setdefault(refusal.code, {"code": refusal.code, "text": refusal.text, "count": 0})
        entry["count"] += 1
    return sorted(counts.values(), key=lambda entry: -entry["count"])


def _remarks_by_code(reading: Reading) -> list[dict[str, Any]]:
    """Cells left unread in rows that are taken, the commonest reason first."""
    counted = reading.remarks.group_by("code").len().sort("len", "code", descending=[True, False])
    return [{"code": code, "text": reason_text(code), "count": count} for code, count in counted.iter_rows()]
