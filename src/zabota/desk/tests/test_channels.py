"""«Каналы» of the owner, and the phone and mailbox of the demo clinic."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic
from zabota.desk.demo_mailbox.reading import here, parts_of
from zabota.integrations import api as integrations
from zabota.integrations.demo import box
from zabota.integrations.pictures import DEMO_LARGEST, DEMO_MOST, keep_picture, kept_picture
from zabota.kernel import clock
from zabota.kernel.audit import SYSTEM
from zabota.kernel.models import AuditEntry
from zabota.kernel.scope import clinic_scope, every_clinic
from zabota.messaging.api import apply_receipts, ensure_rules, save_account, switch_account
from zabota.messaging.models import ChannelAccount, ChannelRule, Conversation, Receipt
from zabota.patients.models import Patient
from zabota.visits.models import Reminder
from zabota.visits.services.planning import replan

SMSC = {
    "title": "SMS клиники",
    "login": "clinic",
    "password": "тайна-77",
    "sender": "Ulybka",
    "price": "3.25",
    "per_second": "5",
}


RULES = {
    "service_from": "08:00", "service_till": "21:00", "marketing_from": "09:00", "marketing_till": "21:00",
    "marketing_cap": "4", "marketing_cap_days": "30", "day_cap": "2", "service_day_cap": "8",
    "cascade_minutes": "30", "way_0": "sms", "has_call": "on",
}  # fmt: skip


@pytest.fixture
def smsc(as_anton: Client, smile: Clinic) -> ChannelAccount:
    as_anton.post(reverse("desk:channel-new", args=["smsc"]), {**SMSC, "base_url": "http://127.0.0.1:9"})
    return ChannelAccount.objects.get(clinic=smile, provider="smsc")


class TestChannels:
    def test_the_owner_connects_a_provider_switched_off(self, smsc: ChannelAccount) -> None:
        assert (smsc.title, smsc.is_on, smsc.price_kopecks, smsc.per_second) == ("SMS клиники", False, 325, 5.0)
        assert smsc.values["password"] == "тайна-77"

    def test_a_stored_secret_is_never_shown_and_survives_an_empty_field(
        self, as_anton: Client, smsc: ChannelAccount
    ) -> None:
        address = reverse("desk:channel", args=[smsc.public_id])
        assert "тайна-77" not in as_anton.get(address).content.decode()
        as_anton.post(address, {**SMSC, "password": "", "login": "clinic2", "base_url": ""})
        smsc.refresh_from_db()
        assert (smsc.values["login"], smsc.values["password"]) == ("clinic2", "тайна-77")

    def test_switching_on_says_who_was_added_to_the_recipients(self, as_anton: Client, smsc: ChannelAccount) -> None:
        said = as_anton.post(reverse("desk:channel-act", args=[smsc.public_id, "on"]), follow=True).content.decode()
        assert "В согласиях назван получатель данных: SMSC.ru" in said

    def test_an_organisation_of_the_list_sees_no_foreign_messenger(self, as_anton: Client, smile: Clinic) -> None:
        page = as_anton.get(reverse("desk:channels")).content.decode()
        assert "Организация из перечня 41-ФЗ?" in page and reverse("desk:channel-new", args=["telegram"]) in page
        as_anton.post(reverse("desk:channels-listed"), {"answer": "yes"})
        page = as_anton.get(reverse("desk:channels")).content.decode()
        assert "закрыты навсегда" in page
        for provider in "telegram", "whatsapp", "viber":
            assert reverse("desk:channel-new", args=[provider]) not in page
        said = as_anton.post(reverse("desk:channels-listed"), {"answer": "no"}, follow=True).content.decode()
        assert "Этот ответ не меняют" in said

    def test_the_domain_of_letters_is_examined_and_what_nobody_answers_is_no_verdict(
        self, as_anton: Client, smile: Clinic, settings, monkeypatch
    ) -> None:
        settings.DNS_SERVERS = ["127.0.0.1:9"]
        monkeypatch.setattr("zabota.integrations.smtp.domain._SECONDS", 0.05)
        values = {"host": "localhost", "port": "25", "security": "none", "sender": "a@ulybka.test"}
        account = save_account(
            clinic=smile, provider="smtp", title="Почта", values=values, actor=SYSTEM, now=clock.now()
        )
        page = as_anton.post(reverse("desk:channel-act", args=[account.public_id, "domain"])).content.decode()
        for name in "SPF", "DKIM", "DMARC":
            assert name in page
        assert "DNS не ответил" in page

    def test_the_owner_requires_the_mark_of_advertising_and_takes_that_back(
        self, as_anton: Client, smile: Clinic
    ) -> None:
        for answer, required in ("yes", True), ("no", False):
            as_anton.post(reverse("desk:channels-erid"), {"required": answer})
            assert ensure_rules(clinic_id=smile.pk).erid_required is required

    def test_what_is_missing_is_told_at_its_field(self, as_anton: Client) -> None:
        response = as_anton.post(reverse("desk:channel-new", args=["smsc"]), {**SMSC, "password": ""})
        assert response.status_code == 422
        assert not ChannelAccount.objects.exists()

    def test_a_check_says_in_plain_words_what_is_wrong(self, as_anton: Client, smsc: ChannelAccount) -> None:
        response = as_anton.post(reverse("desk:channel-act", args=[smsc.public_id, "check"]), follow=True)
        assert "Провайдер не ответил" in response.content.decode()

    def test_a_provider_abroad_is_not_switched_on_without_the_day_of_the_notification(self, as_anton: Client) -> None:
        fields = {"title": "Бот", "token": "1:a", "bot_name": "clinic_bot", "per_second": "10"}
        as_anton.post(reverse("desk:channel-new", args=["telegram"]), fields)
        account = ChannelAccount.objects.get()
        switch = reverse("desk:channel-act", args=[account.public_id, "on"])
        assert "уведомления" in as_anton.post(switch, follow=True).content.decode()
        account.refresh_from_db()
        assert not account.is_on
        as_anton.post(reverse("desk:channel", args=[account.public_id]), {**fields, "cross_border_on": "2026-11-01"})
        as_anton.post(switch)
        account.refresh_from_db()
        assert (account.is_on, account.cross_border_on) == (True, dt.date(2026, 11, 1))

    def test_the_address_to_copy_is_the_one_that_is_answered(
        self, as_anton: Client, smsc: ChannelAccount, client: Client
    ) -> None:
        address = integrations.hook_address(smsc)
        assert address in as_anton.get(reverse("desk:channel", args=[smsc.public_id])).content.decode()
        path = "/" + address.split("/", 3)[3]
        assert client.post(path, b"", content_type="text/plain").status_code == 403, (
            "known, and the signature is missing"
        )

    def test_the_law_is_overridden_only_with_a_reason_that_the_trail_keeps(
        self, as_anton: Client, smile: Clinic
    ) -> None:
        ensure_rules(clinic_id=smile.pk)
        rule = ChannelRule.objects.get(clinic=smile, channel="telegram")
        address = reverse("desk:channel-law", args=[rule.pk])
        as_anton.post(address, {"reason": "да"})
        rule.refresh_from_db()
        assert rule.overridden_at is None
        as_anton.post(address, {"reason": "Юрист клиники дал заключение № 7"})
        rule.refresh_from_db()
        assert rule.overridden_at is not None
        assert AuditEntry.objects.filter(action__startswith="messaging.").exists()
        as_anton.post(address)
        rule.refresh_from_db()
        assert rule.overridden_at is None

    def test_the_owner_chooses_hours_limits_and_the_way_to_the_patient(self, as_anton: Client, smile: Clinic) -> None:
        address = reverse("desk:channels-rules")
        assert as_anton.get(address).context["form"].initial["service_from"] == dt.time(8)
        as_anton.post(address, {**RULES, "way_0": "telegram", "way_1": "sms", "service_till": "20:30"})
        kept = ensure_rules(clinic_id=smile.pk)
        assert (kept.cascade, kept.service_till) == (["telegram", "sms", "call"], dt.time(20, 30))
        assert "Telegram → SMS → Звонок" in as_anton.get(reverse("desk:channels")).content.decode()
        as_anton.post(address, {**RULES, "way_0": "sms", "has_call": ""})
        assert ensure_rules(clinic_id=smile.pk).cascade == ["sms"]

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"service_till": "07:00"}, "Конец часов должен быть позже начала"),
            ({"way_1": "sms"}, "Этот канал уже выбран выше"),
            ({"way_0": ""}, "Обязательное поле"),
            ({"day_cap": "0"}, "значение больше либо равно 1"),
            ({"marketing_from": "утром"}, "правильное время"),
        ],
    )
    def test_rules_that_make_no_sense_are_told_at_their_field(
        self, as_anton: Client, smile: Clinic, wrong: dict[str, str], said: str
    ) -> None:
        answer = as_anton.post(reverse("desk:channels-rules"), {**RULES, **wrong})
        assert answer.status_code == 422 and said in answer.content.decode()
        assert ensure_rules(clinic_id=smile.pk).cascade == ["max", "sms", "email", "call"]

    def test_vera_at_the_desk_and_oleg_of_another_clinic_see_nothing(
        self, smsc: ChannelAccount, as_vera: Client, as_oleg: Client
    ) -> None:
        assert as_vera.get(reverse("desk:channels")).status_code == 404
        assert as_oleg.get(reverse("desk:channel", args=[smsc.public_id])).status_code == 404
        assert as_oleg.post(reverse("desk:channel-act", args=[smsc.public_id, "on"])).status_code == 404

    def test_a_real_clinic_is_not_offered_the_demo_phone(self, as_anton: Client) -> None:
        assert "демо-клиники" not in as_anton.get(reverse("desk:channels")).content.decode()
        assert as_anton.get(reverse("desk:channel-new", args=["demo_phone"])).status_code == 404


@pytest.fixture
def demo_phone(smile: Clinic, settings: object, tmp_path: Path) -> Iterator[ChannelAccount]:
    settings.DATA_DIR = tmp_path  # type: ignore[attr-defined]
    Clinic.objects.filter(pk=smile.pk).update(is_demo=True)
    now = clock.now()
    account = save_account(clinic=smile, provider="demo_phone", title="", values={}, actor=SYSTEM, now=now)
    switch_account(account=account, is_on=True, actor=SYSTEM, now=now)
    yield account


PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII9x", 13, b"IHDR", 3, 2)


def _file(name: str, body: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, body)


def _arrived(key: str, text: str, at: dt.datetime) -> box.Arrived:
    return box.Arrived(key=key, address="+79161234567", text=text, subject="", buttons=(), unsubscribe_url="", at=at)


class TestDemoMailbox:
    def test_what_a_patient_would_get_is_shown_with_links_to_press(
        self, demo_phone: ChannelAccount, as_vera: Client
    ) -> None:
        box.put(demo_phone.pk, _arrived("k", "Ждём <b>Вас</b>. Ответить: http://127.0.0.1:8000/p/a7Fq2x.", clock.now()))
        shown = as_vera.get(reverse("desk:demo-mailbox")).content.decode()
        assert 'href="/p/a7Fq2x"' in shown
        assert "&lt;b&gt;" in shown

    def test_a_confirmation_that_waits_for_the_morning_is_said(
        self, demo_phone: ChannelAccount, as_vera: Client, smile: Clinic, mila: Patient
    ) -> None:
        """Who tries the clinic in the evening sees why nothing has come yet."""
        assert "утра, первое" not in as_vera.get(reverse("desk:demo-mailbox")).content.decode()
        now = clock.now()
        starts_at, due_at = now + dt.timedelta(days=3), now + dt.timedelta(hours=8)
        with clinic_scope(smile.pk):
            visit = Appointment.objects.create(clinic=smile, patient=mila, starts_at=starts_at, day=starts_at.date())
            Reminder.objects.create(
                clinic=smile, appointment=visit, patient=mila, kind="booked", starts_at=starts_at, due_at=due_at,
                expires_at=starts_at,
            )  # fmt: skip
        assert "сообщение ждёт утра, первое" in as_vera.get(reverse("desk:demo-mailbox")).content.decode()

        as_vera.post(reverse("desk:demo-mailbox-awake"))
        with clinic_scope(smile.pk):
            replan(clinic_id=smile.pk, now=clock.now())
            assert Reminder.objects.get(kind="booked").due_at <= clock.now()
        assert "утра, первое" not in as_vera.get(reverse("desk:demo-mailbox")).content.decode()

    def test_only_the_demo_clinic_writes_at_night_for_whoever_asks(self, as_vera: Client, smile: Clinic) -> None:
        assert as_vera.post(reverse("desk:demo-mailbox-awake")).status_code == 404

    def test_a_message_offered_twice_arrives_once(self, demo_phone: ChannelAccount) -> None:
        now = clock.now()
        for _ in range(3):
            box.put(demo_phone.pk, _arrived("k", "Ждём вас", now))
        assert len(box.arrived(demo_phone.pk)) == 1

    def test_a_line_cut_off_by_a_full_disk_hides_no_other(self, demo_phone: ChannelAccount) -> None:
        box.put(demo_phone.pk, _arrived("a", "один", clock.now()))
        with box._path(demo_phone.pk).open("ab") as file:
            file.write(b'{"key": "cut\n')
        box.put(demo_phone.pk, _arrived("b", "два", clock.now()))
        assert {each.key for each in box.arrived(demo_phone.pk)} == {"a", "b"}

    def test_an_answer_from_the_phone_reaches_the_clinic(self, demo_phone: ChannelAccount, as_vera: Client) -> None:
        as_vera.post(reverse("desk:demo-mailbox-answer"), {"address": "+79161234567", "text": "СТОП"})
        with every_clinic(reason="test"):
            receipt = Receipt.objects.get()
        assert (receipt.kind, receipt.text, receipt.address) == ("inbound", "СТОП", "+79161234567")

    def test_a_photo_from_the_phone_stands_in_the_conversation_and_opens_there(
        self, demo_phone: ChannelAccount, as_vera: Client, as_oleg: Client
    ) -> None:
        sent = {"address": "+79161234567", "text": "", "picture": _file("щека.png", PNG)}
        as_vera.post(reverse("desk:demo-mailbox-answer"), sent)
        apply_receipts(now=clock.now())
        with every_clinic(reason="test"):
            talk = Conversation.objects.get()
            turn = talk.turns.get()
        assert turn.attachments[0][0] == "image"

        address = reverse("desk:inbox-picture", args=[talk.public_id, turn.pk, 0])
        assert f'href="{address}"' in as_vera.get(reverse("desk:inbox-talk", args=[talk.public_id])).content.decode()
        shown = as_vera.get(address)
        assert (shown.content, shown["Content-Type"], shown["X-Content-Type-Options"]) == (PNG, "image/png", "nosniff")
        assert as_oleg.get(address).status_code == 404
        looks = AuditEntry.objects.filter(action="messaging.picture.viewed")
        assert [row.object_id for row in looks] == [str(talk.pk)], "one row for who looked"
        for turn_id, place in (turn.pk, 1), (turn.pk + 1, 0):
            wrong = reverse("desk:inbox-picture", args=[talk.public_id, turn_id, place])
            assert as_vera.get(wrong).status_code == 404

    @pytest.mark.parametrize(
        ("name", "body", "says"),
        [
            ("a.svg", b"<svg onload=alert(1)></svg>", "Это не снимок"),
            ("a.png", b"MZ not a picture", "Это не снимок"),
            ("a.jpg", b"", "Файл пустой"),
            ("a.jpg", b"\xff\xd8\xff" + bytes(DEMO_LARGEST), "больше 2 МБ"),
        ],
        ids=["svg", "named like a picture", "empty", "too large"],
    )
    def test_what_is_no_small_picture_is_refused_in_words(
        self, demo_phone: ChannelAccount, as_vera: Client, name: str, body: bytes, says: str
    ) -> None:
        sent = {"address": "+79161234567", "text": "смотрите", "picture": _file(name, body)}
        assert says in as_vera.post(reverse("desk:demo-mailbox-answer"), sent, follow=True).content.decode()
        with every_clinic(reason="test"):
            assert not Receipt.objects.exists()

    def test_nothing_to_say_is_said(self, demo_phone: ChannelAccount, as_vera: Client) -> None:
        sent = {"address": "+79161234567", "text": "  "}
        answer = as_vera.post(reverse("desk:demo-mailbox-answer"), sent, follow=True).content.decode()
        assert "приложите снимок" in answer

    @pytest.mark.parametrize("name", ["../1.jsonl", "x.png", f"{'0' * 32}.png", f"{'0' * 32}.svg"])
    def test_only_pictures_that_were_kept_are_given_and_the_oldest_go(
        self, demo_phone: ChannelAccount, name: str
    ) -> None:
        at, clinic = clock.now(), demo_phone.clinic_id
        names = [keep_picture(PNG, clinic_id=clinic, at=at, is_demo=True) for _ in range(DEMO_MOST + 1)]
        assert kept_picture(name, clinic_id=clinic) is None
        assert sum(kept_picture(each, clinic_id=clinic) is not None for each in names) == DEMO_MOST

    def test_a_real_clinic_has_no_such_phone(self, as_vera: Client) -> None:
        assert "работает в демо-клинике" in as_vera.get(reverse("desk:demo-mailbox")).content.decode()
        answer = as_vera.post(reverse("desk:demo-mailbox-answer"), {"address": "+79161234567", "text": "СТОП"})
        assert answer.status_code == 404


def test_only_addresses_become_links() -> None:
    assert parts_of("Карта: https://map.test/a?b=1, ждём") == [
        ("Карта: ", ""),
        ("https://map.test/a?b=1", "https://map.test/a?b=1"),
        (", ждём", ""),
    ]
    assert parts_of("javascript:alert(1)") == [("javascript:alert(1)", "")]
    assert here("https://map.test/p/1") == "https://map.test/p/1"
