"""What a person may meet when changing the clinic or its people."""

from __future__ import annotations

from zabota.clinic.rules.people import PeopleProblem
from zabota.kernel.errors import Trouble


class EmailTaken(Trouble):
    """An account with this address exists, here or elsewhere; which is not told."""

    code = "email_taken"
    text = "Эта почта уже занята. Укажите другую."


class OwnRole(Trouble):
    """Nobody gives rights to themselves, and nobody takes them from themselves by mistake."""

    code = "own_role"
    text = "Свою роль изменить нельзя. Попросите другого руководителя."


class OwnAccount(Trouble):
    """Nobody closes their own account."""

    code = "own_account"
    text = "Себя отключить нельзя. Попросите другого руководителя."


class LastOwner(Trouble):
    """A clinic without an owner could not be managed by anybody."""

    code = "last_owner"
    text = "Это единственный руководитель. Сначала назначьте второго."


class NameTaken(Trouble):
    """Two branches, doctors, services or groups of one name could not be told apart in an export."""

    code = "name_taken"
    text = "Такое название уже есть. Выберите другое."


class NotOfThisClinic(Trouble):
    """A row of another clinic was named; the person is not told that it exists."""

    code = "not_of_this_clinic"
    text = "Такой записи нет."


PROBLEMS: dict[PeopleProblem, type[Trouble]] = {"own_role": OwnRole, "own_account": OwnAccount, "last_owner": LastOwner}
