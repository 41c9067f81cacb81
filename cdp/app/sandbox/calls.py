"""What can be asked of WeCom: every API call the sandbox knows, as a table, and how any of them is answered."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from cdp.app.sandbox import contacts, messages, tags, token
from cdp.app.sandbox.call import Call, Done, Handler
from cdp.app.sandbox.faults import BrokenAnswer, Fault
from cdp.app.sandbox.journal import Record
from cdp.app.sandbox.sandbox import Sandbox
from cdp.errors import PlatformError

HANDLERS: dict[str, Handler] = {
    "gettoken": token.gettoken,
    "media/upload": messages.upload,
    "externalcontact/get": contacts.get,
    "externalcontact/remark": contacts.remark,
    "externalcontact/groupchat/get": contacts.groupchat_get,
    "externalcontact/send_welcome_msg": messages.send_welcome_msg,
    "externalcontact/add_msg_template": messages.add_msg_template,
    "externalcontact/get_groupmsg_task": messages.get_groupmsg_task,
    "externalcontact/get_groupmsg_send_result": messages.get_groupmsg_send_result,
    "externalcontact/get_corp_tag_list": tags.get_corp_tag_list,
    "externalcontact/add_corp_tag": tags.add_corp_tag,
    "externalcontact/mark_tag": tags.mark_tag,
}


def routes(sandbox: Sandbox) -> APIRouter:
    """`/cgi-bin/…`: fault, token, call, receipt, answer, in this order."""
    router = APIRouter()

    @router.api_route("/cgi-bin/{path:path}", methods=["GET", "POST"], include_in_schema=False)
    async def answer(path: str, request: Request) -> Response:
        name = path.rpartition("/")[2]
        fault = sandbox.faults.take(name)
        if fault and fault.mode == "timeout":
            sandbox.write([{"call": name, "effect": "none", "fault": "timeout"}])
            await asyncio.sleep(fault.seconds)
            return BrokenAnswer()
        reply = _reply(sandbox, path, await _call(request), fault)
        return BrokenAnswer() if fault and fault.mode == "drop_answer" else JSONResponse(reply)

    return router


def _reply(sandbox: Sandbox, path: str, call: Call | None, fault: Fault | None) -> dict[str, Any]:
    name = path.rpartition("/")[2]
    receipt: Record = {"call": name, "errcode": 0, "effect": "none"}
    if fault:
        receipt["fault"] = fault.mode
    try:
        done = _handled(sandbox, path, call, fault)
    except PlatformError as error:
        sandbox.write([receipt | {"errcode": error.code, "errmsg": error.message}])
        return {"errcode": error.code, "errmsg": error.message}
    sandbox.write([receipt | done.receipt])
    return {"errcode": 0, "errmsg": "ok", **done.reply}


def _handled(sandbox: Sandbox, path: str, call: Call | None, fault: Fault | None) -> Done:
    if fault and fault.mode == "errcode":
        raise PlatformError("wecom", fault.errcode, "as asked for")
    handler = HANDLERS.get(path)
    if handler is None:
        raise PlatformError("wecom", 40066, "invalid url")
    if call is None:
        raise PlatformError("wecom", 47001, "data format error")
    if path != "gettoken":
        sandbox.check_token(call.query.get("access_token", ""))
    return handler(sandbox, call)


async def _call(request: Request) -> Call | None:
    """The call as parsed; None for a body that is not a JSON object."""
    query = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("multipart/"):
        async with request.form() as form:
            media = form.get("media")
            content = await media.read() if media is not None and not isinstance(media, str) else b""
            name = "" if media is None or isinstance(media, str) else media.filename or ""
        return Call(query, {}, content, name)
    body = await request.body()
    try:
        decoded = msgspec.json.decode(body) if body else {}
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return Call(query, decoded) if isinstance(decoded, dict) else None
