"""Login: own pages, lock-out, a given password replaced, second factor, sessions that end."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
from collections.abc import Callable

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from tests.cast import PASSWORD

from zabota.clinic.models import Clinic, Member
from zabota.kernel.models import AuditEntry

LOGIN = "/account/login/"
ADDRESS = "10.0.0.{}"


def enter(client: Client, member: Member, password: str = PASSWORD, **extra: str) -> object:
    return client.post(LOGIN, {"login": member.user.email, "password": password}, **extra)


def code_for(secret: str) -> str:
    """The six digits that an application shows now (RFC 6238), computed without the library under test."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    start = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def secret_on(page: str) -> str:
    return re.search(r"<code[^>]*>([A-Z2-7]{16,})</code>", page).group(1)


def turn_on_factor(client: Client) -> str:
    secret = secret_on(client.get(reverse("mfa_activate_totp")).content.decode())
    response = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
    assert response.status_code == 302, response.content.decode()[-2000:]
    return secret


def test_vera_logs_in_with_address_and_password(as_nobody: Client, vera: Member) -> None:
    response = enter(as_nobody, vera)

    assert response.status_code == 302
    assert as_nobody.session["_auth_user_id"] == str(vera.user_id)
    assert AuditEntry.objects.get().action == "clinic.member.logged_in"


def test_the_address_is_taken_in_any_case(as_nobody: Client, vera: Member) -> None:
    response = as_nobody.post(LOGIN, {"login": f" {vera.user.email.upper()} ", "password": PASSWORD})

    assert response.status_code == 302


def test_a_wrong_password_and_an_unknown_address_look_alike(as_nobody: Client, vera: Member) -> None:
    wrong = enter(as_nobody, vera, "не-тот-пароль").content.decode()
    unknown = as_nobody.post(LOGIN, {"login": "nobody@ulybka.test", "password": "x"}).content.decode()

    assert "Почта или пароль не подошли" in wrong
    strip = re.compile(r'value="[^"]*"|content="[^"]*"')
    assert strip.sub("", wrong) == strip.sub("", unknown)


def test_after_the_login_the_session_has_a_new_id(as_nobody: Client, vera: Member) -> None:
    as_nobody.get(LOGIN)
    session = as_nobody.session
    session["planted"] = True
    session.save()
    planted = session.session_key

    enter(as_nobody, vera)

    assert as_nobody.session.session_key != planted
    assert not Session.objects.filter(session_key=planted).exists()


def test_a_logged_out_session_opens_nothing(as_vera: Client) -> None:
    stolen = as_vera.cookies["zabota"].value
    as_vera.post(reverse("account_logout"))

    thief = Client()
    thief.cookies["zabota"] = stolen
    assert thief.get(reverse("mfa_index")).status_code == 302


def test_ten_wrong_passwords_close_the_login_from_that_address_only(as_nobody: Client, vera: Member) -> None:
    for _ in range(10):
        response = enter(as_nobody, vera, "мимо", REMOTE_ADDR=ADDRESS.format(1))

    assert response.status_code == 429
    assert "Вход приостановлен" in response.content.decode()
    assert enter(as_nobody, vera, REMOTE_ADDR=ADDRESS.format(1)).status_code == 429, "even the right one"
    assert enter(Client(), vera, REMOTE_ADDR=ADDRESS.format(2)).status_code == 302


def test_a_forged_address_does_not_escape_the_lock_out(as_nobody: Client, vera: Member) -> None:
    for number in range(10):
        response = enter(as_nobody, vera, "мимо", REMOTE_ADDR=ADDRESS.format(1), HTTP_X_FORWARDED_FOR=f"1.2.3.{number}")

    assert response.status_code == 429


def test_passwords_are_hashed_with_argon2_in_the_clinic(settings: object) -> None:
    from zabota.config import settings as of_clinic

    settings.PASSWORD_HASHERS = of_clinic.PASSWORD_HASHERS

    assert make_password("тихая-гавань").startswith("argon2$argon2id$")


