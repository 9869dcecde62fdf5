"""The clinic and its branches."""

from __future__ import annotations

from django.db import models

from zabota.kernel.ids import new_public_id


class Clinic(models.Model):
    """The organisation that keeps patients: the border across which nobody sees anything."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    name = models.CharField("название", max_length=200)
    time_zone = models.CharField("часовой пояс", max_length=40, default="Europe/Moscow")
    currency = models.CharField(max_length=3, default="RUB")
    created_at = models.DateTimeField(auto_now_add=True)
    #: The owner asks every person of the clinic for a second factor, not only the roles that must have one.
    second_factor_for_all = models.BooleanField("код из приложения для всех", default=False)
    #: True for the generated demo clinic, which every page says.
    is_demo = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Branch(models.Model):
    """A place where patients are received; times without a zone in its exports are in `time_zone`."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="branches")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    name = models.CharField("название", max_length=200)
    address = models.CharField("адрес", max_length=300, default="", blank=True)
    phone = models.CharField("телефон", max_length=20, default="", blank=True)
    #: Code of the town, for phones written without it.
    phone_area = models.CharField(max_length=5, default="", blank=True)
    time_zone = models.CharField("часовой пояс", max_length=40, default="Europe/Moscow")
    is_active = models.BooleanField(default=True)
    #: Its very name tells what a person is treated for: nothing that others may see names the clinic or the branch.
    is_sensitive = models.BooleanField("чувствительный филиал", default=False, db_default=False)
    #: Names under which such a branch shows itself: in texts and calendars, as a sender of SMS and of letters.
    neutral_name = models.CharField("нейтральное название", max_length=60, default="", db_default="", blank=True)
    neutral_sms = models.CharField("нейтральный отправитель SMS", max_length=20, default="", db_default="", blank=True)
    neutral_email = models.EmailField("нейтральный адрес писем", default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "name"], name="branch_name_once"),
            models.CheckConstraint(
                name="sensitive_has_alias", condition=models.Q(is_sensitive=False) | ~models.Q(neutral_name="")
            ),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
