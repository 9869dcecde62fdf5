"""The online visit: who may come in, from which device, when."""

from __future__ import annotations

from datetime import datetime
from hmac import compare_digest

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from zabota.booking.models import Appointment
from zabota.kernel import audit
from zabota.kernel.audit import Actor
from zabota.kernel.errors import Trouble
from zabota.visits.models import VideoSeat
from zabota.visits.rules import video
from zabota.visits.rules.video import Server


class VideoClosed(Trouble):
    """The online visit cannot be entered: too early, too late, not online, or the clinic has no video server."""

    code = "video_closed"
    text = "Приём по видео сейчас закрыт."


class OtherDevice(Trouble):
    """The visit was entered from another device."""

    code = "other_device"
    text = "На приём уже вошли с другого устройства."


def video_server() -> Server | None:
    """The clinic's own video server, if there is one."""
    if not (settings.JITSI_URL and settings.JITSI_SECRET):
        return None
    return Server(settings.JITSI_URL, settings.JITSI_APP_ID, settings.JITSI_SECRET)


def enter_video(
    *, visit: Appointment, device: str, is_known: bool, name: str = "Пациент", actor: Actor, now: datetime
) -> str:
    """Address of the room for the patient. Raises VideoClosed, or OtherDevice until the end of the phone was typed."""
    server = _open_server(visit, now=now)
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
    server = video_server()
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
