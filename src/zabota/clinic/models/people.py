"""People of the clinic: accounts, their roles and branches, and doctors."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models

from zabota.clinic.models.organisation import Branch, Clinic
from zabota.clinic.rules.rights import ROLE_NAMES, Role
from zabota.kernel.ids import new_public_id


class UserManager(BaseUserManager["User"]):
    """Makes accounts; an e-mail address is the login."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A new account. Without a password nobody can enter until one is set."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Required by Django's commands; Zabota itself gives rights by role only."""
        return self.create_user(email, password, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Logins are compared without regard to case."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account of a person of the clinic. What they may do follows from Member, not from Django's flags."""

    email = models.EmailField("почта", unique=True)
    surname = models.CharField("фамилия", max_length=100, default="", blank=True)
    name = models.CharField("имя", max_length=100, default="", blank=True)
    patronymic = models.CharField("отчество", max_length=100, default="", blank=True)
    is_active = models.BooleanField(default=True)
    #: The password was given by somebody else: nothing opens until the person has chosen their own.
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def full_name(self) -> str:
        """Surname, name and patronymic."""
        return " ".join(part for part in (self.surname, self.name, self.patronymic) if part)

    @property
    def short_name(self) -> str:
        """«Соколова М. В.», or the e-mail address when no name is known."""
        initials = " ".join(f"{part[0]}." for part in (self.name, self.patronymic) if part)
        return f"{self.surname} {initials}".strip() or self.email


class Doctor(models.Model):
    """A doctor as the clinic's system knows them; may have no account."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="doctors")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    ext_id = models.CharField(max_length=64, default="", blank=True)
    name = models.CharField("имя", max_length=200)
    #: Folded name by which imports find the doctor.
    name_key = models.CharField(max_length=200)
    speciality = models.CharField("специальность", max_length=100, default="", blank=True)
    branches: models.ManyToManyField[Branch, Any] = models.ManyToManyField(Branch, related_name="doctors", blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["clinic", "name_key"], name="doctor_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person's place in a clinic: role, branches (none chosen: all), contacts a day."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="members")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    role = models.CharField("роль", max_length=20, choices=[(role.value, ROLE_NAMES[role]) for role in Role])
    branches: models.ManyToManyField[Branch, Any] = models.ManyToManyField(Branch, related_name="members", blank=True)
    doctor = models.ForeignKey(Doctor, null=True, blank=True, on_delete=models.SET_NULL, related_name="members")
    #: Contacts that round robin gives this person for one day; 0 takes them out of the distribution.
    daily_capacity = models.PositiveSmallIntegerField("контактов в день", default=40)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "clinic"], name="member_once_per_clinic")]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}"
