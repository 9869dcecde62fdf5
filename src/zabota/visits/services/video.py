"""The online visit: what may be one, who may come in, from which device, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from zabota.booking.api import need_of
from zabota.booking.models import Appointment
from zabota.clinic.models import Clinic, Service
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import BadInput, Trouble
from zabota.visits.models import VideoSeat
from zabota.visits.rules import video
from zabota.visits.rules.video import Server
from zabota.visits.services.video_consent import ConsentNeeded, video_consent

#: Where the demo clinic's rooms are, on this very host whatever its name.
DEMO_ROOM = "/p/demo-video"


class VideoClosed(Trouble):
    """The online visit cannot be entered: too early, too late, not online, or the clinic has no video server."""

    code = "video_closed"
    text = "Приём по видео сейчас закрыт."


@dataclass(frozen=True, slots=True)
class Pass:
    """Who may be in a room, and when."""

    name: str
    is_doctor: bool
    opens_at: datetime
    closes_at: datetime


class OtherDevice(Trouble):
    """The visit was entered from another device."""

    code = "other_device"
    text = "На приём уже вошли с другого устройства."


def video_server(clinic: Clinic) -> Server | None:
    """The clinic's own video server, if there is one; the demo clinic has a room to practise in instead."""
    if settings.JITSI_URL and settings.JITSI_SECRET:
        return Server(settings.JITSI_URL, settings.JITSI_APP_ID, settings.JITSI_SECRET)
    return demo_server() if clinic.is_demo else None


def demo_server() -> Server:
    """The room to practise in: a page of this program that checks passes as a video server does and shows no picture."""
    secret = salted_hmac("zabota.visits.demo-video", "pass", algorithm="sha256").hexdigest()
    return Server(DEMO_ROOM, "zabota", secret)


def practice_pass(*, room: str, pass_: str, now: datetime) -> Pass | None:
    """Who comes into the room to practise in, judged as a video server does: seal, room and time. None for nobody."""
    said = video.read_pass(pass_, demo_server().secret)
    if said is None or said["room"] != room or not said["nbf"] <= now.timestamp() < said["exp"]:
        return None
    opens, closes = (datetime.fromtimestamp(said[name], tz=UTC) for name in ("nbf", "exp"))
    user = said["context"]["user"]
    return Pass(name=user["name"], is_doctor=user["moderator"] == "true", opens_at=opens, closes_at=closes)


def offers_video(services: Sequence[Service]) -> bool:
    """Whether a visit for these may be by video: each of them may, and the clinic has a server."""
    return bool(services) and need_of(services).by_video and video_server(services[0].clinic) is not None


def kind_of(services: Sequence[Service], *, online: bool) -> str:
    """The kind of a visit that somebody asks for. Raises BadInput when it cannot be by video."""
    if not online:
        return Appointment.Kind.IN_PERSON
    if not offers_video(services):
        raise BadInput("По видео эту услугу не оказывают. Снимите отметку или выберите другую услугу.")
    return Appointment.Kind.ONLINE


def enter_video(
    *, visit: Appointment, device: str, is_known: bool, name: str = "Пациент", actor: Actor, now: datetime
) -> str:
    """Address of the room for the patient.

    Raises VideoClosed, ConsentNeeded, or OtherDevice until the end of the phone was typed.
    """
    server = _open_server(visit, now=now)
    if not video_consent(visit.patient).allowed:
        raise ConsentNeeded
    digest = salted_hmac("zabota.visits.device", device, algorithm="sha256").hexdigest()
    with transaction.atomic():
        Appointment.objects.select_for_update(of=("self",)).get(pk=visit.pk)
        seat = VideoSeat.objects.filter(appointment=visit).first()
        if seat is not None and not compare_digest(seat.device_hash, digest) and not is_known:
            raise OtherDevice
        if seat is None or seat.device_hash != digest:
            VideoSeat.objects.update_or_create(
                appointment=visit,
                defaults={"clinic_id": visit.clinic_id, "device_hash": digest, "taken_at": now},
            )
            audit.record("visits.video.entered", visit, actor=actor, now=now)
    return _address(server, visit, name=name, is_doctor=False)


def doctor_video_address(*, visit: Appointment, name: str, now: datetime) -> str:
    """Address of the room for the doctor, who opens it. Raises VideoClosed."""
    return _address(_open_server(visit, now=now), visit, name=name, is_doctor=True)


def _open_server(visit: Appointment, *, now: datetime) -> Server:
    server = video_server(visit.clinic)
    if server is None:
        raise VideoClosed("У клиники не подключён сервер видеосвязи. Позвоните в клинику.")
    if visit.kind != Appointment.Kind.ONLINE or visit.status in (
        Appointment.Status.CANCELLED_PATIENT,
        Appointment.Status.CANCELLED_CLINIC,
        Appointment.Status.MOVED,
    ):
        raise VideoClosed
    if now < video.opens_at(visit.starts_at):
        raise VideoClosed("Ещё рано: вход откроется за 15 минут до начала.")
    if now >= video.closes_at(visit.ends_at):
        raise VideoClosed("Приём закончился, вход закрыт.")
    return server


def _address(server: Server, visit: Appointment, *, name: str, is_doctor: bool) -> str:
    return video.address_of(
        server,
        room=video.room_of(server.secret, visit.pk, visit.revision),
        name=name,
        is_doctor=is_doctor,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
    )
