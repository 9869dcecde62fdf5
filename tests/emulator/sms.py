"""SMSC.ru, SMS Aero, MTS Exolve, SMS.ru as they speak."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlencode

from tests.emulator.faces import FORM, JSON, CallBack, Taken, as_json
from tests.emulator.http import Answer, Request, says


class Smsc:
    name = "smsc"
    knows = frozenset({"key", "money", "limit", "recipient", "operator", "error_in_200"})
    codes = {"recipient": 7, "key": 2, "money": 3, "limit": 9, "operator": 8, "error_in_200": 6}
    states = {"sent": 0, "delivered": 1, "failed": 20, "operator": 23}

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/rest/send/":
            return None
        data = request.json()
        return [Taken(data["phones"], data["mes"], number=str(data["id"]), raw=data)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        if request.path == "/rest/balance/":
            return says({"balance": "120.50"})
        if request.path == "/rest/status/":
            number = str(request.json()["id"])
            if number not in states:
                return says({"error": "message not found", "error_code": 3, "status": -3})
            return says({"status": self.states[states[number]], "last_timestamp": 1764000000, "err": 0, "flag": 0})
        return None

    def is_revoked(self, request: Request) -> bool:
        return request.path.startswith("/rest/") and request.json().get("psw") == "revoked"

    def takes(self, messages: list[Taken]) -> Answer:
        return says({"id": int(messages[0].number), "cnt": 1, "cost": "3.25", "balance": "117.25"})

    def refuses(self, kind: str, message: Taken) -> Answer:
        return says({"error": f"refused {message.address}", "error_code": self.codes[kind]})

    def _signed(self, form: dict[str, str], names: tuple[str, ...], secret: str) -> CallBack:
        text = ":".join([*(form[name] for name in names), secret])
        return CallBack(urlencode({**form, "sha1": hashlib.sha1(text.encode()).hexdigest()}).encode(), dict(FORM))

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        form = {"id": message.number, "phone": message.address, "status": str(self.states[state]), "ts": str(int(at))}
        return self._signed(form, ("id", "phone", "status"), secret)

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        form = {"sms_id": f"{at}", "phone": message.address, "mes": text, "to": "79000000000"}
        return self._signed(form, ("phone", "mes", "to"), secret)

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        return None


class SmsAero:
    name = "smsaero"
    knows = frozenset({"key", "money", "recipient", "operator", "error_in_200"})

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/v2/sms/send":
            return None
        data = request.json()
        return [Taken(str(data["number"]), data["text"], raw=data)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        if request.path == "/v2/balance":
            return says({"success": True, "data": {"balance": 337.03}, "message": None})
        if request.path == "/v2/sms/status":
            number = str(request.json()["id"])
            state = {"sent": 3, "delivered": 1, "failed": 2}[states.get(number, "sent")]
            return says({"success": True, "data": {"id": int(number), "status": state}, "message": None})
        return None

    def is_revoked(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        return request.path.startswith("/v2/") and base64.b64decode(given).endswith(b":revoked")

    def takes(self, messages: list[Taken]) -> Answer:
        one = messages[0]
        data = {"id": int(one.number), "number": one.address, "status": 0, "extendStatus": "queue", "cost": 4.5}
        return says({"success": True, "data": data, "message": None})

    def refuses(self, kind: str, message: Taken) -> Answer:
        if kind == "key":
            return says(
                {"success": False, "data": None, "message": "Your request was made with invalid credentials."}, 401
            )
        if kind == "money":
            return says({"success": False, "data": None, "message": "Not enough money."}, 402)
        if kind == "limit":
            return says({"success": False, "data": None, "message": "Too many requests"}, 429)
        if kind == "operator":
            return says({"success": False, "data": None, "message": "Forbidden by operator"}, 400)
        if kind == "error_in_200":
            return says({"success": False, "data": {"text": ["wrong text"]}, "message": "Validation error."})
        return says({"success": False, "data": {"number": ["wrong number"]}, "message": "Validation error."}, 400)

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        code = {"sent": 3, "delivered": 1, "failed": 2}[state]
        body = {"id": int(message.number), "number": message.address, "status": code, "dateAnswer": int(at)}
        return CallBack(as_json(body), dict(JSON), {"secret": secret})

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        return None

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        return None


class Exolve:
    name = "exolve"
    knows = frozenset({"key", "money", "recipient", "operator", "error_in_200"})

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/messaging/v1/SendSMS":
            return None
        data = request.json()
        return [Taken(data["destination"], data["text"], raw=data)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        return says({"balance": "89.10"}) if request.path == "/finance/v1/GetBalance" else None

    def is_revoked(self, request: Request) -> bool:
        is_ours = request.path.startswith(("/messaging/v1/", "/finance/v1/"))
        return is_ours and request.headers.get("authorization") == "Bearer revoked"

    #: The sender to whom numbers of messages are named in the other spelling.
    other_spelling = "79000000001"

    def names(self, message: Taken) -> str:
        return "messageId" if message.raw.get("number") == self.other_spelling else "message_id"

    def takes(self, messages: list[Taken]) -> Answer:
        return says({self.names(messages[0]): messages[0].number})

    def refuses(self, kind: str, message: Taken) -> Answer:
        table = {
            "key": (401, "unauthorized"),
            "money": (403, "not enough balance"),
            "limit": (429, "too many requests"),
            "operator": (403, "forbidden destination"),
            "error_in_200": (200, "text is empty"),
        }
        status, words = table.get(kind, (400, "invalid destination"))
        return says({"error": {"code": str(status), "message": words}}, status)

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        word = {"sent": "SENT", "delivered": "DELIVERED", "failed": "UNDELIVERED"}[state]
        body = {"event_id": "DLR", self.names(message): message.number, "status": word}
        return CallBack(as_json(body), dict(JSON), {"secret": secret})

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        body = {"event_id": "DIRECT_INCOMING", "message_id": f"in{at}", "sender": message.address, "text": text}
        return CallBack(as_json(body), dict(JSON), {"secret": secret})

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        return None


class SmsRu:
    name = "smsru"
    knows = frozenset({"key", "money", "recipient", "operator", "error_in_200", "blocked"})
    codes = {"recipient": 202, "operator": 207, "error_in_200": 203, "blocked": 209}
    states = {"sent": 102, "delivered": 103, "failed": 104}

    def reads(self, request: Request) -> list[Taken] | None:
        if request.method != "POST" or request.path != "/sms/send":
            return None
        form = request.form()
        return [Taken(name[3:-1], text, raw=form) for name, text in form.items() if re.fullmatch(r"to\[\d+\]", name)]

    def other(self, request: Request, states: dict[str, str]) -> Answer | None:
        if request.path == "/my/balance":
            return says({"status": "OK", "status_code": 100, "balance": 4122.56})
        if request.path == "/sms/status":
            numbers = request.form()["sms_id"].split(",")
            found = {each: {"status_code": self.states[states[each]]} for each in numbers if each in states}
            return says({"status": "OK", "status_code": 100, "sms": found})
        return None

    def is_revoked(self, request: Request) -> bool:
        return request.path in ("/sms/send", "/my/balance", "/sms/status") and request.form().get("api_id") == "revoked"

    def takes(self, messages: list[Taken]) -> Answer:
        sms = {
            each.address: {"status": "OK", "status_code": 100, "sms_id": each.number, "cost": "2.80"}
            for each in messages
        }
        return says({"status": "OK", "status_code": 100, "sms": sms, "balance": 4000})

    def refuses(self, kind: str, message: Taken) -> Answer:
        if kind in ("key", "money"):
            code = {"key": 200, "money": 201}[kind]
            return says({"status": "ERROR", "status_code": code, "status_text": "refused"})
        sms = {message.address: {"status": "ERROR", "status_code": self.codes[kind], "status_text": "refused"}}
        return says({"status": "OK", "status_code": 100, "sms": sms})

    def receipt(self, message: Taken, state: str, at: float, secret: str) -> CallBack | None:
        record = f"sms_status\n{message.number}\n{self.states[state]}\n{int(at)}"
        digest = hashlib.sha256((secret + record).encode()).hexdigest()
        return CallBack(urlencode({"data[0]": record, "hash": digest}).encode(), dict(FORM))

    def writes(self, message: Taken, text: str, at: float, secret: str) -> CallBack | None:
        return None

    def shuts(self, message: Taken, at: float, secret: str) -> CallBack | None:
        return None
