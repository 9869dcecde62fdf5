"""The list of patients: what was asked for, which columns, one page of it; answers at once for a million cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import cached_property

from zabota.clinic.models import Branch
from zabota.desk.access import StaffRequest, branches_of
from zabota.desk.patients.access import Sight, cards_of
from zabota.desk.patients.words import TONES, age_on, whole_roubles
from zabota.nextstep.models import PatientState, PatientType
from zabota.patients import api as patients
from zabota.patients.models import Contact, Patient, Source

PER_PAGE = 50
#: Cards that a search brings to the list; whoever needs more adds a letter.
FOUND_LIMIT = 300
#: Further the list is not turned by hand: it is filtered.
COUNT_LIMIT = 10_000

#: Key → heading, whether the column stands there without being asked for.
COLUMNS: dict[str, tuple[str, bool]] = {
    "age": ("Возраст", True),
    "phone": ("Телефон", True),
    "type": ("Тип", True),
    "last": ("Последний визит", True),
    "next": ("Следующий визит", True),
    "value": ("Ценность года", True),
    "card": ("Карта", False),
    "branch": ("Филиал", False),
    "source": ("Источник", False),
    "since": ("С нами с", False),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of the list, as it stands in the address."""

    q: str = ""
    type: str = ""
    branch: str = ""
    source: str = ""
    reach: str = ""
    columns: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """True when everybody is shown."""
        return not (self.q or self.type or self.branch or self.source or self.reach)

    def address(self) -> str:
        """The same filter as the tail of an address."""
        pairs = [
            ("q", self.q),
            ("type", self.type),
            ("branch", self.branch),
            ("source", self.source),
            ("reach", self.reach),
        ]
        return urlencode([pair for pair in pairs if pair[1]] + [("col", column) for column in self.columns])


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    patient: Patient
    age: int | None
    phone: str
    state: PatientState | None
    tone: str

    @property
    def value_kopecks(self) -> int | None:
        """Expected yearly value, whole roubles."""
        return whole_roubles(self.state.value_kopecks) if self.state else None


def read_asked(request: StaffRequest, sight: Sight) -> Asked:
    """The filter from the address; what is unknown or not this person's to see falls away."""
    get = request.GET
    columns = tuple(key for key in COLUMNS if key in get.getlist("col"))
    columns = columns or tuple(key for key, (_, shown) in COLUMNS.items() if shown)
    return Asked(
        q=get.get("q", "").strip()[:80],
        type=get.get("type", "") if get.get("type", "") in PatientType.values else "",
        branch=get.get("branch", "")[:22],
        source=get.get("source", "") if get.get("source", "").isdecimal() else "",
        reach="none" if get.get("reach") == "none" else "",
        columns=tuple(key for key in columns if key != "value" or sight.money),
    )


def cards_asked(request: StaffRequest, asked: Asked) -> QuerySet[Patient]:
    """Cards in use that fit the filter besides the words, in order of names."""
    rows = cards_of(request).cards().order_by("name_key", "pk")
    if asked.type:
        rows = rows.filter(state__type=asked.type)
    if asked.branch:
        rows = rows.filter(branch__public_id=asked.branch)
    if asked.source:
        rows = rows.filter(source_id=int(asked.source[:18]))
    if asked.reach:
        alive = Contact.objects.filter(patient=OuterRef("pk")).exclude(
            reach__in=(Contact.Reach.WRONG, Contact.Reach.INVALID)
        )
        rows = rows.filter(~Exists(alive))
    return rows


def found_ids(request: StaffRequest, asked: Asked) -> list[int]:
    """Ids that fit the words and the filter, best first."""
    ids = patients.search_ids(
        asked.q, clinic_id=request.clinic.pk, branch_ids=branches_of(request.member), limit=FOUND_LIMIT
    )
    fit = set(cards_asked(request, asked).filter(pk__in=ids).values_list("pk", flat=True))
    return [pk for pk in ids if pk in fit]


def page_of(request: StaffRequest, asked: Asked) -> Page[Any]:
    """One page of the list; its objects are ids for a search, else cards."""
    number = request.GET.get("page", "1")
    if asked.q:
        return Paginator(found_ids(request, asked), PER_PAGE).get_page(number)
    return _Counted(cards_asked(request, asked).values_list("pk", flat=True), PER_PAGE).get_page(number)


def rows_of(ids: list[int], today: date) -> list[Row]:
    """Lines for ids, in their order, in a fixed number of queries."""
    cards = Patient.objects.select_related("branch", "source").in_bulk(ids)
    states = {state.patient_id: state for state in PatientState.objects.filter(patient_id__in=ids)}
    phones = patients.best_phones(ids)
    return [
        Row(
            patient=cards[pk],
            age=age_on(cards[pk].born_on, today),
            phone=phones.get(pk, ""),
            state=states.get(pk),
            tone=TONES.get(states[pk].type, "") if pk in states else "",
        )
        for pk in ids
        if pk in cards
    ]


def choices_of(request: StaffRequest) -> dict[str, Any]:
    """What the filter offers to this person."""
    branches = Branch.objects.filter(clinic=request.clinic)
    allowed = branches_of(request.member)
    if allowed is not None:
        branches = branches.filter(pk__in=allowed)
    return {
        "types": PatientType.choices,
        "branches": list(branches.values_list("public_id", "name")),
        "sources": [
            (str(pk), name) for pk, name in Source.objects.filter(clinic=request.clinic).values_list("id", "name")
        ],
    }


class _Counted(Paginator[Any]):
    """Counts up to a limit: an exact million on every keystroke would cost more than the page itself."""

    @cached_property
    def count(self) -> int:
        """Number of rows, not above the limit."""
        rows: Any = self.object_list
        return int(rows.order_by()[: COUNT_LIMIT + 1].count())
