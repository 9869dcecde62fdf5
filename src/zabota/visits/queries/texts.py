"""Which texts belong to a visit: of its service, of the group, of the branch, of the clinic; the nearest that is written."""

from __future__ import annotations

from dataclasses import dataclass

from zabota.booking.models import Appointment, AppointmentService
from zabota.visits.models import VisitText

#: What to bring when the clinic has written nothing of its own.
DEFAULT_TAKE = (
    "Паспорт. Полис не нужен.\n"
    "Снимки и выписки, если делали их в другом месте. Можно в телефоне.\n"
    "Названия лекарств, если что-то принимаете. Достаточно сфотографировать коробки."
)
#: From the nearest to the farthest; the way there is the branch's affair first.
_NEAREST = ("service", "group", "branch", "")
_NEAREST_WAY = ("branch", "", "service", "group")


@dataclass(frozen=True, slots=True)
class TextsOfVisit:
    """What is told about one visit."""

    prepare: str = ""
    ask: str = ""
    way: str = ""
    take: str = DEFAULT_TAKE
    after: str = ""
    care_call_days: int | None = None
    wellbeing_hours: int | None = None


def texts_of(visit: Appointment) -> TextsOfVisit:
    """Every text by itself: a service that says only how to prepare leaves the way to the branch."""
    services, groups = services_and_groups(visit)
    rows: dict[str, list[VisitText]] = {kind: [] for kind in _NEAREST}
    for row in VisitText.objects.filter(clinic_id=visit.clinic_id):
        if row.service_id in services:
            rows["service"].append(row)
        elif row.group_id in groups:
            rows["group"].append(row)
        elif row.branch_id is not None and row.branch_id == visit.branch_id:
            rows["branch"].append(row)
        elif not row.scope_key:
            rows[""].append(row)
    return TextsOfVisit(
        prepare=_words(rows, "prepare", _NEAREST),
        ask=_words(rows, "ask", _NEAREST),
        way=_words(rows, "way", _NEAREST_WAY),
        take=_words(rows, "take", _NEAREST) or DEFAULT_TAKE,
        after=_words(rows, "after", _NEAREST),
        care_call_days=_number(rows, "care_call_days"),
        wellbeing_hours=_number(rows, "wellbeing_hours"),
    )


def services_and_groups(visit: Appointment) -> tuple[set[int], set[int]]:
    """Ids of the services of a visit and of their groups."""
    lines = AppointmentService.objects.filter(appointment_id=visit.pk).values_list("service_id", "service__group_id")
    return {line[0] for line in lines}, {line[1] for line in lines if line[1] is not None}


def _words(rows: dict[str, list[VisitText]], field: str, order: tuple[str, ...]) -> str:
    """Texts of several services of one visit stand one after another."""
    for kind in order:
        written = [str(getattr(row, field)).strip() for row in rows[kind]]
        if any(written):
            return "\n\n".join(dict.fromkeys(each for each in written if each))
    return ""


def _number(rows: dict[str, list[VisitText]], field: str) -> int | None:
    """The soonest of the nearest."""
    for kind in _NEAREST:
        numbers = [getattr(row, field) for row in rows[kind] if getattr(row, field) is not None]
        if numbers:
            return int(min(numbers))
    return None