@pytest.mark.parametrize("weak", ["password12", "1234567890", "короткий"])
def test_a_weak_password_is_refused(as_vera: Client, vera: Member, weak: str) -> None:
    response = as_vera.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    )

    assert response.status_code == 200
    vera.user.refresh_from_db()
    assert vera.user.check_password(PASSWORD)


def test_a_changed_password_ends_other_sessions_and_keeps_this_one(
    as_vera: Client, vera: Member, log_in: Callable[[Member], Client]
) -> None:
    elsewhere = log_in(vera)
    new = "новая-тихая-гавань"

    as_vera.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert elsewhere.get(reverse("mfa_index")).status_code == 302
    assert as_vera.get(reverse("mfa_index")).status_code == 200


def test_a_given_password_must_be_replaced_before_anything_opens(as_vera: Client, vera: Member) -> None:
    vera.user.must_change_password = True
    vera.user.save()

    assert as_vera.get(reverse("desk:staff")).status_code == 404, "no right, whatever the password"
    vera.role = "owner"
    vera.save()
    assert as_vera.get(reverse("desk:staff")).url == reverse("account_change_password")
    same = as_vera.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": PASSWORD, "password2": PASSWORD}
    )
    assert "должен отличаться" in same.content.decode()
    new = "новая-тихая-гавань"
    as_vera.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert as_vera.get(reverse("desk:staff")).status_code == 200


class TestSecondFactor:
    @pytest.fixture(autouse=True)
    def required(self, settings: object) -> None:
        settings.MFA_REQUIRED_ROLES = ["owner"]

    def test_an_owner_sees_no_page_before_the_factor_is_on(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)
        assert as_nobody.get(reverse("desk:staff")).url == reverse("mfa_activate_totp")

        turn_on_factor(as_nobody)

        assert as_nobody.get(reverse("desk:staff")).status_code == 200

    def test_the_drawing_comes_from_our_own_server(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)

        page = as_nobody.get(reverse("mfa_activate_totp")).content.decode()

        assert 'src="data:image/svg+xml;base64,' in page
        assert "http://" not in page.replace("http://www.w3.org", "")

    def test_the_secret_is_sealed_in_the_database(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)
        secret = turn_on_factor(as_nobody)

        stored = Authenticator.objects.get(type="totp")

        assert secret not in str(stored.data)
        assert stored.type == "totp"

    def test_the_next_login_asks_for_the_code(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)
        secret = turn_on_factor(as_nobody)
        browser = Client()

        assert enter(browser, anton).url.startswith(reverse("mfa_authenticate"))
        assert browser.get(reverse("mfa_index")).status_code == 302, "half a login opens nothing"
        with time_machine.travel(time.time() + 31):
            done = browser.post(reverse("mfa_authenticate"), {"code": code_for(secret)})
        assert done.status_code == 302
        assert browser.get(reverse("mfa_index")).status_code == 200

    def test_a_code_is_not_guessed(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)
        secret = turn_on_factor(as_nobody)
        browser = Client()
        enter(browser, anton)

        for _ in range(10):
            browser.post(reverse("mfa_authenticate"), {"code": "000000"})
        with time_machine.travel(time.time() + 31):
            late = browser.post(reverse("mfa_authenticate"), {"code": code_for(secret)})

        assert "Слишком много попыток" in late.content.decode()

    def test_a_recovery_code_works_once(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)
        turn_on_factor(as_nobody)
        codes = re.findall(r"<code>(\d{8})</code>", as_nobody.get(reverse("mfa_view_recovery_codes")).content.decode())
        assert len(codes) == 10

        first, second = Client(), Client()
        enter(first, anton)
        assert first.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
        enter(second, anton)
        assert second.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 200

    def test_who_must_have_a_factor_cannot_drop_it(self, as_nobody: Client, anton: Member) -> None:
        enter(as_nobody, anton)
        turn_on_factor(as_nobody)

        response = as_nobody.post(reverse("mfa_deactivate_totp"))

        assert "обязателен" in response.content.decode()
        assert Authenticator.objects.filter(type="totp").exists()

    def test_the_owner_can_ask_it_of_everybody(self, as_vera: Client, vera: Member, smile: Clinic) -> None:
        assert as_vera.get("/").status_code in {302, 404}
        smile.second_factor_for_all = True
        smile.save()
        vera.role = "quality_controller"
        vera.save()

        assert as_vera.get(reverse("desk:trail")).url == reverse("mfa_activate_totp")

    def test_the_demo_clinic_lets_in_without(self, as_anton: Client, smile: Clinic) -> None:
        smile.is_demo = True
        smile.save()

        assert as_anton.get(reverse("desk:staff")).status_code == 200
        assert "в демонстрационной клинике не обязателен" in as_anton.get(reverse("mfa_index")).content.decode()


