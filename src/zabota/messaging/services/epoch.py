"""After a restore nothing leaves by itself: noticed, held, opt-outs replayed; a person looks and goes on."""

from __future__ import annotations

import os
import secrets
from datetime import datetime

import structlog
from django.db import DatabaseError, connection, transaction

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.messaging.models import AddressBlock, Message, MessagingRules, OutboxEpoch
from zabota.messaging.rules.epoch import LEAP, Mark, read_mark, trouble_of
from zabota.messaging.services import journal
from zabota.messaging.services.rules import RESTORED, pause_sending
from zabota.patients.api import Proof, latest_decisions, withdraw_consent
from zabota.patients.models import Consent, Patient

log = structlog.get_logger(__name__)
_MARK = "mark"


def look(*, now: datetime) -> str:
    """Compare the two marks and step on; asked before anything is sent. Returns why sending was held just now, or «»."""
    if journal.folder() is None:
        return ""
    with transaction.atomic():
        row = OutboxEpoch.objects.select_for_update().order_by("id").first()
        kept, home = _kept(), _home()
        stored = Mark(row.token, row.counter, row.home) if row is not None else None
        with every_clinic(reason="whether anything was ever sent"):
            has_messages = Message.objects.exists()
        trouble = trouble_of(kept, stored, home=home, has_messages=has_messages)
        row = row or OutboxEpoch(token=secrets.token_hex(16))
        if trouble:
            _hold(trouble, now)
            row.counter = max(row.counter, kept.counter if kept else 0) + LEAP
        row.counter, row.home, row.seen_at = row.counter + 1, home, now
        row.save()
        mark = Mark(row.token, row.counter, home)
    _keep(mark)
    return trouble


def holds() -> list[MessagingRules]:
    """Clinics whose sending waits for a person since a restore."""
    rows = MessagingRules.objects.filter(paused_reason=RESTORED).exclude(paused_at=None)
    return list(rows.select_related("clinic").order_by("clinic_id"))


def _hold(trouble: str, now: datetime) -> None:
    log.warning("outbox_held", trouble=trouble)
    told = journal.wishes()
    for clinic in Clinic.objects.order_by("id"):
        with clinic_scope(clinic.pk):
            blocks, consents = _replay(clinic, told, now)
            pause_sending(clinic=clinic, reason=RESTORED, actor=SYSTEM, now=now)
            # A pause by somebody's hand becomes this one: whoever ends it must know what they confirm.
            MessagingRules.objects.filter(clinic=clinic).update(paused_reason=RESTORED)
            details = {"trouble": trouble, "addresses": blocks, "consents": consents}
            audit.record(
                "messaging.restore.noticed", clinic, actor=SYSTEM, now=now, clinic_id=clinic.pk, details=details
            )


def _replay(clinic: Clinic, told: list[dict[str, object]], now: datetime) -> tuple[int, int]:
    """What people took back after the copy was made: their last word, when it forbids."""
    blocks: dict[str, dict[str, object]] = {}
    decisions: dict[tuple[str, str, str], dict[str, object]] = {}
    for line in told:
        if line.get("clinic") != clinic.public_id:
            continue
        if address := line.get("address"):
            blocks[str(address)] = line
        elif line.get("patient"):
            key = (str(line["patient"]), str(line.get("purpose", "")), str(line.get("channel", "")))
            # Told by workers, so not always in order; of two about one decision the later line is its undo.
            if key not in decisions or _said_at(line) >= _said_at(decisions[key]):
                decisions[key] = line
    return _block_again(clinic, blocks, now), _withdraw_again(clinic, decisions, now)


def _block_again(clinic: Clinic, last: dict[str, dict[str, object]], now: datetime) -> int:
    wanted = {address: line for address, line in last.items() if line.get("shut")}
    there = set(
        AddressBlock.objects.filter(
            clinic=clinic, scope=AddressBlock.Scope.MARKETING, channel="", ended_at=None
        ).values_list("address_hash", flat=True)
    )
    rows = [
        AddressBlock(
            clinic=clinic, address_hash=address, channel="", scope=AddressBlock.Scope.MARKETING,
            reason=str(line.get("reason", "stopped"))[:30], created_at=now,
        )
        for address, line in wanted.items()
        if address not in there
    ]  # fmt: skip
    AddressBlock.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _withdraw_again(clinic: Clinic, last: dict[tuple[str, str, str], dict[str, object]], now: datetime) -> int:
    forbidding = {key: line for key, line in last.items() if line.get("state") in _FORBID}
    if not forbidding:
        return 0
    patients = {
        each.public_id: each
        for each in Patient.objects.filter(clinic=clinic, public_id__in={key[0] for key in forbidding})
    }
    known = latest_decisions([each.pk for each in patients.values()])
    done = 0
    for (public_id, purpose, channel), line in forbidding.items():
        patient = patients.get(public_id)
        said_at = _said_at(line)
        if patient is None or ((said := known.get((patient.pk, purpose, channel))) and said >= said_at):
            continue
        proof = Proof(
            signature="oral",
            entry="restore",
            document=f"Решение от {said_at:%d.%m.%Y %H:%M} UTC, журнал вне базы данных",
        )
        withdraw_consent(patient=patient, purpose=purpose, channel=channel, proof=proof, actor=SYSTEM, now=now)
        done += 1
    return done


_FORBID = frozenset({Consent.State.WITHDRAWN.value, Consent.State.REFUSED.value})


def _said_at(line: dict[str, object]) -> datetime:
    return datetime.fromisoformat(str(line["at"]))


def _home() -> str:
    """Which database this is, in the words of its server; SQLite has none: a copy of the file is the same file."""
    if connection.vendor != "postgresql":
        return ""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT system_identifier::text || ':' || (SELECT oid FROM pg_database WHERE datname = current_database())"
                " FROM pg_control_system()"
            )
            return str(cursor.fetchone()[0])
    except DatabaseError:
        return ""


def _kept() -> Mark | None:
    here = journal.folder()
    try:
        return read_mark((here / _MARK).read_text(encoding="utf-8")) if here is not None else None
    except OSError:
        return None


def _keep(mark: Mark) -> None:
    """After the database has it: a crash between the two leaves the folder behind, which is no trouble."""
    here = journal.folder()
    if here is None:
        return
    try:
        here.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = _kept()
        if kept is not None and kept.token == mark.token and kept.counter >= mark.counter:
            return
        written = here / f"{_MARK}.{os.getpid()}.{secrets.token_hex(4)}"
        written.write_text(mark.text(), encoding="utf-8")
        written.replace(here / _MARK)
    except OSError as error:
        log.error("outbox_mark_refused", error=type(error).__qualname__)
