"""Links that a patient opens without a password, kept as digests of their secrets, and codes that prove a phone."""

from __future__ import annotations

from django.db import models

from zabota.booking.models import Appointment, SlotOffer
from zabota.clinic.models import Clinic
from zabota.kernel.ids import new_public_id
from zabota.kernel.scope import ScopedManager
from zabota.patients.models import Patient


class ActionLink(models.Model):
    """A link for one purpose, bound to a visit as it was when the message was made; it dies with the visit."""

    class Purpose(models.TextChoices):
        VISIT = "visit", "визит"
        OFFER = "offer", "освободившееся время"
        WELLBEING = "wellbeing", "самочувствие после приёма"

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    #: Names the page after the secret was taken out of the address; opens nothing by itself.
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="+")
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    offer = models.ForeignKey(SlotOffer, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    #: HMAC of the secret: 22 characters, or 6 for an SMS.
    token_hash = models.CharField(max_length=64, unique=True)
    is_short = models.BooleanField(default=False)
    #: Revision of the visit that the message spoke of.
    revision = models.PositiveIntegerField(default=0)
    #: Visits of one message: the link in it opens the others too.
    leader = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="others")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    #: Wrong answers to «последние четыре цифры телефона».
    wrong_tries = models.PositiveSmallIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], name="action_link_age"),
            models.Index(fields=["appointment"], name="action_link_visit"),
        ]

    def __str__(self) -> str:
        return f"ссылка {self.pk}"


class PhoneCode(models.Model):
    """A code sent to a phone to prove that it is in the hands of who typed it. Lives a few minutes."""

    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    #: HMAC of the phone and of the network address: what limits are counted by.
    phone_hash = models.CharField(max_length=64)
    ip_hash = models.CharField(max_length=64)
    #: HMAC of the code together with this row's id and the phone.
    code_hash = models.CharField(max_length=64, default="", blank=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_hash", "sent_at"], name="phone_code_phone"),
            models.Index(fields=["ip_hash", "sent_at"], name="phone_code_ip"),
            models.Index(fields=["sent_at"], name="phone_code_sent"),
        ]

    def __str__(self) -> str:
        return f"код {self.pk}"


class VideoSeat(models.Model):
    """The one device that has entered the online visit; another takes the seat with the end of the phone."""

    appointment = models.OneToOneField(Appointment, on_delete=models.CASCADE, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    device_hash = models.CharField(max_length=64)
    taken_at = models.DateTimeField()

    objects = ScopedManager()

    def __str__(self) -> str:
        return f"место у экрана {self.appointment_id}"