class TestSessionsEnd:
    def test_after_an_idle_hour(self, as_vera: Client) -> None:
        assert as_vera.get(reverse("mfa_index")).status_code == 200
        with time_machine.travel(time.time() + 50 * 60):
            assert as_vera.get(reverse("mfa_index")).status_code == 200
        with time_machine.travel(time.time() + 111 * 60):
            assert as_vera.get(reverse("mfa_index")).status_code == 302

    def test_a_page_left_open_that_asks_by_itself_does_not_keep_them(self, as_vera: Client) -> None:
        begin = time.time()
        as_vera.get(reverse("mfa_index"))
        for minutes in range(1, 60, 2):
            with time_machine.travel(begin + minutes * 60):
                assert as_vera.get(reverse("desk:menu-counts"), headers={"X-Background": "1"}).status_code == 200
        with time_machine.travel(begin + 61 * 60):
            assert as_vera.get(reverse("desk:menu-counts"), headers={"X-Background": "1"}).status_code == 302

    def test_at_the_end_of_the_day_however_busy_it_was(self, as_vera: Client) -> None:
        begin = time.time()
        for hour in range(24):
            with time_machine.travel(begin + hour * 1800):
                assert as_vera.get(reverse("mfa_index")).status_code == 200
        with time_machine.travel(begin + 12 * 3600 + 60):
            assert as_vera.get(reverse("mfa_index")).status_code == 302

    def test_the_person_sees_devices_and_ends_the_others(
        self, as_vera: Client, vera: Member, log_in: Callable[[Member], Client]
    ) -> None:
        elsewhere = log_in(vera)
        elsewhere.get(reverse("mfa_index"))
        as_vera.get(reverse("mfa_index"))
        assert UserSession.objects.count() == 2

        as_vera.post(reverse("usersessions_list"))

        assert elsewhere.get(reverse("mfa_index")).status_code == 302
        assert as_vera.get(reverse("usersessions_list")).status_code == 200

    def test_a_closed_account_is_out_with_the_next_request(self, as_vera: Client, vera: Member) -> None:
        vera.user.is_active = False
        vera.user.save()

        assert as_vera.get(reverse("mfa_index")).status_code == 302


@pytest.mark.parametrize(
    "path",
    ["/account/signup/", "/account/email/", "/account/confirm-email/", "/account/password/reset/", "/account/password/set/",
     "/account/3rdparty/", "/account/social/connections/", "/account/2fa/webauthn/", "/account/login/code/"],
)  # fmt: skip
def test_pages_a_clinic_has_no_use_for_do_not_exist(as_anton: Client, path: str) -> None:
    assert as_anton.get(path).status_code == 404


def test_the_demo_shows_who_may_enter(as_nobody: Client, vera: Member, smile: Clinic) -> None:
    from zabota.clinic.api import demo_password

    assert "Демонстрационная клиника" not in as_nobody.get(LOGIN).content.decode()
    smile.is_demo = True
    smile.save()
    vera.user.set_password(demo_password())
    vera.user.save()

    page = as_nobody.get(LOGIN).content.decode()

    assert vera.user.email in page
    assert enter(as_nobody, vera, demo_password()).status_code == 302


@pytest.mark.parametrize(
    "there", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)", "http:evil.test"]
)
def test_nobody_is_sent_to_another_site_after_the_login(client: Client, vera: Member, there: str) -> None:
    """T27: open redirect, in the address and in the form."""
    fields = {"login": vera.user.email, "password": PASSWORD, "next": there}
    response = client.post(f"{LOGIN}?next={there}", fields)
    assert response.status_code == 302 and "evil" not in response["Location"] and "script" not in response["Location"]
