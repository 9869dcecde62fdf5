"""Accounts of the staff on allauth: nobody signs up by themselves; passwords, second factor and words are ours."""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import time
from typing import Any, ClassVar

import segno
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ChangePasswordForm, LoginForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from axes.handlers.proxy import AxesProxyHandler
from cryptography.fernet import Fernet, InvalidToken
from django import forms
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.messages import add_message
from django.http import HttpRequest, HttpResponse

from zabota.clinic.api import keep_own_password
from zabota.desk.access import first_page, member_of_user, must_have_second_factor
from zabota.kernel import clock
from zabota.kernel.audit import Actor, record

#: A login as fresh as this needs no second question for the password.
FRESH_SECONDS = 300

_MESSAGES = {
    "account/messages/password_changed.txt": "Пароль изменён. На других устройствах нужно войти снова.",
    "mfa/messages/totp_activated.txt": "Код из приложения включён. Сохраните запасные коды.",
    "mfa/messages/totp_deactivated.txt": "Код из приложения выключен.",
    "mfa/messages/recovery_codes_generated.txt": "Новые запасные коды готовы, прежние больше не действуют.",
    "usersessions/messages/sessions_logged_out.txt": "На всех других устройствах выполнен выход.",
}


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self-registration, speaks our words, leads a person with a given password to choose their own."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "Почта или пароль не подошли. Проверьте раскладку и повторите.",
        "too_many_login_attempts": "Слишком много попыток. Повторите через десять минут.",
        "enter_current_password": "Нынешний пароль не подошёл.",
        "incorrect_password": "Пароль не подошёл.",
        "password_min_length": "Пароль короче десяти знаков.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by the owner under «Сотрудники»."""
        return False

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Leave a row in the trail."""
        member = member_of_user(user.pk)
        if member is not None:
            record("clinic.member.logged_in", member, actor=Actor(user_id=user.pk), now=clock.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where to go after the login: to an own password first, else to the first page of the role."""
        return first_page(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to work after the password was changed."""
        return first_page(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Tries are counted by login and address together, elsewhere: nobody can lock Vera out from a foreign computer."""

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """The password of the person who is logged in; the number of tries is limited by the view."""
        return user.check_password(password)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for a person who has logged in a moment ago."""
        request = context.request
        records = get_authentication_records(request, request.user)
        if records and time.time() - records[-1]["at"] < FRESH_SECONDS:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what tells something new, in our words; a page that opens says by itself that the login worked."""
        text = message or _MESSAGES.get(message_template or "")
        if text:
            add_message(request, level, text, extra_tags=extra_tags)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, behind as many proxies as the settings say; a connection without one counts as one."""
        return get_client_ip(request) or "0.0.0.0"  # noqa: S104 -- a name for "unknown", nothing listens on it

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """There is no mail: the trail keeps what happened with accounts."""


class StaffMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The second factor: the code drawn by our own server, the secret sealed at rest, not to be dropped where it is a must."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "Код не подошёл. Дождитесь следующего и введите его.",
        "cannot_delete_authenticator": "Для вашей роли код из приложения обязателен. Сменить телефон поможет руководитель.",
    }

    def build_totp_svg(self, url: str) -> str:
        """The QR code as SVG, for an image on the page itself."""
        drawn = io.BytesIO()
        segno.make(url, error="m").save(drawn, kind="svg", scale=5, border=2, light="#fff", dark="#000")
        return drawn.getvalue().decode("utf-8")

    def encrypt(self, text: str) -> str:
        """Seal a secret: a copy of the database alone gives no codes."""
        return _seal().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a secret. After the installation's key was changed no code fits; the owner resets the factor."""
        try:
            return _seal().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return base64.b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not where the role must have one."""
        member = member_of_user(authenticator.user_id)
        return member is None or not must_have_second_factor(member)


def _seal() -> Fernet:
    key = hashlib.sha256(b"second factor" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


class StaffLoginForm(LoginForm):  # type: ignore[misc]
    """E-mail address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = "Почта", "Пароль"
        login.widget.attrs = {"autocomplete": "username", "inputmode": "email", "autofocus": True}
        password.widget.attrs = {"autocomplete": "current-password"}
        password.help_text = ""

    def clean_login(self) -> str:
        """Addresses are compared without regard to case; so are the tries of those who guess."""
        return str(self.cleaned_data["login"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        """A locked-out login is told so before any password is looked at; the middleware shows the page for it."""
        login = self.cleaned_data.get("login")
        if login and not AxesProxyHandler.is_allowed(self.request, {"email": login}):
            self.request.axes_locked_out = True
            raise StaffAccountAdapter(self.request).validation_error("too_many_login_attempts")
        cleaned: dict[str, Any] = super().clean()
        return cleaned


class StaffChangePasswordForm(ChangePasswordForm):  # type: ignore[misc]
    """The person's own password; afterwards nothing is closed to them any more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"oldpassword": "Нынешний пароль", "password1": "Новый пароль", "password2": "Новый ещё раз"}
        for name, label in labels.items():
            self.fields[name].label = label
            self.fields[name].widget.attrs.pop("placeholder", None)
            self.fields[name].help_text = ""
        self.fields["password1"].help_text = "Не короче десяти знаков. Хорошо запоминаются три-четыре слова подряд."

    def clean(self) -> dict[str, Any]:
        """A given password must really be replaced."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("password1") and cleaned["password1"] == cleaned.get("oldpassword"):
            self.add_error("password1", forms.ValidationError("Новый пароль должен отличаться от нынешнего."))
        return cleaned

    def save(self) -> None:
        """Keep the password and open what was closed until it was chosen."""
        super().save()
        keep_own_password(user=self.user, now=clock.now())


class _CodeField:
    """Gives the field of the code our words and the right keyboard on a phone."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = "Код"
        code.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class StaffActivateCodeForm(_CodeField, ActivateTOTPForm):  # type: ignore[misc]
    """The first code of a new application."""


class StaffCodeForm(_CodeField, AuthenticateForm):  # type: ignore[misc]
    """The code after the password."""


class StaffCodeAgainForm(_CodeField, ReauthenticateForm):  # type: ignore[misc]
    """The code before something that changes the account."""


def login_of(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """Whose password is being tried, for the lock-out."""
    given = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(given).strip().lower()[:254]


def address_of(request: HttpRequest) -> str:
    """Where the tries come from."""
    return str(StaffAccountAdapter(request).get_client_ip(request))
