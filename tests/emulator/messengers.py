"""MAX, Telegram, VK, WhatsApp Cloud, Viber as they speak."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tests.emulator.faces import JSON, CallBack, Taken, as_json
from tests.emulator.files import file_of
from tests.emulator.http import Answer, Request, says


def _sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Max:
    name = "max"
    knows = frozenset({"key", "recipient", "blocked", "error_in_200"})

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/messages":
            return None
        return [Taken(request.query["user_id"], request.json()["text"], raw=request.json())]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        if request.path == "/me":
            return says({"user_id": 7, "first_name": "Клиника", "is_bot": True})
        if request.path == "/subscriptions":
            return says({"success": True})
        if request.method == "GET" and request.path.startswith("/files/"):
            return file_of(request.path.removeprefix("/files/"))
        return None

    def is_revoked(self, request: Request) -> bool:
        return request.path in ("/messages", "/me") and request.headers.get("authorization") == "revoked"

    def takes(self, messages: list[Taken]) -> Answer:
        one = messages[0]
        body = {"mid": f"mid.{one.number}", "seq": 1, "text": one.text}
        return says({"message": {"recipient": {"user_id": 1}, "timestamp": 1764000000000, "body": body}})

    def refuses(self, kind: str, message: Taken) -> Answer:
        table = {
            "key": (401, "verify.token", "Invalid access_token"),
            "limit": (429, "too.many.requests", "slow down"),
            "blocked": (403, "chat.denied", "user suspended the bot"),
        }
        if kind == "error_in_200":
            return says({"code": "proto.payload", "message": "nothing taken"})
        status, code, words = table.get(kind, (404, "chat.not.found", "no such chat"))
        return says({"code": code, "message": words}, status)

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        return None

    def _update(self, data: dict[str, Any], at: float, secret: str) -> CallBack:
        body = as_json({**data, "timestamp": int(at * 1000)})
        return CallBack(body, {**JSON, "X-Max-Bot-Api-Secret": secret})

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        sender = {"user_id": int(message.address), "first_name": "И", "is_bot": False}
        body = {"mid": f"in.{at}", "seq": 2, "text": text}
        update = {
            "update_type": "message_created",
            "message": {"sender": sender, "recipient": {"chat_id": 1}, "body": body},
        }
        return self._update(update, at, secret)

    def shows(self, message: Taken, name: str, at: float, secret: str, *, home: str) -> CallBack:
        """The person sent a picture that lies at this provider."""
        sender = {"user_id": int(message.address), "first_name": "И", "is_bot": False}
        picture = {"type": "image", "payload": {"photo_id": 1, "token": "t", "url": f"{home}/files/{name}"}}
        body = {"mid": f"in.{at}", "seq": 2, "text": "", "attachments": [picture]}
        update = {"update_type": "message_created", "message": {"sender": sender, "body": body}}
        return self._update(update, at, secret)

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        update = {
            "update_type": "bot_stopped",
            "chat_id": 1,
            "user": {"user_id": int(message.address), "first_name": "И"},
        }
        return self._update(update, at, secret)


class Telegram:
    name = "telegram"
    knows = frozenset({"key", "recipient", "blocked", "error_in_200"})

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or not request.path.endswith("/sendMessage"):
            return None
        data = request.json()
        return [Taken(str(data["chat_id"]), data["text"], raw=data)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        if request.path.endswith("/getMe"):
            return says({"ok": True, "result": {"id": 5, "is_bot": True, "username": "clinic_bot"}})
        if request.path.endswith("/setWebhook"):
            return says({"ok": True, "result": True})
        if request.path.endswith("/getFile"):
            name = request.json()["file_id"]
            said = {"gone.png": "wrong file_id or the file is temporarily unavailable", "toobig.png": "file is too big"}
            if name in said:
                return says({"ok": False, "error_code": 400, "description": f"Bad Request: {said[name]}"}, 400)
            return says({"ok": True, "result": {"file_id": name, "file_path": f"photos/{name}"}})
        if request.method == "GET" and request.path.startswith("/file/bot"):
            return file_of(request.path.rpartition("/")[2])
        return None

    def is_revoked(self, request: Request) -> bool:
        return request.path.startswith("/botrevoked/")

    def takes(self, messages: list[Taken]) -> Answer:
        return says({"ok": True, "result": {"message_id": int(messages[0].number), "date": 1764000000}})

    def refuses(self, kind: str, message: Taken) -> Answer:
        table = {
            "key": (401, "Unauthorized"),
            "blocked": (403, "Forbidden: bot was blocked by the user"),
            "limit": (429, "Too Many Requests: retry later"),
        }
        status, words = table.get(kind, (400, "Bad Request: chat not found"))
        data: dict[str, Any] = {"ok": False, "error_code": status, "description": words}
        if kind == "error_in_200":
            return says({**data, "error_code": 400})
        return says(data, status)

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        return None

    def _update(self, data: dict[str, Any], at: float, secret: str) -> CallBack:
        body = as_json({"update_id": int(at * 1000) % 2_000_000_000, **data})
        return CallBack(body, {**JSON, "X-Telegram-Bot-Api-Secret-Token": secret})

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        person = int(message.address)
        chat = {"id": person, "type": "private"}
        update = {"message": {"message_id": 9, "date": int(at), "chat": chat, "from": {"id": person}, "text": text}}
        return self._update(update, at, secret)

    def shows(self, message: Taken, name: str, at: float, secret: str, *, home: str) -> CallBack:
        """The person sent a picture that lies at this provider, in several sizes."""
        person = int(message.address)
        sizes = [{"file_id": f"small-{name}", "width": 90}, {"file_id": name, "width": 1280}]
        chat = {"id": person, "type": "private"}
        update = {"message_id": 9, "date": int(at), "chat": chat, "from": {"id": person}, "photo": sizes}
        return self._update({"message": update}, at, secret)

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        person = int(message.address)
        member = {"chat": {"id": person, "type": "private"}, "date": int(at), "new_chat_member": {"status": "kicked"}}
        return self._update({"my_chat_member": member}, at, secret)


class Vk:
    name = "vk"
    knows = frozenset({"key", "recipient", "blocked", "limit", "error_in_200"})
    codes = {"key": 5, "recipient": 936, "blocked": 901, "limit": 6, "error_in_200": 100}
    group = "4242"

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/method/messages.send":
            return None
        form = request.form()
        return [Taken(form["peer_id"], form["message"], key=form["random_id"], raw=form)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        is_asked = request.path == "/method/groups.getTokenPermissions"
        return says({"response": {"mask": 4096, "permissions": []}}) if is_asked else None

    def is_revoked(self, request: Request) -> bool:
        return request.path.startswith("/method/") and request.form().get("access_token") == "revoked"

    def takes(self, messages: list[Taken]) -> Answer:
        return says({"response": int(messages[0].number)})

    def refuses(self, kind: str, message: Taken) -> Answer:
        return says({"error": {"error_code": self.codes[kind], "error_msg": "refused", "request_params": []}})

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        return None

    def _event(self, kind: str, about: dict[str, Any], at: float, secret: str) -> CallBack:
        data = {"type": kind, "group_id": int(self.group), "event_id": f"e{at}", "v": "5.199", "object": about}
        return CallBack(as_json({**data, "secret": secret}), dict(JSON))

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        about = {
            "message": {"id": 3, "from_id": int(message.address), "date": int(at), "text": text, "attachments": []}
        }
        return self._event("message_new", about, at, secret)

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        return self._event("message_deny", {"user_id": int(message.address)}, at, secret)


class WhatsApp:
    name = "whatsapp"
    knows = frozenset({"key", "money", "recipient", "blocked", "limit", "error_in_200"})
    codes = {
        "key": 190,
        "money": 131042,
        "recipient": 131026,
        "blocked": 131050,
        "limit": 130429,
        "error_in_200": 131009,
    }

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or not request.path.endswith("/100500/messages"):
            return None
        data = request.json()
        if data["type"] == "template":
            text = data["template"]["components"][0]["parameters"][0]["text"]
        else:
            text = data["text"]["body"]
        return [Taken(data["to"], text, key=data["biz_opaque_callback_data"], raw=data)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        return says({"id": "100500", "display_phone_number": "+7"}) if request.path.endswith("/100500") else None

    def is_revoked(self, request: Request) -> bool:
        return "/100500" in request.path and request.headers.get("authorization") == "Bearer revoked"

    def takes(self, messages: list[Taken]) -> Answer:
        one = messages[0]
        return says({"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{one.number}"}]})

    def refuses(self, kind: str, message: Taken) -> Answer:
        status = {"key": 401, "limit": 429, "error_in_200": 200}.get(kind, 400)
        return says({"error": {"message": "refused", "type": "OAuthException", "code": self.codes[kind]}}, status)

    def _value(self, value: dict[str, Any], secret: str) -> CallBack:
        body = as_json({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"value": value}]}]})
        return CallBack(body, {**JSON, "X-Hub-Signature-256": f"sha256={_sign(secret, body)}"})

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        status = {
            "id": f"wamid.{message.number}",
            "status": state,
            "timestamp": str(int(at)),
            "recipient_id": message.address,
            "biz_opaque_callback_data": message.key,
        }
        if state == "failed":
            status["errors"] = [{"code": 131026}]  # type: ignore[assignment]
        return self._value({"statuses": [status]}, secret)

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        written = {"from": message.address, "id": f"wamid.in{at}", "timestamp": str(int(at)), "text": {"body": text}}
        return self._value({"messages": [{**written, "type": "text"}]}, secret)

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        return None


class Viber:
    name = "viber"
    knows = frozenset({"key", "money", "recipient", "blocked", "limit", "error_in_200"})
    codes = {"key": 2, "money": 14, "recipient": 5, "blocked": 6, "limit": 12, "error_in_200": 3}

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/pa/send_message":
            return None
        data = request.json()
        return [Taken(data["receiver"], data["text"], key=data["tracking_data"], raw=data)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        is_asked = request.path in ("/pa/get_account_info", "/pa/set_webhook")
        return says({"status": 0, "status_message": "ok", "id": "pa:1"}) if is_asked else None

    def is_revoked(self, request: Request) -> bool:
        return request.path.startswith("/pa/") and request.headers.get("x-viber-auth-token") == "revoked"

    def takes(self, messages: list[Taken]) -> Answer:
        return says({"status": 0, "status_message": "ok", "message_token": int(messages[0].number)})

    def refuses(self, kind: str, message: Taken) -> Answer:
        return says({"status": self.codes[kind], "status_message": "refused"})

    def _event(self, data: dict[str, Any], at: float, secret: str) -> CallBack:
        body = as_json({**data, "timestamp": int(at * 1000)})
        return CallBack(body, {**JSON, "X-Viber-Content-Signature": _sign(secret, body)})

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        if state == "sent":
            return None
        data = {"event": state, "message_token": int(message.number), "user_id": message.address}
        return self._event(data, at, secret)

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        data = {"event": "message", "message_token": int(at * 1000), "sender": {"id": message.address}}
        return self._event({**data, "message": {"type": "text", "text": text}}, at, secret)

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        data = {"event": "unsubscribed", "message_token": int(at * 1000), "user_id": message.address}
        return self._event(data, at, secret)
