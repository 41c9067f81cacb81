"""What a demo or a test may do to the world: `/sandbox/…`. Nothing here exists on the real platforms."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Request

from cdp.app.sandbox.confirm import confirm
from cdp.app.sandbox.emit import happen
from cdp.app.sandbox.faults import Fault
from cdp.app.sandbox.sandbox import Sandbox
from cdp.app.sandbox.sender import MOST_PARALLEL, Sender
from cdp.app.sandbox.wire import Item
from cdp.clock import DrivenClock
from cdp.errors import UsageError

SETTING_UP = frozenset({"contact", "befriended", "left", "removed", "code", "joined", "parted"})
"""Effects of what was emitted or set up, as opposed to what was called."""
_T = TypeVar("_T")


class Moment(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    now: int


class Confirmation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    staff: str = ""
    msgid: str = ""


class Contact(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A customer; `friend` says whether the staff member has them from the beginning."""

    external_userid: str
    unionid: str = ""
    name: str = ""
    gender: int = 0
    staff: str = ""
    friend: bool = True


def routes(sandbox: Sandbox, sender: Sender) -> APIRouter:
    """The routes; see docs/sandbox.md."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> dict[str, Any]:
        return {"ok": True, "now": sandbox.clock.now(), "receipts": len(sandbox.journal.records)}

    @router.post("/sandbox/clock")
    async def clock(request: Request) -> dict[str, Any]:
        if not isinstance(sandbox.clock, DrivenClock):
            raise HTTPException(409, "this sandbox runs on the system clock; only a driven clock can be moved")
        now = sandbox.clock.advance_to((await _body(request, Moment)).now)
        return {"now": now, "sent": await sender.send_due()}

    @router.post("/sandbox/contacts")
    async def contacts(request: Request) -> dict[str, Any]:
        known = await _body(request, list[Contact])
        sandbox.write([{"effect": "contact", "contact": msgspec.to_builtins(contact)} for contact in known])
        return {"contacts": len(sandbox.world.contacts)}

    @router.post("/sandbox/emit")
    async def emit(request: Request, parallel: int = 1) -> dict[str, Any]:
        try:
            items = happen(sandbox, await _body(request, list[Item]))
            return {"results": await sender.send(items, max(1, min(parallel, MOST_PARALLEL)))}
        except UsageError as error:
            raise HTTPException(422, str(error)) from None

    @router.post("/sandbox/staff/confirm")
    async def staff_confirm(request: Request) -> dict[str, Any]:
        which = await _body(request, Confirmation)
        return {"confirmed": confirm(sandbox, which.staff, which.msgid)}

    @router.post("/sandbox/faults")
    async def faults(request: Request) -> dict[str, Any]:
        sandbox.faults.add(await _body(request, Fault))
        return {"ok": True}

    @router.delete("/sandbox/faults")
    async def no_faults() -> dict[str, Any]:
        sandbox.faults.clear()
        return {"ok": True}

    @router.delete("/sandbox/tokens")
    async def no_tokens() -> dict[str, Any]:
        sandbox.drop_tokens()
        return {"ok": True}

    @router.get("/sandbox/receipts")
    async def receipts(
        effect: str = "", call: str = "", channel: str = "", person: str = "", since: int = 0, all: bool = False
    ) -> dict[str, Any]:
        wanted = {"effect": effect, "call": call, "channel": channel, "person": person}
        wanted = {key: value for key, value in wanted.items() if value}
        found = [
            record
            for record in sandbox.journal.records[since:]
            if (all or record["effect"] not in SETTING_UP) and all_match(record, wanted)
        ]
        return {"count": len(found), "receipts": found}

    return router


def all_match(record: dict[str, Any], wanted: dict[str, str]) -> bool:
    """Whether a receipt has all these values."""
    return all(record.get(key) == value for key, value in wanted.items())


async def _body(request: Request, kind: type[_T]) -> _T:
    body = await request.body()
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise HTTPException(422, str(error)) from None
