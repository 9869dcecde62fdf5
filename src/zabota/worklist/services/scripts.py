"""Scripts in versions: the first day's set, and edits that never overwrite what was said before."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from zabota.clinic.models import Clinic
from zabota.kernel import audit
from zabota.kernel.audit import SYSTEM, Actor
from zabota.kernel.errors import AlreadyDone, BadInput
from zabota.worklist.models import Reason, Script
from zabota.worklist.rules.library import DEFAULT_SCRIPTS
from zabota.worklist.rules.library_words import OURS, digest_of
from zabota.worklist.rules.script_text import problems


class ScriptWrong(BadInput):
    """The text of a script cannot be accepted."""

    code = "script_wrong"


def ensure_scripts(*, clinic: Clinic, now: datetime, actor: Actor = SYSTEM) -> int:
    """Give the clinic the first day's script for each reason that has none. Returns how many were added; safe to repeat."""
    with transaction.atomic():
        have = set(Script.objects.filter(clinic=clinic).values_list("reason", flat=True))
        missing = [script for script in DEFAULT_SCRIPTS if script.reason not in have]
        Script.objects.bulk_create(
            [
                Script(clinic=clinic, reason=script.reason, title=script.title, text=script.text, advice=script.advice)
                for script in missing
            ],
            ignore_conflicts=True,
        )
        if missing:
            audit.record(
                "worklist.scripts.added",
                clinic,
                actor=actor,
                now=now,
                clinic_id=clinic.pk,
                details={"count": len(missing)},
            )
    return len(missing)


def renew_scripts(*, clinic: Clinic, now: datetime, actor: Actor = SYSTEM) -> int:
    """Give a clinic the library's present words where it still has former ones that nobody touched. Safe to repeat.

    The former version stays in the history: with it people were called.
    """
    library = {each.reason: each for each in DEFAULT_SCRIPTS}
    renewed = 0
    with transaction.atomic():
        untouched = Script.objects.select_for_update().filter(clinic=clinic, is_current=True, created_by=None)
        for script in untouched:
            fresh, had = library.get(script.reason), (script.title, script.text, script.advice)
            if fresh is None or had == (fresh.title, fresh.text, fresh.advice):
                continue
            if digest_of(script.reason, *had) not in OURS:
                continue
            Script.objects.filter(pk=script.pk).update(is_current=False)
            last = Script.objects.filter(clinic=clinic, reason=script.reason).aggregate(last=Max("version"))["last"]
            Script.objects.create(
                clinic=clinic, reason=script.reason, version=last + 1,
                title=fresh.title, text=fresh.text, advice=fresh.advice,
            )  # fmt: skip
            renewed += 1
        if renewed:
            audit.record(
                "worklist.scripts.renewed",
                clinic,
                actor=actor,
                now=now,
                clinic_id=clinic.pk,
                details={"count": renewed},
            )
    return renewed


def edit_script(
    *,
    clinic: Clinic,
    reason: Reason,
    title: str,
    text: str,
    advice: str,
    seen_version: int,
    actor: Actor,
    now: datetime,
) -> Script:
    """Make a new version of the script of a reason; the former stays in the history.

    Raises ScriptWrong with all defects at once, AlreadyDone when somebody saved another version meanwhile.
    """
    text, advice = text.replace("\r\n", "\n").strip(), advice.replace("\r\n", "\n").strip()
    title = " ".join(title.split())
    wrong = problems(text) + ([] if title else ["Напишите название сценария."])
    if "{" in advice or "}" in advice:
        wrong.append("В советах подстановки не действуют: уберите фигурные скобки.")
    if wrong:
        raise ScriptWrong(" ".join(wrong))
    stale = "Пока вы правили, сценарий сохранил кто-то другой. Откройте его заново и внесите правку в новую версию."
    with transaction.atomic():
        ensure_scripts(clinic=clinic, now=now, actor=actor)
        last = Script.objects.filter(clinic=clinic, reason=reason).aggregate(last=Max("version"))["last"] or 0
        current = Script.objects.filter(clinic=clinic, reason=reason, is_current=True).first()
        if (current.version if current else 0) != seen_version:
            raise AlreadyDone(stale)
        if current and (current.title, current.text, current.advice) == (title, text, advice):
            return current
        Script.objects.filter(clinic=clinic, reason=reason, is_current=True).update(is_current=False)
        try:
            with transaction.atomic():
                script = Script.objects.create(
                    clinic=clinic,
                    reason=reason,
                    version=last + 1,
                    title=title[:120],
                    text=text,
                    advice=advice,
                    created_by_id=actor.user_id,
                )
        except IntegrityError as error:
            raise AlreadyDone(stale) from error
        audit.record(
            "worklist.script.edited", script, actor=actor, now=now, details={"reason": reason, "version": last + 1}
        )
    return script
