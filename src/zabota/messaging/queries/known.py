"""What the gate must know about a batch of messages, read in a dozen queries whatever its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from zabota.clinic.models import Branch, Clinic
from zabota.kernel import among  # noqa: F401 -- registers the lookup
from zabota.messaging.models import (
    AddressBlock,
    BotLink,
    ChannelRule,
    Message,
    MessagingRules,
)
from zabota.messaging.queries.addresses import address_hash, is_bot
from zabota.messaging.queries.left import left_for
from zabota.messaging.queries.rows import Row
from zabota.messaging.rules.gate import Known
from zabota.messaging.rules.legality import FOREIGN_MESSENGERS
from zabota.messaging.rules.quiet import day_bounds, first_zone
from zabota.messaging.rules.states import LEFT, REACHED
from zabota.messaging.rules.transport import Channel
from zabota.messaging.rules.words import MARKETING, OTP
from zabota.patients.api import consent_states
from zabota.patients.models import Contact, Patient

#: Several bot links, contacts and days stand behind one message.
_DEAD = (Contact.Reach.WRONG, Contact.Reach.INVALID)


@dataclass(slots=True)
class Person:
    """What the gate needs of a card."""

    zone: ZoneInfo
    gone: bool
    addresses: set[str] = field(default_factory=set)
    processing: str = ""
    advertising: Mapping[str, bool] = field(default_factory=dict)


@dataclass(slots=True)
class Sent:
    """One message that left, as caps count it."""

    at: datetime
    chain: str
    is_marketing: bool


@dataclass(slots=True)
class Ground:
    """Everything read for one batch; counts grow while the batch is ruled upon."""

    now: datetime
    rules: MessagingRules
    channel_on: bool
    clinic_zone: ZoneInfo
    allows_service: bool
    allows_marketing: bool
    people: dict[int, Person]
    blocked: dict[str, str]
    stopped: set[str]
    no_longer: Mapping[tuple[str, int, int], str]
    told: dict[tuple[str, str], str]
    #: A person and an address count each for themselves; a family's phone is one address.
    sent_to: dict[int | str, list[Sent]]
    reached_chains: set[str]
    branch_zones: dict[int, str]
    person_pause: timedelta
    #: Begin of the period of the cap on advertising; of today, by zone.
    since: datetime
    days: dict[ZoneInfo, datetime] = field(default_factory=dict)

    def known(self, row: Row) -> Known:
        """What is known of one message at this point of the batch."""
        person = self.people.get(row.patient_id) if row.patient_id else None
        zone = person.zone if person else self._zone(row)
        sent = self._sent(row)
        chains: set[str] = set()
        advertised: set[str] = set()
        if sent:
            today = self._today(zone)
            others = [each for each in sent if each.chain != row.chain_key]
            chains = {each.chain for each in others if each.at >= today}
            advertised = {each.chain for each in others if each.is_marketing and each.at >= self.since}
        return Known(
            message_class=row.message_class,
            zone=zone,
            expires_at=row.expires_at,
            has_patient=row.patient_id is not None,
            patient_gone=row.patient_id is not None and (person is None or person.gone),
            contact_gone=self._contact_gone(row, person),
            channel_on=self.channel_on,
            foreign_messenger=bool(self.rules.is_listed) and row.channel in FOREIGN_MESSENGERS,
            channel_allows_service=self.allows_service,
            channel_allows_marketing=self.allows_marketing,
            processing=person.processing if person else "",
            advertising=bool(person and person.advertising.get(row.channel, person.advertising.get("", False))),
            blocked=self.blocked.get(row.address, ""),
            stopped=row.address in self.stopped,
            no_longer=self.no_longer.get((row.subject_kind, row.subject_id or 0, row.subject_revision), ""),
            family_told=self._family_told(row),
            marketing_sent=len(advertised),
            sent_today=len(chains),
            is_answer=row.is_answer,
            person_until=self._person_until(row, sent),
            reached_before=row.step > 0 and row.chain_key in self.reached_chains,
        )

    def count(self, row: Row) -> None:
        """The message goes: later ones of the same batch count it."""
        sent = Sent(self.now, row.chain_key, row.message_class == MARKETING)
        if row.patient_id:
            self.sent_to[row.patient_id].append(sent)
        self.sent_to[row.address].append(sent)
        if row.household_key:
            self.told[row.address, row.household_key] = row.chain_key

    def _today(self, zone: ZoneInfo) -> datetime:
        if zone not in self.days:
            self.days[zone] = day_bounds(self.now, zone)[0]
        return self.days[zone]

    def _family_told(self, row: Row) -> bool:
        if not row.household_key:
            return False
        return self.told.get((row.address, row.household_key), row.chain_key) != row.chain_key

    def _sent(self, row: Row) -> list[Sent]:
        if row.message_class == OTP and not self.person_pause:
            return []
        by_address, by_person = self.sent_to.get(row.address), self.sent_to.get(row.patient_id or "")
        return [*by_address, *by_person] if by_address and by_person else by_address or by_person or []

    def _person_until(self, row: Row, sent: Sequence[Sent]) -> datetime | None:
        if not self.person_pause or not sent:
            return None
        return max(each.at for each in sent) + self.person_pause

    def _contact_gone(self, row: Row, person: Person | None) -> bool:
        if person is None or row.is_answer or row.address in person.addresses:
            return False
        return row.channel not in row.own.get("addresses", ())

    def _zone(self, row: Row) -> ZoneInfo:
        return first_zone(self.branch_zones.get(row.branch_id or 0, ""), str(self.clinic_zone))


def ground_of(
    rows: Sequence[Row],
    *,
    rules: MessagingRules,
    channel: str,
    channel_on: bool,
    no_longer: Mapping[tuple[str, int, int], str],
    person_pause: timedelta,
    now: datetime,
) -> Ground:
    """Read everything for messages of one clinic and one channel."""
    clinic = Clinic.objects.get(pk=rules.clinic_id)
    branch_zones = dict(Branch.objects.filter(clinic=clinic).values_list("id", "time_zone"))
    patient_ids = sorted({row.patient_id for row in rows if row.patient_id})
    addresses = sorted({row.address for row in rows})
    lawful = ChannelRule.objects.filter(clinic=clinic, channel=channel).first()
    overridden = lawful is not None and lawful.overridden_at is not None
    blocked, stopped = _blocks(clinic.pk, channel, addresses)
    return Ground(
        now=now,
        rules=rules,
        channel_on=channel_on,
        clinic_zone=first_zone(clinic.time_zone),
        allows_service=lawful is not None and (lawful.allows_service or overridden),
        allows_marketing=lawful is not None and (lawful.allows_marketing or overridden),
        people=_people(
            patient_ids,
            clinic,
            branch_zones,
            channel,
            {row.account_id for row in rows},
            any(row.message_class != OTP for row in rows),
        ),
        blocked=blocked,
        stopped=stopped,
        no_longer=no_longer,
        told=_told(rows, clinic.pk, now),
        sent_to=_sent(rows, clinic.pk, patient_ids, addresses, rules, now),
        reached_chains=_reached(rows),
        branch_zones=branch_zones,
        person_pause=person_pause,
        since=now - timedelta(days=rules.marketing_cap_days),
    )


def _people(
    patient_ids: list[int],
    clinic: Clinic,
    branch_zones: dict[int, str],
    channel: str,
    accounts: set[int | None],
    with_consents: bool,
) -> dict[int, Person]:
    zones: dict[tuple[str, int | None], ZoneInfo] = {}
    people: dict[int, Person] = {}
    cards = Patient.objects.filter(pk__among=patient_ids, clinic_id=clinic.pk)
    for pk, zone, branch_id, merged, erased in cards.values_list(
        "pk", "time_zone", "branch_id", "merged_into_id", "erased_at"
    ):
        where = (zone, branch_id)
        if where not in zones:
            zones[where] = first_zone(zone, branch_zones.get(branch_id or 0, ""), clinic.time_zone)
        people[pk] = Person(zone=zones[where], gone=merged is not None or erased is not None)
    if is_bot(channel):
        links = BotLink.objects.filter(patient_id__among=patient_ids, channel=channel, state=BotLink.State.ACTIVE)
        links = links.filter(account_id__in=[each for each in accounts if each is not None])
        found = list(links.values_list("patient_id", "external_id"))
    else:
        kind = Contact.Kind.EMAIL if channel == Channel.EMAIL else Contact.Kind.PHONE
        contacts = Contact.objects.filter(patient_id__among=patient_ids, kind=kind).exclude(reach__in=_DEAD)
        found = list(contacts.values_list("patient_id", "value"))
    for patient_id, address in found:
        if patient_id in people:
            people[patient_id].addresses.add(address)
    if with_consents and patient_ids:
        for patient_id, states in consent_states(patient_ids, clinic_id=clinic.pk).items():
            if patient_id in people:
                people[patient_id].processing = str(states["processing", ""].standing)
                people[patient_id].advertising = {
                    name: state.allowed for (purpose, name), state in states.items() if purpose == "advertising"
                }
    return people


def _blocks(clinic_id: int, channel: str, addresses: list[str]) -> tuple[dict[str, str], set[str]]:
    by_hash = {address_hash(clinic_id, address): address for address in addresses}
    rows = AddressBlock.objects.filter(
        clinic_id=clinic_id, address_hash__among=by_hash, channel__in=("", channel), ended_at=None
    )
    blocked: dict[str, str] = {}
    stopped: set[str] = set()
    for digest, scope, reason in rows.values_list("address_hash", "scope", "reason"):
        if scope == AddressBlock.Scope.ALL:
            blocked[by_hash[digest]] = reason
        else:
            stopped.add(by_hash[digest])
    return blocked, stopped


def _told(rows: Sequence[Row], clinic_id: int, now: datetime) -> dict[tuple[str, str], str]:
    keys = {row.household_key for row in rows if row.household_key}
    if not keys:
        return {}
    left = Message.objects.filter(
        clinic_id=clinic_id,
        household_key__among=keys,
        address__among={row.address for row in rows if row.household_key},
        state__in=LEFT,
        claimed_at__gte=now - timedelta(days=60),
    )
    return {(address, key): chain for address, key, chain in left.values_list("address", "household_key", "chain_key")}


def _sent(
    rows: Sequence[Row],
    clinic_id: int,
    patient_ids: list[int],
    addresses: list[str],
    rules: MessagingRules,
    now: datetime,
) -> dict[int | str, list[Sent]]:
    sent: dict[int | str, list[Sent]] = defaultdict(list)
    if all(row.message_class == OTP for row in rows):
        return sent
    since = now - timedelta(days=1)
    marketing = any(row.message_class == MARKETING for row in rows)
    advertising_since = now - timedelta(days=rules.marketing_cap_days) if marketing else since
    for column, values in (("address", addresses), ("patient_id", patient_ids)):
        for value, at, chain, is_marketing in left_for(
            column, values, clinic_id=clinic_id, advertising_since=advertising_since, since=since
        ):
            sent[value].append(Sent(at, chain, is_marketing))
    return sent


def _reached(rows: Sequence[Row]) -> set[str]:
    chains = {row.chain_key for row in rows if row.step > 0}
    if not chains:
        return set()
    return set(Message.objects.filter(chain_key__among=chains, state__in=REACHED).values_list("chain_key", flat=True))
