"""Messages: the welcome at once, mass messages once staff has confirmed them, and the files they carry."""

from __future__ import annotations

import hashlib
from typing import Any

from cdp.app.sandbox.call import Call, Done, invalid
from cdp.app.sandbox.call import no_contact as _no_contact
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.world import Task
from cdp.clock import SECOND
from cdp.errors import PlatformError

LONGEST_TEXT = 4000
MOST_ATTACHMENTS = 9
MOST_RECIPIENTS = 10_000
_PAGE = 500
_FIELDS = {"image": ("media_id", "pic_url"), "link": ("url",), "miniprogram": ("appid",), "video": ("media_id",),
           "file": ("media_id",)}  # fmt: skip


def send_welcome_msg(sandbox: Sandbox, call: Call) -> Done:
    code = call.text("welcome_code")
    content = _content(call)
    welcome = sandbox.world.codes.get(code)
    if welcome is None or sandbox.clock.now() > welcome.issued_at + sandbox.settings.limits.welcome_seconds * SECOND:
        raise PlatformError("wecom", 41050, "invalid or expired welcome code")
    if welcome.used:
        raise PlatformError("wecom", 41051, "externaluser has started chatting")
    if (welcome.staff, welcome.person) not in sandbox.world.relations:
        raise _no_contact(welcome.person)
    receipt = {"effect": "delivered", "channel": "wecom.welcome", "staff": welcome.staff, "person": welcome.person}
    return Done({}, receipt | {"content": content, "code": code})


def add_msg_template(sandbox: Sandbox, call: Call) -> Done:
    if call.body.get("chat_type", "single") != "single":
        raise invalid("chat_type: the sandbox plays single chats")
    persons = list(dict.fromkeys(call.texts("external_userid")))
    if not persons or len(persons) > MOST_RECIPIENTS:
        raise invalid("external_userid")
    content = _content(call)
    sender = call.text("sender") if call.body.get("sender") else ""
    recipients = {person: staff for person in persons if (staff := _sender(sandbox, person, sender))}
    if not recipients:
        raise PlatformError("wecom", 41048, "no customer to send to")
    msgid = f"msg{len(sandbox.journal.records) + 1:08d}"
    receipt = {"effect": "accepted", "channel": "wecom.message", "ref": msgid, "staff": sender, "content": content}
    failed = [person for person in persons if person not in recipients]
    return Done({"msgid": msgid, "fail_list": failed}, receipt | {"recipients": recipients, "failed": failed})


def get_groupmsg_task(sandbox: Sandbox, call: Call) -> Done:
    task = _task(sandbox, call)
    staff = sorted(set(task.recipients.values()))
    shown = [_confirmation(userid, task.confirmed.get(userid)) for userid in staff]
    return Done({"task_list": shown}, {"ref": call.text("msgid")})


def get_groupmsg_send_result(sandbox: Sandbox, call: Call) -> Done:
    task, userid = _task(sandbox, call), call.text("userid")
    mine = [person for person, staff in task.recipients.items() if staff == userid]
    cursor = call.body.get("cursor") or "0"
    if not isinstance(cursor, str) or not (cursor.isascii() and cursor.isdecimal()):
        raise invalid("cursor")
    start, end = int(cursor), int(cursor) + _PAGE
    rows = [_row(task, person, userid) for person in mine[start:end]]
    more = {"next_cursor": str(end)} if end < len(mine) else {}
    return Done({"send_list": rows} | more, {"ref": call.text("msgid"), "staff": userid})


def upload(sandbox: Sandbox, call: Call) -> Done:
    if not call.file or not call.filename:
        raise PlatformError("wecom", 41005, "media data missing")
    digest = hashlib.sha256(call.file).hexdigest()
    media = f"media-{digest[:32]}"
    receipt = {"effect": "uploaded", "ref": media, "content": {"name": call.filename, "bytes": len(call.file)}}
    return Done({"type": call.query.get("type", "file"), "media_id": media, "created_at": "0"}, receipt)


def _content(call: Call) -> dict[str, Any]:
    """Text and attachments, checked. Raises PlatformError."""
    text = call.body.get("text") or {}
    attachments = call.body.get("attachments") or []
    if not isinstance(text, dict) or not isinstance(attachments, list):
        raise invalid("text or attachments")
    words = text.get("content", "")
    if not isinstance(words, str) or len(words.encode()) > LONGEST_TEXT:
        raise invalid("text.content")
    if len(attachments) > MOST_ATTACHMENTS or not all(_is_attachment(one) for one in attachments):
        raise invalid("attachments")
    if not words and not attachments:
        raise invalid("neither text nor attachments")
    return {"text": words, "attachments": attachments}


def _is_attachment(attachment: object) -> bool:
    if not isinstance(attachment, dict) or attachment.get("msgtype") not in _FIELDS:
        return False
    kind = attachment["msgtype"]
    inside = attachment.get(kind)
    return isinstance(inside, dict) and any(isinstance(inside.get(key), str) and inside[key] for key in _FIELDS[kind])


def _sender(sandbox: Sandbox, person: str, sender: str) -> str:
    """The staff member who will send it: the one asked for if they have the customer, else whoever had them first."""
    followers = [staff for staff, _ in sandbox.world.followers(person)]
    if sender:
        return sender if sender in followers else ""
    return followers[0] if followers else ""


def _task(sandbox: Sandbox, call: Call) -> Task:
    task = sandbox.world.tasks.get(call.text("msgid"))
    if task is None:
        raise invalid("msgid")
    return task


def _confirmation(userid: str, at: int | None) -> dict[str, Any]:
    return {"userid": userid, "status": 0} if at is None else {"userid": userid, "status": 2, "send_time": at // SECOND}


def _row(task: Task, person: str, userid: str) -> dict[str, Any]:
    status = task.results.get(person, 0)
    row: dict[str, Any] = {"external_userid": person, "userid": userid, "status": status}
    return row | ({"send_time": task.confirmed[userid] // SECOND} if status == 1 else {})
