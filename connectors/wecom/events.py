"""What each WeCom message means, as a table. What is not in it is a failure that keeps its raw body."""

from __future__ import annotations

from collections.abc import Callable

from cdp.errors import Rejected
from cdp.ports import Failed, Ignored
from connectors.document import Document
from connectors.outcome import Fact, Understood
from connectors.wecom.contact_events import acquisition, contact_changed
from connectors.wecom.group_events import group_changed
from connectors.wecom.tenant import Tenant, tenant_of


def understand(document: Document, corp: str) -> list[Understood]:
    """What one decrypted message says, in order. Raises Rejected with the path of what it lacks."""
    tenant = tenant_of(document, corp)
    at = document.moment("TimeStamp" if tenant.corp and document.text_or("InfoType") else "CreateTime")
    if document.text_or("MsgType") not in ("", "event"):
        return [_message(document, tenant, at)]
    return _event(document, tenant, at)


def _event(document: Document, tenant: Tenant, at: int) -> list[Understood]:
    key = "InfoType" if document.text_or("InfoType") else "Event"
    event = document.text(key)
    if event in _OF_NO_INTEREST:
        return [Ignored(event)]
    read = _EVENTS.get(event)
    return read(document, tenant, at) if read else [Failed("unknown_type", f"$.{key}", event)]


def _message(document: Document, tenant: Tenant, at: int) -> Fact:
    """A staff member wrote to the application. The text stays in the inbox: it is nobody's touchpoint."""
    sender = document.text("FromUserName")
    data = {"kind": document.text("MsgType"), "agent": document.text_or("AgentID")}
    return Fact("x.wecom.app_message", at, who=(tenant.staff(sender),), data=data, context={"staff": sender})


def _tag_changed(document: Document, _: Tenant, at: int) -> list[Understood]:
    """The company's catalogue of tags changed; who got a tag is told by edit_external_contact."""
    said = {"change": document.text("ChangeType"), "id": document.text_or("Id"), "kind": document.text_or("TagType")}
    return [Fact("x.wecom.tag_changed", at, data={key: value for key, value in said.items() if value})]


def _live_changed(document: Document, _: Tenant, at: int) -> list[Understood]:
    status = document.whole("Status")
    if status not in _LIVE_STATUS:
        raise Rejected("mapping", f"{status} is not a status of a live", "$.Status")
    return [Fact(_LIVE_STATUS[status], at, context={"live": document.text("LivingId")})]


_EVENTS: dict[str, Callable[[Document, Tenant, int], list[Understood]]] = {
    "change_external_contact": contact_changed,
    "change_external_chat": group_changed,
    "change_external_tag": _tag_changed,
    "customer_acquisition": acquisition,
    "living_status_change": _live_changed,
}
_LIVE_STATUS = {
    0: "live.scheduled",
    1: "live.started",
    2: "live.ended",
    3: "x.wecom.live_expired",
    4: "x.wecom.live_cancelled",
}
_OF_NO_INTEREST = frozenset({
    "msgaudit_notify",      # the message archive has something new
    "change_contact",       # the company's own address book
    "enter_agent", "subscribe", "unsubscribe", "click", "view", "LOCATION", "batch_job_result",
    "suite_ticket", "create_auth", "change_auth", "cancel_auth",
})  # fmt: skip
