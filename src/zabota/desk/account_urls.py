"""Addresses of the own account: those of allauth that a clinic needs. Sign-up, e-mail and social pages do not exist."""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.usersessions import views as usersessions
from django.urls import path

urlpatterns = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/", account.password_change, name="account_change_password"),
    path("confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("code/", mfa.authenticate, name="mfa_authenticate"),
    path("code/confirm/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("security/", mfa.index, name="mfa_index"),
    path("security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("security/app/off/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("security/codes/new/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("security/codes/file/", codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("sessions/", usersessions.list_usersessions, name="usersessions_list"),
]
